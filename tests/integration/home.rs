//! The first page: what needs doing, for those who may do it.

use chrono::NaiveDate;
use diesel::prelude::*;
use rstest::rstest;
use stature::access::Role;
use stature::db::schema::{letter, pupil, visit, warning};

use crate::support::{ChildSpec, TestApp};

/// Puts a letter in a state.
fn letter_in(test: &TestApp, child: i64, state: &str) {
    let now = test.app.clock.now();
    test.db()
        .write_now(|tx| -> Result<(), stature::db::Error> {
            diesel::insert_into(letter::table)
                .values((
                    letter::pupil_id.eq(child),
                    letter::kind.eq("result"),
                    letter::version.eq(1),
                    letter::state.eq(state),
                    letter::created_at.eq(now),
                    letter::updated_at.eq(now),
                ))
                .execute(tx)?;
            diesel::update(pupil::table.find(child))
                .set((pupil::outcome.eq("measured"), pupil::outcome_version.eq(1)))
                .execute(tx)?;
            Ok(())
        })
        .unwrap();
}

/// The number in "12 letters held" or in "St Mary’s: 4 children without an outcome".
fn number_in(text: &str) -> Option<i64> {
    let text = text.split_once(": ").map_or(text, |(_, rest)| rest);
    let word = text.split_whitespace().next()?;
    word.replace(',', "").parse().ok()
}

/// Something of everything that Home counts, in one school and in another, in this year and in an
/// earlier one.
fn waiting_everywhere(test: &TestApp) {
    test.set_year("2025-26", 365);
    test.set_year("2026-27", 365);
    let today = test.app.clock.today();
    let mut children = Vec::new();
    for (school, email) in [
        (900_101, "sam@example.org"),
        (900_101, ""),
        (900_101, "sam@example.org"),
        (900_101, "sam@example.org"),
        (900_102, "sam@example.org"),
    ] {
        children.push(test.child(ChildSpec {
            school,
            contacts: vec![("Sam Example", email)],
            ..ChildSpec::default()
        }));
    }
    // Warnings: one child has two, about one measurement.
    test.measure(children[0], 1412, 95_000, today);
    test.measure(children[4], 1412, 34_000, today);
    letter_in(test, children[0], "held");
    letter_in(test, children[4], "sent");
    // A letter of an outcome that was replaced, and one of an earlier year: both count as letters,
    // not as children.
    for (child, version) in [(children[4], 9), (children[0], 9)] {
        another_letter(test, child, version);
    }
    let earlier = test.child(ChildSpec {
        year: "2025-26",
        ..ChildSpec::default()
    });
    letter_in(test, earlier, "sent");
    test.measure(children[1], 1400, 35_500, today);
    letter_in(test, children[1], "no_contact");
    beside_the_measurements(test, children[2]);
    test.school(900_103, "999");
    let locked = test.account(Role::Recorder, &[900_103], &[]);
    for _ in 0..5 {
        let page = test.browser().get("/sign-in");
        let page = page.fill("Email address", &locked);
        page.fill("Password", "not the password").press("Sign in");
    }
}

/// A child withdrawn, visits without a result, imports, releases and job runs that Home counts.
/// A release that can be published, a draft, and one that is out.
fn releases(tx: &mut stature::db::Conn, today: NaiveDate) -> Result<(), stature::db::Error> {
    use stature::db::schema::release;
    for (id, audience, state) in [
        (1, "public", "audited"),
        (2, "public", "draft"),
        (3, "public", "published"),
    ] {
        diesel::insert_into(release::table)
            .values((
                release::id.eq(id),
                release::audience.eq(audience),
                release::years.eq("2025-26"),
                release::state.eq(state),
                release::as_at.eq(today),
                release::title.eq("Figures"),
                release::evidence.eq("{}"),
                release::audit_passed.eq(state != "draft"),
                release::frozen.eq(""),
                release::made_by.eq("test"),
                release::made_at.eq(today.and_hms_opt(9, 0, 0).unwrap()),
            ))
            .execute(tx)?;
    }
    Ok(())
}

