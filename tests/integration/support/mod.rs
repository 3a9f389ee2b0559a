//! What the tests act through: a running service on a throw-away database, browsers, and the
//! program itself.

mod app;
mod browser;
mod children;
mod database;
mod served;
mod smtp;

pub(crate) use app::{Finished, PASSWORD, TestApp, run_program};
pub(crate) use browser::{Browser, Page};
pub(crate) use children::ChildSpec;
pub(crate) use database::{Backend, scratch_database};
pub(crate) use served::Served;
pub(crate) use smtp::{At, Does, FakeMailServer};

/// The database of this name. Ends the test if the run leaves it out, see [`Backend::is_tested`].
macro_rules! backend_or_skip {
    ($backend:ident) => {{
        let backend = $crate::support::Backend::$backend;
        if !backend.is_tested() {
            return;
        }
        backend
    }};
}

/// A service on an empty database of this kind. Ends the test if the run leaves the database out.
///
/// A test on both databases has two cases:
/// ```ignore
/// #[rstest]
/// #[case::on_sqlite(start_or_skip!(Sqlite))]
/// #[case::on_postgres(start_or_skip!(Postgres))]
/// fn a_sentence(#[case] test: TestApp) { … }
/// ```
macro_rules! start_or_skip {
    ($backend:ident) => {
        $crate::support::TestApp::start(backend_or_skip!($backend))
    };
}
