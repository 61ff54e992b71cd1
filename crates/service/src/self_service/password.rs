//! Passwords of the embedded directory: Argon2id, with a cost that each of them names (row R1).

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Params, Version};
use countersign_protocol::random;
use ring::hmac;
use ring::rand::SecureRandom;
use subtle::ConstantTimeEq as _;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::argon2id;
use crate::audit::AuditEntry;
use crate::core::{Core, Fault};
use crate::model::User;
use crate::names::CanonicalName;
use crate::slow_hashes::Place;

/// The shortest password that is taken, in characters (NIST SP 800-63B section 3.1.1.2, with a second factor).
pub const SHORTEST_PASSWORD: usize = 8;
/// The longest one, in bytes.
pub const LONGEST_PASSWORD: usize = 1024;
const SALT_LEN: usize = 16;

/// What a password is compared with where none is stored, so that it takes as long (row S10). Each name has its own, as
/// each stored password has its own salt: which memory a derivation reads, and so how long it takes, is the salt's doing.
/// Nobody can know one, and no session comes of it.
pub(crate) struct Nobodys(hmac::Key);

impl Nobodys {
    /// New ones for every name.
    pub(crate) fn make(random: &dyn SecureRandom) -> Result<Self, Fault> {
        let key = Zeroizing::new(random::bytes::<32>(random)?);
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA512, &*key)))
    }

    fn of(&self, name: &CanonicalName) -> Result<String, Fault> {
        let drawn = hmac::sign(&self.0, name.as_str().as_bytes());
        let (salt, rest) = drawn
            .as_ref()
            .split_first_chunk::<SALT_LEN>()
            .ok_or(Fault::Broken("hmac"))?;
        let derived = rest.first_chunk().ok_or(Fault::Broken("hmac"))?;
        phc(salt, derived)
    }
}

/// A password as somebody typed it. Not shown in logs, and wiped.
pub struct TypedPassword(Zeroizing<String>);

impl TypedPassword {
    /// As it came.
    pub fn of(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// As another directory compares it: letter for letter. `None` for what no directory is shown, since some take it for
    /// a wish to be let in as nobody: nothing at all, blanks alone, or a NUL that would cut it short (row L2; RFC 4513
    /// section 5.1.2). Nor is more than [`LONGEST_PASSWORD`].
    pub(crate) fn for_directory(&self) -> Option<&str> {
        let fit = self.0.len() <= LONGEST_PASSWORD && !self.0.contains('\0');
        (fit && !self.0.trim().is_empty()).then_some(self.0.as_str())
    }

    /// The same password from every keyboard: Unicode NFKC, as NIST SP 800-63B has it.
    fn composed(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.nfkc().collect())
    }
}

/// Whether it may become somebody's password.
fn may_be_set(composed: &str) -> bool {
    composed.len() <= LONGEST_PASSWORD && composed.chars().count() >= SHORTEST_PASSWORD
}

/// How setting a password ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordSet {
    /// It is the person's now, and their sessions ended.
    Done,
    /// It is too short or too long; see [`SHORTEST_PASSWORD`] and [`LONGEST_PASSWORD`].
    Unfit,
    /// The person's password is in the organisation's directory, and nothing was set here.
    Elsewhere,
}

impl Core {
    /// Gives a user a password in place of the earlier one.
    pub async fn set_password(
        &self,
        user: &User,
        password: TypedPassword,
        actor: &str,
    ) -> Result<PasswordSet, Fault> {
        let composed = password.composed();
        if !may_be_set(&composed) {
            return Ok(PasswordSet::Unfit);
        }
        let salt = random::bytes::<SALT_LEN>(self.random.as_ref())?;
        let phc = self
            .slow_hashes
            .run(move || derive(&composed, &salt))
            .await??;
        let entry = AuditEntry::new(
            self.now(),
            actor.to_owned(),
            "user.password",
            user.id.as_str(),
            "done",
        );
        let gate = self.store.gate();
        Ok(if gate.set_password(&user.id, &phc, entry).await? {
            PasswordSet::Done
        } else {
            PasswordSet::Elsewhere
        })
    }

    /// Whether a typed password is the one that is stored. It takes as long where none is.
    pub(crate) async fn is_password(
        &self,
        place: Place,
        name: &CanonicalName,
        typed: TypedPassword,
        stored: Option<&str>,
    ) -> Result<bool, Fault> {
        let nobodys = self.nobodys.of(name)?;
        let phc = stored.unwrap_or(&nobodys).to_owned();
        let is_it = place.run(move || verify(&typed, &phc)).await??;
        Ok(is_it && stored.is_some())
    }
}

fn derive(password: &str, salt: &[u8; SALT_LEN]) -> Result<String, Fault> {
    let derived = argon2id::derive(argon2id::cost()?, password.as_bytes(), salt)?;
    phc(salt, &derived)
}

/// As it is stored: with its cost and salt, in the PHC string format.
fn phc(salt: &[u8; SALT_LEN], derived: &[u8; argon2id::LEN]) -> Result<String, Fault> {
    let failed = |_| Fault::Broken("argon2");
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&argon2id::cost()?).map_err(|_| Fault::Broken("argon2"))?,
        salt: Some(Salt::new(salt).map_err(failed)?),
        hash: Some(Output::new(derived).map_err(failed)?),
    };
    Ok(hash.to_string())
}

/// What is too long was never set; it is compared all the same, cut short, so that it takes as long.
fn verify(typed: &TypedPassword, phc: &str) -> Result<bool, Fault> {
    let composed = typed.composed();
    let text = composed.as_bytes();
    let looked_at = text.get(..LONGEST_PASSWORD).unwrap_or(text);
    let unreadable = || Fault::Broken("password");
    let stored = PasswordHash::new(phc).map_err(|_| unreadable())?;
    let params = Params::try_from(&stored).map_err(|_| unreadable())?;
    let salt = stored.salt.as_ref().ok_or_else(unreadable)?;
    let hash = stored.hash.as_ref().ok_or_else(unreadable)?;
    let derived = argon2id::derive(params, looked_at, salt)?;
    let is_it = bool::from(derived.as_slice().ct_eq(hash.as_bytes()));
    Ok(is_it && looked_at.len() == text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_the_same_from_every_keyboard() {
        let phc = derive(
            &TypedPassword::of("Pa\u{df}wort \u{fc}ber").composed(),
            b"0123456789abcdef",
        )
        .unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(verify(&TypedPassword::of("Pa\u{df}wort u\u{308}ber"), &phc).unwrap());
        assert!(!verify(&TypedPassword::of("Pa\u{df}wort uber"), &phc).unwrap());
    }

    #[test]
    fn l2_what_is_empty_blank_or_cut_short_is_shown_to_no_directory() {
        for refused in [
            "",
            " ",
            "\t\u{a0}",
            "right\0",
            "\0",
            &"a".repeat(LONGEST_PASSWORD + 1),
        ] {
            assert_eq!(
                TypedPassword::of(refused).for_directory(),
                None,
                "{refused:?}"
            );
        }
        // Not composed: the directory compares what was typed when the password was set
        let typed = " u\u{308}ber \u{fb01}t ";
        assert_eq!(TypedPassword::of(typed).for_directory(), Some(typed));
    }

    #[test]
    fn what_is_longer_than_any_password_is_not_one() {
        let long = "a".repeat(LONGEST_PASSWORD);
        let phc = derive(&long, b"0123456789abcdef").unwrap();
        assert!(verify(&TypedPassword::of(&long), &phc).unwrap());
        assert!(!verify(&TypedPassword::of(&(long + "b")), &phc).unwrap());
    }
}
