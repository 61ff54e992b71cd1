//! A service on a real database file, with a clock that stands still and a phone that signs.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]

pub mod client;
pub mod desk;
pub mod faulty;
pub mod hospital;
mod phone;
pub mod prompt;
pub mod scanning;

use std::sync::Arc;
use std::time::Duration;

use countersign_protocol::activation::ActivationCode;
use countersign_protocol::host::Host;
use countersign_protocol::ids::{DeviceId, Txid};
use countersign_protocol::signing::keys::SigningKey;
use countersign_protocol::time::UnixMillis;
use countersign_service::activation::{
    ActivationAsk, ActivationOutcome, ActivationWish, DeviceFacts, OfferedKey,
};
use countersign_service::challenge::{Answer, Verdict};
use countersign_service::clock::ManualClock;
use countersign_service::core::{Core, Parts};
use countersign_service::device_api::PendingRequest;
use countersign_service::directory::Directory;
use countersign_service::model::{Integration, User};
use countersign_service::operator::{OPERATOR, UserAdded};
use countersign_service::policy::{Enrolment, IntegrationPolicy, Site};
use countersign_service::preauth::PreauthAsk;
use countersign_service::secrets::MasterKey;
use countersign_service::self_service::call::Phones;
use countersign_service::self_service::password::{PasswordSet, TypedPassword};
use countersign_service::self_service::phone_number::Countries;
use countersign_service::sign_in::{
    AskedFactor, AuthAsk, AuthRefusal, Begun, DeviceChoice, UserRef,
};
use countersign_service::status::Status;
use countersign_service::store::sqlite::SqliteStore;
use countersign_service::store::{Store, StoredAudit};
use countersign_service::waker::LocalWaker;
use countersign_service::workstations::Workstations;
use ring::rand::SystemRandom;
use tempfile::TempDir;
use zeroize::Zeroizing;

pub use phone::Phone;

/// Tue, 24 Nov 2026 03:48:30 UTC, at the beginning of a time step.
pub const START: UnixMillis = UnixMillis(1_795_492_110_000);

/// Of everybody in these tests.
pub const PASSWORD: &str = "correct horse battery";

pub const ADDRESS: &str = "192.0.2.7";

/// A service in a folder of its own.
pub struct Service {
    pub core: Arc<Core>,
    pub clock: Arc<ManualClock>,
    pub folder: TempDir,
}

impl Service {
    pub async fn start() -> Self {
        Self::start_in(
            tempfile::tempdir().unwrap(),
            START,
            |store| store,
            |_, _| (),
        )
        .await
    }

    /// Starts with what is changed in its site.
    pub async fn at_site(change: impl FnOnce(&mut Site)) -> Self {
        Self::with_phones(Phones::default(), change).await
    }

    /// Starts with people who are reached by telephone, and with what is changed in its site.
    pub async fn with_phones(told: Phones, change: impl FnOnce(&mut Site)) -> Self {
        Self::start_in(
            tempfile::tempdir().unwrap(),
            START,
            |store| store,
            |site, phones| {
                change(site);
                *phones = told;
            },
        )
        .await
    }

    /// Starts with people who are reached by telephone and a store that is wrapped in another.
    pub async fn wrapped_with_phones(
        told: Phones,
        wrap: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store>,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::start_in(folder, START, wrap, |_, phones| *phones = told).await
    }

    /// Starts with people of an organisation's directory, in Sweden.
    pub async fn in_domain(directory: Arc<dyn Directory>) -> Self {
        let phones = Phones {
            countries: Countries::of("SE", &[]).unwrap(),
            ..Phones::default()
        };
        Self::with_phones(phones, |_| ()).await.asking(directory)
    }

    /// The same service with a directory from now on.
    pub fn asking(self, directory: Arc<dyn Directory>) -> Self {
        self.changed(|core| core.with_directory(directory))
    }

    /// The same service with something more to it from now on.
    pub fn changed(self, change: impl FnOnce(Core) -> Core) -> Self {
        let Self {
            core,
            clock,
            folder,
        } = self;
        let core = Arc::try_unwrap(core).unwrap();
        Self {
            core: Arc::new(change(core)),
            clock,
            folder,
        }
    }

