//! A release's life: made, audited, published, withdrawn; each step in one transaction.
//!
//! A release counts as shown from the moment it is published or a file of it is taken out. From then on it is part of
//! every audit about the same places, and nothing takes it out again: no withdrawal, and no restore of an older backup,
//! because what was shown is also kept beside the keys (`shown.rs`). Every step that shows something, or depends on what
//! was shown, first takes the places for itself, so that of two at the same moment the second sees the first.

use std::time::Instant;

use chrono::{NaiveDate, NaiveDateTime};
use disclosure::{Evidence, History, Refused, Release, Request, audit_again};
use programme::{AcademicYear, Audience};
use serde_json::json;

use super::aggregate::raw_table;
use super::authorities::published_with;
use super::cautions::cautions;
use super::error::ReleaseError;
use super::queries::{self, NewRelease, ReleaseRow, Whose};
use super::shelf::Shelf;
use super::shown;
use super::state::ReleaseState;
use crate::audit::{self, Action, Actor, Disclosure};
use crate::db::{Conn, dialect};
use crate::identity::{Key, Keyring};

/// Makes a release of the counts as they are now; returns its number and the result of its audit.
pub fn make(
    tx: &mut Conn,
    shelf: &Shelf,
    actor: &Actor,
    now: NaiveDateTime,
    today: NaiveDate,
    audience: &Audience,
    years: &[AcademicYear],
) -> Result<(i64, Evidence), ReleaseError> {
    shelf.require_key()?;
    let started = Instant::now();
    let whose = whose(audience)?;
    // Two who make a release at once would give both the same number.
    dialect::take_release_numbers(tx)?;
    dialect::take_releases(tx, whose.school())?;
    let labels: Vec<String> = years.iter().map(ToString::to_string).collect();
    let counted = queries::count_children(tx, &whose, &labels)?;
    let raw = raw_table(today, &counted)?;
    let number = shown::next_number(tx, shelf)?;
    let shown = shown::shown_about(tx, shelf, audience)?;
    let request = Request {
        number: u32::try_from(number).map_err(anyhow::Error::from)?,
        audience: audience.clone(),
        years: years.to_vec(),
    };
    let release = disclosure::make(&raw, &request, &History::of(&shown))?
        .took(started.elapsed().as_secs_f64());
    let evidence = release.evidence().clone();
    let mut labels = labels;
    labels.sort();
    let name = audience_name(tx, audience)?;
    let new = NewRelease {
        id: number,
        audience: audience.to_string(),
        title: format!("{name}, {}", spoken_years(&labels)),
        years: labels.join(";"),
        state: ReleaseState::Draft.audited(evidence.passed()),
        as_at: today,
        evidence: text(&evidence)?,
        audit_passed: evidence.passed(),
        needs_care: !cautions(release.table()).is_empty(),
        frozen: release
            .store(|bytes| shelf.seal(bytes))
            .map_err(anyhow::Error::from)?,
        made_by: actor.label.clone(),
        made_at: now,
    };
    let records: Vec<[String; 16]> = release.table().records().collect();
    queries::put_release(tx, &new, &records)?;
    note(tx, actor, now, Action::ReleaseMade, number, &evidence)?;
    Ok((number, evidence))
}

/// Audits a release again, against everything shown by now, and writes the result down.
pub fn audit(
    tx: &mut Conn,
    shelf: &Shelf,
    actor: &Actor,
    now: NaiveDateTime,
    number: i64,
) -> Result<Evidence, ReleaseError> {
    shelf.require_key()?;
    let (row, release) = load_alone(tx, shelf, number)?;
    let state = row.state;
    let (evidence, _) = audited(tx, shelf, &row, &release)?;
    let after = state.audited(evidence.passed());
    queries::put_state(
        tx,
        number,
        after,
        &text(&evidence)?,
        evidence.passed(),
        row.published_at,
        row.withdrawn_at,
    )?;
    note(tx, actor, now, Action::ReleaseAudited, number, &evidence)?;
    Ok(evidence)
}

