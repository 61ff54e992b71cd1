//! The check-up: only what this app truly knows, and only what a person can put right.

use std::collections::HashMap;

use countersign_vault::RecordId;

use crate::{
    inbox::Link,
    view::{AccountKind, AccountState, AccountView, CheckKind, CheckView, StopCause},
};

/// A clock that is off by less is nobody's concern.
pub(crate) const CLOCK_SHOWN_FROM_MS: i64 = 60_000;

/// What is known beside the vault's content.
pub(crate) struct Known {
    /// How each account's service can be reached.
    pub links: HashMap<RecordId, Link>,
    /// Milliseconds by which this device's clock is fast, where all organisations agree.
    pub clock_fast_ms: i64,
    /// The vault is locked by a passphrase, and the system has no keystore that a PIN could lean on.
    pub passphrase_only: bool,
    /// The system was asked and does not show this app's notifications.
    pub notifications_off: bool,
    /// How many restorable accounts no backup has; `None` where there is no place for one.
    pub not_backed_up: Option<NotBackedUp>,
}

/// Whose number of accounts is in no backup.
#[derive(Clone, Copy)]
pub(crate) enum NotBackedUp {
    /// The backup is off: all that it would hold.
    All,
    /// It is on, and its files lack so many.
    Some(u32),
}

/// Everything to look at, the most pressing first.
pub(crate) fn find(accounts: &[AccountView], known: &Known, older_copy: bool) -> Vec<CheckView> {
    let each = |kind, needs: fn(&AccountView) -> bool| {
        let found = accounts.iter().filter(move |account| needs(account));
        found.map(move |account| about(account, kind))
    };
    let mut found = Vec::new();
    if older_copy {
        found.push(about_the_app(CheckKind::OlderCopy));
    }
    found.extend(each(CheckKind::NeedsReactivating, |account| {
        // What moved to another phone is as the person wanted it
        let moved = account.stopped.as_ref().map(|stopped| stopped.cause) == Some(StopCause::Moved);
        account.state == AccountState::NeedsReactivating && !moved
    }));
    if known.clock_fast_ms.abs() >= CLOCK_SHOWN_FROM_MS {
        found.push(CheckView {
            number: Some(seconds(known.clock_fast_ms)),
            ..about_the_app(CheckKind::ClockWrong)
        });
    }
    found.extend(offline(accounts, known));
    if known.notifications_off {
        found.push(about_the_app(CheckKind::NotificationsOff));
    }
    if let Some(count @ 1..) = not_backed_up(accounts, known) {
        found.push(CheckView {
            number: Some(count),
            ..about_the_app(CheckKind::NotBackedUp)
        });
    }
    if known.passphrase_only {
        found.push(about_the_app(CheckKind::PassphraseOnly));
    }
    found.extend(each(CheckKind::LegacyAccount, |account| account.legacy));
    found.extend(each(CheckKind::ShortKey, |account| account.short_key));
    found
}

fn not_backed_up(accounts: &[AccountView], known: &Known) -> Option<i32> {
    let count = match known.not_backed_up? {
        NotBackedUp::Some(count) => i32::try_from(count),
        NotBackedUp::All => {
            let others = accounts.iter();
            let others = others.filter(|account| account.kind == AccountKind::Other);
            i32::try_from(others.count())
        }
    };
    Some(count.unwrap_or(i32::MAX))
}

/// Whole seconds, as a window says them.
pub(crate) fn seconds(ms: i64) -> i32 {
    i32::try_from(ms / 1000).unwrap_or(i32::MAX)
}

const fn about_the_app(kind: CheckKind) -> CheckView {
    CheckView {
        kind,
        account_id: None,
        number: None,
    }
}

fn about(account: &AccountView, kind: CheckKind) -> CheckView {
    CheckView {
        kind,
        account_id: Some(account.id.clone()),
        number: None,
    }
}

/// One line where nothing can be reached (the device has no connection), else one for each service that cannot.
fn offline(accounts: &[AccountView], known: &Known) -> Vec<CheckView> {
    let linked: Vec<(&AccountView, Link)> = accounts
        .iter()
        .filter_map(|account| {
            let id = RecordId::parse(&account.id)?;
            Some((account, *known.links.get(&id)?))
        })
        .collect();
    let offline: Vec<CheckView> = linked
        .iter()
        .filter(|(_, link)| *link == Link::Offline)
        .map(|(account, _)| about(account, CheckKind::Offline))
        .collect();
    if offline.len() > 1 && offline.len() == linked.len() {
        return vec![about_the_app(CheckKind::Offline)];
    }
    offline
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::Mark;

    fn account(last: u8) -> AccountView {
        AccountView {
            id: format!("{last:032x}"),
            kind: AccountKind::Organisation,
            title: String::new(),
            issuer: String::new(),
            account: String::new(),
            mark: Mark::Initials {
                text: String::new(),
            },
            state: AccountState::Working,
            stopped: None,
            check: None,
            host: None,
            counter_based: false,
            push: true,
            legacy: false,
            short_key: false,
            steam: false,
        }
    }

    fn known(links: &[(u8, Link)]) -> Known {
        Known {
            links: links
                .iter()
                .map(|(last, link)| (RecordId::parse(&account(*last).id).unwrap(), *link))
                .collect(),
            clock_fast_ms: 0,
            passphrase_only: false,
            notifications_off: false,
            not_backed_up: None,
        }
    }

    fn kinds(found: &[CheckView]) -> Vec<(CheckKind, Option<&str>)> {
        found
            .iter()
            .map(|check| (check.kind, check.account_id.as_deref()))
            .collect()
    }

    #[test]
    fn where_all_is_well_there_is_nothing_to_look_at() {
        let links = [(1, Link::Online), (2, Link::Connecting)];
        assert_eq!(find(&[account(1), account(2)], &known(&links), false), []);
    }

    #[test]
    fn one_service_that_is_away_is_named_and_a_device_without_a_connection_is_said_once() {
        let accounts = [account(1), account(2)];
        let one = known(&[(1, Link::Online), (2, Link::Offline)]);
        let id = account(2).id;
        assert_eq!(
            kinds(&find(&accounts, &one, false)),
            [(CheckKind::Offline, Some(&*id))]
        );
        let both = known(&[(1, Link::Offline), (2, Link::Offline)]);
        assert_eq!(
            kinds(&find(&accounts, &both, false)),
            [(CheckKind::Offline, None)]
        );
    }

    #[test]
    fn everything_is_found_the_most_pressing_first() {
        let broken = AccountView {
            state: AccountState::NeedsReactivating,
            legacy: true,
            ..account(1)
        };
        let short = AccountView {
            short_key: true,
            ..account(2)
        };
        let all = Known {
            clock_fast_ms: -61_500,
            passphrase_only: true,
            notifications_off: true,
            not_backed_up: Some(NotBackedUp::Some(3)),
            ..known(&[])
        };
        let found = find(&[broken, short], &all, true);
        let (first, second) = (account(1).id, account(2).id);
        assert_eq!(
            kinds(&found),
            [
                (CheckKind::OlderCopy, None),
                (CheckKind::NeedsReactivating, Some(&*first)),
                (CheckKind::ClockWrong, None),
                (CheckKind::NotificationsOff, None),
                (CheckKind::NotBackedUp, None),
                (CheckKind::PassphraseOnly, None),
                (CheckKind::LegacyAccount, Some(&*first)),
                (CheckKind::ShortKey, Some(&*second)),
            ]
        );
        assert_eq!(found[2].number, Some(-61));
    }
}
