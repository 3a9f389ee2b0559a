//! Writing a plan inside the transaction that keeps it.

use serde_json::json;

use super::error::ImportError;
use super::geography::place_of_home;
use super::import::{Parsed, Prepared};
use super::state::{Deed, WaitsFor};
use super::waiting::{self, Before, WaitingRow};
use super::{pupil_queries, undo_queries, waiting_queries};
use crate::audit;
use crate::db::Conn;
use crate::db::dialect;
use crate::db::dialect::{Moment, NewIdentity, NewImportPupil, NewImportRow, NewPupil};
use crate::identity::{FORMAT, Sealer, free_key, put_identity, seal_identity};
use crate::work::Work;
use programme::{Coded as _, EthnicGroup, Ethnicity, Place};
use roster_reader::plan::{Action, Held, PlannedRow};
use roster_reader::{code::Finding, row::child::RosterChild};

/// What everything that one import writes has in common.
#[derive(Clone, Copy)]
pub(super) struct Writing<'a> {
    /// Academic year.
    pub(super) year: &'a str,
    /// Seals with the year's key.
    pub(super) sealer: &'a Sealer,
    /// The import's number.
    pub(super) import: i64,
}

/// The children proposed to have left of whom nobody has asked yet.
pub(super) fn new_leavers(
    tx: &mut Conn,
    year: &str,
    prepared: &Prepared,
) -> Result<Vec<i64>, ImportError> {
    if prepared.plan.leavers.is_empty() {
        return Ok(Vec::new());
    }
    let asked = waiting_queries::leavers_already_proposed(tx, year)?;
    let leavers = prepared
        .plan
        .leavers
        .iter()
        .map(|place| prepared.held[*place].pupil);
    Ok(leavers.filter(|pupil| !asked.contains(pupil)).collect())
}

/// Writes what waits and the audit event of an import whose row and whose
/// children are there already.
pub(super) fn write(
    work: &mut Work<'_>,
    writing: Writing<'_>,
    prepared: &Prepared,
    waiting: Vec<WaitingRow>,
    leavers: &[i64],
) -> Result<(), ImportError> {
    let counts = prepared.counts();
    stage(work.tx, writing, waiting, leavers)?;
    let detail = json!({
        "new": counts.new,
        "matched": counts.matched,
        "unchanged": counts.unchanged,
        "waiting": counts.review + counts.rejected,
        "leavers_proposed": counts.leavers,
    });
    audit::event(
        work.tx,
        work.actor,
        work.now,
        audit::Action::RosterImported,
        &format!("import:{}", writing.import),
        &detail,
    )?;
    Ok(())
}

/// Inserts one child that a person let in; returns its number.
pub(super) fn insert_one(
    work: &mut Work<'_>,
    writing: Writing<'_>,
    child: &RosterChild,
) -> Result<i64, ImportError> {
    let Writing { year, sealer, .. } = writing;
    let tx = &mut *work.tx;
    let id = dialect::reserve_pupil_number(tx)?;
    let place = place_of_home(tx, child.person.postcode.as_ref())?;
    let now = Moment::from(work.now);
    let pupil = new_pupil(id, year, child, place.as_ref(), &now);
    dialect::insert_pupils(tx, vec![pupil])?;
    let sealed = seal_identity(sealer, id, &child.to_seal(place.as_ref()))?;
    let identity = NewIdentity {
        pupil_id: id,
        year_label: year,
        format: FORMAT,
        sealed,
        updated_at: now,
        identity_key: free_key(tx, sealer, id, &child.person)?,
    };
    dialect::insert_identities(tx, vec![identity])?;
    dialect::insert_brought(tx, writing.import, &[id])?;
    Ok(id)
}

/// Writes a child over the one held under a number. `place`: where the home
/// lies.
pub(super) fn overwrite(
    work: &mut Work<'_>,
    writing: Writing<'_>,
    pupil: i64,
    child: &RosterChild,
    place: Option<&Place>,
) -> Result<(), ImportError> {
    let Writing { year, sealer, .. } = writing;
    let now = Moment::from(work.now);
    let new = new_pupil(pupil, year, child, place, &now);
    pupil_queries::update_pupil(work.tx, &new)?;
    let person = child.to_seal(place);
    Ok(put_identity(
        work.tx, sealer, year, pupil, &person, work.now,
    )?)
}

