//! A roster that comes again with every child changed, and workbooks that are meant to do harm.

use std::io::Write;
use std::path::PathBuf;

use diesel::prelude::*;
use rstest::rstest;
use stature::access::Role;
use stature::db::dialect::{self, ChangedChild};
use stature::db::schema::{identity, import_pupil, pupil};
use stature::db::{Conn, Error};

use crate::support::{ChildSpec, TestApp};

fn sample(name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/rosters");
    folder.join(name).to_string_lossy().into_owned()
}

fn prepared(test: &TestApp) {
    test.set_year("2026-27", 365);
    test.run(&["import", "schools", &sample("schools.csv")])
        .done();
}

/// A roster of 120 children in which everybody is in the class `class`.
fn roster(class: &str) -> Vec<u8> {
    let mut reader = csv::Reader::from_path(sample("canonical.csv")).unwrap();
    let headings = reader.headers().unwrap().clone();
    let place = headings
        .iter()
        .position(|heading| heading.to_lowercase().contains("class"))
        .unwrap();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&headings).unwrap();
    for record in reader.records() {
        let record = record.unwrap();
        let cells = record.iter().enumerate();
        let cells = cells.map(|(column, cell)| if column == place { class } else { cell });
        writer.write_record(cells).unwrap();
    }
    writer.into_inner().unwrap()
}

fn import(test: &TestApp, class: &str) {
    std::fs::write(test.path("list.csv"), roster(class)).unwrap();
    test.run(&["import", "roster", "list.csv", "--year", "2026-27"])
        .done();
}

/// To how many children the last import did this.
fn noted(test: &TestApp, action: &str) -> i64 {
    test.db()
        .read_now(|tx| -> Result<i64, Error> {
            let last: Option<i64> = import_pupil::table
                .select(diesel::dsl::max(import_pupil::import_id))
                .first(tx)?;
            Ok(import_pupil::table
                .filter(import_pupil::import_id.eq(last.unwrap()))
                .filter(import_pupil::action.eq(action))
                .count()
                .get_result(tx)?)
        })
        .unwrap()
}

fn key_of(test: &TestApp, child: i64) -> Vec<u8> {
    let key: Option<Vec<u8>> = test
        .db()
        .read_now(|tx| -> Result<_, Error> {
            Ok(identity::table
                .find(child)
                .select(identity::identity_key)
                .first(tx)?)
        })
        .unwrap();
    key.unwrap()
}

/// A child's record as a list is to leave it.
fn changed(pupil_id: i64, identity_key: Vec<u8>) -> ChangedChild {
    ChangedChild {
        pupil_id,
        school_urn: 900_101,
        year_group: "6",
        sex: "M",
        ethnic_group: None,
        deprivation_quintile: None,
        deprivation_vintage: None,
        sealed: vec![1],
        identity_key,
        sealed_before: vec![2],
    }
}

