//! Where a message is on its way out, and which step may follow which.
//!
//! The one thing to know: `Sending` is written down and committed before the first byte goes to the mail server. A
//! message found in `Sending` after its lease ran out may have arrived, so nothing here ever leads from there back to
//! `Queued` by itself: only proof that it did not go, or a person.

use chrono::{Duration, NaiveDateTime};

/// How long a worker may hold a message; far longer than a mail server is waited for.
pub const LEASE: Duration = Duration::minutes(10);

/// Minutes to wait after each try that surely did not deliver; after the last one a person must look.
const BACKOFF_MINUTES: [i64; 8] = [1, 5, 15, 60, 120, 240, 480, 960];

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
    /// Surely not taken; worth another try.
    NotTaken,
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

    /// The word in the table.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Queued { .. } => "queued",
            Self::Claimed { .. } => "claimed",
            Self::Sending { .. } => "sending",
            Self::Sent => "sent",
            Self::Failed { .. } => "failed",
            Self::InDoubt { .. } => "in_doubt",
            Self::Cancelled => "cancelled",
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
            Outcome::NotTaken => again(attempts, now),
            Outcome::Refused => Self::Failed { attempts },
            Outcome::Unclear => Self::InDoubt {
                attempts,
                owner: owner.to_owned(),
            },
        })
    }

    /// The lease ran out. `has_gone` is what the receiving side can prove, if it can prove anything.
    pub fn expire(self, now: NaiveDateTime, has_gone: Option<bool>) -> Result<Self, NotFromHere> {
        match self {
            Self::Claimed { attempts, lease } if lease.until <= now => Ok(Self::Queued {
                attempts,
                not_before: now,
            }),
            Self::Sending { attempts, lease } if lease.until <= now => Ok(match has_gone {
                Some(true) => Self::Sent,
                Some(false) => again(attempts, now),
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
fn again(attempts: i32, now: NaiveDateTime) -> Delivery {
    let wait = usize::try_from(attempts - 1)
        .ok()
        .and_then(|tried| BACKOFF_MINUTES.get(tried));
    match wait {
        Some(minutes) => Delivery::Queued {
            attempts,
            not_before: now + Duration::minutes(*minutes),
        },
        None => Delivery::Failed { attempts },
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
        let doubtful = sending().expire(at(10), None).unwrap();
        assert_eq!(doubtful.code(), "in_doubt");
        assert!(doubtful.clone().claim("b", at(99)).is_err());
        assert!(doubtful.clone().expire(at(99), Some(false)).is_err());
        assert_eq!(doubtful.send_again(at(99)).unwrap(), Delivery::new(at(99)));
    }

    #[test]
    fn proof_settles_a_doubt() {
        assert_eq!(sending().expire(at(10), Some(true)), Ok(Delivery::Sent));
        assert_eq!(
            sending().expire(at(10), Some(false)).unwrap().code(),
            "queued"
        );
    }

    #[test]
    fn a_lease_that_runs_is_respected() {
        assert!(sending().expire(at(9), Some(false)).is_err());
        let claimed = Delivery::new(at(0)).claim("a", at(0)).unwrap();
        assert!(claimed.clone().begin("b", at(0)).is_err(), "another's");
        assert!(claimed.clone().begin("a", at(10)).is_err(), "run out");
        assert_eq!(claimed.expire(at(10), None).unwrap(), Delivery::new(at(10)));
    }

    #[test]
    fn a_worker_that_comes_back_late_may_say_how_it_went_but_no_other() {
        let doubtful = sending().expire(at(10), None).unwrap();
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
    fn tries_are_further_and_further_apart_and_end() {
        let mut now = at(0);
        let mut message = Delivery::new(now);
        let mut waits = Vec::new();
        loop {
            message = message
                .claim("a", now)
                .and_then(|message| message.begin("a", now))
                .and_then(|message| message.settle("a", Outcome::NotTaken, now))
                .unwrap();
            match &message {
                Delivery::Queued { not_before, .. } => {
                    waits.push((*not_before - now).num_minutes());
                    assert!(message.clone().claim("a", now).is_err(), "too early");
                    now = *not_before;
                }
                other => {
                    assert_eq!(*other, Delivery::Failed { attempts: 9 });
                    break;
                }
            }
        }
        assert_eq!(waits, BACKOFF_MINUTES);
    }

    #[test]
    fn what_is_being_sent_cannot_be_taken_back() {
        assert!(sending().cancel().is_err());
        assert!(Delivery::Sent.cancel().is_err());
        assert!(Delivery::Sent.send_again(at(0)).is_err());
        assert_eq!(Delivery::new(at(0)).cancel(), Ok(Delivery::Cancelled));
    }
}
