//! Postcodes (ONS) and deprivation deciles by small area.
//!
//! The postcode file has 2.6 million rows and is read as
//! a stream; the newest files carry a year in their column names, so a column
//! is found by any of its names over the years.

use std::io::Read;

use super::queries;
use crate::db::dialect::{NewDeprivation, NewPostcode};
use crate::db::{self, Conn};
use programme::{Postcode, text};

/// Rows written at a time.
const BATCH: usize = 50_000;

/// The longest line taken; the widest file has some 60 short columns.
const LONGEST_CELL: usize = 10_000;

/// A file of areas that cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum GeographyError {
    /// A column is missing.
    #[error("There is no column for {0}. Nothing was imported. The file should be {1}.")]
    Missing(&'static str, &'static str),
    /// The file breaks off or is not CSV.
    #[error("The file cannot be read as CSV near row {0}. Nothing was imported.")]
    Unreadable(u64),
    /// Nothing in it.
    #[error("The file holds nothing that can be used. Nothing was imported.")]
    Empty,
    /// The database refused.
    #[error(transparent)]
    Database(#[from] db::Error),
}

const POSTCODE_FILE: &str = "the ONS postcode directory (NSPL or ONSPD) as CSV";
const DEPRIVATION_FILE: &str =
    "the published Indices of Deprivation by LSOA (File 7, or with its columns) as CSV";

/// What came of importing postcodes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PostcodesTaken {
    /// Live postcodes kept.
    pub live: usize,
    /// Postcodes no longer in use, passed over.
    pub terminated: usize,
    /// Rows whose postcode could not be read, passed over.
    pub unreadable: usize,
}

/// A column whose heading is one of `names`, or begins with one of `prefixes`
/// and ends in a year ("lad25cd").
fn column(headings: &csv::StringRecord, names: &[&str], dated: &[(&str, &str)]) -> Option<usize> {
    let heading = |index: usize| {
        headings[index]
            .trim()
            .trim_start_matches('\u{feff}')
            .to_ascii_lowercase()
    };
    let is_dated = |heading: &str| {
        dated.iter().any(|(prefix, suffix)| {
            heading
                .strip_prefix(prefix)
                .and_then(|rest| rest.strip_suffix(suffix))
                .is_some_and(|year| year.len() == 2 && year.bytes().all(|b| b.is_ascii_digit()))
        })
    };
    names
        .iter()
        .find_map(|name| (0..headings.len()).find(|index| heading(*index) == *name))
        .or_else(|| (0..headings.len()).find(|index| is_dated(&heading(*index))))
}

fn reader<R: Read>(file: R) -> csv::Reader<R> {
    csv::ReaderBuilder::new()
        .flexible(true)
        .buffer_capacity(1 << 20)
        .from_reader(file)
}

/// Where a directory of postcodes has what is kept of it.
struct PostcodeColumns {
    code: usize,
    terminated: Option<usize>,
    authority: Option<usize>,
    ward: Option<usize>,
    lsoa11: Option<usize>,
    lsoa21: Option<usize>,
}

/// What a row of a directory of postcodes holds.
enum PostcodeRow {
    Live(NewPostcode),
    Terminated,
    Unreadable,
}

impl PostcodeColumns {
    fn find(headings: &csv::StringRecord) -> Result<Self, GeographyError> {
        let code = column(
            headings,
            &["pcds", "pcd", "pcd2", "pcd7", "pcd8", "postcode"],
            &[],
        );
        let found = Self {
            code: code.ok_or(GeographyError::Missing(
                "the postcode (pcds)",
                POSTCODE_FILE,
            ))?,
            terminated: column(headings, &["doterm", "dateoftermination"], &[]),
            authority: column(headings, &["laua", "oslaua"], &[("lad", "cd")]),
            ward: column(headings, &["ward", "osward"], &[("wd", "cd")]),
            lsoa11: column(headings, &["lsoa11", "lsoa11cd"], &[]),
            lsoa21: column(headings, &["lsoa21", "lsoa21cd"], &[]),
        };
        if found.lsoa11.is_none() && found.lsoa21.is_none() {
            return Err(GeographyError::Missing(
                "the small area (lsoa11 or lsoa21)",
                POSTCODE_FILE,
            ));
        }
        Ok(found)
    }

    fn read(&self, record: &csv::StringRecord) -> PostcodeRow {
        let cell = |column: Option<usize>| {
            column
                .and_then(|column| record.get(column))
                .map(str::trim)
                .filter(|text| !text.is_empty() && text.len() < 20)
        };
        if cell(self.terminated).is_some() {
            return PostcodeRow::Terminated;
        }
        let Some(postcode) = cell(Some(self.code)).and_then(|code| Postcode::parse(code).ok())
        else {
            return PostcodeRow::Unreadable;
        };
        let owned = |column: Option<usize>| cell(column).map(str::to_owned);
        PostcodeRow::Live(NewPostcode {
            code: postcode.to_string(),
            la_code: owned(self.authority),
            ward_code: owned(self.ward),
            lsoa11: owned(self.lsoa11),
            lsoa21: owned(self.lsoa21),
        })
    }
}

