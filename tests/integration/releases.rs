//! Releases: made, audited, published, read, withdrawn, and remembered.

use diesel::prelude::*;
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
fn two_forms(test: &TestApp, urn: i32) {
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

fn make(test: &TestApp, audience: &str) -> String {
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

both_databases! {
    fn a_release_goes_from_the_counts_to_the_school_and_to_no_other(test: TestApp) {
        two_forms(test, SCHOOL);
        let number = make(test, "school:900101");
        assert_eq!(number, "1");
        let audit = test.run(&["release", "audit", &number]).done().stdout;
        for part in ["cells: ", "hidden first: 1", "hidden by audit: 0", "narrowest interval left: ", "seconds: ", "audit: passed"] {
            assert!(audit.contains(part), "{part} in {audit}");
        }
        let school = test.signed_in(Role::School, &[SCHOOL], &[]);
        assert!(school.get("/figures").says("There are no figures for you yet"));
        school.get("/figures/1").status(404);
        test.run(&["release", "publish", &number]).done();

        let page = school.get("/figures").follow("School 900101, 2026-27").status(200);
        assert!(page.says("Healthy weight") && page.says("[c]") && page.says("seven or fewer"), "{}", page.text());
        let (status, name, bytes) = school.download("/figures/1/figures.csv");
        let csv = String::from_utf8(bytes).unwrap();
        assert_eq!((status, name.as_str()), (200, "release-1.csv"));
        assert!(csv.starts_with("release,audience,academic_years,area_type,"), "{csv}");
        assert!(csv.contains(",6,all,bmi_category,healthy_weight,35,55,63.6,"), "{csv}");
        assert!(csv.contains(",6,all,bmi_category,underweight,[c],55,[c],[c],[c],"), "{csv}");
        assert!(csv.contains(",6,all,participation,[z],55,60,91.7,[z],[z],"), "{csv}");
        let (status, _, bytes) = school.download("/figures/1/figures.xlsx");
        assert!(status == 200 && bytes.starts_with(b"PK"));
        assert_eq!(school.download("/figures/1/figures.pdf").0, 404);

        test.school(900_102, "999");
        let other = test.signed_in(Role::School, &[900_102], &[]);
        other.get("/figures/1").status(404);
        assert_eq!(other.download("/figures/1/figures.csv").0, 404);
        test.signed_in(Role::Authority, &[], &["999"]).get("/figures/1").status(404);
    }

    fn the_contact_is_told_by_an_email_with_a_link_and_no_figure(test: TestApp) {
        use stature::db::schema::{outbox, school};
        two_forms(test, SCHOOL);
        test.db()
            .write_now(|tx| -> Result<(), stature::db::Error> {
                diesel::update(school::table.find(SCHOOL))
                    .set(school::contact_email.eq("office@hill.example.org"))
                    .execute(tx)?;
                Ok(())
            })
            .unwrap();
        let number = make(test, "school:900101");
        let published = test.run(&["release", "publish", &number]).done().stdout;
        assert!(published.contains("waiting to be sent"), "{published}");
        let parcels: Vec<i64> = test
            .db()
            .read_now(|tx| -> Result<_, stature::db::Error> {
                Ok(outbox::table.filter(outbox::reference.eq("release:1")).select(outbox::id).load(tx)?)
            })
            .unwrap();
        assert_eq!(parcels.len(), 1);
        let parcel = test.db().read_now(|tx| stature::outbox::find(tx, parcels[0])).unwrap().unwrap();
        let notice = stature::outbox::open_notice(test.app.identities.keyring(), &parcel).unwrap();
        assert_eq!(notice.to, "office@hill.example.org");
        assert!(notice.text.contains("/figures/1") && notice.html.contains("/figures/1"), "{}", notice.text);
        assert!(!notice.text.contains("35") && !notice.html.contains(">35<"), "{}", notice.text);
    }

    fn a_release_is_made_published_and_withdrawn_in_the_browser(test: TestApp) {
        for urn in [900_101, 900_102, 900_103] {
            two_forms(test, urn);
        }
        let browser = test.signed_in(Role::Administrator, &[], &[]);
        let form = browser.get("/releases").follow("Make a release");
        let form = form.press("Make the release").status(422).shows("Choose at least one year");
        let page = form.fill("Who will see it", "la:999").choose("2026-27").press("Make the release").status(200);
        assert!(page.says("Result of the audit") && page.says("Nothing is exposed"), "{}", page.text());
        let page = page.press("Publish").status(200).shows("The release is published");
        let authority = test.signed_in(Role::Authority, &[], &["999"]);
        assert!(authority.get("/figures/1").status(200).says("Overweight or very overweight"));
        page.follow("Withdraw this release").press("Withdraw the release").shows("The release is withdrawn");
        authority.get("/figures/1").status(404);
        let refused = test.run(&["release", "publish", "1"]).code(1).stderr;
        assert!(refused.contains("withdrawn already"), "{refused}");
    }

    fn a_later_release_keeps_its_figures_for_fewer_than_eight_children_even_after_a_withdrawal(test: TestApp) {
        two_forms(test, SCHOOL);
        let first = make(test, "school:900101");
        test.run(&["release", "publish", &first]).done();
        test.run(&["release", "withdraw", &first]).done();
        children(test, SCHOOL, "2026-27", "6", &[(Some("overweight"), 4)]);
        let second = make(test, "school:900101");
        test.run(&["release", "publish", &second]).done();
        let school = test.signed_in(Role::School, &[SCHOOL], &[]);
        let (_, _, bytes) = school.download("/figures/2/figures.csv");
        let csv = String::from_utf8(bytes).unwrap();
        assert!(csv.contains(",overweight,10,55,"), "{csv}");
        assert!(csv.contains(",participation,[z],55,60,"), "{csv}");
    }

    fn a_file_taken_out_counts_as_shown_and_stands_in_the_ledger(test: TestApp) {
        two_forms(test, SCHOOL);
        let number = make(test, "school:900101");
        let out = test.path("figures.csv");
        let path = out.to_str().unwrap();
        test.run(&["release", "export", &number, "--format", "csv", "--out", path]).done();
        assert!(std::fs::read_to_string(&out).unwrap().contains("healthy_weight,35"));
        let told: Vec<(String, Option<String>)> = test
            .db()
            .read_now(|tx| -> Result<_, stature::db::Error> {
                Ok(disclosure::table.select((disclosure::recipient, disclosure::reference)).load(tx)?)
            })
            .unwrap();
        assert_eq!(told, [("file".to_owned(), Some("release:1".to_owned()))]);
        children(test, SCHOOL, "2026-27", "6", &[(Some("overweight"), 4)]);
        let second = make(test, "school:900101");
        test.run(&["release", "export", &second, "--format", "csv", "--out", path]).done();
        assert!(std::fs::read_to_string(&out).unwrap().contains("overweight,10,55"));
        let refused = test.run(&["release", "export", &number, "--format", "pdf", "--out", path]).code(1);
        assert!(refused.stderr.contains("csv or xlsx"), "{}", refused.stderr);
    }

    fn a_release_changed_in_the_database_is_not_shown(test: TestApp) {
        two_forms(test, SCHOOL);
        let number = make(test, "school:900101");
        test.db()
            .write_now(|tx| -> Result<(), stature::db::Error> {
                let frozen: String = release::table.select(release::frozen).first(tx)?;
                let changed = frozen.replace("\"Count\":35", "\"Count\":40");
                diesel::update(release::table).set(release::frozen.eq(changed)).execute(tx)?;
                Ok(())
            })
            .unwrap();
        let refused = test.run(&["release", "publish", &number]).code(1);
        assert!(refused.stderr.contains("was changed"), "{}", refused.stderr);
    }

    fn a_release_put_into_the_row_of_another_is_not_shown(test: TestApp) {
        use stature::db::schema::release_figure;
        two_forms(test, SCHOOL);
        two_forms(test, 900_102);
        let (one, other) = (make(test, "school:900101"), make(test, "school:900102"));
        test.run(&["release", "publish", &one]).done();
        // Sealed, passed and whole, but made for another school.
        test.db()
            .write_now(|tx| -> Result<(), stature::db::Error> {
                let frozen: String = release::table.find(2).select(release::frozen).first(tx)?;
                diesel::update(release::table.find(1)).set(release::frozen.eq(frozen)).execute(tx)?;
                diesel::delete(release_figure::table).execute(tx)?;
                Ok(())
            })
            .unwrap();
        let school = test.signed_in(Role::School, &[SCHOOL], &[]);
        school.get("/figures/1").status(500);
        assert_eq!(school.download("/figures/1/figures.csv").0, 500);
        assert!(test.run(&["release", "audit", &one]).code(1).stderr.contains("was changed"));
        // The other way about: a school's release said to be everybody's.
        test.db()
            .write_now(|tx| -> Result<(), stature::db::Error> {
                diesel::update(release::table.find(2))
                    .set((release::audience.eq("public"), release::state.eq("published")))
                    .execute(tx)?;
                Ok(())
            })
            .unwrap();
        assert_eq!(school.download("/figures/2/figures.csv").0, 500);
        assert!(test.run(&["release", "publish", &other]).code(1).stderr.contains("was changed"));
    }

    fn each_step_of_a_release_is_taken_once_and_a_refused_one_changes_nothing(test: TestApp) {
        two_forms(test, SCHOOL);
        let number = make(test, "school:900101");
        let run = |step: &str| test.run(&["release", step, &number]);
        run("publish").done();
        assert!(run("publish").code(1).stderr.contains("published already; nothing was changed"));
        run("audit").done();
        run("withdraw").done();
        assert!(run("withdraw").code(1).stderr.contains("withdrawn already; nothing was changed"));
        assert!(run("publish").code(1).stderr.contains("withdrawn already; nothing was changed"));
        let list = test.run(&["release", "list"]).done().stdout;
        assert!(list.contains("school:900101") && list.trim_end().ends_with("withdrawn"), "{list}");
        for years in ["2026-27,2026-27", "2026-27,2025-26,2024-25,2023-24"] {
            let refused = test.run(&["release", "make", "--audience", "school:900101", "--years", years]).code(1).stderr;
            assert!(refused.contains("named twice") || refused.contains("too many"), "{refused}");
        }
    }

    fn what_cannot_be_made_is_refused_in_words(test: TestApp) {
        two_forms(test, SCHOOL);
        let refused = |audience: &str, years: &str, code: i32| {
            test.run(&["release", "make", "--audience", audience, "--years", years]).code(code).stderr
        };
        assert!(refused("school:900999", "2026-27", 1).contains("no counts for school:900999"));
        assert!(refused("la:123", "2026-27", 1).contains("no counts for la:123"));
        assert!(refused("school:900101", "2026-28", 2).contains("such as 2026-27"));
        assert!(refused("somebody", "2026-27", 2).contains("school:URN, la:CODE or public"));
        assert!(refused("school:900101", "2019-20", 1).contains("nobody was eligible"));
        assert!(test.run(&["release", "audit", "7"]).code(1).stderr.contains("there is no release 7"));
        assert!(test.run(&["release", "list"]).done().stdout.is_empty(), "something was kept of a refused release");
    }

    fn figures_are_not_those_of_schools_outside_the_statistics(test: TestApp) {
        use stature::db::schema::school;
        two_forms(test, SCHOOL);
        test.db()
            .write_now(|tx| -> Result<(), stature::db::Error> {
                diesel::update(school::table.find(SCHOOL)).set(school::in_statistics.eq(false)).execute(tx)?;
                Ok(())
            })
            .unwrap();
        let refused = test.run(&["release", "make", "--audience", "school:900101", "--years", "2026-27"]).code(1);
        assert!(refused.stderr.contains("takes part in the statistics"), "{}", refused.stderr);
    }
}
