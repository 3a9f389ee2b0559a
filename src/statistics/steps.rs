//! Which steps lead on from where a release is.

use super::error::ReleaseError;
use super::state::ReleaseState;

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
