//! The core: everything a use case needs, in one value that the handlers and the command line share.

use std::sync::Arc;
use std::time::Duration;

use countersign_protocol::ids::{DeviceId, IntegrationKey, ServiceId};
use countersign_protocol::random::RandomError;
use countersign_protocol::signing::keys::{KeyError, Scheme, SigningKey};
use countersign_protocol::time::UnixMillis;
use data_encoding::BASE64;
use ring::rand::SecureRandom;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::directory::{Asked, Directory};
use crate::held::HeldCalls;
use crate::model::{Integration, StoredIdentity};
use crate::policy::Site;
use crate::secrets::{Kind, MasterKey, Purpose, Sealed, SecretError};
use crate::self_service::call::Phones;
use crate::self_service::password::Nobodys;
use crate::self_service::recognition::Recognising;
use crate::slow_hashes::SlowHashes;
use crate::store::{Store, StoreError};
use crate::waker::Waker;
use crate::workstations::HostNames;

/// How long it may take to note how calls ended.
const CALLS_END: Duration = Duration::from_secs(2);

/// Why a use case did not come to a result. Every one is a refusal (row C11).
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A sealed secret did not open.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The random generator failed.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The service's own key failed.
    #[error("the service's signing key cannot be used: {0}")]
    Key(#[from] KeyError),
    /// Too many slow derivations wait already; later there will be room (row R1).
    #[error("too many slow derivations wait")]
    Busy,
    /// A held call's place was taken by newer ones for the same (row R1).
    #[error("newer calls are held in its place")]
    Superseded,
    /// Something inside broke off.
    #[error("a task inside the service broke off: {0}")]
    Broken(&'static str),
}

/// Everything a use case needs.
pub struct Core {
    /// What is remembered.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn SecureRandom + Send + Sync>,
    /// Wake-ups.
    pub waker: Arc<dyn Waker>,
    /// What the site allows and calls itself.
    pub site: Site,
    /// How people are reached by telephone.
    pub phones: Phones,
    /// How people are recognised on their own computers, where the site has that.
    pub recognising: Option<Recognising>,
    pub(crate) master: MasterKey,
    /// Slow derivations, a few at a time.
    pub slow_hashes: SlowHashes,
    pub(crate) nobodys: Nobodys,
    /// Who is asked for people whom the embedded directory does not have.
    pub(crate) directory: Option<Asked>,
    /// Who tells the names of workstations.
    pub(crate) host_names: Option<Box<dyn HostNames>>,
    /// Calls under way.
    pub(crate) calls: TaskTracker,
    /// Calls that are held, a few for each of those they are held for.
    pub held: Arc<HeldCalls>,
    identity: Identity,
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core")
            .field("service", &self.identity.id)
            .field("site", &self.site)
            .finish_non_exhaustive()
    }
}

/// Who this service is (row N2).
struct Identity {
    id: ServiceId,
    key: SigningKey,
    public_pem: String,
}

/// The arguments that tests replace.
pub struct Parts {
    /// What is remembered.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn SecureRandom + Send + Sync>,
    /// Wake-ups.
    pub waker: Arc<dyn Waker>,
    /// The key that seals all secrets in the store.
    pub master: MasterKey,
    /// What the site allows and calls itself.
    pub site: Site,
    /// How people are reached by telephone.
    pub phones: Phones,
    /// How people are recognised on their own computers, where the site has that.
    pub recognising: Option<Recognising>,
}

impl Core {
    /// Starts the core; at the very first start it makes the service's id and signing key.
    pub async fn start(parts: Parts) -> Result<Self, Fault> {
        let identity = Identity::load_or_make(&parts).await?;
        let nobodys = Nobodys::make(parts.random.as_ref())?;
        Ok(Self {
            store: parts.store,
            clock: parts.clock,
            random: parts.random,
            waker: parts.waker,
            site: parts.site,
            phones: parts.phones,
            recognising: parts.recognising,
            master: parts.master,
            slow_hashes: SlowHashes::default(),
            nobodys,
            directory: None,
            host_names: None,
            calls: TaskTracker::new(),
            held: Arc::default(),
            identity,
        })
    }

    /// The same with an organisation's directory.
    #[must_use]
    pub fn with_directory(mut self, directory: Arc<dyn Directory>) -> Self {
        self.directory = Some(Asked::of(directory));
        self
    }