fn beside_the_measurements(test: &TestApp, withdrawn: i64) {
    use stature::db::schema::{import, job, job_run};
    let today = test.app.clock.today();
    let (now, yesterday) = (test.app.clock.now(), today.pred_opt().unwrap());
    test.db()
        .write_now(|tx| -> Result<(), stature::db::Error> {
            diesel::update(pupil::table.find(withdrawn))
                .set(pupil::opted_out.eq(true))
                .execute(tx)?;
            for school in [900_101, 900_102] {
                diesel::insert_into(visit::table)
                    .values((
                        visit::year_label.eq("2026-27"),
                        visit::school_urn.eq(school),
                        visit::visit_on.eq(yesterday),
                        visit::created_by.eq("test"),
                        visit::created_at.eq(now),
                    ))
                    .execute(tx)?;
            }
            for state in ["staged", "applied"] {
                diesel::insert_into(import::table)
                    .values((
                        import::kind.eq("roster"),
                        import::year_label.eq("2026-27"),
                        import::state.eq(state),
                        import::expires_at.eq(now + chrono::Duration::days(30)),
                        import::created_by.eq("test"),
                        import::created_at.eq(now),
                    ))
                    .execute(tx)?;
            }
            releases(tx, today)?;
            diesel::insert_into(job::table)
                .values((job::name.eq("retention"), job::enabled.eq(true)))
                .execute(tx)?;
            for minute in [1, 2] {
                diesel::insert_into(job_run::table)
                    .values((
                        job_run::job_name.eq("retention"),
                        job_run::scheduled_for.eq(now - chrono::Duration::minutes(minute)),
                        job_run::started_at.eq(now - chrono::Duration::minutes(minute)),
                        job_run::outcome.eq("failed"),
                        job_run::detail.eq(""),
                    ))
                    .execute(tx)?;
            }
            Ok(())
        })
        .unwrap();
}

