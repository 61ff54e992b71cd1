//! Signing in with name and password (rows O5, O6, S7, S10).

use countersign_protocol::ids::DeviceId;
use countersign_protocol::random;
use countersign_protocol::signing::self_service::{Claim, NEW_SESSION};
use countersign_protocol::time::UnixMillis;

use super::password::TypedPassword;
use super::session::{SelfSession, SessionId, SessionToken, ends_at, idle_ms};
use crate::audit::AuditEntry;
use crate::core::{Core, Fault};
use crate::model::{User, UserStatus};
use crate::names::CanonicalName;
use crate::store::gate::NewSession;
use crate::throttle::{Admission, Subject};

/// What is known of somebody who wants to sign in.
pub struct SignInAsk<'a> {
    /// The name, in any spelling.
    pub name: &'a str,
    /// The password.
    pub password: TypedPassword,
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
        /// Tries before the lock; `None` of a name that nobody can have, which is not counted.
        left: Option<u32>,
    },
    /// It was not looked at.
    Locked {
        /// When the next one will be.
        until: UnixMillis,
    },
    /// The app is not the device that it says.
    NotThatDevice,
}

impl Core {
    /// Signs in. Counted as a failure from before the password is looked at until it turns out right.
    pub async fn sign_in(&self, ask: SignInAsk<'_>) -> Result<SignedIn, Fault> {
        let Some(name) = CanonicalName::of(ask.name) else {
            return Ok(SignedIn::Wrong { left: None });
        };
        // Before anything is written: what a stranger can have written is bounded by what is derived (row R1)
        let place = self.slow_hashes.enter()?;
        let subject = Subject::Password(name.clone());
        let admission = self
            .store
            .count_attempts(std::slice::from_ref(&subject), self.now())
            .await?;
        let failures = match admission {
            Admission::Counted(count) => count.failures,
            Admission::Refused { until } => return Ok(SignedIn::Locked { until }),
        };
        let stored = self.store.gate().password(&name).await?;
        let phc = stored.as_ref().map(|stored| stored.phc.clone());
        let is_right = Self::is_password(place, ask.password, phc).await?;
        let user = stored
            .map(|stored| stored.user)
            .filter(|user| is_right && user.status != UserStatus::Disabled);
        let Some(user) = user else {
            self.note_refused(&subject, "wrong", &ask.address).await?;
            return Ok(SignedIn::Wrong {
                left: Some(subject.left_before_lock(failures)),
            });
        };
        let device = self.proves_device(&user, ask.device, NEW_SESSION).await?;
        if ask.device.is_some() && device.is_none() {
            self.note_refused(&subject, "not_that_device", &ask.address)
                .await?;
            return Ok(SignedIn::NotThatDevice);
        }
        let arriving = Arriving {
            app: ask.app,
            device,
            // An app is one person's, wherever it is
            shared: !ask.app && (ask.shared || self.site.workstations.are_shared_at(&ask.address)),
            earlier: ask.earlier,
            address: ask.address,
        };
        let begun = self
            .begin_session(&user, &subject, arriving, "self_service.sign_in")
            .await?;
        Ok(begun.map_or(
            SignedIn::Wrong {
                left: Some(subject.left_before_lock(failures)),
            },
            |(session, token)| SignedIn::Done {
                session: Box::new(session),
                token,
            },
        ))
    }

    /// Begins a session of somebody who showed who they are, and takes back the failures of `clear`. `None` if the user
    /// was disabled meanwhile.
    pub(super) async fn begin_session(
        &self,
        user: &User,
        clear: &Subject,
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
            .add_session(&new, earlier.as_ref(), clear, entry)
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
        subject: &Subject,
        result: &'static str,
        address: &str,
    ) -> Result<(), Fault> {
        let entry = AuditEntry::new(
            self.now(),
            "service".into(),
            "self_service.sign_in",
            &subject.key(),
            result,
        );
        Ok(self.store.note(entry.from_address(address)).await?)
    }
}
