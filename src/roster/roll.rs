//! The children of a year as they are held: opened to be compared, and told
//! apart from any later state.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use programme::{Person, Sex, Urn, YearGroup};

use super::error::ImportError;
use super::importing::Importing;
use super::pupil_queries::{self, PupilRow};
use crate::identity::{Opened, Purpose, Sealer, Whose, identity_key};
use crate::work::Work;
use roster_reader::{plan::Held, row::child::RosterChild};

/// The children of a year.
#[derive(Debug, Default)]
pub struct Roll {
    /// Those whose names are held.
    pub held: Vec<Held>,
    /// Those whose record cannot be read although its name was not removed.
    pub unreadable: Vec<Unreadable>,
}

/// A child whose record cannot be read. It must not come in a second time, so
/// every row that may be this child waits for a person.
#[derive(Debug, Clone)]
pub struct Unreadable {
    /// The child's number.
    pub pupil: i64,
    /// What is wrong, without a name.
    pub why: String,
    school: i32,
    year_group: String,
    sex: String,
    /// The keyed hash of who it is, with the sealer that makes it.
    key: Option<(Sealer, Vec<u8>)>,
}

impl Unreadable {
    /// Whether a row may be this child: it is, by its key, or it is of the same
    /// school, year group and sex.
    pub fn may_be(&self, child: &RosterChild) -> bool {
        let by_key = self
            .key
            .as_ref()
            .is_some_and(|(sealer, key)| identity_key(sealer, &child.person, 0) == *key);
        by_key
            || (self.school == child.urn.number() as i32
                && self.year_group == child.year_group.code()
                && self.sex == child.sex.code())
    }

    /// What is said of it once for the whole file.
    pub fn notice(&self) -> String {
        format!(
            "The record of child {} (school {}, {}) is damaged and cannot be read: {}. Rows that may be this child wait for a decision. Tell your system administrator this number.",
            self.pupil,
            self.school,
            YearGroup::from_code(&self.year_group)
                .map_or_else(|| self.year_group.clone(), |group| group.to_string()),
            self.why
        )
    }
}

/// The number of the first damaged child that a row may be.
pub(super) fn damaged_child(unreadable: &[Unreadable], child: &RosterChild) -> Option<i64> {
    let found = unreadable.iter().find(|damaged| damaged.may_be(child));
    found.map(|damaged| damaged.pupil)
}

/// A state of the children of a year: another one when any of them was added,
/// changed or removed. What is recorded about them is no part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Basis(u64);

impl Basis {
    fn of<'m>(pupils: &[PupilRow], marks: impl Iterator<Item = (i64, &'m [u8])>) -> Self {
        let mut hasher = DefaultHasher::new();
        pupils.hash(&mut hasher);
        for mark in marks {
            mark.hash(&mut hasher);
        }
        Self(hasher.finish())
    }

    /// Whether the children of a year are still as they were.
    pub(super) fn still_holds(self, work: &mut Work<'_>, year: &str) -> Result<bool, ImportError> {
        let pupils = pupil_queries::pupils_of_year(work.tx, year)?;
        let marks = work.identities.marks_now(work.tx, year)?;
        let marks = marks.iter().map(|(pupil, mark)| (*pupil, mark.as_slice()));
        Ok(Self::of(&pupils, marks) == self)
    }
}

/// Reads and opens the children of a year without holding a lock.
pub(super) fn read(importing: Importing<'_>, year: &str) -> Result<(Roll, Basis), ImportError> {
    let (db, identities) = (importing.db(), &importing.app.identities);
    let (sealer, pupils, sealed) = db.read_now(|tx| -> Result<_, ImportError> {
        // Refused before any work, so that the refusal comes at once.
        let sealer = identities.sealer(tx, year)?;
        let pupils = pupil_queries::pupils_of_year(tx, year)?;
        Ok((sealer, pupils, identities.sealed_year(tx, year)?))
    })?;
    let basis = Basis::of(&pupils, sealed.marks());
    let opened = identities.open_year(db, importing.actor, Purpose::MatchingRoster, sealed)?;
    let roll = db.read_now(|tx| assemble(&mut importing.work(tx), &sealer, pupils, opened))?;
    Ok((roll, basis))
}

