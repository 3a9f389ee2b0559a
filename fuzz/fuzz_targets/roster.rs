//! A roster of any kind, from its bytes to what an import would do.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: stature_fuzz::let_panics_be_caught(),
    |bytes: &[u8]| stature_fuzz::plan_of(bytes)
);