/// A workbook with one sheet of these cells and these shared texts.
fn workbook(texts: &str, cells: &str) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let sheet = format!("<worksheet><sheetData><row>{cells}</row></sheetData></worksheet>");
    for (name, content) in [
        ("xl/workbook.xml", "<workbook/>"),
        ("xl/worksheets/sheet1.xml", &sheet),
        ("xl/sharedStrings.xml", texts),
    ] {
        writer
            .start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_list_that_changes_every_child_is_written_and_undone(#[case] test: TestApp) {
    prepared(&test);
    import(&test, "Oak");
    assert_eq!((noted(&test, "new"), noted(&test, "changed")), (120, 0));
    let before = test.people();
    import(&test, "Elm");
    assert_eq!(
        (
            noted(&test, "new"),
            noted(&test, "changed"),
            noted(&test, "seen")
        ),
        (0, 120, 0)
    );
    let people = test.people();
    assert_eq!(people.len(), 120);
    assert!(
        people
            .values()
            .all(|person| person.particulars.class == "Elm")
    );
    // The same list once more changes nobody and leaves nothing.
    import(&test, "Elm");
    assert_eq!(noted(&test, "changed"), 120);
    let browser = test.signed_in(Role::Administrator, &[], &[]);
    browser
        .get("/imports/2/undo")
        .press("Undo this import")
        .shows("Undone");
    let after = test.people();
    for (child, person) in &before {
        assert_eq!(after[child].particulars, person.particulars);
        assert_eq!(after[child].full_name(), person.full_name());
    }
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn recorders_save_while_the_changed_children_of_a_list_are_collected(#[case] test: TestApp) {
    let child = test.child(ChildSpec::default());
    let browser = test.signed_in(Role::Recorder, &[900_101], &[]);
    let key = key_of(&test, child);
    let mut bulk = test.db().bulk().unwrap();
    bulk.collect_touched(|tx| -> Result<(), Error> {
        dialect::insert_changed(tx, vec![changed(child, key)])?;
        browser
            .get("/schools/900101/record")
            .fill_named(&format!("height-{child}"), "141.2")
            .fill_named(&format!("weight-{child}"), "34.5")
            .press_css(&format!("#f{child} button"))
            .status(200)
            .shows("1 of 1 children have an outcome");
        Ok(())
    })
    .unwrap();
    bulk.write(|tx| dialect::write_touched(tx, 7, 1, test.app.clock.now()))
        .unwrap();
    let held: (String, i32) = test
        .db()
        .read_now(|tx| -> Result<_, Error> {
            Ok(pupil::table
                .find(child)
                .select((pupil::outcome, pupil::outcome_version))
                .first(tx)?)
        })
        .unwrap();
    assert_eq!(
        held,
        ("measured".to_owned(), 1),
        "the list undid what was recorded"
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn two_children_whose_keys_change_places_in_one_list_are_not_refused(#[case] test: TestApp) {
    let ava = test.child(ChildSpec {
        given_name: "Ava",
        ..ChildSpec::default()
    });
    let ben = test.child(ChildSpec {
        given_name: "Ben",
        ..ChildSpec::default()
    });
    let (first, second) = (key_of(&test, ava), key_of(&test, ben));
    let mut bulk = test.db().bulk().unwrap();
    bulk.collect_touched(|tx| {
        dialect::insert_changed(
            tx,
            vec![changed(ava, second.clone()), changed(ben, first.clone())],
        )
    })
    .unwrap();
    bulk.write(|tx| -> Result<(), Error> {
        dialect::free_changed_keys(tx)?;
        dialect::write_touched(tx, 7, 1, test.app.clock.now())
    })
    .unwrap();
    assert_eq!((key_of(&test, ava), key_of(&test, ben)), (second, first));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_child_whose_identity_went_before_a_list_changes_it_stops_the_whole_list(
    #[case] test: TestApp,
) {
    let child = test.child(ChildSpec::default());
    let key = key_of(&test, child);
    let mut bulk = test.db().bulk().unwrap();
    bulk.collect_touched(|tx| dialect::insert_changed(tx, vec![changed(child, key)]))
        .unwrap();
    test.db()
        .write_now(|tx| -> Result<(), Error> {
            diesel::delete(identity::table.find(child)).execute(tx)?;
            Ok(())
        })
        .unwrap();
    let refused = bulk.write(|tx| dialect::write_touched(tx, 7, 1, test.app.clock.now()));
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("1 children were to be changed")
    );
    let noted: i64 = test
        .db()
        .read_now(|tx| -> Result<_, Error> { Ok(import_pupil::table.count().get_result(tx)?) })
        .unwrap();
    assert_eq!(noted, 0);
}

#[test]
fn a_workbook_that_claims_a_trillion_texts_does_not_end_the_service() {
    let test = start_or_skip!(Sqlite);
    prepared(&test);
    let browser = test.signed_in(Role::Administrator, &[], &[]);
    let many = |element: &str| element.repeat(4_200_000);
    for (texts, cells) in [
        (
            "<sst uniqueCount=\"1000000000000\"><si><t>x</t></si></sst>",
            "",
        ),
        (&*format!("<sst>{}</sst>", many("<si/>")), ""),
        ("<sst/>", &*many("<c/>")),
    ] {
        browser
            .get("/imports/new")
            .fill("Academic year", "2026-27")
            .attach("The list", "list.xlsx", &workbook(texts, cells))
            .press("Continue")
            .status(422)
            .shows("A sheet of the workbook spans more cells than a list of children has");
    }
    browser.get("/imports/new").status(200);
}

#[test]
fn a_large_roster_does_not_stand_in_memory_twice_on_sqlite() {
    #[derive(QueryableByName)]
    struct Place {
        #[diesel(sql_type = diesel::sql_types::Integer)]
        temp_store: i32,
    }
    let test = start_or_skip!(Sqlite);
    let mut place = 0;
    let collected = test
        .db()
        .bulk()
        .unwrap()
        .collect(|connection| -> Result<(), Error> {
            let Conn::Sqlite(sqlite) = connection else {
                panic!("not SQLite")
            };
            place = diesel::sql_query("PRAGMA temp_store")
                .get_result::<Place>(sqlite)?
                .temp_store;
            Ok(())
        })
        .unwrap();
    // 1 is a file, 2 is memory.
    assert!(collected && place == 1, "{place}");
}
