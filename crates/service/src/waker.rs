//! Wake-ups: hints that something changed. Rows are the truth, so whoever waits reads them again on a timer as well.
//!
//! Changes of this process wake those whom they concern. Changes of another one are asked about once a second for all
//! ([`crate::core::Core::look_elsewhere`]), so that a thousand who wait cost one question and not a thousand.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use countersign_protocol::ids::{DeviceId, Txid, UserId};
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

/// How often the store is asked whether another process wrote: what that changed is noticed a second later.
pub const LOOK_ELSEWHERE: Duration = Duration::from_secs(1);
/// After this long a waiter reads again without any hint, so a lost one costs seconds and never a sign-in.
pub const REREAD: Duration = Duration::from_secs(8);

/// What somebody waits for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Topic {
    /// The list of requests of a device.
    Device(DeviceId),
    /// The state of a request.
    Request(Txid),
    /// What a person's pages of self-service show: devices, activations.
    Person(UserId),
    /// The state of something that a session of self-service follows, by its id.
    Live(String),
}

/// Tells waiters that something changed. On one node in memory; several nodes will use their database's notices.
pub trait Waker: Send + Sync {
    /// Wakes everyone who listens to `topic` now.
    fn wake(&self, topic: &Topic);

    /// Wakes everyone: something changed, and it is not known what.
    fn wake_all(&self);

    /// Listens to `topic` from this moment on.
    fn listen(&self, topic: Topic) -> Listener;
}

/// Somebody who listens to one topic. Create [`Listener::hint`] before reading the rows: a change after that is not lost.
#[derive(Debug, Clone)]
pub struct Listener(Arc<Notify>);

impl Listener {
    /// The next wake-up after this call.
    pub fn hint(&self) -> Hint {
        Hint(Arc::clone(&self.0).notified_owned())
    }
}

/// A wake-up to come.
#[derive(Debug)]
pub struct Hint(OwnedNotified);

impl Hint {
    /// Ends at the wake-up, or after [`REREAD`], or after `longest` if that is sooner.
    pub async fn within(self, longest: Duration) {
        let _timed_out_or_woken = tokio::time::timeout(longest.min(REREAD), self.0).await;
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

    fn wake_all(&self) {
        let topics = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for notify in topics.values().filter_map(Weak::upgrade) {
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
        let hint = waker.listen(topic()).hint();
        waker.wake(&topic());
        hint.within(Duration::from_secs(50)).await;
        assert_eq!(started.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn everyone_can_be_woken() {
        let waker = LocalWaker::default();
        let started = tokio::time::Instant::now();
        let hint = waker.listen(topic()).hint();
        waker.wake_all();
        hint.within(Duration::from_secs(50)).await;
        assert_eq!(started.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_lost_hint_costs_seconds() {
        let waker = LocalWaker::default();
        let started = tokio::time::Instant::now();
        let hint = waker.listen(topic()).hint();
        hint.within(Duration::from_secs(50)).await;
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
