//! The class as the recording page shows it: a row for each child with what stands.

use std::collections::HashMap;
use std::hash::BuildHasher;

use chrono::NaiveDate;
use growth::plausibility::Code;
use growth::{ClinicalCategory, NotAssessed, Scheme};
use serde::Serialize;

use super::entry::{self, Offer};
use super::outcomes::Outcomes;
use super::warning_queries::WarningRow;
use crate::clock::local;
use crate::identity::{Found, Opened, People};
use crate::records::outcome::{History, Measured};
use crate::records::pupil::{OutcomeKind, Pupil};
use crate::wording;
use programme::ReasonNotMeasured;

/// A row of the page. Name and class are empty in what the page polls for.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each decides what one part of the row shows"
)]
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The child.
    pub id: i64,
    /// The school.
    pub urn: i32,
    /// "Family, Given".
    pub name: String,
    /// "Given Family", for labels.
    pub called: String,
    /// Date of birth; tells twins' namesakes apart.
    pub born: Option<NaiveDate>,
    /// The class.
    pub class_name: String,
    /// The version that stands.
    pub version: i32,
    /// What stands.
    pub outcome: OutcomeKind,
    /// Millimetres.
    pub height_mm: Option<i32>,
    /// Grams.
    pub weight_g: Option<i32>,
    /// Code of the reason.
    pub reason: String,
    /// Words of the reason.
    pub reason_words: String,
    /// Who recorded.
    pub by: String,
    /// When, UTC.
    pub at: Option<chrono::NaiveDateTime>,
    /// Whether that is today.
    pub today: bool,
    /// Date of the measurement, or the date for which the reason was noted.
    pub dated: Option<NaiveDate>,
    /// Device of the measurement.
    pub device: String,
    /// Who measured.
    pub measured_by: String,
    /// The assessment in words.
    pub assessment: String,
    /// What was unusual.
    pub warnings: Vec<Warning>,
    /// How many of them wait.
    pub open_warnings: usize,
    /// A parent has withdrawn the child.
    pub opted_out: bool,
    /// The row takes no figures: a parent has withdrawn the child.
    pub closed: bool,
    /// The name has been erased.
    pub name_removed: bool,
    /// The sealed record cannot be read.
    pub damaged: bool,
    /// Whether the last change was an undo that can be put back.
    pub can_put_back: bool,
    /// New figures are a measurement of their own, not a correction of the one that stands.
    pub again: bool,
    /// What is asked before an undo.
    pub ask: String,
    /// What was typed and could not be saved.
    pub problem: Option<Problem>,
    /// Date, device and measurer as their fields show them.
    pub kept: Kept,
    /// What the row's fields show of what stands, to tell afterwards what was typed: see [`as_one_text`].
    pub was: String,
}

/// Date, device and measurer in the fields of a row that has a measurement.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// The date, `2026-11-30`.
    pub on: String,
    /// The device.
    pub device: String,
    /// Who measured.
    pub by: String,
}

/// The fields of a row as one text: two rows with the same text show the same.
pub fn as_one_text(height: &str, weight: &str, reason: &str, kept: &Kept) -> String {
    [height, weight, reason, &kept.on, &kept.device, &kept.by]
        .map(str::trim)
        .join("|")
}

impl Row {
    /// Whether the row has fields for date, device and measurer.
    fn shows_kept(&self) -> bool {
        self.outcome == OutcomeKind::Measured && !self.closed && !self.name_removed && !self.again
    }

    /// Notes what the fields show, once it is known whether the child is measured again.
    pub fn note_fields(&mut self) {
        let figure = |value: Option<i32>, show: fn(i64) -> String| match value {
            Some(value) if !self.again => show(i64::from(value)),
            _ => String::new(),
        };
        let (height, weight) = (
            figure(self.height_mm, wording::in_centimetres),
            figure(self.weight_g, wording::in_kilograms),
        );
        self.kept = if self.shows_kept() {
            Kept {
                on: self.dated.map(|on| on.to_string()).unwrap_or_default(),
                device: self.device.clone(),
                by: self.measured_by.clone(),
            }
        } else {
            Kept::default()
        };
        self.was = as_one_text(&height, &weight, &self.reason, &self.kept);
    }

