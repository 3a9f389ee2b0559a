//! What was chosen for the columns of a layout.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::import_queries::to_json;
use super::stored_choices::StoredChoices;
use crate::db::schema::column_mapping;
use crate::db::{Conn, Error, dialect};

/// What was chosen for a layout before.
pub fn remembered_choices(tx: &mut Conn, layout: &str) -> Result<Option<StoredChoices>, Error> {
    let saved: Option<String> = column_mapping::table
        .find(layout)
        .select(column_mapping::mapping)
        .first(tx)
        .optional()?;
    saved
        .map(|json| {
            serde_json::from_str(&json).map_err(|error| {
                Error::Schema(format!(
                    "the columns remembered for layout {layout} cannot be understood (line {}, column {})",
                    error.line(),
                    error.column()
                ))
            })
        })
        .transpose()
}

/// Remembers what was chosen for a layout.
pub(super) fn remember_choices(
    tx: &mut Conn,
    layout: &str,
    choices: &StoredChoices,
    by: &str,
    at: NaiveDateTime,
) -> Result<(), Error> {
    dialect::put_column_mapping(tx, layout, &to_json(choices)?, by, at)
}
