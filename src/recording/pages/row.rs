//! One row of the class list: what was typed, and what it is saved as.

use actix_web::http::StatusCode;
use chrono::NaiveDate;

use crate::error::{AppError, bad_request};
use crate::letters;
use crate::measurement::entry::{self, Refusal};
use crate::measurement::outcomes::Outcomes;
use crate::measurement::sheet::{self, Kept, Problem, Row};
use crate::measurement::warning_queries::warnings_of;
use crate::measurement::{self, Back, Entry, Recorded, Subject};
use crate::records::outcome::{Standing, history, standing};
use crate::records::pupil::Pupil;
use crate::web::FormData;
use crate::wording::long_date;
use crate::work::Work;
use programme::ReasonNotMeasured;

/// Characters of a device's or a measurer's name that are kept.
const LONGEST_NAME: usize = 60;

/// What is to be done with a row.
enum Change {
    Measure(Entry),
    Reason(ReasonNotMeasured, NaiveDate),
    Undo { asked: bool },
    PutBack,
    Confirm,
}

/// What became of a row.
pub(super) enum Saved {
    /// The change was made.
    Done,
    /// Nothing was saved; what was typed stays in the row.
    Refused(Box<Problem>, StatusCode),
    /// Nothing was changed yet: the question must be answered first.
    Ask(String),
}

/// A row's form, with what stands for its child.
struct Typed<'a> {
    form: &'a FormData,
    standing: &'a Standing,
    version: i32,
    today: NaiveDate,
}

