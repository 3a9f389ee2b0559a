//! The Common Transfer File.

#![no_main]

use libfuzzer_sys::fuzz_target;
use roster_reader::file::ctf;
use stature_fuzz::{LIMITS, check_table};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(table) = ctf::read(bytes, &LIMITS) {
        check_table(&table);
    }
});
