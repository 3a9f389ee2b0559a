//! Which child a row is.
//!
//! NHS number first; then UPN; then family name, given name and date of birth; then three of those
//! and the postcode, which a person decides. A different valid NHS number is never a match. Twins
//! share everything but their given names and numbers, so nothing less than those may bring two
//! children together.

mod index;
pub mod merge;
#[cfg(test)]
mod tests;
mod traits;

pub use index::{Index, Match};
pub use traits::Traits;
