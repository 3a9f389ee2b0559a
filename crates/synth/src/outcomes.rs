//! What comes of the visits: heights and weights from the British 1990 reference, and reasons for none.

use chrono::{Datelike, NaiveDate, Weekday};
use growth::{Age, Height, Measure, Weight, lms};
use programme::Sex;

use crate::children::Child;
use crate::names::MEASURERS;
use crate::random::Chance;
use crate::school::School;
use programme::{AcademicYear, YearGroup};

/// Of a hundred year groups, how many have been visited in a year that is still running: with the children who were
/// not measured on the day, some 60 of a hundred children have a measurement.
const VISITED: f64 = 65.0;

/// What was recorded of a child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The day of the visit.
    pub date: NaiveDate,
    /// Height and weight, or why there are none.
    pub result: Result<(Height, Weight), &'static str>,
    /// The set of scales and height measure.
    pub device: &'static str,
    /// The name of the person who measured.
    pub measured_by: &'static str,
}

/// Scales and height measures; whoever uses the second one likes round numbers.
const DEVICES: [&str; 4] = ["SET-01", "SET-02", "SET-03", "SET-04"];

/// The outcome of each of a school's `children` in a year, in their order; `None` for those nobody has come to yet.
/// Nothing is recorded on or after `today`.
pub(super) fn outcomes(
    seed: u64,
    school: &School,
    year: AcademicYear,
    today: NaiveDate,
    children: &[Child],
) -> Vec<Option<Outcome>> {
    let mut chance = Chance::keyed(
        seed,
        3,
        u64::from(school.index),
        year.start_year().unsigned_abs().into(),
    );
    let running = today <= year.last_day();
    let days: Vec<NaiveDate> = year
        .first_day()
        .iter_days()
        .take_while(|day| *day <= year.last_day() && *day < today)
        .filter(|day| is_visiting_day(*day))
        .collect();
    let visits = YearGroup::ALL.map(|group| {
        let day = days
            .get(chance.between(0, days.len().max(1) as u32 - 1) as usize)
            .copied();
        day.filter(|_| !running || is_visited(seed, school, group))
    });
    let team = school.index as usize % DEVICES.len();
    children
        .iter()
        .map(|child| {
            let date = visits[usize::from(child.year_group == YearGroup::Year6)]?;
            // A few are still to be asked after in a year that is running.
            if running && chance.percent(2.0) {
                return None;
            }
            Some(Outcome {
                date,
                result: result(&mut chance, child, date, DEVICES[team] == "SET-02"),
                device: DEVICES[team],
                measured_by: MEASURERS[team],
            })
        })
        .collect()
}

/// Spread evenly over the schools, whatever their number: multiples of the golden ratio leave no gaps.
fn is_visited(seed: u64, school: &School, group: YearGroup) -> bool {
    let slot =
        f64::from(school.index * 2 + u32::from(group == YearGroup::Year6)) + (seed % 1000) as f64;
    (slot * 0.618_033_988_75).fract() * 100.0 < VISITED
}

/// Weekdays from mid September to early July, outside the usual holidays.
fn is_visiting_day(day: NaiveDate) -> bool {
    let date = day.month() * 100 + day.day();
    let in_term = matches!(
        date,
        908..=1023 | 1102..=1216 | 106..=212 | 222..=331 | 420..=522 | 601..=703
    );
    in_term && !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

fn result(
    chance: &mut Chance,
    child: &Child,
    date: NaiveDate,
    likes_round_numbers: bool,
) -> Result<(Height, Weight), &'static str> {
    if chance.percent(7.0) {
        const REASONS: [(&str, u32); 8] = [
            ("absent", 38),
            ("parental opt-out", 34),
            ("child opt-out", 12),
            ("no longer at school", 8),
            ("physical impairment", 3),
            ("cognitive impairment", 2),
            ("other", 2),
            ("school opt-out", 1),
        ];
        return Err(REASONS[chance.weighted(REASONS.iter().map(|(_, share)| *share))].0);
    }
    measure(chance, child, date, likes_round_numbers).ok_or("other")
}

/// A height and a weight; `None` outside the ages of the reference.
fn measure(
    chance: &mut Chance,
    child: &Child,
    date: NaiveDate,
    likes_round_numbers: bool,
) -> Option<(Height, Weight)> {
    let age = Age::between(child.date_of_birth, date)
        .ok()?
        .decimal_years();
    let height_z = 0.05
        + match chance.between(0, 399) {
            // One child in four hundred is far from the others, and rightly measured.
            0 => [-3.3, -3.1, 4.1][chance.between(0, 2) as usize],
            _ => (chance.normal() * 0.99).clamp(-2.9, 3.6),
        };
    let height_cm = lms(child.sex, Measure::Height, age)?.value_at(height_z)?;
    let millimetres = (height_cm * 10.0) as u32;
    let millimetres = if likes_round_numbers && chance.percent(40.0) {
        millimetres / 10 * 10
    } else {
        millimetres
    };
    let bmi = lms(child.sex, Measure::Bmi, age)?.value_at(bmi_z(chance, child))?;
    let metres = f64::from(millimetres) / 1000.0;
    let hundreds_of_grams = (bmi * metres * metres * 10.0).round() as u32;
    let hundreds_of_grams = if likes_round_numbers && chance.percent(25.0) {
        (hundreds_of_grams + 5) / 10 * 10
    } else {
        hundreds_of_grams
    };
    Some((
        Height::from_millimetres(millimetres),
        Weight::from_grams(hundreds_of_grams * 100),
    ))
}

/// A z-score of BMI. Middle and spread are such that, of the children of an average area, some 22 in 100 of Reception
/// and 36 of Year 6 are at or above the 85th centile, and 10 and 22 at or above the 95th; the most deprived tenth has
/// about twice the share of the least deprived one. The lower side is narrower than the upper one, as it is in life.
fn bmi_z(chance: &mut Chance, child: &Child) -> f64 {
    let away_from_middle = 5.5 - f64::from(child.decile);
    let (middle, above, below) = match child.year_group {
        YearGroup::Reception => (0.11 + 0.035 * away_from_middle, 1.19, 0.95),
        YearGroup::Year6 => (0.50 + 0.055 * away_from_middle, 1.46, 1.19),
    };
    let boys = if child.sex == Sex::Male { 0.04 } else { -0.04 };
    let deviation = chance.normal();
    let spread = if deviation > 0.0 { above } else { below };
    // Beyond this the reference has no values for the oldest boys.
    (middle + boys + deviation * spread).clamp(-3.4, 3.7)
}