    /// Hangs up every call and takes leave of who carries texts, and returns when it is noted how calls ended: before the
    /// store is closed.
    pub async fn hang_up(&self) {
        if let Some(caller) = &self.phones.caller {
            caller.close().await;
        }
        if let Some(texter) = &self.phones.texter {
            texter.close().await;
        }
        self.calls.close();
        if timeout(CALLS_END, self.calls.wait()).await.is_err() {
            tracing::warn!(
                calls = self.calls.len(),
                "how some calls ended was not kept"
            );
        }
    }

    /// The time.
    pub fn now(&self) -> UnixMillis {
        self.clock.now()
    }

    /// The service's id, which devices remember.
    pub fn service_id(&self) -> &ServiceId {
        &self.identity.id
    }

    /// The public half of the service's key, PEM, which devices remember.
    pub fn service_key_pem(&self) -> &str {
        &self.identity.public_pem
    }

    /// The id under which a test request names its integration: the service itself, `DI` and the rest of its own id.
    pub fn test_integration(&self) -> Result<IntegrationKey, Fault> {
        let tail = self.identity.id.as_str().get(2..).unwrap_or_default();
        IntegrationKey::parse(&format!("DI{tail}")).map_err(|_| Fault::Broken("service id"))
    }

    /// Signs a text that begins with its domain, as PROTOCOL.md sections 5 and 6 have it.
    pub fn sign(&self, text: &str) -> Result<String, Fault> {
        let signature = self
            .identity
            .key
            .sign(text.as_bytes(), self.random.as_ref())?;
        Ok(BASE64.encode(&signature))
    }

    /// The time, and its signature for the device's call that carried `nonce` (PROTOCOL.md section 6).
    pub fn signed_time(
        &self,
        nonce: &str,
        device: &DeviceId,
    ) -> Result<(UnixMillis, String), Fault> {
        let now = self.now();
        let text = countersign_protocol::challenge::time_signing_text(
            nonce,
            device,
            &self.identity.id,
            now,
        );
        Ok((now, self.sign(&text)?))
    }

    /// Seals the answer to a signed call, bound to the call's signature.
    pub fn seal_answer(&self, signature: &str, body: &[u8]) -> Result<Sealed, Fault> {
        Ok(self
            .master
            .seal(answer_to(signature), body, self.random.as_ref())?)
    }

    /// Opens what [`Core::seal_answer`] sealed.
    pub fn open_answer(&self, signature: &str, body: &Sealed) -> Result<Zeroizing<Vec<u8>>, Fault> {
        Ok(self.master.open(answer_to(signature), body)?)
    }

    /// The `skey` of an integration, to check a signature with.
    pub fn integration_secret(
        &self,
        integration: &Integration,
    ) -> Result<Zeroizing<Vec<u8>>, Fault> {
        let purpose = Purpose {
            kind: Kind::IntegrationKey,
            id: integration.id.as_str(),
            version: integration.skey_version,
        };
        Ok(self.master.open(purpose, &integration.skey)?)
    }
}

impl Identity {
    async fn load_or_make(parts: &Parts) -> Result<Self, Fault> {
        let random = parts.random.as_ref();
        let stored = if let Some(stored) = parts.store.identity().await? {
            stored
        } else {
            let id = ServiceId::make(random)?;
            let key = SigningKey::make_p256(random)?;
            let pkcs8 = key.expose_pkcs8();
            let signing_key = parts.master.seal(signing_key_of(&id), pkcs8, random)?;
            let made = StoredIdentity { id, signing_key };
            parts.store.make_identity(&made, parts.clock.now()).await?;
            // Another process may have been first
            let stored = parts.store.identity().await?;
            stored.ok_or(Fault::Broken("identity"))?
        };
        let pkcs8 = parts
            .master
            .open(signing_key_of(&stored.id), &stored.signing_key)?;
        let key = SigningKey::from_pkcs8(Scheme::EcdsaP256Sha256, &pkcs8);
        let public_pem = key.public(random)?.to_pem()?;
        Ok(Self {
            id: stored.id,
            key,
            public_pem,
        })
    }
}

fn answer_to(signature: &str) -> Purpose<'_> {
    Purpose {
        kind: Kind::Answer,
        id: signature,
        version: 1,
    }
}

fn signing_key_of(id: &ServiceId) -> Purpose<'_> {
    Purpose {
        kind: Kind::SigningKey,
        id: id.as_str(),
        version: 1,
    }
}