impl Typed<'_> {
    fn problem(&self, message: String) -> Problem {
        Problem {
            again: self.is_again(),
            ..not_recorded(self.form, message)
        }
    }

    fn refused(&self, refusal: Refusal) -> Problem {
        Problem {
            height_wrong: refusal.height,
            weight_wrong: refusal.weight,
            offer: refusal.offer.map(|offer| *offer),
            ..self.problem(refusal.message)
        }
    }

    /// Whether the figures are a measurement of their own and no correction of the one that stands.
    fn is_again(&self) -> bool {
        self.form.is_set("again") || self.standing.measured.is_none()
    }

    /// A date of the form; `default` where it is empty.
    fn date(&self, field: &str, default: NaiveDate) -> Result<NaiveDate, Box<Problem>> {
        match self.form.text(field) {
            "" => Ok(default),
            text => text.parse().map_err(|_| {
                Box::new(
                    self.problem(
                        "The date of the measurement cannot be read. Enter it above the list."
                            .to_owned(),
                    ),
                )
            }),
        }
    }

    /// A name of the form, cut to what is kept; `None` where the form has no such field.
    fn name(&self, field: &str) -> Option<String> {
        self.form
            .has(field)
            .then(|| self.form.text(field).chars().take(LONGEST_NAME).collect())
    }

    /// Whether the two figure fields show what stands, as they do where nobody typed.
    fn figures_as_they_stood(&self, limits: &growth::plausibility::Limits) -> bool {
        self.standing.measured.as_ref().is_some_and(|held| {
            let read = entry::read(self.form.text("height"), self.form.text("weight"), limits);
            read.is_ok_and(|(tall, heavy)| {
                i64::from(tall.millimetres()) == i64::from(held.height_mm)
                    && i64::from(heavy.grams() + 50) / 100 == i64::from(held.weight_g + 50) / 100
            })
        })
    }

    /// A reason takes the place of a measurement on the measurement's date: the figures were a slip, and the day was
    /// not. Otherwise it is dated as the page shows.
    fn reason(&self, limits: &growth::plausibility::Limits) -> Result<Change, Box<Problem>> {
        let reason = ReasonNotMeasured::from_code(self.form.text("reason"))
            .ok_or_else(|| Box::new(self.problem("Choose one of the reasons.".to_owned())))?;
        let empty = !self.form.is_set("height") && !self.form.is_set("weight");
        if !empty && !self.figures_as_they_stood(limits) {
            return Err(Box::new(self.problem(
                "There is a measurement and a reason not measured. Keep one of the two.".to_owned(),
            )));
        }
        let on = match &self.standing.measured {
            Some(held) if !self.is_again() => held.measured_on,
            _ => self.date("on", self.today)?,
        };
        Ok(Change::Reason(reason, on))
    }

    /// Whether figures were typed beside the reason that stands: the child has been measured after all.
    fn figures_replace_the_reason(&self) -> bool {
        let stands = self.standing.not_measured.as_ref();
        (self.form.is_set("height") || self.form.is_set("weight"))
            && stands.is_some_and(|held| held.reason == self.form.text("reason"))
    }

    fn measurement(&self, limits: &growth::plausibility::Limits) -> Result<Change, Box<Problem>> {
        let (typed_height, typed_weight) = (self.form.text("height"), self.form.text("weight"));
        let read = match entry::read(typed_height, typed_weight, limits) {
            Err(Refusal {
                offer: Some(offer), ..
            }) if self.form.text("action") == "accept" => {
                entry::read(&offer.height, &offer.weight, limits)
            }
            read => read,
        };
        let (height, weight) = read.map_err(|refusal| Box::new(self.refused(refusal)))?;
        let corrected = self.standing.measured.as_ref().filter(|_| !self.is_again());
        let Some(held) = corrected else {
            return Ok(Change::Measure(Entry {
                expected_version: Some(self.version),
                height,
                weight,
                measured_on: self.date("on", self.today)?,
                device: self.name("device").filter(|device| !device.is_empty()),
                measured_by: None,
            }));
        };
        // The field shows a weight to 100 g; one that was kept finer and not retyped stays as it is.
        let finer = growth::Weight::from_grams(held.weight_g.max(0) as u32);
        Ok(Change::Measure(Entry {
            expected_version: Some(self.version),
            height,
            weight: if finer.to_string() == typed_weight {
                finer
            } else {
                weight
            },
            measured_on: self.date("kept_on", held.measured_on)?,
            device: self.name("kept_device").or_else(|| held.device.clone()),
            measured_by: self
                .name("kept_by")
                .filter(|by| !by.is_empty())
                .or_else(|| held.measured_by.clone()),
        }))
    }

    fn change(&self, limits: &growth::plausibility::Limits) -> Result<Change, Box<Problem>> {
        match self.form.text("action") {
            "undo" => return Ok(Change::Undo { asked: false }),
            "undo_anyway" => return Ok(Change::Undo { asked: true }),
            "put_back" => return Ok(Change::PutBack),
            "confirm" => return Ok(Change::Confirm),
            _ => {}
        }
        if self.form.is_set("reason") && !self.figures_replace_the_reason() {
            return self.reason(limits);
        }
        if !self.form.is_set("height") && !self.form.is_set("weight") {
            return Err(Box::new(self.problem(
                "Enter height and weight, or choose why the child was not measured.".to_owned(),
            )));
        }
        self.measurement(limits)
    }

    /// What became of the row, by what became of its change.
    fn saved(&self, recorded: Recorded) -> Saved {
        let refused = |problem| Saved::Refused(Box::new(problem), StatusCode::UNPROCESSABLE_ENTITY);
        match recorded {
            Recorded::Saved { .. } | Recorded::Unchanged { .. } => Saved::Done,
            Recorded::Rejected(findings) => {
                refused(self.problem(entry::in_words(&findings.rejects)))
            }
            Recorded::OptedOut => refused(self.problem(
                "A parent has withdrawn this child: do not measure. Nothing was saved.".to_owned(),
            )),
            Recorded::Overtaken(now) => {
                let mut problem = self.problem(overtaken_words(&now));
                // The figures were not typed as a correction of what has been recorded since.
                problem.again = true;
                Saved::Refused(Box::new(problem), StatusCode::CONFLICT)
            }
        }
    }
}

/// What was typed as date, device and measurer of the measurement that stands.
pub(super) fn kept(form: &FormData) -> Kept {
    Kept {
        on: form.text("kept_on").to_owned(),
        device: form.text("kept_device").to_owned(),
        by: form.text("kept_by").to_owned(),
    }
}

/// The version that the row was made from. Without a readable one nobody can tell whose figures would be replaced.
fn version(form: &FormData) -> Result<i32, AppError> {
    form.text("version").parse().map_err(|_| {
        bad_request(
            "The row was sent without the version it was made from, so nothing was saved. Reload the page and enter it again.",
        )
    })
}

/// The version that stands, where it repeats the outcome of the one that the row was made from: the date of birth was
/// corrected meanwhile, or an undo was put back. A change of the same figures is laid over nobody's.
fn version_of_the_same(work: &mut Work<'_>, subject: &Subject, seen: i32) -> Result<i32, AppError> {
    let now = subject.version();
    let is_repeated = seen != now
        && history(work.tx, subject.pupil.id)?
            .same_as(now)
            .contains(&seen);
    Ok(if is_repeated { now } else { seen })
}