/// Replaces all postcodes by those of the file. `progress` is told how many
/// rows have been read.
pub fn import_postcodes(
    tx: &mut Conn,
    file: impl Read,
    mut progress: impl FnMut(u64),
) -> Result<PostcodesTaken, GeographyError> {
    let mut reader = reader(file);
    let headings = reader
        .headers()
        .map_err(|_| GeographyError::Unreadable(1))?;
    let columns = PostcodeColumns::find(headings)?;
    queries::forget_postcodes(tx)?;
    let mut taken = PostcodesTaken::default();
    let mut batch = Vec::with_capacity(BATCH);
    let mut record = csv::StringRecord::new();
    let mut rows = 1;
    while reader
        .read_record(&mut record)
        .map_err(|_| GeographyError::Unreadable(rows + 1))?
    {
        rows += 1;
        if record.as_slice().len() > LONGEST_CELL {
            return Err(GeographyError::Unreadable(rows));
        }
        match columns.read(&record) {
            PostcodeRow::Live(postcode) => {
                taken.live += 1;
                batch.push(postcode);
            }
            PostcodeRow::Terminated => taken.terminated += 1,
            PostcodeRow::Unreadable => taken.unreadable += 1,
        }
        if batch.len() == BATCH {
            let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH));
            queries::insert_postcodes(tx, full)?;
            progress(rows);
        }
    }
    queries::insert_postcodes(tx, batch)?;
    if taken.live == 0 {
        Err(GeographyError::Empty)
    } else {
        Ok(taken)
    }
}

/// What came of importing deciles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeprivationTaken {
    /// Small areas.
    pub areas: usize,
    /// Year of the index.
    pub vintage: i32,
}

/// Replaces the deciles of one year's index by those of the file. The year is
/// told from the boundaries its areas have: 2019 for those of 2011, 2025 for
/// those of 2021.
pub fn import_deprivation(
    tx: &mut Conn,
    file: impl Read,
) -> Result<DeprivationTaken, GeographyError> {
    let mut reader = reader(file);
    let headings = reader
        .headers()
        .map_err(|_| GeographyError::Unreadable(1))?
        .clone();
    let labels: Vec<String> = headings.iter().map(text::label).collect();
    let find = |fits: &dyn Fn(&str) -> bool| labels.iter().position(|label| fits(label));
    let area = find(&|label| {
        (label.starts_with("lsoa") && label.contains("code"))
            || label == "lsoa11cd"
            || label == "lsoa21cd"
    })
    .ok_or(GeographyError::Missing("the LSOA code", DEPRIVATION_FILE))?;
    let decile = find(&|label| {
        label.contains("decile")
            && (label.contains("index of multiple deprivation") || label.contains("imd"))
    })
    .or_else(|| find(&|label| label == "decile"))
    .ok_or(GeographyError::Missing(
        "the decile of the Index of Multiple Deprivation",
        DEPRIVATION_FILE,
    ))?;
    let vintage = if labels[area].contains("21") {
        2025
    } else {
        2019
    };
    let mut rows = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for (index, record) in reader.records().enumerate() {
        let record = record.map_err(|_| GeographyError::Unreadable(index as u64 + 2))?;
        let (Some(lsoa), Some(decile)) = (record.get(area), record.get(decile)) else {
            continue;
        };
        let (lsoa, decile) = (lsoa.trim(), decile.trim());
        if lsoa.is_empty() {
            continue;
        }
        let decile: i32 = decile
            .parse()
            .ok()
            .filter(|decile| (1..=10).contains(decile))
            .ok_or(GeographyError::Unreadable(index as u64 + 2))?;
        if lsoa.len() > 12 {
            return Err(GeographyError::Unreadable(index as u64 + 2));
        }
        if seen.insert(lsoa.to_owned()) {
            rows.push(NewDeprivation {
                lsoa: lsoa.to_owned(),
                vintage,
                decile,
            });
        }
    }
    if rows.is_empty() {
        return Err(GeographyError::Empty);
    }
    let areas = rows.len();
    queries::put_deprivation(tx, vintage, rows)?;
    Ok(DeprivationTaken { areas, vintage })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_found_by_any_of_its_names_over_the_years() {
        let headings = csv::StringRecord::from(vec![
            "\u{feff}PCDS",
            "dointr",
            "doterm",
            "lad25cd",
            "wd25cd",
            "lsoa21cd",
        ]);
        assert_eq!(column(&headings, &["pcds"], &[]), Some(0));
        assert_eq!(
            column(&headings, &["laua", "oslaua"], &[("lad", "cd")]),
            Some(3)
        );
        assert_eq!(column(&headings, &["ward"], &[("wd", "cd")]), Some(4));
        assert_eq!(column(&headings, &["lsoa11", "lsoa11cd"], &[]), None);
    }
}
