//! The rule of a year, and why one cannot be set.

use chrono::NaiveDate;
use growth::Scheme;

use crate::db;
use crate::identity::KeyringError;
use programme::AcademicYear;

/// A rule that cannot be set.
#[derive(Debug, thiserror::Error)]
pub enum YearError {
    /// Not a label.
    #[error("“{0}” is not an academic year: write it as 2026-27")]
    Label(String),
    /// No such year yet.
    #[error(
        "the year {0} is not set up: use `stature year set {0} --retention-days N --instrument TEXT` first"
    )]
    Unknown(String),
    /// Days out of reason.
    #[error("names can be kept for 1 to 3650 days after the measurement; {0} is not one of these")]
    Days(i32),
    /// Nothing that designates the period.
    #[error(
        "say which instrument designates the period, in at most 500 characters: --instrument TEXT"
    )]
    Instrument,
    /// Closing date outside of reason.
    #[error("the closing date {0} is not within the year or the two months after it")]
    Closes(NaiveDate),
    /// The key in the keyring is another one.
    #[error(
        "the key of {0} in the keyring is not the one that its names were sealed with: put the right keyring back, or name it with --keyring; nothing was changed"
    )]
    OtherKey(String),
    /// The year holds names, and one person alone does not decide how long they are kept.
    #[error(
        "the year {0} holds names: how long they are kept is changed on the page Years, where a second person confirms it; nothing was changed"
    )]
    NeedsSecondPerson(String),
    /// The year's names are gone.
    #[error("the names of {0} were removed for good; its rule can no longer be changed")]
    Closed(String),
    /// The keyring.
    #[error("{0}")]
    Keyring(#[from] KeyringError),
    /// The database refused.
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// The rule of a year, as it is to be set.
#[derive(Clone, Debug)]
pub struct YearRule {
    /// Days after the measurement (for a child never measured: after 31 August).
    pub retention_days: i32,
    /// What designates the period.
    pub instrument: String,
    /// The clinical scheme of the letters; `None` leaves it as it is.
    pub scheme: Option<Scheme>,
    /// When the collection closes; `None` leaves it as it is.
    pub closes_on: Option<NaiveDate>,
}

/// Reads a label such as `2026-27`.
pub fn parse_label(label: &str) -> Result<AcademicYear, YearError> {
    AcademicYear::parse_label(label).ok_or_else(|| YearError::Label(label.to_owned()))
}

/// Whether a number of days and an instrument can be a rule.
pub fn check_rule(retention_days: i32, instrument: &str) -> Result<(), YearError> {
    if !(1..=3650).contains(&retention_days) {
        return Err(YearError::Days(retention_days));
    }
    let instrument = instrument.trim();
    if instrument.is_empty()
        || instrument.chars().count() > 500
        || instrument.chars().any(char::is_control)
    {
        return Err(YearError::Instrument);
    }
    Ok(())
}