/// Shows a release to its audience. It is audited once more, together with everything about the same places that was
/// ever shown: others may have been shown since it was made. One made before a release already shown is refused, because
/// it was made without knowing of that one. Drafts made before it can be published no more.
pub fn publish(
    tx: &mut Conn,
    shelf: &Shelf,
    actor: &Actor,
    now: NaiveDateTime,
    number: i64,
) -> Result<Release, ReleaseError> {
    shelf.require_key()?;
    let (row, release) = load_alone(tx, shelf, number)?;
    let (evidence, later) = audited(tx, shelf, &row, &release)?;
    // A step that cannot be is told first: a withdrawn release is not one to make again.
    let state = row.state.audited(true).publish(number)?;
    if let Some(by) = later {
        return Err(ReleaseError::Superseded { number, by });
    }
    if !evidence.passed() {
        return Err(ReleaseError::NotSafe { number });
    }
    shown::enter(tx, shelf, &row)?;
    queries::put_state(tx, number, state, &text(&evidence)?, true, Some(now), None)?;
    tell_ledger(tx, actor, now, &release, &row.audience)?;
    note(tx, actor, now, Action::ReleasePublished, number, &evidence)?;
    Ok(release)
}

/// Takes a release back. What was shown stays in every later audit.
pub(super) fn withdraw(
    tx: &mut Conn,
    actor: &Actor,
    now: NaiveDateTime,
    number: i64,
) -> Result<(), ReleaseError> {
    let audience = queries::release(tx, number)?
        .ok_or(ReleaseError::Unknown(number))?
        .audience
        .parse()?;
    dialect::take_releases(tx, whose(&audience)?.school())?;
    // Again, because another may have changed it until now.
    let row = queries::release(tx, number)?.ok_or(ReleaseError::Unknown(number))?;
    let state = row.state.withdraw(number)?;
    queries::put_state(
        tx,
        number,
        state,
        &row.evidence,
        row.audit_passed,
        row.published_at,
        Some(now),
    )?;
    audit::event(
        tx,
        actor,
        now,
        Action::ReleaseWithdrawn,
        &format!("release:{number}"),
        &json!({}),
    )?;
    Ok(())
}

/// A release that its audience sees: published, and with the evidence of a passed audit under its seal, whatever the
/// row beside it says.
pub fn load_published(
    tx: &mut Conn,
    shelf: &Shelf,
    number: i64,
) -> Result<(ReleaseRow, Release), ReleaseError> {
    let (row, release) = load(tx, shelf, number)?;
    if row.state == ReleaseState::Published && release.evidence().passed() {
        Ok((row, release))
    } else {
        Err(ReleaseError::Unknown(number))
    }
}

/// A release whose file leaves the house: from now on it counts as seen, published or not.
pub fn take_out(
    tx: &mut Conn,
    shelf: &Shelf,
    actor: &Actor,
    now: NaiveDateTime,
    number: i64,
) -> Result<Release, ReleaseError> {
    let (row, release) = load_alone(tx, shelf, number)?;
    let (evidence, later) = audited(tx, shelf, &row, &release)?;
    if row.published_at.is_none() {
        shelf.require_key()?;
        if let Some(by) = later {
            return Err(ReleaseError::Superseded { number, by });
        }
        if !evidence.passed() {
            return Err(ReleaseError::NotSafe { number });
        }
    }
    shown::enter(tx, shelf, &row)?;
    tell_ledger(tx, actor, now, &release, "file")?;
    Ok(release)
}

/// A release with its row, if both belong together.
pub fn load(
    tx: &mut Conn,
    shelf: &Shelf,
    number: i64,
) -> Result<(ReleaseRow, Release), ReleaseError> {
    let row = queries::release(tx, number)?.ok_or(ReleaseError::Unknown(number))?;
    let release = shelf.restore(number, &row.frozen)?;
    // The seal is over the text alone: one moved to another row is whole, and not this row's.
    let same = i64::from(release.number()) == number
        && release.audience().to_string() == row.audience
        && release.as_at() == row.as_at;
    if same {
        Ok((row, release))
    } else {
        let source = disclosure::NotOurs;
        Err(ReleaseError::Sealed { number, source })
    }
}

