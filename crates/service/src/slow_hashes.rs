//! Slow derivations: off the async threads, a few at a time, and a bounded number in the queue (row R1).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::core::Fault;

/// Derivations that run at a time: each takes a core and 19 MiB.
pub(crate) const AT_A_TIME: usize = 2;
/// Derivations that run or wait: more are refused, so that a storm of them keeps no other call waiting.
pub const MOST_WAITING: usize = 64;

/// Where every slow derivation goes through.
#[derive(Debug)]
pub struct SlowHashes {
    queue: Arc<Semaphore>,
    running: Arc<Semaphore>,
    made: Arc<AtomicU64>,
}

impl Default for SlowHashes {
    fn default() -> Self {
        Self {
            queue: Arc::new(Semaphore::new(MOST_WAITING)),
            running: Arc::new(Semaphore::new(AT_A_TIME)),
            made: Arc::default(),
        }
    }
}

impl SlowHashes {
    /// Takes a place in the queue, or refuses at once.
    pub fn enter(&self) -> Result<Place, Fault> {
        let queued = self.queue.clone().try_acquire_owned();
        Ok(Place {
            queued: queued.map_err(|_| Fault::Busy)?,
            running: self.running.clone(),
            made: self.made.clone(),
        })
    }

    /// Enters and runs.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Fault> {
        self.enter()?.run(work).await
    }

    /// How many were begun since the start.
    pub fn made(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }
}

/// A place in the queue; dropping it gives it up.
#[derive(Debug)]
pub struct Place {
    queued: OwnedSemaphorePermit,
    running: Arc<Semaphore>,
    made: Arc<AtomicU64>,
}

impl Place {
    /// Runs a derivation in its turn. It keeps its place until it is done, even when nobody waits any more.
    pub async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Fault> {
        let turn = self
            .running
            .acquire_owned()
            .await
            .map_err(|_| Fault::Broken("slow hashes"))?;
        self.made.fetch_add(1, Ordering::Relaxed);
        let held_until_done = (self.queued, turn);
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(held_until_done);
            done
        });
        done.await.map_err(|_| Fault::Broken("slow hash"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn r1_the_queue_is_bounded_and_empties() {
        let hashes = SlowHashes::default();
        let places: Vec<_> = (0..MOST_WAITING).map(|_| hashes.enter().unwrap()).collect();
        assert!(matches!(hashes.enter(), Err(Fault::Busy)));
        assert!(matches!(hashes.run(|| ()).await, Err(Fault::Busy)));
        for place in places {
            place.run(|| ()).await.unwrap();
        }
        assert_eq!(hashes.run(|| 7).await.unwrap(), 7);
        assert_eq!(hashes.made(), 65);
    }
}
