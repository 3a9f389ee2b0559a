//! When names go: dates in, decisions out.
//!
//! A name's date is counted from the day the child was measured (the measurement that stands, when there were several),
//! and for a child never measured from the last day of the collection year. The name goes in the night of its date.

use chrono::{Datelike, Days, Months, NaiveDate};

/// A year's rule for keeping names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// 31 August.
    pub ends_on: NaiveDate,
    /// Days that names are kept.
    pub retention_days: i32,
}

impl Rule {
    /// The date on which a name goes; `last_measured` is the date of the measurement that stands.
    pub fn due_on(self, last_measured: Option<NaiveDate>) -> NaiveDate {
        last_measured
            .unwrap_or(self.ends_on)
            .checked_add_days(self.days())
            .unwrap_or(NaiveDate::MAX)
    }

    /// Whether a name's date has come.
    pub fn is_due(self, last_measured: Option<NaiveDate>, as_of: NaiveDate) -> bool {
        self.due_on(last_measured) <= as_of
    }

    /// Children measured on this day or before are due: what a query can ask for.
    pub fn measured_until(self, as_of: NaiveDate) -> NaiveDate {
        as_of
            .checked_sub_days(self.days())
            .unwrap_or(NaiveDate::MIN)
    }

    /// The date after which no name of the year may be left: nobody is measured after the year's last day.
    pub fn last_date(self) -> NaiveDate {
        self.due_on(None)
    }

    /// Whether the year's key may be destroyed: its last date has come, and no name needs it any more.
    pub fn may_close(self, as_of: NaiveDate, names_left: i64) -> bool {
        names_left == 0 && self.last_date() <= as_of
    }

    /// What is noted as the time of a name's removal: the first of the month in which the last name measured in the same
    /// month goes. The exact day would give the day of the measurement away, for the two are always the same number of
    /// days apart. A run that comes later notes its own month.
    pub fn removal_month(self, last_measured: Option<NaiveDate>, as_of: NaiveDate) -> NaiveDate {
        let end_of_month = last_measured.map(|day| {
            month_of(day)
                .checked_add_months(Months::new(1))
                .and_then(|next| next.pred_opt())
                .unwrap_or(day)
        });
        month_of(self.due_on(end_of_month)).max(month_of(as_of))
    }

    fn days(self) -> Days {
        Days::new(u64::try_from(self.retention_days).unwrap_or(0))
    }
}

/// What an exact date is coarsened to: the first of its month.
pub fn month_of(date: NaiveDate) -> NaiveDate {
    date.with_day(1).unwrap_or(date)
}

/// What is left of a child's record when its name goes, for the pages and the evidence.
pub const COARSENED: [(&str, &str); 8] = [
    (
        "Name, date of birth, address, contacts, NHS number, UPN",
        "erased",
    ),
    (
        "Class, small area of the home, flags for nurses (sensitive, growth condition)",
        "erased",
    ),
    (
        "Dates and times: measured, recorded, confirmed, letter sent, name removed",
        "the month",
    ),
    ("Age", "half-years"),
    ("z-scores", "half steps"),
    ("Ethnic group", "five groups"),
    ("Deprivation of the home area", "the quintile"),
    (
        "Earlier versions of the measurement, who opened the name and when",
        "erased",
    ),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn date(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    fn rule(retention_days: i32) -> Rule {
        Rule {
            ends_on: date(2027, 8, 31),
            retention_days,
        }
    }

    #[test]
    fn the_clock_starts_at_the_measurement_or_at_the_years_end() {
        assert_eq!(rule(90).due_on(Some(date(2026, 11, 30))), date(2027, 2, 28));
        assert_eq!(rule(90).due_on(None), date(2027, 11, 29));
        assert_eq!(rule(90).last_date(), date(2027, 11, 29));
    }

    #[test]
    fn a_leap_day_counts_like_any_other_day() {
        let rule = Rule {
            ends_on: date(2028, 8, 31),
            retention_days: 1,
        };
        assert_eq!(rule.due_on(Some(date(2028, 2, 28))), date(2028, 2, 29));
        assert_eq!(rule.due_on(Some(date(2028, 2, 29))), date(2028, 3, 1));
        let year = Rule {
            retention_days: 365,
            ..rule
        };
        assert_eq!(year.due_on(Some(date(2028, 2, 29))), date(2029, 2, 28));
        assert_eq!(month_of(date(2028, 2, 29)), date(2028, 2, 1));
    }

    #[test]
    fn a_year_closes_on_its_last_date_and_never_over_a_name() {
        assert!(!rule(10).may_close(date(2027, 9, 9), 0));
        assert!(rule(10).may_close(date(2027, 9, 10), 0));
        assert!(!rule(10).may_close(date(2030, 1, 1), 1));
    }

    #[test]
    fn the_month_of_removal_tells_nothing_about_the_day_of_the_measurement() {
        let rule = rule(90);
        for day in 1..=30 {
            let measured = date(2026, 11, day);
            let removed = rule.due_on(Some(measured));
            assert_eq!(
                rule.removal_month(Some(measured), removed),
                date(2027, 2, 1),
                "{day}"
            );
        }
        assert_eq!(
            rule.removal_month(None, rule.last_date()),
            date(2027, 11, 1)
        );
        assert_eq!(
            rule.removal_month(Some(date(2026, 11, 30)), date(2027, 6, 9)),
            date(2027, 6, 1)
        );
    }

    fn any_day() -> impl Strategy<Value = NaiveDate> {
        (0_u64..36_500).prop_map(|days| date(1990, 1, 1) + Days::new(days))
    }

    proptest! {
        #[test]
        fn what_a_query_asks_for_is_what_is_due(days in 1..=3650, measured in any_day(), as_of in any_day()) {
            let rule = rule(days);
            prop_assert_eq!(rule.is_due(Some(measured), as_of), measured <= rule.measured_until(as_of));
        }

        #[test]
        fn on_the_last_date_nobody_of_the_year_is_left(days in 1..=3650, back in 0_u64..365) {
            let rule = rule(days);
            let measured = rule.ends_on - Days::new(back);
            prop_assert!(rule.is_due(Some(measured), rule.last_date()));
            prop_assert!(rule.is_due(None, rule.last_date()));
        }

        #[test]
        fn once_due_always_due(days in 1..=3650, measured in proptest::option::of(any_day()), as_of in any_day()) {
            let rule = rule(days);
            if rule.is_due(measured, as_of) {
                prop_assert!(rule.is_due(measured, as_of + Days::new(1)));
            }
        }

        #[test]
        fn a_month_tells_no_day(day in any_day()) {
            prop_assert_eq!(month_of(day).day(), 1);
            prop_assert_eq!((month_of(day).year(), month_of(day).month()), (day.year(), day.month()));
        }
    }
}
