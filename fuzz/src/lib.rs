//! The reading of files, without the rest of the program.
//!
//! The one thing to know: the modules are those of the program itself, taken in
//! by their path, so that a fuzz target is built in a minute and without a
//! database, a web server or a typesetter.

#[path = "../../src/fields/mod.rs"]
pub mod fields;
#[path = "../../src/tabular/mod.rs"]
pub mod tabular;

/// Who a child is.
#[path = "../../src/identity"]
pub mod identity {
    mod person;
    pub use person::*;
}

/// From bytes to a plan.
#[path = "../../src/roster"]
pub mod roster {
    pub mod check;
    pub mod child;
    pub mod code;
    pub mod columns;
    mod contacts;
    pub mod ctf;
    mod dates;
    pub mod field;
    mod heading_rows;
    mod headings;
    pub mod matching;
    pub mod merge;
    mod names;
    mod neighbours;
    pub mod plan;
    pub mod progress;
    mod read;
    mod read_child;
    mod repeats;
    mod rows;
    pub mod schools;
    pub mod slip;
    mod values;

    pub use read::read;
}

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
    use roster::{check, columns, plan, schools};
    let Ok(table) = roster::read(bytes, &LIMITS) else {
        return;
    };
    check_table(&table);
    let Ok(columns) = columns::find_columns(&table, &columns::Choices::default(), 2026) else {
        return;
    };
    let school = |urn: &str, number: &str, name: &str| schools::School {
        urn: fields::Urn::parse(urn).unwrap(),
        dfe_number: fields::DfeNumber::parse(number).ok(),
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
        school: fields::Urn::parse("900101").ok(),
        progress: &roster::progress::Progress::default(),
    };
    let checked = check::check(&table, &columns, &context);
    assert_eq!(checked.rows.len(), below, "a row was lost");
    let plan = plan::plan(checked, &[], &[]);
    assert_eq!(plan.rows.len(), below, "a row was lost");
    for row in &plan.rows {
        let _ = row.message();
    }
    for slip in &plan.slips {
        let _ = slip.message(&table, &columns);
    }
}