/// Seals every release with a new server key, after the old one was lost: those of the database and those of the book
/// beside the keys. Returns how many the database holds.
pub fn reseal(tx: &mut Conn, keyring: &Keyring, key: &Key) -> Result<usize, ReleaseError> {
    let shelf = Shelf::with_key(keyring, key);
    let anew = |number: i64, frozen: &str| -> Result<Option<String>, ReleaseError> {
        // One that cannot be read stays as it is: it was damaged before the key was lost.
        let Ok(release) = Release::restore_without_seal(frozen) else {
            tracing::error!(release = number, "the release cannot be read");
            return Ok(None);
        };
        let text = release
            .store(|bytes| shelf.seal(bytes))
            .map_err(anyhow::Error::from)?;
        Ok(Some(text))
    };
    let mut resealed = 0;
    for (number, frozen) in queries::frozen_releases(tx)? {
        if let Some(text) = anew(number, &frozen)? {
            queries::put_frozen(tx, number, &text)?;
            resealed += 1;
        }
    }
    shelf.book().rewrite(anew)?;
    Ok(resealed)
}

/// The name of an audience, as titles say it.
pub fn audience_name(tx: &mut Conn, audience: &Audience) -> Result<String, ReleaseError> {
    Ok(match queries::contact(tx, &whose(audience)?)? {
        Some((name, _)) => name,
        None if *audience == Audience::Public => "Figures by local authority".to_owned(),
        None => return Err(Refused::UnknownAudience(audience.clone()).into()),
    })
}

/// The years as words: `2024-25 to 2026-27`.
pub(super) fn spoken_years(labels: &[String]) -> String {
    match labels {
        [] => String::new(),
        [only] => only.clone(),
        [first, .., last] => format!("{first} to {last}"),
    }
}

pub(super) fn whose(audience: &Audience) -> Result<Whose, ReleaseError> {
    Ok(match audience {
        Audience::School(urn) => Whose::School(urn.number() as i32),
        Audience::Authority(code) => match published_with(code) {
            None => Whose::Authority(code.clone()),
            Some(with) => {
                let code = code.clone();
                return Err(ReleaseError::PublishedWith { code, with });
            }
        },
        Audience::Public => Whose::Everybody,
    })
}

/// A release whose places nobody else can show anything about until the transaction ends.
pub(super) fn load_alone(
    tx: &mut Conn,
    shelf: &Shelf,
    number: i64,
) -> Result<(ReleaseRow, Release), ReleaseError> {
    let row = queries::release(tx, number)?.ok_or(ReleaseError::Unknown(number))?;
    dialect::take_releases(tx, whose(&row.audience.parse()?)?.school())?;
    // Again, because another may have changed it until now.
    load(tx, shelf, number)
}

/// The audit of a release together with everything else about its places that was ever shown, and the latest release
/// of those that was made after it.
fn audited(
    tx: &mut Conn,
    shelf: &Shelf,
    row: &ReleaseRow,
    release: &Release,
) -> Result<(Evidence, Option<i64>), ReleaseError> {
    let started = Instant::now();
    let mut shown = shown::shown_about(tx, shelf, release.audience())?;
    shown.retain(|other| other != release);
    let later = shown
        .iter()
        .map(|other| i64::from(other.number()))
        .filter(|other| *other > row.id)
        .max();
    let mut evidence = audit_again(release, &History::of(&shown));
    evidence.seconds = started.elapsed().as_secs_f64();
    Ok((evidence, later))
}

fn tell_ledger(
    tx: &mut Conn,
    actor: &Actor,
    now: NaiveDateTime,
    release: &Release,
    recipient: &str,
) -> Result<(), ReleaseError> {
    let children: u32 = release
        .table()
        .rows()
        .iter()
        .filter(|row| row.measure == disclosure::Measure::Participation)
        .filter_map(|row| match row.numerator {
            disclosure::Value::Count(children) => Some(children),
            _ => None,
        })
        .sum();
    let what = Disclosure {
        recipient,
        purpose: "statistics",
        fields: "participation, bmi_category (suppressed, rounded, audited)",
        children: children as usize,
        pupils: &[],
        reference: Some(&format!("release:{}", release.number())),
    };
    audit::disclosed(tx, actor, now, what)?;
    Ok(())
}

fn note(
    tx: &mut Conn,
    actor: &Actor,
    now: NaiveDateTime,
    action: Action,
    number: i64,
    evidence: &Evidence,
) -> Result<(), ReleaseError> {
    let detail = serde_json::to_value(evidence).map_err(anyhow::Error::from)?;
    audit::event(
        tx,
        actor,
        now,
        action,
        &format!("release:{number}"),
        &detail,
    )?;
    Ok(())
}

fn text(evidence: &Evidence) -> Result<String, ReleaseError> {
    Ok(serde_json::to_string(evidence).map_err(anyhow::Error::from)?)
}
