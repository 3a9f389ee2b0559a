//! Releases: made, audited, published, read, withdrawn, and remembered.

use diesel::prelude::*;
use rstest::rstest;
use stature::access::Role;
use stature::db::schema::{disclosure, measurement, pupil, release};

use crate::support::TestApp;

const SCHOOL: i32 = 900_101;

/// Children of one year and year group with a category, or none: not measured.
fn children(test: &TestApp, urn: i32, year: &str, group: &str, counts: &[(Option<&str>, usize)]) {
    test.school(urn, "999");
    let now = test.app.clock.now();
    test.db()
        .write_now(|tx| -> Result<(), stature::db::Error> {
            for (at, category) in counts
                .iter()
                .flat_map(|(category, children)| std::iter::repeat_n(*category, *children))
                .enumerate()
            {
                let id: i64 = diesel::insert_into(pupil::table)
                    .values((
                        pupil::year_label.eq(year),
                        pupil::school_urn.eq(urn),
                        pupil::year_group.eq(group),
                        pupil::sex.eq(if at % 2 == 0 { "F" } else { "M" }),
                        pupil::outcome.eq(if category.is_some() {
                            "measured"
                        } else {
                            "none"
                        }),
                        pupil::outcome_version.eq(i32::from(category.is_some())),
                        pupil::created_at.eq(now),
                        pupil::updated_at.eq(now),
                    ))
                    .returning(pupil::id)
                    .get_result(tx)?;
                if let Some(category) = category {
                    diesel::insert_into(measurement::table)
                        .values((
                            measurement::pupil_id.eq(id),
                            measurement::version.eq(1),
                            measurement::measured_on.eq(test.app.clock.today()),
                            measurement::age_months.eq(130),
                            measurement::height_mm.eq(1_400),
                            measurement::weight_g.eq(35_000),
                            measurement::scheme.eq("zscore"),
                            measurement::population_category.eq(Some(category)),
                            measurement::recorded_by.eq("test"),
                            measurement::recorded_at.eq(now),
                        ))
                        .execute(tx)?;
                }
            }
            Ok(())
        })
        .unwrap();
}

/// A two-form school: 56 measured of 60.
pub(super) fn two_forms(test: &TestApp, urn: i32) {
    test.set_year("2026-27", 365);
    let counts = [
        (Some("underweight"), 1),
        (Some("healthy_weight"), 35),
        (Some("overweight"), 9),
        (Some("obese"), 11),
        (None, 4),
    ];
    children(test, urn, "2026-27", "6", &counts);
}

/// Gives a school a contact who is told of releases.
pub(super) fn give_contact(test: &TestApp, urn: i32) {
    use stature::db::schema::school;
    test.db()
        .write_now(|tx| -> Result<(), stature::db::Error> {
            diesel::update(school::table.find(urn))
                .set(school::contact_email.eq("office@hill.example.org"))
                .execute(tx)?;
            Ok(())
        })
        .unwrap();
}

/// The state of a release.
fn state(test: &TestApp, number: i64) -> String {
    test.db()
        .read_now(|tx| -> Result<String, stature::db::Error> {
            Ok(release::table
                .find(number)
                .select(release::state)
                .first(tx)?)
        })
        .unwrap()
}

