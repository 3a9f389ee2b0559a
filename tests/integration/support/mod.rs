//! What the tests act through: a running service on a throw-away database, browsers, and the program itself.

mod app;
mod browser;
mod children;
mod database;

pub use app::{Finished, PASSWORD, TestApp};
pub use browser::{Browser, Page};
pub use children::ChildSpec;
pub use database::{Backend, scratch_database};

/// Makes of each function two tests, one for each database:
/// `both_databases! { fn a_sentence(test: TestApp) { … } }`.
macro_rules! both_databases {
    ($($(#[$meta:meta])* fn $name:ident($test:ident: TestApp) $body:block)*) => {
        $(
            $(#[$meta])*
            mod $name {
                #[allow(unused_imports, reason = "a test may need nothing of its module")]
                use super::*;

                fn sentence($test: &$crate::support::TestApp) $body

                #[test]
                fn on_sqlite() {
                    sentence(&$crate::support::TestApp::start($crate::support::Backend::Sqlite));
                }

                #[test]
                fn on_postgres() {
                    sentence(&$crate::support::TestApp::start($crate::support::Backend::Postgres));
                }
            }
        )*
    };
}
