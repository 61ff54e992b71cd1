//! Throttling: failures are counted before the check, per user over all factors, and waiting grows (row O5).
//!
//! The arithmetic is here and pure; [`crate::store::Store::count_attempts`] applies it in a transaction of its own, so
//! that a crash, a parallel call or a rolled-back check never loses a count. Passcodes and passwords are held back by it,
//! each by its own count: a locked passcode never locks a push (row O6).

use countersign_protocol::ids::{DeviceId, UserId};
use countersign_protocol::time::UnixMillis;
use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};

use crate::directory::person::PersonId;
use crate::names::CanonicalName;
use crate::policy::{FATIGUE_LIMIT, MINUTE_MS, PUSH_PAUSE_MS};

/// Whose failures are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A user, whatever the factor, session or address.
    User(UserId),
    /// A name nobody has; its count looks like that of a user.
    UnknownName(CanonicalName),
    /// Wrong passwords for a name, whether or not somebody has it: the two must not differ (row S10). It is no count of
    /// the user, so that guessing a password never keeps a passcode out (row O6).
    Password(CanonicalName),
    /// Passwords of a name that the organisation's directory was asked for, whether or not it has it.
    DirectoryName(CanonicalName, Tries),
    /// Passwords that the organisation's directory was shown for a person, by whatever name (row L4).
    DirectoryPerson(PersonId, Tries),
    /// Wrong activation codes from one address (row A5).
    ActivationFrom(String),
    /// Wrong activation codes from anywhere.
    ActivationAnywhere,
    /// Codes that were sent for a user's numbers, an hour (row H3).
    CodesAnHour(UserId),
    /// The same, a day.
    CodesADay(UserId),
    /// Codes that were sent to a number, for whomever.
    CodesTo(String),
    /// Numbers that a user asked to confirm.
    NumbersOf(UserId),
    /// Calls that ask a user for a number.
    CallsOf(UserId),
    /// Recovery cards that a user asked for.
    CardsOf(UserId),
    /// Codes that a device made for the phone that is to take its place.
    MovesOf(DeviceId),
}

impl Subject {
    /// The key of the row. A name nobody has may be a password typed into the wrong field, so only its hash is kept.
    pub fn key(&self) -> String {
        match self {
            Self::User(id) => format!("user:{id}"),
            Self::UnknownName(name) => {
                format!("name:{}", hashed(name))
            }
            Self::Password(name) => format!("password:{}", hashed(name)),
            Self::DirectoryName(name, _) => format!("directory:name:{}", hashed(name)),
            Self::DirectoryPerson(id, _) => format!("directory:person:{id}"),
            Self::ActivationFrom(address) => format!("activation:{address}"),
            Self::ActivationAnywhere => "activation".to_owned(),
            Self::CodesAnHour(id) => format!("phone:codes-hour:{id}"),
            Self::CodesADay(id) => format!("phone:codes-day:{id}"),
            Self::CodesTo(number) => format!("phone:codes-to:{number}"),
            Self::NumbersOf(id) => format!("phone:numbers:{id}"),
            Self::CallsOf(id) => format!("phone:calls:{id}"),
            Self::CardsOf(id) => format!("phone:cards:{id}"),
            Self::MovesOf(id) => format!("phone:moves:{id}"),
        }
    }

    fn rule(&self) -> Rule {
        match self {
            Self::User(_) | Self::UnknownName(_) => PASSCODES,
            Self::Password(_) => PASSWORDS,
            Self::DirectoryName(_, tries) | Self::DirectoryPerson(_, tries) => tries.rule(),
            Self::ActivationFrom(_) => ACTIVATION_FROM,
            Self::ActivationAnywhere => ACTIVATION_ANYWHERE,
            Self::CodesAnHour(_) => so_many(3, HOUR_MS),
            Self::CodesADay(_) => so_many(10, DAY_MS),
            Self::CodesTo(_) => so_many(5, DAY_MS),
            Self::NumbersOf(_) => so_many(20, HOUR_MS),
            Self::CallsOf(_) => so_many(FATIGUE_LIMIT, PUSH_PAUSE_MS),
            Self::CardsOf(_) | Self::MovesOf(_) => so_many(10, HOUR_MS),
        }
    }

    /// The same, with how long that lock lasts.
    pub fn before_lock(&self, failures: i64) -> BeforeLock {
        let minutes = self.rule().lock_ms.div_euclid(MINUTE_MS);
        BeforeLock {
            tries: self.left_before_lock(failures),
            minutes: u32::try_from(minutes).unwrap_or(u32::MAX),
        }
    }

    /// How many more failures there may be before the next lock, after so many.
    pub fn left_before_lock(&self, failures: i64) -> u32 {
        let lock_at = self.rule().lock_at;
        u32::try_from((lock_at - failures % lock_at) % lock_at).unwrap_or(0)
    }
}

