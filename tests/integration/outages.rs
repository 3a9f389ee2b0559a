//! What pages say while something that the service needs is out of order: 503, and what it is.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use rstest::rstest;
use stature::access::Role;
use stature::config::DatabaseUrl;
use stature::db::{self, Conn, Error, dialect};

use crate::support::{Browser, ChildSpec, PASSWORD, Page, TestApp};

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
    let test = start_or_skip!(Postgres);
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
    let test = start_or_skip!(Sqlite);
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

/// Another program that keeps everybody from saving until it is dropped.
fn holding_the_lock(test: &TestApp) -> Conn {
    let mut other = db::connect(&DatabaseUrl::parse(test.url()).unwrap()).unwrap();
    other
        .batch_execute(match &other {
            Conn::Sqlite(_) => "BEGIN IMMEDIATE",
            Conn::Postgres(_) => "BEGIN; LOCK TABLE pupil IN SHARE MODE",
        })
        .unwrap();
    other
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_save_behind_a_stuck_writer_is_told_that_the_database_is_busy_and_can_be_sent_again(
    #[case] test: TestApp,
) {
    let child = test.child(ChildSpec::default());
    let browser = test.signed_in(Role::Recorder, &[900_101], &[]);
    let page = browser
        .get("/schools/900101/record")
        .fill_named(&format!("height-{child}"), "141.2")
        .fill_named(&format!("weight-{child}"), "34.5");
    let other = holding_the_lock(&test);
    // Two at once: the second one waits for the first one's connection, and then for nothing more.
    std::thread::scope(|scope| {
        for _ in 0..2 {
            let page = page.clone();
            scope.spawn(move || {
                page.press_css(&format!("#f{child} button"))
                    .status(503)
                    .shows("The database is busy with other work")
                    .shows("Nothing that you sent was kept. Try again in a minute");
            });
        }
    });
    drop(other);
    page.press_css(&format!("#f{child} button"))
        .status(200)
        .shows("1 of 1 children have an outcome");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_page_waits_for_locks_five_seconds_at_most_and_work_waits_longer(#[case] test: TestApp) {
    let wait = |db: &db::Db| db.write_now(dialect::wait_of).unwrap();
    let (page, work) = (test.db().for_pages(), test.db().for_work());
    for _ in 0..2 {
        assert!(wait(&page) <= Duration::from_secs(5), "{:?}", wait(&page));
        assert!(wait(&work) >= Duration::from_secs(15), "{:?}", wait(&work));
        // Without a transaction the wait is set for the whole connection.
        let alone = work.outside_transaction(dialect::wait_of).unwrap();
        assert!(alone >= Duration::from_secs(15), "{alone:?}");
    }
    assert!(
        wait(test.db()) >= Duration::from_secs(15),
        "jobs and commands wait no longer than pages"
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_form_waits_long_for_its_double_and_for_nothing_else(#[case] test: TestApp) {
    let after = test
        .db()
        .for_pages()
        .write_now(|tx| -> Result<Duration, Error> {
            assert!(dialect::take_submission(
                tx,
                "a token",
                test.app.clock.now()
            )?);
            dialect::wait_of(tx)
        })
        .unwrap();
    assert!(after <= Duration::from_secs(5), "{after:?}");
}

#[test]
fn postgresql_tells_what_is_wrong_in_english_whatever_the_server_is_set_to() {
    let test = start_or_skip!(Postgres);
    // The only other one that every machine has.
    execute(
        &test,
        "DO $$ BEGIN
             EXECUTE format('ALTER DATABASE %I SET lc_messages = %L', current_database(), 'POSIX');
         END $$;
         CREATE ROLE told_nothing LOGIN;",
    );
    let language = |url: &str| -> String {
        let Conn::Postgres(mut postgres) = db::connect(&DatabaseUrl::parse(url).unwrap()).unwrap()
        else {
            panic!("not a server")
        };
        diesel::select(diesel::dsl::sql::<diesel::sql_types::Text>(
            "current_setting('lc_messages')",
        ))
        .get_result(&mut postgres)
        .unwrap()
    };
    assert_eq!(language(test.url()), "C");
    // An ordinary account may not set it, and works all the same.
    let ordinary = test.url().replace("postgres@", "told_nothing@");
    assert_eq!(language(&ordinary), "POSIX");
}

#[test]
fn a_full_disk_is_told_on_the_page() {
    let test = start_or_skip!(Sqlite);
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

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_keyring_that_is_gone_is_told_on_the_page(#[case] test: TestApp) {
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
