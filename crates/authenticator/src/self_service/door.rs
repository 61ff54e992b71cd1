//! What the app has of an account's service: its host, and the key of this device if it still works.

use std::sync::Arc;

use countersign_protocol::{
    host::Host,
    ids::DeviceId,
    signing::self_service::{header, signing_text},
};
use countersign_vault::{Account, Dialect, OrganisationState, RecordId, stack};
use ring::rand::SystemRandom;
use zeroize::Zeroizing;

use crate::{
    member::Member,
    session::Session,
    view::{Problem, ProblemCode},
};

/// Where an account's service is. Only ever a host that the app may talk to (row Q2).
pub(super) async fn host(session: &Arc<Session>, account: RecordId) -> Result<Host, Problem> {
    let host = session
        .vault(move |vault| match vault.account(account) {
            Some(Account::Organisation(account)) => Host::parse(&account.host).ok(),
            _ => None,
        })
        .await?
        .ok_or(Problem::new(ProblemCode::AccountGone))?;
    match host.trust(session.core.managed()) {
        Ok(()) => Ok(host),
        Err(_) => Err(Problem::new(ProblemCode::HostRefused).about(host.as_str())),
    }
}

/// The device that this app is there, whether or not its keys still work.
pub(super) async fn this_device(
    session: &Arc<Session>,
    account: RecordId,
) -> Result<Option<String>, Problem> {
    session
        .vault(move |vault| match vault.account(account) {
            Some(Account::Organisation(account)) => match &account.state {
                OrganisationState::Working { registration, .. }
                | OrganisationState::NeedsReactivating { registration } => {
                    Some(registration.device_id.clone())
                }
                OrganisationState::Finishing(_) => None,
            },
            _ => None,
        })
        .await
}

/// The key that proves calls to come from this device (row S9). `None` where there is none any more, and where the device
/// speaks the plain dialect.
pub(super) async fn key(session: &Arc<Session>, account: RecordId) -> Result<Option<Key>, Problem> {
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
