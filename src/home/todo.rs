//! What needs doing: the table of everything that Home can ask for, in the order in which it presses.

use chrono::{NaiveDate, NaiveDateTime};
use serde::Serialize;

use super::sources;
use crate::access::{Permission, Session};
use crate::app::App;
use crate::db::Conn;
use crate::error::AppError;

/// What a source may look at.
pub(super) struct Asked<'a> {
    /// The parts of the process: keyring, settings.
    pub(super) app: &'a App,
    /// Who is signed in.
    pub(super) session: &'a Session,
    /// The year that Progress shows; `None` where no year has been set up.
    pub(super) year: Option<&'a str>,
    /// Today.
    pub(super) today: NaiveDate,
    /// The time, UTC.
    pub(super) now: NaiveDateTime,
}

/// Something that needs doing, and where.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Action {
    text: String,
    href: String,
    alarm: bool,
}

impl Action {
    /// Something in plain words.
    pub(super) fn new(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            href: href.into(),
            alarm: false,
        }
    }

    /// Something that is wrong with the service itself and must be put right first.
    pub(super) fn alarm(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self {
            alarm: true,
            ..Self::new(text, href)
        }
    }

    /// So many things, as "1 letter held" or "12 letters held"; none where there are none. The page behind `href` must
    /// say the same number: it calls the same function.
    pub(super) fn counted(count: i64, one: &str, many: &str, href: &str) -> Vec<Self> {
        if count > 0 {
            vec![Self::new(counted(count, one, many), href)]
        } else {
            Vec::new()
        }
    }
}

/// A number with its noun, as "1 letter" or "12 letters".
pub(super) fn counted(count: i64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Looks whether something needs doing.
type Look = fn(&mut Conn, &Asked<'_>) -> Result<Vec<Action>, AppError>;

/// Everything that Home can ask for: who is asked, and how it is found. A person is asked only for what they may do.
const SOURCES: &[(Permission, Look)] = &[
    (Permission::SignedIn, sources::faulty_keys),
    (Permission::SignedIn, sources::damaged_records),
    (Permission::SignedIn, sources::doubted_date),
    (Permission::SignedIn, sources::paused_retention),
    (Permission::ManageYears, sources::rule_changes_to_confirm),
    (Permission::ManageYears, sources::year_without_rule),
    (Permission::ManageRosters, sources::staged_rosters),
    (Permission::ManageLetters, sources::mail_fault),
    (Permission::ManageJobs, sources::mail_fault),
    (Permission::ManageLetters, sources::paused_sending),
    (Permission::ManageJobs, sources::paused_sending),
    (Permission::ManageLetters, sources::unreadable_templates),
    (Permission::ManageLetters, sources::stopped_letters),
    (Permission::ManageLetters, sources::letters_due),
    (Permission::ManageLetters, sources::waiting_letters),
    (Permission::ManageReleases, sources::unreadable_book),
    (Permission::ManageReleases, sources::releases_to_publish),
    (Permission::ManageReleases, sources::unannounced_releases),
    (Permission::ManageJobs, sources::failed_jobs),
    (Permission::ManageAccounts, sources::slowed_accounts),
    (Permission::ApproveAccounts, sources::accounts_to_approve),
    (Permission::Record, sources::warnings_to_confirm),
    (
        Permission::Record,
        sources::schools_with_children_to_measure,
    ),
];

/// Everything that needs doing by the one who asks, alarms first; empty when nothing does.
pub(super) fn actions(tx: &mut Conn, asked: &Asked<'_>) -> Result<Vec<Action>, AppError> {
    let mut actions = Vec::new();
    for (permission, look) in SOURCES {
        if asked.session.may(*permission) {
            actions.extend(look(tx, asked)?);
        }
    }
    actions.sort_by_key(|action| !action.alarm);
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
        assert_eq!(Action::counted(0, "letter", "letters", "/letters"), []);
    }
}
