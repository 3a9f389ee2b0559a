//! By what measurements are judged and assessed.

use growth::Scheme;
use growth::plausibility::Limits;

use super::recorded::RecordError;
use crate::db::Conn;
use crate::measurement::entry::LIMITS_SETTING;
use crate::measurement::queries;
use crate::records::pupil::damaged;
use crate::settings;

/// By what the measurements of a year are judged and assessed.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Where plausible ends.
    pub limits: Limits,
    /// The clinical scheme of the letters.
    pub scheme: Scheme,
}

/// The rules of a year.
pub(super) fn rules(tx: &mut Conn, year: &str) -> Result<Rules, RecordError> {
    let scheme = queries::scheme_code(tx, year)?
        .map(|code| Scheme::from_code(&code))
        .transpose()
        .map_err(|_| damaged("clinical scheme"))?
        .unwrap_or_default();
    Ok(Rules {
        limits: limits(tx)?,
        scheme,
    })
}

/// The limits of plausibility: the setting's, or the usual ones.
pub fn limits(tx: &mut Conn) -> Result<Limits, RecordError> {
    match settings::get(tx, LIMITS_SETTING)? {
        None => Ok(Limits::default()),
        Some(text) => serde_json::from_str::<Limits>(&text)
            .map_err(|error| RecordError::Limits(error.to_string()))?
            .validated()
            .map_err(|error| RecordError::Limits(error.to_string())),
    }
}
