//! Taking an import back.

use std::collections::HashMap;

use serde_json::json;

use super::apply::{self, Writing};
use super::error::ImportError;
use super::geography::place_of_home;
use super::import_queries::{self, ImportRecord};
use super::state::{Deed, Step};
use super::undo_queries::{self, ImportedPupil};
use super::waiting::Before;
use super::{pupil_queries, roll, waiting_queries, year_lock};
use crate::audit;
use crate::work::Work;

/// Takes an import back: the children it brought go, those it changed are as
/// they were. Only while nothing was recorded on any of them and no later
/// import changed them.
pub(super) fn undo(work: &mut Work<'_>, record: &ImportRecord) -> Result<(), ImportError> {
    year_lock::take(work.tx, &record.year_label)?;
    refuse_what_cannot_be_undone(work, record)?;
    if !import_queries::step(work.tx, record.id, Step::Undo)? {
        return Err(ImportError::NotWaiting);
    }
    let touched = undo_queries::import_pupils(work.tx, record.id)?;
    put_back(work, record, &touched)?;
    for pupil in undo_queries::left_by_import(work.tx, record.id)? {
        pupil_queries::set_on_roll(work.tx, pupil, true, work.now)?;
    }
    let brought: Vec<i64> = touched
        .iter()
        .filter(|touched| touched.deed == Deed::New)
        .map(|touched| touched.pupil)
        .collect();
    waiting_queries::delete_waiting_rows(work.tx, record.id)?;
    pupil_queries::delete_pupils(work.tx, &brought)?;
    import_queries::forget_upload(work.tx, record.id)?;
    audit::event(
        work.tx,
        work.actor,
        work.now,
        audit::Action::RosterUndone,
        &format!("import:{}", record.id),
        &json!({"children_removed": brought.len()}),
    )?;
    Ok(())
}

fn refuse_what_cannot_be_undone(
    work: &mut Work<'_>,
    record: &ImportRecord,
) -> Result<(), ImportError> {
    let refuse = |why: &str| Err(ImportError::CannotUndo(why.to_owned()));
    if record.erased_at.is_some() {
        return refuse(
            "This import cannot be undone any more: what is needed for that was erased when its time had come. Nothing was changed.",
        );
    }
    let (recorded, later) = undo_queries::reasons_against_undoing(work.tx, record.id)?;
    if recorded > 0 {
        return refuse(
            "This import cannot be undone any more: something was recorded on a child it brought or changed. Nothing was changed.",
        );
    }
    if later > 0 {
        return refuse(
            "A later import changed children of this one. Undo that one first. Nothing was changed.",
        );
    }
    Ok(())
}

/// Makes the children that an import changed what they were before.
fn put_back(
    work: &mut Work<'_>,
    record: &ImportRecord,
    touched: &[ImportedPupil],
) -> Result<(), ImportError> {
    let sealer = work.identities.sealer(work.tx, &record.year_label)?;
    let writing = Writing {
        year: &record.year_label,
        sealer: &sealer,
        import: record.id,
    };
    let changed = || {
        touched
            .iter()
            .filter(|touched| touched.deed == Deed::Changed)
    };
    let pupils: Vec<i64> = changed().map(|touched| touched.pupil).collect();
    let (held, _) = roll::some(work, &record.year_label, &pupils)?;
    let growth_conditions: HashMap<i64, bool> = held
        .into_iter()
        .map(|held| (held.pupil, held.child.person.particulars.growth_condition))
        .collect();
    for ImportedPupil {
        pupil,
        sealed_before,
        ..
    } in changed()
    {
        let Some(sealed) = sealed_before else {
            continue;
        };
        let mut before = Before::open(&sealer, record.id, *pupil, sealed)?;
        // No list says whether a child's growth is affected: what a nurse noted since stays. Of a damaged
        // record, which this makes whole again, only what was noted before is known.
        if let Some(noted) = growth_conditions.get(pupil) {
            before.child.person.particulars.growth_condition = *noted;
        }
        let place = place_of_home(work.tx, before.child.person.postcode.as_ref())?;
        apply::overwrite(work, writing, *pupil, &before.child, place.as_ref())?;
        pupil_queries::set_on_roll(work.tx, *pupil, before.on_roll, work.now)?;
    }
    Ok(())
}