pub(super) fn make(test: &TestApp, audience: &str) -> String {
    let made = test
        .run(&[
            "release",
            "make",
            "--audience",
            audience,
            "--years",
            "2026-27",
        ])
        .done();
    made.stdout.trim().to_owned()
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_lost_server_key_is_not_made_again_and_releases_stay_readable(#[case] test: TestApp) {
    two_forms(&test, SCHOOL);
    let number = make(&test, "school:900101");
    test.run(&["release", "publish", &number]).done();
    let school = test.signed_in(Role::School, &[SCHOOL], &[]);
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    let key = test.path("keyring/server.key");
    std::fs::remove_file(&key).unwrap();
    school.get("/figures/1").status(200).shows("Healthy weight");
    assert_eq!(school.download("/figures/1/figures.csv").0, 200);
    administrator
        .get("/releases/1")
        .status(200)
        .shows("The server key is missing");
    // A form that is sent shows that signing in does not depend on the key.
    let refused = administrator
        .get("/releases/1/withdraw")
        .press("Withdraw the release")
        .status(200);
    assert!(
        refused.says("The release is withdrawn"),
        "{}",
        refused.text()
    );
    let made = test
        .run(&[
            "release",
            "make",
            "--audience",
            "school:900101",
            "--years",
            "2026-27",
        ])
        .code(1);
    assert!(made.stderr.contains("the server key"), "{}", made.stderr);
    test.run(&["migrate"]).done();
    let config = test.run(&["check-config"]).code(1);
    assert!(
        config
            .stderr
            .contains("the server key is not in the keyring"),
        "{}",
        config.stderr
    );
    assert!(
        !key.exists(),
        "a new key was made where sealed releases exist"
    );
    let replaced = test.run(&["keyring", "replace-lost"]).done();
    assert!(
        replaced.stdout.contains("1 releases are sealed with it"),
        "{}",
        replaced.stdout
    );
    test.run(&["check-config"]).done();
    test.run(&[
        "release",
        "make",
        "--audience",
        "school:900101",
        "--years",
        "2026-27",
    ])
    .done();
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_release_goes_from_the_counts_to_the_school_and_to_no_other(#[case] test: TestApp) {
    two_forms(&test, SCHOOL);
    let number = make(&test, "school:900101");
    assert_eq!(number, "1");
    let audit = test.run(&["release", "audit", &number]).done().stdout;
    for part in [
        "cells: ",
        "hidden first: 1",
        "hidden by audit: 0",
        "narrowest interval left: ",
        "seconds: ",
        "audit: passed",
    ] {
        assert!(audit.contains(part), "{part} in {audit}");
    }
    let school = test.signed_in(Role::School, &[SCHOOL], &[]);
    assert!(
        school
            .get("/figures")
            .says("There are no figures for you yet")
    );
    school.get("/figures/1").status(404);
    test.run(&["release", "publish", &number]).done();

    let page = school
        .get("/figures")
        .follow("School 900101, 2026-27")
        .status(200);
    assert!(
        page.says("Healthy weight") && page.says("[c]") && page.says("seven or fewer"),
        "{}",
        page.text()
    );
    let (status, name, bytes) = school.download("/figures/1/figures.csv");
    let csv = String::from_utf8(bytes).unwrap();
    assert_eq!((status, name.as_str()), (200, "release-1.csv"));
    assert!(
        csv.starts_with("release,audience,academic_years,area_type,"),
        "{csv}"
    );
    assert!(
        csv.contains(",6,all,bmi_category,healthy_weight,35,55,63.6,"),
        "{csv}"
    );
    assert!(
        csv.contains(",6,all,bmi_category,underweight,[c],55,[c],[c],[c],"),
        "{csv}"
    );
    assert!(
        csv.contains(",6,all,participation,[z],55,60,91.7,[z],[z],"),
        "{csv}"
    );
    let (status, _, bytes) = school.download("/figures/1/figures.xlsx");
    assert!(status == 200 && bytes.starts_with(b"PK"));
    assert_eq!(school.download("/figures/1/figures.pdf").0, 404);

    test.school(900_102, "999");
    let other = test.signed_in(Role::School, &[900_102], &[]);
    other.get("/figures/1").status(404);
    assert_eq!(other.download("/figures/1/figures.csv").0, 404);
    test.signed_in(Role::Authority, &[], &["999"])
        .get("/figures/1")
        .status(404);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_contact_is_told_by_an_email_with_a_link_and_no_figure(#[case] test: TestApp) {
    use stature::db::schema::outbox;
    two_forms(&test, SCHOOL);
    give_contact(&test, SCHOOL);
    let number = make(&test, "school:900101");
    let published = test.run(&["release", "publish", &number]).done().stdout;
    assert!(published.contains("waiting to be sent"), "{published}");
    let parcels: Vec<i64> = test
        .db()
        .read_now(|tx| -> Result<_, stature::db::Error> {
            Ok(outbox::table
                .filter(outbox::reference.eq("release:1"))
                .select(outbox::id)
                .load(tx)?)
        })
        .unwrap();
    assert_eq!(parcels.len(), 1);
    let parcel = test
        .db()
        .read_now(|tx| stature::outbox::find(tx, parcels[0]))
        .unwrap()
        .unwrap();
    let notice = stature::outbox::open_notice(test.app.identities.keyring(), &parcel).unwrap();
    assert_eq!(notice.to, "office@hill.example.org");
    assert!(
        notice.text.contains("/figures/1") && notice.html.contains("/figures/1"),
        "{}",
        notice.text
    );
    assert!(
        !notice.text.contains("35") && !notice.html.contains(">35<"),
        "{}",
        notice.text
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_release_is_made_published_and_withdrawn_in_the_browser(#[case] test: TestApp) {
    for urn in [900_101, 900_102, 900_103] {
        two_forms(&test, urn);
    }
    let browser = test.signed_in(Role::Administrator, &[], &[]);
    let form = browser.get("/releases").follow("Make a release");
    let form = form
        .press("Make the release")
        .status(422)
        .shows("Choose at least one year");
    let page = form
        .fill("Who will see it", "la:999")
        .choose("2026-27")
        .press("Make the release")
        .status(200);
    assert!(
        page.says("Result of the audit") && page.says("Nothing is exposed"),
        "{}",
        page.text()
    );
    let page = page
        .follow("Publish this release")
        .press("Publish the release")
        .status(200)
        .shows("The release is published");
    let authority = test.signed_in(Role::Authority, &[], &["999"]);
    assert!(
        authority
            .get("/figures/1")
            .status(200)
            .says("Overweight or very overweight")
    );
    page.follow("Withdraw this release")
        .press("Withdraw the release")
        .shows("The release is withdrawn");
    authority.get("/figures/1").status(404);
    let refused = test.run(&["release", "publish", "1"]).code(1).stderr;
    assert!(refused.contains("withdrawn already"), "{refused}");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_later_release_keeps_its_figures_for_fewer_than_eight_children_even_after_a_withdrawal(
    #[case] test: TestApp,
) {
    two_forms(&test, SCHOOL);
    let first = make(&test, "school:900101");
    test.run(&["release", "publish", &first]).done();
    test.run(&["release", "withdraw", &first]).done();
    children(&test, SCHOOL, "2026-27", "6", &[(Some("overweight"), 4)]);
    let second = make(&test, "school:900101");
    test.run(&["release", "publish", &second]).done();
    let school = test.signed_in(Role::School, &[SCHOOL], &[]);
    let (_, _, bytes) = school.download("/figures/2/figures.csv");
    let csv = String::from_utf8(bytes).unwrap();
    assert!(csv.contains(",overweight,10,55,"), "{csv}");
    assert!(csv.contains(",participation,[z],55,60,"), "{csv}");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_file_taken_out_counts_as_shown_and_stands_in_the_ledger(#[case] test: TestApp) {
    two_forms(&test, SCHOOL);
    let number = make(&test, "school:900101");
    let out = test.path("figures.csv");
    let path = out.to_str().unwrap();
    test.run(&[
        "release", "export", &number, "--format", "csv", "--out", path,
    ])
    .done();
    assert!(
        std::fs::read_to_string(&out)
            .unwrap()
            .contains("healthy_weight,35")
    );
    let told: Vec<(String, Option<String>)> = test
        .db()
        .read_now(|tx| -> Result<_, stature::db::Error> {
            Ok(disclosure::table
                .select((disclosure::recipient, disclosure::reference))
                .load(tx)?)
        })
        .unwrap();
    assert_eq!(told, [("file".to_owned(), Some("release:1".to_owned()))]);
    children(&test, SCHOOL, "2026-27", "6", &[(Some("overweight"), 4)]);
    let second = make(&test, "school:900101");
    test.run(&[
        "release", "export", &second, "--format", "csv", "--out", path,
    ])
    .done();
    assert!(
        std::fs::read_to_string(&out)
            .unwrap()
            .contains("overweight,10,55")
    );
    let refused = test
        .run(&[
            "release", "export", &number, "--format", "pdf", "--out", path,
        ])
        .code(1);
    assert!(refused.stderr.contains("csv or xlsx"), "{}", refused.stderr);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_release_changed_in_the_database_is_not_shown(#[case] test: TestApp) {
    two_forms(&test, SCHOOL);
    let number = make(&test, "school:900101");
    test.db()
        .write_now(|tx| -> Result<(), stature::db::Error> {
            let frozen: String = release::table.select(release::frozen).first(tx)?;
            let changed = frozen.replace("\"Count\":35", "\"Count\":40");
            diesel::update(release::table)
                .set(release::frozen.eq(changed))
                .execute(tx)?;
            Ok(())
        })
        .unwrap();
    let refused = test.run(&["release", "publish", &number]).code(1);
    assert!(refused.stderr.contains("was changed"), "{}", refused.stderr);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_release_put_into_the_row_of_another_is_not_shown(#[case] test: TestApp) {
    use stature::db::schema::release_figure;
    two_forms(&test, SCHOOL);
    two_forms(&test, 900_102);
    let (one, other) = (make(&test, "school:900101"), make(&test, "school:900102"));
    test.run(&["release", "publish", &one]).done();
    // Sealed, passed and whole, but made for another school.
    test.db()
        .write_now(|tx| -> Result<(), stature::db::Error> {
            let frozen: String = release::table.find(2).select(release::frozen).first(tx)?;
            diesel::update(release::table.find(1))
                .set(release::frozen.eq(frozen))
                .execute(tx)?;
            diesel::delete(release_figure::table).execute(tx)?;
            Ok(())
        })
        .unwrap();
    let school = test.signed_in(Role::School, &[SCHOOL], &[]);
    school.get("/figures/1").status(500);
    assert_eq!(school.download("/figures/1/figures.csv").0, 500);
    assert!(
        test.run(&["release", "audit", &one])
            .code(1)
            .stderr
            .contains("was changed")
    );
    // The other way about: a school's release said to be everybody's.
    test.db()
        .write_now(|tx| -> Result<(), stature::db::Error> {
            diesel::update(release::table.find(2))
                .set((
                    release::audience.eq("public"),
                    release::state.eq("published"),
                ))
                .execute(tx)?;
            Ok(())
        })
        .unwrap();
    assert_eq!(school.download("/figures/2/figures.csv").0, 500);
    assert!(
        test.run(&["release", "publish", &other])
            .code(1)
            .stderr
            .contains("was changed")
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn each_step_of_a_release_is_taken_once_and_a_refused_one_changes_nothing(#[case] test: TestApp) {
    two_forms(&test, SCHOOL);
    let number = make(&test, "school:900101");
    let run = |step: &str| test.run(&["release", step, &number]);
    run("publish").done();
    assert!(
        run("publish")
            .code(1)
            .stderr
            .contains("published already; nothing was changed")
    );
    run("audit").done();
    run("withdraw").done();
    assert!(
        run("withdraw")
            .code(1)
            .stderr
            .contains("withdrawn already; nothing was changed")
    );
    assert!(
        run("publish")
            .code(1)
            .stderr
            .contains("withdrawn already; nothing was changed")
    );
    let list = test.run(&["release", "list"]).done().stdout;
    assert!(
        list.contains("school:900101") && list.trim_end().ends_with("withdrawn"),
        "{list}"
    );
    for years in ["2026-27,2026-27", "2026-27,2025-26,2024-25,2023-24"] {
        let refused = test
            .run(&[
                "release",
                "make",
                "--audience",
                "school:900101",
                "--years",
                years,
            ])
            .code(1)
            .stderr;
        assert!(
            refused.contains("named twice") || refused.contains("too many"),
            "{refused}"
        );
    }
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn what_cannot_be_made_is_refused_in_words(#[case] test: TestApp) {
    two_forms(&test, SCHOOL);
    let refused = |audience: &str, years: &str, code: i32| {
        test.run(&["release", "make", "--audience", audience, "--years", years])
            .code(code)
            .stderr
    };
    assert!(refused("school:900999", "2026-27", 1).contains("no counts for school:900999"));
    assert!(refused("la:123", "2026-27", 1).contains("no counts for la:123"));
    assert!(refused("school:900101", "2026-28", 2).contains("such as 2026-27"));
    assert!(refused("somebody", "2026-27", 2).contains("school:URN, la:CODE or public"));
    assert!(refused("school:900101", "2019-20", 1).contains("nobody was eligible"));
    assert!(
        test.run(&["release", "audit", "7"])
            .code(1)
            .stderr
            .contains("there is no release 7")
    );
    assert!(
        test.run(&["release", "list"]).done().stdout.is_empty(),
        "something was kept of a refused release"
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn figures_are_not_those_of_schools_outside_the_statistics(#[case] test: TestApp) {
    use stature::db::schema::school;
    two_forms(&test, SCHOOL);
    test.db()
        .write_now(|tx| -> Result<(), stature::db::Error> {
            diesel::update(school::table.find(SCHOOL))
                .set(school::in_statistics.eq(false))
                .execute(tx)?;
            Ok(())
        })
        .unwrap();
    let refused = test
        .run(&[
            "release",
            "make",
            "--audience",
            "school:900101",
            "--years",
            "2026-27",
        ])
        .code(1);
    assert!(
        refused.stderr.contains("takes part in the statistics"),
        "{}",
        refused.stderr
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_public_release_is_read_and_downloaded_by_anybody_and_no_other_is(#[case] test: TestApp) {
    for urn in [900_101, 900_102, 900_103] {
        two_forms(&test, urn);
    }
    let (public, school) = (make(&test, "public"), make(&test, "school:900101"));
    let nobody = test.browser();
    nobody
        .get("/figures")
        .status(200)
        .shows("No figures have been published yet");
    assert!(
        nobody
            .get(&format!("/figures/{public}"))
            .url
            .starts_with("/sign-in")
    );
    for number in [&public, &school] {
        test.run(&["release", "publish", number]).done();
    }
    let list = nobody
        .get("/privacy")
        .follow("Published figures")
        .status(200);
    assert_eq!(list.all("table a"), ["Figures by local authority, 2026-27"]);
    let page = list
        .follow("Figures by local authority, 2026-27")
        .status(200);
    assert!(
        page.says("Exampleshire") && page.says("How to read these figures"),
        "{}",
        page.text()
    );
    for ending in ["csv", "xlsx"] {
        let (status, name, bytes) = nobody.download(&format!("/figures/{public}/figures.{ending}"));
        assert_eq!((status, name), (200, format!("release-{public}.{ending}")));
        assert!(!bytes.is_empty());
    }
    // A school's link asks to sign in and leads back; so does a number that nobody has, or the
    // difference would say which schools have figures.
    for address in ["/figures/2", "/figures/2/figures.csv", "/figures/77"] {
        assert_eq!(nobody.get(address).url, format!("/sign-in?next={address}"));
    }
    test.signed_in(Role::Nurse, &[SCHOOL], &[])
        .get("/figures/1")
        .status(200);
    test.signed_in(Role::Nurse, &[900_102], &[])
        .get("/figures/2")
        .status(404);
    test.run(&["release", "withdraw", &public]).done();
    nobody
        .get("/figures")
        .shows("No figures have been published yet");
    assert!(
        nobody
            .get(&format!("/figures/{public}/figures.csv"))
            .url
            .starts_with("/sign-in")
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_release_of_nothing_is_not_offered_on_home_nor_published_without_a_word(#[case] test: TestApp) {
    test.set_year("2026-27", 365);
    children(
        &test,
        SCHOOL,
        "2026-27",
        "6",
        &[(Some("healthy_weight"), 5), (None, 55)],
    );
    let made = test
        .run(&[
            "release",
            "make",
            "--audience",
            "school:900101",
            "--years",
            "2026-27",
        ])
        .done();
    assert!(
        made.stderr
            .contains("warning: This release shows no figure"),
        "{}",
        made.stderr
    );
    let browser = test.signed_in(Role::Administrator, &[], &[]);
    assert!(!browser.get("/").says("ready to be published"));
    let page = browser
        .get("/releases/1")
        .shows("shows no figure")
        .follow("Publish this release");
    let page = page
        .shows("shows no figure")
        .press("Publish the release")
        .status(422);
    let page = page.shows("Confirm that the release is to be published all the same");
    assert_eq!(state(&test, 1), "audited");
    page.choose("Yes, publish these figures")
        .press("Publish the release")
        .status(200)
        .shows("The release is published");
    // Nothing is asked about a year that was measured as a whole.
    two_forms(&test, 900_102);
    make(&test, "school:900102");
    assert_eq!(
        browser.get("/").link("1 release ready to be published"),
        "/releases?show=ready"
    );
    let page = browser.get("/releases/2/publish").status(200);
    assert!(!page.says("Before you publish"), "{}", page.text());
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_release_of_a_half_measured_year_says_so_before_it_is_published(#[case] test: TestApp) {
    test.set_year("2026-27", 365);
    children(
        &test,
        SCHOOL,
        "2026-27",
        "6",
        &[(Some("healthy_weight"), 40), (None, 60)],
    );
    make(&test, "school:900101");
    let browser = test.signed_in(Role::Administrator, &[], &[]);
    assert!(!browser.get("/").says("ready to be published"));
    browser.get("/releases/1/publish").shows(
        "School 900101, Year 6, 2026-27: about 43% of the eligible children have been \
            measured. Figures of less than half",
    );
    let published = test.run(&["release", "publish", "1"]).done();
    assert!(
        published
            .stderr
            .contains("warning: School 900101, Year 6, 2026-27: about 43%"),
        "{}",
        published.stderr
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_draft_made_before_a_release_already_shown_is_refused(#[case] test: TestApp) {
    two_forms(&test, SCHOOL);
    let older = make(&test, "school:900101");
    children(&test, SCHOOL, "2026-27", "6", &[(Some("overweight"), 9)]);
    let newer = make(&test, "school:900101");
    test.run(&["release", "publish", &newer]).done();
    assert_eq!(state(&test, 1), "superseded");
    let refused = test.run(&["release", "publish", &older]).code(1).stderr;
    assert!(
        refused.contains("release 1 is superseded already; nothing was changed"),
        "{refused}"
    );
    let out = test.path("older.csv");
    let refused = test
        .run(&[
            "release",
            "export",
            &older,
            "--format",
            "csv",
            "--out",
            out.to_str().unwrap(),
        ])
        .code(1)
        .stderr;
    assert!(
        refused.contains("made before release 2") && !out.exists(),
        "{refused}"
    );
    let browser = test.signed_in(Role::Administrator, &[], &[]);
    assert!(!browser.get("/").says("ready to be published"));
    browser
        .get("/releases/1")
        .status(200)
        .shows("It cannot be published any more");
    // A file that was taken out counts as shown too, and the public's figures are those of each
    // authority.
    for urn in [900_102, 900_103, 900_104] {
        two_forms(&test, urn);
    }
    let (public, authority) = (make(&test, "public"), make(&test, "la:999"));
    test.run(&[
        "release",
        "export",
        &authority,
        "--format",
        "csv",
        "--out",
        out.to_str().unwrap(),
    ])
    .done();
    let refused = test.run(&["release", "publish", &public]).code(1).stderr;
    assert!(refused.contains("superseded already"), "{refused}");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn an_older_release_audited_again_is_not_held_against_the_newer(#[case] test: TestApp) {
    two_forms(&test, SCHOOL);
    let older = make(&test, "school:900101");
    test.run(&["release", "publish", &older]).done();
    let many = [
        (Some("healthy_weight"), 10),
        (Some("overweight"), 9),
        (Some("obese"), 9),
        (None, 9),
    ];
    children(&test, SCHOOL, "2026-27", "6", &many);
    let newer = make(&test, "school:900101");
    test.run(&["release", "publish", &newer]).done();
    let school = test.signed_in(Role::School, &[SCHOOL], &[]);
    let (_, _, bytes) = school.download("/figures/2/figures.csv");
    assert!(
        String::from_utf8(bytes)
            .unwrap()
            .contains(",healthy_weight,45,"),
        "the table was not restated"
    );
    for number in [&older, &newer] {
        let audited = test.run(&["release", "audit", number]).done().stdout;
        assert!(audited.contains("audit: passed"), "{audited}");
    }
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn of_releases_unsafe_together_that_are_published_at_once_one_is_shown(#[case] test: TestApp) {
    use stature::audit::Actor;
    use stature::statistics::{self, Shelf};
    for round in 0..3 {
        let urn = 900_101 + round;
        two_forms(&test, urn);
        let audience = format!("school:{urn}");
        let mut numbers = vec![make(&test, &audience)];
        for _ in 0..4 {
            // Too few to be told apart from the release before.
            children(&test, urn, "2026-27", "6", &[(Some("overweight"), 1)]);
            numbers.push(make(&test, &audience));
        }
        let shelf = Shelf::open(test.app.identities.keyring()).unwrap();
        let (actor, now) = (Actor::command("test"), test.app.clock.now());
        let publish = |number: &String| {
            test.db()
                .write_now(|tx| {
                    statistics::publish(tx, &shelf, &actor, now, number.parse().unwrap())
                })
                .is_ok()
        };
        let shown: Vec<bool> = std::thread::scope(|scope| {
            let threads: Vec<_> = numbers
                .iter()
                .map(|number| scope.spawn(move || publish(number)))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        assert_eq!(
            shown.iter().filter(|shown| **shown).count(),
            1,
            "round {round}: {shown:?}"
        );
    }
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn releases_made_at_once_get_a_number_each(#[case] test: TestApp) {
    two_forms(&test, SCHOOL);
    let mut numbers: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| make(&test, "school:900101")))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    numbers.sort();
    assert_eq!(numbers, ["1", "2", "3", "4"]);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_restore_forgets_no_release_that_was_shown_since(#[case] test: TestApp) {
    two_forms(&test, SCHOOL);
    let draft = make(&test, "school:900101");
    let backup = test.path("backup");
    let backup = backup.to_str().unwrap();
    test.run(&["backup", backup]).done();
    let shown = make(&test, "school:900101");
    test.run(&["release", "publish", &shown]).done();
    let restored = test.run(&["restore", backup, "--replace"]).done().stdout;
    assert!(
        restored.contains("Releases shown since then, which the database does not hold: 2."),
        "{restored}"
    );
    assert_eq!(state(&test, draft.parse().unwrap()), "superseded");
    // The number is not given again, and too few children to be told apart change no figure.
    children(&test, SCHOOL, "2026-27", "6", &[(Some("overweight"), 4)]);
    let next = make(&test, "school:900101");
    assert_eq!(next, "3");
    test.run(&["release", "publish", &next]).done();
    let school = test.signed_in(Role::School, &[SCHOOL], &[]);
    let (_, _, bytes) = school.download("/figures/3/figures.csv");
    let csv = String::from_utf8(bytes).unwrap();
    assert!(
        csv.contains(",overweight,10,55,") && csv.contains(",participation,[z],55,60,"),
        "{csv}"
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn nothing_is_published_that_cannot_be_kept_beside_the_keys(#[case] test: TestApp) {
    two_forms(&test, SCHOOL);
    let number = make(&test, "school:900101");
    std::fs::write(test.path("keyring/shown"), "no folder").unwrap();
    let refused = test.run(&["release", "publish", &number]).code(1).stderr;
    assert!(refused.contains("beside the keys"), "{refused}");
    assert_eq!(state(&test, 1), "audited");
    test.signed_in(Role::Administrator, &[], &[])
        .get("/")
        .shows("Alarm What was shown cannot be read beside the keys");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_head_count_that_more_children_than_that_were_measured_of_stops_no_release(
    #[case] test: TestApp,
) {
    test.set_year("2026-27", 365);
    test.school(SCHOOL, "999");
    let browser = test.signed_in(Role::Administrator, &[], &[]);
    browser
        .get("/schools/900101")
        .fill("Year 6", "30")
        .press("Set the numbers")
        .status(200);
    two_forms(&test, SCHOOL);
    let number = make(&test, "school:900101");
    test.run(&["release", "publish", &number]).done();
    assert_eq!(
        browser.get("/progress").count_shown("/progress#eligible"),
        Some(56)
    );
    // Now it would be wrong from the start.
    let page = browser
        .get("/schools/900101")
        .fill("Year 6", "55")
        .press("Set the numbers")
        .status(422);
    let page =
        page.shows("Enter 56 or more: 56 children of Year 6 have been measured at this school");
    assert_eq!(page.all("#eligible-6").len(), 1);
    page.fill("Year 6", "56")
        .press("Set the numbers")
        .status(200);
    assert_eq!(
        browser.get("/progress").count_shown("/progress#eligible"),
        Some(56)
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_city_of_london_is_published_with_hackney(#[case] test: TestApp) {
    use stature::db::schema::{local_authority, school};
    for urn in [900_101, 900_102, 900_103] {
        two_forms(&test, urn);
    }
    test.db()
        .write_now(|tx| -> Result<(), stature::db::Error> {
            for (code, name) in [("201", "City of London"), ("204", "Hackney")] {
                diesel::insert_into(local_authority::table)
                    .values((
                        local_authority::code.eq(code),
                        local_authority::name.eq(name),
                    ))
                    .execute(tx)?;
            }
            diesel::update(school::table)
                .set(school::la_code.eq("204"))
                .execute(tx)?;
            diesel::update(school::table.find(900_103))
                .set(school::la_code.eq("201"))
                .execute(tx)?;
            Ok(())
        })
        .unwrap();
    let refused = test
        .run(&[
            "release",
            "make",
            "--audience",
            "la:201",
            "--years",
            "2026-27",
        ])
        .code(1)
        .stderr;
    assert!(refused.contains("make a release for la:204"), "{refused}");
    let options = test
        .signed_in(Role::Administrator, &[], &[])
        .get("/releases/new")
        .all("option");
    assert!(
        !options.contains(&"City of London".to_owned()),
        "{options:?}"
    );
    for audience in ["la:204", "public"] {
        let number = make(&test, audience);
        let out = test.path("figures.csv");
        let path = out.to_str().unwrap();
        test.run(&[
            "release", "export", &number, "--format", "csv", "--out", path,
        ])
        .done();
        let csv = std::fs::read_to_string(&out).unwrap();
        assert!(
            csv.contains(",local_authority,204,Hackney and City of London,6,all,participation,"),
            "{csv}"
        );
        assert!(!csv.contains(",201,"), "{csv}");
    }
}
