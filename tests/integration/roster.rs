//! Rosters: every sample through the real command and the real form, against what a correct import
//! of it does.

use std::path::PathBuf;

use diesel::prelude::*;
use programme::Place;
use rstest::rstest;
use serde_json::Value;
use stature::access::Role;
use stature::db::schema::{access, disclosure, pupil};

use crate::support::TestApp;

/// A child's home area and its deprivation decile.
type Area = (Option<String>, Option<i32>);

fn sample(name: &str) -> String {
    folder().join(name).to_string_lossy().into_owned()
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/rosters")
}

fn expected() -> Value {
    serde_json::from_slice(&std::fs::read(folder().join("expected.json")).unwrap()).unwrap()
}

/// A service with the sample schools and a rule for the year.
fn prepared(test: &TestApp) {
    test.set_year("2026-27", 365);
    test.run(&["import", "schools", &sample("schools.csv")])
        .done();
}

/// Imports a sample; returns its report.
fn import(test: &TestApp, name: &str, school: Option<&str>, code: i32) -> Value {
    let file = sample(name);
    let mut arguments = vec![
        "import",
        "roster",
        &file,
        "--year",
        "2026-27",
        "--partial",
        "--errors",
        "errors.csv",
    ];
    arguments.extend(["--report", "report.json"]);
    if let Some(urn) = school {
        arguments.extend(["--school", urn]);
    }
    test.run(&arguments).code(code);
    serde_json::from_slice(&std::fs::read(test.path("report.json")).unwrap()).unwrap()
}

