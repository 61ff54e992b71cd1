//! What an operator or an integration sets up: users, integrations, bypass codes.

use countersign_protocol::ids::{DeviceId, IntegrationKey, UserId};
use countersign_protocol::label::Label;
use countersign_protocol::random;
use countersign_protocol::time::UnixMillis;
use zeroize::Zeroizing;

use crate::access::AsUser;
use crate::audit::AuditEntry;
use crate::core::{Core, Fault};
use crate::model::{BypassCode, CodeKind, Integration, NewUser, User, UserStatus};
use crate::names::CanonicalName;
use crate::passcode::{BYPASS_DIGITS, bypass_hash};
use crate::policy::{BYPASS_LIFE_MS, IntegrationPolicy, RELEASE_LIFE_MS};
use crate::secrets::{Kind, Purpose};
use crate::store::{Added, desk::Released};
use crate::throttle::Subject;

/// How the command line is named in the audit log.
pub const OPERATOR: &str = "operator";

/// Characters of a secret key: 40 of them are 238 random bits (row K1).
const SKEY_ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const SKEY_LENGTH: usize = 40;

/// The most bypass codes made at a time.
pub const MOST_BYPASS_CODES: usize = 10;

/// How adding a user ended.
#[derive(Debug)]
pub enum UserAdded {
    /// The user as it is now.
    Added(User),
    /// A user of that name exists, perhaps in another spelling.
    Taken,
    /// Nothing is left of the name without spaces and domain, or it is too long.
    BadName,
}

/// An integration that was made; the key is shown once.
pub struct MadeIntegration {
    /// The public half.
    pub ikey: IntegrationKey,
    /// The secret.
    pub skey: Zeroizing<String>,
}

/// Bypass codes that were made, shown once.
pub struct MadeBypassCodes {
    /// The codes.
    pub codes: Vec<Zeroizing<String>>,
    /// When they end.
    pub expires_at: UnixMillis,
}

impl Core {
    /// Adds a user; `None` as the name makes one up.
    pub async fn add_user(&self, name: Option<&str>, actor: &str) -> Result<UserAdded, Fault> {
        self.add_person(name, "", actor).await
    }

    /// [`Core::add_user`], with the name as the organisation writes it; it may be empty.
    pub async fn add_person(
        &self,
        name: Option<&str>,
        display_name: &str,
        actor: &str,
    ) -> Result<UserAdded, Fault> {
        let random = self.random.as_ref();
        let name = match name {
            Some(name) => name.trim().to_owned(),
            None => format!(
                "user-{}",
                random::text(random, b"abcdefghijkmnpqrstuvwxyz23456789", 10)?
            ),
        };
        let Some(canonical_name) = CanonicalName::of(&name) else {
            return Ok(UserAdded::BadName);
        };
        let user = NewUser {
            id: UserId::make(random)?,
            name,
            canonical_name,
            display_name: Label::new(display_name).as_str().to_owned(),
        };
        let entry = AuditEntry::new(
            self.now(),
            actor.to_owned(),
            "user.add",
            user.id.as_str(),
            "done",
        );
        match self.store.add_user(&user, entry).await? {
            Added::Taken => Ok(UserAdded::Taken),
            Added::Added => Ok(UserAdded::Added(User {
                id: user.id,
                name: user.name,
                status: UserStatus::Active,
                pushes_paused_until: UnixMillis(0),
                display_name: user.display_name,
                operator: false,
            })),
        }
    }

    /// Adds an integration with a new secret key.
    pub async fn add_integration(
        &self,
        name: &str,
        policy: IntegrationPolicy,
    ) -> Result<MadeIntegration, Fault> {
        let random = self.random.as_ref();
        let ikey = IntegrationKey::make(random)?;
        let skey = Zeroizing::new(random::text(random, SKEY_ALPHABET, SKEY_LENGTH)?);
        let purpose = Purpose {
            kind: Kind::IntegrationKey,
            id: ikey.as_str(),
            version: 1,
        };
        let integration = Integration {
            id: ikey.clone(),
            name: name.to_owned(),
            policy,
            skey: self.master.seal(purpose, skey.as_bytes(), random)?,
            skey_version: 1,
        };
        let entry = AuditEntry::new(
            self.now(),
            OPERATOR.into(),
            "integration.add",
            ikey.as_str(),
            strength(policy),
        );
        self.store.add_integration(&integration, entry).await?;
        Ok(MadeIntegration { ikey, skey })
    }

