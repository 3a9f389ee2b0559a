//! The flags that change what happens with a child.

use programme::Person;
use serde::Serialize;

use super::{correct, queries};
use crate::access::Scope;
use crate::audit::{self, Action};
use crate::error::{AppError, internal};
use crate::records::pupil::{self, Pupil};
use crate::work::Work;

/// The flags that change what happens with a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Flags {
    pub(super) opted_out: bool,
    pub(super) sensitive: bool,
    pub(super) growth_condition: bool,
}

impl Flags {
    /// The flags of a child; those sealed with the name are gone with it.
    pub(super) fn of(row: &Pupil, person: Option<&Person>) -> Self {
        let particulars = person.map(|person| &person.particulars);
        Self {
            opted_out: row.opted_out,
            sensitive: particulars.is_some_and(|it| it.sensitive),
            growth_condition: particulars.is_some_and(|it| it.growth_condition),
        }
    }
}

/// Sets the flags of a child in scope.
pub(super) fn set_flags(
    work: &mut Work<'_>,
    scope: &Scope,
    id: i64,
    flags: Flags,
) -> Result<(), AppError> {
    let row = pupil::in_scope(work.tx, scope, id)?.ok_or(AppError::NotFound)?;
    let mut person = correct::open(work, id)?;
    person.particulars.sensitive = flags.sensitive;
    person.particulars.growth_condition = flags.growth_condition;
    work.identities.put(work.tx, &row.year_label, id, &person)?;
    queries::set_opted_out(work.tx, id, flags.opted_out, work.now)?;
    let detail = serde_json::to_value(flags).map_err(internal)?;
    let (subject, action) = (format!("pupil:{id}"), Action::ChildFlagsSet);
    Ok(audit::event(
        work.tx, work.actor, work.now, action, &subject, &detail,
    )?)
}
