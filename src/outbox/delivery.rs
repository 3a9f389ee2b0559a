//! Where a message is on its way out, and which step may follow which.
//!
//! `Sending` is committed before the first byte goes to the mail server. A message found in `Sending` after its lease
//! ran out may have arrived, so nothing here leads from there back to `Queued` by itself: only proof that it did not
//! go, or a person.

use chrono::{Duration, NaiveDateTime};

/// How long a worker may hold a message; far longer than a mail server is waited for.
pub const LEASE: Duration = Duration::minutes(10);

/// Minutes to wait after each try that did not deliver; the last one is repeated until the message is given up.
const BACKOFF_MINUTES: [i64; 6] = [5, 15, 60, 120, 240, 480];

/// Where a message is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Waits for its moment.
    Queued {
        /// Tries so far.
        attempts: i32,
        /// Not to be tried before.
        not_before: NaiveDateTime,
    },
    /// A worker prepares it; nothing has been handed over.
    Claimed {
        /// Tries so far.
        attempts: i32,
        /// Whose it is, and until when.
        lease: Lease,
    },
    /// A worker hands it over, or was stopped while doing so.
    Sending {
        /// Tries so far, this one included.
        attempts: i32,
        /// Whose it is, and until when.
        lease: Lease,
    },
    /// The receiving side took it.
    Sent,
    /// It surely did not go and will not be tried again by itself.
    Failed {
        /// Tries made.
        attempts: i32,
    },
    /// It may have arrived; a person decides.
    InDoubt {
        /// Tries made.
        attempts: i32,
        /// Who was sending it: should that worker come back after all, what it knows counts.
        owner: String,
    },
    /// Taken back before it was handed over.
    Cancelled,
}

/// The states of a message by name, as the table holds them.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::VariantArray, strum::IntoStaticStr, serde::Serialize,
)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Waits for its moment.
    Queued,
    /// A worker prepares it.
    Claimed,
    /// A worker hands it over.
    Sending,
    /// The receiving side took it.
    Sent,
    /// It surely did not go.
    Failed,
    /// It may have arrived.
    InDoubt,
    /// Taken back before it was handed over.
    Cancelled,
}

crate::db::stored_by_code!(DeliveryState);

impl DeliveryState {
    /// A message that may still go by itself.
    pub const WAITING: [Self; 3] = [Self::Queued, Self::Claimed, Self::Sending];

    /// A message that has not come to an end.
    pub(super) const UNFINISHED: [Self; 4] =
        [Self::Queued, Self::Claimed, Self::Sending, Self::Failed];
}

/// Whose a message is, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The worker.
    pub owner: String,
    /// When others may take it up.
    pub until: NaiveDateTime,
}

/// How an attempt to hand over ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Taken.
    Taken,
    /// Not taken; worth another try until this moment.
    NotTaken {
        /// After it, a person must look.
        give_up_at: NaiveDateTime,
    },
    /// Not taken because the server takes no message at all: it counts as no try, and the message keeps its place.
    NotTried,
    /// Refused for good.
    Refused,
    /// The line broke at a moment when it may have been taken.
    Unclear,
}

/// A step that does not follow from where the message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the message is not where this step begins; somebody else was quicker")]
pub struct NotFromHere;

impl Delivery {
    /// A message that has just been written down.
    pub fn new(now: NaiveDateTime) -> Self {
        Self::Queued {
            attempts: 0,
            not_before: now,
        }
    }

    /// Its state alone, without what goes with it.
    pub fn state(&self) -> DeliveryState {
        match self {
            Self::Queued { .. } => DeliveryState::Queued,
            Self::Claimed { .. } => DeliveryState::Claimed,
            Self::Sending { .. } => DeliveryState::Sending,
            Self::Sent => DeliveryState::Sent,
            Self::Failed { .. } => DeliveryState::Failed,
            Self::InDoubt { .. } => DeliveryState::InDoubt,
            Self::Cancelled => DeliveryState::Cancelled,
        }
    }

    /// A worker takes it up.
    pub fn claim(self, owner: &str, now: NaiveDateTime) -> Result<Self, NotFromHere> {
        match self {
            Self::Queued {
                attempts,
                not_before,
            } if not_before <= now => Ok(Self::Claimed {
                attempts,
                lease: Lease {
                    owner: owner.to_owned(),
                    until: now + LEASE,
                },
            }),
            _ => Err(NotFromHere),
        }
    }

