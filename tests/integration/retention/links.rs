//! After an erasure nothing dates a child more finely than the month, and nothing leads from the books to it.

use diesel::prelude::*;
use stature::access::Role;
use stature::audit::{self, Actor, Disclosure};
use stature::db::Error;
use stature::db::schema::{
    access, access_pupil, audit_event, audit_subject, disclosure, disclosure_pupil, import_pupil,
    letter, measurement, pupil, warning,
};

use crate::support::{ChildSpec, TestApp};

use super::{child, date, measured, run};

#[derive(QueryableByName)]
struct Moment {
    #[diesel(sql_type = diesel::sql_types::Text)]
    moment: String,
}

/// Every date and time that stands in a row of a child, as text.
fn moments(test: &TestApp, child: i64) -> Vec<String> {
    let columns = [
        ("pupil", "id", "created_at"),
        ("pupil", "id", "updated_at"),
        ("pupil", "id", "name_removed_on"),
        ("measurement", "pupil_id", "measured_on"),
        ("measurement", "pupil_id", "recorded_at"),
        ("not_measured", "pupil_id", "noted_on"),
        ("not_measured", "pupil_id", "recorded_at"),
        ("warning", "pupil_id", "confirmed_at"),
        ("letter", "pupil_id", "created_at"),
        ("letter", "pupil_id", "updated_at"),
        ("letter", "pupil_id", "decided_at"),
        ("letter", "pupil_id", "sent_at"),
    ];
    let union: Vec<String> = columns
        .iter()
        .map(|(table, key, column)| {
            format!("SELECT CAST({column} AS TEXT) AS moment FROM {table} WHERE {key} = {child} AND {column} IS NOT NULL")
        })
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
                "letter.let_go",
                &reference,
                &serde_json::json!({"from": "held", "to": "ready"}),
            )?;
            Ok(id)
        })
        .unwrap()
}

