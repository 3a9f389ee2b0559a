//! After an erasure nothing dates a child more finely than the month, and nothing leads from the
//! books to it.

use diesel::prelude::*;
use rstest::rstest;
use stature::access::Role;
use stature::audit::{self, Action, Actor, Disclosure};
use stature::db::Error;
use stature::db::schema::{
    access, access_pupil, audit_event, audit_subject, disclosure, disclosure_pupil, import_pupil,
    letter, measurement, outbox, pupil, warning,
};

use crate::support::{ChildSpec, TestApp};

use super::{child, date, measured, not_measured_because, run};

#[derive(QueryableByName)]
struct Moment {
    #[diesel(sql_type = diesel::sql_types::Text)]
    moment: String,
}

/// A column of a day or a time in a row that belongs to a child, as the schema has it.
#[derive(Clone, QueryableByName)]
struct Column {
    #[diesel(sql_type = diesel::sql_types::Text)]
    table_name: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    column_name: String,
    #[diesel(sql_type = diesel::sql_types::Integer)]
    is_date: i32,
}

impl Column {
    /// The condition on the rows of a child; `None` where a row belongs to no child.
    fn of_child(&self, keys: &[Column], child: i64) -> Option<String> {
        let has = |key: &str| {
            keys.iter()
                .any(|column| column.table_name == self.table_name && column.column_name == key)
        };
        if self.table_name == "pupil" {
            Some(format!("id = {child}"))
        } else if has("pupil_id") {
            Some(format!("pupil_id = {child}"))
        } else if has("letter_id") {
            Some(format!(
                "letter_id IN (SELECT id FROM letter WHERE pupil_id = {child})"
            ))
        } else {
            None
        }
    }
}

/// Every column of the schema that holds a day or a time in rows that belong to a child, with the
/// condition on the child's rows.
fn dated_columns(test: &TestApp, child: i64) -> Vec<(Column, String)> {
    let query = match test.db().file() {
        Some(_) => {
            "SELECT m.name AS table_name, p.name AS column_name,
                    CASE p.type WHEN 'DATE' THEN 1 WHEN 'TIMESTAMP' THEN 0 ELSE -1 END AS is_date
             FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table'"
        }
        None => {
            "SELECT table_name::text, column_name::text,
                    CASE WHEN data_type = 'date' THEN 1
                         WHEN data_type LIKE 'timestamp%' THEN 0 ELSE -1 END AS is_date
             FROM information_schema.columns WHERE table_schema = 'public'"
        }
    };
    let all: Vec<Column> = test
        .db()
        .read_now(|tx| -> Result<_, Error> { Ok(diesel::sql_query(query).load(tx)?) })
        .unwrap();
    all.iter()
        .filter(|column| column.is_date >= 0)
        .filter_map(|column| Some((column.clone(), column.of_child(&all, child)?)))
        .collect()
}

/// Every date and time that stands in a row of a child, as text.
fn moments(test: &TestApp, child: i64) -> Vec<String> {
    let union: Vec<String> = dated_columns(test, child)
        .iter()
        .map(
            |(
                Column {
                    table_name,
                    column_name,
                    ..
                },
                of_child,
            )| {
                format!(
                    "SELECT CAST({column_name} AS TEXT) AS moment FROM {table_name} WHERE \
                {of_child} AND {column_name} IS NOT NULL"
                )
            },
        )
        .collect();
    test.db()
        .read_now(|tx| -> Result<Vec<Moment>, Error> {
            Ok(diesel::sql_query(union.join(" UNION ALL ")).load(tx)?)
        })
        .unwrap()
        .into_iter()
        .map(|row| row.moment)
        .collect()
}

