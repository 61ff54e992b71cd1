//! Slots: the vault key wrapped once per way to open it (rows V1, V2, V3).

use ring::digest;
use ring::rand::{SecureRandom, SystemRandom};
use rusqlite::Connection;
use secrecy::{ExposeSecret, ExposeSecretMut, SecretBox};
use zeroize::Zeroizing;

use crate::biometric::BiometricSecret;
use crate::credential::{SlotKind, Typed};
use crate::error::{Damage, UnlockError};
use crate::kdf::{KdfProfile, OutOfMemory, stretch};
use crate::keys::{VaultId, VaultKey, derive};
use crate::seal::{CellKey, Nonces, Spot};
use crate::stack;

/// The format that slots are sealed for. Later formats keep it: a slot is rewritten only with what the person types,
/// so a migration could not bring along the other ones.
const SCHEME: u32 = 1;

/// 32 random bytes in the OS keystore that a PIN's key also hangs on, so that the file alone cannot be searched.
pub(crate) struct DeviceSecret(Zeroizing<Vec<u8>>);

impl DeviceSecret {
    /// `None` unless it is 32 bytes.
    pub(crate) fn new(bytes: Zeroizing<Vec<u8>>) -> Option<Self> {
        (bytes.len() == 32).then_some(Self(bytes))
    }
}

/// What opens a slot.
#[derive(Clone, Copy)]
pub(crate) enum Opener<'a> {
    /// The typed text, and for a PIN the device secret as well.
    Typed(&'a Typed, Option<&'a DeviceSecret>),
    /// What the platform handed out.
    Biometric(&'a BiometricSecret),
}

impl Opener<'_> {
    fn kind(self) -> SlotKind {
        match self {
            Self::Typed(typed, _) => typed.kind(),
            Self::Biometric(_) => SlotKind::Biometric,
        }
    }
}

/// One slot as it stands in the file.
pub(crate) struct Slot {
    pub(crate) id: i64,
    pub(crate) kind: SlotKind,
    /// `None` for a biometric slot: its key is random, so there is nothing to stretch.
    pub(crate) kdf: Option<KdfProfile>,
    salt: [u8; 16],
    wrapped: Vec<u8>,
}

/// Why a slot was not made or opened.
pub(crate) enum SlotError {
    /// The typed text is wrong, or the slot was altered.
    Refused,
    OutOfMemory,
    /// The system's generator failed.
    Random,
}

impl From<OutOfMemory> for SlotError {
    fn from(_: OutOfMemory) -> Self {
        Self::OutOfMemory
    }
}

impl From<ring::error::Unspecified> for SlotError {
    fn from(_: ring::error::Unspecified) -> Self {
        Self::Random
    }
}

impl Slot {
    /// Wraps `key` for `opener`, with a fresh salt.
    pub(crate) fn make(
        id: i64,
        opener: Opener<'_>,
        kdf: KdfProfile,
        key: &VaultKey,
        generation: u64,
        random: &SystemRandom,
    ) -> Result<Self, SlotError> {
        let mut salt = [0; 16];
        random.fill(&mut salt)?;
        let mut slot = Self {
            id,
            kind: opener.kind(),
            kdf: (opener.kind() != SlotKind::Biometric).then_some(kdf),
            salt,
            wrapped: Vec::new(),
        };
        slot.wrapped = stack::wiped(|| {
            let wrapping = slot.wrapping_key(opener, key.vault())?;
            let (row, parameters) = (slot.row(), slot.parameters());
            let place = slot.spot(key.vault(), &row, &parameters);
            let mut nonces = Nonces::from(random);
            Ok::<_, SlotError>(wrapping.seal(&place, generation, key.expose(), &mut nonces)?)
        })?;
        Ok(slot)
    }

    /// The vault key, if `opener` is right.
    pub(crate) fn open(&self, opener: Opener<'_>, vault: VaultId) -> Result<VaultKey, SlotError> {
        stack::wiped(|| {
            let wrapping = self.wrapping_key(opener, vault)?;
            let (row, parameters) = (self.row(), self.parameters());
            let plain = wrapping.open(&self.spot(vault, &row, &parameters), &self.wrapped);
            plain
                .and_then(|plain| VaultKey::from_opened(vault, &plain))
                .ok_or(SlotError::Refused)
        })
    }

