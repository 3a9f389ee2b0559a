//! Recording a class: rows that save by themselves, unusual values, two recorders, taking back.

use diesel::prelude::*;
use stature::access::Role;
use stature::db::schema::{access, measurement};

use crate::support::{Browser, ChildSpec, Page};

/// Saves a row as a browser without a script does.
fn save(page: &Page, pupil: i64, height: &str, weight: &str) -> Page {
    page.clone()
        .fill_named("height", height)
        .fill_named("weight", weight)
        .press_css(&format!("#f{pupil} button"))
}

fn row(page: &Page, pupil: i64) -> String {
    page.all(&format!("#row-{pupil}")).concat()
}

fn open(browser: &Browser) -> Page {
    browser.get("/schools/900101/record").status(200)
}

both_databases! {
    fn a_recorder_measures_a_class_without_a_script(test: TestApp) {
        let ava = test.child(ChildSpec { given_name: "Ava", family_name: "Ólafsdóttir", ..ChildSpec::default() });
        let ben = test.child(ChildSpec { given_name: "Ben", family_name: "Ofori", ..ChildSpec::default() });
        let browser = test.signed_in(Role::Recorder, &[900_101], &[]);
        let page = open(&browser).shows("0 of 2 children have an outcome");
        let text = page.text();
        assert!(text.find("Ofori, Ben") < text.find("Ólafsdóttir, Ava"), "not in the order of names: {text}");
        let page = save(&page, ava, "141,2", "34.5").status(200).shows("1 of 2 children have an outcome");
        assert!(row(&page, ava).contains("Saved midday by A Recorder"), "{}", row(&page, ava));
        let page = page.fill_named("reason", "absent").press_css(&format!("#f{ben} button"));
        assert!(row(&page, ben).contains("Not measured absent"), "{}", row(&page, ben));
        page.shows("2 of 2 children have an outcome");
        let events: i64 = test.db().read_now(|tx| -> Result<i64, stature::db::Error> {
            Ok(access::table.filter(access::purpose.eq("recording")).count().get_result(tx)?)
        }).unwrap();
        assert!(events > 0, "names were shown and nothing says so");
    }

    fn what_cannot_be_right_is_refused_and_kept_in_the_row(test: TestApp) {
        let child = test.child(ChildSpec::default());
        let browser = test.signed_in(Role::Nurse, &[900_101], &[]);
        let page = save(&open(&browser), child, "tall", "34.5").status(422).shows("The height cannot be read");
        assert!(page.html.contains("value=\"34.5\""), "what was typed is gone");
        save(&page, child, "30", "34.5").status(422).shows("outside 60 to 220 cm: check this");
        save(&page, child, "141.2", "").status(422).shows("The weight is missing");
        save(&page, child, "", "").status(422).shows("or choose why the child was not measured");
        page.clone().fill_named("height", "141.2").fill_named("weight", "34.5").fill_named("reason", "absent")
            .press_css(&format!("#f{child} button")).status(422).shows("keep one of the two");
        open(&browser).shows("0 of 1 children");
    }

    fn a_reason_has_a_day_of_the_year_that_is_not_in_the_future(test: TestApp) {
        let child = test.child(ChildSpec::default());
        let browser = test.signed_in(Role::Nurse, &[900_101], &[]);
        for day in ["2026-12-01", "2026-08-31", "1999-01-01"] {
            browser.get(&format!("/schools/900101/record?on={day}")).fill_named("reason", "absent")
                .press_css(&format!("#f{child} button")).status(422).shows("The date of the measurement");
        }
        let page = browser.get("/schools/900101/record?on=2026-09-01").fill_named("reason", "absent")
            .press_css(&format!("#f{child} button")).status(200);
        assert!(row(&page, child).contains("Not measured absent"), "{}", row(&page, child));
    }

    fn a_number_without_its_point_is_offered_with_one(test: TestApp) {
        let child = test.child(ChildSpec::default());
        let browser = test.signed_in(Role::Nurse, &[900_101], &[]);
        let page = save(&open(&browser), child, "1412", "345").status(422).shows("If 141.2 cm and 34.5 kg are meant");
        page.press_css(&format!("#f{child} button")).status(200).shows("1 of 1 children");
    }

    fn an_unusual_measurement_is_saved_and_confirmed_by_a_named_person(test: TestApp) {
        let child = test.child(ChildSpec::default());
        let browser = test.signed_in(Role::Recorder, &[900_101], &[]);
        let page = save(&open(&browser), child, "141.2", "95").status(200);
        assert!(row(&page, child).contains("Check this"), "{}", row(&page, child));
        let page = page.press_css(&format!("#s{child} button[value=confirm]")).status(200);
        assert!(row(&page, child).contains("Confirmed by A Recorder"), "{}", row(&page, child));
        assert!(!row(&page, child).contains("It is right"));
    }

    fn two_recorders_do_not_overwrite_each_other_silently(test: TestApp) {
        let child = test.child(ChildSpec::default());
        let first = test.signed_in(Role::Recorder, &[900_101], &[]);
        let second = test.signed_in(Role::Nurse, &[900_101], &[]);
        let (page_one, page_two) = (open(&first), open(&second));
        save(&page_one, child, "141.2", "34.5").status(200);
        let page = save(&page_two, child, "142.0", "35.0").status(422)
            .shows("A Recorder recorded 141.2 cm and 34.5 kg at 12:00").shows("Yours was not saved");
        let page = save(&page, child, "142.0", "35.0").status(200);
        assert!(row(&page, child).contains("by A Nurse"), "{}", row(&page, child));
        let versions: Vec<i32> = test.db().read_now(|tx| -> Result<_, stature::db::Error> {
            Ok(measurement::table.order(measurement::version).select(measurement::version).load(tx)?)
        }).unwrap();
        assert_eq!(versions, [1, 2], "a version was lost");
    }

    fn of_many_who_save_one_row_at_the_same_moment_one_is_saved(test: TestApp) {
        let child = test.child(ChildSpec::default());
        let pages: Vec<Page> = (0..4)
            .map(|number| {
                test.school(900_110 + number, "999");
                open(&test.signed_in(Role::Recorder, &[900_101, 900_110 + number], &[]))
            })
            .collect();
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let saving: Vec<_> = pages
                .iter()
                .enumerate()
                .map(|(number, page)| scope.spawn(move || save(page, child, &format!("14{number}.2"), "34.5").status))
                .collect();
            saving.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 422).count(), 3, "{statuses:?}");
        let rows: i64 = test.db().read_now(|tx| -> Result<i64, stature::db::Error> {
            Ok(measurement::table.count().get_result(tx)?)
        }).unwrap();
        assert_eq!(rows, 1);
    }

    fn the_same_row_posted_twice_is_saved_once(test: TestApp) {
        let child = test.child(ChildSpec::default());
        let page = open(&test.signed_in(Role::Recorder, &[900_101], &[]));
        save(&page, child, "141.2", "34.5").status(200);
        save(&page, child, "141.2", "34.5").status(200);
        let rows: i64 = test.db().read_now(|tx| -> Result<i64, stature::db::Error> {
            Ok(measurement::table.count().get_result(tx)?)
        }).unwrap();
        assert_eq!(rows, 1);
    }

    fn what_was_recorded_is_taken_back_and_the_history_stays(test: TestApp) {
        let child = test.child(ChildSpec::default());
        let browser = test.signed_in(Role::Recorder, &[900_101], &[]);
        let page = save(&open(&browser), child, "141.2", "34.5");
        let page = save(&page, child, "141.3", "34.5");
        let undo = format!("#s{child} button[value=undo]");
        let page = page.press_css(&undo);
        assert!(page.html.contains("value=\"141.2\""), "{}", row(&page, child));
        let reason = page.fill_named("reason", "child_opt_out").press_css(&format!("#f{child} button"));
        assert!(row(&reason, child).contains("child opt-out"), "{}", row(&reason, child));
        let page = reason.press_css(&undo);
        assert!(page.html.contains("value=\"141.2\""), "{}", row(&page, child));
    }

    fn other_schools_and_other_roles_are_kept_out(test: TestApp) {
        let child = test.child(ChildSpec::default());
        test.school(900_102, "999");
        let elsewhere = test.signed_in(Role::Recorder, &[900_102], &[]);
        elsewhere.get("/schools/900101/record").status(404);
        elsewhere.get("/schools/900101/record/rows").status(404);
        let here = open(&test.signed_in(Role::Nurse, &[900_101, 900_102], &[]));
        assert!(here.says("Example, Robin"));
        // The child's number under a school that the recorder does have.
        let token = elsewhere.get("/account").html;
        let token = token.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let fields = [("csrf", token.as_str()), ("version", "0"), ("height", "141"), ("weight", "34"), ("action", "save")];
        elsewhere.post(&format!("/schools/900101/record/{child}"), &fields).status(404);
        elsewhere.post(&format!("/schools/900102/record/{child}"), &fields).status(404);
        test.signed_in(Role::Monitor, &[], &[]).get("/schools/900101/record").status(403);
    }

    fn the_script_gets_rows_without_names(test: TestApp) {
        let child = test.child(ChildSpec { family_name: "Quennell", ..ChildSpec::default() });
        let browser = test.signed_in(Role::Recorder, &[900_101], &[]);
        save(&open(&browser), child, "141.2", "34.5");
        let rows = browser.get("/schools/900101/record/rows").status(200);
        assert!(rows.html.contains("\"height\":\"141.2\"") && rows.html.contains("\"version\":1"), "{}", rows.html);
        assert!(!rows.html.contains("Quennell"));
        // A page that outlived its session takes the token of the new one, if the same person has signed in.
        let page = open(&browser);
        let token = page.html.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        assert!(rows.html.contains(&format!("\"csrf\":\"{token}\"")), "{}", rows.html);
        let person = page.html.split("data-person=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        assert!(rows.html.contains(&format!("\"person\":{person}")), "{}", rows.html);
    }

    fn a_page_of_thirty_children_is_small(test: TestApp) {
        for _ in 0..30 {
            test.child(ChildSpec::default());
        }
        let page = open(&test.signed_in(Role::Recorder, &[900_101], &[]));
        assert!(page.html.len() < 150_000, "{} bytes", page.html.len());
    }

    fn progress_counts_without_showing_a_child(test: TestApp) {
        let child = test.child(ChildSpec { family_name: "Quennell", ..ChildSpec::default() });
        test.child(ChildSpec::default());
        let browser = test.signed_in(Role::Recorder, &[900_101], &[]);
        save(&open(&browser), child, "141.0", "34.5");
        let page = test.signed_in(Role::Monitor, &[], &[]).get("/progress").status(200);
        assert!(page.says("50%") || page.says("50.0%"), "{}", page.text());
        assert!(page.says("School 900101") && !page.says("Quennell"), "{}", page.text());
    }
}