    /// Whether nothing is left to do for the child.
    pub fn is_done(&self) -> bool {
        self.outcome != OutcomeKind::None || self.opted_out
    }
}

/// A warning in words.
#[derive(Clone, Debug, Serialize)]
pub struct Warning {
    /// What to check.
    pub words: &'static str,
    /// Who has.
    pub confirmed_by: String,
}

/// Why what was typed in a row was not saved.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Problem {
    /// In words.
    pub message: String,
    /// What was typed as the height.
    pub height: String,
    /// What was typed as the weight.
    pub weight: String,
    /// Which reason was chosen.
    pub reason: String,
    /// Whether the height is what is wrong.
    pub height_wrong: bool,
    /// Whether the weight is what is wrong.
    pub weight_wrong: bool,
    /// What was probably meant.
    pub offer: Option<Offer>,
    /// The figures are a measurement of their own: they were typed before the one that stands was recorded.
    pub again: bool,
    /// What was typed as date, device and measurer, where the row has fields for them.
    pub kept: Option<Kept>,
}

/// The rows of these children, by family name and given name.
pub fn rows<S: BuildHasher>(
    pupils: &[Pupil],
    names: &Opened,
    outcomes: &Outcomes,
    histories: &HashMap<i64, History, S>,
    today: NaiveDate,
) -> Vec<Row> {
    let nothing = History::default();
    let mut rows: Vec<(Option<(&str, &str)>, Row)> = pupils
        .iter()
        .map(|pupil| {
            let found = names.found(pupil.id);
            let person = found.person();
            let history = histories.get(&pupil.id).unwrap_or(&nothing);
            let mut row = row(pupil, outcomes, history, today);
            row.damaged = matches!(found, Found::Damaged);
            // Without the date of birth no figure can be assessed.
            row.closed |= row.damaged;
            if let Some(person) = person {
                row.name = format!("{}, {}", person.family_name, person.given_name);
                row.called = person.full_name();
                row.born = Some(person.date_of_birth);
                row.class_name.clone_from(&person.particulars.class);
                if !person.preferred_name.is_empty() {
                    row.name = format!("{} ({})", row.name, person.preferred_name);
                }
            }
            let key =
                person.map(|person| (person.family_name.as_str(), person.given_name.as_str()));
            (key, row)
        })
        .collect();
    let order = Order::new();
    rows.sort_by(|(a, row_a), (b, row_b)| {
        let by_name = match (a, b) {
            (Some(a), Some(b)) => order
                .compare(a.0, b.0)
                .then_with(|| order.compare(a.1, b.1)),
            _ => b.is_some().cmp(&a.is_some()),
        };
        by_name.then(row_a.id.cmp(&row_b.id))
    });
    rows.into_iter().map(|(_, row)| row).collect()
}

