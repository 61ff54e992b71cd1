//! An organisation account in its two cells: what a list shows, and apart from it what is bound to this device.

use std::borrow::Cow;

use countersign_protocol::wire::stopped::{Stopped, StoppedCause};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::hex::Hex;
use super::{read, write};
use crate::account::{
    DeviceKeys, Dialect, OrganisationAccount, OrganisationPasscodes, OrganisationState,
    PendingActivation, Registration, ServiceIdentity,
};
use crate::backup::Pointer;
use crate::secret::DeviceBound;

/// What the cells of an organisation account hold.
pub(crate) enum Organisation {
    /// The account as it was written.
    Whole(OrganisationAccount),
    /// The account, as one that needs reactivating: its device cell is not there.
    WithoutKeys(OrganisationAccount),
    /// An activation whose device cell is not there: nothing is left of it.
    Nothing,
}

#[derive(Serialize, Deserialize)]
struct Body<'a, State> {
    #[serde(borrow)]
    host: Cow<'a, str>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    service: Option<ServiceBody<'a>>,
    #[serde(borrow)]
    organisation: Cow<'a, str>,
    #[serde(borrow)]
    username: Cow<'a, str>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    custom_name: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logo: Option<Hex>,
    dialect: DialectBody,
    state: State,
}

impl<'a, State> Body<'a, State> {
    fn split(self) -> (Body<'a, ()>, State) {
        let body = Body {
            host: self.host,
            service: self.service,
            organisation: self.organisation,
            username: self.username,
            custom_name: self.custom_name,
            logo: self.logo,
            dialect: self.dialect,
            state: (),
        };
        (body, self.state)
    }
}

#[derive(Serialize, Deserialize)]
struct ServiceBody<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    public_key: Hex,
}

#[derive(Serialize, Deserialize)]
enum DialectBody {
    #[serde(rename = "countersign/1")]
    Countersign1,
    #[serde(rename = "legacy")]
    Legacy,
}

// Externally tagged: the other forms make serde keep the fields in a buffer that is not wiped
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State<'a> {
    Finishing,
    Working {
        #[serde(borrow)]
        registration: RegistrationBody<'a>,
        passcodes: PasscodesBody,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stopped: Option<Box<Stopped>>,
    },
    NeedsReactivating {
        #[serde(borrow)]
        registration: RegistrationBody<'a>,
    },
}

/// The device cell.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Device {
    Finishing { code: Hex, device_key: Hex },
    Working { device_key: Hex, seed: Hex },
}

/// The state as format 1 had it: one cell for everything.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum State1<'a> {
    Finishing {
        code: Hex,
        device_key: Hex,
    },
    Working {
        #[serde(borrow)]
        registration: RegistrationBody<'a>,
        device_key: Hex,
        seed: Hex,
        passcodes: PasscodesBody,
    },
    NeedsReactivating {
        #[serde(borrow)]
        registration: RegistrationBody<'a>,
    },
}

#[derive(Serialize, Deserialize)]
struct RegistrationBody<'a> {
    #[serde(borrow)]
    account_key: Cow<'a, str>,
    #[serde(borrow)]
    device_id: Cow<'a, str>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    user_id: Option<Cow<'a, str>>,
}

/// The counter here is the one at the time of writing; the moving cell's holds.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PasscodesBody {
    Timed { period_seconds: u32 },
    Counted { next_counter: u64 },
}

type Cells = (Zeroizing<Vec<u8>>, Option<Zeroizing<Vec<u8>>>);

