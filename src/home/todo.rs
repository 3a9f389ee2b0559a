//! What needs doing, in the order in which it presses.

use chrono::{Duration, NaiveDate, NaiveDateTime};
use serde::Serialize;

use super::queries;
use crate::access::{Permission, Session};
use crate::db::{Conn, Error};

/// Something that needs doing, and where.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Action {
    text: String,
    href: String,
}

/// A number with its noun, as "1 letter" or "12 letters".
fn counted(count: i64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// States of letters that wait for a person, with the words for one and for several.
const LETTERS: [(&str, &str, &str); 4] = [
    ("held", "letter held", "letters held"),
    (
        "no_contact",
        "letter without a usable contact",
        "letters without a usable contact",
    ),
    (
        "in_doubt",
        "letter that may have arrived",
        "letters that may have arrived",
    ),
    (
        "failed",
        "letter that could not be sent",
        "letters that could not be sent",
    ),
];

/// Everything that needs doing by somebody with this session; empty when nothing does.
pub(super) fn actions(
    tx: &mut Conn,
    session: &Session,
    year: Option<&queries::Year>,
    today: NaiveDate,
    now: NaiveDateTime,
) -> Result<Vec<Action>, Error> {
    let may = |permission| session.may(permission);
    let mut actions = Vec::new();
    if may(Permission::ManageYears) && year.is_none_or(|year| year.retention_days.is_none()) {
        actions.push(Action {
            text: "Set how long names of this academic year are kept".to_owned(),
            href: "/years".to_owned(),
        });
    }
    let mut add = |count: i64, one: &str, many: &str, href: &str| {
        if count > 0 {
            actions.push(Action {
                text: counted(count, one, many),
                href: href.to_owned(),
            });
        }
    };
    if may(Permission::ManageRosters) {
        let waiting = queries::staged_imports(tx)?;
        add(
            waiting,
            "class list waiting to be confirmed",
            "class lists waiting to be confirmed",
            "/imports",
        );
    }
    if may(Permission::ManageLetters) {
        let counts = queries::letters_by_state(tx, &session.scope)?;
        for (state, one, many) in LETTERS {
            let count = counts.get(state).copied().unwrap_or(0);
            add(count, one, many, &format!("/letters?state={state}"));
        }
    }
    if may(Permission::ManageReleases) {
        let waiting = queries::releases_to_publish(tx)?;
        add(
            waiting,
            "release ready to be published",
            "releases ready to be published",
            "/releases",
        );
    }
    if may(Permission::ManageJobs) {
        let failed = queries::failed_jobs(tx, now - Duration::days(1))?;
        add(
            failed,
            "job failed since yesterday",
            "jobs failed since yesterday",
            "/jobs",
        );
    }
    if may(Permission::ManageAccounts) {
        let locked = queries::locked_accounts(tx, now)?;
        add(
            locked,
            "account locked after failed tries",
            "accounts locked after failed tries",
            "/accounts",
        );
    }
    if let Some(year) = year.filter(|_| may(Permission::Record)) {
        let warnings = queries::unconfirmed_warnings(tx, &year.label, &session.scope)?;
        add(
            warnings,
            "warning to confirm",
            "warnings to confirm",
            "/warnings",
        );
        for school in
            queries::visited_schools_without_every_outcome(tx, &year.label, today, &session.scope)?
        {
            actions.push(Action {
                text: format!(
                    "{}: {} without an outcome",
                    school.name,
                    counted(school.children, "child", "children")
                ),
                href: format!("/schools/{}", school.urn),
            });
        }
    }
    Ok(actions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_one_thing() {
        assert_eq!(counted(1, "letter held", "letters held"), "1 letter held");
        assert_eq!(
            counted(12, "letter held", "letters held"),
            "12 letters held"
        );
    }
}
