//! By what self-service is entered, and what the app has there: the service's host, and the key of this device if it
//! still works.

use std::sync::Arc;

use countersign_protocol::{
    host::Host,
    ids::DeviceId,
    signing::self_service::{header, signing_text},
    wire::self_service::OwnDevice,
};
use countersign_vault::{Account, Dialect, OrganisationState, RecordId, stack};
use ring::rand::SystemRandom;
use zeroize::Zeroizing;

use crate::{
    member::Member,
    session::Session,
    view::{Problem, ProblemCode},
};

/// By what a person goes in. There is at most one visit by each.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Door {
    /// An account of this app.
    Account(RecordId),
    /// A host that the administrator listed, or that the person confirmed in full: the app has no account there, so it has
    /// the rights of a browser.
    Host(Host),
}

/// Where a door leads. Only ever to a host that the app may talk to (row Q2).
pub(super) async fn host(session: &Arc<Session>, door: &Door) -> Result<Host, Problem> {
    let host = match door {
        Door::Host(host) => host.clone(),
        &Door::Account(account) => session
            .vault(move |vault| match vault.account(account) {
                Some(Account::Organisation(account)) => Host::parse(&account.host).ok(),
                _ => None,
            })
            .await?
            .ok_or(Problem::new(ProblemCode::AccountGone))?,
    };
    match host.trust(session.core.managed()) {
        Ok(()) => Ok(host),
        Err(_) => Err(Problem::new(ProblemCode::HostRefused).about(host.as_str())),
    }
}

/// The one of a person's `devices` that this app is, whether or not its keys still work. Who went in without an account
/// may have one by now.
pub(super) async fn this_device(
    session: &Arc<Session>,
    door: &Door,
    devices: &[OwnDevice],
) -> Result<Option<String>, Problem> {
    let door = door.clone();
    let known = session
        .vault(move |vault| match door {
            Door::Account(account) => vault.account(account).and_then(device).into_iter().collect(),
            Door::Host(host) => vault
                .accounts()
                .filter(|(_, account)| matches!(account, Account::Organisation(account) if account.host == host.as_str()))
                .filter_map(|(_, account)| device(account))
                .collect::<Vec<_>>(),
        })
        .await?;
    Ok(known
        .into_iter()
        .find(|known| devices.iter().any(|device| device.id == *known)))
}

/// The device that an account of this app is.
fn device(account: &Account) -> Option<String> {
    let Account::Organisation(account) = account else {
        return None;
    };
    match &account.state {
        OrganisationState::Working { registration, .. }
        | OrganisationState::NeedsReactivating { registration } => {
            Some(registration.device_id.clone())
        }
        OrganisationState::Finishing(_) => None,
    }
}

/// The key that proves calls to come from this device (row S9). `None` where there is none any more, and where the device
/// speaks the plain dialect.
pub(super) async fn key(session: &Arc<Session>, door: &Door) -> Result<Option<Key>, Problem> {
    let &Door::Account(account) = door else {
        return Ok(None);
    };
    let member = Member::of(session, account).await?;
    Ok(member.and_then(|member| {
        let usable = member.dialect == Dialect::Countersign1;
        let device = member.parties.as_ref()?.pkey.clone();
        usable.then_some(Key { member, device })
    }))
}

/// This device's key at one service.
pub(super) struct Key {
    member: Member,
    device: DeviceId,
}

impl Key {
    /// The header of one call; `secret` is the session's, or the word for a new one.
    pub(super) fn header(
        &self,
        session: &Session,
        secret: &str,
    ) -> Result<Zeroizing<String>, Problem> {
        let now = session.now_for(self.member.id);
        let text = signing_text(&self.device, secret, now);
        let signature = stack::wiped(|| {
            self.member
                .key()
                .sign(text.as_bytes(), &SystemRandom::new())
        });
        match signature {
            Ok(signature) => Ok(Zeroizing::new(header(&self.device, now, &signature))),
            Err(_) => Err(ProblemCode::Unforeseen.into()),
        }
    }
}