    fn wrapping_key(&self, opener: Opener<'_>, vault: VaultId) -> Result<CellKey, SlotError> {
        let (typed, device_secret) = match (opener, self.kind) {
            (Opener::Biometric(secret), SlotKind::Biometric) => {
                let label = b"countersign vault 1 biometric slot";
                let derived = derive(vault, secret.expose(), label);
                return Ok(CellKey::new(derived.expose_secret()));
            }
            (Opener::Typed(typed, device_secret), _) => (typed, device_secret),
            (Opener::Biometric(_), _) => return Err(SlotError::Refused),
        };
        let mut input = SecretBox::new(Box::new([0; 64]));
        let (stretched, rest) = input
            .expose_secret_mut()
            .split_first_chunk_mut()
            .expect("64 bytes begin with 32");
        let (length, label): (usize, &[u8]) = match (self.kind, device_secret) {
            (SlotKind::Pin, Some(secret)) => {
                rest.copy_from_slice(&secret.0);
                (64, b"countersign vault 1 pin slot")
            }
            (SlotKind::Passphrase, None) => (32, b"countersign vault 1 passphrase slot"),
            // A PIN without its device secret opens nothing (row V2), and a passphrase takes none
            _ => return Err(SlotError::Refused),
        };
        let kdf = self.kdf.ok_or(SlotError::Refused)?;
        stretch(&typed.normalised(), &self.salt, kdf, stretched)?;
        let derived = derive(vault, &input.expose_secret()[..length], label);
        Ok(CellKey::new(derived.expose_secret()))
    }

    fn spot<'a>(&self, vault: VaultId, row: &'a [u8], parameters: &'a [u8]) -> Spot<'a> {
        Spot {
            format: SCHEME,
            vault,
            table: "slot",
            row,
            column: "wrapped",
            kind: code(self.kind),
            extra: parameters,
        }
    }

    fn row(&self) -> [u8; 8] {
        self.id.to_be_bytes()
    }

    /// Memory in KiB, passes and lanes; zeros where nothing is stretched.
    fn costs(&self) -> [u32; 3] {
        self.kdf
            .map_or([0; 3], |kdf| [kdf.memory_kib(), kdf.passes(), kdf.lanes()])
    }

    /// `memory_kib ‖ passes ‖ lanes` (4 bytes each, big-endian) `‖ salt`.
    fn parameters(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(28);
        for value in self.costs() {
            bytes.extend(value.to_be_bytes());
        }
        bytes.extend(self.salt);
        bytes
    }

    pub(crate) fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        let [memory_kib, passes, lanes] = self.costs();
        connection.execute(
            "INSERT OR REPLACE INTO slot (id, kind, memory_kib, passes, lanes, salt, wrapped) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            (
                self.id,
                code(self.kind),
                memory_kib,
                passes,
                lanes,
                self.salt,
                &self.wrapped,
            ),
        )?;
        Ok(())
    }
}

/// Every slot of the file, in the order of ids, parameters checked before anything is derived or allocated.
pub(crate) fn read_all(connection: &Connection) -> Result<Vec<Slot>, UnlockError> {
    const DAMAGED: UnlockError = UnlockError::Damaged(Damage::Database);
    let mut statement = connection
        .prepare("SELECT id, kind, memory_kib, passes, lanes, salt, wrapped FROM slot ORDER BY id")
        .map_err(|_| DAMAGED)?;
    let mut rows = statement.query([]).map_err(|_| DAMAGED)?;
    let mut slots = Vec::new();
    while let Some(row) = rows.next().map_err(|_| DAMAGED)? {
        let (memory_kib, passes, lanes): (i64, i64, i64) =
            (|| Ok((row.get(2)?, row.get(3)?, row.get(4)?)))()
                .map_err(|_: rusqlite::Error| DAMAGED)?;
        let kind = row.get(1).and_then(kind).map_err(|_| DAMAGED)?;
        let profile = || {
            KdfProfile::new(
                memory_kib.try_into().ok()?,
                passes.try_into().ok()?,
                lanes.try_into().ok()?,
            )
        };
        let kdf = if kind == SlotKind::Biometric && (memory_kib, passes, lanes) == (0, 0, 0) {
            None
        } else {
            Some(profile().ok_or(UnlockError::Damaged(Damage::KdfOutOfBounds))?)
        };
        let slot = (|| {
            Ok(Slot {
                id: row.get(0)?,
                kind,
                kdf,
                salt: row.get(5)?,
                wrapped: row.get(6)?,
            })
        })();
        slots.push(slot.map_err(|_: rusqlite::Error| DAMAGED)?);
    }
    Ok(slots)
}

/// SHA-256 over every slot, each field with its length: what the header vouches for.
pub(crate) fn fingerprint(slots: &[Slot]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for slot in slots {
        context.update(&slot.row());
        context.update(&[code(slot.kind)]);
        context.update(&slot.parameters());
        let length = u64::try_from(slot.wrapped.len()).expect("a length in memory fits 64 bits");
        context.update(&length.to_be_bytes());
        context.update(&slot.wrapped);
    }
    context
        .finish()
        .as_ref()
        .try_into()
        .expect("SHA-256 gives 32 bytes")
}

pub(crate) fn code(kind: SlotKind) -> u8 {
    match kind {
        SlotKind::Pin => 1,
        SlotKind::Passphrase => 2,
        SlotKind::Biometric => 3,
    }
}

fn kind(code: i64) -> rusqlite::Result<SlotKind> {
    match code {
        1 => Ok(SlotKind::Pin),
        2 => Ok(SlotKind::Passphrase),
        3 => Ok(SlotKind::Biometric),
        other => Err(rusqlite::Error::IntegralValueOutOfRange(1, other)),
    }
}
