//! The permissions, each as a value and as a type.
//!
//! The value is asked of a role; the type stands in a handler's signature, so that a handler which does not name its
//! permission cannot get at its data.

/// A type that stands for one permission.
pub trait Requires: Copy + Send + Sync + 'static {
    /// The permission it stands for.
    const PERMISSION: Permission;
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Something that a role may or may not do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Permission {
            $($(#[$doc])* $name,)*
        }

        /// A type for each permission.
        pub mod needs {
            $(
                $(#[$doc])*
                #[derive(Clone, Copy, Debug)]
                pub struct $name;

                impl $crate::access::permission::Requires for $name {
                    const PERMISSION: $crate::access::permission::Permission =
                        $crate::access::permission::Permission::$name;
                }
            )*
        }
    };
}

permissions! {
    /// Anybody, signed in or not.
    Public,
    /// Anybody who is signed in.
    SignedIn,
    /// See class lists and record measurements.
    Record,
    /// See the visits to schools.
    ViewVisits,
    /// Plan visits to schools.
    ManageVisits,
    /// See a child's record.
    ViewChild,
    /// Correct a child's record and set its flags.
    EditChild,
    /// Hold, release and send the letters of the schools in scope.
    ManageLetters,
    /// Change the letter templates, which every school's letters are made from.
    EditTemplates,
    /// Pause and resume all sending of letters, and decide how long they wait.
    PauseLetters,
    /// Import rosters and decide on close matches.
    ManageRosters,
    /// Upload the school's own roster.
    UploadRoster,
    /// Import and change schools, head-counts, geography.
    ManageSchools,
    /// Make, publish and withdraw releases.
    ManageReleases,
    /// See published releases for one's own school or authority.
    ViewReleases,
    /// See progress and data quality as counts.
    ViewProgress,
    /// Set the rules of an academic year.
    ManageYears,
    /// See when names go and the evidence that they went.
    ViewRetention,
    /// Run the retention night by hand.
    RunRetention,
    /// See the access log and the disclosure ledger.
    ViewAccessLog,
    /// Answer a subject access request.
    SubjectAccess,
    /// Create and change accounts.
    ManageAccounts,
    /// Approve accounts that see children.
    ApproveAccounts,
    /// See and run jobs.
    ManageJobs,
}