/// The body, and the device cell where the account has secrets.
pub(crate) fn write_organisation(account: &OrganisationAccount) -> Cells {
    let (state, device) = match &account.state {
        OrganisationState::Finishing(pending) => (
            State::Finishing,
            Some(Device::Finishing {
                code: Hex::copied_from(pending.code.expose()),
                device_key: Hex::copied_from(pending.device_key.expose()),
            }),
        ),
        OrganisationState::Working {
            registration,
            keys,
            stopped,
        } => (
            State::Working {
                registration: registration.into(),
                passcodes: keys.passcodes.into(),
                stopped: stopped.clone(),
            },
            Some(Device::Working {
                device_key: Hex::copied_from(keys.device_key.expose()),
                seed: Hex::copied_from(keys.seed.expose()),
            }),
        ),
        OrganisationState::NeedsReactivating { registration } => (
            State::NeedsReactivating {
                registration: registration.into(),
            },
            None,
        ),
    };
    let body = Body {
        host: account.host.as_str().into(),
        service: account.service.as_ref().map(Into::into),
        organisation: account.organisation.as_str().into(),
        username: account.username.as_str().into(),
        custom_name: account.custom_name.as_deref().map(Into::into),
        logo: account.logo.as_deref().map(Hex::copied_from),
        dialect: account.dialect.into(),
        state,
    };
    (write(&body), device.map(|device| write(&device)))
}

/// Reads what [`write_organisation`] wrote. `None` if the cells do not fit together.
pub(crate) fn read_organisation(body: &[u8], device: Option<&[u8]>) -> Option<Organisation> {
    let (body, state) = read::<Body<'_, State<'_>>>(body)?.split();
    let device = match device {
        Some(device) => Some(read::<Device>(device)?),
        None => None,
    };
    let (state, is_whole) = match (state, device) {
        (State::Finishing, Some(Device::Finishing { code, device_key })) => {
            (pending(code, device_key), true)
        }
        (
            State::Working {
                registration,
                passcodes,
                stopped,
            },
            Some(Device::Working { device_key, seed }),
        ) => (
            working(registration, device_key, seed, passcodes, stopped),
            true,
        ),
        (State::NeedsReactivating { registration }, None) => (without_keys(registration), true),
        (State::Working { registration, .. }, None) => (without_keys(registration), false),
        (State::Finishing, None) => return Some(Organisation::Nothing),
        _ => return None,
    };
    let account = account(body, state);
    Some(if is_whole {
        Organisation::Whole(account)
    } else {
        Organisation::WithoutKeys(account)
    })
}

/// Reads the one cell of format 1.
pub(crate) fn read_organisation_1(body: &[u8]) -> Option<OrganisationAccount> {
    let (body, state) = read::<Body<'_, State1<'_>>>(body)?.split();
    let state = match state {
        State1::Finishing { code, device_key } => pending(code, device_key),
        State1::Working {
            registration,
            device_key,
            seed,
            passcodes,
        } => working(registration, device_key, seed, passcodes, None),
        State1::NeedsReactivating { registration } => without_keys(registration),
    };
    Some(account(body, state))
}

/// Where an organisation account is, as a backup holds it: the body of one that needs reactivating, without its emblem.
pub(crate) fn write_pointer(pointer: &Pointer) -> Zeroizing<Vec<u8>> {
    write(&Body {
        host: pointer.host.as_str().into(),
        service: pointer.service.as_ref().map(Into::into),
        organisation: pointer.organisation.as_str().into(),
        username: pointer.username.as_str().into(),
        custom_name: pointer.custom_name.as_deref().map(Into::into),
        logo: None,
        dialect: pointer.dialect.into(),
        state: State::NeedsReactivating {
            registration: (&pointer.registration).into(),
        },
    })
}

/// Reads what [`write_pointer`] wrote. `None` if it says anything else.
pub(crate) fn read_pointer(body: &[u8]) -> Option<Pointer> {
    let (body, state) = read::<Body<'_, State<'_>>>(body)?.split();
    let State::NeedsReactivating { registration } = state else {
        return None;
    };
    Pointer::to(&account(body, without_keys(registration)))
}

fn account(body: Body<'_, ()>, state: OrganisationState) -> OrganisationAccount {
    OrganisationAccount {
        host: body.host.into_owned(),
        service: body.service.map(|service| ServiceIdentity {
            id: service.id.into_owned(),
            public_key: service.public_key.0.to_vec(),
        }),
        organisation: body.organisation.into_owned(),
        username: body.username.into_owned(),
        custom_name: body.custom_name.map(Cow::into_owned),
        logo: body.logo.map(|logo| logo.0.to_vec()),
        dialect: match body.dialect {
            DialectBody::Countersign1 => Dialect::Countersign1,
            DialectBody::Legacy => Dialect::Legacy,
        },
        state,
    }
}

