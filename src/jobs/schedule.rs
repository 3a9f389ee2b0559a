//! When a job is due next.

use std::str::FromStr;

use chrono::{NaiveDateTime, TimeZone};
use chrono_tz::Europe::London;
use cron::Schedule;

/// The first moment after `after` (both UTC) at which a cron expression fires by England's wall clock.
///
/// `None` when the expression cannot be read or never fires again; a test reads every expression of the table.
pub fn next_after(expression: &str, after: NaiveDateTime) -> Option<NaiveDateTime> {
    Schedule::from_str(expression)
        .ok()?
        .after(&London.from_utc_datetime(&after))
        .next()
        .map(|moment| moment.naive_utc())
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn at(month: u32, day: u32, hour: u32, minute: u32) -> NaiveDateTime {
        NaiveDate::from_ymd_opt(2026, month, day)
            .and_then(|day| day.and_hms_opt(hour, minute, 0))
            .unwrap()
    }

    #[test]
    fn a_nightly_job_keeps_its_hour_by_the_wall_clock_in_summer_and_winter() {
        let nightly = "0 30 2 * * *";
        assert_eq!(
            next_after(nightly, at(12, 1, 12, 0)),
            Some(at(12, 2, 2, 30))
        );
        assert_eq!(next_after(nightly, at(7, 1, 12, 0)), Some(at(7, 2, 1, 30)));
        // The clocks go forward on 29 March and back on 25 October.
        assert_eq!(
            next_after(nightly, at(3, 28, 12, 0)),
            Some(at(3, 29, 1, 30))
        );
        assert_eq!(
            next_after(nightly, at(10, 24, 12, 0)),
            Some(at(10, 25, 2, 30))
        );
    }

    #[test]
    fn the_moment_itself_is_not_the_next_one() {
        assert_eq!(
            next_after("0 * * * * *", at(12, 1, 12, 0)),
            Some(at(12, 1, 12, 1))
        );
    }

    #[test]
    fn an_expression_that_cannot_be_read_is_never_due() {
        assert_eq!(next_after("every night", at(12, 1, 12, 0)), None);
    }
}
