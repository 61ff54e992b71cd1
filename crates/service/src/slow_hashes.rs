//! Slow derivations: off the async threads, and a few at a time (row R1).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Semaphore;

use crate::core::Fault;

/// Derivations that run at a time: each takes a core and 19 MiB.
const AT_A_TIME: usize = 2;

/// Where every slow derivation goes through.
#[derive(Debug)]
pub struct SlowHashes {
    places: Arc<Semaphore>,
    made: AtomicU64,
}

impl Default for SlowHashes {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(AT_A_TIME)),
            made: AtomicU64::new(0),
        }
    }
}

impl SlowHashes {
    /// Runs one when there is a place for it. It keeps its place until it is done, even when nobody waits any more.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Fault> {
        let place = self
            .places
            .clone()
            .acquire_owned()
            .await
            .map_err(|_| Fault::Broken("slow hashes"))?;
        self.made.fetch_add(1, Ordering::Relaxed);
        let done = tokio::task::spawn_blocking(move || {
            let _held_until_done = place;
            work()
        });
        done.await.map_err(|_| Fault::Broken("slow hash"))
    }

    /// How many were begun since the start.
    pub fn made(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }
}
