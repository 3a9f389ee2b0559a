//! How long a letter waits after its outcome was recorded, so that a slip can be corrected before it reaches parents.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, Weekday};
use programme::Coded as _;
use serde_json::json;

use super::error::LetterError;
use super::sending_queries;
use crate::audit::{self, Action};
use crate::clock::{local, utc_of};
use crate::db::Conn;
use crate::settings;
use crate::work::Work;

/// The setting that holds the delay, as a code of [`Delay`].
pub const SETTING: &str = "letters.delay";

/// The hour of the day, by England's wall clock, at which a delay ends.
const HOUR: u32 = 9;

/// When a ready letter is sent, in the order of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::VariantArray, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Delay {
    /// At 9am on the first working day after the outcome was recorded.
    #[strum(serialize = "1")]
    NextWorkingDay,
    /// At 9am on the second working day.
    #[strum(serialize = "2")]
    SecondWorkingDay,
    /// At 9am on the third working day.
    #[strum(serialize = "3")]
    ThirdWorkingDay,
    /// At 9am on the fifth working day.
    #[strum(serialize = "5")]
    FifthWorkingDay,
    /// As soon as it is ready.
    None,
    /// When a person presses Send, and never by itself.
    ByHand,
}

impl Delay {
    /// What a programme has that has never chosen.
    pub const DEFAULT: Self = Self::NextWorkingDay;

    /// The choice in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::ByHand => "Only when somebody presses Send",
            Self::None => "As soon as they are ready",
            Self::NextWorkingDay => "The next working day at 9am",
            Self::SecondWorkingDay => "The second working day at 9am",
            Self::ThirdWorkingDay => "The third working day at 9am",
            Self::FifthWorkingDay => "The fifth working day at 9am",
        }
    }

    /// Working days after the outcome was recorded; `None` where no day is waited for.
    fn working_days(self) -> Option<u8> {
        match self {
            Self::NextWorkingDay => Some(1),
            Self::SecondWorkingDay => Some(2),
            Self::ThirdWorkingDay => Some(3),
            Self::FifthWorkingDay => Some(5),
            Self::None | Self::ByHand => None,
        }
    }

    /// The moment (UTC) from which a letter may be sent whose outcome was recorded at `recorded_at` (UTC); `None` when
    /// it may be sent at once.
    pub fn send_after(self, recorded_at: NaiveDateTime) -> Option<NaiveDateTime> {
        let days = self.working_days()?;
        let mut day = local(recorded_at).date();
        for _ in 0..days {
            day = next_working_day(day);
        }
        Some(utc_of(day, HOUR))
    }
}

/// The programme's choice.
pub fn delay(tx: &mut Conn) -> Result<Delay, LetterError> {
    match settings::get(tx, SETTING)? {
        None => Ok(Delay::DEFAULT),
        Some(code) => Delay::from_code(&code).ok_or_else(|| {
            anyhow::anyhow!("the delay of letters is set to an unknown code").into()
        }),
    }
}

/// Changes the programme's choice, also for the letters that are waiting.
pub fn set_delay(work: &mut Work<'_>, chosen: Delay) -> Result<(), LetterError> {
    let Work { tx, actor, now, .. } = work;
    let now = *now;
    if delay(tx)? == chosen {
        return Ok(());
    }
    settings::put(tx, actor, now, SETTING, chosen.code())?;
    for (letter, base) in sending_queries::waiting_with_their_outcome(tx)? {
        sending_queries::put_send_after(tx, letter, chosen.send_after(base))?;
    }
    let detail = json!({"delay": chosen.code()});
    audit::event(
        tx,
        actor,
        now,
        Action::LettersDelayChanged,
        "letters",
        &detail,
    )?;
    Ok(())
}

fn next_working_day(day: NaiveDate) -> NaiveDate {
    day.iter_days()
        .skip(1)
        .find(|day| is_working_day(*day))
        .unwrap_or(day)
}

/// Monday to Friday, without the bank holidays of England that have a rule.
fn is_working_day(day: NaiveDate) -> bool {
    !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !is_bank_holiday(day)
}

