//! The roles of the people who use the service, and what each may do.

use std::fmt;
use std::str::FromStr;

use super::permission::Permission;

/// A role. Parents have none: they get letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Measures children at assigned schools.
    Recorder,
    /// A recorder who also sees children's records and decides on letters.
    Nurse,
    /// Runs the programme: rosters, schools, visits, letters, releases.
    Administrator,
    /// Information governance lead: retention, access log, disclosure ledger, subject access.
    Governance,
    /// A school: its own releases, its own roster on the way in.
    School,
    /// A local authority: its own releases.
    Authority,
    /// Progress and data quality as counts.
    Monitor,
    /// Accounts, settings, jobs; no child.
    SystemAdministrator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 8] = [
        Self::Recorder,
        Self::Nurse,
        Self::Administrator,
        Self::Governance,
        Self::School,
        Self::Authority,
        Self::Monitor,
        Self::SystemAdministrator,
    ];

    /// The word in the database and on the command line.
    pub fn code(self) -> &'static str {
        match self {
            Self::Recorder => "recorder",
            Self::Nurse => "nurse",
            Self::Administrator => "administrator",
            Self::Governance => "governance",
            Self::School => "school",
            Self::Authority => "authority",
            Self::Monitor => "monitor",
            Self::SystemAdministrator => "sysadmin",
        }
    }

    /// The words on a page.
    pub fn label(self) -> &'static str {
        match self {
            Self::Recorder => "Recorder",
            Self::Nurse => "Nurse",
            Self::Administrator => "Programme administrator",
            Self::Governance => "Information governance lead",
            Self::School => "School",
            Self::Authority => "Local authority",
            Self::Monitor => "Monitor",
            Self::SystemAdministrator => "System administrator",
        }
    }

    /// What the role may do.
    pub fn permissions(self) -> &'static [Permission] {
        use Permission as P;
        match self {
            Self::Recorder => &[P::SignedIn, P::Record, P::ViewVisits, P::ViewProgress],
            Self::Nurse => &[
                P::SignedIn,
                P::Record,
                P::ViewVisits,
                P::ViewChild,
                P::EditChild,
                P::ManageLetters,
                P::ViewProgress,
            ],
            Self::Administrator => &[
                P::SignedIn,
                P::Record,
                P::ViewVisits,
                P::ManageVisits,
                P::ViewChild,
                P::EditChild,
                P::ManageLetters,
                P::EditTemplates,
                P::PauseLetters,
                P::ManageRosters,
                P::ManageSchools,
                P::ManageReleases,
                P::ViewProgress,
                P::ManageYears,
                P::ApproveAccounts,
            ],
            Self::Governance => &[
                P::SignedIn,
                P::ViewRetention,
                P::RunRetention,
                P::ManageYears,
                P::ViewAccessLog,
                P::SubjectAccess,
                P::ViewProgress,
            ],
            Self::School => &[P::SignedIn, P::ViewReleases, P::UploadRoster],
            Self::Authority => &[P::SignedIn, P::ViewReleases],
            Self::Monitor => &[P::SignedIn, P::ViewProgress],
            Self::SystemAdministrator => &[P::SignedIn, P::ManageAccounts, P::ManageJobs],
        }
    }

    /// Whether the role may do `permission`. What is public, everybody may.
    pub fn may(self, permission: Permission) -> bool {
        permission == Permission::Public || self.permissions().contains(&permission)
    }

    /// Whether somebody with this role sees single children: they get it only when a programme administrator agrees. A
    /// school sees the lists it sent itself, and no child of the programme's.
    pub fn sees_children(self) -> bool {
        use Permission as P;
        [
            P::Record,
            P::ViewChild,
            P::EditChild,
            P::ManageLetters,
            P::ManageRosters,
            P::SubjectAccess,
        ]
        .into_iter()
        .any(|permission| self.may(permission))
    }

    /// Whether the role sees every school without being assigned to one.
    pub fn sees_every_school(self) -> bool {
        matches!(self, Self::Administrator | Self::Governance | Self::Monitor)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

/// No such role.
#[derive(Debug, thiserror::Error)]
#[error(
    "there is no such role; the roles are recorder, nurse, administrator, governance, school, authority, monitor, sysadmin"
)]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(code: &str) -> Result<Self, UnknownRole> {
        Self::ALL
            .into_iter()
            .find(|role| role.code() == code)
            .ok_or(UnknownRole)
    }
}
