//! Why an import cannot go on.

use crate::db;
use crate::identity::IdentityError;
use programme::Urn;
use roster_reader::columns::ColumnsError;
use tabular::ReadError;

/// An import that cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Its columns.
    #[error(transparent)]
    Columns(#[from] ColumnsError),
    /// Doubts about the columns.
    #[error("{} Nothing was imported. Rename the other column, or upload the file in the browser and choose there.", .0.join(" "))]
    Questions(Vec<String>),
    /// The school given beside the file.
    #[error(
        "School {0} is not on the list of schools. Import the schools register first, or correct the URN."
    )]
    SchoolUnknown(Urn),
    /// No schools at all.
    #[error(
        "There are no schools yet, so no child can be placed. Import the schools register first: stature import schools FILE"
    )]
    NoSchools,
    /// The file is for a school that has closed.
    #[error("School {0} has closed; its children are on other schools' lists.")]
    SchoolClosed(Urn),
    /// Somebody was quicker.
    #[error("This import was confirmed, discarded or undone in the meantime. Nothing was changed.")]
    NotWaiting,
    /// Another request is writing this import, or another one of the year.
    #[error(
        "An import of this year is being written at this moment. Nothing was changed. Try again when it is done."
    )]
    BeingWritten,
    /// The children held changed again and again between planning and writing.
    #[error(
        "The children of this year were changed several times while the list was compared with them. Nothing was imported. Try again."
    )]
    KeptChanging,
    /// A child's record in clear cannot be understood.
    #[error("the record of child {pupil} is damaged: its {what} cannot be understood")]
    DamagedRecord {
        /// The child's number.
        pupil: i64,
        /// The column.
        what: &'static str,
    },
    /// The letters' fonts cannot be read.
    #[error("the letters' fonts cannot be read: {0:#}")]
    Fonts(anyhow::Error),
    /// Something that was stored as JSON cannot be understood.
    #[error("the {what} stored with import {import} cannot be understood: {why}")]
    DamagedImport {
        /// The import's number.
        import: i64,
        /// What it is.
        what: &'static str,
        /// What the parser said.
        why: String,
    },
    /// Rows to be mended, and the good ones were not asked for alone.
    #[error(
        "{rejected} of {rows} rows cannot go in as they stand, so nothing was imported. Correct them, or import the good rows now and let the others wait."
    )]
    Problems {
        /// Rows that cannot go in.
        rejected: usize,
        /// Rows of children.
        rows: usize,
    },
    /// Something happened to the children since.
    #[error("{0}")]
    CannotUndo(String),
    /// A row that was decided already, or never waited.
    #[error("This row is not waiting any more. Nothing was changed.")]
    RowNotWaiting,
    /// A row that still cannot go in.
    #[error("{0}")]
    StillWrong(String),
    /// The names cannot be sealed or opened.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The database refused.
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl From<diesel::result::Error> for ImportError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<crate::identity::SealError> for ImportError {
    fn from(error: crate::identity::SealError) -> Self {
        Self::Identity(error.into())
    }
}
