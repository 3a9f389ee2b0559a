//! Stature.
fn main() {}
