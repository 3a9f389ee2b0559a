//! The chain over the events.

use chrono::NaiveDate;
use diesel::prelude::*;
use rstest::rstest;
use stature::audit::{self, Actor, ChainError, Rehashed};
use stature::db::Error;
use stature::db::schema::{audit_event, audit_subject};

use crate::support::{ChildSpec, TestApp};

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn an_altered_event_breaks_the_chain(#[case] test: TestApp) {
    test.set_year("2026-27", 365);
    test.set_year("2025-26", 365);
    let whole = test.run(&["audit", "verify"]).done();
    assert!(whole.stdout.contains("2 events"), "{}", whole.stdout);
    test.db()
        .write_now(|tx| -> Result<(), Error> {
            diesel::update(audit_event::table.filter(audit_event::subject.eq("year:2026-27")))
                .set(audit_event::detail.eq("{}"))
                .execute(tx)?;
            Ok(())
        })
        .unwrap();
    let broken = test.run(&["audit", "verify"]).code(1);
    assert!(
        broken.stderr.contains("was changed after it was written"),
        "{}",
        broken.stderr
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_removed_event_breaks_the_chain(#[case] test: TestApp) {
    for label in ["2024-25", "2025-26", "2026-27"] {
        test.set_year(label, 365);
    }
    test.run(&["audit", "verify"]).done();
    test.db()
        .write_now(|tx| -> Result<(), Error> {
            diesel::delete(audit_event::table.filter(audit_event::subject.eq("year:2025-26")))
                .execute(tx)?;
            Ok(())
        })
        .unwrap();
    test.run(&["audit", "verify"]).code(1);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn audit_verify_notices_that_the_last_events_were_deleted(#[case] test: TestApp) {
    for label in ["2024-25", "2025-26", "2026-27"] {
        test.set_year(label, 365);
    }
    test.run(&["audit", "verify"]).done();
    delete_events_of("year:2026-27", &test);
    let cut = test.run(&["audit", "verify"]).code(1);
    assert!(
        cut.stderr.contains("the last 1 events were deleted"),
        "{}",
        cut.stderr
    );
    // Events that come later do not cover it up.
    for label in ["2022-23", "2023-24"] {
        test.set_year(label, 365);
    }
    test.run(&["audit", "verify"]).code(1);
    let again = test.run(&["audit", "verify"]).code(1);
    assert!(again.stderr.contains("rewritten"), "{}", again.stderr);
    test.run(&["audit", "accept-head"]).code(2);
    test.run(&[
        "audit",
        "accept-head",
        "--reason",
        "Rehearsal of a deletion",
    ])
    .done();
    test.run(&["audit", "verify"]).done();
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn audit_verify_says_so_when_no_head_was_kept(#[case] test: TestApp) {
    test.set_year("2026-27", 365);
    test.run(&["audit", "verify"]).done();
    std::fs::remove_file(test.path("keyring/audit-head")).unwrap();
    let found = test.run(&["audit", "verify"]).code(3);
    assert!(
        found.stdout.contains("would not have been noticed"),
        "{}",
        found.stdout
    );
    test.run(&["audit", "verify"]).done();
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_restore_begins_a_chain_that_verifies(#[case] test: TestApp) {
    test.set_year("2026-27", 365);
    test.run(&["audit", "verify"]).done();
    let folder = test.path("backup");
    let folder = folder.to_str().unwrap();
    test.run(&["backup", folder]).done();
    test.set_year("2025-26", 365);
    test.run(&["audit", "verify"]).done();
    test.run(&["restore", folder, "--replace"]);
    test.run(&["audit", "verify"]).done();
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_process_that_dies_after_linking_the_chain_anew_leaves_no_head_to_accept(
    #[case] test: TestApp,
) {
    events_of_the_version_before(&test);
    let (folder, actor, now) = (
        test.app.identities.keyring().folder(),
        Actor::command("test"),
        test.app.clock.now(),
    );
    let kept = audit::settle(test.db(), folder).unwrap();
    let before = std::fs::read(folder.join("audit-head")).unwrap();
    // Cut off before the commit: the chain is the old one, and so is its head.
    let cut_off = test.db().write_now(|tx| -> Result<(), ChainError> {
        assert!(matches!(
            audit::hash_old_subjects_in(tx, folder, kept.as_ref(), &actor, now)?,
            Rehashed::Done(1)
        ));
        Err(Error::CutOff.into())
    });
    assert!(cut_off.is_err() && folder.join("audit-head-next").exists());
    assert_eq!(audit::settle(test.db(), folder).unwrap(), kept);
    assert!(
        !folder.join("audit-head-next").exists(),
        "a head that never came about is kept"
    );
    // Cut off after it.
    test.db()
        .write_now(|tx| audit::hash_old_subjects_in(tx, folder, kept.as_ref(), &actor, now))
        .unwrap();
    assert_eq!(std::fs::read(folder.join("audit-head")).unwrap(), before);
    test.run(&["audit", "verify"]).done();
    assert!(!folder.join("audit-head-next").exists());
    assert_ne!(std::fs::read(folder.join("audit-head")).unwrap(), before);
    test.run(&["audit", "verify"]).done();
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn deleted_last_events_are_noticed_also_while_a_new_head_waits_to_be_kept(#[case] test: TestApp) {
    events_of_the_version_before(&test);
    let (folder, actor, now) = (
        test.app.identities.keyring().folder(),
        Actor::command("test"),
        test.app.clock.now(),
    );
    let kept = audit::settle(test.db(), folder).unwrap();
    test.db()
        .write_now(|tx| audit::hash_old_subjects_in(tx, folder, kept.as_ref(), &actor, now))
        .unwrap();
    test.db()
        .write_now(|tx| -> Result<(), Error> {
            diesel::delete(
                audit_event::table.filter(audit_event::action.eq("audit.subjects_hashed")),
            )
            .execute(tx)?;
            Ok(())
        })
        .unwrap();
    for _ in 0..2 {
        test.run(&["audit", "verify"]).code(1);
    }
    // Nor does an announcement that was overtaken bring an earlier head back.
    test.run(&[
        "audit",
        "accept-head",
        "--reason",
        "Rehearsal of a deletion",
    ])
    .done();
    test.run(&["audit", "verify"]).done();
    let stale = std::fs::read_to_string(folder.join("audit-head")).unwrap();
    test.set_year("2025-26", 365);
    test.run(&["audit", "verify"]).done();
    std::fs::write(folder.join("audit-head-next"), format!("{stale}{stale}")).unwrap();
    delete_events_of("year:2025-26", &test);
    test.run(&["audit", "verify"]).code(1);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_restore_that_dies_before_its_head_is_kept_leaves_no_head_to_accept(#[case] test: TestApp) {
    test.set_year("2026-27", 365);
    test.run(&["audit", "verify"]).done();
    test.run(&["backup", "saved"]).done();
    for label in ["2024-25", "2025-26"] {
        test.set_year(label, 365);
    }
    test.run(&["audit", "verify"]).done();
    let folder = test.app.identities.keyring().folder();
    let before = std::fs::read_to_string(folder.join("audit-head")).unwrap();
    test.run(&["restore", "saved", "--replace"]).done();
    let restored = std::fs::read_to_string(folder.join("audit-head")).unwrap();
    assert_ne!(before, restored);
    // As it stood between the commit and the head.
    std::fs::write(folder.join("audit-head"), &before).unwrap();
    std::fs::write(
        folder.join("audit-head-next"),
        format!("{restored}{before}"),
    )
    .unwrap();
    test.run(&["audit", "verify"]).done();
    assert!(!folder.join("audit-head-next").exists());
}

/// A chain with an event that the version before wrote: it holds the number of a child.
fn events_of_the_version_before(test: &TestApp) {
    let child = test.child(ChildSpec::default());
    test.measure(
        child,
        1412,
        34_500,
        NaiveDate::from_ymd_opt(2026, 11, 27).unwrap(),
    );
    test.db()
        .write_now(|tx| -> Result<(), Error> {
            diesel::update(
                audit_event::table.filter(audit_event::action.eq("measurement.recorded")),
            )
            .set((
                audit_event::subject.eq(format!("pupil:{child}")),
                audit_event::detail.eq("{\"version\":1}"),
            ))
            .execute(tx)?;
            diesel::delete(audit_subject::table).execute(tx)?;
            Ok(())
        })
        .unwrap();
    let folder = test.app.identities.keyring().folder();
    assert!(audit::link(test.db(), folder).unwrap() > 0);
}

fn delete_events_of(subject: &str, test: &crate::support::TestApp) {
    test.db()
        .write_now(|tx| -> Result<(), Error> {
            diesel::delete(audit_event::table.filter(audit_event::subject.eq(subject)))
                .execute(tx)?;
            Ok(())
        })
        .unwrap();
}
