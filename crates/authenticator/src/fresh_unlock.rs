//! Acts that need the PIN or passphrase just now, not some time ago (row D7).

use std::time::Duration;

use crate::view::{Problem, ProblemCode};

/// How long one counts as fresh for an approval.
pub(crate) const FOR_APPROVING: Duration = Duration::from_secs(30);

/// How long one counts as fresh for turning on a backup.
pub(crate) const FOR_BACKUP: Duration = Duration::from_mins(1);

/// How long one counts as fresh for saving accounts outside of the vault.
pub(crate) const FOR_EXPORT: Duration = Duration::from_mins(1);

/// How long one counts as fresh for handing an organisation's account to another phone.
pub(crate) const FOR_MOVING: Duration = Duration::from_mins(1);

/// When the secret was typed last, by a clock that only runs on ([`crate::clock::running`]).
pub(crate) struct FreshUnlock(Duration);

impl FreshUnlock {
    /// It was typed just now.
    pub(crate) const fn at(now: Duration) -> Self {
        Self(now)
    }

    /// Refuses unless it was typed `within` that time.
    pub(crate) fn check(&self, now: Duration, within: Duration) -> Result<(), Problem> {
        if now.saturating_sub(self.0) <= within {
            Ok(())
        } else {
            Err(ProblemCode::FreshUnlock.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d7_an_unlock_of_two_minutes_ago_is_refused() {
        let typed = Duration::from_hours(1);
        let unlock = FreshUnlock::at(typed);
        let after = |seconds| unlock.check(typed + Duration::from_secs(seconds), FOR_APPROVING);
        assert_eq!(after(0), Ok(()));
        assert_eq!(after(30), Ok(()));
        assert_eq!(after(31), Err(ProblemCode::FreshUnlock.into()));
        for within in [FOR_APPROVING, FOR_BACKUP, FOR_EXPORT, FOR_MOVING] {
            let later = typed + Duration::from_mins(2);
            assert_eq!(
                unlock.check(later, within),
                Err(ProblemCode::FreshUnlock.into())
            );
        }
    }
}
