//! The proof that what was erased is gone: a search of the database's bytes for it.
//!
//! The result holds counts and sentences, never a needle. What could not be searched is said, not passed over.

use serde::{Deserialize, Serialize};

use super::counts::Counts;
use super::error::RetentionError;
use super::needles::{Found, Needles, Search};
use super::queries;
use crate::app::App;
use crate::config::DatabaseUrl;
use crate::db::raw_bytes::{self, RawBytesError};

/// What came of the search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Nothing was erased, so there was nothing to look for.
    NothingErased,
    /// Nothing was found.
    Clean,
    /// Something was found.
    Found,
    /// The bytes could not be searched.
    NotScanned,
}

/// The result of a search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    /// What came of it.
    pub outcome: Outcome,
    /// Bytes searched.
    pub bytes: u64,
    /// How many different things were looked for.
    pub looked_for: usize,
    /// Of how many children the identifiers in clear were among them.
    pub children: usize,
    /// Marks of sealed values found.
    pub found_marks: usize,
    /// Identifiers in clear found.
    pub found_identifiers: usize,
    /// Rows of children without a name that still hold something sealed.
    pub leftovers: i64,
    /// What a reader must know besides.
    pub notes: Vec<String>,
}

/// Cleans the database's bytes and searches them.
pub(super) fn scan(
    app: &App,
    needles: &mut Needles,
    counts: &Counts,
) -> Result<Scan, RetentionError> {
    let leftovers = app.db.read_now(queries::sealed_without_a_name)?;
    let mut scan = Scan {
        outcome: Outcome::NothingErased,
        bytes: 0,
        looked_for: 0,
        children: needles.people(),
        found_marks: 0,
        found_identifiers: 0,
        leftovers,
        notes: notes(needles, counts),
    };
    let erased_nothing = needles.is_empty() && counts.all_names() == 0;
    if erased_nothing && leftovers == 0 {
        scan.notes.clear();
        return Ok(scan);
    }
    let staff = app.db.read_now(queries::staff_names)?;
    needles.without(&staff);
    needles.prepare();
    scan.looked_for = needles.len();
    match cleaned_and_searched(app, needles, &mut scan.notes)? {
        Ok((found, bytes)) => {
            scan.bytes = bytes;
            scan.found_marks = found.marks;
            scan.found_identifiers = found.identifiers;
            scan.notes.push(if needles.is_empty() {
                "Nothing of what was erased was known any more, so there was nothing to look for."
                    .to_owned()
            } else {
                searched(app)
            });
            scan.outcome = if found != Found::default() || leftovers > 0 {
                Outcome::Found
            } else if needles.is_empty() {
                Outcome::NotScanned
            } else {
                Outcome::Clean
            };
        }
        Err(problem) => {
            scan.notes.push(not_searched(app, &problem));
            scan.outcome = Outcome::NotScanned;
        }
    }
    Ok(scan)
}

/// Cleans the database and searches it; written anew and searched again when something was found.
fn cleaned_and_searched(
    app: &App,
    needles: &Needles,
    notes: &mut Vec<String>,
) -> Result<Searched, RetentionError> {
    if let Err(problem) = tell(raw_bytes::clean(&app.db))? {
        notes.push(problem);
    }
    let result = search(app, needles)?;
    if !matches!(&result, Ok((found, _)) if *found != Found::default()) {
        return Ok(result);
    }
    // On PostgreSQL a statement that began before the erasure keeps deleted rows until it ends.
    notes.push(
        "The first search found something, so the database was written anew and searched again."
            .to_owned(),
    );
    if let Err(problem) = tell(raw_bytes::rewrite(&app.db))? {
        notes.push(problem);
    }
    search(app, needles)
}

/// Found and bytes searched, or in words why nothing could be searched.
type Searched = Result<(Found, u64), String>;

fn search(app: &App, needles: &Needles) -> Result<Searched, RetentionError> {
    let mut search = Search::new(needles);
    let read = raw_bytes::read_all(&app.db, &app.config.program, &mut |piece| match piece {
        Some(piece) => search.feed(piece),
        None => search.next_file(),
    });
    Ok(tell(read)?.map(|()| (search.found(), search.bytes())))
}

/// Keeps apart what the evidence tells and what ends the run.
fn tell<T>(result: Result<T, RawBytesError>) -> Result<Result<T, String>, RetentionError> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(RawBytesError::NotPermitted(problem)) => Ok(Err(problem)),
        Err(error @ RawBytesError::Database(_)) => Err(error.into()),
    }
}

fn notes(needles: &Needles, counts: &Counts) -> Vec<String> {
    let mut notes = Vec::new();
    let unknown = counts.all_names() - counts.unopened - needles.people() as i64;
    if unknown > 0 {
        notes.push(format!(
            "The run was cut off and taken up again: {unknown} of {} names were erased before that, and what was in them was no longer known, so it could not be looked for.",
            counts.all_names()
        ));
    }
    if counts.unopened > 0 {
        notes.push(format!(
            "{} names could not be opened before they were erased, because their key was missing or did not fit, or their record was damaged: only the marks of their sealed bytes were looked for.",
            counts.unopened
        ));
    }
    if needles.too_short() > 0 {
        notes.push(format!(
            "{} names or addresses were too short to be told from chance, and were not looked for.",
            needles.too_short()
        ));
    }
    notes
}

/// What was searched, and what was not.
fn searched(app: &App) -> String {
    match &app.config.database {
        DatabaseUrl::Sqlite(_) => "Searched: the database file and its journal. Not searched: backups, and what the file system keeps of freed blocks; names there are sealed, and nobody can open them once the year’s key is destroyed.".to_owned(),
        DatabaseUrl::Postgres(_) => "Searched: the files of every table and index. Not searched: the server’s write-ahead log, its archives, replicas and backups; names there are sealed, and nobody can open them once the year’s key is destroyed.".to_owned(),
    }
}

/// Why nothing was searched, and what would allow it.
fn not_searched(app: &App, problem: &str) -> String {
    let remedy = match &app.config.database {
        DatabaseUrl::Sqlite(_) => "",
        DatabaseUrl::Postgres(_) => {
            " The names were erased from every table; only the proof is missing. A superuser of the database can allow the search for later runs: see “PostgreSQL account” in the operations guide."
        }
    };
    format!("Not searched: {problem}.{remedy}")
}
