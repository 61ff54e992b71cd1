//! Calls that are held for one device, activation or session: a few of each, and the newest wins (row R1, `LIMITS.md`).
//!
//! A phone that changes from one network to another leaves a call behind that nobody hears any more. Refusing its next one
//! would keep a sign-in from it; so it is the oldest that is refused.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use countersign_protocol::ids::DeviceId;
use tokio::sync::oneshot;

/// How long a held call may wait for news: to the end of what it follows, which is news, or where that is over as long as is
/// `left`.
pub(crate) fn longest(left: Duration, ends_in_ms: i64) -> Duration {
    match u64::try_from(ends_in_ms) {
        Ok(ms) if ms > 0 => left.min(Duration::from_millis(ms.saturating_add(1))),
        _ => left,
    }
}

/// Calls held for one at a time: the one that is heard, and some that were left behind.
pub const HELD_FOR_ONE: usize = 4;

/// For whom a call is held.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Holder {
    /// A device that waits for requests.
    Device(DeviceId),
    /// The phone that a code belongs to, by the code's hash, while digits are compared.
    Activation(String),
    /// What a page follows, by its id: a proof, a test, an activation.
    Followed(String),
}

/// Every call that is held.
#[derive(Debug, Default)]
pub struct HeldCalls(Mutex<HashMap<Holder, VecDeque<Held>>>);

/// Dropping it ends the call.
#[derive(Debug)]
struct Held {
    id: u64,
    _ends: oneshot::Sender<()>,
}

impl HeldCalls {
    /// One more call for `holder`. With it the oldest ends, if there are too many.
    pub fn sit(self: &Arc<Self>, holder: Holder) -> Seat {
        let (ends, ended) = oneshot::channel();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of = all.entry(holder.clone()).or_default();
        let id = of.back().map_or(0, |last| last.id + 1);
        while of.len() >= HELD_FOR_ONE {
            of.pop_front();
        }
        of.push_back(Held { id, _ends: ends });
        Seat {
            calls: self.clone(),
            holder,
            id,
            ended,
        }
    }

    /// How many calls are held for `holder`.
    pub fn of(&self, holder: &Holder) -> usize {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(holder).map_or(0, VecDeque::len)
    }
}

/// A held call's place; dropping it gives it up.
#[derive(Debug)]
pub struct Seat {
    calls: Arc<HeldCalls>,
    holder: Holder,
    id: u64,
    ended: oneshot::Receiver<()>,
}

impl Seat {
    /// Ends when newer calls took its place. Not to be awaited again after that.
    pub async fn taken(&mut self) {
        let _only_ever_dropped = (&mut self.ended).await;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut all = self.calls.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(of) = all.get_mut(&self.holder) {
            of.retain(|held| held.id != self.id);
            if of.is_empty() {
                all.remove(&self.holder);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn r1_the_newest_calls_are_held_and_the_oldest_ends() {
        let calls = Arc::new(HeldCalls::default());
        let one = Holder::Activation("one".into());
        let mut seats: Vec<_> = (0..=HELD_FOR_ONE).map(|_| calls.sit(one.clone())).collect();
        let mut other = calls.sit(Holder::Followed("one".into()));
        let ended: Vec<bool> = seats
            .iter_mut()
            .map(|seat| seat.taken().now_or_never().is_some())
            .collect();
        assert_eq!(ended, [true, false, false, false, false]);
        assert!(other.taken().now_or_never().is_none());
        assert_eq!(calls.of(&one), HELD_FOR_ONE);
        drop((seats, other));
        assert!(calls.0.lock().unwrap().is_empty());
    }
}