/// A row of which nothing was saved, for a reason that lies in no field.
pub(super) fn not_recorded(form: &FormData, message: String) -> Problem {
    Problem {
        message,
        height: form.text("height").to_owned(),
        weight: form.text("weight").to_owned(),
        reason: form.text("reason").to_owned(),
        again: form.is_set("again"),
        kept: form.has("kept_on").then(|| kept(form)),
        ..Problem::default()
    }
}

/// Makes the change that a row's form asks for.
pub(super) fn save(work: &mut Work<'_>, pupil: Pupil, form: &FormData) -> Result<Saved, AppError> {
    let subject = measurement::load(work.tx, pupil)?;
    let typed = Typed {
        form,
        standing: &subject.standing,
        version: version_of_the_same(work, &subject, version(form)?)?,
        today: work.today,
    };
    let change = match typed.change(&subject.rules.limits) {
        Ok(change) => change,
        Err(problem) => return Ok(Saved::Refused(problem, StatusCode::UNPROCESSABLE_ENTITY)),
    };
    let expected = typed.version;
    let recorded = match change {
        Change::Measure(entry) => measurement::record_measurement(work, &subject, &entry)?,
        Change::Reason(reason, on) => {
            measurement::record_reason(work, &subject, Some(expected), reason, on)?
        }
        Change::Undo { asked } => {
            if !asked
                && expected == subject.version()
                && let Some(question) = question_before_undo(work, &subject)?
            {
                return Ok(Saved::Ask(question));
            }
            measurement::go_back(work, &subject, expected, Back::Undo)?
        }
        Change::PutBack => measurement::go_back(work, &subject, expected, Back::PutBack)?,
        Change::Confirm => measurement::confirm(work, &subject, expected)?,
    };
    Ok(typed.saved(recorded))
}

fn overtaken_words(now: &Standing) -> String {
    let who = now.by().map_or_else(
        || "Somebody has undone what was recorded.".to_owned(),
        |(by, at)| {
            format!(
                "{by} recorded {} at {}.",
                now.in_words(),
                crate::clock::local(at).format("%H:%M")
            )
        },
    );
    format!("{who} Yours was not saved: save again only if yours is right.")
}

/// What must be asked before an outcome is undone: whether a letter about it has gone, and whether it is somebody
/// else's.
fn question_before_undo(
    work: &mut Work<'_>,
    subject: &Subject,
) -> Result<Option<String>, AppError> {
    let (tx, pupil, standing) = (&mut *work.tx, &subject.pupil, &subject.standing);
    let versions = history(tx, pupil.id)?.same_as(subject.version());
    let gone = letters::gone_about(tx, pupil.id, &versions)?;
    let letter = gone.map(|gone| match gone.sent_at {
        Some(at) => format!(
            "A letter about this went to the parents on {}.",
            long_date(crate::clock::local(at).date())
        ),
        None => "A letter about this may have reached the parents.".to_owned(),
    });
    let (by, by_id) = match (&standing.measured, &standing.not_measured) {
        (Some(row), _) => (&row.recorded_by, row.recorded_by_id),
        (None, Some(row)) => (&row.recorded_by, row.recorded_by_id),
        (None, None) => return Ok(None),
    };
    let whose = (by_id.is_none() || by_id != work.actor.id).then(|| format!("{by} recorded this."));
    let reasons: Vec<String> = [letter, whose].into_iter().flatten().collect();
    Ok((!reasons.is_empty()).then(|| format!("{} Undo it anyway?", reasons.join(" "))))
}

/// What stands for one child, without its name.
pub(super) fn row_of(work: &mut Work<'_>, pupil: &Pupil) -> Result<Row, AppError> {
    let standing = standing(work.tx, pupil)?;
    let history = history(work.tx, pupil.id)?;
    let warnings = warnings_of(work.tx, pupil.id)?
        .into_iter()
        .filter(|warning| warning.version == pupil.outcome_version)
        .collect();
    let mut outcomes = Outcomes::default();
    if let Some(measured) = standing.measured {
        outcomes.measured.insert(pupil.id, measured);
        outcomes.warnings.insert(pupil.id, warnings);
    }
    if let Some(reason) = standing.not_measured {
        outcomes.reasons.insert(pupil.id, reason);
    }
    Ok(sheet::row(pupil, &outcomes, &history, work.today))
}