/// Overwrites a child and keeps what it was, for undoing.
pub(super) fn change(
    work: &mut Work<'_>,
    writing: Writing<'_>,
    held: &Held,
    merged: &RosterChild,
) -> Result<(), ImportError> {
    let import = writing.import;
    let place = if merged.person.postcode == held.child.person.postcode {
        Some(held.child.person.particulars.place.clone())
    } else {
        place_of_home(work.tx, merged.person.postcode.as_ref())?
    };
    overwrite(work, writing, held.pupil, merged, place.as_ref())?;
    let before = Before::of(held).seal(writing.sealer, import, held.pupil)?;
    // The first state of a child within an import is the one to go back to.
    match undo_queries::deed_of(work.tx, import, held.pupil)? {
        None => {
            let changed = NewImportPupil {
                import_id: import,
                pupil_id: held.pupil,
                action: Deed::Changed.code(),
                sealed_before: Some(before),
            };
            dialect::insert_import_pupils(work.tx, vec![changed])?;
        }
        Some(Deed::Seen) => {
            undo_queries::note_changed(work.tx, import, held.pupil, &before)?;
        }
        Some(Deed::New | Deed::Changed) => {}
    }
    Ok(())
}

pub(super) fn new_pupil<'a>(
    id: i64,
    year: &'a str,
    child: &'a RosterChild,
    place: Option<&'a Place>,
    now: &Moment,
) -> NewPupil<'a> {
    NewPupil {
        id,
        year_label: year,
        school_urn: child.urn.number() as i32,
        year_group: child.year_group.code(),
        sex: child.sex.code(),
        ethnic_group: child
            .ethnicity
            .and_then(Ethnicity::group)
            .map(EthnicGroup::code),
        deprivation_quintile: place.and_then(Place::quintile),
        deprivation_vintage: place.and_then(|place| place.decile_vintage),
        created_at: now.clone(),
        updated_at: now.clone(),
    }
}

/// The rows of a plan that wait for a person.
pub(super) fn rows_that_wait(prepared: &Prepared, parsed: &Parsed) -> Vec<WaitingRow> {
    let first = parsed.columns.heading_row + 1;
    let headings: Vec<String> = parsed
        .columns
        .columns
        .iter()
        .map(|column| column.heading.clone())
        .collect();
    prepared
        .plan
        .rows
        .iter()
        .enumerate()
        .filter_map(|(index, row)| {
            let (outcome, child, of_row, candidates) = match &row.action {
                Action::Review {
                    child,
                    of_row,
                    candidates,
                } => (
                    WaitsFor::Review,
                    Some((**child).clone()),
                    *of_row,
                    candidates.as_slice(),
                ),
                Action::Rejected => (WaitsFor::Rejected, None, None, &[][..]),
                _ => return None,
            };
            let source = parsed.table.row(first + index);
            let cells = (0..headings.len())
                .map(|column| source.cell(column).to_owned())
                .collect();
            Some(WaitingRow {
                number: row.number as i32,
                outcome,
                codes: codes_of(row),
                pupil: candidates.first().map(|place| prepared.held[*place].pupil),
                content: waiting::Content {
                    headings: headings.clone(),
                    cells,
                    child,
                    of_row,
                    candidates: candidates
                        .iter()
                        .map(|place| prepared.held[*place].pupil)
                        .collect(),
                    findings: row.findings.clone(),
                },
            })
        })
        .collect()
}

fn codes_of(row: &PlannedRow) -> String {
    let codes: Vec<&str> = row
        .findings
        .iter()
        .map(|finding: &Finding| finding.code.as_str())
        .collect();
    codes.join(",")
}

/// Puts what waits, and the proposals that children have left, into the
/// import.
fn stage(
    tx: &mut Conn,
    writing: Writing<'_>,
    waiting: Vec<WaitingRow>,
    leavers: &[i64],
) -> Result<(), ImportError> {
    let Writing { sealer, import, .. } = writing;
    let mut rows = Vec::with_capacity(waiting.len() + leavers.len());
    for row in waiting {
        rows.push(NewImportRow {
            import_id: import,
            row_number: row.number,
            outcome: row.outcome.code(),
            sealed: Some(row.content.seal(sealer, import, row.number)?),
            codes: row.codes,
            pupil_id: row.pupil,
        });
    }
    for (index, pupil) in leavers.iter().enumerate() {
        rows.push(NewImportRow {
            import_id: import,
            // On no row of the file; below zero there are no rows.
            row_number: -1 - index as i32,
            outcome: WaitsFor::Leaver.code(),
            codes: String::new(),
            pupil_id: Some(*pupil),
            sealed: None,
        });
    }
    dialect::insert_import_rows(tx, rows)?;
    Ok(())
}
