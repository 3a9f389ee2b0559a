//! Storing a release and bringing it back, without opening a second door.
//!
//! A safe table that anybody could read from a text would be one that anybody
//! could write. So the text carries a seal over every byte of it, made by a
//! keyed function that the caller owns (HMAC-SHA-256 in the app); restoring
//! recomputes it and refuses what does not match. The text holds the true
//! counts the time rule needs: it belongs in the database and nowhere else.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::block::{Categories, Participation};
use crate::evidence::Evidence;
use crate::model::Area;
use crate::release::Release;
use crate::table::{Measure, Row, SafeTable, Value};
use programme::{AcademicYear, Audience, Sex, YearGroup};

/// A stored text that this crate did not write with this key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored release was changed, or was sealed with another key: it is not shown")]
pub struct NotOurs;

/// The stored form; the version grows when its shape changes.
#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    number: u32,
    audience: Audience,
    as_at: NaiveDate,
    rows: Vec<StoredRow>,
    participation: Vec<Participation>,
    categories: Vec<Categories>,
    evidence: Evidence,
}

#[derive(Serialize, Deserialize)]
struct StoredRow {
    years: Vec<AcademicYear>,
    area: Area,
    group: YearGroup,
    sex: Option<char>,
    measure: Measure,
    category: Option<String>,
    values: [Value; 5],
    as_at: NaiveDate,
}

const VERSION: u32 = 2;

impl Release {
    /// The release as one text with a seal on it. `seal` must be a keyed
    /// message authentication code: the same bytes and key give the same code.
    ///
    /// # Errors
    /// None in practice: every value of a release has a text form.
    pub fn store(&self, seal: impl Fn(&[u8]) -> Vec<u8>) -> Result<String, serde_json::Error> {
        let stored = Stored {
            version: VERSION,
            number: self.table.number,
            audience: self.table.audience.clone(),
            as_at: self.table.as_at,
            rows: self.table.rows.iter().map(StoredRow::from).collect(),
            participation: self.participation.clone(),
            categories: self.categories.clone(),
            evidence: self.evidence.clone(),
        };
        let text = serde_json::to_string(&stored)?;
        Ok(format!("{}\n{text}", hex(&seal(text.as_bytes()))))
    }

    /// Brings back what [`Release::store`] wrote, byte for byte as published.
    ///
    /// # Errors
    /// [`NotOurs`] where the seal does not match or the text cannot be read.
    pub fn restore(text: &str, seal: impl Fn(&[u8]) -> Vec<u8>) -> Result<Self, NotOurs> {
        let (code, text) = text.split_once('\n').ok_or(NotOurs)?;
        let expected = hex(&seal(text.as_bytes()));
        let differing = expected
            .bytes()
            .zip(code.bytes())
            .fold(0, |sum, (a, b)| sum | (a ^ b));
        if expected.is_empty() || expected.len() != code.len() || differing != 0 {
            return Err(NotOurs);
        }
        Self::of_text(text)
    }

    /// Brings back what [`Release::store`] wrote without a look at its seal, for a caller whose key is lost. It may be
    /// shown to those who have seen it; nothing may be published on the strength of it.
    ///
    /// # Errors
    /// [`NotOurs`] where the text cannot be read.
    pub fn restore_without_seal(text: &str) -> Result<Self, NotOurs> {
        Self::of_text(text.split_once('\n').ok_or(NotOurs)?.1)
    }

    fn of_text(text: &str) -> Result<Self, NotOurs> {
        let stored: Stored = serde_json::from_str(text).map_err(|_| NotOurs)?;
        if stored.version != VERSION {
            return Err(NotOurs);
        }
        let rows = stored.rows.into_iter().map(Row::from).collect();
        Ok(Self {
            table: SafeTable {
                number: stored.number,
                audience: stored.audience,
                as_at: stored.as_at,
                rows,
            },
            participation: stored.participation,
            categories: stored.categories,
            evidence: stored.evidence,
        })
    }
}

impl From<&Row> for StoredRow {
    fn from(row: &Row) -> Self {
        Self {
            years: row.academic_years.clone(),
            area: row.area.clone(),
            group: row.year_group,
            sex: row
                .sex
                .map(|sex| if sex == Sex::Female { 'F' } else { 'M' }),
            measure: row.measure,
            category: row.category.clone(),
            values: [
                row.numerator,
                row.denominator,
                row.percent,
                row.ci_lower,
                row.ci_upper,
            ],
            as_at: row.as_at,
        }
    }
}

impl From<StoredRow> for Row {
    fn from(stored: StoredRow) -> Self {
        let [numerator, denominator, percent, ci_lower, ci_upper] = stored.values;
        Self {
            academic_years: stored.years,
            area: stored.area,
            year_group: stored.group,
            sex: stored
                .sex
                .map(|sex| if sex == 'F' { Sex::Female } else { Sex::Male }),
            measure: stored.measure,
            category: stored.category,
            numerator,
            denominator,
            percent,
            ci_lower,
            ci_upper,
            as_at: stored.as_at,
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes
        .iter()
        .flat_map(|&byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}
