//! Writing a plan: one transaction, all of it or nothing.

use growth::Sex;
use rand::seq::SliceRandom as _;
use serde_json::json;

use super::child::RosterChild;
use super::code::Finding;
use super::geography::{Place, place_of_home};
use super::import::{By, ImportError, Parsed, Prepared, Target};
use super::plan::{Action, Held, PlannedRow};
use super::progress::Step;
use super::queries::{self, NewImport};
use super::waiting::{self, Before, WaitingRow};
use crate::audit;
use crate::db::Conn;
use crate::db::dialect::{self, Moment, NewIdentity, NewImportPupil, NewImportRow, NewPupil};
use crate::fields::{EthnicGroup, Ethnicity};
use crate::identity::{FORMAT, Sealer, seal_identity};

/// How many children are sealed and inserted at a time.
const CHILDREN_AT_A_TIME: usize = 2_000;

/// What was done.
#[derive(Debug, Clone, Copy)]
pub struct Applied {
    /// The import's number; `None` when there was nothing to write.
    pub import: Option<i64>,
}

/// Applies a plan as an import of its own. An import that would change nothing
/// and leave nothing waiting leaves no trace but the access log's.
pub(super) fn apply(
    tx: &mut Conn,
    by: By<'_>,
    target: Target,
    prepared: &Prepared,
    parsed: &Parsed,
    bytes: &[u8],
) -> Result<Applied, ImportError> {
    let year = target.year.to_string();
    let sealer = by.identities.sealer(tx, &year)?;
    let waiting = waiting::not_waiting_yet(tx, &sealer, &year, rows_that_wait(prepared, parsed))?;
    let writes = prepared
        .plan
        .rows
        .iter()
        .any(|row| matches!(row.action, Action::New(_) | Action::Changed { .. }));
    let leavers = new_leavers(tx, &year, prepared)?;
    if !writes && waiting.is_empty() && leavers.is_empty() {
        return Ok(Applied { import: None });
    }
    let counts = serde_json::to_string(&prepared.counts()).unwrap_or_default();
    let import = queries::insert_import(
        tx,
        &NewImport {
            year: &year,
            school: target.school.map(|urn| urn.number() as i32),
            state: "applied",
            layout: Some(&parsed.layout),
            mapping: None,
            counts: Some(&counts),
            by: &by.actor.label,
            at: by.now,
            applied_at: Some(by.now),
            expires_at: by.expires_at(),
        },
    )?;
    // The file is needed again only to write it back with its errors.
    if !waiting.is_empty() {
        let sealed = sealer.seal(waiting::UPLOAD, import, bytes)?;
        queries::set_upload(tx, import, &sealed)?;
    }
    write(tx, by, &year, &sealer, import, prepared, waiting, &leavers)?;
    waiting::end_waiting_of_corrected(tx, &sealer, &year, import, prepared, parsed)?;
    Ok(Applied {
        import: Some(import),
    })
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

/// Writes the children, what waits and the audit event of an import whose row
/// is there already.
#[expect(
    clippy::too_many_arguments,
    reason = "all of them belong to one import"
)]
pub(super) fn write(
    tx: &mut Conn,
    by: By<'_>,
    year: &str,
    sealer: &Sealer,
    import: i64,
    prepared: &Prepared,
    waiting: Vec<WaitingRow>,
    leavers: &[i64],
) -> Result<(), ImportError> {
    let counts = prepared.counts();
    let to_write = counts.new + counts.matched - counts.unchanged;
    by.progress.begin(Step::Writing, to_write);
    insert_new(tx, by, year, sealer, import, prepared)?;
    let mut touched = Vec::new();
    for row in &prepared.plan.rows {
        match &row.action {
            Action::Changed { held, merged, .. } => {
                let held = &prepared.held[*held];
                let before = change(tx, by, year, sealer, import, held, merged, prepared)?;
                by.progress.add(1);
                touched.push(NewImportPupil {
                    import_id: import,
                    pupil_id: held.pupil,
                    action: "changed",
                    sealed_before: Some(before),
                });
            }
            Action::Unchanged { held } => touched.push(NewImportPupil {
                import_id: import,
                pupil_id: prepared.held[*held].pupil,
                action: "seen",
                sealed_before: None,
            }),
            _ => {}
        }
    }
    // In the order of the file, these rows would keep the school's list beside the children's numbers.
    touched.sort_unstable_by_key(|row| row.pupil_id);
    dialect::insert_import_pupils(tx, touched)?;
    stage(tx, sealer, import, waiting, leavers)?;
    let detail = json!({
        "new": counts.new,
        "matched": counts.matched,
        "unchanged": counts.unchanged,
        "waiting": counts.review + counts.rejected,
        "leavers_proposed": counts.leavers,
    });
    audit::event(
        tx,
        by.actor,
        by.now,
        "roster.imported",
        &format!("import:{import}"),
        &detail,
    )?;
    Ok(())
}

