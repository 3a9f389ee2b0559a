//! What was typed for a child, and what it can be saved as. Plain values in, plain values out.
//!
//! The one thing to know: *invalid* is refused, *unusual* is saved and waits for a named person to confirm it.

use chrono::NaiveDate;
use growth::plausibility::{self, Circumstances, Code, Earlier, Finding, Findings, Limits};
use growth::{Age, Assessment, Height, NotAssessed, Scheme, Sex, Weight};
use serde::Serialize;

use crate::fields::{CollectionYear, YearGroup};
use crate::web::filters::long_date;

/// The setting that holds other limits than the usual ones, as JSON.
pub const LIMITS_SETTING: &str = "plausibility.limits";

/// A measurement as it is to be recorded.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The version the recorder saw; `None` takes whatever is there, for sources without one.
    pub expected_version: Option<i32>,
    /// Height.
    pub height: Height,
    /// Weight.
    pub weight: Weight,
    /// The day.
    pub measured_on: NaiveDate,
    /// The device, when it is known.
    pub device: Option<String>,
    /// Who measured, when it is not the one who records.
    pub measured_by: Option<String>,
}

/// Another reading of what was typed: 1104 for 110.4.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// Centimetres as they would be typed.
    pub height: String,
    /// Kilograms as they would be typed.
    pub weight: String,
}

/// Reads what was typed into the two fields; a number far too great that was typed without a point is offered with
/// one.
pub fn read(
    height: &str,
    weight: &str,
    limits: &Limits,
) -> Result<(Height, Weight), (Findings, Option<Offer>)> {
    let (read_height, read_weight) =
        plausibility::read_entry(height, weight).map_err(|findings| (findings, None))?;
    let findings = limits.findings(read_height.centimetres(), read_weight.kilograms());
    if findings.can_be_saved() {
        return Ok((read_height, read_weight));
    }
    Err((findings, offer(height, weight, limits)))
}

fn offer(height: &str, weight: &str, limits: &Limits) -> Option<Offer> {
    let (height, weight) = (height.trim(), weight.trim());
    [
        (with_point(height), Some(weight.to_owned())),
        (Some(height.to_owned()), with_point(weight)),
        (with_point(height), with_point(weight)),
    ]
    .into_iter()
    .filter_map(|(height, weight)| Some((height?, weight?)))
    .find(|(height, weight)| {
        plausibility::read_entry(height, weight)
            .is_ok_and(|(height, weight)| limits.accept(height.centimetres(), weight.kilograms()))
    })
    .map(|(height, weight)| Offer { height, weight })
}

/// The same digits with a point before the last one.
fn with_point(typed: &str) -> Option<String> {
    let digits = (3..=4).contains(&typed.len()) && typed.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, tenth) = typed.split_at_checked(typed.len().checked_sub(1)?)?;
    digits.then(|| format!("{whole}.{tenth}"))
}

/// What must be known of a child to judge a measurement.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Sex.
    pub sex: Sex,
    /// Date of birth.
    pub date_of_birth: NaiveDate,
    /// Year group.
    pub year_group: YearGroup,
    /// The collection year.
    pub year: CollectionYear,
    /// Measurements of the same child on other days.
    pub earlier: Vec<Earlier>,
    /// Height and weight of the child measured before in the same class.
    pub previous_in_class: Option<(Height, Weight)>,
}

/// Everything there is to say about an entry; messages ask to check.
pub fn check(entry: &Entry, subject: &Subject, today: NaiveDate, limits: &Limits) -> Findings {
    let observation = plausibility::Observation {
        sex: subject.sex,
        birth_date: subject.date_of_birth,
        measured_on: entry.measured_on,
        height: entry.height,
        weight: entry.weight,
    };
    let around = Circumstances {
        today,
        year: (subject.year.first_day(), subject.year.last_day()),
        usual_births: Some(subject.year_group.birth_window(subject.year.start_year())),
        earlier: &subject.earlier,
        previous_in_class: subject.previous_in_class,
    };
    plausibility::check(&observation, &around, limits)
}

