//! What is left in clear, and whom it would identify.

use std::collections::HashMap;
use std::hash::Hash;

use chrono::NaiveDate;
use diesel::connection::SimpleConnection as _;
use diesel::migration::MigrationSource;
use diesel::prelude::*;
use diesel_migrations::MigrationHarness;
use programme::Person;
use rstest::rstest;
use stature::access::Role;
use stature::audit::{self, Actor};
use stature::db::schema::{
    audit_event, audit_subject, identity, measurement, pupil, pupil_to_seal,
};
use stature::db::{Conn, Db, Error, migrate};
use stature::identity::{IdentityError, Sealer, seal_identity};
use stature::retention;

use crate::support::{ChildSpec, TestApp};

/// Everything that stands of a child in clear. A new column must be decided about: see
/// `docs/adr/0009`.
const IN_CLEAR: [&str; 15] = [
    "id",
    "year_label",
    "school_urn",
    "year_group",
    "sex",
    "deprivation_vintage",
    "opted_out",
    "on_roll",
    "outcome",
    "outcome_version",
    "name_removed_on",
    "created_at",
    "updated_at",
    "ethnic_group",
    "deprivation_quintile",
];

#[derive(QueryableByName)]
struct ColumnName {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
}

/// Applies the first version of the schema only.
fn first_version(connection: &mut Conn) {
    fn first<B: diesel::backend::Backend>(
        source: &impl MigrationSource<B>,
    ) -> Box<dyn diesel::migration::Migration<B>> {
        let mut versions = source.migrations().unwrap();
        versions.sort_by_key(|version| version.name().version().as_owned());
        versions.remove(0)
    }
    match connection {
        Conn::Sqlite(sqlite) => {
            sqlite.run_migration(&*first(&migrate::SQLITE)).unwrap();
        }
        Conn::Postgres(postgres) => {
            postgres.run_migration(&*first(&migrate::POSTGRES)).unwrap();
        }
    }
}

/// How many children are the only one with their combination of values, and how many values each
/// has.
fn unique<K: Eq + Hash>(keys: impl Iterator<Item = K>) -> (usize, usize) {
    let mut counts: HashMap<K, usize> = HashMap::new();
    for key in keys {
        *counts.entry(key).or_default() += 1;
    }
    let alone = counts.values().filter(|count| **count == 1).count();
    (alone, counts.values().sum())
}

fn percent((alone, all): (usize, usize)) -> f64 {
    100.0 * alone as f64 / all as f64
}

