//! Scheduled jobs: claimed once, caught up once, and shown.

use std::thread;

use chrono::Duration;
use diesel::prelude::*;
use rstest::rstest;
use stature::access::Role;
use stature::app::App;
use stature::audit::{self, Action, Actor};
use stature::db::schema::audit_event;
use stature::jobs::{self, Job, Runner};

use crate::support::TestApp;

/// A job that leaves an event each time it runs.
fn count(app: &App, actor: &Actor, dry_run: bool) -> anyhow::Result<String> {
    if !dry_run {
        let now = app.clock.now();
        app.db.write_now(|tx| {
            audit::event(
                tx,
                actor,
                now,
                Action::LettersPrepared,
                "job:count",
                &serde_json::json!({}),
            )
        })?;
    }
    Ok("counted".to_owned())
}

/// A table of that job alone.
static TABLE: &[Job] = &[Job {
    name: "count",
    does: "Counts.",
    schedule: "0 30 2 * * *",
    when: "every night at 2:30am",
    run: count,
}];

/// How often it ran.
fn runs(test: &TestApp) -> i64 {
    test.db()
        .read_now(|tx| -> Result<i64, stature::db::Error> {
            Ok(audit_event::table
                .filter(audit_event::action.eq("letters.prepared"))
                .count()
                .get_result(tx)?)
        })
        .unwrap()
}