    /// Its worker is about to hand it over.
    pub fn begin(self, owner: &str, now: NaiveDateTime) -> Result<Self, NotFromHere> {
        match self {
            Self::Claimed { attempts, lease } if lease.owner == owner && lease.until > now => {
                Ok(Self::Sending {
                    attempts: attempts + 1,
                    lease: Lease {
                        until: now + LEASE,
                        ..lease
                    },
                })
            }
            _ => Err(NotFromHere),
        }
    }

    /// Its worker gives it back untouched.
    pub fn give_back(self, owner: &str, now: NaiveDateTime) -> Result<Self, NotFromHere> {
        match self {
            Self::Claimed { attempts, lease } if lease.owner == owner => Ok(Self::Queued {
                attempts,
                not_before: now,
            }),
            _ => Err(NotFromHere),
        }
    }

    /// Its worker finds that it cannot be written.
    pub fn give_up(self, owner: &str) -> Result<Self, NotFromHere> {
        match self {
            Self::Claimed { attempts, lease } if lease.owner == owner => {
                Ok(Self::Failed { attempts })
            }
            _ => Err(NotFromHere),
        }
    }

    /// Its worker knows how it went. A worker that comes back late may still say so.
    pub fn settle(
        self,
        owner: &str,
        outcome: Outcome,
        now: NaiveDateTime,
    ) -> Result<Self, NotFromHere> {
        let (attempts, mine) = match self {
            Self::Sending { attempts, lease } => (attempts, lease.owner == owner),
            Self::InDoubt {
                attempts,
                owner: before,
            } => (attempts, before == owner),
            _ => return Err(NotFromHere),
        };
        if !mine {
            return Err(NotFromHere);
        }
        Ok(match outcome {
            Outcome::Taken => Self::Sent,
            Outcome::NotTaken { give_up_at } => again(attempts, now, give_up_at),
            Outcome::NotTried => Self::Queued {
                attempts: attempts - 1,
                not_before: now,
            },
            Outcome::Refused => Self::Failed { attempts },
            Outcome::Unclear => Self::InDoubt {
                attempts,
                owner: owner.to_owned(),
            },
        })
    }

    /// The lease ran out. `has_gone` is what the receiving side can prove, if it can prove anything; a message that has
    /// not gone is tried again until `give_up_at`.
    pub fn expire(
        self,
        now: NaiveDateTime,
        has_gone: Option<bool>,
        give_up_at: NaiveDateTime,
    ) -> Result<Self, NotFromHere> {
        match self {
            Self::Claimed { attempts, lease } if lease.until <= now => Ok(Self::Queued {
                attempts,
                not_before: now,
            }),
            Self::Sending { attempts, lease } if lease.until <= now => Ok(match has_gone {
                Some(true) => Self::Sent,
                Some(false) => again(attempts, now, give_up_at),
                None => Self::InDoubt {
                    attempts,
                    owner: lease.owner,
                },
            }),
            _ => Err(NotFromHere),
        }
    }

    /// A person has found out that it arrived.
    pub fn arrived(self) -> Result<Self, NotFromHere> {
        match self {
            Self::InDoubt { .. } => Ok(Self::Sent),
            _ => Err(NotFromHere),
        }
    }

    /// A person wants it tried again.
    pub fn send_again(self, now: NaiveDateTime) -> Result<Self, NotFromHere> {
        match self {
            Self::InDoubt { .. } | Self::Failed { .. } | Self::Cancelled => Ok(Self::new(now)),
            _ => Err(NotFromHere),
        }
    }

    /// Taken back while nothing has been handed over.
    pub fn cancel(self) -> Result<Self, NotFromHere> {
        match self {
            Self::Queued { .. } | Self::Claimed { .. } | Self::Failed { .. } | Self::Cancelled => {
                Ok(Self::Cancelled)
            }
            _ => Err(NotFromHere),
        }
    }
}