both_databases! {
    fn exact_times_of_an_erased_child_stand_nowhere(test: TestApp) {
        test.set_year("2026-27", 10);
        let gone = child(test, "Gone");
        let kept = child(test, "Kept");
        for pupil in [gone, kept] {
            test.measure(pupil, 1412, 34_500, date(2026, 11, 12));
        }
        // A second version, as a correction makes it.
        measured(test, gone, date(2026, 11, 13), 1413, "healthy_weight");
        letter_sent(test, gone);
        let nurse = test.signed_in(Role::Nurse, &[900_101], &[]);
        nurse.get(&format!("/children/{gone}")).shows("Measurement recorded").shows("Name seen");
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
                Ok((audit_event::table.count().get_result(tx)?, access::table.count().get_result(tx)?))
            })
            .unwrap();
        assert_eq!(run(test).names, 1);

        for moment in moments(test, gone) {
            let rest = moment.get(7..).unwrap();
            assert!(rest == "-01" || rest.starts_with("-01 00:00:00"), "{moment} is finer than a month");
        }
        assert!(moments(test, kept).iter().any(|moment| moment.contains("2026-11-29")));
        test.db()
            .read_now(|tx| -> Result<(), Error> {
                let links: [i64; 4] = [
                    access_pupil::table.filter(access_pupil::pupil_id.eq(gone)).count().get_result(tx)?,
                    disclosure_pupil::table.filter(disclosure_pupil::pupil_id.eq(gone)).count().get_result(tx)?,
                    import_pupil::table.filter(import_pupil::pupil_id.eq(gone)).count().get_result(tx)?,
                    audit_subject::table.filter(audit_subject::pupil_id.eq(gone)).count().get_result(tx)?,
                ];
                assert_eq!(links, [0; 4], "something leads to the child still");
                let reference: Option<String> = disclosure::table.select(disclosure::reference).first(tx)?;
                assert_eq!(reference, None);
                let subjects: Vec<String> = audit_event::table
                    .filter(audit_event::action.like("measurement.%").or(audit_event::action.like("letter.%")))
                    .select(audit_event::subject)
                    .load(tx)?;
                assert_eq!(subjects.len(), 3);
                for subject in subjects {
                    assert_eq!(subject.len(), "child:".len() + 32, "{subject} is no hash");
                }
                // The books themselves stay whole.
                let (events, accesses): (i64, i64) =
                    (audit_event::table.count().get_result(tx)?, access::table.count().get_result(tx)?);
                assert!(events >= events_before && accesses >= accesses_before, "a row of the books is gone");
                let letters: Vec<(String, i32, String)> =
                    letter::table.select((letter::state, letter::version, letter::reasons)).load(tx)?;
                assert_eq!(letters, [("sent".to_owned(), 1, String::new())]);
                let versions: Vec<(i32, i32)> = measurement::table
                    .filter(measurement::pupil_id.eq(gone))
                    .select((measurement::version, measurement::height_mm))
                    .load(tx)?;
                assert_eq!(versions, [(1, 1413)], "an earlier version is there still");
                let version: i32 = pupil::table.find(gone).select(pupil::outcome_version).first(tx)?;
                assert_eq!(version, 1);
                Ok(())
            })
            .unwrap();
        test.run(&["audit", "verify"]).done();
        let page = nurse.get(&format!("/children/{gone}")).status(200);
        assert!(!page.says("Measurement recorded") && !page.says("Name seen"), "{}", page.text());
        assert!(page.says("141.3") && page.says("November 2026"), "{}", page.text());
        nurse.get(&format!("/children/{kept}")).shows("Measurement recorded");
        assert_eq!(run(test).counts.measurements, 0, "what is unlinked already was touched again");
    }

    fn the_order_of_measuring_does_not_put_erased_names_back(test: TestApp) {
        test.set_year("2026-27", 10);
        let names = 60;
        let children: Vec<i64> = (0..names).map(|_| child(test, "Example")).collect();
        for (index, pupil) in children.iter().enumerate() {
            measured(test, *pupil, date(2026, 11, 2), 1300 + index as i32, "healthy_weight");
        }
        assert_eq!(run(test).names, names);
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
                    Ok(diesel::sql_query(format!("SELECT CAST({column} AS BIGINT) AS number FROM {table} ORDER BY {place}")).load(tx)?)
                })
                .unwrap()
                .into_iter()
                .map(|row| row.number)
                .collect();
            let mut sorted = rows.clone();
            sorted.sort_unstable();
            assert_eq!(rows.len() as i64, names);
            // By chance it is 1 of 60; 12 or more happen once in a thousand million runs.
            let in_place = rows.iter().zip(&sorted).filter(|(one, other)| one == other).count();
            assert!(in_place < 12, "{in_place} of {names} rows of {table} stand in the order of measuring");
        }
        // Later numbers go on after those that were given.
        let later = child(test, "Later");
        measured(test, later, date(2026, 11, 30), 1400, "healthy_weight");
        let lowest: Option<i64> = test
            .db()
            .read_now(|tx| -> Result<_, Error> {
                Ok(warning::table.filter(warning::pupil_id.eq(later)).select(diesel::dsl::min(warning::id)).first(tx)?)
            })
            .unwrap();
        assert!(lowest > Some(names));
    }

    fn a_reason_a_version_or_a_flag_does_not_stand_beside_an_events_exact_time(test: TestApp) {
        let pupil = test.child(ChildSpec::default());
        test.measure(pupil, 1412, 34_500, date(2026, 11, 27));
        let nurse = test.signed_in(Role::Nurse, &[900_101], &[]);
        nurse.get(&format!("/children/{pupil}")).fill_named("flags", "sensitive").press("Set flags").shows("Sensitive");
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
        let expected = ["measurement.recorded", "child.flags_set"].map(|action| (action.to_owned(), "{}".to_owned()));
        assert_eq!(details, expected);
    }
}
