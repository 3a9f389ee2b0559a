//! The roster as a file in the canonical columns.

use super::error::ImportError;
use super::pupil_queries;
use super::roll::held_child;
use crate::audit::{self, Disclosure};
use crate::identity::{Purpose, Whose};
use crate::work::Work;
use programme::Urn;
use roster_reader::{plan::Held, row::child::RosterChild};

/// The fields that leave with the file, for the ledger.
const FIELDS: &str = "school, UPN, NHS number, names, date of birth, sex, year group, class, ethnicity, address, parents and carers";

/// What a file of the roster holds.
pub struct Exported {
    /// The children.
    pub children: Vec<RosterChild>,
    /// Children who are missing because their record cannot be read, in words.
    pub damaged: Option<String>,
}

/// The children of a year (and of one school), for a file. Notes in the same
/// transaction that their identities were opened, and that they leave in a file and why.
pub fn children_for_export(
    work: &mut Work<'_>,
    year: &str,
    school: Option<Urn>,
    reason: &str,
) -> Result<Exported, ImportError> {
    let mut pupils = pupil_queries::pupils_of_year(work.tx, year)?;
    if let Some(urn) = school {
        pupils.retain(|pupil| pupil.school_urn == i32::from(urn));
    }
    pupils.retain(|pupil| pupil.on_roll);
    let numbers: Vec<i64> = pupils.iter().map(|pupil| pupil.id).collect();
    let mut opened = work.identities.open(
        work.tx,
        work.actor,
        Purpose::ExportingRoster,
        Whose::Pupils(&numbers),
    )?;
    let mut held: Vec<Held> = pupils
        .into_iter()
        .filter_map(|row| {
            let person = opened.people.remove(&row.id)?;
            Some(held_child(&row, person))
        })
        .collect::<Result<_, _>>()?;
    held.sort_by(|a, b| sort_key(&a.child).cmp(&sort_key(&b.child)));
    let numbers: Vec<i64> = held.iter().map(|held| held.pupil).collect();
    let reference = format!("roster:{year}");
    let disclosure = audit::disclosed(
        work.tx,
        work.actor,
        work.now,
        Disclosure {
            recipient: "file",
            purpose: Purpose::ExportingRoster.code(),
            fields: FIELDS,
            children: numbers.len(),
            pupils: &numbers,
            reference: Some(&reference),
        },
    )?;
    audit::put_reason(work.tx, disclosure, reason)?;
    Ok(Exported {
        children: held.into_iter().map(|held| held.child).collect(),
        damaged: opened.notice(),
    })
}

fn sort_key(child: &RosterChild) -> (Urn, &'static str, &str, &str, &str) {
    let person = &child.person;
    (
        child.urn,
        child.year_group.code(),
        &child.class,
        &person.family_name,
        &person.given_name,
    )
}
