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

/// The last link of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its position, from 1.
    pub position: i64,
    /// Its hash.
    pub hash: Vec<u8>,
}

/// An event as it is hashed.
#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_event)]
pub(super) struct Event {
    pub(super) id: i64,
    at: NaiveDateTime,
    actor_kind: String,
    actor_id: Option<i64>,
    actor_label: String,
    pub(super) action: String,
    pub(super) subject: String,
    pub(super) detail: String,
    pub(super) chain_position: Option<i64>,
    pub(super) chain_hash: Option<Vec<u8>>,
}

/// What going along the chain found.
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

/// What [`link_events`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Linked {
    /// Events linked.
    pub(super) events: usize,
    /// The last link there is now.
    pub(super) head: Option<Head>,
    /// Whether the head that was kept is a link of this chain; true when none was kept.
    pub(super) fits_kept: bool,
}

/// Whether no event has been linked yet.
pub(super) fn nothing_linked(tx: &mut Conn) -> Result<bool, Error> {
    Ok(last_link(tx)?.is_none())
}

/// The last link of the chain.
fn last_link(tx: &mut Conn) -> Result<Option<Head>, Error> {
    let last: Option<(i64, Option<Vec<u8>>)> = audit_event::table
        .filter(audit_event::chain_position.is_not_null())
        .order(audit_event::chain_position.desc())
        .select((
            audit_event::chain_position.assume_not_null(),
            audit_event::chain_hash,
        ))
        .first(tx)
        .optional()?;
    Ok(last.map(|(position, hash)| Head {
        position,
        hash: hash.unwrap_or_default(),
    }))
}

/// Whether `kept` is a link of the chain.
pub(super) fn is_on_the_chain(tx: &mut Conn, kept: &Head) -> Result<bool, Error> {
    let found: Option<Option<Vec<u8>>> = audit_event::table
        .filter(audit_event::chain_position.eq(kept.position))
        .select(audit_event::chain_hash)
        .first(tx)
        .optional()?;
    Ok(found.flatten().as_ref() == Some(&kept.hash))
}

/// Links up to 5,000 events that are not linked yet. One process at a time does it.
pub(super) fn link_events(tx: &mut Conn, kept: Option<&Head>) -> Result<Linked, Error> {
    dialect::lock_audit_chain(tx)?;
    let fits_kept = match kept {
        Some(kept) => is_on_the_chain(tx, kept)?,
        None => true,
    };
    let mut head = last_link(tx)?;
    let waiting: Vec<Event> = audit_event::table
        .filter(audit_event::chain_position.is_null())
        .order(audit_event::id)
        .limit(5000)
        .select(Event::as_select())
        .load(tx)?;
    for event in &waiting {
        let (before, position) = head.as_ref().map_or((&[][..], 1), |head| {
            (head.hash.as_slice(), head.position + 1)
        });
        let hash = event.link(before, position);
        diesel::update(audit_event::table.find(event.id))
            .set((
                audit_event::chain_position.eq(position),
                audit_event::chain_hash.eq(&hash),
            ))
            .execute(tx)?;
        head = Some(Head { position, hash });
    }
    Ok(Linked {
        events: waiting.len(),
        head,
        fits_kept,
    })
}

/// Goes along the chain and says whether every link holds and whether it reaches the head that was kept.
pub(super) fn verify(tx: &mut Conn, kept: Option<&Head>) -> Result<ChainReport, Error> {
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
            report.broken = fault(&event, position, &hash, kept);
            if report.broken.is_some() {
                return Ok(report);
            }
            report.linked += 1;
        }
    }
    if let Some(kept) = kept.filter(|kept| kept.position > position) {
        report.broken = Some(format!(
            "the last {} events were deleted: the chain ends at link {position}, and the head kept beside the keyring is link {}",
            kept.position - position,
            kept.position
        ));
        return Ok(report);
    }
    let unlinked: i64 = audit_event::table
        .filter(audit_event::chain_position.is_null())
        .count()
        .get_result(tx)?;
    report.unlinked = unlinked as usize;
    Ok(report)
}

/// What is wrong with the event at `position`, whose hash should be `hash`.
fn fault(event: &Event, position: i64, hash: &[u8], kept: Option<&Head>) -> Option<String> {
    if event.chain_position != Some(position) {
        return Some(format!("link {position} is missing"));
    }
    if event.chain_hash.as_deref() != Some(hash) {
        return Some(format!(
            "event {} was changed after it was written",
            event.id
        ));
    }
    if kept.is_some_and(|kept| kept.position == position && kept.hash != hash) {
        return Some(format!(
            "link {position} is not the one whose hash is kept beside the keyring: events up to it were rewritten"
        ));
    }
    None
}

impl Event {
    /// The hash of this event, its place and the link before it. Lengths go in, so that no two events read alike.
    pub(super) fn link(&self, before: &[u8], position: i64) -> Vec<u8> {
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
