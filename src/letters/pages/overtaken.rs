//! A form about a setting that somebody else has saved since the page was opened: refused, with both shown.

use chrono::NaiveDateTime;
use serde::Serialize;

use crate::db::{self, Conn};
use crate::error::{AppError, bad_request};
use crate::settings;
use crate::web::FormData;

/// Who has saved a setting since a form was made from it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Overtaken {
    by: String,
    at: Option<NaiveDateTime>,
}

impl Overtaken {
    /// Who has saved the setting since `version`; `None` when nobody has. Whoever else saves it waits until this
    /// transaction has ended.
    pub(super) fn since(
        tx: &mut Conn,
        key: &str,
        version: &str,
    ) -> Result<Option<Self>, db::Error> {
        if settings::is_still(tx, key, version)? {
            return Ok(None);
        }
        let held = settings::held(tx, key)?;
        Ok(Some(held.map_or_else(
            // Taken out of the database by hand.
            || Self {
                by: "Somebody".to_owned(),
                at: None,
            },
            |held| Self {
                by: held.by,
                at: Some(held.at),
            },
        )))
    }
}

/// The version that a form was made from.
pub(super) fn version_of(form: &FormData) -> Result<String, AppError> {
    match form.text("version") {
        "" => Err(bad_request(
            "Open the page again and try again. Nothing was changed.",
        )),
        version => Ok(version.to_owned()),
    }
}
