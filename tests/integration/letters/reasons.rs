//! Why a letter waits: as of now, not as of the last run of a job.

use stature::access::Role;

use super::{SCHOOL, child, measure, prepared, states, warn};
use crate::support::ChildSpec;

both_databases! {
    fn a_missing_address_is_not_shown_as_missing_once_it_has_been_entered(test: TestApp) {
        let zara = child(test, "Zara", None);
        measure(test, zara, 1120);
        assert_eq!(prepared(test).no_contact, 1);
        let nurse = test.signed_in(Role::Nurse, &[SCHOOL], &[]);
        nurse.get("/letters/1").shows("No parent or carer has an email address");
        nurse.get(&format!("/children/{zara}/details"))
            .fill("Email address of parent or carer 1", "ada@example.org")
            .press("Correct the details").shows("The details were corrected");
        let page = nurse.get("/letters/1").shows("Ready").shows("ada@example.org");
        assert!(!page.says("No parent or carer has an email address"), "{}", page.text());
        assert_eq!(states(test), ["ready"]);
    }

    fn a_confirmed_warning_is_not_shown_as_unconfirmed(test: TestApp) {
        let heavy = test.child(ChildSpec::default());
        test.measure(heavy, 1412, 95_000, test.app.clock.today());
        assert_eq!(prepared(test).held, 1);
        let nurse = test.signed_in(Role::Nurse, &[SCHOOL], &[]);
        let waiting = "A warning about the measurement is not confirmed.";
        nurse.get("/letters?state=held").shows(waiting);
        nurse.get("/warnings").press_css("main form button").status(200);
        let page = nurse.get("/letters?state=held");
        assert!(!page.says(waiting), "{}", page.text());
        // The tallies are those of the same moment as the list.
        assert_eq!(states(test), ["ready"]);
        assert!(!page.says("letter is held"), "{}", page.text());
    }

    fn a_warning_that_came_later_is_shown_before_any_job_has_run(test: TestApp) {
        let zara = child(test, "Zara", Some("ada@example.org"));
        measure(test, zara, 1120);
        assert_eq!(prepared(test).ready, 1);
        warn(test, zara);
        let nurse = test.signed_in(Role::Nurse, &[SCHOOL], &[]);
        nurse.get("/letters").follow("Zara Okonkwo").shows("A warning about the measurement is not confirmed.");
        assert_eq!(states(test), ["held"]);
    }
}
