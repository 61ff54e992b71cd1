//! Signing in with name and password (rows O5, O6, S7, S10).

use countersign_protocol::ids::DeviceId;
use countersign_protocol::random;
use countersign_protocol::signing::self_service::{Claim, NEW_SESSION};
use countersign_protocol::time::UnixMillis;

use super::password::TypedPassword;
use super::session::{SelfSession, SessionId, SessionToken, ends_at, idle_ms};
use super::verdict::{Shown, Verdict};
use crate::audit::AuditEntry;
use crate::core::{Core, Fault};
use crate::directory::person::Standing;
use crate::model::User;
use crate::names::CanonicalName;
use crate::store::gate::NewSession;
use crate::throttle::{BeforeLock, Subject};

/// What is known of somebody who wants to sign in.
pub struct SignInAsk<'a> {
    /// The name, in any spelling.
    pub name: &'a str,
    /// The password.
    pub password: TypedPassword,
    /// From where, and with what.
    pub client: SignInClient<'a>,
}

/// The client that a session is for.
pub struct SignInClient<'a> {
    /// An app's, not a browser's.
    pub app: bool,
    /// The page was told that many people use the computer.
    pub shared: bool,
    /// What the app's header says of its device.
    pub device: Option<&'a Claim>,
    /// The session that the same browser has; it ends with this one's beginning.
    pub earlier: Option<&'a SessionToken>,
    /// From where.
    pub address: String,
}

/// Who arrives, and where, for a session that begins.
pub(super) struct Arriving<'a> {
    /// An app's, not a browser's.
    pub(super) app: bool,
    /// The device that the app proved to be.
    pub(super) device: Option<DeviceId>,
    /// At a computer that many people use.
    pub(super) shared: bool,
    /// The session that the same browser has.
    pub(super) earlier: Option<&'a SessionToken>,
    /// From where.
    pub(super) address: String,
}

/// How signing in ended.
pub enum SignedIn {
    /// There is a session.
    Done {
        /// As the next call will find it.
        session: Box<SelfSession>,
        /// What the client shows from now on.
        token: SessionToken,
    },
    /// The name or the password is wrong; nobody is told which.
    Wrong {
        /// Tries before the lock; `None` of a name that nobody can have, which is not counted, and of an account that was
        /// disabled, or got another password, this moment.
        left: Option<BeforeLock>,
    },
    /// It was not looked at.
    Locked {
        /// When the next one will be.
        until: UnixMillis,
    },
    /// The account cannot be used as it stands in the organisation's directory.
    Standing(Standing),
    /// The organisation's directory said neither yes nor no.
    Unavailable,
    /// The app is not the device that it says.
    NotThatDevice,
}

impl Core {
    /// Signs in. Counted as a failure from before the password is looked at until it turns out right.
    pub async fn sign_in(&self, ask: SignInAsk<'_>) -> Result<SignedIn, Fault> {
        let Some(name) = CanonicalName::of(ask.name) else {
            return Ok(SignedIn::Wrong { left: None });
        };
        let address = ask.client.address.as_str();
        // What a name was guessed for is told with the name, of which only the hash is kept: nobody may have it
        let object = Subject::Password(name.clone()).key();
        match self.verdict(&name, ask.name, ask.password).await? {
            Verdict::Right { user, shown } => self.arrive(&user, ask.client, &shown, &object).await,
            Verdict::Wrong { left } => {
                self.note_refused(&object, "wrong", address).await?;
                Ok(SignedIn::Wrong { left: Some(left) })
            }
            Verdict::Locked { until } => Ok(SignedIn::Locked { until }),
            Verdict::Standing(standing) => {
                self.note_refused(&object, standing.as_str(), address)
                    .await?;
                Ok(SignedIn::Standing(standing))
            }
            Verdict::Unavailable => Ok(SignedIn::Unavailable),
        }
    }

    /// Lets somebody in whose password was right, with what they came with.
    async fn arrive(
        &self,
        user: &User,
        client: SignInClient<'_>,
        shown: &Shown,
        object: &str,
    ) -> Result<SignedIn, Fault> {
        let device = self.proves_device(user, client.device, NEW_SESSION).await?;
        if client.device.is_some() && device.is_none() {
            self.note_refused(object, "not_that_device", &client.address)
                .await?;
            return Ok(SignedIn::NotThatDevice);
        }
        // An app is one person's, wherever it is
        let shared = !client.app
            && (client.shared || self.workstation_at(&client.address).await.may_be_shared());
        let arriving = Arriving {
            app: client.app,
            device,
            shared,
            earlier: client.earlier,
            address: client.address,
        };
        let begun = self
            .begin_session(user, shown, arriving, "self_service.sign_in")
            .await?;
        // Disabled this moment, or no longer the password
        let refused = SignedIn::Wrong { left: None };
        Ok(begun.map_or(refused, |(session, token)| SignedIn::Done {
            session: Box::new(session),
            token,
        }))
    }

    /// Begins a session of somebody who showed who they are, and takes back what was counted on the way. `None` if the
    /// password was changed meanwhile, or the user disabled.
    pub(super) async fn begin_session(
        &self,
        user: &User,
        shown: &Shown,
        arriving: Arriving<'_>,
        action: &'static str,
    ) -> Result<Option<(SelfSession, SessionToken)>, Fault> {
        let random = self.random.as_ref();
        let token = SessionToken::make(random)?;
        let now = self.now();
        let new = NewSession {
            id: SessionId::make(random)?,
            token: token.hash(),
            user_id: user.id.clone(),
            device: arriving.device,
            app: arriving.app,
            // An app needs none, and is told none
            csrf: if arriving.app {
                String::new()
            } else {
                random::nonce(random)?
            },
            shared: arriving.shared,
            created_at: now,
            ends_at: ends_at(now),
        };
        let entry = AuditEntry::new(
            now,
            format!("user:{}", user.id),
            action,
            user.id.as_str(),
            "done",
        )
        .from_address(&arriving.address);
        let gate = self.store.gate();
        let earlier = arriving.earlier.map(SessionToken::hash);
        let begun = gate
            .add_session(
                &new,
                earlier.as_ref(),
                shown.password.as_deref(),
                &shown.counted,
                entry,
            )
            .await?;
        let stored = gate.session(&new.token).await?;
        Ok(stored.filter(|_| begun).map(|stored| {
            let idle_at = stored.used_at + idle_ms(new.shared);
            (self.resolved(stored, idle_at, arriving.address), token)
        }))
    }

    /// A name that nobody has may be a password in the wrong field, so only its hash is kept.
    async fn note_refused(
        &self,
        object: &str,
        result: &'static str,
        address: &str,
    ) -> Result<(), Fault> {
        let entry = AuditEntry::new(
            self.now(),
            "service".into(),
            "self_service.sign_in",
            object,
            result,
        );
        Ok(self.store.note(entry.from_address(address)).await?)
    }
}
