//! What of two children is compared, and how.

use chrono::NaiveDate;
use programme::Urn;

/// What of a child is compared. Texts and numbers are hashes; names are hashed in
/// their folded form.
#[derive(Debug, Clone)]
pub struct Traits {
    pub(super) nhs_number: Option<u64>,
    pub(super) upn: Option<u64>,
    pub(super) upn_is_temporary: bool,
    pub(super) urn: Urn,
    pub(super) birth: NaiveDate,
    pub(super) given: u64,
    pub(super) first: u64,
    pub(super) family: u64,
    pub(super) postcode: Option<u64>,
}

/// Whether both have an NHS number, and not the same.
pub(super) fn numbers_differ(a: &Traits, b: &Traits) -> bool {
    matches!((a.nhs_number, b.nhs_number), (Some(of_a), Some(of_b)) if of_a != of_b)
}

/// Whether both have a UPN that lasts, and not the same.
pub(super) fn upns_differ(a: &Traits, b: &Traits) -> bool {
    let differ = matches!((a.upn, b.upn), (Some(of_a), Some(of_b)) if of_a != of_b);
    differ && !a.upn_is_temporary && !b.upn_is_temporary
}

/// Whether three of four agree and nothing says that they are two children.
pub(super) fn is_close(a: &Traits, b: &Traits) -> bool {
    let postcode = a.postcode.is_some() && a.postcode == b.postcode;
    let agree = [
        a.family == b.family,
        a.given == b.given,
        a.birth == b.birth,
        postcode,
    ];
    if agree.iter().filter(|agrees| **agrees).count() < 3 || numbers_differ(a, b) {
        return false;
    }
    // Twins in an export without NHS numbers.
    let both_upns = matches!((a.upn, b.upn), (Some(of_a), Some(of_b)) if of_a != of_b);
    !(both_upns && a.given != b.given)
}
