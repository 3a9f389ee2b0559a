//! When a result is due: the programme promises it to the parents within six weeks of the measurement.

use chrono::{Duration, NaiveDate};

use super::state::State;

/// Days from the measurement to the last day on which its letter is in time.
const SIX_WEEKS: Duration = Duration::weeks(6);

/// Days before the due date on which a letter is listed as due soon.
const SOON: Duration = Duration::days(7);

/// States of a letter whose result has not, for all that is known, reached the parents.
pub const UNSENT: [State; 6] = [
    State::Ready,
    State::Held,
    State::NoContact,
    State::Queued,
    State::InDoubt,
    State::Failed,
];

/// The last day on which the result of a measurement of `measured_on` is in time.
pub fn due_by(measured_on: NaiveDate) -> NaiveDate {
    measured_on + SIX_WEEKS
}

/// How pressing a letter that has not gone is, the more pressing first.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::VariantArray, strum::IntoStaticStr, serde::Serialize,
)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Due {
    /// The six weeks are over.
    Overdue,
    /// They end today or within seven days.
    Soon,
}

impl Due {
    /// The first and the last day of measurement of letters that are this pressing today; no first day for what is
    /// overdue.
    pub fn measured_between(self, today: NaiveDate) -> (Option<NaiveDate>, NaiveDate) {
        let oldest_in_time = today - SIX_WEEKS;
        match self {
            Self::Overdue => (None, oldest_in_time - Duration::days(1)),
            Self::Soon => (Some(oldest_in_time), oldest_in_time + SOON),
        }
    }
}

/// How far past its due date a letter is, in words; `None` while it is in time.
pub fn overdue_words(due_by: NaiveDate, today: NaiveDate) -> Option<String> {
    let days = (today - due_by).num_days();
    let counted = |count: i64, unit: &str| {
        format!(
            "{count} {unit}{} overdue",
            if count == 1 { "" } else { "s" }
        )
    };
    match days {
        ..=0 => None,
        1..14 => Some(counted(days, "day")),
        _ => Some(counted(days / 7, "week")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn a_letter_is_in_time_on_its_last_day_and_overdue_on_the_next() {
        let measured_on = date(2026, 11, 2);
        let last_day = due_by(measured_on);
        assert_eq!(last_day, date(2026, 12, 14));
        let is = |due: Due, today: NaiveDate| {
            let (first, last) = due.measured_between(today);
            first.is_none_or(|first| first <= measured_on) && measured_on <= last
        };
        assert!(!is(Due::Soon, date(2026, 12, 6)));
        assert!(is(Due::Soon, date(2026, 12, 7)) && is(Due::Soon, last_day));
        assert!(!is(Due::Overdue, last_day));
        assert!(is(Due::Overdue, date(2026, 12, 15)) && !is(Due::Soon, date(2026, 12, 15)));
    }

    #[test]
    fn what_is_overdue_says_by_how_much() {
        let due = date(2026, 12, 14);
        for (today, words) in [
            (date(2026, 12, 14), None),
            (date(2026, 12, 15), Some("1 day overdue")),
            (date(2026, 12, 27), Some("13 days overdue")),
            (date(2027, 1, 11), Some("4 weeks overdue")),
        ] {
            assert_eq!(overdue_words(due, today).as_deref(), words);
        }
    }
}
