//! The sealed rows of an unlocked vault: reads them all, and writes changes with header and tally in one transaction (rows V5, V6, V9).

use std::collections::BTreeMap;

use ring::rand::SystemRandom;
use rusqlite::Connection;
use zeroize::Zeroizing;

use crate::erasable::Erasable;
use crate::error::{Damage, VaultError};
use crate::header::Header;
use crate::id::RecordId;
use crate::keys::{VaultId, VaultKey};
use crate::schema::FORMAT;
use crate::slot::{self, Slot};
use crate::stack;
use crate::tally::Tally;

mod mark;
mod read;
mod write;

/// What a record is; stands beside the sealed cells in the clear and is bound to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Organisation,
    Other,
    Setting,
    Note,
}

impl Kind {
    const fn code(self) -> u8 {
        match self {
            Self::Organisation => 1,
            Self::Other => 2,
            Self::Setting => 3,
            Self::Note => 4,
        }
    }

    fn from_code(code: i64) -> Option<Self> {
        [Self::Organisation, Self::Other, Self::Setting, Self::Note]
            .into_iter()
            .find(|kind| i64::from(kind.code()) == code)
    }
}

/// A row as it was read, its cells opened.
pub(crate) struct OpenedRow {
    pub(crate) id: RecordId,
    pub(crate) kind: Kind,
    /// The transaction that wrote the body.
    pub(crate) generation: u64,
    pub(crate) body: Zeroizing<Vec<u8>>,
    pub(crate) moving: Option<Zeroizing<Vec<u8>>>,
    /// What is bound to this device. `None` where there is none, and where its key was erased.
    pub(crate) device: Option<Zeroizing<Vec<u8>>>,
}

/// One change of a transaction.
pub(crate) enum Change {
    /// Writes a whole row, new or replaced.
    Put {
        id: RecordId,
        kind: Kind,
        body: Zeroizing<Vec<u8>>,
        moving: Option<Zeroizing<Vec<u8>>>,
        device: Option<Zeroizing<Vec<u8>>>,
    },
    /// Rewrites the small cell that moves often; body and its seal stay.
    Move {
        id: RecordId,
        moving: Zeroizing<Vec<u8>>,
    },
    /// Deletes a row.
    Remove { id: RecordId },
}

impl Change {
    pub(crate) fn id(&self) -> RecordId {
        let (Self::Put { id, .. } | Self::Move { id, .. } | Self::Remove { id }) = self;
        *id
    }

    pub(crate) fn has_device_cell(&self) -> bool {
        matches!(
            self,
            Self::Put {
                device: Some(_),
                ..
            }
        )
    }
}

/// What is remembered of a row's cells: enough to compute its mark without reading it again.
#[derive(Clone, Copy)]
struct Known {
    kind: Kind,
    body: [u8; 36],
    mark: [u8; 32],
}

/// The rows' keeper while the vault is unlocked.
pub(crate) struct Rows {
    vault: VaultId,
    key: VaultKey,
    /// The format of the file. Rows of an older one are for reading: a migration writes them anew.
    format: u32,
    header: Header,
    erasable: Option<Erasable>,
    /// The file does not hold `erasable` as it should; the next transaction sees to it.
    erasable_is_new: bool,
    known: BTreeMap<RecordId, Known>,
    older_copy: bool,
    random: SystemRandom,
}

impl Rows {
    /// An empty vault's.
    pub(crate) fn empty(vault: VaultId, key: VaultKey) -> Self {
        let header = Header {
            generation: 0,
            seals: 0,
            rows: 0,
            tally: Tally::default(),
            slots: slot::fingerprint(&[]),
        };
        Self::with(vault, key, FORMAT, header, None)
    }

    /// Those of a file that follows this one under the same key: no rows yet, a generation after `newest` and after this one's.
    pub(crate) fn successor(&self, newest: u64, erasable: Option<Erasable>) -> Self {
        let header = Header {
            generation: self.header.generation.max(newest),
            rows: 0,
            tally: Tally::default(),
            ..self.header
        };
        let mut rows = Self::with(self.vault, self.key.copy(), FORMAT, header, None);
        rows.set_erasable(erasable);
        rows
    }

