//! Wake-ups: hints that something changed. Rows are the truth, so whoever waits reads them again on a timer as well.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use countersign_protocol::ids::{DeviceId, Txid};
use tokio::sync::Notify;

/// After this long a waiter reads again without a hint, so a lost hint costs a second and never a sign-in.
pub const REREAD: Duration = Duration::from_secs(1);

/// What somebody waits for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Topic {
    /// The list of requests of a device.
    Device(DeviceId),
    /// The state of a request.
    Request(Txid),
}

/// Tells waiters that something changed. On one node in memory; several nodes will use their database's notices.
pub trait Waker: Send + Sync {
    /// Wakes everyone who listens to `topic` now.
    fn wake(&self, topic: &Topic);

    /// Listens to `topic` from this moment on.
    fn listen(&self, topic: Topic) -> Listener;
}

/// Somebody who listens to one topic. Create [`Listener::hint`] before reading the rows: a change after that is not lost.
#[derive(Debug, Clone)]
pub struct Listener(Arc<Notify>);

impl Listener {
    /// Ends at the next wake-up after this call, or after [`REREAD`], or after `longest` if that is sooner.
    pub fn hint(&self, longest: Duration) -> impl Future<Output = ()> + use<> {
        let notified = Arc::clone(&self.0).notified_owned();
        async move {
            let _timed_out_or_woken = tokio::time::timeout(longest.min(REREAD), notified).await;
        }
    }
}

/// Wake-ups within one process.
#[derive(Debug, Default)]
pub struct LocalWaker(Mutex<HashMap<Topic, Weak<Notify>>>);

/// The map is swept of topics nobody listens to whenever it has grown by this many.
const SWEEP_EVERY: usize = 1024;

impl Waker for LocalWaker {
    fn wake(&self, topic: &Topic) {
        let topics = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(notify) = topics.get(topic).and_then(Weak::upgrade) {
            notify.notify_waiters();
        }
    }

    fn listen(&self, topic: Topic) -> Listener {
        let mut topics = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(notify) = topics.get(&topic).and_then(Weak::upgrade) {
            return Listener(notify);
        }
        if topics.len() % SWEEP_EVERY == SWEEP_EVERY - 1 {
            topics.retain(|_, notify| notify.strong_count() > 0);
        }
        let notify = Arc::new(Notify::new());
        topics.insert(topic, Arc::downgrade(&notify));
        Listener(notify)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic() -> Topic {
        Topic::Device(DeviceId::parse("DPAAAAAAAAAAAAAAAAAA").unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn a_wake_up_between_hint_and_waiting_is_not_lost() {
        let waker = LocalWaker::default();
        let started = tokio::time::Instant::now();
        let hint = waker.listen(topic()).hint(Duration::from_secs(50));
        waker.wake(&topic());
        hint.await;
        assert_eq!(started.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_lost_hint_costs_a_second() {
        let waker = LocalWaker::default();
        let started = tokio::time::Instant::now();
        waker.listen(topic()).hint(Duration::from_secs(50)).await;
        assert_eq!(started.elapsed(), REREAD);
    }

    #[test]
    fn topics_nobody_listens_to_are_swept() {
        let waker = LocalWaker::default();
        let rng = ring::rand::SystemRandom::new();
        for _ in 0..10 * SWEEP_EVERY {
            drop(waker.listen(Topic::Device(DeviceId::make(&rng).unwrap())));
        }
        assert!(waker.0.lock().unwrap().len() <= 2 * SWEEP_EVERY);
    }
}