/// The order of people's names: letters before accents, whatever the case.
pub struct Order(Option<icu_collator::CollatorBorrowed<'static>>);

impl Order {
    /// English order.
    pub fn new() -> Self {
        let options = icu_collator::options::CollatorOptions::default();
        Self(
            icu_collator::Collator::try_new(icu_collator::CollatorPreferences::default(), options)
                .ok(),
        )
    }

    /// Which of two names comes first.
    pub fn compare(&self, a: &str, b: &str) -> std::cmp::Ordering {
        match &self.0 {
            Some(collator) => collator.compare(a, b),
            None => a.cmp(b),
        }
    }
}

impl Default for Order {
    fn default() -> Self {
        Self::new()
    }
}

/// The row of one child, without its name.
pub fn row(pupil: &Pupil, outcomes: &Outcomes, history: &History, today: NaiveDate) -> Row {
    let measured = outcomes.measured.get(&pupil.id);
    let reason = outcomes.reasons.get(&pupil.id);
    let (by, at) = measured
        .map(|row| (row.recorded_by.clone(), row.recorded_at))
        .or_else(|| reason.map(|row| (row.recorded_by.clone(), row.recorded_at)))
        .unzip();
    let warnings = warnings_of(pupil.id, outcomes);
    let mut row = Row {
        id: pupil.id,
        urn: pupil.school_urn,
        name: String::new(),
        called: String::new(),
        born: None,
        class_name: String::new(),
        version: pupil.outcome_version,
        outcome: pupil.outcome,
        height_mm: measured.map(|row| row.height_mm),
        weight_g: measured.map(|row| row.weight_g),
        reason: reason.map(|row| row.reason.clone()).unwrap_or_default(),
        reason_words: reason
            .and_then(|row| ReasonNotMeasured::from_code(&row.reason))
            .map_or("", ReasonNotMeasured::words)
            .to_owned(),
        by: by.unwrap_or_default(),
        at,
        today: at.is_some_and(|at| local(at).date() == today),
        dated: measured
            .map(|row| row.measured_on)
            .or(reason.map(|row| row.noted_on)),
        device: measured
            .and_then(|row| row.device.clone())
            .unwrap_or_default(),
        measured_by: measured
            .and_then(|row| row.measured_by.clone())
            .unwrap_or_default(),
        assessment: measured.map(assessment_words).unwrap_or_default(),
        open_warnings: warnings
            .iter()
            .filter(|warning| warning.confirmed_by.is_empty())
            .count(),
        warnings,
        opted_out: pupil.opted_out,
        closed: pupil.opted_out,
        name_removed: pupil.name_removed_on.is_some(),
        damaged: false,
        can_put_back: history.undone(pupil.outcome_version).is_some(),
        again: false,
        ask: String::new(),
        problem: None,
        kept: Kept::default(),
        was: String::new(),
    };
    row.note_fields();
    row
}

fn warnings_of(pupil: i64, outcomes: &Outcomes) -> Vec<Warning> {
    let rows = outcomes.warnings.get(&pupil);
    rows.into_iter().flatten().map(warning).collect()
}

fn warning(row: &WarningRow) -> Warning {
    Warning {
        words: Code::from_code(&row.code).map_or("Check this measurement.", entry::warning_words),
        confirmed_by: row.confirmed_by.clone().unwrap_or_default(),
    }
}

/// The clinical assessment of a stored measurement, in words; says which scheme it is.
pub fn assessment_words(row: &Measured) -> String {
    if let Some(code) = &row.not_assessed {
        return NotAssessed::from_code(code).map_or_else(
            |_| "Not assessed".to_owned(),
            |why| format!("Not assessed: {why}"),
        );
    }
    let (Ok(category), Ok(scheme)) = (
        row.clinical_category
            .as_deref()
            .map(ClinicalCategory::from_code)
            .transpose(),
        Scheme::from_code(&row.scheme),
    ) else {
        return "The stored assessment is damaged and cannot be read".to_owned();
    };
    match category {
        Some(category) => format!(
            "{}{} (letters’ scheme: {})",
            category.words(),
            if row.clinical_severe { ", severe" } else { "" },
            scheme.definition().name
        ),
        None => "Not assessed".to_owned(),
    }
}

/// The classes of these children, in order, each with how many children it has.
pub fn classes(names: &People) -> Vec<(String, usize)> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for person in names.values() {
        *counts.entry(&person.particulars.class).or_default() += 1;
    }
    let mut classes: Vec<(String, usize)> = counts
        .into_iter()
        .map(|(class, children)| (class.to_owned(), children))
        .collect();
    classes.sort();
    classes
}
