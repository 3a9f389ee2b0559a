//! The chain over the events.

use diesel::prelude::*;
use stature::db::Error;
use stature::db::schema::audit_event;

both_databases! {
    fn an_altered_event_breaks_the_chain(test: TestApp) {
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
        assert!(broken.stderr.contains("was changed after it was written"), "{}", broken.stderr);
    }

    fn a_removed_event_breaks_the_chain(test: TestApp) {
        for label in ["2024-25", "2025-26", "2026-27"] {
            test.set_year(label, 365);
        }
        test.run(&["audit", "verify"]).done();
        test.db()
            .write_now(|tx| -> Result<(), Error> {
                diesel::delete(audit_event::table.filter(audit_event::subject.eq("year:2025-26"))).execute(tx)?;
                Ok(())
            })
            .unwrap();
        test.run(&["audit", "verify"]).code(1);
    }

    fn audit_verify_notices_that_the_last_events_were_deleted(test: TestApp) {
        for label in ["2024-25", "2025-26", "2026-27"] {
            test.set_year(label, 365);
        }
        test.run(&["audit", "verify"]).done();
        delete_events_of("year:2026-27", test);
        let cut = test.run(&["audit", "verify"]).code(1);
        assert!(cut.stderr.contains("the last 1 events were deleted"), "{}", cut.stderr);
        // Events that come later do not cover it up.
        for label in ["2022-23", "2023-24"] {
            test.set_year(label, 365);
        }
        test.run(&["audit", "verify"]).code(1);
        let again = test.run(&["audit", "verify"]).code(1);
        assert!(again.stderr.contains("rewritten"), "{}", again.stderr);
        test.run(&["audit", "accept-head"]).code(2);
        test.run(&["audit", "accept-head", "--reason", "Rehearsal of a deletion"]).done();
        test.run(&["audit", "verify"]).done();
    }

    fn audit_verify_says_so_when_no_head_was_kept(test: TestApp) {
        test.set_year("2026-27", 365);
        test.run(&["audit", "verify"]).done();
        std::fs::remove_file(test.path("keyring/audit-head")).unwrap();
        let found = test.run(&["audit", "verify"]).code(3);
        assert!(found.stdout.contains("would not have been noticed"), "{}", found.stdout);
        test.run(&["audit", "verify"]).done();
    }

    fn a_restore_begins_a_chain_that_verifies(test: TestApp) {
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
