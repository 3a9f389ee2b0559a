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
}
