//! Events of an earlier version, which held the numbers of children: their subjects become hashes, and the chain is
//! linked anew over them.
//!
//! The chain is gone along first. One that does not hold is left as it is, because linking it anew would hide that.

use diesel::prelude::*;
use serde_json::json;

use super::action::{Action, code_singles_out};
use super::actor::Actor;
use super::chain_queries::{Event, Head, verify};
use super::queries::event;
use super::subject;
use crate::db::schema::audit_event;
use crate::db::{Conn, Error, dialect};

/// Events read at a time.
const EVENTS_AT_A_TIME: i64 = 5_000;

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rehashed {
    /// No event held the number of a child.
    NothingToDo,
    /// So many events hold a hash now.
    Done(usize),
    /// The chain does not hold; nothing was changed.
    Broken(String),
}

/// Hashes the subjects of events that still hold the number of a child or a letter, once.
pub(super) fn hash_old_subjects(
    tx: &mut Conn,
    kept: Option<&Head>,
    actor: &Actor,
    now: chrono::NaiveDateTime,
) -> Result<Rehashed, Error> {
    if !dialect::any_event_names_a_child(tx)? {
        return Ok(Rehashed::NothingToDo);
    }
    dialect::lock_audit_chain(tx)?;
    if let Some(broken) = verify(tx, kept)?.broken {
        return Ok(Rehashed::Broken(broken));
    }
    let mut changed = 0;
    let (mut before, mut after) = (Vec::new(), Vec::new());
    let (mut position, mut last) = (0, 0);
    loop {
        let page: Vec<Event> = audit_event::table
            .filter(audit_event::chain_position.gt(last))
            .order(audit_event::chain_position)
            .limit(EVENTS_AT_A_TIME)
            .select(Event::as_select())
            .load(tx)?;
        if page.is_empty() {
            break;
        }
        for mut event in page {
            position += 1;
            last = event.chain_position.unwrap_or(position);
            before = event.chain_hash.take().unwrap_or_default();
            changed += usize::from(hash_subject(tx, &mut event)?);
            after = event.link(&after, position);
            diesel::update(audit_event::table.find(event.id))
                .set((
                    audit_event::subject.eq(&event.subject),
                    audit_event::detail.eq(&event.detail),
                    audit_event::chain_hash.eq(&after),
                ))
                .execute(tx)?;
        }
    }
    let unlinked: Vec<Event> = audit_event::table
        .filter(audit_event::chain_position.is_null())
        .select(Event::as_select())
        .load(tx)?;
    for mut event in unlinked {
        if hash_subject(tx, &mut event)? {
            changed += 1;
            diesel::update(audit_event::table.find(event.id))
                .set((
                    audit_event::subject.eq(&event.subject),
                    audit_event::detail.eq(&event.detail),
                ))
                .execute(tx)?;
        }
    }
    // Whoever kept the old end of the chain can see that it was this one.
    let detail = json!({"events": changed, "head_before": hex(&before), "head_after": hex(&after)});
    event(
        tx,
        actor,
        now,
        Action::AuditSubjectsHashed,
        "audit",
        &detail,
    )?;
    Ok(Rehashed::Done(changed))
}

/// Hashes an event's subject, and drops what in its detail could tell which child it was: a reason, a flag, a version.
/// False when it is about nothing that belongs to a child.
fn hash_subject(tx: &mut Conn, event: &mut Event) -> Result<bool, Error> {
    let stored = subject::stored(tx, &event.subject)?;
    if stored == event.subject {
        return Ok(false);
    }
    event.subject = stored;
    if code_singles_out(&event.action) {
        "{}".clone_into(&mut event.detail);
    }
    Ok(true)
}

fn hex(bytes: &[u8]) -> String {
    let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    hex.concat()
}
