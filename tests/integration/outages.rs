//! What pages say while something that the service needs is out of order: 503, and what it is.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use stature::access::Role;
use stature::db::{Conn, Error};

use crate::support::{Backend, Browser, ChildSpec, PASSWORD, Page, TestApp};

fn execute(test: &TestApp, statement: &str) {
    test.db()
        .outside_transaction(|connection| -> Result<(), Error> {
            match connection {
                Conn::Sqlite(sqlite) => sqlite.batch_execute(statement)?,
                Conn::Postgres(postgres) => postgres.batch_execute(statement)?,
            }
            Ok(())
        })
        .unwrap();
}

fn sign_in(browser: &Browser, email: &str) -> Page {
    let page = browser.get("/sign-in").fill("Email address", email);
    page.fill("Password", PASSWORD).press("Sign in")
}

#[test]
fn a_postgresql_that_is_down_is_told_on_the_page() {
    let test = TestApp::start(Backend::Postgres);
    let browser = test.signed_in(Role::Monitor, &[], &[]);
    let url = test.url().to_owned();
    let (before, rest) = url.split_once("/test_").unwrap();
    let (number, query) = rest.split_once('?').unwrap();
    let mut elsewhere =
        diesel::PgConnection::establish(&format!("{before}/postgres?{query}")).unwrap();
    let name = format!("test_{number}");
    elsewhere
        .batch_execute(&format!(
            "ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false"
        ))
        .unwrap();
    diesel::sql_query(format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    ))
    .execute(&mut elsewhere)
    .unwrap();
    let page = browser
        .get("/progress")
        .status(503)
        .shows("The database cannot be reached");
    assert!(page.html.contains("<main"), "the refusal is no page");
    elsewhere
        .batch_execute(&format!(
            "ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true"
        ))
        .unwrap();
    browser.get("/progress").status(200);
}

#[test]
fn an_sqlite_file_that_another_program_holds_is_told_on_the_page() {
    let test = TestApp::start(Backend::Sqlite);
    let email = test.account(Role::Monitor, &[], &[]);
    let mut other =
        diesel::SqliteConnection::establish(test.path("stature.sqlite").to_str().unwrap()).unwrap();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    sign_in(&test.browser(), &email)
        .status(503)
        .shows("The database is busy");
    other.batch_execute("ROLLBACK").unwrap();
    sign_in(&test.browser(), &email).status(200);
}

#[test]
fn a_full_disk_is_told_on_the_page() {
    let test = TestApp::start(Backend::Sqlite);
    let email = test.account(Role::Monitor, &[], &[]);
    // As many pages as there are now; each sign-in wants a little more.
    execute(&test, "PRAGMA max_page_count = 1");
    let mut page = sign_in(&test.browser(), &email);
    for _ in 0..200 {
        if page.status != 200 {
            break;
        }
        page = sign_in(&test.browser(), &email);
    }
    page.status(503).shows("its disk is full");
    execute(&test, "PRAGMA max_page_count = 4294967294");
    sign_in(&test.browser(), &email).status(200);
}

both_databases! {
    fn a_keyring_that_is_gone_is_told_on_the_page(test: TestApp) {
        test.child(ChildSpec::default());
        let browser = test.signed_in(Role::Nurse, &[900_101], &[]);
        let page = "/schools/900101/record";
        std::fs::rename(test.path("keyring"), test.path("elsewhere")).unwrap();
        std::fs::write(test.path("keyring"), "not a folder").unwrap();
        browser.get(page).status(503).shows("The keyring");
        std::fs::remove_file(test.path("keyring")).unwrap();
        std::fs::rename(test.path("elsewhere"), test.path("keyring")).unwrap();
        browser.get(page).status(200);
    }
}
