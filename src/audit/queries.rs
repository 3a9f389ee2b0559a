//! The rows of the three books.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use programme::Coded as _;

use super::action::Action;
use super::actor::Actor;
use super::subject::{stored, stored_many, subjects_of_pupils};
use crate::db::dialect::NewEvent;
use crate::db::schema::{access, audit_event, disclosure};
use crate::db::{Conn, Error, dialect};

/// Which children an access touched.
#[derive(Clone, Copy, Debug)]
pub enum Touched<'a> {
    /// These, one by one.
    Pupils(&'a [i64]),
    /// Every child of a year, compared by the machine and shown to nobody: one row instead of a hundred thousand.
    WholeYear {
        /// The academic year.
        year: &'a str,
        /// How many children that was.
        pupils: usize,
    },
}

/// What leaves the organisation.
#[derive(Clone, Copy, Debug)]
pub struct Disclosure<'a> {
    /// To whom, without naming a person: `parent`, `school:900101`, `la:999`, `public`, `file`.
    pub recipient: &'a str,
    /// For what purpose.
    pub purpose: &'a str,
    /// Which fields.
    pub fields: &'a str,
    /// How many children it tells of.
    pub children: usize,
    /// The children, where single children are told of; empty for aggregates.
    pub pupils: &'a [i64],
    /// What it was: `letter:12`, `release:3`.
    pub reference: Option<&'a str>,
}

/// Something that was done to a child's record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// What: `measurement.undone`.
    pub action: String,
    /// When, UTC.
    pub at: NaiveDateTime,
    /// Name of the person, job or command.
    pub by: String,
}

/// What was done to the records of these children, a page of a list at most, of these actions: by child, the newest
/// first. Nothing about a child whose name has gone.
pub fn done_to(
    tx: &mut Conn,
    pupils: &[i64],
    actions: &[Action],
) -> Result<HashMap<i64, Vec<Done>>, Error> {
    let subjects = subjects_of_pupils(tx, pupils)?;
    let wanted: Vec<&str> = subjects.keys().map(String::as_str).collect();
    let rows: Vec<(String, String, NaiveDateTime, String)> = audit_event::table
        .filter(audit_event::subject.eq_any(wanted))
        .filter(audit_event::action.eq_any(actions.iter().map(|action| action.code())))
        .order(audit_event::id.desc())
        .select((
            audit_event::subject,
            audit_event::action,
            audit_event::at,
            audit_event::actor_label,
        ))
        .load(tx)?;
    let mut done: HashMap<i64, Vec<Done>> = HashMap::new();
    for (subject, action, at, by) in rows {
        if let Some(pupil) = subjects.get(&subject) {
            let one = Done { action, at, by };
            done.entry(*pupil).or_default().push(one);
        }
    }
    Ok(done)
}

/// Notes an event. `subject` is what it was done to (`pupil:12`; children and letters are stored as a keyed hash),
/// `detail` counts and codes; never a name. Of an event about a child, details that would single it out later are left
/// out.
pub fn event(
    tx: &mut Conn,
    actor: &Actor,
    at: NaiveDateTime,
    action: Action,
    subject: &str,
    detail: &serde_json::Value,
) -> Result<(), Error> {
    let stored = stored(tx, subject)?;
    let detail = if stored != subject && action.singles_out() {
        "{}".to_owned()
    } else {
        detail.to_string()
    };
    diesel::insert_into(audit_event::table)
        .values((
            audit_event::at.eq(at),
            audit_event::actor_kind.eq(actor.kind.code()),
            audit_event::actor_id.eq(actor.id),
            audit_event::actor_label.eq(&actor.label),
            audit_event::action.eq(action.code()),
            audit_event::subject.eq(stored),
            audit_event::detail.eq(detail),
        ))
        .execute(tx)?;
    Ok(())
}

/// Notes very many events of one actor at one time: action, subject, detail of each.
pub fn events(
    tx: &mut Conn,
    actor: &Actor,
    at: NaiveDateTime,
    events: impl Iterator<Item = (Action, String, serde_json::Value)>,
) -> Result<(), Error> {
    let events: Vec<_> = events.collect();
    let subjects: Vec<&str> = events
        .iter()
        .map(|(_, subject, _)| subject.as_str())
        .collect();
    let stored = stored_many(tx, &subjects)?;
    let rows = events
        .into_iter()
        .zip(stored)
        .map(|((action, subject, detail), stored)| NewEvent {
            at,
            actor_kind: actor.kind.code(),
            actor_id: actor.id,
            actor_label: &actor.label,
            action: action.code(),
            detail: if stored != subject && action.singles_out() {
                "{}".to_owned()
            } else {
                detail.to_string()
            },
            subject: stored,
        });
    dialect::insert_events(tx, rows.collect())
}

/// Notes that identities were unsealed.
pub fn accessed(
    tx: &mut Conn,
    actor: &Actor,
    at: NaiveDateTime,
    purpose: &str,
    touched: Touched<'_>,
) -> Result<(), Error> {
    let (kind, year, count) = match touched {
        Touched::Pupils([]) | Touched::WholeYear { pupils: 0, .. } => return Ok(()),
        Touched::Pupils(pupils) => ("pupils", None, pupils.len()),
        Touched::WholeYear { year, pupils } => ("year", Some(year), pupils),
    };
    let id: i64 = diesel::insert_into(access::table)
        .values((
            access::at.eq(at),
            access::actor_kind.eq(actor.kind.code()),
            access::actor_id.eq(actor.id),
            access::actor_label.eq(&actor.label),
            access::purpose.eq(purpose),
            access::scope_kind.eq(kind),
            access::year_label.eq(year),
            access::pupil_count.eq(count as i32),
        ))
        .returning(access::id)
        .get_result(tx)?;
    if let Touched::Pupils(pupils) = touched {
        dialect::insert_access_pupils(tx, id, pupils)?;
    }
    Ok(())
}

/// Writes a row of the disclosure ledger; returns its number.
pub fn disclosed(
    tx: &mut Conn,
    actor: &Actor,
    at: NaiveDateTime,
    what: Disclosure<'_>,
) -> Result<i64, Error> {
    let id: i64 = diesel::insert_into(disclosure::table)
        .values((
            disclosure::at.eq(at),
            disclosure::actor_kind.eq(actor.kind.code()),
            disclosure::actor_id.eq(actor.id),
            disclosure::actor_label.eq(&actor.label),
            disclosure::recipient.eq(what.recipient),
            disclosure::purpose.eq(what.purpose),
            disclosure::fields.eq(what.fields),
            disclosure::child_count.eq(what.children as i32),
            disclosure::reference.eq(what.reference),
        ))
        .returning(disclosure::id)
        .get_result(tx)?;
    dialect::insert_disclosure_pupils(tx, id, what.pupils)?;
    Ok(id)
}

/// Notes why a person took something out.
pub fn put_reason(tx: &mut Conn, disclosure_id: i64, reason: &str) -> Result<(), Error> {
    diesel::update(disclosure::table.find(disclosure_id))
        .set(disclosure::reason.eq(reason))
        .execute(tx)?;
    Ok(())
}