    /// Starts with a store that is wrapped in another.
    pub async fn wrapped(wrap: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store>) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), START, wrap, |_, _| ()).await
    }

    /// Ends the service and starts it again on the same files.
    pub async fn restart(self) -> Self {
        let now = countersign_service::clock::Clock::now(self.clock.as_ref());
        drop(self.core);
        Self::start_in(self.folder, now, |store| store, |_, _| ()).await
    }

    async fn start_in(
        folder: TempDir,
        now: UnixMillis,
        wrap: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store>,
        change: impl FnOnce(&mut Site, &mut Phones),
    ) -> Self {
        let mut phones = Phones::default();
        let mut site = Site {
            organisation: "General Hospital".into(),
            host: Host::parse("api-c0ffee0.countersign.test").unwrap(),
            enrolment: Enrolment::Closed,
            status_hold: std::time::Duration::from_millis(20),
            service_desk: None,
            workstations: Workstations::default(),
        };
        change(&mut site, &mut phones);
        let rng = SystemRandom::new();
        let clock = Arc::new(ManualClock::at(now));
        let store: Arc<dyn Store> = Arc::new(
            SqliteStore::open(&folder.path().join("countersign.db"))
                .await
                .unwrap(),
        );
        let core = Core::start(Parts {
            phones,
            recognising: None,
            store: wrap(store),
            clock: clock.clone(),
            random: Arc::new(rng.clone()),
            waker: Arc::new(LocalWaker::default()),
            master: MasterKey::read_or_make(&folder.path().join("master.key"), &rng).unwrap(),
            site,
        })
        .await
        .unwrap();
        Self {
            core: Arc::new(core),
            clock,
            folder,
        }
    }

    pub async fn user(&self, name: &str) -> User {
        match self.core.add_user(Some(name), OPERATOR).await.unwrap() {
            UserAdded::Added(user) => user,
            other => panic!("{other:?}"),
        }
    }

    /// A user who can sign in to self-service with [`PASSWORD`].
    pub async fn person(&self, name: &str) -> User {
        let user = self.user(name).await;
        let password = TypedPassword::of(PASSWORD);
        let set = self.core.set_password(&user, password, OPERATOR).await;
        assert_eq!(set.unwrap(), PasswordSet::Done);
        user
    }

    /// Lets a user use the help desk's page.
    pub async fn make_operator(&self, user: &User) {
        assert!(self.core.set_operator(user, true, OPERATOR).await.unwrap());
    }

    pub async fn integration(&self, number_digits: u8) -> Integration {
        self.integration_with(IntegrationPolicy::with_digits(number_digits).unwrap())
            .await
    }

    pub async fn integration_with(&self, policy: IntegrationPolicy) -> Integration {
        let made = self.core.add_integration("VPN", policy).await.unwrap();
        self.core
            .store
            .integration(&made.ikey)
            .await
            .unwrap()
            .unwrap()
    }

    pub async fn phone(&self, user: &User) -> Phone {
        self.phone_by(user, None).await
    }

    /// Activates a `countersign/1` phone, again if `device` is given.
    pub async fn phone_by(&self, user: &User, device: Option<&DeviceId>) -> Phone {
        let made = self
            .core
            .make_activation(
                user,
                ActivationWish {
                    device,
                    ..ActivationWish::default()
                },
                OPERATOR,
            )
            .await
            .unwrap()
            .unwrap();
        let key = SigningKey::make_p256(&SystemRandom::new()).unwrap();
        let ask = activation_ask(&made.text.code, &key);
        match self.core.activate(&ask).await.unwrap() {
            ActivationOutcome::Activated(activated) => Phone::new(*activated, key),
            _ => panic!("not activated"),
        }
    }

    /// Activates a phone that speaks the plain dialect.
    pub async fn legacy_phone(&self, user: &User) -> Phone {
        let made = self
            .core
            .make_activation(user, ActivationWish::default(), OPERATOR)
            .await
            .unwrap()
            .unwrap();
        let key = SigningKey::make_rsa().unwrap();
        let pem = key.public(&SystemRandom::new()).unwrap().to_pem().unwrap();
        let facts = DeviceFacts {
            platform: "Android".into(),
            app_version: "3.49.0".into(),
            ..DeviceFacts::default()
        };
        let ask = ActivationAsk {
            code: ActivationCode::parse(made.text.code.expose()).unwrap(),
            address: ADDRESS.into(),
            key: OfferedKey::Legacy(pem),
            facts,
            wait: Duration::ZERO,
        };
        match self.core.activate(&ask).await.unwrap() {
            ActivationOutcome::Activated(activated) => Phone::new(*activated, key),
            _ => panic!("not activated"),
        }
    }

    pub async fn push(&self, integration: &Integration, name: &str) -> Result<Begun, AuthRefusal> {
        self.core
            .begin(integration, &ask(name, AskedFactor::Push))
            .await
    }

    /// Starts a plain push and gives its name.
    pub async fn pushed(&self, integration: &Integration, name: &str) -> Txid {
        match self.push(integration, name).await.unwrap() {
            Begun::Waiting(txid) => txid,
            other @ Begun::Decided { .. } => panic!("{other:?}"),
        }
    }

    /// Starts a push with a number and gives its name and the number that the client shows.
    pub async fn pushed_with_number(
        &self,
        integration: &Integration,
        name: &str,
    ) -> (Txid, String) {
        let txid = self.prepared(integration, name).await;
        let ask = AuthAsk {
            txid: Some(txid.clone()),
            ..ask(name, AskedFactor::Push)
        };
        match self.core.begin(integration, &ask).await.unwrap() {
            Begun::Waiting(started) => assert_eq!(started, txid),
            other @ Begun::Decided { .. } => panic!("{other:?}"),
        }
        let status = self.core.auth_status(integration, &txid).await.unwrap();
        let number: String = status
            .message
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        (txid, number)
    }

    pub async fn prepared(&self, integration: &Integration, name: &str) -> Txid {
        let ask = PreauthAsk {
            user: UserRef::Name(name.into()),
            address: ADDRESS.into(),
            can_show_number: true,
        };
        self.core
            .preauth(integration, &ask)
            .await
            .unwrap()
            .txid
            .unwrap()
    }

    pub async fn passcode(
        &self,
        integration: &Integration,
        name: &str,
        typed: &str,
    ) -> Result<Status, AuthRefusal> {
        let factor = AskedFactor::Passcode(Zeroizing::new(typed.to_owned()));
        match self.core.begin(integration, &ask(name, factor)).await? {
            Begun::Decided { status, .. } => Ok(status),
            other @ Begun::Waiting(_) => panic!("{other:?}"),
        }
    }

    pub async fn status(&self, integration: &Integration, txid: &Txid) -> Status {
        self.core.auth_status(integration, txid).await.unwrap()
    }

    /// What the phone's list holds now.
    pub async fn pending(&self, phone: &Phone) -> Vec<PendingRequest> {
        self.core
            .pending(&phone.device, None, std::time::Duration::ZERO)
            .await
            .unwrap()
            .unwrap()
            .requests
    }

    pub async fn one_pending(&self, phone: &Phone) -> PendingRequest {
        let mut pending = self.pending(phone).await;
        assert_eq!(pending.len(), 1);
        pending.remove(0)
    }

    pub async fn answer(&self, answer: &Answer) -> Verdict {
        self.core.answer(answer).await.unwrap().verdict
    }

    pub async fn audit(&self) -> Vec<StoredAudit> {
        self.core.store.audit_after(0, 1_000_000).await.unwrap()
    }

    /// How many audit rows have that action and result.
    pub async fn audit_count(&self, action: &str, result: &str) -> usize {
        self.audit()
            .await
            .iter()
            .filter(|row| row.fields[1] == action && row.fields[3] == result)
            .count()
    }

    /// Everything on disk: database, log and key, as one text of bytes.
    pub fn bytes_on_disk(&self) -> Vec<u8> {
        let mut all = Vec::new();
        for entry in std::fs::read_dir(self.folder.path()).unwrap() {
            all.extend(std::fs::read(entry.unwrap().path()).unwrap());
        }
        all
    }
}

pub fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

pub fn ask(name: &str, factor: AskedFactor) -> AuthAsk {
    AuthAsk {
        user: UserRef::Name(name.into()),
        factor,
        device: DeviceChoice::Auto,
        kind: None,
        display_username: None,
        told: Vec::new(),
        txid: None,
        address: ADDRESS.into(),
        is_async: true,
    }
}

pub fn activation_ask(made: &ActivationCode, key: &SigningKey) -> ActivationAsk {
    let rng = SystemRandom::new();
    let text = "the canonical request".to_owned();
    ActivationAsk {
        code: ActivationCode::parse(made.expose()).unwrap(),
        address: ADDRESS.into(),
        key: OfferedKey::Countersign {
            pem: key.public(&rng).unwrap().to_pem().unwrap(),
            signature: key.sign(text.as_bytes(), &rng).unwrap(),
            signed_texts: vec![text],
        },
        facts: DeviceFacts {
            platform: "Android".into(),
            model: "Pixel 7".into(),
            device_name: "Ward phone".into(),
            app_version: "1.0".into(),
            key_storage: "keystore".into(),
        },
        wait: Duration::ZERO,
    }
}