/// What a person is told who was wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BeforeLock {
    /// How many more times they may be.
    pub tries: u32,
    /// For how many minutes nothing is tried after that.
    pub minutes: u32,
}

/// How many wrong passwords another directory is told of one person, so that whoever guesses here never locks the account
/// there (row L4). It forgets wrong ones once `window_ms` passed without another, as Active Directory does
/// (`lockOutObservationWindow`), but a little later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tries {
    /// So many, then none until all are forgotten.
    pub most: i64,
    /// For how long the directory remembers a wrong password.
    pub window_ms: i64,
}

/// How much later than the directory its wrong passwords are forgotten here: its clock may be another.
const LATER_MS: i64 = MINUTE_MS;
/// The longest window; counts of another directory's passwords are kept for longer than it.
pub const LONGEST_WINDOW_MS: i64 = 2 * HOUR_MS;

impl Tries {
    fn rule(self) -> Rule {
        Rule {
            wait_from: i64::MAX,
            lock_at: self.most,
            // Longer than what is remembered: whoever waited begins anew
            lock_ms: self.window_ms + 2 * LATER_MS,
            stop_at: i64::MAX,
            forget_after_ms: self.window_ms + LATER_MS,
        }
    }
}

fn hashed(name: &CanonicalName) -> String {
    HEXLOWER.encode(digest(&SHA256, name.as_str().as_bytes()).as_ref())
}

/// When waiting begins and when it stops for good.
#[derive(Debug, Clone, Copy)]
struct Rule {
    /// From this failure on each one waits: 1, 2, 4, 8 … seconds.
    wait_from: i64,
    /// Each time so many failures are full, nothing is tried for [`Rule::lock_ms`].
    lock_at: i64,
    lock_ms: i64,
    /// From here on only the help desk can help.
    stop_at: i64,
    /// Failures are forgotten after so long without another.
    forget_after_ms: i64,
}

const PASSCODES: Rule = Rule {
    wait_from: 5,
    lock_at: 10,
    lock_ms: 15 * MINUTE_MS,
    stop_at: 100,
    forget_after_ms: i64::MAX,
};
/// Like passcodes, but never for good: whoever knows a name could lock its owner out of the portal.
const PASSWORDS: Rule = Rule {
    stop_at: i64::MAX,
    forget_after_ms: PASSWORDS_FORGOTTEN_MS,
    ..PASSCODES
};
/// Until so many failures nobody waits, and a quarter of an hour later they are forgotten: whoever guesses on in that way
/// gets no more guesses than whoever is locked, and names nobody has do not pile up.
pub const FEW_PASSWORDS: i64 = PASSWORDS.wait_from;
/// How long wrong passwords are counted after the last one.
pub const PASSWORDS_FORGOTTEN_MS: i64 = 24 * 60 * MINUTE_MS;
const ACTIVATION_FROM: Rule = Rule {
    wait_from: i64::MAX,
    lock_at: 30,
    lock_ms: 10 * MINUTE_MS,
    stop_at: i64::MAX,
    forget_after_ms: 10 * MINUTE_MS,
};
const ACTIVATION_ANYWHERE: Rule = Rule {
    wait_from: i64::MAX,
    lock_at: 3000,
    lock_ms: MINUTE_MS,
    stop_at: i64::MAX,
    forget_after_ms: MINUTE_MS,
};

const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// So many, then none for a while.
const fn so_many(limit: i64, then_none_ms: i64) -> Rule {
    Rule {
        wait_from: i64::MAX,
        lock_at: limit,
        lock_ms: then_none_ms,
        stop_at: i64::MAX,
        forget_after_ms: then_none_ms,
    }
}

/// What is known of a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Failures, and attempts that are being checked at this moment.
    pub failures: i64,
    /// No attempt is looked at before this time.
    pub blocked_until: UnixMillis,
    /// When the last attempt was counted.
    pub touched_at: UnixMillis,
}

impl Count {
    /// Of a subject that never failed.
    pub const NONE: Self = Self {
        failures: 0,
        blocked_until: UnixMillis(0),
        touched_at: UnixMillis(0),
    };
}

/// Whether an attempt may be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It is counted as a failure already; a success takes that back.
    Counted(Count),
    /// It is not looked at. Nothing was counted.
    Refused {
        /// When the next one will be.
        until: UnixMillis,
    },
}

/// Counts an attempt, or refuses to look at it.
pub fn admit(subject: &Subject, known: Count, now: UnixMillis) -> Admission {
    let rule = subject.rule();
    if now < known.blocked_until {
        return Admission::Refused {
            until: known.blocked_until,
        };
    }
    let before = if now - known.touched_at > rule.forget_after_ms {
        0
    } else {
        known.failures
    };
    let failures = before.saturating_add(1);
    Admission::Counted(Count {
        failures,
        blocked_until: block(rule, failures, now),
        touched_at: now,
    })
}