#[track_caller]
fn same_counts(report: &Value, wanted: &Value, name: &str) {
    for (word, count) in wanted[name]["counts"].as_object().unwrap() {
        assert_eq!(&report["counts"][word], count, "{name} {word}");
    }
    assert_eq!(report["rows"], wanted[name]["rows"], "{name}");
    for (heading, field) in wanted[name]["columns"].as_object().into_iter().flatten() {
        assert_eq!(&report["columns"][heading], field, "{name} {heading}");
    }
    for row in wanted[name]["notable_rows"].as_array().unwrap() {
        let reported = report["row_outcomes"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["row"] == row["row"]);
        let Some(reported) = reported else {
            assert!(
                matches!(row["outcome"].as_str(), Some("new" | "blank")),
                "{name} row {}",
                row["row"]
            );
            assert!(row["warnings"].is_null(), "{name} row {}", row["row"]);
            continue;
        };
        assert_eq!(
            reported["outcome"], row["outcome"],
            "{name} row {}",
            row["row"]
        );
        for code in row["reason"].as_str().into_iter().chain(
            row["warnings"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str),
        ) {
            assert!(
                reported["codes"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .any(|one| one == code),
                "{name} row {} {code}",
                row["row"]
            );
        }
    }
}

fn children(test: &TestApp) -> usize {
    let out = test.path("out.csv").to_string_lossy().into_owned();
    test.run(&[
        "export",
        "roster",
        "--year",
        "2026-27",
        "--out",
        &out,
        "--reason",
        "For the school nurses’ record system",
    ])
    .done();
    csv::Reader::from_path(out).unwrap().records().count()
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn every_sample_imports_as_it_should_and_twice_changes_nothing(#[case] test: TestApp) {
    prepared(&test);
    let wanted = &expected()["files"];
    for (name, school) in [
        ("sims_like.csv", Some("900103")),
        ("arbor_like.xlsx", Some("900201")),
        ("bromcom_like.csv", None),
        ("school_ctf.xml", None),
    ] {
        let before = children(&test);
        let report = import(&test, name, school, 3);
        same_counts(&report, wanted, name);
        let created = wanted[name]["children_created"]["expected"]
            .as_u64()
            .unwrap() as usize;
        assert_eq!(children(&test) - before, created, "{name}");
        let again = import(&test, name, school, 3);
        assert_eq!(again["counts"]["new"], 0, "{name}");
        assert_eq!(
            again["counts"]["unchanged"], again["counts"]["matched"],
            "{name}"
        );
        assert_eq!(children(&test) - before, created, "{name} twice");
    }
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_list_of_a_month_later_is_merged_into_the_children_held(#[case] test: TestApp) {
    prepared(&test);
    let wanted = &expected()["files"];
    same_counts(
        &import(&test, "canonical.csv", None, 0),
        wanted,
        "canonical.csv",
    );
    assert_eq!(children(&test), 120);
    let report = import(&test, "second_import.csv", None, 3);
    same_counts(&report, wanted, "second_import.csv");
    assert_eq!(
        report["counts"]["changed"],
        wanted["second_import.csv"]["changed"]
    );
    assert_eq!(report["counts"]["leavers"], 4);
    assert_eq!(children(&test), 123);
    let out = std::fs::read_to_string(test.path("out.csv")).unwrap();
    assert!(
        out.contains("Abernathy-Cole") && !out.contains("Martha,Wright"),
        "the family name was not changed"
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn every_trap_is_seen_and_the_file_comes_back_with_its_errors(#[case] test: TestApp) {
    prepared(&test);
    let wanted = &expected()["files"];
    same_counts(&import(&test, "traps.csv", None, 3), wanted, "traps.csv");
    assert_eq!(children(&test), 39);
    let errors = std::fs::read_to_string(test.path("errors.csv")).unwrap();
    assert!(
        errors.contains("'=HYPERLINK"),
        "a formula was not made harmless"
    );
    let mut reader = csv::Reader::from_reader(errors.as_bytes());
    assert_eq!(reader.headers().unwrap().iter().next_back(), Some("Errors"));
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert!(
        rows[17].iter().next_back().unwrap().contains("29/02/2022"),
        "row 19 says nothing of its date"
    );
    assert_eq!(rows[0].iter().next_back(), Some(""));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn nothing_goes_in_while_a_row_is_wrong_unless_the_good_rows_are_asked_for(#[case] test: TestApp) {
    prepared(&test);
    let file = sample("traps.csv");
    let refused = test
        .run(&["import", "roster", &file, "--year", "2026-27"])
        .code(1);
    assert!(
        refused.stderr.contains("13 of 56 rows") && refused.stderr.contains("--partial"),
        "{}",
        refused.stderr
    );
    assert!(
        refused.stderr.contains("row 19 (rejected)"),
        "{}",
        refused.stderr
    );
    assert_eq!(children(&test), 0);
    test.run(&["import", "roster", &file, "--year", "2026-27", "--dry-run"])
        .code(3);
    assert_eq!(children(&test), 0);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn names_cannot_come_in_without_a_retention_rule_and_the_refusal_says_how_to_set_one(
    #[case] test: TestApp,
) {
    test.run(&["import", "schools", &sample("schools.csv")])
        .done();
    let refused = test
        .run(&[
            "import",
            "roster",
            &sample("canonical.csv"),
            "--year",
            "2026-27",
        ])
        .code(1);
    assert!(
        refused
            .stderr
            .contains("stature year set 2026-27 --retention-days"),
        "{}",
        refused.stderr
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn what_cannot_be_imported_is_refused_in_one_sentence(#[case] test: TestApp) {
    let wrong = |arguments: &[&str], words: &str| {
        let refused = test
            .run(&[&["import", "roster"], arguments].concat())
            .code(1);
        assert!(refused.stderr.contains(words), "{}", refused.stderr);
    };
    let file = sample("canonical.csv");
    test.set_year("2026-27", 365);
    wrong(&[&file, "--year", "2026-27"], "There are no schools yet");
    test.run(&["import", "schools", &sample("schools.csv")])
        .done();
    wrong(&["nowhere.csv", "--year", "2026-27"], "cannot be read");
    wrong(&[&file, "--year", "2026"], "write it as 2026-27");
    wrong(
        &[&sample("sims_like.csv"), "--year", "2026-27"],
        "no school was named",
    );
    wrong(
        &[
            &sample("sims_like.csv"),
            "--year",
            "2026-27",
            "--school",
            "900999",
        ],
        "not on the list",
    );
    std::fs::write(test.path("picture.csv"), b"\x89PNG\r\n\x1a\n").unwrap();
    wrong(&["picture.csv", "--year", "2026-27"], "a picture");
    std::fs::write(test.path("empty.csv"), b"").unwrap();
    wrong(&["empty.csv", "--year", "2026-27"], "empty");
    let workbook = std::fs::read(sample("arbor_like.xlsx")).unwrap();
    std::fs::write(test.path("cut.xlsx"), &workbook[..workbook.len() / 2]).unwrap();
    wrong(
        &["cut.xlsx", "--year", "2026-27", "--school", "900201"],
        "damaged",
    );
    test.run(&["import", "roster", &file]).code(2);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn no_name_lies_in_the_clear_and_opening_is_written_down(#[case] test: TestApp) {
    prepared(&test);
    import(&test, "canonical.csv", None, 0);
    import(&test, "second_import.csv", None, 3);
    let bytes = test.database_bytes();
    for secret in [
        "Abernathy-Cole",
        "Baptiste-Hall",
        "J999200126012",
        "9990102694",
        "sophiecla84@",
        "2022-04-23",
    ] {
        assert!(
            !bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes()),
            "{secret} is in the clear"
        );
    }
    children(&test);
    let (purposes, ledger): (Vec<String>, i64) = test
        .db()
        .read_now(|tx| -> Result<_, stature::db::Error> {
            let purposes = access::table.select(access::purpose).distinct().load(tx)?;
            Ok((purposes, disclosure::table.count().get_result(tx)?))
        })
        .unwrap();
    assert!(
        purposes.contains(&"matching_roster".to_owned()),
        "{purposes:?}"
    );
    assert_eq!(ledger, 1);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn an_exported_roster_is_read_back_unchanged(#[case] test: TestApp) {
    prepared(&test);
    import(&test, "traps.csv", None, 3);
    children(&test);
    let exported = test.path("out.csv").to_string_lossy().into_owned();
    test.run(&[
        "import",
        "roster",
        &exported,
        "--year",
        "2026-27",
        "--report",
        "again.json",
    ])
    .done();
    let report: Value =
        serde_json::from_slice(&std::fs::read(test.path("again.json")).unwrap()).unwrap();
    assert_eq!(
        (&report["counts"]["new"], &report["counts"]["unchanged"]),
        (&0.into(), &39.into())
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn each_child_gets_the_area_of_its_home(#[case] test: TestApp) {
    prepared(&test);
    std::fs::write(
        test.path("nspl.csv"),
        "pcds,doterm,laua,lsoa11,lsoa21cd\n\
            EB1 4NQ,,E09000001,E01000001,E01000101\n\
            EB1 3BY,202001,E09000001,E01000002,E01000102\n",
    )
    .unwrap();
    std::fs::write(
        test.path("imd.csv"),
        "LSOA code (2021),Index of Multiple Deprivation (IMD) Decile (where 1 is most \
            deprived 10% of LSOAs)\n\
            E01000101,3\n",
    )
    .unwrap();
    test.run(&["import", "postcodes", "nspl.csv"]).done();
    test.run(&["import", "deprivation", "imd.csv"]).done();
    let report = import(&test, "canonical.csv", None, 0);
    let unknown = report["row_outcomes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["codes"][0] == "postcode_unknown")
        .count();
    let placed: Vec<Place> = test
        .people()
        .values()
        .map(|person| person.particulars.place.clone())
        .filter(|place| !place.is_unknown())
        .collect();
    assert!(!placed.is_empty());
    assert_eq!(placed.len() + unknown, 120);
    let wanted = Place {
        lsoa: Some("E01000101".to_owned()),
        lsoa_vintage: Some(2021),
        decile: Some(3),
        decile_vintage: Some(2025),
    };
    assert!(placed.iter().all(|place| *place == wanted));
    let in_clear: Vec<(Option<i32>, Option<i32>)> = test
        .db()
        .read_now(|tx| -> Result<_, stature::db::Error> {
            Ok(pupil::table
                .filter(pupil::deprivation_quintile.is_not_null())
                .select((pupil::deprivation_quintile, pupil::deprivation_vintage))
                .load(tx)?)
        })
        .unwrap();
    assert_eq!(in_clear, vec![(Some(2), Some(2025)); placed.len()]);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_order_of_a_schools_list_does_not_put_erased_names_back(#[case] test: TestApp) {
    prepared(&test);
    import(&test, "canonical.csv", None, 0);
    let listed: Vec<String> = csv::Reader::from_path(sample("canonical.csv"))
        .unwrap()
        .into_records()
        .map(|row| row.unwrap().get(1).unwrap().to_owned())
        .collect();
    // In the order of the children's numbers, as they stand there without their names.
    let stored: Vec<String> = test
        .people()
        .values()
        .map(|person| {
            person
                .upn
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default()
        })
        .collect();
    assert_eq!((listed.len(), stored.len()), (120, 120));
    let matched = listed
        .iter()
        .zip(&stored)
        .filter(|(one, other)| one == other)
        .count();
    // By chance it is 1 of 120; 12 or more happen once in a thousand million runs.
    assert!(
        matched < 12,
        "{matched} of 120 children stand where the school’s list has them"
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_pages_of_a_preview_are_turned_without_comparing_the_names_again(#[case] test: TestApp) {
    prepared(&test);
    import(&test, "canonical.csv", None, 0);
    let comparisons = || {
        test.db()
            .read_now(|tx| -> Result<i64, stature::db::Error> {
                Ok(access::table
                    .filter(access::purpose.eq("matching_roster"))
                    .count()
                    .get_result(tx)?)
            })
            .unwrap()
    };
    let browser = test.signed_in(Role::Administrator, &[], &[]);
    let page = upload(&test, &browser, "second_import.csv", "");
    let (address, made) = (
        page.url.split('?').next().unwrap().to_owned(),
        comparisons(),
    );
    browser
        .get(&format!("{address}?show=unchanged"))
        .shows("Unchanged");
    browser
        .get(&format!("{address}?show=unchanged&page=2"))
        .shows("Unchanged");
    assert_eq!(comparisons(), made);
    browser.get(&address).shows("Nothing has been written yet");
    assert_eq!(comparisons(), made + 1, "asked for anew, it is made anew");
    // Another administrator's look is another look.
    test.signed_in(Role::Administrator, &[900_101], &[])
        .get(&format!("{address}?show=unchanged"));
    assert_eq!(comparisons(), made + 2);
    let (status, _, bytes) = browser.download(&format!("{address}/errors.csv"));
    assert_eq!(status, 200);
    assert!(!bytes.is_empty());
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn children_held_get_their_area_when_the_postcodes_come_later(#[case] test: TestApp) {
    prepared(&test);
    std::fs::write(
        test.path("nspl.csv"),
        "pcds,doterm,lsoa11,lsoa21cd\nEB1 4NQ,,E01000001,E01000101\n",
    )
    .unwrap();
    std::fs::write(test.path("imd.csv"), "lsoa11cd,imd decile\nE01000001,4\n").unwrap();
    import(&test, "canonical.csv", None, 0);
    let places = || -> Vec<Area> {
        test.people()
            .values()
            .map(|person| &person.particulars.place)
            .filter(|place| !place.is_unknown())
            .map(|place| (place.lsoa.clone(), place.decile))
            .collect()
    };
    assert_eq!(places(), []);
    let said = test.run(&["import", "postcodes", "nspl.csv"]).done();
    let placed = places();
    assert!(
        said.stdout
            .contains(&format!("homes of {} children", placed.len())),
        "{}",
        said.stdout
    );
    assert!(
        !placed.is_empty()
            && placed
                .iter()
                .all(|place| *place == (Some("E01000101".to_owned()), None))
    );
    // The older index counts by the older areas.
    test.run(&["import", "deprivation", "imd.csv"]).done();
    assert_eq!(
        places(),
        vec![(Some("E01000001".to_owned()), Some(4)); placed.len()]
    );
    let again = test.run(&["import", "postcodes", "nspl.csv"]).done();
    assert!(!again.stdout.contains("placed anew"), "{}", again.stdout);
}

/// Uploads a sample in the browser; the page that says what it would do.
fn upload(
    test: &TestApp,
    browser: &crate::support::Browser,
    name: &str,
    school: &str,
) -> crate::support::Page {
    let bytes = std::fs::read(sample(name)).unwrap();
    assert!(test.db().file().is_none_or(|file| file.exists()));
    browser
        .get("/imports/new")
        .fill("Academic year", "2026-27")
        .fill("School", school)
        .attach("The list", name, &bytes)
        .press("Continue")
        .status(200)
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn every_sample_goes_in_through_the_browser_with_a_preview_before_anything_is_written(
    #[case] test: TestApp,
) {
    prepared(&test);
    let browser = test.signed_in(Role::Administrator, &[], &[]);
    let mut held = 0;
    for (name, school, rows, new) in [
        ("canonical.csv", "", "120", 120),
        ("sims_like.csv", "900103", "45", 43),
        ("arbor_like.xlsx", "900201", "38", 37),
        ("bromcom_like.csv", "", "42", 29),
        ("school_ctf.xml", "", "26", 23),
    ] {
        let page = upload(&test, &browser, name, school)
            .shows("Nothing has been written yet")
            .shows(&format!("The list holds {rows} children"));
        assert_eq!(
            children(&test),
            held,
            "{name} was written before it was confirmed"
        );
        let button = if page.says("Import the good rows now") {
            "Import the good rows now"
        } else {
            "Import"
        };
        page.press(button).shows("The roster was imported");
        held += new;
        assert_eq!(children(&test), held, "{name}");
    }
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn every_problem_is_shown_at_once_by_the_row_a_spreadsheet_shows(#[case] test: TestApp) {
    prepared(&test);
    let browser = test.signed_in(Role::Administrator, &[], &[]);
    let page = upload(&test, &browser, "traps.csv", "");
    for words in [
        "29/02/2022",
        "There is no family name",
        "900999",
        "has closed",
        "from row 53 on",
    ] {
        assert!(page.says(words), "{words}: {}", page.text());
    }
    let rows = page.all("#table tbody tr td:first-child");
    assert_eq!(
        rows.iter().filter(|row| row.parse::<u32>().is_ok()).count(),
        13,
        "{rows:?}"
    );
    let (status, name, bytes) = browser.download(&format!("{}/errors.csv", page.url));
    assert_eq!((status, name.as_str()), (200, "roster-with-errors.csv"));
    assert!(String::from_utf8(bytes).unwrap().contains("'=HYPERLINK"));
    page.press("Discard this upload")
        .shows("nothing was imported");
    assert_eq!(children(&test), 0);
    upload(&test, &browser, "traps.csv", "")
        .press("Import the good rows now")
        .shows("The roster was imported");
    assert_eq!(children(&test), 39);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn every_kind_of_workbook_goes_in_by_command_and_by_browser(#[case] test: TestApp) {
    prepared(&test);
    for name in ["libreoffice.xls", "libreoffice.ods", "libreoffice.xlsx"] {
        let report = import(&test, name, None, 0);
        let known = usize::from(name != "libreoffice.xls") * 8;
        assert_eq!(
            (
                report["counts"]["new"].as_u64(),
                report["counts"]["unchanged"].as_u64()
            ),
            (Some(8 - known as u64), Some(known as u64)),
            "{name}"
        );
    }
    assert_eq!(children(&test), 8);
    let browser = test.signed_in(Role::Administrator, &[], &[]);
    let page = upload(
        &test,
        &browser,
        "layouts/headings_in_two_rows.xls",
        "900101",
    )
    .shows("The list holds 11 children");
    page.press("Import").shows("The roster was imported");
    assert_eq!(children(&test), 18);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_corrected_column_is_remembered_for_the_layout_by_browser_and_command(#[case] test: TestApp) {
    prepared(&test);
    let browser = test.signed_in(Role::Administrator, &[], &[]);
    let list = "Vorname,Nachname,DoB,Sex,Year,Class,Postcode\nAva,Hill,2016-01-01,F,6,6A,EB1 4PU\n";
    std::fs::write(test.path("list.csv"), list).unwrap();
    let command = [
        "import",
        "roster",
        "list.csv",
        "--year",
        "2026-27",
        "--school",
        "900101",
        "--dry-run",
    ];
    let refused = test.run(&command).code(1);
    assert!(refused.stderr.contains("Given name"), "{}", refused.stderr);
    let page = browser
        .get("/imports/new")
        .fill("Academic year", "2026-27")
        .fill("School", "900101")
        .attach("The list", "list.csv", list.as_bytes())
        .press("Continue")
        .shows("What each column is")
        .shows("There is no column for Given name, Family name");
    page.fill("Vorname", "given_name")
        .fill("Nachname", "family_name")
        .press("Continue")
        .shows("Ava Hill");
    test.run(&command).done();
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_close_match_is_decided_side_by_side(#[case] test: TestApp) {
    prepared(&test);
    let browser = test.signed_in(Role::Administrator, &[], &[]);
    upload(&test, &browser, "canonical.csv", "").press("Import");
    let page = upload(&test, &browser, "second_import.csv", "");
    let page = page.press("Import").shows("Close matches to decide");
    let import = page.url.clone();
    let row = |row: u32| browser.get(&format!("{import}/rows/{row}"));
    row(33)
        .shows("Uploaded")
        .shows("Already held")
        .shows("Entwistle")
        .press_css("button[value^='use-']")
        .shows("Decided");
    assert_eq!(children(&test), 123, "one child became two");
    row(86).press("Two children: keep both").shows("Decided");
    assert_eq!(children(&test), 124);
    row(86).shows("This row has been decided");
    let leavers = browser.get(&format!("{import}?show=leaver"));
    assert!(
        leavers.says("Xavier Baptiste-Hall") && leavers.says("Nevaeh Sinclair"),
        "{}",
        leavers.text()
    );
    browser
        .get(&format!("{import}/rows/-1"))
        .press("The child has left")
        .shows("Decided");
    assert_eq!(
        children(&test),
        123,
        "a child who left is still on the list"
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_waiting_row_is_mended_and_goes_in(#[case] test: TestApp) {
    prepared(&test);
    let browser = test.signed_in(Role::Administrator, &[], &[]);
    let page = upload(&test, &browser, "traps.csv", "").press("Import the good rows now");
    let import = page.url.clone();
    let row = browser.get(&format!("{import}/rows/19"));
    let still = row
        .clone()
        .fill("Date of birth", "soon")
        .press("Import this row")
        .status(422);
    assert!(still.says("“soon” is not a date"), "{}", still.text());
    row.fill("Date of birth", "28/02/2022")
        .press("Import this row")
        .shows("Decided");
    assert_eq!(children(&test), 40);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_corrected_errors_file_ends_the_waiting_of_its_rows(#[case] test: TestApp) {
    prepared(&test);
    import(&test, "sims_like.csv", Some("900103"), 3);
    let browser = test.signed_in(Role::Administrator, &[], &[]);
    browser
        .get("/imports/1")
        .shows("Waiting for corrections")
        .shows("There is no sex");
    let errors = std::fs::read_to_string(test.path("errors.csv")).unwrap();
    let mended = errors.replace("02/03/2022,,RO", "02/03/2022,Male,RO");
    assert_ne!(errors, mended);
    std::fs::write(test.path("mended.csv"), mended).unwrap();
    test.run(&[
        "import",
        "roster",
        "mended.csv",
        "--year",
        "2026-27",
        "--school",
        "900103",
    ])
    .done();
    assert_eq!(children(&test), 44);
    let page = browser.get("/imports/1");
    assert!(
        page.says("Decided") && !page.says("There is no sex"),
        "{}",
        page.text()
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn an_import_is_undone_until_something_was_recorded(#[case] test: TestApp) {
    use diesel::prelude::*;
    use stature::db::schema::{not_measured, pupil};
    prepared(&test);
    let browser = test.signed_in(Role::Administrator, &[], &[]);
    let first = upload(&test, &browser, "canonical.csv", "")
        .press("Import")
        .url;
    let before = {
        children(&test);
        std::fs::read(test.path("out.csv")).unwrap()
    };
    let second = upload(&test, &browser, "second_import.csv", "")
        .press("Import")
        .url;
    browser
        .get(&format!("{first}/undo"))
        .press("Undo this import")
        .status(409)
        .shows("A later import changed");
    browser
        .get(&format!("{second}/undo"))
        .press("Undo this import")
        .shows("Undone");
    assert_eq!(children(&test), 120);
    assert_eq!(
        std::fs::read(test.path("out.csv")).unwrap(),
        before,
        "undoing left something behind"
    );
    let now = test.app.clock.now();
    test.db()
        .write_now(|tx| -> Result<(), stature::db::Error> {
            let id: i64 = pupil::table.select(pupil::id).first(tx)?;
            diesel::insert_into(not_measured::table)
                .values((
                    not_measured::pupil_id.eq(id),
                    not_measured::version.eq(1),
                    not_measured::reason.eq("absent"),
                    not_measured::noted_on.eq(now.date()),
                    not_measured::recorded_by.eq("test"),
                    not_measured::recorded_at.eq(now),
                ))
                .execute(tx)?;
            Ok(())
        })
        .unwrap();
    browser
        .get(&format!("{first}/undo"))
        .press("Undo this import")
        .status(409)
        .shows("something was recorded");
    assert_eq!(children(&test), 120);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_school_sends_its_own_list_and_sees_its_problems_and_nothing_else(#[case] test: TestApp) {
    prepared(&test);
    import(&test, "sims_like.csv", Some("900103"), 3);
    let school = test.signed_in(Role::School, &[900_103], &[]);
    school
        .get("/school/rosters")
        .shows("No list has been sent yet");
    school.get("/school/rosters/1").status(404);
    let bytes = std::fs::read(sample("sims_like.csv")).unwrap();
    let page = school
        .get("/school/rosters/new")
        .fill("Academic year", "2026-27")
        .attach("The list", "list.csv", &bytes)
        .press("Send")
        .shows("Waiting to be confirmed")
        .shows("There is no sex");
    assert!(!page.says("already held"), "{}", page.text());
    let (status, _, _) = school.download(&format!("{}/errors.csv", page.url));
    assert_eq!(status, 200);
    let id = page.url.rsplit('/').next().unwrap().to_owned();
    school.get(&format!("/imports/{id}")).status(403);
    test.signed_in(Role::School, &[900_101], &[])
        .get(&format!("/school/rosters/{id}"))
        .status(404);
    let administrator = test.signed_in(Role::Administrator, &[], &[]);
    administrator
        .get(&format!("/imports/{id}"))
        .shows("Unchanged")
        .press("Import the good rows now");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn uploads_are_sealed_and_erased_after_thirty_days(#[case] test: TestApp) {
    use diesel::prelude::*;
    use stature::audit::Actor;
    use stature::db::schema::{import, import_row};
    prepared(&test);
    let browser = test.signed_in(Role::Administrator, &[], &[]);
    upload(&test, &browser, "traps.csv", "").press("Import the good rows now");
    let kept = || -> (i64, i64) {
        test.db()
            .read_now(|tx| -> Result<_, stature::db::Error> {
                let uploads = import::table
                    .filter(import::sealed_upload.is_not_null())
                    .count()
                    .get_result(tx)?;
                let rows = import_row::table
                    .filter(import_row::sealed.is_not_null())
                    .count()
                    .get_result(tx)?;
                Ok((uploads, rows))
            })
            .unwrap()
    };
    assert_eq!(kept(), (1, 15));
    let bytes = test.database_bytes();
    assert!(
        !bytes.windows(9).any(|window| window == b"Heathcote"),
        "an upload lies in the clear"
    );
    let erase = || {
        let actor = Actor::job("test");
        test.app
            .write_now(&actor, stature::roster::staged::erase_expired)
            .unwrap()
    };
    test.app.clock.advance(chrono::Duration::days(29));
    assert_eq!((erase(), kept()), (0, (1, 15)));
    test.app.clock.advance(chrono::Duration::days(1));
    assert_eq!((erase(), kept()), (1, (0, 0)));
    assert_eq!(erase(), 0);
}
