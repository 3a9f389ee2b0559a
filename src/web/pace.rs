//! How many forms one network may send in a minute without being signed in.
//!
//! Checking a password costs memory and a core, so nobody may ask for it without end. Each network has a store of tries
//! that fills up again with time; the limit is far above what an office behind one address needs.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::NaiveDateTime;

/// Networks kept in memory before those with a full store are dropped.
const MOST_NETWORKS: usize = 10_000;

/// The stores of tries.
#[derive(Debug, Default)]
pub struct Pace {
    stores: Mutex<HashMap<String, Store>>,
}

#[derive(Clone, Copy, Debug)]
struct Store {
    tries: f64,
    at: NaiveDateTime,
}

impl Store {
    fn filled(self, now: NaiveDateTime, a_minute: f64) -> Self {
        let seconds = (now - self.at).as_seconds_f64().max(0.0);
        Self {
            tries: (self.tries + seconds * a_minute / 60.0).min(a_minute),
            at: now,
        }
    }
}

impl Pace {
    /// Takes one try from a network's store; refused with the seconds until there is another.
    pub fn take(&self, network: &str, now: NaiveDateTime, a_minute: u32) -> Result<(), i64> {
        let a_minute = f64::from(a_minute.max(1));
        let mut stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        if stores.len() >= MOST_NETWORKS {
            stores.retain(|_, store| store.filled(now, a_minute).tries < a_minute);
        }
        let full = Store {
            tries: a_minute,
            at: now,
        };
        let store = stores.entry(network.to_owned()).or_insert(full);
        *store = store.filled(now, a_minute);
        if store.tries >= 1.0 {
            store.tries -= 1.0;
            Ok(())
        } else {
            Err(((1.0 - store.tries) * 60.0 / a_minute).ceil() as i64)
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;

    #[test]
    fn a_network_that_asks_too_often_waits_and_others_do_not() {
        let pace = Pace::default();
        let now = NaiveDateTime::default();
        for _ in 0..6 {
            assert_eq!(pace.take("192.0.2.1", now, 6), Ok(()));
        }
        assert_eq!(pace.take("192.0.2.1", now, 6), Err(10));
        assert_eq!(pace.take("192.0.2.2", now, 6), Ok(()));
        let later = now + Duration::seconds(10);
        assert_eq!(pace.take("192.0.2.1", later, 6), Ok(()));
        assert!(pace.take("192.0.2.1", later, 6).is_err());
    }

    #[test]
    fn memory_is_bounded() {
        let pace = Pace::default();
        let now = NaiveDateTime::default();
        for number in 0..MOST_NETWORKS + 10 {
            // Each asks once a minute after the one before: by then all stores are full.
            let at = now + Duration::minutes(number as i64);
            assert_eq!(pace.take(&number.to_string(), at, 6), Ok(()));
        }
        assert!(pace.stores.lock().unwrap().len() <= MOST_NETWORKS);
    }
}
