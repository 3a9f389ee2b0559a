//! The time, as a value that is handed in.
//!
//! Everything that decides takes the time as an argument; this clock is what the shell reads it from. Timestamps are
//! UTC and whole microseconds, because that is what both databases keep. Dates are those of England's wall clock:
//! half past midnight in June is already the new day, though UTC says otherwise.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Europe::London;

/// Where the time comes from.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that stands still until it is moved: for tests and for `--as-of`. Microseconds since 1970 UTC.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that shows noon of `date`, England's time, until it is moved.
    pub fn at_noon(date: NaiveDate) -> Self {
        Self::fixed(utc_of(date, 12))
    }

    /// A clock that shows `time` (UTC) until it is moved.
    pub fn fixed(time: NaiveDateTime) -> Self {
        Self::Fixed(Arc::new(AtomicI64::new(time.and_utc().timestamp_micros())))
    }

    /// Now: UTC, whole microseconds.
    pub fn now(&self) -> NaiveDateTime {
        let micros = match self {
            #[expect(
                clippy::disallowed_methods,
                reason = "this is the one place that reads the machine's clock"
            )]
            Self::System => Utc::now().timestamp_micros(),
            Self::Fixed(micros) => micros.load(Ordering::SeqCst),
        };
        DateTime::from_timestamp_micros(micros)
            .unwrap_or_default()
            .naive_utc()
    }

    /// Today's date in England.
    pub fn today(&self) -> NaiveDate {
        local(self.now()).date()
    }

    /// Moves a fixed clock on; the machine's clock is left alone.
    pub fn advance(&self, by: Duration) {
        if let Self::Fixed(micros) = self {
            micros.fetch_add(by.num_microseconds().unwrap_or(0), Ordering::SeqCst);
        }
    }

    /// Sets a fixed clock to noon of `date`; the machine's clock is left alone.
    pub fn set_to_noon(&self, date: NaiveDate) {
        if let Self::Fixed(micros) = self {
            micros.store(
                utc_of(date, 12).and_utc().timestamp_micros(),
                Ordering::SeqCst,
            );
        }
    }
}

/// England's wall clock at a moment given in UTC.
pub fn local(utc: NaiveDateTime) -> NaiveDateTime {
    London.from_utc_datetime(&utc).naive_local()
}

/// The moment in UTC at which England's wall clock shows `hour` o'clock on `date`.
pub fn utc_of(date: NaiveDate, hour: u32) -> NaiveDateTime {
    let wall = date.and_time(NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default());
    London
        .from_local_datetime(&wall)
        .earliest()
        .map_or(wall, |moment| moment.naive_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn half_past_midnight_in_summer_is_already_the_new_day() {
        let clock = Clock::fixed(date(2026, 6, 30).and_hms_opt(23, 30, 0).unwrap());
        assert_eq!(clock.today(), date(2026, 7, 1));
    }

    #[test]
    fn a_fixed_clock_stands_still_until_it_is_moved() {
        let clock = Clock::at_noon(date(2026, 11, 30));
        assert_eq!(clock.now(), clock.now());
        clock.advance(Duration::days(1));
        assert_eq!(clock.today(), date(2026, 12, 1));
    }
}
