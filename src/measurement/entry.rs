//! What was typed for a child, and what it can be saved as. Plain values in, plain values out.
//!
//! What is *invalid* is refused, what is *unusual* is saved and waits for a named person to confirm it.

use chrono::NaiveDate;
use growth::plausibility::{self, Circumstances, Code, Earlier, Finding, Findings, Limits};
use growth::{Age, Assessment, Height, NotAssessed, Scheme, Weight};
use programme::{AcademicYear, Sex, YearGroup};
use serde::Serialize;

use crate::wording::long_date;

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
    /// The device; empty where the recorder says that none is to stand, `None` where nothing is said of it.
    pub device: Option<String>,
    /// Who measured, when it is not the one who records.
    pub measured_by: Option<String>,
}

/// Figures that were probably meant by what was typed: 110.4 for 1104.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// Centimetres as they would be typed.
    pub height: String,
    /// Kilograms as they would be typed.
    pub weight: String,
    /// What is asked: "Did you mean 110.4 cm?"
    pub question: String,
    /// Words of the button that accepts: "Use 110.4 cm".
    pub button: String,
}

/// Why figures cannot be saved as they were typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong and what would be right, with what was typed quoted as it was typed.
    pub message: String,
    /// Whether the height is wrong.
    pub height: bool,
    /// Whether the weight is wrong.
    pub weight: bool,
    /// What was probably meant.
    pub offer: Option<Box<Offer>>,
}

/// Reads what was typed into the two fields. Figures that cannot be right, or have more decimals than are kept, are
/// refused, with an offer where another reading is likely: a missing point, metres, grams, the two fields swapped.
pub fn read(height: &str, weight: &str, limits: &Limits) -> Result<(Height, Weight), Refusal> {
    let (height, weight) = (height.trim(), weight.trim());
    let Ok(read) = plausibility::read_entry(height, weight) else {
        return Err(unreadable(height, weight));
    };
    let too_fine = [decimals(height) > 1, decimals(weight) > 1];
    let (tall, heavy) = (read.0.centimetres(), read.1.kilograms());
    if limits.accept(tall, heavy) && too_fine == [false, false] {
        return Ok(read);
    }
    let outside = [
        !(limits.height_min_cm..=limits.height_max_cm).contains(&tall),
        !(limits.weight_min_kg..=limits.weight_max_kg).contains(&heavy),
    ];
    Err(refused(height, weight, too_fine, outside, limits))
}

fn unreadable(height: &str, weight: &str) -> Refusal {
    let of_height = match Height::parse_centimetres(height) {
        Ok(_) => None,
        Err(_) if height.is_empty() => {
            Some("The height is missing. Enter it in centimetres, such as 106.7.".to_owned())
        }
        Err(_) => Some(format!(
            "The height “{height}” cannot be read. Enter it in centimetres, such as 106.7."
        )),
    };
    let of_weight = match Weight::parse_kilograms(weight) {
        Ok(_) => None,
        Err(_) if weight.is_empty() => {
            Some("The weight is missing. Enter it in kilograms, such as 18.2.".to_owned())
        }
        Err(_) => Some(format!(
            "The weight “{weight}” cannot be read. Enter it in kilograms, such as 18.2."
        )),
    };
    Refusal {
        height: of_height.is_some(),
        weight: of_weight.is_some(),
        message: [of_height, of_weight]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" "),
        offer: None,
    }
}

fn refused(
    height: &str,
    weight: &str,
    too_fine: [bool; 2],
    outside: [bool; 2],
    limits: &Limits,
) -> Refusal {
    let offer = offer(height, weight, limits);
    let mut wrong = [too_fine[0] || outside[0], too_fine[1] || outside[1]];
    if let Some(offer) = &offer {
        // With figures that are each possible and do not go together, the one to change is the wrong one.
        let differs =
            |offered: &str, typed: &str| offered.replace(',', ".") != typed.replace(',', ".");
        wrong[0] |= differs(&offer.height, height);
        wrong[1] |= differs(&offer.weight, weight);
    }
    let typed = match wrong {
        [true, false] => format!("You typed “{height}” as the height."),
        [false, true] => format!("You typed “{weight}” as the weight."),
        _ => format!("You typed “{height}” as the height and “{weight}” as the weight."),
    };
    let mut parts = vec![typed];
    if let Some(offer) = &offer {
        if outside == [false, false] && too_fine != [false, false] {
            parts.push("Figures are kept to one decimal.".to_owned());
        }
        parts.push(offer.question.clone());
    } else if wrong == [false, false] {
        wrong = [true, true];
        parts.push("The two do not go together. Check both.".to_owned());
    } else {
        if wrong[0] {
            parts.push(format!(
                "Enter a height between {} and {} centimetres, with one decimal.",
                limits.height_min_cm, limits.height_max_cm
            ));
        }
        if wrong[1] {
            parts.push(format!(
                "Enter a weight between {} and {} kilograms, with one decimal.",
                limits.weight_min_kg, limits.weight_max_kg
            ));
        }
    }
    Refusal {
        message: parts.join(" "),
        height: wrong[0],
        weight: wrong[1],
        offer: offer.map(Box::new),
    }
}

