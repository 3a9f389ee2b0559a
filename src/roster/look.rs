//! Rows that wait, opened for somebody to look at.

use super::error::ImportError;
use super::import_queries::ImportRecord;
use super::roll::{self, Roll};
use super::state::{Decided, WaitsFor};
use super::waiting::Content;
use super::waiting_queries::{self, WaitingRecord};
use crate::identity::{Found, Opened, Sealer, notice};
use crate::web::Asked;
use crate::work::Work;
use roster_reader::code::Code;
use roster_reader::matching::{Index, Match};
use roster_reader::plan::Held;
use roster_reader::row::child::RosterChild;

/// A row that waits, opened for somebody to look at.
#[derive(Debug)]
pub(super) struct OpenRow {
    /// The row as a spreadsheet shows it; below zero for a proposed leaver, who is on no row.
    pub number: i32,
    /// Why it waits.
    pub outcome: WaitsFor,
    /// What was decided, if anything was.
    pub decision: Option<Decided>,
    /// The headings and cells as uploaded.
    pub cells: Vec<(String, String)>,
    /// What was found, in words.
    pub messages: Vec<String>,
    /// The child as uploaded, when only a decision is missing.
    pub uploaded: Option<RosterChild>,
    /// The children held that it may be, or who it is that is proposed to have left.
    pub held: Vec<Held>,
}

impl OpenRow {
    fn of(waiting: &WaitingRecord) -> Self {
        Self {
            number: waiting.row_number,
            outcome: waiting.outcome,
            decision: waiting.decision,
            cells: Vec::new(),
            messages: Vec::new(),
            uploaded: None,
            held: Vec::new(),
        }
    }
}

/// Opens some of the rows of an import that wait or waited, for a list; and how
/// many there are.
pub(super) fn open_rows(
    work: &mut Work<'_>,
    record: &ImportRecord,
    outcome: Option<WaitsFor>,
    asked: Asked,
) -> Result<(Vec<OpenRow>, i64), ImportError> {
    let (rows, total) = waiting_queries::waiting_rows(work.tx, record.id, outcome, asked)?;
    if rows.is_empty() {
        return Ok((Vec::new(), total));
    }
    let sealer = work.identities.sealer(work.tx, &record.year_label)?;
    let leavers: Vec<i64> = rows
        .iter()
        .filter(|row| row.outcome == WaitsFor::Leaver)
        .filter_map(|row| row.pupil_id)
        .collect();
    let (mut held, unread) = roll::some(work, &record.year_label, &leavers)?;
    let opened = rows
        .iter()
        .map(|row| listed(row, &sealer, &mut held, &unread))
        .collect::<Result<_, _>>()?;
    Ok((opened, total))
}

/// A row for a list. `held`: the leavers of the list, of whom its own is taken out.
fn listed(
    row: &WaitingRecord,
    sealer: &Sealer,
    held: &mut Vec<Held>,
    unread: &Opened,
) -> Result<OpenRow, ImportError> {
    let mut open = OpenRow::of(row);
    if let Some(content) = content_of(row, sealer)? {
        open.messages = messages_of(&content);
        open.uploaded = content.child;
    }
    let damaged = row
        .pupil_id
        .filter(|pupil| matches!(unread.found(*pupil), Found::Damaged));
    open.messages.extend(notice(damaged));
    let who = held
        .iter()
        .position(|held| Some(held.pupil) == row.pupil_id);
    open.held.extend(who.map(|place| held.swap_remove(place)));
    Ok(open)
}

/// Opens a waiting row, with the children held that it may be.
pub(super) fn open_row(
    work: &mut Work<'_>,
    record: &ImportRecord,
    row: i32,
) -> Result<Option<OpenRow>, ImportError> {
    let Some(waiting) = waiting_queries::waiting_row(work.tx, record.id, row)? else {
        return Ok(None);
    };
    let sealer = work.identities.sealer(work.tx, &record.year_label)?;
    let mut numbers: Vec<i64> = waiting.pupil_id.into_iter().collect();
    let mut open = OpenRow::of(&waiting);
    if let Some(content) = content_of(&waiting, &sealer)? {
        open.messages = messages_of(&content);
        if let Some(child) = &content.child {
            numbers.extend(&content.candidates);
            numbers.extend(candidates_now(work, &record.year_label, child)?);
        }
        open.cells = content.headings.into_iter().zip(content.cells).collect();
        open.uploaded = content.child;
    }
    numbers.sort_unstable();
    numbers.dedup();
    let (held, unread) = roll::some(work, &record.year_label, &numbers)?;
    open.held = held;
    open.messages.extend(unread.notice());
    Ok(Some(open))
}

/// What is sealed of a waiting row; `None` once it was decided.
pub(super) fn content_of(
    row: &WaitingRecord,
    sealer: &Sealer,
) -> Result<Option<Content>, ImportError> {
    row.sealed
        .as_deref()
        .map(|sealed| Content::open(sealer, row.import_id, row.row_number, sealed))
        .transpose()
}

fn messages_of(content: &Content) -> Vec<String> {
    content
        .findings
        .iter()
        .map(|finding| finding.message.clone())
        .collect()
}

/// The children held that a child may be, as things are now.
fn candidates_now(
    work: &mut Work<'_>,
    year: &str,
    child: &RosterChild,
) -> Result<Vec<i64>, ImportError> {
    let Roll { held, .. } = roll::read_in(work, year)?;
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
