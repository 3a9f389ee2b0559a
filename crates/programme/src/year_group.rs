//! The two year groups of the programme.

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::text;

/// A year group that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum YearGroup {
    /// Reception, 4 to 5 years.
    #[serde(rename = "R")]
    Reception,
    /// Year 6, 10 to 11 years.
    #[serde(rename = "6")]
    Year6,
}

/// What a cell says about the year group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum YearGroupReading {
    /// A year group of the programme.
    Measured(YearGroup),
    /// Another year of school or nursery; not measured.
    Other,
}

impl YearGroup {
    /// Both, in order of age.
    pub const ALL: [Self; 2] = [Self::Reception, Self::Year6];

    /// Reads "R", "Reception", "0", "6", "Year 6", "Y6", "Year  6" and the
    /// like, and knows the years that are not measured. `None` when the text
    /// is not a year group.
    pub fn read(value: &str) -> Option<YearGroupReading> {
        let value = text::clean(value);
        // "Reception (age 4-5)": what stands in brackets explains.
        if let Some((before, _)) = value.split_once('(')
            && before.chars().any(char::is_alphanumeric)
        {
            return Self::read(before);
        }
        let whole = text::whole_number(&value).ok().flatten();
        let words = text::label(whole.as_deref().unwrap_or(&value));
        let words = words.as_str();
        let stripped = [
            "national curriculum year",
            "nc year",
            "year group",
            "year",
            "yr",
            "y",
            "nc",
        ]
        .iter()
        .find_map(|prefix| words.strip_prefix(prefix))
        .map_or(words, str::trim);
        let stripped = if stripped.is_empty() { words } else { stripped };
        let number = stripped
            .strip_prefix('0')
            .filter(|rest| !rest.is_empty())
            .unwrap_or(stripped);
        Some(match number {
            "r" | "yr" | "rec" | "recep" | "reception" | "reception year" | "reception class"
            | "0" | "fs2" | "f2" | "foundation 2" | "foundation stage 2" | "foundation year 2"
            | "eyfs2" | "eyfs 2" | "fs 2" | "reception yr" | "receptionyear" => {
                YearGroupReading::Measured(Self::Reception)
            }
            "6" | "six" | "year 6" => YearGroupReading::Measured(Self::Year6),
            "1" | "2" | "3" | "4" | "5" | "7" | "8" | "9" | "10" | "11" | "12" | "13" | "14"
            | "one" | "two" | "three" | "four" | "five" | "seven" | "n" | "n1" | "n2"
            | "nursery" | "nursery 1" | "nursery 2" | "pre school" | "preschool" | "e1" | "e2"
            | "fs1" | "f1" | "foundation 1" | "foundation stage 1" | "eyfs1" | "eyfs 1" | "nur"
            | "nurs" | "nursery class" | "pre nursery" | "playgroup" | "x" => {
                YearGroupReading::Other
            }
            _ => return None,
        })
    }

    /// Whether the text names several year groups, or the stage that Reception
    /// shares with nursery: "R/1", "Year 5/6", "EYFS". Only the date of birth
    /// tells which one is meant.
    pub fn is_one_of_several(value: &str) -> bool {
        let label = text::label(value);
        if matches!(
            label.as_str(),
            "eyfs" | "early years" | "foundation" | "foundation stage" | "fs" | "ks1" | "ks2"
        ) {
            return true;
        }
        let years = label
            .split(' ')
            .map(|word| word.strip_prefix('y').unwrap_or(word))
            .filter(|word| {
                matches!(
                    *word,
                    "r" | "rec" | "reception" | "1" | "2" | "3" | "4" | "5" | "6"
                )
            })
            .count();
        // "R or 6" explains a column.
        years >= 2 && label.len() <= 24 && !label.contains(" or ")
    }

    /// Reads a year group from the code it is stored under, "R" or "6".
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.code() == code)
    }

    /// The code it is stored and exported under: "R" or "6".
    pub fn code(self) -> &'static str {
        match self {
            Self::Reception => "R",
            Self::Year6 => "6",
        }
    }

    /// First and last date of birth of the year group in the academic year
    /// that starts on 1 September of `start_year`.
    pub fn birth_window(self, start_year: i32) -> (NaiveDate, NaiveDate) {
        let age_at_start = match self {
            Self::Reception => 4,
            Self::Year6 => 10,
        };
        let date = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default();
        (
            date(start_year - age_at_start - 1, 9, 1),
            date(start_year - age_at_start, 8, 31),
        )
    }

    /// The year group whose window holds the date of birth.
    pub fn by_birth(date_of_birth: NaiveDate, start_year: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|group| {
            let (first, last) = group.birth_window(start_year);
            (first..=last).contains(&date_of_birth)
        })
    }
}

/// In words: "Reception", "Year 6".
impl fmt::Display for YearGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reception => "Reception",
            Self::Year6 => "Year 6",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_names_several_years_is_told_from_one_that_names_one() {
        for text in [
            "R/1",
            "R/1 mixed",
            "Year 5/6",
            "Y5/Y6",
            "EYFS",
            "Reception & Year 1",
        ] {
            assert!(YearGroup::is_one_of_several(text), "{text}");
        }
        for text in ["R", "6", "Year 6", "6B", "Oak", ""] {
            assert!(!YearGroup::is_one_of_several(text), "{text}");
        }
    }

    #[test]
    fn year_groups_are_read_in_the_forms_schools_use() {
        let reception = Some(YearGroupReading::Measured(YearGroup::Reception));
        let six = Some(YearGroupReading::Measured(YearGroup::Year6));
        for text in [
            "R",
            "Reception",
            "0",
            "Year R",
            "YR",
            "Year 0",
            "FS2",
            "Rec.",
            "Reception (age 4-5)",
        ] {
            assert_eq!(YearGroup::read(text), reception, "{text}");
        }
        for text in [
            "6",
            "Year 6",
            "Year  6",
            "Y6",
            "yr 6",
            "06",
            "Year 06",
            "NC Year 6",
            "6.0",
        ] {
            assert_eq!(YearGroup::read(text), six, "{text}");
        }
        for text in ["5", "Year 3", "N2", "Nursery", "12", "10"] {
            assert_eq!(
                YearGroup::read(text),
                Some(YearGroupReading::Other),
                "{text}"
            );
        }
        for text in ["", "6A", "M", "2016-01-01", "60"] {
            assert_eq!(YearGroup::read(text), None, "{text}");
        }
    }

    #[test]
    fn the_window_of_a_year_group_follows_the_academic_year() {
        let (first, last) = YearGroup::Reception.birth_window(2026);
        assert_eq!(
            (first.to_string().as_str(), last.to_string().as_str()),
            ("2021-09-01", "2022-08-31")
        );
        let (first, last) = YearGroup::Year6.birth_window(2026);
        assert_eq!(
            (first.to_string().as_str(), last.to_string().as_str()),
            ("2015-09-01", "2016-08-31")
        );
    }
}