/// [`read`] for a person's decision about one child, inside its transaction.
pub(super) fn read_in(work: &mut Work<'_>, year: &str) -> Result<Roll, ImportError> {
    let sealer = work.identities.sealer(work.tx, year)?;
    let pupils = pupil_queries::pupils_of_year(work.tx, year)?;
    let sealed = work.identities.sealed_year(work.tx, year)?;
    let opened =
        work.identities
            .open_year_in(work.tx, work.actor, Purpose::MatchingRoster, sealed)?;
    assemble(work, &sealer, pupils, opened)
}

fn assemble(
    work: &mut Work<'_>,
    sealer: &Sealer,
    pupils: Vec<PupilRow>,
    mut opened: Opened,
) -> Result<Roll, ImportError> {
    let mut damaged: HashMap<i64, String> = opened
        .unreadable
        .drain(..)
        .map(|one| (one.pupil, one.why))
        .collect();
    let mut roll = Roll {
        held: Vec::with_capacity(pupils.len()),
        unreadable: Vec::new(),
    };
    for row in pupils {
        let why = match opened.people.remove(&row.id) {
            Some(person) => match held_child(&row, person) {
                Ok(held) => {
                    roll.held.push(held);
                    continue;
                }
                Err(error) => error.to_string(),
            },
            None if row.name_removed_on.is_some() => continue,
            None => damaged
                .remove(&row.id)
                .unwrap_or_else(|| "its sealed identity is missing".to_owned()),
        };
        roll.unreadable.push(Unreadable {
            pupil: row.id,
            why,
            school: row.school_urn,
            year_group: row.year_group,
            sex: row.sex,
            key: None,
        });
    }
    if !roll.unreadable.is_empty() {
        let pupils: Vec<i64> = roll.unreadable.iter().map(|one| one.pupil).collect();
        let mut keys: HashMap<i64, Option<Vec<u8>>> = work
            .identities
            .keys_of(work.tx, &pupils)?
            .into_iter()
            .collect();
        for one in &mut roll.unreadable {
            let key = keys.remove(&one.pupil).flatten();
            one.key = key.map(|key| (sealer.clone(), key));
        }
    }
    Ok(roll)
}

/// Some children of a year, opened to be looked at, and what to say of those who cannot be read.
pub(super) fn some(
    work: &mut Work<'_>,
    year: &str,
    numbers: &[i64],
) -> Result<(Vec<Held>, Opened), ImportError> {
    if numbers.is_empty() {
        return Ok((Vec::new(), Opened::default()));
    }
    let mut opened = work.identities.open(
        work.tx,
        work.actor,
        Purpose::MatchingRoster,
        Whose::Pupils(numbers),
    )?;
    let mut rows = pupil_queries::pupils_of_year(work.tx, year)?;
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

/// A child held, from its two halves.
pub(super) fn held_child(row: &PupilRow, person: Person) -> Result<Held, ImportError> {
    let damaged = |what| ImportError::DamagedRecord {
        pupil: row.id,
        what,
    };
    Ok(Held {
        pupil: row.id,
        on_roll: row.on_roll,
        child: RosterChild {
            urn: Urn::try_from(row.school_urn).map_err(|_| damaged("school"))?,
            year_group: YearGroup::from_code(&row.year_group)
                .ok_or_else(|| damaged("year group"))?,
            class: person.particulars.class.clone(),
            sex: Sex::parse(&row.sex).map_err(|_| damaged("sex"))?,
            ethnicity: person.particulars.ethnicity,
            sensitive: person.particulars.sensitive,
            person,
        },
    })
}
