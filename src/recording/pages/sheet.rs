//! The class list: the children of a school with what stands for each.

use super::filter::Filter;
use crate::access::Scope;
use crate::error::AppError;
use crate::identity::{Opened, Purpose, Whose, noticed_damage};
use crate::measurement::outcomes::outcomes_of_school;
use crate::measurement::sheet::{self, Row};
use crate::records::outcome::histories_of_school;
use crate::records::pupil::{OutcomeKind, Pupil, on_roll_of_school};
use crate::records::school;
use crate::records::year::current_year;
use crate::work::Work;

/// A school with what stands for its children.
pub(super) struct Sheet {
    pub(super) school: String,
    pub(super) has_closed: bool,
    pub(super) year: String,
    pub(super) classes: Vec<(String, usize)>,
    /// Children of the school whose record cannot be read, in words.
    pub(super) damaged: Option<String>,
    pub(super) rows: Vec<Row>,
}

/// Whether the list is opened with names for the one who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Names {
    /// With names and classes.
    Opened,
    /// Without.
    LeftOut,
}

/// The list of a school in scope.
pub(super) fn sheet(
    work: &mut Work<'_>,
    scope: &Scope,
    urn: i32,
    filter: &Filter,
    with: Names,
) -> Result<Sheet, AppError> {
    if !scope.covers(urn) {
        return Err(AppError::NotFound);
    }
    filter.check()?;
    let school = school::name(work.tx, urn)?.ok_or(AppError::NotFound)?;
    let has_closed = school::has_closed(work.tx, urn)?;
    let year = current_year(work.tx, work.today)?.ok_or(AppError::NotFound)?;
    let pupils = on_roll_of_school(work.tx, &year, urn)?;
    let (names, classes, damaged) = match with {
        Names::Opened => names_and_classes(work, &year, &pupils, filter)?,
        Names::LeftOut => (None, Vec::new(), None),
    };
    let shown: Vec<Pupil> = pupils
        .into_iter()
        .filter(|pupil| filter.shows(pupil, names.as_ref()))
        .collect();
    let names = match names {
        Some(names) => names,
        None => Opened {
            unreadable: noticed_damage(work.tx)?,
            ..Opened::default()
        },
    };
    let outcomes = outcomes_of_school(work.tx, &year, urn)?;
    let histories = histories_of_school(work.tx, &year, urn)?;
    let mut rows = sheet::rows(&shown, &names, &outcomes, &histories, work.today);
    for row in &mut rows {
        row.again = filter.again == Some(row.id) && row.outcome == OutcomeKind::Measured;
        row.note_fields();
    }
    Ok(Sheet {
        school,
        has_closed,
        year,
        classes,
        damaged,
        rows,
    })
}

/// Names to show, where any are, the classes of the whole school with how many children each has, and what to say of
/// children whose record cannot be read: without it nobody knows which class they are in.
type NamesAndClasses = (Option<Opened>, Vec<(String, usize)>, Option<String>);

/// The names to show, and the classes of the whole school for the filter. The class is sealed with the name: where only
/// some children are shown, the whole school is opened for the machine to compare, and then those children are opened
/// for the recorder. Both stand in the access log.
fn names_and_classes(
    work: &mut Work<'_>,
    year: &str,
    pupils: &[Pupil],
    filter: &Filter,
) -> Result<NamesAndClasses, AppError> {
    let everybody: Vec<i64> = pupils.iter().map(|pupil| pupil.id).collect();
    if filter.shows_everybody() {
        let names = open(work, Whose::Pupils(&everybody))?;
        let (classes, damaged) = (sheet::classes(&names.people), names.notice());
        return Ok((Some(names), classes, damaged));
    }
    let compared = open(work, Whose::PartOfYear(year, &everybody))?;
    let (classes, damaged) = (sheet::classes(&compared.people), compared.notice());
    let shown: Vec<i64> = pupils
        .iter()
        .filter(|pupil| filter.shows(pupil, Some(&compared)))
        .map(|pupil| pupil.id)
        .collect();
    drop(compared);
    let names = open(work, Whose::Pupils(&shown))?;
    Ok((Some(names), classes, damaged))
}

fn open(work: &mut Work<'_>, whose: Whose<'_>) -> Result<Opened, AppError> {
    Ok(work
        .identities
        .open(work.tx, work.actor, Purpose::Recording, whose)?)
}
