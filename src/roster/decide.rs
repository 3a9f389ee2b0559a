//! What a person decides about a row that waits.
//!
//! Whatever was true when the row began to wait, the decision is carried out against the children held
//! now.

use programme::Coded as _;
use serde_json::json;

use super::apply::{self, Writing};
use super::error::ImportError;
use super::import_queries::ImportRecord;
use super::look::content_of;
use super::mend::mend;
use super::state::{Decided, WaitsFor};
use super::waiting_queries::{self, WaitingRecord};
use super::{pupil_queries, roll, year_lock};
use crate::audit;
use crate::work::Work;
use roster_reader::matching::merge::merge;
use roster_reader::row::child::RosterChild;

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
    /// What becomes of the row.
    fn decided(&self) -> Decided {
        match self {
            Self::UseUploaded(_) => Decided::UseUploaded,
            Self::KeepExisting => Decided::KeepExisting,
            Self::KeepBoth => Decided::KeepBoth,
            Self::Mend(_) => Decided::Mended,
            Self::Drop => Decided::Dropped,
            Self::Left => Decided::Left,
            Self::Stays => Decided::Stays,
        }
    }
}

/// Carries a decision out.
pub fn decide(
    work: &mut Work<'_>,
    record: &ImportRecord,
    row: i32,
    decision: &Decision,
) -> Result<(), ImportError> {
    year_lock::take(work.tx, &record.year_label)?;
    let waiting = waiting_queries::waiting_row(work.tx, record.id, row)?
        .filter(|waiting| waiting.decision.is_none() && record.is_open())
        .ok_or(ImportError::RowNotWaiting)?;
    let child = carry_out(work, record, &waiting, decision)?;
    let decided = decision.decided();
    if !waiting_queries::decide_row(work.tx, waiting.id, decided, child)? {
        return Err(ImportError::RowNotWaiting);
    }
    audit::event(
        work.tx,
        work.actor,
        work.now,
        audit::Action::RosterRowDecided,
        &format!("import:{}", record.id),
        &json!({"row": row, "decision": decided.code()}),
    )?;
    Ok(())
}

/// Writes what was decided about a row; returns the child that it is about.
fn carry_out(
    work: &mut Work<'_>,
    record: &ImportRecord,
    waiting: &WaitingRecord,
    decision: &Decision,
) -> Result<Option<i64>, ImportError> {
    let sealer = work.identities.sealer(work.tx, &record.year_label)?;
    let writing = Writing {
        year: &record.year_label,
        sealer: &sealer,
        import: record.id,
    };
    let content = content_of(waiting, &sealer)?;
    let uploaded = content.as_ref().and_then(|content| content.child.as_ref());
    match (decision, uploaded, &content) {
        (Decision::Left | Decision::Stays, ..) if waiting.outcome != WaitsFor::Leaver => {
            Err(ImportError::RowNotWaiting)
        }
        (Decision::Left, ..) => {
            let pupil = waiting.pupil_id.ok_or(ImportError::RowNotWaiting)?;
            pupil_queries::set_on_roll(work.tx, pupil, false, work.now)?;
            Ok(Some(pupil))
        }
        (Decision::Stays | Decision::Drop | Decision::KeepExisting, ..) => Ok(waiting.pupil_id),
        (Decision::KeepBoth, Some(child), _) => apply::insert_one(work, writing, child).map(Some),
        (Decision::UseUploaded(pupil), Some(child), _) => {
            use_uploaded(work, writing, *pupil, child)?;
            Ok(Some(*pupil))
        }
        (Decision::Mend(cells), _, Some(content)) => {
            mend(work, writing, record, content, cells).map(Some)
        }
        _ => Err(ImportError::RowNotWaiting),
    }
}

/// Gives a child held what was uploaded about it.
fn use_uploaded(
    work: &mut Work<'_>,
    writing: Writing<'_>,
    pupil: i64,
    child: &RosterChild,
) -> Result<(), ImportError> {
    let (mut held, mut unread) = roll::some(work, writing.year, &[pupil])?;
    unread.one(pupil)?;
    let held = held.pop().ok_or(ImportError::RowNotWaiting)?;
    let (merged, _) = merge(&held.child, child);
    apply::change(work, writing, &held, &merged)
}
