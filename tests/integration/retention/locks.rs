//! The search of the database's bytes must not cost a save that was acknowledged.
//!
//! POSIX drops every lock of a process on a file as soon as that process closes the file anywhere.
//! SQLite without its locks looks abandoned: the next program that opens and closes the database
//! removes the journal, and what was saved since the last checkpoint is gone when the server dies.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use diesel::prelude::*;
use stature::access::Role;
use stature::audit::Actor;
use stature::backup;
use stature::config::DatabaseUrl;
use stature::db::Error;
use stature::db::schema::measurement;

use crate::support::{Served, TestApp};

use super::{child, date, measured, run, scan_of};

/// How many locks a process holds on a file, as the kernel says.
fn locks(pid: u32, file: &Path) -> usize {
    let inode = format!(":{}", std::fs::metadata(file).unwrap().ino());
    std::fs::read_to_string("/proc/locks")
        .unwrap()
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|words| words.contains(&pid.to_string().as_str()))
        .filter(|words| words.iter().any(|word| word.ends_with(&inode)))
        .count()
}

/// Children of a test whose names stay, and one measured so long ago that its name is due.
fn children_and_one_that_is_due(test: &TestApp, children: usize) -> Vec<i64> {
    test.set_year("2026-27", 10);
    let due = child(test, "Gone");
    measured(test, due, date(2026, 11, 2), 1401, "healthy_weight");
    (0..children).map(|_| child(test, "Stays")).collect()
}

#[test]
fn retention_backup_and_restore_keep_the_locks_on_the_database_file() {
    let test = start_or_skip!(Sqlite);
    children_and_one_that_is_due(&test, 1);
    let file = test.path("stature.sqlite");
    let mine = std::process::id();
    let before = locks(mine, &file);
    assert!(
        before > 0,
        "SQLite holds no lock, so the test shows nothing"
    );
    let night = run(&test);
    assert_eq!(night.names, 1);
    assert!(scan_of(&night).bytes > 10_000, "nothing was searched");
    assert_eq!(locks(mine, &file), before, "retention dropped locks");
    let actor = Actor::command("test");
    backup::back_up(&test.app, &actor, &test.path("saved")).unwrap();
    assert_eq!(locks(mine, &file), before, "backing up dropped locks");
    // A folder in which the live database passes for a copy of it.
    std::fs::remove_file(test.path("saved/database.sqlite")).unwrap();
    std::os::unix::fs::symlink(&file, test.path("saved/database.sqlite")).unwrap();
    let how = backup::Restoring {
        replace: true,
        keys_from: None,
    };
    let refused = backup::restore(&test.app, &actor, &test.path("saved"), how).unwrap_err();
    assert!(
        refused.to_string().contains("is the database itself"),
        "{refused}"
    );
    assert_eq!(locks(mine, &file), before, "restoring dropped locks");
    let read = test.run(&["import", "schools", "stature.sqlite"]).code(1);
    assert!(
        read.stderr.contains("is the database itself"),
        "{}",
        read.stderr
    );
}

/// Records the same figures for every child on the class page; each row says that it is saved.
fn record_all(served: &Served, recorder: &str, children: &[i64]) {
    let mut page = served
        .signed_in(recorder)
        .get("/schools/900101/record")
        .status(200);
    for pupil in children {
        page = page
            .fill_named(&format!("height-{pupil}"), "141.2")
            .fill_named(&format!("weight-{pupil}"), "34.5")
            .press_css(&format!("#f{pupil} button"))
            .status(200);
        assert!(
            page.all(&format!("#row-{pupil}"))
                .concat()
                .contains("Saved")
        );
    }
}

#[test]
fn saves_after_a_retention_run_survive_a_shell_query_and_a_kill() {
    let test = start_or_skip!(Sqlite);
    let children = children_and_one_that_is_due(&test, 40);
    let (lead, recorder) = (
        test.account(Role::Governance, &[], &[]),
        test.account(Role::Recorder, &[900_101], &[]),
    );
    // A copy that nobody but the server has open: the locks of this process would keep its journal,
    // too.
    let live = test.path("live.sqlite");
    test.db()
        .outside_transaction(|connection| -> Result<(), Error> {
            diesel::sql_query(format!("VACUUM INTO '{}'", live.display())).execute(connection)?;
            Ok(())
        })
        .unwrap();
    let url = format!("sqlite://{}", live.display());
    let served = Served::on(&test, &url, "server.log");
    let evidence = served
        .signed_in(&lead)
        .get("/retention/run")
        .press("Remove these names now");
    assert!(
        evidence.says("1 name was removed") && evidence.says("nothing of them was found"),
        "{}",
        evidence.text()
    );
    assert!(
        locks(served.pid(), &live) > 0,
        "the server holds no lock on its database"
    );
    record_all(&served, &recorder, &children);
    let asked = Command::new("sqlite3")
        .arg(&live)
        .arg("SELECT count(*) FROM school")
        .output()
        .unwrap();
    assert!(asked.status.success(), "{asked:?}");
    served.kill();
    let database = stature::db::Db::open(&DatabaseUrl::parse(&url).unwrap()).unwrap();
    let kept: i64 = database
        .read_now(|tx| -> Result<i64, Error> {
            Ok(measurement::table
                .filter(measurement::pupil_id.eq_any(&children))
                .count()
                .get_result(tx)?)
        })
        .unwrap();
    assert_eq!(kept, 40, "acknowledged saves were lost");
}
