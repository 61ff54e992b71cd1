//! Passcodes: counted before they are looked at, compared, used up (rows O2 to O5, O7).

use countersign_protocol::passcode::{Algorithm, Digits, Period, find, typed as typed_code};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::access::AsUser;
use crate::argon2id;
use crate::audit::AuditEntry;
use crate::core::{Core, Fault};
use crate::model::{BypassCode, CodeKind, Device, Integration, PasscodeKind, User};
use crate::policy::{HOTP_LOOK_AHEAD, HOTP_RESYNC_AHEAD, HOTP_RESYNC_CODES, TOTP_WINDOW};
use crate::request::{Factor, Outcome};
use crate::sign_in::{AuthAsk, Begun, actor};
use crate::status::{Status, locked_message};
use crate::store::{PasscodeMaterial, PasscodeUse};
use crate::throttle::{Admission, Subject};

/// Digits of a bypass code; another length than a passcode's, so that a passcode never costs a slow hash.
pub const BYPASS_DIGITS: usize = 9;

impl Core {
    /// Decides a passcode. It counts as a failure from before it is looked at until it turns out right.
    pub(crate) async fn begin_passcode(
        &self,
        integration: &Integration,
        ask: &AuthAsk,
        user: &User,
        typed: &str,
    ) -> Result<Begun, Fault> {
        let admission = self
            .store
            .count_attempts(&[Subject::User(user.id.clone())], self.now())
            .await?;
        let entry = |result| {
            AuditEntry::new(
                self.now(),
                actor(integration),
                "passcode.check",
                user.id.as_str(),
                result,
            )
            .from_address(&ask.address)
        };
        if let Admission::Refused { until } = admission {
            let message = locked_message(until - self.now());
            let record = self.record(integration, ask, user, Factor::Passcode, &message)?;
            self.store
                .note_decided(record.as_ref(), Outcome::Locked, entry("locked"))
                .await?;
            let status = Status::locked(until - self.now());
            return Ok(Begun::Decided {
                txid: record.map(|record| record.txid),
                status,
            });
        }
        let record = self.record(integration, ask, user, Factor::Passcode, "")?;
        let right = match self.matching(user, typed).await? {
            Some(spent) => {
                let result = match spent {
                    PasscodeUse::Device { .. } => "right",
                    PasscodeUse::Bypass { kind, .. } => kind.used(),
                };
                let accepted = self
                    .store
                    .accept_passcode(&AsUser::of(user), &spent, record.as_ref(), entry(result))
                    .await?;
                self.tell_of_use(user, &spent).await;
                accepted
            }
            None => false,
        };
        if !right {
            self.store
                .note_decided(record.as_ref(), Outcome::Denied, entry("wrong"))
                .await?;
        }
        let status = Status::of_passcode(right);
        Ok(Begun::Decided {
            txid: record.map(|record| record.txid),
            status,
        })
    }

    /// Devices are told of every use of a bypass code, at once (row O7).
    pub(crate) async fn tell_of_use(&self, user: &User, spent: &PasscodeUse) {
        if matches!(spent, PasscodeUse::Bypass { .. }) {
            self.wake_devices_of(&user.id).await;
        }
    }

    /// What a typed code fits, if anything.
    pub(crate) async fn matching(
        &self,
        user: &User,
        typed: &str,
    ) -> Result<Option<PasscodeUse>, Fault> {
        if typed_code(typed, Digits::SIX).is_none() && bypass_digits(typed).is_none() {
            return Ok(None);
        }
        let material = self
            .store
            .passcode_material(&AsUser::of(user), self.now())
            .await?;
        if let Some(code) = typed_code(typed, Digits::SIX) {
            return self.matching_device(user, &material.devices, &code).await;
        }
        match bypass_digits(typed) {
            Some(code) => self.matching_bypass(material, code).await,
            None => Ok(None),
        }
    }

    /// Whether a code that fits nothing was good and is used up: the person is told so, and waits for the next one.
    pub(crate) async fn was_used(&self, user: &User, typed: &str) -> Result<bool, Fault> {
        let owner = AsUser::of(user);
        if let Some(code) = typed_code(typed, Digits::SIX) {
            let material = self.store.passcode_material(&owner, self.now()).await?;
            for device in &material.devices {
                let last = device.otp_last;
                let from = match (device.otp_kind, self.step()) {
                    (PasscodeKind::Totp, Some(step)) => step - TOTP_WINDOW,
                    (PasscodeKind::Totp, None) => continue,
                    (PasscodeKind::Hotp, _) => last - HOTP_LOOK_AHEAD,
                };
                if self.find_counter(device, &code, from..=last)?.is_some() {
                    return Ok(true);
                }
            }
            return Ok(false);
        }
        let Some(code) = bypass_digits(typed) else {
            return Ok(false);
        };
        let spent = self
            .store
            .gate()
            .used_bypass_codes(&owner, self.now())
            .await?;
        if spent.is_empty() {
            return Ok(false);
        }
        let found = self.slow_hashes.run(move || find_bypass(&spent, &code));
        Ok(found.await??.is_some())
    }

