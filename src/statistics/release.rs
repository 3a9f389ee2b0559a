//! A release's life: made, audited, published, withdrawn; each step in one transaction.
//!
//! The one thing to know: a release counts as seen from the moment the disclosure ledger tells of it, because it was
//! published or because a file of it was taken out. From then on it is part of every audit about the same places, and
//! nothing takes it out again.

use std::fmt;
use std::time::Instant;

use chrono::{NaiveDate, NaiveDateTime};
use disclosure::{
    AcademicYear, Audience, BadTable, Evidence, History, NotAWord, Refused, Release, Request,
    audit_again,
};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;

use super::aggregate::raw_table;
use super::queries::{self, NewRelease, ReleaseRow, Whose};
use crate::audit::{self, Actor, Disclosure};
use crate::db::{self, Conn};
use crate::identity::{Key, Keyring, KeyringError};

/// Where a release is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseState {
    /// Made; its audit found something that is exposed. It can only be withdrawn.
    Draft,
    /// Made; its audit passed.
    Audited,
    /// Its audience sees it.
    Published,
    /// Nobody sees it any more; those who saw it remember.
    Withdrawn,
}

impl ReleaseState {
    /// The word in the table.
    pub fn code(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Audited => "audited",
            Self::Published => "published",
            Self::Withdrawn => "withdrawn",
        }
    }

    fn of_code(code: &str) -> Option<Self> {
        [Self::Draft, Self::Audited, Self::Published, Self::Withdrawn]
            .into_iter()
            .find(|state| state.code() == code)
    }

    /// After an audit.
    fn audited(self, passed: bool) -> Self {
        match self {
            Self::Draft | Self::Audited if passed => Self::Audited,
            Self::Draft | Self::Audited => Self::Draft,
            Self::Published | Self::Withdrawn => self,
        }
    }

    /// To be seen by its audience.
    fn publish(self, number: i64) -> Result<Self, ReleaseError> {
        match self {
            Self::Audited => Ok(Self::Published),
            Self::Draft => Err(ReleaseError::NotSafe { number }),
            Self::Published | Self::Withdrawn => Err(ReleaseError::NotFromHere {
                number,
                state: self,
            }),
        }
    }

    /// To be seen no more.
    fn withdraw(self, number: i64) -> Result<Self, ReleaseError> {
        match self {
            Self::Withdrawn => Err(ReleaseError::NotFromHere {
                number,
                state: self,
            }),
            Self::Draft | Self::Audited | Self::Published => Ok(Self::Withdrawn),
        }
    }
}

impl fmt::Display for ReleaseState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

/// What a user can cause.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// No such audience or year.
    #[error(transparent)]
    Words(#[from] NotAWord),
    /// The URN is none.
    #[error("“{0}” is not a URN: a school's audience is school: and six digits")]
    Urn(String),
    /// The counts do not add up.
    #[error(transparent)]
    Counts(#[from] BadTable),
    /// The request does not fit the counts.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// No such release.
    #[error("there is no release {0}")]
    Unknown(i64),
    /// The audit found something.
    #[error(
        "release {number} cannot be shown to anybody: together with what was shown before it would expose somebody. Nothing was published. Make it again; what would expose is then left out"
    )]
    NotSafe {
        /// The release.
        number: i64,
    },
    /// Not a step from where it is.
    #[error("release {number} is {state} already; nothing was changed")]
    NotFromHere {
        /// The release.
        number: i64,
        /// Where it is.
        state: ReleaseState,
    },
    /// Stored under another key, or changed.
    #[error("release {number}: {source}")]
    Sealed {
        /// The release.
        number: i64,
        /// What is wrong with it.
        source: disclosure::NotOurs,
    },
    /// The keyring.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The database refused.
    #[error(transparent)]
    Database(#[from] db::Error),
    /// Not the user's doing.
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

/// What reads and writes sealed releases: the server's key.
#[derive(Clone)]
pub struct Shelf(Key);

impl Shelf {
    /// The shelf of this keyring.
    pub fn open(keyring: &Keyring) -> Result<Self, ReleaseError> {
        Ok(Self(keyring.server()?))
    }

    fn seal(&self, bytes: &[u8]) -> Vec<u8> {
        let key: &[u8; 32] = &self.0;
        // A key of this length is always accepted; an empty code is refused when a release is restored.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
            return Vec::new();
        };
        mac.update(b"stature release");
        mac.update(bytes);
        mac.finalize().into_bytes().to_vec()
    }

    fn restore(&self, number: i64, frozen: &str) -> Result<Release, ReleaseError> {
        Release::restore(frozen, |bytes| self.seal(bytes))
            .map_err(|source| ReleaseError::Sealed { number, source })
    }
}

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
    let started = Instant::now();
    let whose = whose(audience)?;
    let labels: Vec<String> = years.iter().map(ToString::to_string).collect();
    let counted = queries::count_children(tx, &whose, &labels)?;
    let raw = raw_table(today, &counted)?;
    let number = queries::next_number(tx)?;
    let shown = shown_before(tx, shelf, audience, None)?;
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
        state: ReleaseState::Draft.audited(evidence.passed()).code(),
        as_at: today,
        evidence: text(&evidence)?,
        audit_passed: evidence.passed(),
        frozen: release
            .store(|bytes| shelf.seal(bytes))
            .map_err(anyhow::Error::from)?,
        made_by: actor.label.clone(),
        made_at: now,
    };
    let records: Vec<[String; 16]> = release.table().records().collect();
    queries::put_release(tx, &new, &records)?;
    note(tx, actor, now, "release.made", number, &evidence)?;
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
    let (row, release) = load(tx, shelf, number)?;
    let state = state_of(&row)?;
    let evidence = audited(tx, shelf, &release)?;
    let after = state.audited(evidence.passed());
    queries::put_state(
        tx,
        number,
        after.code(),
        &text(&evidence)?,
        evidence.passed(),
        row.published_at,
        row.withdrawn_at,
    )?;
    note(tx, actor, now, "release.audited", number, &evidence)?;
    Ok(evidence)
}

