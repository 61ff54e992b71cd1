//! The list of accounts, as a window shows it.

use std::collections::HashMap;

use countersign_protocol::check::CheckValue;
use countersign_vault::{
    Account, Dialect, OrganisationAccount, OrganisationState, OtherPasscodes, RecordId, Vault,
};
use data_encoding::BASE64;

use crate::{
    inbox::Link,
    passcodes,
    view::{AccountKind, AccountState, AccountView, Connection, Mark, StoppedView, TrashedView},
};

/// A key under this many bytes is called short (row Q3).
pub(crate) const SHORT_KEY_BYTES: usize = 16;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// All accounts, in the person's order.
pub(crate) fn accounts(vault: &Vault, links: &HashMap<RecordId, Link>) -> Vec<AccountView> {
    vault
        .accounts()
        .map(|(id, account)| view(id, account, links.get(&id).copied()))
        .collect()
}

/// Writes the digits beside the accounts that wait for them to be compared.
pub(crate) fn with_digits(accounts: &mut [AccountView], digits: &HashMap<RecordId, CheckValue>) {
    let digits: HashMap<String, &CheckValue> = digits
        .iter()
        .map(|(id, digits)| (id.to_string(), digits))
        .collect();
    for account in accounts {
        if account.state == AccountState::Finishing {
            account.check = digits.get(&account.id).map(ToString::to_string);
        }
    }
}

/// One account.
pub(crate) fn view(id: RecordId, account: &Account, link: Option<Link>) -> AccountView {
    let counter_based = passcodes::counts(account).unwrap_or(false);
    match account {
        Account::Organisation(organisation) => AccountView {
            id: id.to_string(),
            kind: AccountKind::Organisation,
            title: title(account, &organisation.organisation, &organisation.host),
            issuer: organisation.organisation.clone(),
            account: organisation.username.clone(),
            mark: organisation.logo.as_deref().map_or_else(
                || {
                    initials(&title(
                        account,
                        &organisation.organisation,
                        &organisation.host,
                    ))
                },
                logo,
            ),
            state: match &organisation.state {
                OrganisationState::Finishing(_) => AccountState::Finishing,
                OrganisationState::Working { .. } if stopped(organisation, link).is_none() => {
                    AccountState::Working
                }
                OrganisationState::NeedsReactivating { .. } | OrganisationState::Working { .. } => {
                    AccountState::NeedsReactivating
                }
            },
            stopped: stopped(organisation, link),
            check: None,
            host: Some(organisation.host.clone()),
            counter_based,
            push: matches!(organisation.state, OrganisationState::Working { .. }),
            legacy: organisation.dialect == Dialect::Legacy,
            short_key: false,
            steam: false,
        },
        Account::Other(other) => AccountView {
            id: id.to_string(),
            kind: AccountKind::Other,
            title: title(account, &other.issuer, &other.account),
            issuer: other.issuer.clone(),
            account: other.account.clone(),
            mark: initials(&title(account, &other.issuer, &other.account)),
            state: AccountState::Working,
            stopped: None,
            check: None,
            host: None,
            counter_based,
            push: false,
            legacy: false,
            short_key: other.seed.expose().len() < SHORT_KEY_BYTES,
            steam: other.passcodes == OtherPasscodes::Steam,
        },
    }
}

/// What is in the trash, the last removed first. `now_ms` is Unix time in milliseconds.
pub(crate) fn trash(vault: &Vault, now_ms: i64) -> Vec<TrashedView> {
    vault
        .trashed()
        .map(|(id, account, _)| {
            let left_ms = vault.purged_at_ms(id).unwrap_or(now_ms) - now_ms;
            let days_left = left_ms.saturating_add(DAY_MS - 1) / DAY_MS;
            TrashedView {
                account: view(id, account, None),
                days_left: u32::try_from(days_left).unwrap_or(0),
            }
        })
        .collect()
}

/// Whether requests can arrive, over all accounts.
pub(crate) fn connection(vault: &Vault, links: &HashMap<RecordId, Link>) -> Connection {
    if vault.is_older_copy() {
        return Connection::Unneeded;
    }
    let working = vault.accounts().filter(|(_, account)| {
        matches!(account, Account::Organisation(account) if matches!(account.state, OrganisationState::Working { stopped: None, .. }))
    });
    let links: Vec<Link> = working
        .map(|(id, _)| links.get(&id).copied().unwrap_or(Link::Connecting))
        .filter(|link| *link != Link::Refused)
        .collect();
    if links.is_empty() {
        Connection::Unneeded
    } else if links.contains(&Link::Offline) {
        Connection::Offline
    } else if links.contains(&Link::Connecting) {
        Connection::Connecting
    } else {
        Connection::Online
    }
}

/// Why the service does not take the keys that this device has: as it told, also before it is asked again; else that it refused.
fn stopped(account: &OrganisationAccount, link: Option<Link>) -> Option<StoppedView> {
    let OrganisationState::Working { stopped, .. } = &account.state else {
        return None;
    };
    let told = stopped.as_deref().map(StoppedView::of);
    told.or_else(|| (link == Some(Link::Refused)).then_some(StoppedView::REFUSED))
}

fn title(account: &Account, issuer: &str, else_: &str) -> String {
    account
        .custom_name()
        .unwrap_or(if issuer.is_empty() { else_ } else { issuer })
        .to_owned()
}

fn initials(title: &str) -> Mark {
    let words = title
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let text: String = words
        .filter_map(|word| word.chars().next())
        .take(2)
        .flat_map(char::to_uppercase)
        .collect();
    Mark::Initials {
        text: if text.is_empty() {
            "?".to_owned()
        } else {
            text
        },
    }
}

fn logo(png: &[u8]) -> Mark {
    Mark::Logo {
        data_url: format!("data:image/png;base64,{}", BASE64.encode(png)),
    }
}