/// What is wrong with the day for which a reason for no measurement is given; nothing when it is a day of the year that
/// has come.
pub fn check_day(on: NaiveDate, year: CollectionYear, today: NaiveDate) -> Findings {
    let reject = |code: Code, message: String| Findings {
        rejects: vec![Finding { code, message }],
        warnings: Vec::new(),
    };
    let shown = long_date(on);
    if !year.contains(on) {
        let message = format!(
            "The date of the measurement, {shown}, is outside the collection year {year}: check this."
        );
        reject(Code::DateOutsideYear, message)
    } else if on > today {
        let message =
            format!("The date of the measurement, {shown}, has not come yet: check this.");
        reject(Code::DateInFuture, message)
    } else {
        Findings::default()
    }
}

/// Age and assessment; `None` for the age of a child measured before its birth, which [`check`] refuses.
pub fn assess(
    entry: &Entry,
    subject: &Subject,
    scheme: Scheme,
) -> Option<(Age, Result<Assessment, NotAssessed>)> {
    let age = Age::between(subject.date_of_birth, entry.measured_on).ok()?;
    let assessment = growth::assess(subject.sex, &age, entry.height, entry.weight, scheme);
    Some((age, assessment))
}

/// A z-score as it is kept: in tenths. With the day of the measurement beside it a finer one would give the date of
/// birth away, because only one birthday gives just that figure.
pub fn tenths(z: f64) -> i32 {
    (z * 10.0).round().clamp(-9999.0, 9999.0) as i32
}

/// A stored warning's words where its values are no longer at hand.
pub fn warning_words(code: Code) -> &'static str {
    match code {
        Code::ExtremeHeight => "The height is unusual for the child’s age: check this.",
        Code::ExtremeWeight => "The weight is unusual for the child’s age: check this.",
        Code::ExtremeBmi => {
            "Height and weight together are unusual for the child’s age: check this."
        }
        Code::HeightLowerThanEarlier => "The height is lower than an earlier one: check this.",
        Code::WeightChanged => "The weight differs much from the last one: check this.",
        Code::LooksSwapped => "Height and weight look swapped: check both.",
        Code::RepeatedValues => {
            "Height and weight are the same as those of the child before: check this."
        }
        Code::Weekend => "The day of the measurement is a Saturday or a Sunday: check this.",
        Code::August => "The day of the measurement is in the summer holidays: check this.",
        Code::DobOutsideYearWindow => {
            "The date of birth is outside the usual ones of the year group: check both."
        }
        _ => "Check this measurement.",
    }
}

/// The messages of findings, in one line.
pub fn in_words(findings: &[Finding]) -> String {
    findings
        .iter()
        .map(|finding| finding.message.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(height: &str, weight: &str) -> Option<(String, String)> {
        read(height, weight, &Limits::default())
            .err()?
            .1
            .map(|offer| (offer.height, offer.weight))
    }

    #[test]
    fn a_number_without_its_point_is_offered_with_one() {
        let both = |height: &str, weight: &str| Some((height.to_owned(), weight.to_owned()));
        assert_eq!(offered("1104", "18.2"), both("110.4", "18.2"));
        assert_eq!(offered("110.4", "182"), both("110.4", "18.2"));
        assert_eq!(offered("1104", "182"), both("110.4", "18.2"));
    }

    #[test]
    fn what_has_no_such_reading_is_offered_nothing() {
        assert_eq!(offered("1.104", "18.2"), None);
        assert_eq!(offered("tall", "18.2"), None);
        assert_eq!(offered("99999", "18.2"), None);
        assert_eq!(offered("é", "ü"), None);
    }

    #[test]
    fn a_comma_is_as_good_as_a_point() {
        let (height, weight) = read("110,4", "18,2", &Limits::default()).unwrap();
        assert_eq!((height.millimetres(), weight.grams()), (1104, 18_200));
    }

    #[test]
    fn z_scores_are_kept_in_tenths() {
        assert_eq!(tenths(1.3499), 13);
        assert_eq!(tenths(-0.05), -1);
    }
}
