//! What a person decides about the rows that wait, and undoing an import.
//!
//! The one thing to know: whatever was true when the row began to wait, the
//! decision is carried out against the children held now.

use std::collections::HashMap;

use serde_json::json;

use super::apply::{self, Writing};
use super::geography::place_of_home;
use super::import::{By, ImportError};
use super::queries::{self, ImportRecord};
use super::roll::{self, Roll, held_child};
use super::staged::target_of;
use super::state::Step;
use super::stored_choices::{HeadingKey, StoredChoices};
use super::waiting::{Before, Content};
use crate::audit;
use crate::db::Conn;
use crate::db::dialect::{self, NewImportPupil};
use crate::identity::{Found, Opened, Purpose, Whose, notice};
use roster_reader::check::{Context, Verdict};
use roster_reader::columns::{Choices, find_columns};
use roster_reader::matching::{Index, Match};
use roster_reader::plan::{Action, Held, plan};
use roster_reader::{
    check, code::Code, matching::merge::merge, progress::Progress, row::child::RosterChild,
};
use tabular::{Limits, Table, TableBuilder};

/// A row that waits, opened for somebody to look at.
#[derive(Debug)]
pub struct OpenRow {
    /// The row as a spreadsheet shows it.
    pub number: i32,
    /// `review`, `rejected` or `leaver`.
    pub outcome: String,
    /// What was decided, if anything was.
    pub decision: Option<String>,
    /// The headings and cells as uploaded.
    pub cells: Vec<(String, String)>,
    /// What was found, in words.
    pub messages: Vec<String>,
    /// The child as uploaded, when only a decision is missing.
    pub uploaded: Option<RosterChild>,
    /// The children held that it may be, or who it is that is proposed to have left.
    pub held: Vec<Held>,
}

/// A decision about a waiting row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The child held is the one uploaded: take over what is uploaded.
    UseUploaded(i64),
    /// The child held is the one uploaded: leave it as it is.
    KeepExisting,
    /// They are two children.
    KeepBoth,
    /// The row was mended: the cells, in the order of the columns.
    Mend(Vec<String>),
    /// The row is not wanted.
    Drop,
    /// The child has left.
    Left,
    /// The child is still there.
    Stays,
}

impl Decision {
    fn word(&self) -> &'static str {
        match self {
            Self::UseUploaded(_) => "use_uploaded",
            Self::KeepExisting => "keep_existing",
            Self::KeepBoth => "keep_both",
            Self::Mend(_) => "mended",
            Self::Drop => "dropped",
            Self::Left => "left",
            Self::Stays => "stays",
        }
    }
}

/// Opens some of the rows of an import that wait or waited, for a list; and how
/// many there are.
pub fn open_rows(
    tx: &mut Conn,
    by: By<'_>,
    record: &ImportRecord,
    outcome: Option<&str>,
    offset: i64,
    limit: i64,
) -> Result<(Vec<OpenRow>, i64), ImportError> {
    let (rows, total) = queries::waiting_rows(tx, record.id, outcome, offset, limit)?;
    if rows.is_empty() {
        return Ok((Vec::new(), total));
    }
    let sealer = by.identities.sealer(tx, &record.year_label)?;
    let leavers: Vec<i64> = rows
        .iter()
        .filter(|row| row.outcome == "leaver")
        .filter_map(|row| row.pupil_id)
        .collect();
    let (mut held, unread) = held_of(tx, by, &record.year_label, &leavers)?;
    let mut opened = Vec::with_capacity(rows.len());
    for row in rows {
        let content = match &row.sealed {
            Some(sealed) => Some(Content::open(
                &sealer,
                row.import_id,
                row.row_number,
                sealed,
            )?),
            None => None,
        };
        let (mut messages, uploaded) = content.map_or((Vec::new(), None), |content| {
            (
                content
                    .findings
                    .iter()
                    .map(|finding| finding.message.clone())
                    .collect(),
                content.child,
            )
        });
        let damaged = row
            .pupil_id
            .filter(|pupil| matches!(unread.found(*pupil), Found::Damaged));
        messages.extend(notice(damaged));
        let who = held
            .iter()
            .position(|held| Some(held.pupil) == row.pupil_id);
        opened.push(OpenRow {
            number: row.row_number,
            outcome: row.outcome,
            decision: row.decision,
            cells: Vec::new(),
            messages,
            uploaded,
            held: who
                .map(|place| held.swap_remove(place))
                .into_iter()
                .collect(),
        });
    }
    Ok((opened, total))
}

