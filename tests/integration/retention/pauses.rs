//! What keeps a night from erasing: a pause, a clock that may be wrong, a key that is missing.

use chrono::Duration;
use rstest::rstest;
use stature::access::Role;
use stature::audit::Actor;
use stature::jobs::{self, Runner};
use stature::retention::{self, Against, Night, RetentionError};

use crate::support::{ChildSpec, TestApp};

use super::{child, confirm_date, date, has_name, measured};

/// A child whose name is due today, under a key that goes with it.
fn due_child(test: &TestApp) -> i64 {
    test.set_year("2024-25", 30);
    test.child(ChildSpec {
        year: "2024-25",
        ..ChildSpec::default()
    })
}

fn night(test: &TestApp) -> Result<retention::Run, RetentionError> {
    retention::run_night(&test.app, &Actor::job("retention"))
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_pause_in_force_offers_neither_another_nor_a_removal_and_ends_once(#[case] test: TestApp) {
    due_child(&test);
    let lead = test.signed_in(Role::Governance, &[], &[]);
    lead.get("/retention/pause")
        .fill("Why retention is paused", "Inquiry 12")
        .press("Pause retention")
        .status(200);
    let page = lead
        .get("/retention/pause")
        .status(200)
        .shows("Retention is paused already, until 7 December 2026");
    assert_eq!(page.url, "/retention");
    let page = lead
        .get("/retention/run")
        .status(200)
        .shows("No name can be removed until the pause ends");
    assert!(!page.says("Remove these names now"), "{}", page.text());
    let page = lead.get("/retention");
    page.press("End the pause")
        .status(200)
        .shows("The pause has ended");
    page.press("End the pause")
        .status(200)
        .shows("the pause had ended already");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn only_the_governance_lead_pauses_retention_and_everybody_who_runs_the_service_sees_it(
    #[case] test: TestApp,
) {
    let child = due_child(&test);
    test.set_year("2026-27", 365);
    let governance = test.signed_in(Role::Governance, &[], &[]);
    let sysadmin = test.signed_in(Role::SystemAdministrator, &[], &[]);
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    let jobs_page = sysadmin.get("/jobs");
    assert!(!jobs_page.says("Pause retention"), "{}", jobs_page.text());
    let page = governance
        .get("/retention")
        .shows("1 name is due and goes tonight")
        .follow("Pause retention");
    page.press("Pause retention")
        .status(422)
        .shows("Enter why retention is paused");
    let opened_before = governance.get("/retention/pause");
    governance
        .get("/retention/pause")
        .fill(
            "Why retention is paused",
            "A complaint is being looked into",
        )
        .press("Pause retention")
        .shows("1 name is due and stays until the pause ends")
        .shows("A complaint is being looked into")
        .shows("ends by itself on 7 December 2026");
    for browser in [&governance, &sysadmin, &administrator] {
        browser
            .get("/")
            .shows("Retention is paused until 7 December 2026");
    }
    sysadmin
        .get("/jobs")
        .shows("Retention is paused")
        .shows("A complaint is being looked into");
    administrator.get("/years").shows("Retention is paused");
    // Nothing goes round it: not the job, not the command, not the page.
    assert!(matches!(night(&test), Err(RetentionError::Paused(_))));
    let job = test.run(&["job", "run", "retention"]).done();
    assert!(job.stdout.contains("no name was removed"), "{}", job.stdout);
    let command = test.run(&["retention", "run"]).code(1);
    assert!(
        command.stderr.contains("retention is paused until"),
        "{}",
        command.stderr
    );
    let plan = test.run(&["retention", "plan"]).done();
    assert!(
        plan.stdout.contains("Retention is paused until"),
        "{}",
        plan.stdout
    );
    assert!(has_name(&test, child) && test.path("keyring/2024-25.key").exists());
    let again = opened_before
        .fill("Why retention is paused", "Again")
        .press("Pause retention");
    assert_eq!(again.status, 409, "{}", again.text());
    governance
        .get("/retention")
        .press("End the pause")
        .shows("The pause has ended");
    governance.get("/").shows("Nothing needs doing.");
    assert_eq!(night(&test).unwrap().names, 1);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_pause_of_retention_ends_by_itself_after_seven_days(#[case] test: TestApp) {
    let child = due_child(&test);
    let now = test.app.clock.now();
    test.db()
        .write_now(|tx| {
            retention::pause(tx, &Actor::command("test"), now, "A restore is being tried")
        })
        .unwrap();
    for _ in 0..6 {
        test.app.clock.advance(Duration::days(1));
        assert!(matches!(night(&test), Err(RetentionError::Paused(_))));
    }
    assert!(has_name(&test, child));
    test.app.clock.advance(Duration::days(1));
    assert_eq!(night(&test).unwrap().names, 1);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_clock_three_years_ahead_erases_nothing_until_a_person_confirms_the_date(
    #[case] test: TestApp,
) {
    test.set_year("2026-27", 365);
    let child = child(&test, "Example");
    measured(&test, child, date(2026, 11, 2), 1401, "healthy_weight");
    assert_eq!(night(&test).unwrap().names, 0);
    test.app.clock.set_to_noon(date(2029, 11, 30));
    let Err(RetentionError::ClockInDoubt(doubt)) = night(&test) else {
        panic!("the night began")
    };
    assert_eq!(doubt.against, Against::LastRun);
    let job = test.run(&["job", "run", "retention"]).code(1);
    assert!(
        job.stderr.contains("the clock shows 30 November 2029"),
        "{}",
        job.stderr
    );
    let command = test
        .run(&["retention", "run", "--confirm-date", "2026-12-01"])
        .code(1);
    assert!(
        command
            .stderr
            .contains("the clock shows 2029-11-30, not 2026-12-01"),
        "{}",
        command.stderr
    );
    assert!(has_name(&test, child) && test.path("keyring/2026-27.key").exists());
    let governance = test.signed_in(Role::Governance, &[], &[]);
    governance.get("/").shows("The date may be wrong");
    test.signed_in(Role::SystemAdministrator, &[], &[])
        .get("/jobs")
        .shows("The date may be wrong");
    let page = governance
        .get("/retention")
        .shows("1 name would be due and stays until the date is confirmed");
    assert!(!page.says("Remove what is due now"), "{}", page.text());
    let stale = page
        .fill_named("date", "2026-11-30")
        .press("Confirm that today is 30 November 2029");
    assert_eq!(stale.status, 409, "{}", stale.text());
    // The clock was wrong, is put right, and the nights go on without anybody.
    test.app.clock.set_to_noon(date(2026, 12, 1));
    governance.get("/").shows("Nothing needs doing.");
    assert_eq!(night(&test).unwrap().names, 0);
    // The clock is right and three years have passed: a person says so.
    test.app.clock.set_to_noon(date(2029, 11, 30));
    let governance = test.browser();
    governance
        .get("/sign-in")
        .fill("Email address", "governance@example.org")
        .fill("Password", crate::support::PASSWORD)
        .press("Sign in");
    governance
        .get("/retention")
        .press("Confirm that today is 30 November 2029")
        .shows("The date is confirmed");
    assert_eq!(night(&test).unwrap().names, 1);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_service_that_stood_still_over_easter_needs_nobody(#[case] test: TestApp) {
    let child = due_child(&test);
    let now = test.app.clock.now();
    test.db()
        .write_now(|tx| retention::note_first_time(tx, now))
        .unwrap();
    test.app.clock.advance(Duration::days(5));
    assert_eq!(night(&test).unwrap().names, 1);
    assert!(!has_name(&test, child));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_run_that_was_cut_off_under_a_wrong_date_is_completed_under_the_right_one(
    #[case] test: TestApp,
) {
    test.set_year("2026-27", 365);
    let child = child(&test, "Example");
    measured(&test, child, date(2026, 11, 2), 1401, "healthy_weight");
    test.app.clock.set_to_noon(date(2029, 11, 30));
    drop(Night::begin(&test.app, &Actor::job("retention")).unwrap());
    test.app.clock.set_to_noon(date(2026, 11, 30));
    assert!(matches!(night(&test), Err(RetentionError::ClockInDoubt(_))));
    confirm_date(&test);
    let run = night(&test).unwrap();
    assert_eq!(
        (run.as_of, run.names, run.counts.resumed),
        (date(2026, 11, 30), 0, 1)
    );
    assert!(has_name(&test, child) && test.path("keyring/2026-27.key").exists());
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn jobs_go_on_after_the_clock_jumped_ahead_and_back(#[case] test: TestApp) {
    let runner = Runner::new(test.app.clone(), stature::timetable::TABLE).unwrap();
    runner.prepare().unwrap();
    test.app.clock.set_to_noon(date(2029, 11, 30));
    // One that finished sets its next date in 2029; one whose process died keeps its claim until
    // then.
    let held = runner.claim_due().unwrap();
    assert!(held.len() >= 2, "{held:?}");
    let finished = held
        .iter()
        .find(|held| held.name() == "forget-old-runs")
        .unwrap();
    runner.run_held(finished).unwrap().unwrap();
    test.app.clock.set_to_noon(date(2026, 11, 30));
    let going_on = Runner::new(test.app.clone(), stature::timetable::TABLE).unwrap();
    going_on.claim_due().unwrap();
    test.app
        .clock
        .advance(Duration::hours(15) + Duration::minutes(30));
    let mut names: Vec<&str> = going_on
        .claim_due()
        .unwrap()
        .iter()
        .map(jobs::Held::name)
        .collect();
    names.sort_unstable();
    let mut all: Vec<&str> = stature::timetable::TABLE
        .iter()
        .map(|job| job.name)
        .collect();
    all.sort_unstable();
    assert_eq!(names, all, "a job stands still until 2029");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_missing_key_is_an_alarm_on_home_retention_and_years(#[case] test: TestApp) {
    test.child(ChildSpec::default());
    let governance = test.signed_in(Role::Governance, &[], &[]);
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    let sysadmin = test.signed_in(Role::SystemAdministrator, &[], &[]);
    let key = test.path("keyring/2026-27.key");
    let kept = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    let says = "The key of 2026-27 is not in the keyring: its names cannot be read";
    for browser in [&governance, &administrator, &sysadmin] {
        browser.get("/").shows(says);
    }
    governance.get("/retention").shows(says);
    administrator.get("/years").shows(says).shows("Missing");
    sysadmin.get("/jobs").shows(says);
    std::fs::write(&key, kept).unwrap();
    governance.get("/").shows("Nothing needs doing.");
    governance.get("/retention").shows("No name is due");
}