/// The likeliest figures that can be saved: those that change one field before those that change both, and the two
/// swapped last.
fn offer(height: &str, weight: &str, limits: &Limits) -> Option<Offer> {
    let accepted = |height: &str, weight: &str| {
        plausibility::read_entry(height, weight).is_ok_and(|(tall, heavy)| {
            limits.accept(tall.centimetres(), heavy.kilograms())
                && decimals(height) <= 1
                && decimals(weight) <= 1
        })
    };
    let (heights, weights) = (heights(height), weights(weight));
    let mut pairs: Vec<(usize, usize)> = (0..heights.len())
        .flat_map(|tall| (0..weights.len()).map(move |heavy| (tall, heavy)))
        .collect();
    pairs.sort_by_key(|(tall, heavy)| {
        (
            usize::from(*tall > 0) + usize::from(*heavy > 0),
            *tall,
            *heavy,
        )
    });
    let found = pairs
        .into_iter()
        .map(|(tall, heavy)| (&heights[tall], &weights[heavy]))
        .find(|(tall, heavy)| accepted(tall, heavy));
    if let Some((tall, heavy)) = found {
        let (new_height, new_weight) = (*tall != height, *heavy != weight);
        let meant = match (new_height, new_weight) {
            (true, false) => format!("{tall} cm"),
            (false, true) => format!("{heavy} kg"),
            _ => format!("{tall} cm and {heavy} kg"),
        };
        return Some(Offer {
            question: format!("Did you mean {meant}?"),
            button: format!("Use {meant}"),
            height: tall.clone(),
            weight: heavy.clone(),
        });
    }
    accepted(weight, height).then(|| Offer {
        height: weight.to_owned(),
        weight: height.to_owned(),
        question: "Are height and weight swapped?".to_owned(),
        button: "Swap height and weight".to_owned(),
    })
}

/// What a typed height may mean, centimetres, as typed first: a point left out (1104), metres (1.41), decimals beyond
/// the last completed millimetre.
fn heights(typed: &str) -> Vec<String> {
    let mut readings = vec![typed.to_owned()];
    readings.extend(with_point(typed));
    if let Some(number) = plain_number(typed) {
        readings.push(tenths_text((number * 1000.0 + 1e-6).floor()));
        readings.push(tenths_text((number * 10.0 + 1e-6).floor()));
    }
    readings
}

/// What a typed weight may mean, kilograms, as typed first: a point left out (182), grams (18200), decimals beyond the
/// first.
fn weights(typed: &str) -> Vec<String> {
    let mut readings = vec![typed.to_owned()];
    readings.extend(with_point(typed));
    if let Some(number) = plain_number(typed) {
        readings.push(tenths_text((number * 10.0 + 1e-6).round()));
        readings.push(tenths_text((number / 100.0).round()));
    }
    readings
}

/// The same digits with a point before the last one.
fn with_point(typed: &str) -> Option<String> {
    let digits = (3..=4).contains(&typed.len()) && typed.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, tenth) = typed.split_at_checked(typed.len().checked_sub(1)?)?;
    digits.then(|| format!("{whole}.{tenth}"))
}

/// A number of digits and one point or comma; nothing longer than a measurement could be.
fn plain_number(typed: &str) -> Option<f64> {
    let plain = typed.len() <= 8
        && typed
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','));
    plain.then(|| typed.replace(',', ".").parse().ok())?
}

/// A whole number of tenths as it would be typed: 1104 → 110.4.
fn tenths_text(tenths: f64) -> String {
    format!("{:.1}", tenths / 10.0)
}

/// How many decimals a typed number has, zeros at its end not counted.
fn decimals(typed: &str) -> usize {
    typed.split_once(['.', ',']).map_or(0, |(_, fraction)| {
        fraction
            .trim_end_matches(|letter: char| !letter.is_ascii_digit())
            .trim_end_matches('0')
            .len()
    })
}

/// What must be known of a child to judge a measurement.
#[derive(Clone, Debug)]
pub struct Background {
    /// Sex.
    pub sex: Sex,
    /// Date of birth.
    pub date_of_birth: NaiveDate,
    /// Year group.
    pub year_group: YearGroup,
    /// The collection year.
    pub year: AcademicYear,
    /// Measurements of the same child on other days.
    pub earlier: Vec<Earlier>,
    /// Height and weight of the child measured before in the same class.
    pub previous_in_class: Option<(Height, Weight)>,
}