    /// Opens header and rows and checks one against the other.
    pub(crate) fn open(
        connection: &Connection,
        format: u32,
        vault: VaultId,
        key: VaultKey,
        slots: &[Slot],
        erasable: Option<Erasable>,
    ) -> Result<(Self, Vec<OpenedRow>), Damage> {
        let sealed: Vec<u8> = connection
            .query_row("SELECT sealed FROM header", [], |row| row.get(0))
            .map_err(|_| Damage::Header)?;
        let header = stack::wiped(|| Header::open(&sealed, format, vault, &key));
        let header = header.ok_or(Damage::Header)?;
        if header.slots != slot::fingerprint(slots) {
            return Err(Damage::Slots);
        }
        let mut rows = Self::with(vault, key, format, header, erasable);
        let opened = stack::wiped(|| rows.read_all(connection))?;
        Ok((rows, opened))
    }

    fn with(
        vault: VaultId,
        key: VaultKey,
        format: u32,
        header: Header,
        erasable: Option<Erasable>,
    ) -> Self {
        Self {
            vault,
            key,
            format,
            header,
            erasable,
            erasable_is_new: false,
            known: BTreeMap::new(),
            older_copy: false,
            random: SystemRandom::new(),
        }
    }

    pub(crate) fn key(&self) -> &VaultKey {
        &self.key
    }

    pub(crate) fn random(&self) -> &SystemRandom {
        &self.random
    }

    #[cfg(test)]
    pub(crate) fn seals(&self) -> u64 {
        self.header.seals
    }

    #[cfg(test)]
    pub(crate) fn set_seals(&mut self, seals: u64) {
        self.header.seals = seals;
    }

    /// Whether the file is of an older format, so that nothing can be written before it is migrated.
    pub(crate) fn is_older_format(&self) -> bool {
        self.format != FORMAT
    }

    /// The secret that the device cells hang on. `None` if it was erased, or none was ever needed.
    pub(crate) fn erasable(&self) -> Option<&Erasable> {
        self.erasable.as_ref()
    }

    /// Replaces the erasable secret and gives the old one. Whoever calls this writes every device cell anew.
    pub(crate) fn set_erasable(&mut self, erasable: Option<Erasable>) -> Option<Erasable> {
        self.erasable_is_new = true;
        std::mem::replace(&mut self.erasable, erasable)
    }

    /// Says that the file holds the erasable secret as it should, as after a transaction that did not come about.
    pub(crate) fn erasable_is_stored(&mut self) {
        self.erasable_is_new = false;
    }

    /// What [`Kind`] a row is of.
    pub(crate) fn kind(&self, id: RecordId) -> Option<Kind> {
        self.known.get(&id).map(|known| known.kind)
    }

    /// The generation that the file has.
    pub(crate) fn generation(&self) -> u64 {
        self.header.generation
    }

    /// Whether the file is for reading only, as the keystore remembers a newer one (row V7).
    pub(crate) fn is_older_copy(&self) -> bool {
        self.older_copy
    }

    /// Makes every write [`VaultError::OlderCopy`].
    pub(crate) fn mark_older_copy(&mut self) {
        self.older_copy = true;
    }

    /// Allows writes again.
    pub(crate) fn mark_present(&mut self) {
        self.older_copy = false;
    }

    /// Takes an older copy for the present one: writes `changes` with a generation that follows `newest`, or nothing.
    pub(crate) fn overtake(
        &mut self,
        connection: &mut Connection,
        newest: u64,
        changes: &[Change],
    ) -> Result<(), VaultError> {
        let own = self.header.generation;
        self.header.generation = own.max(newest);
        self.older_copy = false;
        let done = self.commit(connection, changes);
        if done.is_err() {
            self.header.generation = own;
            self.older_copy = true;
        }
        done
    }

    /// The generation that the next transaction will have.
    pub(crate) fn next_generation(&self) -> u64 {
        self.header.generation + 1
    }
}
