//! Passwords of the embedded directory: Argon2id, with a cost that each of them names (row R1).

use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use countersign_protocol::random;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::audit::AuditEntry;
use crate::core::{Core, Fault};
use crate::model::User;
use crate::slow_hashes::Place;

/// OWASP's floor for Argon2id: guesses are limited as well.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// The shortest password that is taken, in characters (NIST SP 800-63B section 3.1.1.2, with a second factor).
pub const SHORTEST_PASSWORD: usize = 8;
/// The longest one, in bytes.
pub const LONGEST_PASSWORD: usize = 1024;

/// What nobody's password is compared with where there is none, so that it takes as long (row S10). Not a secret: no
/// session comes of it, whatever is typed.
static NOBODYS: LazyLock<Option<String>> =
    LazyLock::new(|| derive("nobody", b"of nobody at all").ok());

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
        let salt = random::bytes::<16>(self.random.as_ref())?;
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
        place: Place,
        typed: TypedPassword,
        stored: Option<String>,
    ) -> Result<bool, Fault> {
        let verified = place.run(move || {
            let known = stored.is_some();
            let phc = stored
                .or_else(|| NOBODYS.clone())
                .ok_or(Fault::Broken("argon2"))?;
            Ok(verify(&typed, &phc)? && known)
        });
        verified.await?
    }
}

fn argon2() -> Result<Argon2<'static>, Fault> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|_| Fault::Broken("argon2"))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn derive(password: &str, salt: &[u8]) -> Result<String, Fault> {
    let hash: PasswordHash = argon2()?
        .hash_password_with_salt(password.as_bytes(), salt)
        .map_err(|_| Fault::Broken("argon2"))?;
    Ok(hash.to_string())
}

/// What is too long was never set; it is compared all the same, cut short, so that it takes as long.
fn verify(typed: &TypedPassword, phc: &str) -> Result<bool, Fault> {
    let composed = typed.composed();
    let text = composed.as_bytes();
    let looked_at = text.get(..LONGEST_PASSWORD).unwrap_or(text);
    let hash = PasswordHash::new(phc).map_err(|_| Fault::Broken("password"))?;
    let is_it = argon2()?.verify_password(looked_at, &hash).is_ok();
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