/// A child's number, ethnic group, quintile and month in which the name went.
type Coarse = (i64, Option<String>, Option<i32>, Option<NaiveDate>);

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn no_column_is_added_to_what_stands_of_a_child_in_clear_by_accident(#[case] test: TestApp) {
    let query = match test.db().file() {
        Some(_) => "SELECT name FROM pragma_table_info('pupil')",
        None => {
            "SELECT column_name::text AS name FROM information_schema.columns WHERE table_name = \
            'pupil'"
        }
    };
    let mut columns: Vec<String> = test
        .db()
        .read_now(|tx| -> Result<Vec<ColumnName>, Error> { Ok(diesel::sql_query(query).load(tx)?) })
        .unwrap()
        .into_iter()
        .map(|column| column.name)
        .collect();
    columns.sort();
    let mut known = IN_CLEAR.map(str::to_owned);
    known.sort();
    assert_eq!(columns, known);
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn events_of_the_version_before_lose_the_numbers_of_children_and_their_chain_holds(
    #[case] test: TestApp,
) {
    let child = test.child(ChildSpec::default());
    test.measure(
        child,
        1412,
        34_500,
        NaiveDate::from_ymd_opt(2026, 11, 27).unwrap(),
    );
    // As the version before wrote it.
    test.db()
        .write_now(|tx| -> Result<(), Error> {
            diesel::update(
                audit_event::table.filter(audit_event::action.eq("measurement.recorded")),
            )
            .set((
                audit_event::subject.eq(format!("pupil:{child}")),
                audit_event::detail.eq("{\"version\":1}"),
            ))
            .execute(tx)?;
            diesel::delete(audit_subject::table).execute(tx)?;
            Ok(())
        })
        .unwrap();
    // Every command brings the events over when it starts, so they are linked here.
    assert!(audit::link(test.db(), test.app.identities.keyring().folder()).unwrap() > 0);
    let told = test.run(&["migrate"]).done();
    assert!(
        told.stdout.contains("in 1 recorded events by hashes"),
        "{}",
        told.stdout
    );
    test.run(&["audit", "verify"]).done();
    let events: Vec<(String, String)> = test
        .db()
        .read_now(|tx| -> Result<_, Error> {
            Ok(audit_event::table
                .filter(audit_event::action.eq("measurement.recorded"))
                .select((audit_event::subject, audit_event::detail))
                .load(tx)?)
        })
        .unwrap();
    assert!(
        events[0].0.starts_with("child:") && events[0].1 == "{}",
        "{events:?}"
    );
    test.signed_in(Role::Nurse, &[900_101], &[])
        .get(&format!("/children/{child}"))
        .shows("Measurement recorded");
    assert_eq!(
        test.run(&["migrate"]).done().stdout,
        "The database is up to date.\n"
    );
}

fn everything_of_child_7_is_sealed_or_coarse(test: &TestApp, person: &Person) {
    let people = test.people();
    let particulars = &people[&7].particulars;
    assert_eq!(
        (
            particulars.class.as_str(),
            particulars.sensitive,
            particulars.growth_condition
        ),
        ("Oak", true, true)
    );
    assert_eq!(
        particulars.ethnicity.map(|it| it.to_string()).as_deref(),
        Some("J")
    );
    assert_eq!(
        (particulars.place.lsoa.as_deref(), particulars.place.decile),
        (Some("E01000001"), Some(4))
    );
    assert_eq!(people[&7].given_name, person.given_name);
    test.db()
        .read_now(|tx| -> Result<(), Error> {
            let rows: Vec<Coarse> = pupil::table
                .order(pupil::id)
                .select((
                    pupil::id,
                    pupil::ethnic_group,
                    pupil::deprivation_quintile,
                    pupil::name_removed_on,
                ))
                .load(tx)?;
            let november = NaiveDate::from_ymd_opt(2026, 11, 1);
            assert_eq!(
                rows,
                [
                    (7, Some("asian".to_owned()), Some(2), None),
                    (8, Some("white".to_owned()), Some(5), november)
                ]
            );
            let coarse: (i32, Option<i32>, Option<i32>) = measurement::table
                .select((
                    measurement::age_months,
                    measurement::height_z_tenths,
                    measurement::bmi_z_tenths,
                ))
                .first(tx)?;
            assert_eq!(coarse, (126, Some(-35), Some(45)));
            Ok(())
        })
        .unwrap();
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_database_of_the_version_before_keeps_class_area_and_flags_sealed_with_the_name(
    #[case] test: TestApp,
) {
    test.set_year("2025-26", 365);
    test.set_year("2026-27", 365);
    let key = test.app.identities.keyring().year("2026-27").unwrap();
    let template = test.child(ChildSpec::default());
    let person = test.people().remove(&template).unwrap();
    test.db().outside_transaction(migrate::down).unwrap();
    test.db()
        .outside_transaction(|connection| -> Result<(), IdentityError> {
            first_version(connection);
            connection
                .batch_execute(include_str!("../data/first_version.sql"))
                .map_err(stature::db::Error::from)?;
            let sealed = seal_identity(&Sealer::new(&key), 7, &person)?;
            diesel::sql_query(
                "INSERT INTO identity (pupil_id, year_label, format, sealed, \
                    updated_at) VALUES (7, '2026-27', 1, $1, '2026-09-01 10:00:00')",
            )
            .bind::<diesel::sql_types::Binary, _>(sealed)
            .execute(connection)
            .map_err(stature::db::Error::from)?;
            Ok(())
        })
        .unwrap();
    // The first version did not mark a keyring with the installation it belongs to.
    std::fs::remove_file(test.path("keyring/installation")).unwrap();
    // Without its key the year waits, and nothing is lost.
    let file = test.path("keyring/2026-27.key");
    let kept = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let told = test.run(&["migrate"]).done();
    assert!(
        told.stdout
            .contains("The key of 2026-27 is not in the keyring"),
        "{}",
        told.stdout
    );
    let waiting = || {
        test.db()
            .read_now(|tx| -> Result<i64, Error> {
                Ok(pupil_to_seal::table.count().get_result(tx)?)
            })
            .unwrap()
    };
    assert_eq!(waiting(), 1);
    std::fs::write(&file, kept).unwrap();
    // Nor is anything lost of a child whose ethnic code or sealed record cannot be read: it waits
    // and is named.
    let ethnic_code = |code: &str| {
        test.db()
            .write_now(|tx| -> Result<(), Error> {
                diesel::update(pupil_to_seal::table)
                    .set(pupil_to_seal::ethnicity.eq(code))
                    .execute(tx)?;
                Ok(())
            })
            .unwrap();
    };
    ethnic_code("Qzz");
    let told = test.run(&["migrate"]).done();
    assert!(
        told.stdout
            .contains("The ethnic code of child 7 cannot be read")
            && !told.stdout.contains("Qzz"),
        "{}",
        told.stdout
    );
    ethnic_code("J");
    test.damage(7);
    let told = test.run(&["migrate"]).done();
    assert!(
        told.stdout
            .contains("The sealed record of child 7 cannot be read"),
        "{}",
        told.stdout
    );
    assert_eq!(waiting(), 1);
    test.damage(7);
    let told = test.run(&["migrate"]).done();
    assert!(
        told.stdout.contains("flags of 1 children"),
        "{}",
        told.stdout
    );
    assert_eq!(waiting(), 0);
    everything_of_child_7_is_sealed_or_coarse(&test, &person);
    assert_eq!(
        test.run(&["migrate"]).done().stdout,
        "The database is up to date.\n"
    );
}

/// What somebody who has a school's list could compare with a child's record.
#[derive(Queryable)]
struct Clear {
    school: i32,
    year_group: String,
    sex: String,
    ethnic_group: Option<String>,
    quintile: Option<i32>,
    age_months: i32,
    measured_on: NaiveDate,
    height_mm: i32,
}

fn in_clear(db: &Db) -> Vec<Clear> {
    db.read_now(|tx| -> Result<_, Error> {
        Ok(pupil::table
            .inner_join(measurement::table)
            .filter(measurement::version.eq(pupil::outcome_version))
            .filter(pupil::outcome.eq("measured"))
            .select((
                pupil::school_urn,
                pupil::year_group,
                pupil::sex,
                pupil::ethnic_group,
                pupil::deprivation_quintile,
                measurement::age_months,
                measurement::measured_on,
                measurement::height_mm,
            ))
            .load(tx)?)
    })
    .unwrap()
}

/// Imports an invented area with a measured year.
fn import_area(test: &TestApp) {
    test.run(&[
        "synth",
        "--schools",
        "8",
        "--seed",
        "1",
        "--years",
        "2",
        "--out",
        "area",
    ])
    .done();
    for kind in ["schools", "postcodes", "deprivation"] {
        test.run(&["import", kind, &format!("area/{kind}.csv")])
            .done();
    }
    test.set_year("2025-26", 60);
    for (kind, file) in [("roster", "roster"), ("measurements", "measurements")] {
        let file = format!("area/{file}-2025-26.csv");
        test.run(&["import", kind, &file, "--year", "2025-26"])
            .done();
    }
}

/// The share of children who were unique by what the version before kept in clear: class, ethnic
/// group and small area.
fn unique_formerly(test: &TestApp) -> f64 {
    let people = test.people();
    let pupils: Vec<(i64, i32, String, String)> = test
        .db()
        .read_now(|tx| -> Result<_, Error> {
            Ok(pupil::table
                .inner_join(identity::table)
                .select((pupil::id, pupil::school_urn, pupil::year_group, pupil::sex))
                .load(tx)?)
        })
        .unwrap();
    percent(unique(pupils.iter().map(|(id, school, group, sex)| {
        let it = &people[id].particulars;
        (
            (*school, group, sex),
            (&it.class, it.ethnicity, &it.place.lsoa),
        )
    })))
}

/// What is kept of a child for statistics, without the age.
fn record(it: &Clear) -> impl Eq + Hash + use<> {
    (
        it.school,
        it.year_group.clone(),
        it.sex.clone(),
        it.ethnic_group.clone(),
        it.quintile,
    )
}

/// How many children of the demonstration area can be told by what stands in clear, before and
/// after the names go. The figures are in `docs/adr/0009`; `--nocapture` prints those of this run.
#[test]
fn what_is_left_in_clear_singles_out_fewer_children_than_before() {
    let test = start_or_skip!(Sqlite);
    import_area(&test);
    let before = in_clear(test.db());
    assert!(before.len() > 300, "only {} children", before.len());
    let list = percent(unique(before.iter().map(record)));
    let dated = percent(unique(
        before
            .iter()
            .map(|it| (record(it), it.age_months, it.measured_on)),
    ));
    let formerly = unique_formerly(&test);
    let names = test.people().len();
    let night = retention::run_night(&test.app, &Actor::job("retention")).unwrap();
    assert_eq!(night.names as usize, names);
    let after = in_clear(test.db());
    assert_eq!(after.len(), before.len());
    let erased = percent(unique(after.iter().map(|it| (record(it), it.age_months))));
    let public = percent(unique(after.iter().map(|it| {
        (
            it.school,
            it.year_group.clone(),
            it.sex.clone(),
            it.age_months,
            it.measured_on,
        )
    })));
    let with_height = percent(unique(
        after
            .iter()
            .map(|it| (record(it), it.age_months, it.height_mm)),
    ));
    println!("children measured: {}", before.len());
    println!(
        "names held, as the version before kept it (class, ethnicity, LSOA): {formerly:.1} % unique"
    );
    println!("names held, school, year group, sex, ethnic group, quintile: {list:.1} % unique");
    println!("names held, and age in months and day measured: {dated:.1} % unique");
    println!(
        "names gone, school, year group, sex, ethnic group, quintile, \
        half-year: {erased:.1} % unique"
    );
    println!("names gone, school, year group, sex, half-year, month: {public:.1} % unique");
    println!("names gone, and height: {with_height:.1} % unique");
    assert!(list < formerly / 2.0, "{list} against {formerly}");
    assert!(after.iter().all(|it| it.age_months % 6 == 0));
}
