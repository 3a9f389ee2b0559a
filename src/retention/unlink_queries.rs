//! What links the books, the imports and the order of rows to a child, taken away with its name.
//!
//! Accesses, disclosures and events have exact times and stay as evidence of what was done. Nothing says any more which
//! children they were about: otherwise they would date the measurement to the minute. For the same reason only the
//! outcome that stands is kept, under version 1, and rows lose the order in which they were written.

use std::collections::{HashMap, HashSet};

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use crate::db::dialect::{self, Scattered};
use crate::db::schema::{
    access_pupil, audit_subject, disclosure, disclosure_pupil, import_pupil, import_row, letter,
    measurement, not_measured, outbox, pupil, warning,
};
use crate::db::{Conn, Error};

/// Takes away every link to these children, whose names have gone and whose letters and imports were wiped.
pub(super) fn unlink(tx: &mut Conn, pupils: &[i64]) -> Result<(), Error> {
    diesel::delete(access_pupil::table.filter(access_pupil::pupil_id.eq_any(pupils)))
        .execute(tx)?;
    diesel::delete(audit_subject::table.filter(audit_subject::pupil_id.eq_any(pupils)))
        .execute(tx)?;
    unlink_disclosures(tx, pupils)?;
    diesel::delete(import_pupil::table.filter(import_pupil::pupil_id.eq_any(pupils)))
        .execute(tx)?;
    diesel::update(import_row::table.filter(import_row::pupil_id.eq_any(pupils)))
        .set(import_row::pupil_id.eq(None::<i64>))
        .execute(tx)?;
    keep_one_letter_of_a_kind(tx, pupils)?;
    keep_what_stands(tx, pupils)?;
    dialect::coarsen_moments(tx, pupils)?;
    for table in [
        Scattered::Measurement,
        Scattered::NotMeasured,
        Scattered::Warning,
        Scattered::Letter,
    ] {
        dialect::scatter(tx, table, pupils)?;
    }
    Ok(())
}

/// A letter's number in the ledger would lead to the child as well.
fn unlink_disclosures(tx: &mut Conn, pupils: &[i64]) -> Result<(), Error> {
    let about_them = disclosure_pupil::table
        .filter(disclosure_pupil::pupil_id.eq_any(pupils))
        .select(disclosure_pupil::disclosure_id);
    diesel::update(
        disclosure::table
            .filter(disclosure::id.eq_any(about_them))
            .filter(disclosure::reference.like("letter:%")),
    )
    .set(disclosure::reference.eq(None::<String>))
    .execute(tx)?;
    diesel::delete(disclosure_pupil::table.filter(disclosure_pupil::pupil_id.eq_any(pupils)))
        .execute(tx)?;
    Ok(())
}

/// Deletes the messages that are done with, and letters about earlier versions. A message that a process is handing over,
/// or that may have arrived, keeps its letter.
fn keep_one_letter_of_a_kind(tx: &mut Conn, pupils: &[i64]) -> Result<(), Error> {
    let letters: Vec<(i64, i64, String)> = letter::table
        .filter(letter::pupil_id.eq_any(pupils))
        .order(letter::version.desc())
        .select((letter::id, letter::pupil_id, letter::kind))
        .load(tx)?;
    let numbers: Vec<i64> = letters.iter().map(|(id, ..)| *id).collect();
    for numbers in numbers.chunks(5_000) {
        diesel::delete(
            outbox::table
                .filter(outbox::letter_id.eq_any(numbers))
                .filter(outbox::state.ne_all(["sending", "in_doubt"])),
        )
        .execute(tx)?;
    }
    let with_a_message: HashSet<i64> = outbox::table
        .inner_join(letter::table)
        .filter(letter::pupil_id.eq_any(pupils))
        .select(letter::id)
        .load(tx)?
        .into_iter()
        .collect();
    let mut of_a_kind: HashMap<(i64, String), Vec<i64>> = HashMap::new();
    for (id, pupil, kind) in letters {
        of_a_kind.entry((pupil, kind)).or_default().push(id);
    }
    // The latest stands first. Where a message has to stay, so do the letters beside it: the next night comes back to them.
    let (mut earlier, mut latest): (Vec<i64>, Vec<i64>) = (Vec::new(), Vec::new());
    for letters in of_a_kind.into_values() {
        if letters.iter().any(|id| with_a_message.contains(id)) {
            continue;
        }
        latest.extend(letters.first());
        earlier.extend(letters.iter().skip(1));
    }
    for earlier in earlier.chunks(5_000) {
        diesel::delete(letter::table.filter(letter::id.eq_any(earlier))).execute(tx)?;
    }
    for latest in latest.chunks(5_000) {
        diesel::update(letter::table.filter(letter::id.eq_any(latest)))
            .set(letter::version.eq(1))
            .execute(tx)?;
    }
    Ok(())
}

/// Deletes the versions that no longer stand, and gives the one that does the number 1.
fn keep_what_stands(tx: &mut Conn, pupils: &[i64]) -> Result<(), Error> {
    macro_rules! keep {
        ($table:ident, $outcome:literal) => {
            diesel::delete(
                $table::table
                    .filter($table::pupil_id.eq_any(pupils))
                    .filter(not(exists(
                        pupil::table
                            .filter(pupil::id.eq($table::pupil_id))
                            .filter(pupil::outcome.eq($outcome))
                            .filter(pupil::outcome_version.eq($table::version)),
                    ))),
            )
            .execute(tx)?;
            diesel::update($table::table.filter($table::pupil_id.eq_any(pupils)))
                .set($table::version.eq(1))
                .execute(tx)?;
        };
    }
    keep!(measurement, "measured");
    keep!(not_measured, "not_measured");
    keep!(warning, "measured");
    for (has_outcome, version) in [(true, 1), (false, 0)] {
        diesel::update(
            pupil::table
                .filter(pupil::id.eq_any(pupils))
                .filter(pupil::outcome.ne("none").eq(has_outcome)),
        )
        .set(pupil::outcome_version.eq(version))
        .execute(tx)?;
    }
    Ok(())
}

/// Children whose names have gone and to whom something still leads: written since, or left by an earlier version of the
/// program.
pub(super) fn linked_after_removal(tx: &mut Conn) -> Result<Vec<i64>, Error> {
    let mut pupils: Vec<i64> = Vec::new();
    macro_rules! linked {
        ($table:ident) => {
            linked!($table, $table::pupil_id.is_not_null())
        };
        ($table:ident, $condition:expr) => {
            pupils.extend(
                $table::table
                    .inner_join(pupil::table)
                    .filter(pupil::name_removed_on.is_not_null())
                    .filter($condition)
                    .select(pupil::id)
                    .distinct()
                    .load::<i64>(tx)?,
            );
        };
    }
    linked!(access_pupil);
    linked!(audit_subject);
    linked!(disclosure_pupil);
    linked!(import_pupil);
    linked!(import_row);
    linked!(measurement, measurement::id.gt(0));
    linked!(not_measured, not_measured::id.gt(0));
    linked!(letter, letter::id.gt(0));
    Ok(pupils)
}