    /// The time step of this moment.
    fn step(&self) -> Option<i64> {
        let step = Period::THIRTY.step(self.now())?;
        i64::try_from(step).ok()
    }

    /// The device whose code it is, within its window or as the third in a row from far ahead.
    async fn matching_device(
        &self,
        user: &User,
        devices: &[Device],
        code: &str,
    ) -> Result<Option<PasscodeUse>, Fault> {
        let spend = |device: &Device, counter| PasscodeUse::Device {
            id: device.id.clone(),
            generation: device.generation,
            counter,
        };
        for device in devices {
            if let Some(counter) = self.matching_counter(device, code)? {
                return Ok(Some(spend(device, counter)));
            }
        }
        for device in devices
            .iter()
            .filter(|device| device.otp_kind == PasscodeKind::Hotp)
        {
            let far =
                (device.otp_last + 2 + HOTP_LOOK_AHEAD)..=(device.otp_last + HOTP_RESYNC_AHEAD);
            let Some(counter) = self.find_counter(device, code, far)? else {
                continue;
            };
            let hits = self
                .store
                .count_resync(&AsUser::of(user), device, counter, self.now())
                .await?;
            return Ok((hits >= HOTP_RESYNC_CODES).then(|| spend(device, counter)));
        }
        Ok(None)
    }

    /// The counter or time step whose code it is, if it is later than the last one (rows O3, O4).
    fn matching_counter(&self, device: &Device, code: &str) -> Result<Option<i64>, Fault> {
        let (from, to) = match device.otp_kind {
            PasscodeKind::Totp => {
                let Some(step) = self.step() else {
                    return Ok(None);
                };
                (
                    (step - TOTP_WINDOW).max(device.otp_last + 1),
                    step + TOTP_WINDOW,
                )
            }
            PasscodeKind::Hotp => (device.otp_last + 1, device.otp_last + 1 + HOTP_LOOK_AHEAD),
        };
        self.find_counter(device, code, from..=to)
    }

    fn find_counter(
        &self,
        device: &Device,
        code: &str,
        counters: std::ops::RangeInclusive<i64>,
    ) -> Result<Option<i64>, Fault> {
        let secret = self.otp_secret(device)?;
        let counters = counters.filter_map(|counter| u64::try_from(counter).ok());
        Ok(find(&secret, Algorithm::Sha1, Digits::SIX, code, counters)
            .and_then(|found| i64::try_from(found).ok()))
    }

    /// The bypass code it is. One slow derivation for each batch the user has, off the async threads and a few at a
    /// time (row R1).
    async fn matching_bypass(
        &self,
        material: PasscodeMaterial,
        code: Zeroizing<String>,
    ) -> Result<Option<PasscodeUse>, Fault> {
        if material.bypass_codes.is_empty() {
            return Ok(None);
        }
        let found = self
            .slow_hashes
            .run(move || find_bypass(&material.bypass_codes, &code))
            .await??;
        Ok(found.map(|(id, kind)| PasscodeUse::Bypass { id, kind }))
    }
}

/// A typed bypass code: ASCII spaces stripped once, then exactly its digits (row O2).
fn bypass_digits(typed: &str) -> Option<Zeroizing<String>> {
    if typed.len() > 64 {
        return None;
    }
    let stripped = Zeroizing::new(typed.chars().filter(|c| *c != ' ').collect::<String>());
    (stripped.len() == BYPASS_DIGITS && stripped.bytes().all(|b| b.is_ascii_digit()))
        .then_some(stripped)
}

fn find_bypass(codes: &[BypassCode], typed: &str) -> Result<Option<(String, CodeKind)>, Fault> {
    let mut found = None;
    let mut salt: Option<&[u8]> = None;
    let mut hash = [0; 32];
    for code in codes {
        if salt != Some(&code.salt) {
            hash = bypass_hash(typed, &code.salt)?;
            salt = Some(&code.salt);
        }
        if bool::from(hash.as_slice().ct_eq(&code.hash)) {
            found = Some((code.id.clone(), code.kind));
        }
    }
    Ok(found)
}

/// What is stored of a bypass code.
pub(crate) fn bypass_hash(code: &str, salt: &[u8]) -> Result<[u8; 32], Fault> {
    argon2id::derive(argon2id::cost()?, code.as_bytes(), salt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn o2_spaces_are_stripped_and_nothing_else() {
        for good in ["123456789", "123 456 789", " 123456789 "] {
            assert_eq!(
                bypass_digits(good).unwrap().as_str(),
                "123456789",
                "{good:?}"
            );
        }
        for bad in [
            "",
            "12345678",
            "1234567890",
            "１２３４５６７８９",
            "123456789\n",
            "\t123456789",
            "12345678a",
            "+23456789",
        ] {
            assert!(bypass_digits(bad).is_none(), "{bad:?}");
        }
    }
}
