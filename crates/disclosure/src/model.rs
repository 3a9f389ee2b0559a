//! The words of the field as types: years, year groups, sexes, categories,
//! audiences and areas.
//!
//! Each prints exactly as it stands in a published file, so that files,
//! command line and pages cannot drift apart.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A text that does not name what it should, with what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{text}” is not {expected}")]
pub struct NotAWord {
    /// What was given.
    pub text: String,
    /// What would be right, in words.
    pub expected: &'static str,
}

/// An academic year, 1 September to 31 August, by the calendar year it starts in.
///
/// Prints as `2026-27`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AcademicYear(u16);

impl AcademicYear {
    /// The year that starts on 1 September of `start`.
    pub fn starting(start: u16) -> Self {
        Self(start)
    }

    /// The calendar year in which it starts.
    pub fn start(self) -> u16 {
        self.0
    }
}

impl fmt::Display for AcademicYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:02}", self.0, (self.0 % 100 + 1) % 100)
    }
}

impl FromStr for AcademicYear {
    type Err = NotAWord;

    fn from_str(text: &str) -> Result<Self, NotAWord> {
        let refused = || NotAWord {
            text: text.to_owned(),
            expected: "an academic year such as 2026-27",
        };
        let (start, end) = text.trim().split_once('-').ok_or_else(refused)?;
        if start.len() != 4 || end.len() != 2 {
            return Err(refused());
        }
        let start: u16 = start.parse().map_err(|_| refused())?;
        let end: u16 = end.parse().map_err(|_| refused())?;
        if !(1990..=2200).contains(&start) || (start + 1) % 100 != end {
            return Err(refused());
        }
        Ok(Self(start))
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

/// The two year groups of the programme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum YearGroup {
    /// Ages 4 to 5; `R` in files.
    #[serde(rename = "R")]
    Reception,
    /// Ages 10 to 11; `6` in files.
    #[serde(rename = "6")]
    Year6,
}

impl YearGroup {
    /// Both, in the order in which files show them.
    pub const ALL: [Self; 2] = [Self::Reception, Self::Year6];
}

impl fmt::Display for YearGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reception => "R",
            Self::Year6 => "6",
        })
    }
}

/// A child's sex as recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sex {
    /// `F` in files.
    Female,
    /// `M` in files.
    Male,
}

impl Sex {
    /// Both, in the order of the counts of [`YearCounts`].
    pub const ALL: [Self; 2] = [Self::Female, Self::Male];
}

impl fmt::Display for Sex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Female => "F",
            Self::Male => "M",
        })
    }
}

/// A population category that excludes every other: each assessed child is in
/// exactly one.
///
/// Published files call the last two together `very_overweight`, of which
/// `severely_obese` is a subset; the counts that come in are kept apart so that
/// no child is counted twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PopulationCategory {
    /// Centile at most 2.
    Underweight,
    /// Centile above 2 and below 85.
    HealthyWeight,
    /// Centile from 85, below 95.
    Overweight,
    /// Centile from 95, below 99.6.
    VeryOverweightNotSeverely,
    /// Centile from 99.6.
    SeverelyObese,
}

impl PopulationCategory {
    /// All five, in the order of the counts of [`YearCounts`].
    pub const ALL: [Self; 5] = [
        Self::Underweight,
        Self::HealthyWeight,
        Self::Overweight,
        Self::VeryOverweightNotSeverely,
        Self::SeverelyObese,
    ];
}

/// Who sees a release. Everybody also sees every public one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Audience {
    /// One school, by URN; `school:123456`.
    School(String),
    /// One local authority, by code; `la:213`.
    Authority(String),
    /// Everybody; `public`.
    Public,
}