/// Opens a waiting row, with the children held that it may be.
pub fn open_row(
    tx: &mut Conn,
    by: By<'_>,
    record: &ImportRecord,
    row: i32,
) -> Result<Option<OpenRow>, ImportError> {
    let Some(waiting) = queries::waiting_row(tx, record.id, row)? else {
        return Ok(None);
    };
    let sealer = by.identities.sealer(tx, &record.year_label)?;
    let content = match &waiting.sealed {
        Some(sealed) => Some(Content::open(&sealer, record.id, row, sealed)?),
        None => None,
    };
    let mut numbers: Vec<i64> = waiting.pupil_id.into_iter().collect();
    let mut open = OpenRow {
        number: row,
        outcome: waiting.outcome,
        decision: waiting.decision,
        cells: Vec::new(),
        messages: Vec::new(),
        uploaded: None,
        held: Vec::new(),
    };
    if let Some(content) = content {
        open.messages = content
            .findings
            .iter()
            .map(|finding| finding.message.clone())
            .collect();
        if let Some(child) = &content.child {
            numbers.extend(&content.candidates);
            numbers.extend(candidates_now(tx, by, &record.year_label, child)?);
        }
        open.cells = content.headings.into_iter().zip(content.cells).collect();
        open.uploaded = content.child;
    }
    numbers.sort_unstable();
    numbers.dedup();
    let (held, unread) = held_of(tx, by, &record.year_label, &numbers)?;
    open.held = held;
    open.messages.extend(unread.notice());
    Ok(Some(open))
}

/// The children held that a child may be, as things are now.
fn candidates_now(
    tx: &mut Conn,
    by: By<'_>,
    year: &str,
    child: &RosterChild,
) -> Result<Vec<i64>, ImportError> {
    let Roll { held, .. } = roll::read_in(tx, by, year)?;
    Ok(match find_among(&held, child) {
        Match::New => Vec::new(),
        Match::Same(place) => vec![held[place].pupil],
        Match::Review(_, places) => places.into_iter().map(|place| held[place].pupil).collect(),
    })
}

fn find_among(held: &[Held], child: &RosterChild) -> Match<usize> {
    let mut index = Index::with_capacity(held.len());
    for one in held {
        let traits = index.traits(&one.child.person, one.child.urn);
        index.add(traits);
    }
    index.find(&index.traits(&child.person, child.urn), Code::PossibleMatch)
}

/// Some children of a year, opened to be looked at, and what to say of those who cannot be read.
fn held_of(
    tx: &mut Conn,
    by: By<'_>,
    year: &str,
    numbers: &[i64],
) -> Result<(Vec<Held>, Opened), ImportError> {
    if numbers.is_empty() {
        return Ok((Vec::new(), Opened::default()));
    }
    let mut opened = by.identities.open(
        tx,
        by.actor,
        Purpose::MatchingRoster,
        Whose::Pupils(numbers),
    )?;
    let mut rows = queries::pupils_of_year(tx, year)?;
    rows.retain(|row| numbers.contains(&row.id));
    // A child whose name was removed meanwhile is nobody to compare with.
    let held = rows
        .into_iter()
        .filter_map(|row| {
            let person = opened.people.remove(&row.id)?;
            Some(held_child(&row, person))
        })
        .collect::<Result<_, _>>()?;
    Ok((held, opened))
}

/// Keeps imports of the year out while a person's decision is carried out. One
/// that is being written may take long; the person is told instead of waiting.
fn lock(tx: &mut Conn, year: &str) -> Result<(), ImportError> {
    if dialect::try_lock_imports(tx, year)? {
        Ok(())
    } else {
        Err(ImportError::BeingWritten)
    }
}

