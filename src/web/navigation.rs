//! The links on top of every page: those that the visitor's role can follow.

use serde::Serialize;

use crate::access::{Permission, Session};

/// A link of the header.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Link {
    href: &'static str,
    label: &'static str,
    current: bool,
}

/// Address, words, permission: in the order in which a day's work goes.
const LINKS: [(&str, &str, Permission); 16] = [
    ("/", "Home", Permission::SignedIn),
    ("/schools", "Schools", Permission::Record),
    ("/visits", "Visits", Permission::ViewVisits),
    ("/children", "Children", Permission::ViewChild),
    ("/imports", "Rosters", Permission::ManageRosters),
    ("/school/rosters", "Class lists", Permission::UploadRoster),
    ("/letters", "Letters", Permission::ManageLetters),
    ("/progress", "Progress", Permission::ViewProgress),
    ("/releases", "Releases", Permission::ManageReleases),
    ("/figures", "Figures", Permission::ViewReleases),
    ("/years", "Years", Permission::ManageYears),
    ("/retention", "Retention", Permission::ViewRetention),
    ("/privacy/log", "Access log", Permission::ViewAccessLog),
    ("/accounts", "Accounts", Permission::ManageAccounts),
    ("/approvals", "Approvals", Permission::ApproveAccounts),
    ("/jobs", "Jobs", Permission::ManageJobs),
];

/// The links for a visitor who is on `path`.
pub(super) fn links(session: &Session, path: &str) -> Vec<Link> {
    if session.role.is_none() {
        return Vec::new();
    }
    LINKS
        .into_iter()
        .filter(|(_, _, permission)| session.may(*permission))
        .map(|(href, label, _)| Link {
            href,
            label,
            current: if href == "/" {
                path == "/"
            } else {
                path == href || path.starts_with(&format!("{href}/"))
            },
        })
        .collect()
}
