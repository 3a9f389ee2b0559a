//! Where a release is, and which steps lead on from there.

use std::fmt;

use programme::Coded as _;

use super::release::ReleaseError;

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

impl ReleaseState {
    /// After an audit.
    pub(super) fn audited(self, passed: bool) -> Self {
        match self {
            Self::Draft | Self::Audited if passed => Self::Audited,
            Self::Draft | Self::Audited => Self::Draft,
            Self::Published | Self::Withdrawn | Self::Superseded => self,
        }
    }

    /// To be seen by its audience.
    pub(super) fn publish(self, number: i64) -> Result<Self, ReleaseError> {
        match self {
            Self::Audited => Ok(Self::Published),
            Self::Draft => Err(ReleaseError::NotSafe { number }),
            Self::Published | Self::Withdrawn | Self::Superseded => {
                Err(ReleaseError::NotFromHere {
                    number,
                    state: self,
                })
            }
        }
    }

    /// To be seen no more.
    pub(super) fn withdraw(self, number: i64) -> Result<Self, ReleaseError> {
        match self {
            Self::Withdrawn => Err(ReleaseError::NotFromHere {
                number,
                state: self,
            }),
            Self::Draft | Self::Audited | Self::Published | Self::Superseded => Ok(Self::Withdrawn),
        }
    }
}

impl fmt::Display for ReleaseState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}