/// Claims what is due and runs it, as one turn of the runner does.
fn turn(runner: &Runner) -> usize {
    let held = runner.claim_due().unwrap();
    for job in &held {
        runner.run_held(job).unwrap().unwrap();
    }
    held.len()
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_job_runs_when_its_time_has_come_and_once(#[case] test: TestApp) {
    let runner = Runner::new(test.app.clone(), TABLE).unwrap();
    runner.prepare().unwrap();
    assert_eq!(turn(&runner), 0, "it is noon");
    test.app.clock.advance(Duration::hours(15));
    assert_eq!(turn(&runner), 1);
    assert_eq!(turn(&runner), 0);
    assert_eq!(runs(&test), 1);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn dates_that_passed_while_nothing_ran_are_caught_up_once(#[case] test: TestApp) {
    Runner::new(test.app.clone(), TABLE)
        .unwrap()
        .prepare()
        .unwrap();
    test.app.clock.advance(Duration::days(9));
    let runner = Runner::new(test.app.clone(), TABLE).unwrap();
    runner.prepare().unwrap();
    assert_eq!((turn(&runner), turn(&runner)), (1, 0));
    let listed = test.db().read_now(|tx| jobs::list(tx, TABLE)).unwrap();
    let next = listed[0].state.as_ref().unwrap().next_due_at.unwrap();
    assert!(next > test.app.clock.now(), "{next} is past");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn several_processes_on_one_database_run_each_job_once(#[case] test: TestApp) {
    Runner::new(test.app.clone(), TABLE)
        .unwrap()
        .prepare()
        .unwrap();
    test.app.clock.advance(Duration::hours(15));
    thread::scope(|scope| {
        for _ in 0..6 {
            let app = test.app.clone();
            scope.spawn(move || turn(&Runner::new(app, TABLE).unwrap()));
        }
    });
    assert_eq!(runs(&test), 1);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_run_whose_process_died_is_taken_up_when_its_claim_has_run_out(#[case] test: TestApp) {
    let dying = Runner::new(test.app.clone(), TABLE).unwrap();
    dying.prepare().unwrap();
    test.app.clock.advance(Duration::hours(15));
    assert_eq!(dying.claim_due().unwrap().len(), 1);
    let other = Runner::new(test.app.clone(), TABLE).unwrap();
    assert_eq!(turn(&other), 0, "the claim still holds");
    test.app.clock.advance(Duration::minutes(6));
    assert_eq!(turn(&other), 1);
    let listed = test.db().read_now(|tx| jobs::list(tx, TABLE)).unwrap();
    assert_eq!(listed[0].last_run.as_ref().unwrap().outcome, "succeeded");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_run_by_hand_leaves_the_schedule_alone_and_a_dry_run_leaves_no_trace(#[case] test: TestApp) {
    let runner = Runner::new(test.app.clone(), TABLE).unwrap();
    runner.prepare().unwrap();
    let listed = || {
        test.db()
            .read_now(|tx| jobs::list(tx, TABLE))
            .unwrap()
            .remove(0)
    };
    let next = listed().state.unwrap().next_due_at;
    assert_eq!(
        jobs::run_now(&test.app, TABLE, "count", true).unwrap(),
        "counted"
    );
    assert!(runs(&test) == 0 && listed().last_run.is_none());
    jobs::run_now(&test.app, TABLE, "count", false).unwrap();
    jobs::run_now(&test.app, TABLE, "count", false).unwrap();
    assert_eq!(runs(&test), 2);
    assert_eq!(listed().state.unwrap().next_due_at, next);
    test.app.clock.advance(Duration::hours(15));
    let _held = runner.claim_due().unwrap();
    let refused = jobs::run_now(&test.app, TABLE, "count", false).unwrap_err();
    assert!(refused.to_string().contains("is running now"), "{refused}");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_job_that_fails_is_shown_as_failed_and_runs_again_at_its_next_date(#[case] test: TestApp) {
    fn fail(_: &App, _: &Actor, _: bool) -> anyhow::Result<String> {
        Err(anyhow::anyhow!("550 unknown mailbox parent@example.org")
            .context("mail could not be handed over"))
    }
    static FAILING: &[Job] = &[Job {
        name: "fail",
        does: "Fails.",
        schedule: "0 30 2 * * *",
        when: "every night",
        run: fail,
    }];
    let runner = Runner::new(test.app.clone(), FAILING).unwrap();
    runner.prepare().unwrap();
    test.app.clock.advance(Duration::hours(15));
    let held = runner.claim_due().unwrap();
    assert!(runner.run_held(&held[0]).unwrap().is_err());
    let listed = test
        .db()
        .read_now(|tx| jobs::list(tx, FAILING))
        .unwrap()
        .remove(0);
    let run = listed.last_run.unwrap();
    assert_eq!(
        (run.outcome.as_str(), run.detail.as_str()),
        ("failed", "mail could not be handed over")
    );
    assert!(listed.state.unwrap().next_due_at > Some(test.app.clock.now()));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn every_job_of_the_service_has_a_schedule_that_fires_and_runs_on_an_empty_database(
    #[case] test: TestApp,
) {
    for job in stature::timetable::TABLE {
        assert!(
            jobs::next_after(job.schedule, test.app.clock.now()).is_some(),
            "{}",
            job.name
        );
        assert!(job.does.ends_with('.'), "{}", job.name);
        test.run(&["job", "run", job.name, "--dry-run"]).done();
        test.run(&["job", "run", job.name]).done();
    }
    let listed = test.run(&["job", "list"]).done().stdout;
    assert!(
        listed.contains("succeeded") && !listed.contains("failed"),
        "{listed}"
    );
    let unknown = test.run(&["job", "run", "nonesuch"]).code(1);
    assert!(
        unknown.stderr.contains("stature job list"),
        "{}",
        unknown.stderr
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_system_administrator_pauses_a_job_lets_it_go_on_and_runs_it_now(#[case] test: TestApp) {
    Runner::new(test.app.clone(), stature::timetable::TABLE)
        .unwrap()
        .prepare()
        .unwrap();
    let browser = test.signed_in(Role::SystemAdministrator, &[], &[]);
    let first = stature::timetable::TABLE[1].name;
    let page = browser
        .get("/jobs")
        .press(&format!("Pause {first}"))
        .shows("is paused until");
    assert!(page.says("Paused"), "{}", page.text());
    let page = page
        .press(&format!("Go on {first}"))
        .shows("goes on at its next date");
    page.press(&format!("Run now {first}"))
        .shows("within a few seconds");
    let due = Runner::new(test.app.clone(), stature::timetable::TABLE)
        .unwrap()
        .claim_due()
        .unwrap();
    assert_eq!(
        due.iter().map(jobs::Held::name).collect::<Vec<_>>(),
        vec![first]
    );
}