/// Carries a decision out.
pub fn decide(
    tx: &mut Conn,
    by: By<'_>,
    record: &ImportRecord,
    row: i32,
    decision: Decision,
) -> Result<(), ImportError> {
    lock(tx, &record.year_label)?;
    let waiting = queries::waiting_row(tx, record.id, row)?
        .filter(|waiting| waiting.decision.is_none() && record.is_open())
        .ok_or(ImportError::RowNotWaiting)?;
    let sealer = by.identities.sealer(tx, &record.year_label)?;
    let writing = Writing {
        by,
        year: &record.year_label,
        sealer: &sealer,
        import: record.id,
    };
    let content = match &waiting.sealed {
        Some(sealed) => Some(Content::open(&sealer, record.id, row, sealed)?),
        None => None,
    };
    let word = decision.word();
    let child = match (decision, content) {
        (Decision::Left | Decision::Stays, _) if waiting.outcome != "leaver" => {
            return Err(ImportError::RowNotWaiting);
        }
        (Decision::Left, _) => {
            let pupil = waiting.pupil_id.ok_or(ImportError::RowNotWaiting)?;
            queries::set_on_roll(tx, pupil, false, by.now)?;
            Some(pupil)
        }
        (Decision::Stays | Decision::Drop | Decision::KeepExisting, _) => waiting.pupil_id,
        (
            Decision::KeepBoth,
            Some(Content {
                child: Some(child), ..
            }),
        ) => Some(apply::insert_one(tx, writing, &child)?),
        (
            Decision::UseUploaded(pupil),
            Some(Content {
                child: Some(child), ..
            }),
        ) => {
            let (mut held, mut unread) = held_of(tx, by, &record.year_label, &[pupil])?;
            unread.one(pupil)?;
            let held = held.pop().ok_or(ImportError::RowNotWaiting)?;
            let (merged, _) = merge(&held.child, &child);
            change(tx, writing, &held, &merged)?;
            Some(pupil)
        }
        (Decision::Mend(cells), Some(content)) => Some(mend(tx, writing, record, content, cells)?),
        _ => return Err(ImportError::RowNotWaiting),
    };
    if !queries::decide_row(tx, waiting.id, word, child)? {
        return Err(ImportError::RowNotWaiting);
    }
    let detail = json!({"row": row, "decision": word});
    audit::event(
        tx,
        by.actor,
        by.now,
        audit::Action::RosterRowDecided,
        &format!("import:{}", record.id),
        &detail,
    )?;
    Ok(())
}

/// Overwrites a child and keeps what it was, for undoing.
fn change(
    tx: &mut Conn,
    writing: Writing<'_>,
    held: &Held,
    merged: &RosterChild,
) -> Result<(), ImportError> {
    let import = writing.import;
    let place = if merged.person.postcode == held.child.person.postcode {
        Some(held.child.person.particulars.place.clone())
    } else {
        place_of_home(tx, merged.person.postcode.as_ref())?
    };
    apply::overwrite(tx, writing, held.pupil, merged, place.as_ref())?;
    let before = Before::of(held).seal(writing.sealer, import, held.pupil)?;
    // The first state of a child within an import is the one to go back to.
    match queries::action_of(tx, import, held.pupil)?.as_deref() {
        None => {
            let changed = NewImportPupil {
                import_id: import,
                pupil_id: held.pupil,
                action: "changed",
                sealed_before: Some(before),
            };
            dialect::insert_import_pupils(tx, vec![changed])?;
        }
        Some("seen") => queries::note_changed(tx, import, held.pupil, &before)?,
        Some(_) => {}
    }
    Ok(())
}

/// Takes a mended row in; returns the child's number.
fn mend(
    tx: &mut Conn,
    writing: Writing<'_>,
    record: &ImportRecord,
    content: Content,
    cells: Vec<String>,
) -> Result<i64, ImportError> {
    let target = target_of(record)?;
    let table = table_of(&content.headings, &cells)?;
    let choices = match (record.choices()?, &record.layout) {
        (Some(choices), _) => choices,
        (None, Some(layout)) => queries::remembered_choices(tx, layout)?.unwrap_or_default(),
        (None, None) => StoredChoices::default(),
    };
    let start_year = target.year.start_year();
    let columns = find_columns(&table, &Choices::default(), start_year)?;
    let choices = choices.resolve(&columns, &HeadingKey::of(writing.by.identities)?);
    let columns = find_columns(&table, &choices, start_year)?;
    let schools = queries::schools(tx)?;
    let context = Context {
        start_year,
        schools: &schools,
        school: target.school,
        progress: &Progress::default(),
    };
    let checked = check::check(&table, &columns, &context);
    let still_wrong = |messages: Vec<String>| Err(ImportError::StillWrong(messages.join(" ")));
    if let Some(row) = checked.rows.first()
        && !matches!(row.verdict, Verdict::Child(_))
    {
        let messages: Vec<String> = row
            .findings
            .iter()
            .map(|finding| finding.message.clone())
            .collect();
        return still_wrong(if messages.is_empty() {
            vec!["The row does not describe a child.".to_owned()]
        } else {
            messages
        });
    }
    let Roll { held, unreadable } = roll::read_in(tx, writing.by, &record.year_label)?;
    let mut plan = plan(checked, &held, &|child| {
        roll::damaged_child(&unreadable, child)
    });
    let Some(row) = plan.rows.pop() else {
        return Err(ImportError::RowNotWaiting);
    };
    let message = row.message();
    match row.action {
        Action::New(child) => apply::insert_one(tx, writing, &child),
        Action::Unchanged { held: place } => Ok(held[place].pupil),
        Action::Changed {
            held: place,
            merged,
            ..
        } => {
            change(tx, writing, &held[place], &merged)?;
            Ok(held[place].pupil)
        }
        _ => still_wrong(message.into_iter().collect()),
    }
}