/// Inserts the new children. Sealing is most of the work, so it is shared
/// among threads.
///
/// Their numbers follow a random order. Numbers in the order of the file would
/// let whoever has the school's list put the names back after they were erased.
/// The children are shuffled rather than the numbers, so that the rows are still
/// inserted in the order of their keys.
fn insert_new(
    tx: &mut Conn,
    by: By<'_>,
    year: &str,
    sealer: &Sealer,
    import: i64,
    prepared: &Prepared,
) -> Result<(), ImportError> {
    let mut children: Vec<&RosterChild> = prepared
        .plan
        .rows
        .iter()
        .filter_map(|row| match &row.action {
            Action::New(child) => Some(child.as_ref()),
            _ => None,
        })
        .collect();
    if children.is_empty() {
        return Ok(());
    }
    children.shuffle(&mut rand::rng());
    let numbers = dialect::reserve_pupil_numbers(tx, children.len())?;
    let numbered: Vec<Numbered<'_>> = numbers
        .into_iter()
        .zip(children)
        .map(|(id, child)| Numbered {
            id,
            child,
            place: place_of(prepared, child),
        })
        .collect();
    // Some at a time: sealed all at once, a large roster would stand in memory
    // twice.
    let parts: Vec<&[Numbered<'_>]> = numbered.chunks(CHILDREN_AT_A_TIME).collect();
    let now = Moment::from(by.now);
    seal_ahead(sealer, &parts, |some, sealed| {
        let pupils = some
            .iter()
            .map(|new| new_pupil(new.id, year, new.child, new.place, &now));
        dialect::insert_pupils(tx, pupils.collect())?;
        let identities = some.iter().zip(sealed).map(|(new, sealed)| NewIdentity {
            pupil_id: new.id,
            year_label: year,
            format: FORMAT,
            sealed,
            updated_at: now.clone(),
        });
        dialect::insert_identities(tx, identities.collect())?;
        let brought: Vec<i64> = some.iter().map(|new| new.id).collect();
        dialect::insert_brought(tx, import, &brought)?;
        by.progress.add(some.len());
        Ok(())
    })
}

/// A new child with the number reserved for it and where it lives.
struct Numbered<'c> {
    id: i64,
    child: &'c RosterChild,
    place: Option<&'c Place>,
}

/// Seals the children part by part and hands each part to `write` in order.
/// Other threads seal the parts ahead while this one, which alone may use the
/// connection, writes.
fn seal_ahead(
    sealer: &Sealer,
    parts: &[&[Numbered<'_>]],
    mut write: impl FnMut(&[Numbered<'_>], Vec<Vec<u8>>) -> Result<(), ImportError>,
) -> Result<(), ImportError> {
    let threads = std::thread::available_parallelism()
        .map_or(1, |threads| threads.get().saturating_sub(1))
        .clamp(1, 4);
    std::thread::scope(|scope| {
        // Each thread takes every so-manieth part, and is at most one ahead.
        let sealed: Vec<_> = (0..threads.min(parts.len()))
            .map(|first| {
                let (send, receive) = std::sync::mpsc::sync_channel(1);
                scope.spawn(move || {
                    for part in parts.iter().skip(first).step_by(threads) {
                        let sealed: Result<Vec<_>, _> = part
                            .iter()
                            .map(|new| seal_identity(sealer, new.id, &new.child.to_seal(new.place)))
                            .collect();
                        // Nobody listens any more when writing failed.
                        if send.send(sealed).is_err() {
                            return;
                        }
                    }
                });
                receive
            })
            .collect();
        for (part, receive) in parts.iter().zip((0..threads).cycle()) {
            // A thread that is gone has panicked, and the scope passes that on.
            let Ok(sealed) = sealed[receive].recv() else {
                break;
            };
            write(part, sealed?)?;
        }
        Ok(())
    })
}

/// Inserts one child that a person let in; returns its number.
pub(super) fn insert_one(
    tx: &mut Conn,
    by: By<'_>,
    year: &str,
    sealer: &Sealer,
    import: i64,
    child: &RosterChild,
) -> Result<i64, ImportError> {
    let id = dialect::reserve_pupil_numbers(tx, 1)?
        .pop()
        .unwrap_or_default();
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
    };
    dialect::insert_identities(tx, vec![identity])?;
    dialect::insert_brought(tx, import, &[id])?;
    Ok(id)
}

/// Writes what a newer list changed; returns the child as it was, sealed.
#[expect(
    clippy::too_many_arguments,
    reason = "all of them belong to one import"
)]
fn change(
    tx: &mut Conn,
    by: By<'_>,
    year: &str,
    sealer: &Sealer,
    import: i64,
    held: &Held,
    merged: &RosterChild,
    prepared: &Prepared,
) -> Result<Vec<u8>, ImportError> {
    let place = if merged.person.postcode == held.child.person.postcode {
        Some(&held.child.person.particulars.place)
    } else {
        place_of(prepared, merged)
    };
    overwrite(tx, by, year, sealer, held.pupil, merged, place)?;
    Before {
        on_roll: held.on_roll,
        child: held.child.clone(),
    }
    .seal(sealer, import, held.pupil)
}

/// Writes a child over the one held under a number.
pub(super) fn overwrite(
    tx: &mut Conn,
    by: By<'_>,
    year: &str,
    sealer: &Sealer,
    pupil: i64,
    child: &RosterChild,
    place: Option<&Place>,
) -> Result<(), ImportError> {
    let now = Moment::from(by.now);
    let new = new_pupil(pupil, year, child, place, &now);
    queries::update_pupil(tx, &new)?;
    let sealed = seal_identity(sealer, pupil, &child.to_seal(place))?;
    dialect::put_identity(tx, year, pupil, FORMAT, &sealed, by.now)?;
    Ok(())
}

fn place_of<'p>(prepared: &'p Prepared, child: &RosterChild) -> Option<&'p Place> {
    prepared
        .places
        .as_ref()?
        .get(child.person.postcode.as_ref()?.as_str())
}

fn new_pupil<'a>(
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
        sex: match child.sex {
            Sex::Female => "F",
            Sex::Male => "M",
        },
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
    sealer: &Sealer,
    import: i64,
    waiting: Vec<WaitingRow>,
    leavers: &[i64],
) -> Result<(), ImportError> {
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
