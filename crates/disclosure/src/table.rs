//! The safe table: the rows of a published file, and the only value of this
//! crate that can be serialised.

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::block::{Categories, Participation};
use crate::design::{Published, tables};
use crate::model::Area;
use crate::round::{Shown, percent, wilson};
use programme::{AcademicYear, Audience, Sex, YearGroup};

/// The columns of a tidy file, in order.
pub const COLUMNS: [&str; 16] = [
    "release",
    "audience",
    "academic_years",
    "area_type",
    "area_code",
    "area_name",
    "year_group",
    "sex",
    "measure",
    "category",
    "numerator",
    "denominator",
    "percent",
    "ci_lower",
    "ci_upper",
    "as_at",
];

/// One entry of a row: a figure, or the symbol that stands for it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// A number of children, rounded.
    Count(u32),
    /// A percentage, 0 to 100; prints with one decimal.
    Percent(f64),
    /// `[c]`: seven or fewer.
    Confidential,
    /// `[x]`: left out.
    NotAvailable,
    /// `[z]`: does not apply.
    NotApplicable,
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Percent(percent) => write!(f, "{percent:.1}"),
            Self::Confidential => f.write_str("[c]"),
            Self::NotAvailable => f.write_str("[x]"),
            Self::NotApplicable => f.write_str("[z]"),
        }
    }
}

impl From<Shown> for Value {
    fn from(shown: Shown) -> Self {
        match shown {
            Shown::Count(count) => Self::Count(count),
            Shown::Confidential => Self::Confidential,
            Shown::LeftOut => Self::NotAvailable,
        }
    }
}

/// What a row measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Children measured of those eligible.
    Participation,
    /// Children in a category of those with one.
    BmiCategory,
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Participation => "participation",
            Self::BmiCategory => "bmi_category",
        })
    }
}

/// One figure of a table, ready to be read.
///
/// Can be read everywhere and made only here.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Row {
    /// The years the figure covers, ascending.
    pub academic_years: Vec<AcademicYear>,
    /// The place it is about.
    pub area: Area,
    /// The year group.
    pub year_group: YearGroup,
    /// One sex, or `None` for both.
    pub sex: Option<Sex>,
    /// What is measured.
    pub measure: Measure,
    /// The category as files name it; `None` for participation.
    pub category: Option<String>,
    /// Children counted.
    pub numerator: Value,
    /// Children they are counted among.
    pub denominator: Value,
    /// The one as a percentage of the other.
    pub percent: Value,
    /// Lower end of the 95 % Wilson interval, in per cent.
    pub ci_lower: Value,
    /// Upper end of the 95 % Wilson interval, in per cent.
    pub ci_upper: Value,
    /// The date of the counts behind the figure.
    pub as_at: NaiveDate,
}

impl Row {
    /// The years as files show them: `2024-25;2025-26;2026-27`.
    pub fn years(&self) -> String {
        self.academic_years
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(";")
    }
}

/// A table that may leave the organisation: frozen, numbered, audited.
///
/// It is made by [`crate::make`] and by restoring a sealed release, and by
/// nothing else; no field can be changed. What is not in here cannot be
/// serialised.
#[derive(Debug, Clone, PartialEq)]
pub struct SafeTable {
    pub(crate) number: u32,
    pub(crate) audience: Audience,
    pub(crate) as_at: NaiveDate,
    pub(crate) rows: Vec<Row>,
}

impl SafeTable {
    /// The number of the release.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Who may see it.
    pub fn audience(&self) -> &Audience {
        &self.audience
    }

    /// The date of the counts it was made from. A row may be older: it says so.
    pub fn as_at(&self) -> NaiveDate {
        self.as_at
    }

    /// The rows, in the order of the file.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The file's records, in the order of [`COLUMNS`].
    pub fn records(&self) -> impl Iterator<Item = [String; 16]> {
        self.rows.iter().map(|row| {
            [
                self.number.to_string(),
                self.audience.to_string(),
                row.years(),
                row.area.kind.to_string(),
                row.area.code.clone(),
                row.area.name.clone(),
                row.year_group.code().to_owned(),
                row.sex
                    .map_or_else(|| "all".to_owned(), |sex| sex.to_string()),
                row.measure.to_string(),
                row.category
                    .clone()
                    .unwrap_or_else(|| Value::NotApplicable.to_string()),
                row.numerator.to_string(),
                row.denominator.to_string(),
                row.percent.to_string(),
                row.ci_lower.to_string(),
                row.ci_upper.to_string(),
                row.as_at.to_string(),
            ]
        })
    }
}

impl Serialize for SafeTable {
    /// As a list of objects keyed by [`COLUMNS`], the values as files show them.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.records().map(|record| {
            COLUMNS
                .into_iter()
                .zip(record)
                .collect::<std::collections::BTreeMap<&str, String>>()
        }))
    }
}

/// The row of one participation block.
pub(crate) fn participation_row(block: &Participation) -> Row {
    let denominator = block.eligible().map_or(block.measured, Shown::Count);
    let mut row = row(
        vec![block.year],
        &block.area,
        block.group,
        None,
        None,
        (block.measured, denominator),
        block.as_at,
    );
    (row.ci_lower, row.ci_upper) = (Value::NotApplicable, Value::NotApplicable);
    row
}

/// The rows of one category block.
pub(crate) fn category_rows(block: &Categories) -> Vec<Row> {
    let tables = tables(block.area.kind);
    let sexes: &[Option<Sex>] = if tables.by_sex {
        &[None, Some(Sex::Female), Some(Sex::Male)]
    } else {
        &[None]
    };
    let mut rows = Vec::new();
    for &sex in sexes {
        for &category in tables.rows {
            rows.push(row(
                block.window.clone(),
                &block.area,
                block.group,
                sex,
                Some(category),
                (block.shown(category.mask(sex)), block.denominator(sex)),
                block.as_at,
            ));
        }
    }
    rows
}

/// A stored percentage must come back as it was: a text of few digits does, one of seventeen may not.
fn six_places(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

fn row(
    academic_years: Vec<AcademicYear>,
    area: &Area,
    year_group: YearGroup,
    sex: Option<Sex>,
    category: Option<Published>,
    (numerator, denominator): (Shown, Shown),
    as_at: NaiveDate,
) -> Row {
    let missing = if [numerator, denominator].contains(&Shown::Confidential) {
        Value::Confidential
    } else {
        Value::NotAvailable
    };
    let counts = numerator.count().zip(denominator.count());
    let interval = counts.and_then(|(part, whole)| wilson(part, whole));
    let of = |value: Option<f64>| value.map_or(missing, |value| Value::Percent(six_places(value)));
    Row {
        academic_years,
        area: area.clone(),
        year_group,
        sex,
        measure: if category.is_some() {
            Measure::BmiCategory
        } else {
            Measure::Participation
        },
        category: category.map(|category| category.name.to_owned()),
        numerator: numerator.into(),
        denominator: denominator.into(),
        percent: of(counts.and_then(|(part, whole)| percent(part, whole))),
        ci_lower: of(interval.map(|(low, _)| 100.0 * low)),
        ci_upper: of(interval.map(|(_, high)| 100.0 * high)),
        as_at,
    }
}
