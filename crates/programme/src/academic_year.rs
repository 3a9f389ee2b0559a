//! Academic years, 1 September to 31 August.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::NotAWord;

/// An academic year, 1 September to 31 August, named by the calendar year it starts in.
///
/// Prints, and is stored, as `2026-27`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AcademicYear(i32);

impl AcademicYear {
    /// The year that starts on 1 September of `year`; `None` outside 1900–2999,
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

    /// The calendar year in which it starts.
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
impl fmt::Display for AcademicYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:02}", self.0, (self.0 + 1) % 100)
    }
}

impl FromStr for AcademicYear {
    type Err = NotAWord;

    fn from_str(text: &str) -> Result<Self, NotAWord> {
        Self::parse_label(text).ok_or_else(|| NotAWord {
            text: text.to_owned(),
            expected: "an academic year such as 2026-27",
        })
    }
}

impl Serialize for AcademicYear {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AcademicYear {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_names_two_years_that_follow_one_another() {
        assert_eq!(
            AcademicYear::parse_label("2026-27")
                .map(|year| year.to_string())
                .as_deref(),
            Some("2026-27")
        );
        assert_eq!(
            AcademicYear::parse_label("1999-00").map(AcademicYear::start_year),
            Some(1999)
        );
        for wrong in ["2026", "2026-28", "26-27", "2026-2027", ""] {
            assert_eq!(AcademicYear::parse_label(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_year_turns_on_the_first_of_september() {
        let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
        assert_eq!(
            AcademicYear::containing(day(2026, 8, 31))
                .unwrap()
                .to_string(),
            "2025-26"
        );
        assert_eq!(
            AcademicYear::containing(day(2026, 9, 1))
                .unwrap()
                .to_string(),
            "2026-27"
        );
    }
}
