//! Delimited text in any encoding, and back out with a column of errors.

#![no_main]

use libfuzzer_sys::fuzz_target;
use stature_fuzz::{LIMITS, check_table};
use tabular::{FileKind, file_kind, read_sheets, write_with_errors};

fuzz_target!(|bytes: &[u8]| {
    if file_kind(bytes) != Ok(FileKind::Csv) {
        return;
    }
    let Ok(sheets) = read_sheets(bytes, &LIMITS) else {
        return;
    };
    let table = &sheets[0].table;
    check_table(table);
    let mut out = Vec::new();
    write_with_errors(
        table,
        0,
        |row| (row % 2 == 0).then(|| "wrong".to_owned()),
        &mut out,
    )
    .unwrap();
});