impl Audience {
    /// Whether releases for both can be about the same place. A school's are about the school alone; an authority's and
    /// the public's are about authorities, and the public's are about every one.
    ///
    /// ```
    /// use disclosure::Audience;
    /// let [school, here, there] = ["school:100000", "la:213", "la:302"].map(|text| text.parse::<Audience>().unwrap());
    /// assert!(here.shares_places_with(&here) && here.shares_places_with(&Audience::Public));
    /// assert!(!here.shares_places_with(&there) && !school.shares_places_with(&Audience::Public));
    /// ```
    pub fn shares_places_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::School(_), _)
            | (_, Self::School(_))
            | (Self::Authority(_), Self::Authority(_)) => self == other,
            (Self::Public, _) | (_, Self::Public) => true,
        }
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::School(urn) => write!(f, "school:{urn}"),
            Self::Authority(code) => write!(f, "la:{code}"),
            Self::Public => f.write_str("public"),
        }
    }
}

impl FromStr for Audience {
    type Err = NotAWord;

    fn from_str(text: &str) -> Result<Self, NotAWord> {
        let text = text.trim();
        let named =
            |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric());
        match text.split_once(':') {
            None if text == "public" => Ok(Self::Public),
            Some(("school", urn)) if named(urn) => Ok(Self::School(urn.to_owned())),
            Some(("la", code)) if named(code) => Ok(Self::Authority(code.to_owned())),
            _ => Err(NotAWord {
                text: text.to_owned(),
                expected: "an audience: school:URN, la:CODE or public",
            }),
        }
    }
}

impl From<Audience> for String {
    fn from(audience: Audience) -> Self {
        audience.to_string()
    }
}

impl TryFrom<String> for Audience {
    type Error = NotAWord;

    fn try_from(text: String) -> Result<Self, NotAWord> {
        text.parse()
    }
}

/// The kind of place a figure is about, as `area_type` in files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AreaType {
    /// One school.
    School,
    /// One local authority: all its schools that take part.
    LocalAuthority,
}

impl fmt::Display for AreaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::School => "school",
            Self::LocalAuthority => "local_authority",
        })
    }
}

/// A place that figures are about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Area {
    /// Whether a school or an authority.
    pub kind: AreaType,
    /// URN or authority code.
    pub code: String,
    /// Its name, as files show it.
    pub name: String,
}

impl Area {
    /// Whether both are the same place; a place may change its name.
    pub fn is(&self, other: &Self) -> bool {
        self.kind == other.kind && self.code == other.code
    }
}

/// The true counts of one area, year group and academic year: two sexes by five
/// categories, with the children eligible and measured.
///
/// `measured` is at least the sum of the cells: a child measured outside the
/// ages of the growth reference has no category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct YearCounts {
    pub(crate) eligible: u32,
    pub(crate) measured: u32,
    pub(crate) cells: [[u32; 5]; 2],
}

impl YearCounts {
    /// Children with a category.
    pub(crate) fn assessed(&self) -> u32 {
        self.cells.iter().flatten().sum()
    }

    /// Children in the cells that `mask` names.
    pub(crate) fn sum(&self, mask: Mask) -> u32 {
        mask.cells()
            .map(|(sex, category)| self.cells[sex][category])
            .sum()
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.eligible += other.eligible;
        self.measured += other.measured;
        for (sum, more) in self
            .cells
            .iter_mut()
            .flatten()
            .zip(other.cells.iter().flatten())
        {
            *sum += more;
        }
    }
}

/// A set of the ten cells (two sexes by five categories) of one year: what a
/// published figure counts. Bit `5 × sex + category`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Mask(pub(crate) u16);

impl Mask {
    pub(crate) const ALL: Self = Self(0x3ff);

    /// The cells of some sexes (`None` for both) and some categories.
    pub(crate) fn of(sex: Option<Sex>, categories: &[PopulationCategory]) -> Self {
        let row: u16 = categories
            .iter()
            .map(|&category| 1 << (category as u16))
            .sum();
        match sex {
            Some(Sex::Female) => Self(row),
            Some(Sex::Male) => Self(row << 5),
            None => Self(row | row << 5),
        }
    }

    /// The pairs of indices (sex, category) it holds.
    pub(crate) fn cells(self) -> impl Iterator<Item = (usize, usize)> {
        (0..10_usize)
            .filter(move |bit| self.0 & (1 << bit) != 0)
            .map(|bit| (bit / 5, bit % 5))
    }

    /// Whether every cell of `other` is in it.
    pub(crate) fn holds(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
