//! What letters disclose, written into the ledger.

use super::error::LetterError;
use super::state::{Kind, Letter};
use crate::audit::{self, Disclosure};
use crate::identity::Purpose;
use crate::work::Work;

/// What a letter discloses, for the ledger.
const FIELDS: &str = "name, school, date measured, height, weight, category, centile";

const FIELDS_NOT_MEASURED: &str = "name, school";

/// Writes into the ledger that a letter has reached a child's parents.
pub(super) fn note_disclosure(work: &mut Work<'_>, letter: &Letter) -> Result<(), LetterError> {
    let reference = format!("letter:{}", letter.id);
    audit::disclosed(
        work.tx,
        work.actor,
        work.now,
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
