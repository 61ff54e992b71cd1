//! Where an organisation account was: enough to sign in there and reactivate it, and no secret.

use crate::account::{
    Account, Dialect, OrganisationAccount, OrganisationState, Registration, ServiceIdentity,
};

/// An organisation account as a backup holds it: its place, its names and who the service is. What belongs to the device is
/// no part of the type, so there is nothing that could be left in (row D2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer {
    /// The service's host, with a port where it has one.
    pub host: String,
    /// Who the service proved to be.
    pub service: Option<ServiceIdentity>,
    /// The organisation's name.
    pub organisation: String,
    /// The person's name at the service.
    pub username: String,
    /// The name the person gave the account.
    pub custom_name: Option<String>,
    /// What was spoken with it.
    pub dialect: Dialect,
    /// What the service called the device: identifiers, not keys.
    pub registration: Registration,
}

impl Pointer {
    /// To an account. `None` where its activation was not finished: the service does not know it yet.
    pub fn to(account: &OrganisationAccount) -> Option<Self> {
        let (OrganisationState::Working { registration, .. }
        | OrganisationState::NeedsReactivating { registration }) = &account.state
        else {
            return None;
        };
        Some(Self {
            host: account.host.clone(),
            service: account.service.clone(),
            organisation: account.organisation.clone(),
            username: account.username.clone(),
            custom_name: account.custom_name.clone(),
            dialect: account.dialect,
            registration: registration.clone(),
        })
    }

    /// The account that it comes back as: in its place, without keys.
    pub fn into_account(self) -> Account {
        Account::Organisation(OrganisationAccount {
            host: self.host,
            service: self.service,
            organisation: self.organisation,
            username: self.username,
            custom_name: self.custom_name,
            logo: None,
            dialect: self.dialect,
            state: OrganisationState::NeedsReactivating {
                registration: self.registration,
            },
        })
    }
}
