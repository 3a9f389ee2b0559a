//! The chain over the events: who alters one must alter all that follow.
//!
//! Events are written unchained, inside the transaction that does the thing; a sealer links them afterwards, in the
//! order of their numbers, once a second. Linking inside every save was measured at a third of the speed: every save
//! waited for the one row that ended the chain.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use sha2::{Digest, Sha256};

use crate::db::schema::audit_event;
use crate::db::{Conn, Error, dialect};

/// An event as it is hashed.
#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_event)]
struct Event {
    id: i64,
    at: NaiveDateTime,
    actor_kind: String,
    actor_id: Option<i64>,
    actor_label: String,
    action: String,
    subject: String,
    detail: String,
    chain_position: Option<i64>,
    chain_hash: Option<Vec<u8>>,
}

/// What `verify` found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainReport {
    /// Links that hold.
    pub linked: usize,
    /// Events not linked yet.
    pub unlinked: usize,
    /// The first event that does not fit, and why.
    pub broken: Option<String>,
}

/// Whether an event waits to be linked: a cheap question for once a second.
pub fn any_unlinked(tx: &mut Conn) -> Result<bool, Error> {
    Ok(diesel::select(diesel::dsl::exists(
        audit_event::table.filter(audit_event::chain_position.is_null()),
    ))
    .get_result(tx)?)
}

/// Links what is not linked yet; returns how many events that were. One process at a time does it.
pub fn link_events(tx: &mut Conn) -> Result<usize, Error> {
    dialect::lock_audit_chain(tx)?;
    let last: Option<(i64, Option<Vec<u8>>)> = audit_event::table
        .filter(audit_event::chain_position.is_not_null())
        .order(audit_event::chain_position.desc())
        .select((
            audit_event::chain_position.assume_not_null(),
            audit_event::chain_hash,
        ))
        .first(tx)
        .optional()?;
    let (mut position, mut hash) = last.map_or((0, Vec::new()), |(position, hash)| {
        (position, hash.unwrap_or_default())
    });
    let waiting: Vec<Event> = audit_event::table
        .filter(audit_event::chain_position.is_null())
        .order(audit_event::id)
        .limit(5000)
        .select(Event::as_select())
        .load(tx)?;
    for event in &waiting {
        position += 1;
        hash = event.link(&hash, position);
        diesel::update(audit_event::table.find(event.id))
            .set((
                audit_event::chain_position.eq(position),
                audit_event::chain_hash.eq(&hash),
            ))
            .execute(tx)?;
    }
    Ok(waiting.len())
}

/// Goes along the chain and says whether every link holds.
pub fn verify(tx: &mut Conn) -> Result<ChainReport, Error> {
    let mut report = ChainReport {
        linked: 0,
        unlinked: 0,
        broken: None,
    };
    let mut hash = Vec::new();
    let mut position = 0;
    loop {
        let page: Vec<Event> = audit_event::table
            .filter(audit_event::chain_position.gt(position))
            .order(audit_event::chain_position)
            .limit(5000)
            .select(Event::as_select())
            .load(tx)?;
        if page.is_empty() {
            break;
        }
        for event in page {
            position += 1;
            hash = event.link(&hash, position);
            if event.chain_position != Some(position) {
                report.broken = Some(format!("link {position} is missing"));
                return Ok(report);
            }
            if event.chain_hash.as_ref() != Some(&hash) {
                report.broken = Some(format!(
                    "event {} was changed after it was written",
                    event.id
                ));
                return Ok(report);
            }
            report.linked += 1;
        }
    }
    let unlinked: i64 = audit_event::table
        .filter(audit_event::chain_position.is_null())
        .count()
        .get_result(tx)?;
    report.unlinked = unlinked as usize;
    Ok(report)
}

impl Event {
    /// The hash of this event, its place and the link before it. Lengths go in, so that no two events read alike.
    fn link(&self, before: &[u8], position: i64) -> Vec<u8> {
        let mut digest = Sha256::new();
        digest.update(before);
        digest.update(position.to_le_bytes());
        digest.update(self.id.to_le_bytes());
        digest.update(self.at.and_utc().timestamp_micros().to_le_bytes());
        digest.update(self.actor_id.unwrap_or(-1).to_le_bytes());
        for text in [
            &self.actor_kind,
            &self.actor_label,
            &self.action,
            &self.subject,
            &self.detail,
        ] {
            digest.update((text.len() as u64).to_le_bytes());
            digest.update(text.as_bytes());
        }
        digest.finalize().to_vec()
    }
}
