//! What letters disclose, written into the ledger.

use chrono::NaiveDateTime;

use super::error::LetterError;
use super::state::{Kind, Letter};
use crate::audit::{self, Actor, Disclosure};
use crate::db::Conn;
use crate::identity::Purpose;

/// What a letter discloses, for the ledger.
const FIELDS: &str = "name, school, date measured, height, weight, category, centile";

const FIELDS_NOT_MEASURED: &str = "name, school";

/// Writes into the ledger that a letter has reached a child's parents.
pub(super) fn note_disclosure(
    tx: &mut Conn,
    actor: &Actor,
    letter: &Letter,
    now: NaiveDateTime,
) -> Result<(), LetterError> {
    let reference = format!("letter:{}", letter.id);
    audit::disclosed(
        tx,
        actor,
        now,
        Disclosure {
            recipient: "parent",
            purpose: Purpose::Letters.code(),
            fields: match letter.kind {
                Kind::Result => FIELDS,
                Kind::NotMeasured => FIELDS_NOT_MEASURED,
            },
            children: 1,
            pupils: &[letter.pupil],
            reference: Some(&reference),
        },
    )?;
    Ok(())
}