fn table_of(headings: &[String], cells: &[String]) -> Result<Table, ImportError> {
    let mut builder = TableBuilder::new(&Limits::UPLOAD);
    for row in [headings, cells] {
        for cell in row {
            builder.push(cell)?;
        }
        builder.end_row()?;
    }
    Ok(builder.finish()?)
}

/// Takes an import back: the children it brought go, those it changed are as
/// they were. Only while nothing was recorded on any of them and no later
/// import changed them.
pub fn undo(tx: &mut Conn, by: By<'_>, record: &ImportRecord) -> Result<(), ImportError> {
    lock(tx, &record.year_label)?;
    if record.erased_at.is_some() {
        return Err(ImportError::CannotUndo(
            "This import cannot be undone any more: what is needed for that was erased when its time had come. Nothing was changed.".to_owned(),
        ));
    }
    let (recorded, later) = queries::reasons_against_undoing(tx, record.id)?;
    if recorded > 0 {
        return Err(ImportError::CannotUndo(
            "This import cannot be undone any more: something was recorded on a child it brought or changed. Nothing was changed.".to_owned(),
        ));
    }
    if later > 0 {
        return Err(ImportError::CannotUndo(
            "A later import changed children of this one. Undo that one first. Nothing was changed.".to_owned(),
        ));
    }
    if !queries::step(tx, record.id, Step::Undo)? {
        return Err(ImportError::NotWaiting);
    }
    let sealer = by.identities.sealer(tx, &record.year_label)?;
    let writing = Writing {
        by,
        year: &record.year_label,
        sealer: &sealer,
        import: record.id,
    };
    let mut brought = Vec::new();
    let touched = queries::import_pupils(tx, record.id)?;
    let changed: Vec<i64> = touched
        .iter()
        .filter(|(_, action, _)| action == "changed")
        .map(|(pupil, _, _)| *pupil)
        .collect();
    let (held, _) = held_of(tx, by, &record.year_label, &changed)?;
    let growth_conditions: HashMap<i64, bool> = held
        .into_iter()
        .map(|held| (held.pupil, held.child.person.particulars.growth_condition))
        .collect();
    for (pupil, action, before) in touched {
        match (action.as_str(), before) {
            ("new", _) => brought.push(pupil),
            ("changed", Some(sealed)) => {
                let mut before = Before::open(&sealer, record.id, pupil, &sealed)?;
                // No list says whether a child's growth is affected: what a nurse noted since stays. Of a damaged
                // record, which this makes whole again, only what was noted before is known.
                if let Some(noted) = growth_conditions.get(&pupil) {
                    before.child.person.particulars.growth_condition = *noted;
                }
                let place = place_of_home(tx, before.child.person.postcode.as_ref())?;
                apply::overwrite(tx, writing, pupil, &before.child, place.as_ref())?;
                queries::set_on_roll(tx, pupil, before.on_roll, by.now)?;
            }
            _ => {}
        }
    }
    for pupil in queries::left_by_import(tx, record.id)? {
        queries::set_on_roll(tx, pupil, true, by.now)?;
    }
    queries::delete_waiting_rows(tx, record.id)?;
    queries::delete_pupils(tx, &brought)?;
    queries::forget_upload(tx, record.id)?;
    let detail = json!({"children_removed": brought.len()});
    audit::event(
        tx,
        by.actor,
        by.now,
        audit::Action::RosterUndone,
        &format!("import:{}", record.id),
        &detail,
    )?;
    Ok(())
}
