//! What needs doing: the table of everything that Home can ask for, in the order in which it presses.

use super::action::{Action, Asked};
use super::sources;
use crate::access::Permission;
use crate::db::Conn;
use crate::error::AppError;

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
