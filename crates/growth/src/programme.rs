//! The programme's calendar: collection years and the year groups measured.

use std::fmt;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::category::{UnknownCode, from_code};

/// A collection year, 1 September to 31 August, named by the year it begins in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CollectionYear(i32);

impl CollectionYear {
    /// The year that begins on 1 September of `year`; `None` outside 1900–2999,
    /// where a date is a slip of the keyboard.
    pub const fn starting(year: i32) -> Option<Self> {
        if 1900 <= year && year <= 2999 {
            Some(Self(year))
        } else {
            None
        }
    }

    /// The year that `date` lies in.
    pub fn containing(date: NaiveDate) -> Option<Self> {
        Self::starting(if date.month() >= 9 {
            date.year()
        } else {
            date.year() - 1
        })
    }

    /// Reads a label such as `2026-27` or `2026/27`.
    pub fn parse_label(label: &str) -> Option<Self> {
        let (start, end) = label.trim().split_once(['-', '/'])?;
        let year = Self::starting(start.parse().ok()?)?;
        (start.len() == 4 && format!("{:02}", (year.0 + 1) % 100) == end).then_some(year)
    }

    /// The calendar year it begins in.
    pub const fn start_year(self) -> i32 {
        self.0
    }

    /// 1 September.
    pub fn first_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.0, 9, 1).unwrap_or_default()
    }

    /// 31 August of the following calendar year.
    pub fn last_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.0 + 1, 8, 31).unwrap_or_default()
    }

    /// Whether `date` lies in the year.
    pub fn contains(self, date: NaiveDate) -> bool {
        (self.first_day()..=self.last_day()).contains(&date)
    }
}

/// The label, such as `2026-27`.
impl fmt::Display for CollectionYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:02}", self.0, (self.0 + 1) % 100)
    }
}

/// A year group that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum YearGroup {
    /// Children who turn 5 in the collection year.
    Reception,
    /// Children who turn 11 in the collection year.
    #[serde(rename = "year_6")]
    Year6,
}

impl YearGroup {
    /// Both, the younger first.
    pub const ALL: [Self; 2] = [Self::Reception, Self::Year6];

    /// The stable code: `reception` or `year_6`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Reception => "reception",
            Self::Year6 => "year_6",
        }
    }

    /// "Reception" or "Year 6".
    pub const fn words(self) -> &'static str {
        match self {
            Self::Reception => "Reception",
            Self::Year6 => "Year 6",
        }
    }

    /// The year group of a stored code.
    pub fn from_code(code: &str) -> Result<Self, UnknownCode> {
        from_code(&Self::ALL, Self::code, code)
    }

    /// Reads `R`, `Reception`, `0`, `6`, `Y6` or `Year 6` in any case.
    pub fn parse(text: &str) -> Option<Self> {
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        match text.to_ascii_lowercase().as_str() {
            "r" | "reception" | "0" | "yr" | "year0" | "yearr" => Some(Self::Reception),
            "6" | "y6" | "year6" | "06" => Some(Self::Year6),
            _ => None,
        }
    }

    /// The first and last date of birth of children in their usual year group:
    /// Reception is born from 1 September five years before the collection year
    /// begins, Year 6 eleven years before.
    pub fn birth_window(self, year: CollectionYear) -> (NaiveDate, NaiveDate) {
        let years_before = match self {
            Self::Reception => 5,
            Self::Year6 => 11,
        };
        let cohort = CollectionYear(year.0 - years_before);
        (cohort.first_day(), cohort.last_day())
    }

    /// Whether a child born on `born` is in the usual year group.
    pub fn usual_for(self, born: NaiveDate, year: CollectionYear) -> bool {
        let (first, last) = self.birth_window(year);
        (first..=last).contains(&born)
    }
}

impl fmt::Display for YearGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn a_collection_year_runs_from_september_to_august() {
        let year = CollectionYear::parse_label("2026-27").unwrap();
        assert_eq!(year.to_string(), "2026-27");
        assert!(year.contains(date(2026, 9, 1)) && year.contains(date(2027, 8, 31)));
        assert!(!year.contains(date(2026, 8, 31)) && !year.contains(date(2027, 9, 1)));
        assert_eq!(CollectionYear::containing(date(2027, 1, 5)), Some(year));
        for label in ["2026", "2026-28", "26-27", "2026-7", ""] {
            assert_eq!(CollectionYear::parse_label(label), None, "{label:?}");
        }
        assert_eq!(
            CollectionYear::parse_label("2099-00").unwrap().start_year(),
            2099
        );
    }

    #[test]
    fn the_birth_windows_are_those_of_the_year_groups() {
        let year = CollectionYear::starting(2026).unwrap();
        assert_eq!(
            YearGroup::Reception.birth_window(year),
            (date(2021, 9, 1), date(2022, 8, 31))
        );
        assert_eq!(
            YearGroup::Year6.birth_window(year),
            (date(2015, 9, 1), date(2016, 8, 31))
        );
        assert!(!YearGroup::Reception.usual_for(date(2022, 9, 1), year));
    }

    #[test]
    fn year_groups_are_read_as_schools_write_them() {
        for text in ["R", "reception", "0"] {
            assert_eq!(YearGroup::parse(text), Some(YearGroup::Reception), "{text}");
        }
        for text in ["6", "Y6", "Year 6"] {
            assert_eq!(YearGroup::parse(text), Some(YearGroup::Year6), "{text}");
        }
        assert_eq!(YearGroup::parse("Year 5"), None);
    }
}