fn pending(code: Hex, device_key: Hex) -> OrganisationState {
    OrganisationState::Finishing(PendingActivation {
        code: DeviceBound::new(code.0),
        device_key: DeviceBound::new(device_key.0),
    })
}

fn working(
    registration: RegistrationBody<'_>,
    device_key: Hex,
    seed: Hex,
    passcodes: PasscodesBody,
    stopped: Option<Box<Stopped>>,
) -> OrganisationState {
    OrganisationState::Working {
        registration: registration.into(),
        // A word that a later release wrote
        stopped: stopped.filter(|stopped| stopped.cause != StoppedCause::Unknown),
        keys: DeviceKeys {
            device_key: DeviceBound::new(device_key.0),
            seed: DeviceBound::new(seed.0),
            passcodes: match passcodes {
                PasscodesBody::Timed { period_seconds } => {
                    OrganisationPasscodes::Timed { period_seconds }
                }
                PasscodesBody::Counted { next_counter } => {
                    OrganisationPasscodes::Counted { next_counter }
                }
            },
        },
    }
}

fn without_keys(registration: RegistrationBody<'_>) -> OrganisationState {
    OrganisationState::NeedsReactivating {
        registration: registration.into(),
    }
}

impl From<OrganisationPasscodes> for PasscodesBody {
    fn from(passcodes: OrganisationPasscodes) -> Self {
        match passcodes {
            OrganisationPasscodes::Timed { period_seconds } => Self::Timed { period_seconds },
            OrganisationPasscodes::Counted { next_counter } => Self::Counted { next_counter },
        }
    }
}

impl<'a> From<&'a ServiceIdentity> for ServiceBody<'a> {
    fn from(service: &'a ServiceIdentity) -> Self {
        Self {
            id: service.id.as_str().into(),
            public_key: Hex::copied_from(&service.public_key),
        }
    }
}

impl From<Dialect> for DialectBody {
    fn from(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Countersign1 => Self::Countersign1,
            Dialect::Legacy => Self::Legacy,
        }
    }
}

impl<'a> From<&'a Registration> for RegistrationBody<'a> {
    fn from(registration: &'a Registration) -> Self {
        Self {
            account_key: registration.account_key.as_str().into(),
            device_id: registration.device_id.as_str().into(),
            user_id: registration.user_id.as_deref().map(Into::into),
        }
    }
}