/// The bank holidays of England and Wales by rule (Banking and Financial Dealings Act 1971); those proclaimed for one
/// year only are not known.
fn is_bank_holiday(day: NaiveDate) -> bool {
    let first_week = day.day() <= 7;
    let last_week = day
        .checked_add_days(Days::new(7))
        .is_some_and(|next| next.month() != day.month());
    let monday = day.weekday() == Weekday::Mon;
    let near_easter = easter(day.year()).is_some_and(|sunday| {
        let from_easter = (day - sunday).num_days();
        from_easter == -2 || from_easter == 1
    });
    let new_year = day.month() == 1 && (day.day() == 1 || (monday && day.day() <= 3));
    near_easter
        || new_year
        || (monday && day.month() == 5 && (first_week || last_week))
        || (monday && day.month() == 8 && last_week)
        || is_christmas(day)
}

/// 25 and 26 December, and the days that stand in for them after a weekend.
fn is_christmas(day: NaiveDate) -> bool {
    if day.month() != 12 {
        return false;
    }
    match day.day() {
        25 | 26 => true,
        27 | 28 => matches!(day.weekday(), Weekday::Mon | Weekday::Tue),
        _ => false,
    }
}

/// Easter Sunday of a year of the Gregorian calendar (the anonymous algorithm, Nature 13, 1876, page 487).
fn easter(year: i32) -> Option<NaiveDate> {
    let (golden, century, rest) = (year % 19, year / 100, year % 100);
    let moon =
        (19 * golden + century - century / 4 - (century - (century + 8) / 25 + 1) / 3 + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (rest / 4) - moon - rest % 4) % 7;
    let late = (golden + 11 * moon + 22 * weekday) / 451;
    let days = moon + weekday - 7 * late + 114;
    let (month, day) = (days / 31, days % 31 + 1);
    NaiveDate::from_ymd_opt(year, u32::try_from(month).ok()?, u32::try_from(day).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    /// The days on which letters go whose outcome was recorded at 3pm on `day`.
    fn goes(delay: Delay, day: NaiveDate) -> NaiveDateTime {
        local(delay.send_after(utc_of(day, 15)).unwrap())
    }

    fn at_nine(day: NaiveDate) -> NaiveDateTime {
        day.and_hms_opt(9, 0, 0).unwrap()
    }

    #[test]
    fn a_letter_waits_until_nine_on_the_next_working_day() {
        let next = Delay::DEFAULT;
        // A Monday, a Friday, a Saturday, and a Monday in summer time.
        assert_eq!(goes(next, date(2026, 11, 30)), at_nine(date(2026, 12, 1)));
        assert_eq!(goes(next, date(2026, 11, 27)), at_nine(date(2026, 11, 30)));
        assert_eq!(goes(next, date(2026, 11, 28)), at_nine(date(2026, 11, 30)));
        assert_eq!(goes(next, date(2026, 6, 29)), at_nine(date(2026, 6, 30)));
        assert_eq!(
            goes(Delay::ThirdWorkingDay, date(2026, 11, 27)),
            at_nine(date(2026, 12, 2))
        );
        assert_eq!(Delay::None.send_after(utc_of(date(2026, 11, 30), 15)), None);
    }

    #[test]
    fn a_bank_holiday_is_no_working_day() {
        for holiday in [
            (2026, 12, 25),
            (2026, 12, 28),
            (2027, 1, 1),
            (2027, 3, 26),
            (2027, 3, 29),
            (2027, 5, 3),
            (2027, 5, 31),
            (2027, 8, 30),
            (2027, 12, 27),
            (2027, 12, 28),
            (2028, 1, 3),
            (2029, 12, 26),
        ] {
            let (year, month, day) = holiday;
            assert!(!is_working_day(date(year, month, day)), "{holiday:?}");
        }
        for working in [
            (2026, 12, 24),
            (2026, 12, 29),
            (2027, 1, 4),
            (2027, 3, 25),
            (2027, 5, 10),
            (2027, 8, 23),
            (2027, 12, 29),
            (2028, 12, 28),
            (2029, 12, 27),
        ] {
            let (year, month, day) = working;
            assert!(is_working_day(date(year, month, day)), "{working:?}");
        }
    }

    #[test]
    fn every_choice_has_a_code_of_its_own() {
        for delay in Delay::ALL.iter().copied() {
            assert_eq!(Delay::from_code(delay.code()), Some(delay));
        }
        assert_eq!(Delay::from_code("4"), None);
    }
}