fn block(rule: Rule, failures: i64, now: UnixMillis) -> UnixMillis {
    if failures >= rule.stop_at {
        return UnixMillis(i64::MAX);
    }
    if failures % rule.lock_at == 0 {
        return now + rule.lock_ms;
    }
    if failures < rule.wait_from {
        // Not `now`: what comes side by side need not be counted in the order of its times
        return Count::NONE.blocked_until;
    }
    // 1 s at `wait_from`, doubling, never longer than a minute
    let doublings = u32::try_from(failures - rule.wait_from)
        .unwrap_or(u32::MAX)
        .min(6);
    now + (1000_i64 << doublings).min(MINUTE_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject() -> Subject {
        Subject::User(UserId::parse("DUAAAAAAAAAAAAAAAAAA").unwrap())
    }

    fn evaluated(attempts: usize, step_ms: i64) -> usize {
        let mut count = Count::NONE;
        let mut now = UnixMillis(1_000_000);
        let mut looked_at = 0;
        for _ in 0..attempts {
            if let Admission::Counted(next) = admit(&subject(), count, now) {
                count = next;
                looked_at += 1;
            }
            now = now + step_ms;
        }
        looked_at
    }

    #[test]
    fn o5_what_comes_side_by_side_is_counted_in_any_order() {
        let later = UnixMillis(1_000_001);
        let Admission::Counted(first) = admit(&subject(), Count::NONE, later) else {
            panic!("nothing was counted before");
        };
        let second = admit(&subject(), first, later + -1);
        assert!(matches!(second, Admission::Counted(count) if count.failures == 2));
    }

    #[test]
    fn o5_waiting_begins_at_the_fifth_failure() {
        assert_eq!(evaluated(500, 0), 5);
    }

    #[test]
    fn o5_a_patient_guesser_gets_ten_in_the_first_minutes_and_a_hundred_at_all() {
        assert_eq!(evaluated(600, 1000), 10, "within the first ten minutes");
        assert_eq!(evaluated(1_000_000, MINUTE_MS), 100, "in two years");
    }

    #[test]
    fn o5_the_lock_lasts_a_quarter_of_an_hour() {
        let now = UnixMillis(1_000_000);
        let nine = Count {
            failures: 9,
            blocked_until: now,
            touched_at: now,
        };
        let Admission::Counted(ten) = admit(&subject(), nine, now) else {
            panic!("the tenth is looked at")
        };
        assert_eq!(ten.blocked_until, now + 15 * MINUTE_MS);
        assert_eq!(
            admit(&subject(), ten, now + (15 * MINUTE_MS - 1)),
            Admission::Refused {
                until: ten.blocked_until
            }
        );
        assert!(matches!(
            admit(&subject(), ten, now + 15 * MINUTE_MS),
            Admission::Counted(_)
        ));
    }

    #[test]
    fn l4_within_any_window_the_directory_is_told_fewer_wrong_ones_than_it_locks_at() {
        let window = 30 * MINUTE_MS;
        let tries = Tries {
            most: 3,
            window_ms: window,
        };
        let name = CanonicalName::of("alice").unwrap();
        let subject = Subject::DirectoryName(name, tries);
        // The directory's own count: anew once the window passed since the last one
        for step in [0, 1, MINUTE_MS, window - 1, window, window + 1, window / 2] {
            let (mut count, mut there, mut last) = (Count::NONE, 0, i64::MIN / 2);
            for n in 0..1000 {
                let now = UnixMillis(1_000_000_000 + n * step);
                if let Admission::Counted(next) = admit(&subject, count, now) {
                    count = next;
                    there = if now.0 - last > window { 1 } else { there + 1 };
                    last = now.0;
                }
                assert!(there <= 3, "{there} wrong ones, one every {step} ms");
            }
        }
    }

    #[test]
    fn a5_wrong_activation_codes_are_forgotten_after_a_while() {
        let subject = Subject::ActivationFrom("192.0.2.1".into());
        let now = UnixMillis(1_000_000);
        let many = Count {
            failures: 29,
            blocked_until: now,
            touched_at: now,
        };
        let Admission::Counted(full) = admit(&subject, many, now) else {
            panic!("looked at")
        };
        assert_eq!(full.blocked_until, now + 10 * MINUTE_MS);
        let Admission::Counted(fresh) = admit(&subject, full, now + (10 * MINUTE_MS + 1)) else {
            panic!("looked at")
        };
        assert_eq!(fresh.failures, 1);
    }
}