/// Puts an exact moment into every column of a child's rows that can hold one, whatever the schema
/// has by now; returns the columns in which a row took it. With `only`, the columns of these tables
/// alone.
fn date_exactly(test: &TestApp, child: i64, only: Option<&[&str]>) -> Vec<String> {
    let columns = dated_columns(test, child);
    test.db()
        .write_now(|tx| -> Result<Vec<String>, Error> {
            let mut dated = Vec::new();
            for (column, of_child) in columns {
                let Column {
                    table_name,
                    column_name,
                    is_date,
                } = column;
                let moment = if is_date == 1 {
                    "2026-11-13"
                } else {
                    "2026-11-13 10:42:07"
                };
                // This one says that the name has gone already.
                if column_name == "name_removed_on"
                    || only.is_some_and(|only| !only.contains(&table_name.as_str()))
                {
                    continue;
                }
                let update =
                    format!("UPDATE {table_name} SET {column_name} = '{moment}' WHERE {of_child}");
                if diesel::sql_query(update).execute(tx)? > 0 {
                    dated.push(format!("{table_name}.{column_name}"));
                }
            }
            Ok(dated)
        })
        .unwrap()
}

/// A letter that was sent about a child, with its row in the ledger.
fn letter_sent(test: &TestApp, child: i64) -> i64 {
    let now = test.app.clock.now();
    test.db()
        .write_now(|tx| -> Result<i64, Error> {
            let id: i64 = diesel::insert_into(letter::table)
                .values((
                    letter::pupil_id.eq(child),
                    letter::kind.eq("result"),
                    letter::version.eq(2),
                    letter::state.eq("sent"),
                    letter::reasons.eq("sensitive"),
                    letter::decided_by.eq("A nurse"),
                    letter::decided_at.eq(now),
                    letter::created_at.eq(now),
                    letter::updated_at.eq(now),
                    letter::sent_at.eq(now),
                ))
                .returning(letter::id)
                .get_result(tx)?;
            let reference = format!("letter:{id}");
            let what = Disclosure {
                recipient: "parent",
                purpose: "letters",
                fields: "result",
                children: 1,
                pupils: &[child],
                reference: Some(&reference),
            };
            audit::disclosed(tx, &Actor::job("send-letters"), now, what)?;
            audit::event(
                tx,
                &Actor::person(3, "A nurse"),
                now,
                Action::LetterLetGo,
                &reference,
                &serde_json::json!({"from": "held", "to": "ready"}),
            )?;
            Ok(id)
        })
        .unwrap()
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn exact_times_of_an_erased_child_stand_nowhere(#[case] test: TestApp) {
    test.set_year("2026-27", 10);
    let gone = child(&test, "Gone");
    let kept = child(&test, "Kept");
    for pupil in [gone, kept] {
        test.measure(pupil, 1412, 34_500, date(2026, 11, 12));
    }
    // A second version, as a correction makes it.
    measured(&test, gone, date(2026, 11, 13), 1413, "healthy_weight");
    letter_sent(&test, gone);
    let nurse = test.signed_in(Role::Nurse, &[900_101], &[]);
    nurse
        .get(&format!("/children/{gone}"))
        .shows("Measurement recorded")
        .shows("Name seen");
    test.run(&["audit", "verify"]).done();
    test.db()
        .write_now(|tx| -> Result<(), Error> {
            diesel::update(measurement::table.filter(measurement::pupil_id.eq(kept)))
                .set(measurement::measured_on.eq(date(2026, 11, 29)))
                .execute(tx)?;
            Ok(())
        })
        .unwrap();
    let (events_before, accesses_before): (i64, i64) = test
        .db()
        .read_now(|tx| -> Result<_, Error> {
            Ok((
                audit_event::table.count().get_result(tx)?,
                access::table.count().get_result(tx)?,
            ))
        })
        .unwrap();
    assert_eq!(run(&test).names, 1);

    for moment in moments(&test, gone) {
        let rest = moment.get(7..).unwrap();
        assert!(
            rest == "-01" || rest.starts_with("-01 00:00:00"),
            "{moment} is finer than a month"
        );
    }
    assert!(
        moments(&test, kept)
            .iter()
            .any(|moment| moment.contains("2026-11-29"))
    );
    test.db()
        .read_now(|tx| -> Result<(), Error> {
            let links: [i64; 4] = [
                access_pupil::table
                    .filter(access_pupil::pupil_id.eq(gone))
                    .count()
                    .get_result(tx)?,
                disclosure_pupil::table
                    .filter(disclosure_pupil::pupil_id.eq(gone))
                    .count()
                    .get_result(tx)?,
                import_pupil::table
                    .filter(import_pupil::pupil_id.eq(gone))
                    .count()
                    .get_result(tx)?,
                audit_subject::table
                    .filter(audit_subject::pupil_id.eq(gone))
                    .count()
                    .get_result(tx)?,
            ];
            assert_eq!(links, [0; 4], "something leads to the child still");
            let reference: Option<String> =
                disclosure::table.select(disclosure::reference).first(tx)?;
            assert_eq!(reference, None);
            let subjects: Vec<String> = audit_event::table
                .filter(
                    audit_event::action
                        .like("measurement.%")
                        .or(audit_event::action.like("letter.%")),
                )
                .select(audit_event::subject)
                .load(tx)?;
            assert_eq!(subjects.len(), 3);
            for subject in subjects {
                assert_eq!(subject.len(), "child:".len() + 32, "{subject} is no hash");
            }
            // The books themselves stay whole.
            let (events, accesses): (i64, i64) = (
                audit_event::table.count().get_result(tx)?,
                access::table.count().get_result(tx)?,
            );
            assert!(
                events >= events_before && accesses >= accesses_before,
                "a row of the books is gone"
            );
            let letters: Vec<(String, i32, String)> = letter::table
                .select((letter::state, letter::version, letter::reasons))
                .load(tx)?;
            assert_eq!(letters, [("sent".to_owned(), 1, String::new())]);
            let versions: Vec<(i32, i32)> = measurement::table
                .filter(measurement::pupil_id.eq(gone))
                .select((measurement::version, measurement::height_mm))
                .load(tx)?;
            assert_eq!(versions, [(1, 1413)], "an earlier version is there still");
            let version: i32 = pupil::table
                .find(gone)
                .select(pupil::outcome_version)
                .first(tx)?;
            assert_eq!(version, 1);
            Ok(())
        })
        .unwrap();
    test.run(&["audit", "verify"]).done();
    let page = nurse.get(&format!("/children/{gone}")).status(200);
    assert!(
        !page.says("Measurement recorded") && !page.says("Name seen"),
        "{}",
        page.text()
    );
    assert!(
        page.says("141.3") && page.says("November 2026"),
        "{}",
        page.text()
    );
    nurse
        .get(&format!("/children/{kept}"))
        .shows("Measurement recorded");
    assert_eq!(
        run(&test).counts.measurements,
        0,
        "what is unlinked already was touched again"
    );
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn no_column_of_any_table_dates_an_erased_child_exactly_nor_does_a_message_in_doubt(
    #[case] test: TestApp,
) {
    test.set_year("2026-27", 10);
    let (gone, absent) = (child(&test, "Gone"), child(&test, "Absent"));
    test.measure(gone, 1412, 34_500, date(2026, 11, 12));
    not_measured_because(&test, absent, date(2026, 11, 12), "absent");
    let id = letter_sent(&test, gone);
    let now = test.app.clock.now();
    test.db()
        .write_now(|tx| -> Result<(), Error> {
            diesel::update(letter::table.find(id))
                .set(letter::state.eq("in_doubt"))
                .execute(tx)?;
            diesel::insert_into(outbox::table)
                .values((
                    outbox::kind.eq("letter"),
                    outbox::letter_id.eq(id),
                    outbox::year_label.eq("2026-27"),
                    outbox::message_id.eq("<1@example.org>"),
                    outbox::state.eq("in_doubt"),
                    outbox::next_attempt_at.eq(now),
                    outbox::created_at.eq(now),
                ))
                .execute(tx)?;
            Ok(())
        })
        .unwrap();
    let mut dated = date_exactly(&test, gone, None);
    dated.extend(date_exactly(&test, absent, None));
    for wanted in [
        "outbox.give_up_at",
        "outbox.lease_until",
        "letter.send_after",
        "measurement.recorded_at",
        "not_measured.recorded_at",
        "pupil.updated_at",
        "identity.updated_at",
    ] {
        assert!(
            dated.iter().any(|column| column == wanted),
            "{wanted} was not looked at: {dated:?}"
        );
    }
    test.app.clock.set_to_noon(date(2027, 9, 30));
    assert_eq!(run(&test).names, 2);
    let is_coarse = |moment: &String| {
        moment
            .get(7..)
            .is_some_and(|rest| rest == "-01" || rest.starts_with("-01 00:00:00"))
    };
    for pupil in [gone, absent] {
        let moments = moments(&test, pupil);
        assert!(moments.iter().all(is_coarse), "{moments:?}");
    }
    // What a worker writes to the message afterwards is coarse again after the next night.
    date_exactly(&test, gone, Some(&["outbox", "letter"]));
    run(&test);
    let moments = moments(&test, gone);
    assert!(moments.iter().all(is_coarse), "{moments:?}");
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn the_order_of_measuring_does_not_put_erased_names_back(#[case] test: TestApp) {
    test.set_year("2026-27", 10);
    let names = 60;
    let children: Vec<i64> = (0..names).map(|_| child(&test, "Example")).collect();
    for (index, pupil) in children.iter().enumerate() {
        measured(
            &test,
            *pupil,
            date(2026, 11, 2),
            1300 + index as i32,
            "healthy_weight",
        );
    }
    assert_eq!(run(&test).names, names);
    // As the rows lie: by their numbers on SQLite, by their places in the file on PostgreSQL.
    let place = match test.db().file() {
        Some(_) => "id",
        None => "ctid",
    };
    for (table, column) in [("measurement", "height_mm - 1300"), ("warning", "pupil_id")] {
        #[derive(QueryableByName)]
        struct Number {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            number: i64,
        }
        let rows: Vec<i64> = test
            .db()
            .read_now(|tx| -> Result<Vec<Number>, Error> {
                Ok(diesel::sql_query(format!(
                    "SELECT CAST({column} AS BIGINT) AS number FROM {table} ORDER BY {place}"
                ))
                .load(tx)?)
            })
            .unwrap()
            .into_iter()
            .map(|row| row.number)
            .collect();
        let mut sorted = rows.clone();
        sorted.sort_unstable();
        assert_eq!(rows.len() as i64, names);
        // By chance it is 1 of 60; 12 or more happen once in a thousand million runs.
        let in_place = rows
            .iter()
            .zip(&sorted)
            .filter(|(one, other)| one == other)
            .count();
        assert!(
            in_place < 12,
            "{in_place} of {names} rows of {table} stand in the order of measuring"
        );
    }
    // Later numbers go on after those that were given.
    let later = child(&test, "Later");
    measured(&test, later, date(2026, 11, 30), 1400, "healthy_weight");
    let lowest: Option<i64> = test
        .db()
        .read_now(|tx| -> Result<_, Error> {
            Ok(warning::table
                .filter(warning::pupil_id.eq(later))
                .select(diesel::dsl::min(warning::id))
                .first(tx)?)
        })
        .unwrap();
    assert!(lowest > Some(names));
}

#[rstest]
#[case::on_sqlite(start_or_skip!(Sqlite))]
#[case::on_postgres(start_or_skip!(Postgres))]
fn a_reason_a_version_or_a_flag_does_not_stand_beside_an_events_exact_time(#[case] test: TestApp) {
    let pupil = test.child(ChildSpec::default());
    test.measure(pupil, 1412, 34_500, date(2026, 11, 27));
    let nurse = test.signed_in(Role::Nurse, &[900_101], &[]);
    nurse
        .get(&format!("/children/{pupil}"))
        .fill_named("flags", "sensitive")
        .press("Set flags")
        .shows("Sensitive");
    let details: Vec<(String, String)> = test
        .db()
        .read_now(|tx| -> Result<_, Error> {
            Ok(audit_event::table
                .filter(audit_event::subject.like("child:%"))
                .order(audit_event::id)
                .select((audit_event::action, audit_event::detail))
                .load(tx)?)
        })
        .unwrap();
    let expected = ["measurement.recorded", "child.flags_set"]
        .map(|action| (action.to_owned(), "{}".to_owned()));
    assert_eq!(details, expected);
}