    /// Makes bypass codes in place of the user's unused ones, and lets passcodes be tried again.
    pub async fn make_bypass_codes(
        &self,
        user: &User,
        count: usize,
        actor: &str,
    ) -> Result<MadeBypassCodes, Fault> {
        let random = self.random.as_ref();
        let now = self.now();
        let expires_at = now + BYPASS_LIFE_MS;
        let salt = random::bytes::<16>(random)?;
        let mut codes = Vec::new();
        let mut stored = Vec::new();
        for _ in 0..count.clamp(1, MOST_BYPASS_CODES) {
            let code = Zeroizing::new(random::digits(random, BYPASS_DIGITS)?);
            let copy = code.clone();
            let derived = self.slow_hashes.run(move || bypass_hash(&copy, &salt));
            let hash = derived.await??.to_vec();
            let id = random::text(random, b"abcdefghijklmnopqrstuvwxyz0123456789", 16)?;
            stored.push(BypassCode {
                id,
                kind: CodeKind::Desk,
                salt: salt.to_vec(),
                hash,
                expires_at,
            });
            codes.push(code);
        }
        let entry = AuditEntry::new(
            now,
            actor.to_owned(),
            "bypass.make",
            user.id.as_str(),
            "done",
        );
        self.store
            .replace_bypass_codes(&AsUser::of(user), &stored, entry)
            .await?;
        // The service desk looked at who is asking: what others guessed meanwhile must not keep its code out (row O6)
        self.store
            .clear_attempts(&Subject::User(user.id.clone()))
            .await?;
        self.wake_devices_of(&user.id).await;
        Ok(MadeBypassCodes { codes, expires_at })
    }

    /// Lets a user without a device in use add one by themselves, once, within a day (row A4).
    pub async fn release_enrolment(
        &self,
        user: &User,
        actor: &str,
    ) -> Result<(Released, UnixMillis), Fault> {
        let now = self.now();
        let until = now + RELEASE_LIFE_MS;
        let entry = AuditEntry::new(
            now,
            actor.to_owned(),
            "user.release",
            user.id.as_str(),
            "done",
        );
        let desk = self.store.desk();
        let released = desk.release_by_command(&user.id, until, entry).await?;
        Ok((released, until))
    }

    /// Removes a device of a user. `false` if the user has no such device.
    pub async fn remove_device(
        &self,
        user: &User,
        device: &DeviceId,
        actor: &str,
    ) -> Result<bool, Fault> {
        let entry = AuditEntry::new(
            self.now(),
            actor.to_owned(),
            "device.remove",
            device.as_str(),
            "done",
        );
        let removed = self
            .store
            .remove_device(&AsUser::of(user), device, entry)
            .await?;
        if removed {
            self.waker
                .wake(&crate::waker::Topic::Device(device.clone()));
            self.wake_devices_of(&user.id).await;
        }
        Ok(removed)
    }

    /// Lets a user be an operator of the help desk, or no longer. `false` if there is no such user.
    pub async fn set_operator(
        &self,
        user: &User,
        is_operator: bool,
        actor: &str,
    ) -> Result<bool, Fault> {
        let result = if is_operator { "granted" } else { "taken" };
        let entry = AuditEntry::new(
            self.now(),
            actor.to_owned(),
            "user.operator",
            user.id.as_str(),
            result,
        );
        let gate = self.store.gate();
        Ok(gate.set_operator(&user.id, is_operator, entry).await?)
    }

    /// Enables, disables or lets pass a user. `false` if there is no such user.
    pub async fn set_user_status(
        &self,
        user: &User,
        status: UserStatus,
        actor: &str,
    ) -> Result<bool, Fault> {
        let result = match status {
            UserStatus::Active => "active",
            UserStatus::Bypass => "bypass",
            UserStatus::Disabled => "disabled",
        };
        let entry = AuditEntry::new(
            self.now(),
            actor.to_owned(),
            "user.status",
            user.id.as_str(),
            result,
        );
        let changed = self.store.set_user_status(&user.id, status, entry).await?;
        if changed {
            // Of every device and request of the user; it happens seldom
            self.waker.wake_all();
        }
        Ok(changed)
    }
}

/// What allows something weak is listed as weak.
fn strength(policy: IntegrationPolicy) -> &'static str {
    if policy.allows_plain_push() || policy.allow_legacy || policy.allow_sha1 {
        "weak"
    } else {
        "strong"
    }
}