/// Everything there is to say about an entry; messages ask to check.
pub fn check(
    entry: &Entry,
    background: &Background,
    today: NaiveDate,
    limits: &Limits,
) -> Findings {
    let observation = plausibility::Observation {
        sex: background.sex,
        birth_date: background.date_of_birth,
        measured_on: entry.measured_on,
        height: entry.height,
        weight: entry.weight,
    };
    let around = Circumstances {
        today,
        year: (background.year.first_day(), background.year.last_day()),
        usual_births: Some(
            background
                .year_group
                .birth_window(background.year.start_year()),
        ),
        earlier: &background.earlier,
        previous_in_class: background.previous_in_class,
    };
    plausibility::check(&observation, &around, limits)
}

/// What is wrong with the day for which a reason for no measurement is given; nothing when it is a day of the year that
/// has come.
pub fn check_day(on: NaiveDate, year: AcademicYear, today: NaiveDate) -> Findings {
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
    background: &Background,
    scheme: Scheme,
) -> Option<(Age, Result<Assessment, NotAssessed>)> {
    let age = Age::between(background.date_of_birth, entry.measured_on).ok()?;
    let assessment = growth::assess(background.sex, &age, entry.height, entry.weight, scheme);
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

    fn refusal(height: &str, weight: &str) -> Refusal {
        read(height, weight, &Limits::default()).unwrap_err()
    }

    fn offered(height: &str, weight: &str) -> Option<(String, String)> {
        refusal(height, weight)
            .offer
            .map(|offer| (offer.height, offer.weight))
    }

    fn pair(height: &str, weight: &str) -> (String, String) {
        (height.to_owned(), weight.to_owned())
    }

    #[test]
    fn a_number_without_its_point_is_offered_with_one() {
        assert_eq!(offered("1104", "18.2"), Some(pair("110.4", "18.2")));
        assert_eq!(offered("110.4", "182"), Some(pair("110.4", "18.2")));
        assert_eq!(offered("1104", "182"), Some(pair("110.4", "18.2")));
    }

    #[test]
    fn metres_and_grams_are_offered_as_centimetres_and_kilograms() {
        assert_eq!(offered("1.41", "34.5"), Some(pair("141.0", "34.5")));
        assert_eq!(offered("1,10", "18.2"), Some(pair("110.0", "18.2")));
        assert_eq!(offered("110.4", "18200"), Some(pair("110.4", "18.2")));
        let metres = refusal("1.41", "34.5");
        assert_eq!(
            metres.message,
            "You typed “1.41” as the height. Did you mean 141.0 cm?"
        );
        assert_eq!((metres.height, metres.weight), (true, false));
    }

    #[test]
    fn swapped_figures_are_offered_swapped() {
        assert_eq!(offered("34.5", "141.2"), Some(pair("141.2", "34.5")));
        let swapped = refusal("34.5", "141.2");
        assert_eq!((swapped.height, swapped.weight), (true, true));
        assert!(
            swapped
                .message
                .contains("“34.5” as the height and “141.2” as the weight")
        );
    }

    #[test]
    fn more_decimals_than_are_kept_are_asked_about_and_not_cut() {
        assert_eq!(offered("141.2", "33.123"), Some(pair("141.2", "33.1")));
        assert_eq!(offered("141.27", "33.1"), Some(pair("141.2", "33.1")));
        assert!(read("141.20", "33,100", &Limits::default()).is_ok());
        let fine = refusal("141.2", "33.123");
        assert_eq!((fine.height, fine.weight), (false, true));
        assert!(
            fine.message
                .starts_with("You typed “33.123” as the weight."),
            "{}",
            fine.message
        );
    }

    #[test]
    fn only_the_wrong_field_is_named() {
        let short = refusal("30", "18.2");
        assert_eq!(
            (short.height, short.weight, short.offer),
            (true, false, None)
        );
        assert_eq!(
            short.message,
            "You typed “30” as the height. Enter a height between 60 and 220 centimetres, with one decimal."
        );
        let light = refusal("141.2", "9.5");
        assert_eq!((light.height, light.weight), (true, true));
        assert!(light.message.contains("do not go together"));
        let missing = refusal("141.2", "");
        assert_eq!((missing.height, missing.weight), (false, true));
    }

    #[test]
    fn what_has_no_such_reading_is_offered_nothing() {
        assert_eq!(offered("tall", "18.2"), None);
        assert_eq!(offered("99999", "18.2"), None);
        assert_eq!(offered("é", "ü"), None);
        assert_eq!(offered("30", "18.3"), None);
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
