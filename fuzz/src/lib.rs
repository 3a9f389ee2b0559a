//! What the fuzz targets share: the limits of a run and what must hold of every input.
//!
//! The targets depend on `tabular` and `roster-reader` alone, so that one is built in a minute and
//! without a database, a web server or a typesetter.

use programme::{DfeNumber, Urn};
use roster_reader::progress::Progress;
use roster_reader::{check, columns, plan, schools};
use tabular::{Limits, Table};

/// Limits like those of an upload, small enough for thousands of runs a second.
pub const LIMITS: Limits = Limits {
    file_bytes: 1 << 20,
    unpacked_bytes: 4 << 20,
    rows: 20_000,
    columns: 500,
    cell_bytes: 100_000,
};

/// Lets a panic inside the workbook library be caught where the program catches
/// it; one that nothing catches still ends the run.
pub fn let_panics_be_caught() {
    std::panic::set_hook(Box::new(|_| {}));
}

/// What must hold of every table, however it came about.
pub fn check_table(table: &Table) {
    let mut last = None;
    for row in table.rows() {
        assert!(
            last.is_none_or(|last| row.number() > last),
            "rows out of order"
        );
        last = Some(row.number());
        assert!(row.len() <= LIMITS.columns);
        assert!(
            row.cells().any(|cell| !cell.trim().is_empty()),
            "a blank row was kept"
        );
    }
}

/// The whole way of a roster from its bytes to a plan.
pub fn plan_of(bytes: &[u8]) {
    let Ok(table) = roster_reader::read(bytes, &LIMITS) else {
        return;
    };
    check_table(&table);
    let Ok(columns) = columns::find_columns(&table, &columns::Choices::default(), 2026) else {
        return;
    };
    let school = |urn: &str, number: &str, name: &str| schools::School {
        urn: Urn::parse(urn).unwrap(),
        dfe_number: DfeNumber::parse(number).ok(),
        name: name.to_owned(),
        open: true,
    };
    let schools = schools::Schools::new(vec![
        school("900101", "999/2001", "Orchard Lane Primary School"),
        school("900104", "999/2104", "Millbrook Infant School"),
    ]);
    let below = table.len() - columns.heading_row - 1;
    let context = check::Context {
        start_year: 2026,
        schools: &schools,
        school: Urn::parse("900101").ok(),
        progress: &Progress::default(),
    };
    let checked = check::check(&table, &columns, &context);
    assert_eq!(checked.rows.len(), below, "a row was lost");
    let plan = plan::plan(checked, &[], &|_| None);
    assert_eq!(plan.rows.len(), below, "a row was lost");
    for row in &plan.rows {
        let _ = row.message();
    }
    for slip in &plan.slips {
        let _ = slip.message(&table, &columns);
    }
}
