//! A child's age on the day of measurement.
//!
//! Two clocks run side by side: the assessment uses days ÷ 365.25, words and
//! completed months follow the calendar. In the calendar a child born on the
//! 31st completes a month on the last day of a shorter one, so a child born on
//! 29 February is a year older on 28 February.

use chrono::{Datelike, Months, NaiveDate};

/// Days in the year the reference's ages are measured in.
const DAYS_PER_YEAR: f64 = 365.25;

/// The time from birth to measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Age {
    days: u32,
    months: u32,
    days_beyond_months: u32,
}

/// The measurement is dated before the birth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the date of measurement is before the date of birth: check both dates")]
pub struct BornAfterMeasurement;

impl Age {
    /// The age on `measured` of a child born on `born`.
    pub fn between(born: NaiveDate, measured: NaiveDate) -> Result<Self, BornAfterMeasurement> {
        let days = u32::try_from((measured - born).num_days()).map_err(|_| BornAfterMeasurement)?;
        let months_apart = (measured.year() - born.year()) * 12
            + (measured.month().cast_signed() - born.month().cast_signed());
        let months_apart = u32::try_from(months_apart).map_err(|_| BornAfterMeasurement)?;
        // The day of the month decides whether the last month is completed.
        let completed = |months: u32| born.checked_add_months(Months::new(months));
        let (months, since) = match completed(months_apart) {
            Some(day) if day <= measured => (months_apart, day),
            _ => {
                let months = months_apart.saturating_sub(1);
                (months, completed(months).unwrap_or(born))
            }
        };
        let days_beyond_months = u32::try_from((measured - since).num_days()).unwrap_or(0);
        Ok(Self {
            days,
            months,
            days_beyond_months,
        })
    }

    /// Whole days since birth.
    pub const fn days(&self) -> u32 {
        self.days
    }

    /// Years as the reference counts them: days ÷ 365.25, not rounded.
    pub fn decimal_years(&self) -> f64 {
        f64::from(self.days) / DAYS_PER_YEAR
    }

    /// Completed calendar months since birth.
    pub const fn completed_months(&self) -> u32 {
        self.months
    }

    /// Completed calendar years since birth.
    pub const fn completed_years(&self) -> u32 {
        self.months / 12
    }

    /// Years and months for a letter or a page: "9 years and 10 months". Days
    /// are given only for a child younger than one month.
    pub fn words(&self) -> String {
        let (years, months) = (self.months / 12, self.months % 12);
        if self.months == 0 {
            return counted(self.days_beyond_months, "day");
        }
        listed(&[(years, "year"), (months, "month")])
    }

    /// Years, months, weeks and days: "9 years, 10 months, 1 week and 3 days".
    pub fn full_words(&self) -> String {
        if self.days == 0 {
            return counted(0, "day");
        }
        listed(&[
            (self.months / 12, "year"),
            (self.months % 12, "month"),
            (self.days_beyond_months / 7, "week"),
            (self.days_beyond_months % 7, "day"),
        ])
    }
}

fn counted(count: u32, unit: &str) -> String {
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// The parts that are not 0, with commas and a last "and".
fn listed(parts: &[(u32, &str)]) -> String {
    let parts: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| counted(*count, unit))
        .collect();
    match parts.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => parts.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn age(born: (i32, u32, u32), measured: (i32, u32, u32)) -> Result<Age, BornAfterMeasurement> {
        let date = |(y, m, d)| NaiveDate::from_ymd_opt(y, m, d).unwrap();
        Age::between(date(born), date(measured))
    }

    #[test]
    fn an_age_in_words_leaves_out_what_is_nought() {
        for (measured, words) in [
            ((2016, 5, 4), "0 days"),
            ((2016, 5, 5), "1 day"),
            ((2016, 7, 1), "1 month"),
            ((2017, 5, 3), "11 months"),
            ((2017, 5, 4), "1 year"),
            ((2026, 3, 4), "9 years and 10 months"),
        ] {
            assert_eq!(age((2016, 5, 4), measured).unwrap().words(), words);
        }
    }

    #[test]
    fn completed_months_of_a_child_born_on_a_leap_day_end_with_february() {
        let months = |measured| age((2016, 2, 29), measured).unwrap().completed_months();
        assert_eq!(months((2017, 2, 27)), 11);
        assert_eq!(months((2017, 2, 28)), 12);
        assert_eq!(months((2020, 2, 28)), 47);
        assert_eq!(months((2020, 2, 29)), 48);
    }

    #[test]
    fn a_measurement_before_birth_has_no_age() {
        assert_eq!(age((2020, 1, 2), (2020, 1, 1)), Err(BornAfterMeasurement));
        assert_eq!(
            age((2020, 1, 31), (2019, 12, 31)),
            Err(BornAfterMeasurement)
        );
    }
}