/// Waiting for the next try, or given up.
fn again(attempts: i32, now: NaiveDateTime, give_up_at: NaiveDateTime) -> Delivery {
    let last = BACKOFF_MINUTES.len() - 1;
    let tried = usize::try_from(attempts - 1).map_or(0, |tried| tried.min(last));
    let not_before = now + Duration::minutes(BACKOFF_MINUTES[tried]);
    if not_before <= give_up_at {
        Delivery::Queued {
            attempts,
            not_before,
        }
    } else {
        Delivery::Failed { attempts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> NaiveDateTime {
        NaiveDateTime::default() + Duration::minutes(minute)
    }

    fn sending() -> Delivery {
        Delivery::new(at(0))
            .claim("a", at(0))
            .and_then(|message| message.begin("a", at(0)))
            .unwrap()
    }

    #[test]
    fn a_message_that_was_being_sent_is_never_sent_again_by_itself() {
        let doubtful = sending().expire(at(10), None, at(60)).unwrap();
        assert_eq!(doubtful.state(), DeliveryState::InDoubt);
        assert!(doubtful.clone().claim("b", at(99)).is_err());
        assert!(
            doubtful
                .clone()
                .expire(at(99), Some(false), at(60))
                .is_err()
        );
        assert_eq!(doubtful.send_again(at(99)).unwrap(), Delivery::new(at(99)));
    }

    #[test]
    fn proof_settles_a_doubt() {
        assert_eq!(
            sending().expire(at(10), Some(true), at(60)),
            Ok(Delivery::Sent)
        );
        assert_eq!(
            sending()
                .expire(at(10), Some(false), at(60))
                .unwrap()
                .state(),
            DeliveryState::Queued
        );
    }

    #[test]
    fn a_lease_that_runs_is_respected() {
        assert!(sending().expire(at(9), Some(false), at(60)).is_err());
        let claimed = Delivery::new(at(0)).claim("a", at(0)).unwrap();
        assert!(claimed.clone().begin("b", at(0)).is_err(), "another's");
        assert!(claimed.clone().begin("a", at(10)).is_err(), "run out");
        assert_eq!(
            claimed.expire(at(10), None, at(60)).unwrap(),
            Delivery::new(at(10))
        );
    }

    #[test]
    fn a_worker_that_comes_back_late_may_say_how_it_went_but_no_other() {
        let doubtful = sending().expire(at(10), None, at(60)).unwrap();
        assert!(
            doubtful
                .clone()
                .settle("b", Outcome::Taken, at(11))
                .is_err()
        );
        assert_eq!(
            doubtful.settle("a", Outcome::Taken, at(11)),
            Ok(Delivery::Sent)
        );
    }

    #[test]
    fn a_message_is_tried_until_it_is_given_up_and_not_for_a_day_only() {
        let six_weeks = at(0) + Duration::weeks(6);
        let mut now = at(0);
        let mut message = Delivery::new(now);
        let mut waits = Vec::new();
        loop {
            message = message
                .claim("a", now)
                .and_then(|message| message.begin("a", now))
                .and_then(|message| {
                    let not_taken = Outcome::NotTaken {
                        give_up_at: six_weeks,
                    };
                    message.settle("a", not_taken, now)
                })
                .unwrap();
            let Delivery::Queued { not_before, .. } = &message else {
                assert_eq!(message.state(), DeliveryState::Failed);
                break;
            };
            waits.push((*not_before - now).num_minutes());
            assert!(message.clone().claim("a", now).is_err(), "too early");
            now = *not_before;
        }
        assert_eq!(waits[..6], BACKOFF_MINUTES);
        assert!(waits[6..].iter().all(|wait| *wait == 480));
        assert!(six_weeks - now < Duration::hours(8), "given up at {now}");
    }

    #[test]
    fn a_server_that_takes_nothing_costs_a_message_no_try_and_not_its_place() {
        let back = sending().settle("a", Outcome::NotTried, at(3)).unwrap();
        assert_eq!(back, Delivery::new(at(3)));
    }

    #[test]
    fn what_is_being_sent_cannot_be_taken_back() {
        assert!(sending().cancel().is_err());
        assert!(Delivery::Sent.cancel().is_err());
        assert!(Delivery::Sent.send_again(at(0)).is_err());
        assert_eq!(Delivery::new(at(0)).cancel(), Ok(Delivery::Cancelled));
    }
}
