//! Writing a plan inside the transaction that keeps it.

use serde_json::json;

use super::geography::{Place, place_of_home};
use super::import::{By, ImportError, Parsed, Prepared};
use super::queries;
use super::waiting;
use super::waiting::WaitingRow;
use crate::audit;
use crate::db::Conn;
use crate::db::dialect;
use crate::db::dialect::{Moment, NewIdentity, NewImportRow, NewPupil};
use crate::identity::{FORMAT, Sealer, free_key, put_identity, seal_identity};
use programme::{EthnicGroup, Ethnicity};
use roster_reader::plan::{Action, PlannedRow};
use roster_reader::{code::Finding, row::child::RosterChild};

/// What everything that one import writes has in common.
#[derive(Clone, Copy)]
pub(super) struct Writing<'a> {
    /// Who imports, and when.
    pub(super) by: By<'a>,
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
    let asked = queries::leavers_already_proposed(tx, year)?;
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
    tx: &mut Conn,
    writing: Writing<'_>,
    prepared: &Prepared,
    waiting: Vec<WaitingRow>,
    leavers: &[i64],
) -> Result<(), ImportError> {
    let counts = prepared.counts();
    stage(tx, writing, waiting, leavers)?;
    let detail = json!({
        "new": counts.new,
        "matched": counts.matched,
        "unchanged": counts.unchanged,
        "waiting": counts.review + counts.rejected,
        "leavers_proposed": counts.leavers,
    });
    audit::event(
        tx,
        writing.by.actor,
        writing.by.now,
        audit::Action::RosterImported,
        &format!("import:{}", writing.import),
        &detail,
    )?;
    Ok(())
}

/// Inserts one child that a person let in; returns its number.
pub(super) fn insert_one(
    tx: &mut Conn,
    writing: Writing<'_>,
    child: &RosterChild,
) -> Result<i64, ImportError> {
    let Writing {
        by, year, sealer, ..
    } = writing;
    let id = dialect::reserve_pupil_number(tx)?;
    let place = place_of_home(tx, child.person.postcode.as_ref())?;
    let now = Moment::from(by.now);
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
    tx: &mut Conn,
    writing: Writing<'_>,
    pupil: i64,
    child: &RosterChild,
    place: Option<&Place>,
) -> Result<(), ImportError> {
    let Writing {
        by, year, sealer, ..
    } = writing;
    let now = Moment::from(by.now);
    let new = new_pupil(pupil, year, child, place, &now);
    queries::update_pupil(tx, &new)?;
    let person = child.to_seal(place);
    Ok(put_identity(tx, sealer, year, pupil, &person, by.now)?)
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
                    "review",
                    Some((**child).clone()),
                    *of_row,
                    candidates.as_slice(),
                ),
                Action::Rejected => ("rejected", None, None, &[][..]),
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
            outcome: row.outcome,
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
            outcome: "leaver",
            codes: String::new(),
            pupil_id: Some(*pupil),
            sealed: None,
        });
    }
    dialect::insert_import_rows(tx, rows)?;
    Ok(())
}
