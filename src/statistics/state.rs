//! Where a release is.

use std::fmt;

use programme::Coded as _;

/// Where a release is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::VariantArray, strum::IntoStaticStr, serde::Serialize,
)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum ReleaseState {
    /// Made; its audit found something that is exposed. It can only be withdrawn.
    Draft,
    /// Made; its audit passed.
    Audited,
    /// Its audience sees it.
    Published,
    /// Nobody sees it any more; those who saw it remember.
    Withdrawn,
    /// Made before a release about the same places that has been shown. It can only be withdrawn.
    Superseded,
}

crate::db::stored_by_code!(ReleaseState);

impl fmt::Display for ReleaseState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}