impl From<RegistrationBody<'_>> for Registration {
    fn from(body: RegistrationBody<'_>) -> Self {
        Self {
            account_key: body.account_key.into_owned(),
            device_id: body.device_id.into_owned(),
            user_id: body.user_id.map(Cow::into_owned),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::option;
    use proptest::prelude::*;

    use super::*;

    fn draft(state: OrganisationState) -> OrganisationAccount {
        OrganisationAccount {
            host: "countersign.hospital.example".to_owned(),
            service: None,
            organisation: "St. Ansgar".to_owned(),
            username: "a.haddad".to_owned(),
            custom_name: None,
            logo: None,
            dialect: Dialect::Countersign1,
            state,
        }
    }

    fn registration() -> Registration {
        Registration {
            account_key: "DA".to_owned(),
            device_id: "DP".to_owned(),
            user_id: None,
        }
    }

    fn working_state() -> OrganisationState {
        OrganisationState::Working {
            registration: registration(),
            keys: DeviceKeys {
                device_key: DeviceBound::copied_from(b"key"),
                seed: DeviceBound::copied_from(b"seed"),
                passcodes: OrganisationPasscodes::Timed { period_seconds: 30 },
            },
            stopped: None,
        }
    }

    fn pending_state() -> OrganisationState {
        pending(Hex::copied_from(b"code"), Hex::copied_from(b"key"))
    }

    #[test]
    fn v11_the_body_of_an_account_holds_nothing_that_is_bound_to_the_device() {
        for state in [working_state(), pending_state()] {
            let (body, device) = write_organisation(&draft(state));
            let text = std::str::from_utf8(&body).unwrap();
            // "key", "seed" and "code" as hex
            for secret in ["6b6579", "73656564", "636f6465"] {
                assert!(!text.contains(secret), "{text}");
            }
            assert!(device.is_some());
        }
    }

    #[test]
    fn an_account_whose_device_cell_is_gone_needs_reactivating_and_an_activation_is_nothing() {
        let (body, _) = write_organisation(&draft(working_state()));
        let Some(Organisation::WithoutKeys(account)) = read_organisation(&body, None) else {
            panic!("without its keys")
        };
        let OrganisationState::NeedsReactivating { registration: read } = &account.state else {
            panic!("it needs reactivating")
        };
        assert_eq!(*read, registration());
        let (body, device) = write_organisation(&draft(pending_state()));
        assert!(matches!(
            read_organisation(&body, None),
            Some(Organisation::Nothing)
        ));
        // The device cell of another state
        let (working, _) = write_organisation(&draft(working_state()));
        let device = device.as_deref().map(Vec::as_slice);
        assert!(read_organisation(&working, device).is_none());
    }

    #[test]
    fn what_became_of_the_keys_is_kept_beside_them_and_a_later_releases_word_costs_nothing() {
        let stopped = Stopped {
            cause: StoppedCause::Copied,
            at: Some(1_795_492_110_000),
            device: None,
        };
        let mut state = working_state();
        if let OrganisationState::Working { stopped: known, .. } = &mut state {
            *known = Some(Box::new(stopped.clone()));
        }
        let (body, device) = write_organisation(&draft(state));
        let device = device.expect("it has secrets");
        let read = |body: &[u8]| match read_organisation(body, Some(&device)) {
            Some(Organisation::Whole(account)) => match account.state {
                OrganisationState::Working { stopped, .. } => stopped,
                _ => panic!("another state"),
            },
            _ => panic!("it reads"),
        };
        assert_eq!(read(&body).as_deref(), Some(&stopped));
        let text = std::str::from_utf8(&body).unwrap();
        assert_eq!(read(text.replace("copied", "melted").as_bytes()), None);
        // As an earlier release wrote it, and as it still is where nothing was said
        let (body, _) = write_organisation(&draft(working_state()));
        assert!(!std::str::from_utf8(&body).unwrap().contains("stopped"));
        assert_eq!(read(&body), None);
    }

    proptest! {
        #[test]
        fn organisation_accounts_survive_writing_and_reading(
            host: String, organisation: String, custom_name: Option<String>, logo in option::of(any::<Vec<u8>>()),
            code: Vec<u8>, device_key: Vec<u8>,
        ) {
            let written = OrganisationAccount {
                host, organisation, custom_name, logo,
                dialect: Dialect::Legacy,
                ..draft(pending(Hex::copied_from(&code), Hex::copied_from(&device_key)))
            };
            let (body, device) = write_organisation(&written);
            let device = device.expect("it has secrets");
            for text in [&body, &device] {
                prop_assert_eq!(text.len(), text.capacity(), "the buffer grew");
            }
            let Some(Organisation::Whole(read)) = read_organisation(&body, Some(&device)) else {
                panic!("it reads")
            };
            prop_assert_eq!(&read.host, &written.host);
            prop_assert_eq!(&read.service, &written.service);
            prop_assert_eq!(&read.organisation, &written.organisation);
            prop_assert_eq!(&read.custom_name, &written.custom_name);
            prop_assert_eq!(&read.logo, &written.logo);
            prop_assert_eq!(read.dialect, written.dialect);
            let OrganisationState::Finishing(pending) = &read.state else { panic!("another state") };
            prop_assert_eq!(pending.code.expose(), code);
            prop_assert_eq!(pending.device_key.expose(), device_key);
        }

        #[test]
        fn any_bytes_are_read_or_refused(body: Vec<u8>, device: Vec<u8>) {
            read_organisation(&body, Some(&device));
            read_organisation_1(&body);
        }
    }
}
