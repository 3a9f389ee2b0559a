//! Why a file cannot be imported.

use programme::AcademicYear;
use tabular::ReadError;

use crate::db;
use crate::measurement::record::RecordError;

/// A file that cannot be imported at all.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Not a table.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// No row of headings.
    #[error(
        "No row of headings was found. The columns are: URN, UPN, NHS number, Given name, Family name, Date of birth, Date measured, Height (cm), Weight (kg), Not measured reason, Device, Measured by."
    )]
    NoHeadings,
    /// Two columns for one thing.
    #[error("Two columns, “{0}” and “{1}”, stand for the same thing: take one of them out.")]
    TwoColumns(String, String),
    /// Something is missing.
    #[error("The file has no column for {0}.")]
    ColumnMissing(&'static str),
    /// The year is not set up.
    #[error(
        "the year {0} is not set up: use `stature year set {0} --retention-days N --instrument TEXT` first"
    )]
    UnknownYear(AcademicYear),
    /// Some rows cannot go in, and only all of them were to.
    #[error("{rejected} of {rows} rows cannot go in as they stand")]
    Problems {
        /// Rows that cannot go in.
        rejected: usize,
        /// All rows.
        rows: usize,
    },
    /// Children were corrected or removed again and again between reading and writing.
    #[error(
        "the children of the year were changed several times while the file was compared with them; nothing was imported, try again"
    )]
    KeptChanging,
    /// Recording failed.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The database refused.
    #[error(transparent)]
    Database(#[from] db::Error),
}
