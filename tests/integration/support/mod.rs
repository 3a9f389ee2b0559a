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

/// A service on an empty database of this kind. Ends the test if this run leaves the database out,
/// see [`Backend::is_tested`].
///
/// Every test that starts a service does so by this:
/// ```ignore
/// #[rstest]
/// #[case::on_sqlite(start_or_skip!(Sqlite))]
/// #[case::on_postgres(start_or_skip!(Postgres))]
/// fn a_sentence(#[case] test: TestApp) { … }
/// ```
macro_rules! start_or_skip {
    ($backend:ident) => {{
        let backend = $crate::support::Backend::$backend;
        if !backend.is_tested() {
            return;
        }
        $crate::support::TestApp::start(backend)
    }};
}
