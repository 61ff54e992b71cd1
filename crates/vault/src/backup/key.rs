//! What seals the backups of one vault: a key out of a passphrase, kept so that they are written without typing it again.

use data_encoding::HEXLOWER;
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::file::Unopened;
use crate::credential::{Chosen, Typed};
use crate::error::VaultError;
use crate::kdf::{self, KdfProfile};
use crate::secret::SecretText;
use crate::vault::Vault;

/// Argon2id of a backup's passphrase, with what it was stretched by. It opens and writes every backup of its salt; each file
/// has a key of its own out of it.
#[derive(Clone)]
pub struct BackupKey {
    pub(super) salt: [u8; 16],
    pub(super) profile: KdfProfile,
    pub(super) root: Zeroizing<[u8; 32]>,
}

/// How a vault keeps it, inside of a sealed setting.
#[derive(Serialize, Deserialize)]
struct Kept {
    salt: String,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    root: Zeroizing<String>,
}

impl BackupKey {
    /// A new one, of a passphrase that is hard to guess: whoever finds the file may guess for as long as they like.
    /// This takes a third of a second.
    ///
    /// # Errors
    ///
    /// [`Unopened::OutOfMemory`] where there is no memory for key derivation, or no randomness.
    pub fn choose(passphrase: &Chosen, profile: KdfProfile) -> Result<Self, Unopened> {
        let mut salt = [0; 16];
        let random = SystemRandom::new();
        random.fill(&mut salt).map_err(|_| Unopened::OutOfMemory)?;
        Self::stretch(&passphrase.0, salt, profile)
    }

    /// The one that a file was written with, if the passphrase is that file's.
    pub(super) fn typed(
        passphrase: SecretText,
        salt: [u8; 16],
        profile: KdfProfile,
    ) -> Result<Self, Unopened> {
        Self::stretch(&Typed::Passphrase(passphrase), salt, profile)
    }

    fn stretch(text: &Typed, salt: [u8; 16], profile: KdfProfile) -> Result<Self, Unopened> {
        let mut root = Zeroizing::new([0; 32]);
        kdf::stretch(&text.normalised(), &salt, profile, &mut root)
            .map_err(|_| Unopened::OutOfMemory)?;
        Ok(Self {
            salt,
            profile,
            root,
        })
    }

    /// Tells the files of this key from another's in one folder.
    pub(super) fn name(&self) -> String {
        HEXLOWER.encode(&self.salt)
    }

    /// As text, for a sealed setting of a vault and nowhere else.
    fn to_text(&self) -> Zeroizing<String> {
        let kept = Kept {
            salt: HEXLOWER.encode(&self.salt),
            memory_kib: self.profile.memory_kib(),
            passes: self.profile.passes(),
            lanes: self.profile.lanes(),
            root: Zeroizing::new(HEXLOWER.encode(self.root.as_slice())),
        };
        // It has no map keys and no numbers that JSON does not know
        Zeroizing::new(serde_json::to_string(&kept).unwrap_or_default())
    }

    /// Reads what [`BackupKey::to_text`] wrote. `None` if it is anything else.
    fn from_text(text: &str) -> Option<Self> {
        let kept: Kept = serde_json::from_str(text).ok()?;
        let root = Zeroizing::new(HEXLOWER.decode(kept.root.as_bytes()).ok()?);
        let mut key = Self {
            salt: HEXLOWER
                .decode(kept.salt.as_bytes())
                .ok()?
                .try_into()
                .ok()?,
            profile: KdfProfile::new(kept.memory_kib, kept.passes, kept.lanes)?,
            root: Zeroizing::new([0; 32]),
        };
        if root.len() != key.root.len() {
            return None;
        }
        key.root.copy_from_slice(&root);
        Some(key)
    }
}

/// Name of the vault's setting.
const SETTING: &str = "backup key";

impl Vault {
    /// The key that this vault's backups are written with. `None` while they are off.
    pub fn backup_key(&self) -> Option<BackupKey> {
        BackupKey::from_text(self.setting(SETTING)?)
    }

    /// Whether backups of this vault are on.
    pub fn has_backup_key(&self) -> bool {
        self.setting(SETTING).is_some()
    }

    /// Keeps the key that backups are written with from now on; `None` turns them off.
    ///
    /// # Errors
    ///
    /// Where the vault cannot be written; what it had stays.
    pub fn keep_backup_key(&mut self, key: Option<&BackupKey>) -> Result<(), VaultError> {
        let text = key.map(BackupKey::to_text);
        self.set_setting(SETTING, text.as_ref().map(|text| text.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_kept_as_text_and_anything_else_is_none() {
        let chosen = Chosen::passphrase(SecretText::from("four words for tests")).unwrap();
        let key = BackupKey::choose(&chosen, KdfProfile::FLOOR).unwrap();
        let text = key.to_text();
        let again = BackupKey::from_text(&text).unwrap();
        assert_eq!(again.root, key.root);
        assert_eq!((again.salt, again.profile), (key.salt, key.profile));
        let altered = |from, to| text.replace(from, to);
        for other in [
            String::new(),
            "{}".to_owned(),
            altered("\"root\":\"", "\"root\":\"00"),
            altered("\"salt\":\"", "\"salt\":\"0"),
            altered("47104", "1"),
        ] {
            assert!(BackupKey::from_text(&other).is_none(), "{other}");
        }
    }
}
