//! The vault key and what is derived from it: one sub-key per purpose, by HKDF-SHA256 with a versioned label (row V1).

use ring::{hkdf, hmac, rand::SecureRandom, rand::SystemRandom};
use secrecy::{ExposeSecret, ExposeSecretMut, SecretBox};

use crate::seal::CellKey;

/// 16 random bytes that name the vault; also the HKDF salt.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct VaultId(pub(crate) [u8; 16]);

/// The random 256-bit key that everything in the vault hangs on (DEK).
pub(crate) struct VaultKey {
    vault: VaultId,
    bytes: SecretBox<[u8; 32]>,
}

impl VaultKey {
    pub(crate) fn make(
        vault: VaultId,
        random: &SystemRandom,
    ) -> Result<Self, ring::error::Unspecified> {
        let mut filled = Ok(());
        let bytes = SecretBox::init_with_mut(|bytes: &mut [u8; 32]| filled = random.fill(bytes));
        filled?;
        Ok(Self { vault, bytes })
    }

    /// `None` unless it is 32 bytes.
    pub(crate) fn from_opened(vault: VaultId, opened: &[u8]) -> Option<Self> {
        let opened: &[u8; 32] = opened.try_into().ok()?;
        Some(Self {
            vault,
            bytes: SecretBox::init_with_mut(|bytes: &mut [u8; 32]| bytes.copy_from_slice(opened)),
        })
    }

    pub(crate) fn vault(&self) -> VaultId {
        self.vault
    }

    /// The bytes, for a slot to wrap them.
    pub(crate) fn expose(&self) -> &[u8; 32] {
        self.bytes.expose_secret()
    }

    /// Another copy, for a file that is written beside this one.
    pub(crate) fn copy(&self) -> Self {
        Self {
            vault: self.vault,
            bytes: SecretBox::init_with_mut(|bytes: &mut [u8; 32]| {
                bytes.copy_from_slice(self.bytes.expose_secret());
            }),
        }
    }

    /// Seals the cells of the record table.
    pub(crate) fn records(&self, format: u32) -> CellKey {
        CellKey::new(self.derived(format, "records").expose_secret())
    }

    /// Seals the header.
    pub(crate) fn header(&self, format: u32) -> CellKey {
        CellKey::new(self.derived(format, "header").expose_secret())
    }

    /// Makes the marks that the tally sums.
    pub(crate) fn tally(&self, format: u32) -> hmac::Key {
        hmac::Key::new(
            hmac::HMAC_SHA256,
            self.derived(format, "tally").expose_secret(),
        )
    }

    /// Seals what is bound to this device: it hangs on the erasable secret too, and is gone with it (row V11).
    pub(crate) fn device(&self, erasable: &[u8; 32]) -> CellKey {
        let mut both = SecretBox::new(Box::new([0; 64]));
        let (first, last) = both.expose_secret_mut().split_at_mut(32);
        first.copy_from_slice(self.bytes.expose_secret());
        last.copy_from_slice(erasable);
        let label = b"countersign vault 2 device";
        CellKey::new(derive(self.vault, both.expose_secret(), label).expose_secret())
    }

    fn derived(&self, format: u32, purpose: &str) -> SecretBox<[u8; 32]> {
        let label = format!("countersign vault {format} {purpose}");
        derive(self.vault, self.bytes.expose_secret(), label.as_bytes())
    }
}

/// HKDF-SHA256 (RFC 5869): the vault's id as salt, `label` as info, 32 bytes out.
pub(crate) fn derive(vault: VaultId, input: &[u8], label: &[u8]) -> SecretBox<[u8; 32]> {
    SecretBox::init_with_mut(|out: &mut [u8; 32]| {
        hkdf::Salt::new(hkdf::HKDF_SHA256, &vault.0)
            .extract(input)
            .expand(&[label], hkdf::HKDF_SHA256)
            .and_then(|key| key.fill(out))
            .expect("HKDF-SHA256 gives 32 bytes, its own output length");
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed once with Python's `hmac` module by RFC 5869 §2.2 and §2.3, so that a changed label or order is noticed.
    #[test]
    fn v1_sub_keys_are_what_another_implementation_derives() {
        let vault = VaultId(std::array::from_fn(|index| u8::try_from(index).unwrap()));
        let hex = |label: &[u8]| {
            data_encoding::HEXLOWER.encode(derive(vault, &[0x0b; 32], label).expose_secret())
        };
        assert_eq!(
            hex(b"countersign vault 1 records"),
            "2b23ce9994b9383f081865750639463e7d30dc146e988a81e05aee8b6712a314"
        );
        assert_eq!(
            hex(b"countersign vault 1 header"),
            "966ddcb4d859a261468ecc1cd227d8b145541a5865c31081f5154947286698ab"
        );
        assert_eq!(
            hex(b"countersign vault 1 tally"),
            "3aec0cef1f08e20f19f34ae207f314ace47705a621e0566a3000396d6ff34f64"
        );
        assert_eq!(
            hex(b"countersign vault 2 records"),
            "c26d326d8c4547aaf9ee049fd63b3cbae4b227604e58a85b5b9e1794a84dd04f"
        );
        assert_eq!(
            hex(b"countersign vault 2 header"),
            "095c7e9008bf685900fa4d8fdd7afba2901dc2b08b45be9930241dd8327ef5fe"
        );
        assert_eq!(
            hex(b"countersign vault 2 tally"),
            "93eb47084505579880e05dba3a0296c3c908f1efa1a8e5e1da72b62aa13e487f"
        );
        assert_eq!(
            hex(b"countersign vault 1 biometric slot"),
            "1d42c3d915d7de953fb05cb750bbf4baf95ddd1718ef8d4eed7ccb9d167e6a0e"
        );
        let both: Vec<u8> = [[0x0b; 32], [0x0c; 32]].concat();
        let device = derive(vault, &both, b"countersign vault 2 device");
        assert_eq!(
            data_encoding::HEXLOWER.encode(device.expose_secret()),
            "9e3a8f43ff2a408b9845bd2aea12a2143ec92815e2f39fe33c86e8c0c736fdbb"
        );
        assert_eq!(
            hex(b"countersign vault 1 pin slot"),
            "4357f20fcce56eab2c911b31fb8d9a4c45e0f50c83264b23774599e2b29dfa29"
        );
        assert_eq!(
            hex(b"countersign vault 1 passphrase slot"),
            "298d59974b1f48d03165f68bb4bdb5bffada6300309d0194f6e3827f913b6d93"
        );
    }
}
