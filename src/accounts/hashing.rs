//! The queue in front of hashing passwords.
//!
//! Each hash takes 19 MB and a core for a moment. A few are made at once, some wait, and more are refused: a flood of
//! sign-ins must neither fill the memory nor make everybody wait without end.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Semaphore, SemaphorePermit};

/// Hashes made at once.
const AT_ONCE: usize = 4;

/// Hashes that wait.
const WAITING: usize = 16;

/// The queue.
#[derive(Debug)]
pub struct Hashing {
    places: Semaphore,
    waiting: AtomicUsize,
}

impl Default for Hashing {
    fn default() -> Self {
        Self {
            places: Semaphore::new(AT_ONCE),
            waiting: AtomicUsize::new(0),
        }
    }
}

/// Counts one who waits, for as long as it lives: a browser that goes away stops waiting.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Hashing {
    /// A turn, after those that wait already; `None` when too many do.
    pub async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        if let Ok(turn) = self.places.try_acquire() {
            return Some(turn);
        }
        let before = self.waiting.fetch_add(1, Ordering::SeqCst);
        let _waiting = Waiting(&self.waiting);
        if before >= WAITING {
            return None;
        }
        self.places.acquire().await.ok()
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::task::{Context, Waker};

    use super::*;

    /// Asks for the turn once.
    fn is_waiting(turn: &mut std::pin::Pin<Box<impl Future>>) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        turn.as_mut().poll(&mut context).is_pending()
    }

    #[tokio::test]
    async fn a_flood_of_passwords_is_refused_beyond_a_short_queue() {
        let hashing = Hashing::default();
        let mut turns = Vec::new();
        for _ in 0..AT_ONCE {
            turns.push(hashing.turn().await.unwrap());
        }
        let mut waiting: Vec<_> = (0..WAITING).map(|_| Box::pin(hashing.turn())).collect();
        for turn in &mut waiting {
            assert!(is_waiting(turn));
        }
        assert!(hashing.turn().await.is_none());
        // One that leaves makes room.
        drop(waiting.pop());
        let mut next = Box::pin(hashing.turn());
        assert!(is_waiting(&mut next));
        drop((waiting, turns));
        assert!(next.await.is_some());
    }
}