/// Shows a release to its audience. It is audited once more: others may have been shown since it was made.
pub fn publish(
    tx: &mut Conn,
    shelf: &Shelf,
    actor: &Actor,
    now: NaiveDateTime,
    number: i64,
) -> Result<Release, ReleaseError> {
    let (row, release) = load(tx, shelf, number)?;
    let evidence = audited(tx, shelf, &release)?;
    let state = state_of(&row)?.audited(evidence.passed()).publish(number)?;
    queries::put_state(
        tx,
        number,
        state.code(),
        &text(&evidence)?,
        true,
        Some(now),
        None,
    )?;
    tell_ledger(tx, actor, now, &release, &row.audience)?;
    note(tx, actor, now, "release.published", number, &evidence)?;
    Ok(release)
}

/// Takes a release back. What was shown stays in every later audit.
pub fn withdraw(
    tx: &mut Conn,
    actor: &Actor,
    now: NaiveDateTime,
    number: i64,
) -> Result<(), ReleaseError> {
    let row = queries::release(tx, number)?.ok_or(ReleaseError::Unknown(number))?;
    let state = state_of(&row)?.withdraw(number)?;
    queries::put_state(
        tx,
        number,
        state.code(),
        &row.evidence,
        row.audit_passed,
        row.published_at,
        Some(now),
    )?;
    audit::event(
        tx,
        actor,
        now,
        "release.withdrawn",
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
    if state_of(&row)? == ReleaseState::Published && release.evidence().passed() {
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
    let (row, release) = load(tx, shelf, number)?;
    if row.published_at.is_none() && !audited(tx, shelf, &release)?.passed() {
        return Err(ReleaseError::NotSafe { number });
    }
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

/// The name of an audience, as titles say it.
pub fn audience_name(tx: &mut Conn, audience: &Audience) -> Result<String, ReleaseError> {
    Ok(match queries::contact(tx, &whose(audience)?)? {
        Some((name, _)) => name,
        None if *audience == Audience::Public => "Everybody".to_owned(),
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
        Audience::School(urn) => {
            Whose::School(urn.parse().map_err(|_| ReleaseError::Urn(urn.clone()))?)
        }
        Audience::Authority(code) => Whose::Authority(code.clone()),
        Audience::Public => Whose::Everybody,
    })
}

fn state_of(row: &ReleaseRow) -> Result<ReleaseState, ReleaseError> {
    ReleaseState::of_code(&row.state)
        .ok_or_else(|| anyhow::anyhow!("release {} is in no known state", row.id).into())
}

fn shown_before(
    tx: &mut Conn,
    shelf: &Shelf,
    audience: &Audience,
    but: Option<i64>,
) -> Result<Vec<Release>, ReleaseError> {
    queries::shown_releases(tx, &audience.to_string())?
        .into_iter()
        .filter(|(number, _)| Some(*number) != but)
        .map(|(number, frozen)| shelf.restore(number, &frozen))
        .collect()
}

fn audited(tx: &mut Conn, shelf: &Shelf, release: &Release) -> Result<Evidence, ReleaseError> {
    let started = Instant::now();
    let shown = shown_before(
        tx,
        shelf,
        release.audience(),
        Some(i64::from(release.number())),
    )?;
    let mut evidence = audit_again(release, &History::of(&shown));
    evidence.seconds = started.elapsed().as_secs_f64();
    Ok(evidence)
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
    action: &str,
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
