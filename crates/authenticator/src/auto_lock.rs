//! When an open app locks by itself: nobody touched it, or it has been in the background.
//!
//! Time is an argument, by a clock that only runs on ([`crate::clock::running`]).

use std::time::Duration;

use crate::view::LockAfter;

/// How long an app in front stays open untouched.
const IDLE: Duration = Duration::from_mins(5);

/// What is known of an open app's use.
pub(crate) struct AutoLock {
    lock_after: LockAfter,
    touched: Duration,
    in_background_since: Option<Duration>,
}

impl AutoLock {
    /// Just unlocked.
    pub(crate) fn new(lock_after: LockAfter, now: Duration) -> Self {
        Self {
            lock_after,
            touched: now,
            in_background_since: None,
        }
    }

    /// A person did something in the window.
    pub(crate) fn touched(&mut self, now: Duration) {
        self.touched = now;
    }

    /// The window is no longer seen.
    pub(crate) fn went_to_background(&mut self, now: Duration) {
        self.in_background_since.get_or_insert(now);
    }

    /// The window is seen again.
    pub(crate) fn came_to_foreground(&mut self, now: Duration) {
        self.in_background_since = None;
        self.touched = now;
    }

    /// The person chose anew.
    pub(crate) fn choose(&mut self, lock_after: LockAfter) {
        self.lock_after = lock_after;
    }

    /// How long until it locks; zero = now.
    pub(crate) fn left(&self, now: Duration) -> Duration {
        let idle = self.touched + IDLE;
        let due = match self.in_background_since {
            Some(since) => idle.min(since + stays_open(self.lock_after)),
            None => idle,
        };
        due.saturating_sub(now)
    }
}

const fn stays_open(lock_after: LockAfter) -> Duration {
    match lock_after {
        LockAfter::StraightAway => Duration::ZERO,
        LockAfter::OneMinute => Duration::from_mins(1),
        LockAfter::FiveMinutes => Duration::from_mins(5),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Duration = Duration::from_hours(1);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn untouched_for_five_minutes_it_locks() {
        let mut lock = AutoLock::new(LockAfter::OneMinute, START);
        assert_eq!(lock.left(START + seconds(299)), seconds(1));
        lock.touched(START + seconds(299));
        assert_eq!(lock.left(START + seconds(300)), seconds(299));
        assert_eq!(lock.left(START + seconds(599)), Duration::ZERO);
        assert_eq!(lock.left(START + seconds(9_999)), Duration::ZERO);
    }

    #[test]
    fn in_the_background_it_locks_after_the_time_that_was_chosen() {
        for (choice, stays) in [
            (LockAfter::StraightAway, 0),
            (LockAfter::OneMinute, 60),
            (LockAfter::FiveMinutes, 300),
        ] {
            let mut lock = AutoLock::new(choice, START);
            lock.went_to_background(START);
            assert_eq!(lock.left(START), seconds(stays), "{choice:?}");
        }
    }

    #[test]
    fn being_told_twice_that_it_went_does_not_begin_anew_and_coming_back_does() {
        let mut lock = AutoLock::new(LockAfter::OneMinute, START);
        lock.went_to_background(START);
        lock.went_to_background(START + seconds(50));
        assert_eq!(lock.left(START + seconds(50)), seconds(10));
        lock.came_to_foreground(START + seconds(55));
        assert_eq!(lock.left(START + seconds(55)), seconds(300));
    }

    #[test]
    fn a_new_choice_counts_at_once() {
        let mut lock = AutoLock::new(LockAfter::FiveMinutes, START);
        lock.went_to_background(START);
        lock.choose(LockAfter::StraightAway);
        assert_eq!(lock.left(START), Duration::ZERO);
    }
}