/// A sent letter of another version of a child's outcome.
fn another_letter(test: &TestApp, child: i64, version: i32) {
    let now = test.app.clock.now();
    test.db()
        .write_now(|tx| -> Result<(), stature::db::Error> {
            diesel::insert_into(letter::table)
                .values((
                    letter::pupil_id.eq(child),
                    letter::kind.eq("not_measured"),
                    letter::version.eq(version),
                    letter::state.eq("sent"),
                    letter::created_at.eq(now),
                    letter::updated_at.eq(now),
                ))
                .execute(tx)?;
            Ok(())
        })
        .unwrap();
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn when_nothing_waits_the_page_says_so(#[case] test: TestApp) {
    test.set_year("2026-27", 365);
    for role in [
        Role::Nurse,
        Role::Administrator,
        Role::Governance,
        Role::SystemAdministrator,
    ] {
        test.signed_in_anywhere(role)
            .get("/")
            .shows("Nothing needs doing.");
    }
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_year_without_a_rule_for_names_asks_for_one(#[case] test: TestApp) {
    let page = test.signed_in(Role::Administrator, &[], &[]).get("/");
    assert_eq!(
        page.link("Set how long names of this academic year are kept"),
        "/years"
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn what_waits_is_counted_for_those_who_may_do_it_and_in_their_schools_only(#[case] test: TestApp) {
    let here = test.child(ChildSpec::default());
    let elsewhere = test.child(ChildSpec {
        school: 900_102,
        ..ChildSpec::default()
    });
    let waiting = test.child(ChildSpec {
        given_name: "Maya",
        ..ChildSpec::default()
    });
    letter_in(&test, here, "held");
    letter_in(&test, elsewhere, "held");
    let (now, yesterday) = (
        test.app.clock.now(),
        test.app.clock.today().pred_opt().unwrap(),
    );
    test.db()
        .write_now(|tx| -> Result<(), stature::db::Error> {
            diesel::insert_into(visit::table)
                .values((
                    visit::year_label.eq("2026-27"),
                    visit::school_urn.eq(900_101),
                    visit::visit_on.eq(yesterday),
                    visit::created_by.eq("test"),
                    visit::created_at.eq(now),
                ))
                .execute(tx)?;
            diesel::insert_into(warning::table)
                .values((
                    warning::pupil_id.eq(here),
                    warning::version.eq(1),
                    warning::code.eq("weekend"),
                ))
                .execute(tx)?;
            Ok(())
        })
        .unwrap();
    let nurse = test.signed_in(Role::Nurse, &[900_101], &[]).get("/");
    assert_eq!(nurse.link("1 letter held"), "/letters?state=held");
    assert_eq!(
        nurse.link("School 900101: 1 child without an outcome"),
        "/schools/900101#without-outcome"
    );
    assert_eq!(nurse.link("1 warning to confirm"), "/warnings");
    assert_eq!(nurse.all(".app-stat__count"), vec!["2", "1", "0", "0"]);
    assert!(!nurse.says("Maya") && waiting > 0, "a child is named");
    let administrator = test.signed_in(Role::Administrator, &[], &[]).get("/");
    administrator.shows("2 letters held");
    let recorder = test.signed_in(Role::Recorder, &[900_101], &[]).get("/");
    assert!(recorder.says("1 child without an outcome") && !recorder.says("letter held"));
    let school = test.signed_in(Role::School, &[900_101], &[]).get("/");
    assert!(
        !school.says("without an outcome") && school.says("published for you"),
        "{}",
        school.text()
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn warnings_lead_to_a_list_of_just_those_which_are_confirmed_there(#[case] test: TestApp) {
    let here = test.child(ChildSpec {
        family_name: "Quennell",
        ..ChildSpec::default()
    });
    let elsewhere = test.child(ChildSpec {
        family_name: "Farfield",
        school: 900_102,
        ..ChildSpec::default()
    });
    let today = test.app.clock.today();
    test.measure(here, 1412, 95_000, today);
    test.measure(elsewhere, 1412, 96_000, today);
    let recorder = test.signed_in(Role::Recorder, &[900_101], &[]);
    assert_eq!(recorder.get("/").link("1 warning to confirm"), "/warnings");
    let list = recorder
        .get("/warnings")
        .status(200)
        .shows("Quennell, Robin")
        .shows("141.2 cm, 95.0 kg");
    let list = list.shows("1 warning about 1 measurement");
    assert!(!list.says("Farfield"), "a child of another school is shown");
    assert_eq!(
        list.link("Measure again Quennell, Robin"),
        format!("/schools/900101/record?again={here}#h{here}")
    );
    list.press("Figures are correct for Quennell, Robin")
        .status(200)
        .shows("The measurement is confirmed")
        .shows("No warning waits to be confirmed");
    assert!(!recorder.get("/").says("to confirm"));
    recorder
        .get("/schools/900101/record")
        .shows("Confirmed by A Recorder");
    // Somebody else has taken the measurement back meanwhile.
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    let list = administrator.get("/warnings").shows("Farfield");
    administrator
        .get("/schools/900102/record")
        .press_css(&format!("#s{elsewhere} button[value=undo]"))
        .press_css(&format!("#s{elsewhere} button[value=undo_anyway]"))
        .status(200);
    list.press("Figures are correct for Farfield, Robin")
        .status(409);
    test.signed_in(Role::Monitor, &[], &[])
        .get("/warnings")
        .status(403);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn every_tile_of_every_role_counts_the_list_it_links_to(#[case] test: TestApp) {
    waiting_everywhere(&test);
    let mut compared = 0;
    for role in Role::ALL {
        let browser = match role {
            Role::Recorder | Role::Nurse => test.signed_in(role, &[900_101], &[]),
            _ => test.signed_in_anywhere(role),
        };
        let home = browser.get("/").status(200);
        for (text, href) in home.links(".app-todo a, .app-stat__link") {
            let Some(count) = number_in(&text) else {
                continue;
            };
            let behind = browser.get(&href).status(200);
            assert_eq!(
                behind.count_shown(&href),
                Some(count),
                "{role}: Home says “{text}”, {href} says: {}",
                behind.text()
            );
            compared += 1;
        }
    }
    // A recorder has 6, a nurse 8, an administrator 10, governance and monitor 4 each, a school and
    // an authority
    // 1 each, a system administrator 2.
    assert_eq!(compared, 36, "a tile is missing");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn home_counts_what_the_progress_page_counts(#[case] test: TestApp) {
    let left = test.child(ChildSpec::default());
    test.child(ChildSpec::default());
    test.measure(left, 1412, 34_500, test.app.clock.today());
    test.db()
        .write_now(|tx| -> Result<(), stature::db::Error> {
            diesel::update(pupil::table.find(left))
                .set(pupil::on_roll.eq(false))
                .execute(tx)?;
            Ok(())
        })
        .unwrap();
    let monitor = test.signed_in(Role::Monitor, &[], &[]);
    assert_eq!(
        monitor.get("/").all(".app-stat__count"),
        vec!["2", "1", "0", "0"]
    );
    assert!(
        monitor.get("/progress").says("50"),
        "{}",
        monitor.get("/progress").text()
    );
}
