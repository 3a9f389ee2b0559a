//! What the tests act through: a running service on a throw-away database, browsers, and the program itself.

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

/// Makes of each function two tests, one for each database:
/// `both_databases! { fn a_sentence(test: TestApp) { … } }`.
macro_rules! both_databases {
    ($($(#[$meta:meta])* fn $name:ident($test:ident: TestApp) $body:block)*) => {
        $(
            $(#[$meta])*
            fn $name($test: &$crate::support::TestApp) $body

            mod $name {
                #[test]
                fn on_sqlite() {
                    super::$name(&$crate::support::TestApp::start($crate::support::Backend::Sqlite));
                }

                #[test]
                fn on_postgres() {
                    super::$name(&$crate::support::TestApp::start($crate::support::Backend::Postgres));
                }
            }
        )*
    };
}
