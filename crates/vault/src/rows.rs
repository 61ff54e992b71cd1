//! The sealed rows of an unlocked vault: reads them all, and writes changes with header and tally in one transaction (rows V5, V6, V9).

use std::collections::BTreeMap;

use ring::hmac;
use ring::rand::SystemRandom;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use zeroize::Zeroizing;

use crate::error::{Damage, VaultError};
use crate::header::Header;
use crate::id::RecordId;
use crate::keys::{VaultId, VaultKey};
use crate::seal::{self, CellKey, MOST_SEALS, Spot, print};
use crate::slot::{self, Slot};
use crate::stack;

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

/// A row as it was read: the two cells, opened.
pub(crate) struct OpenedRow {
    pub(crate) id: RecordId,
    pub(crate) kind: Kind,
    /// The transaction that wrote the body.
    pub(crate) generation: u64,
    pub(crate) body: Zeroizing<Vec<u8>>,
    pub(crate) moving: Option<Zeroizing<Vec<u8>>>,
}

/// One change of a transaction.
pub(crate) enum Change {
    /// Writes a whole row, new or replaced.
    Put {
        id: RecordId,
        kind: Kind,
        body: Zeroizing<Vec<u8>>,
        moving: Option<Zeroizing<Vec<u8>>>,
    },
    /// Rewrites the small cell that moves often; body and its seal stay.
    Move {
        id: RecordId,
        moving: Zeroizing<Vec<u8>>,
    },
    /// Deletes a row.
    Remove { id: RecordId },
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
    header: Header,
    known: BTreeMap<RecordId, Known>,
    older_copy: bool,
    random: SystemRandom,
}

impl Rows {
    /// An empty vault's.
    pub(crate) fn empty(vault: VaultId, key: VaultKey, slots: &[Slot]) -> Self {
        let header = Header {
            generation: 0,
            seals: 0,
            rows: 0,
            tally: crate::tally::Tally::default(),
            slots: slot::fingerprint(slots),
        };
        Self {
            vault,
            key,
            header,
            known: BTreeMap::new(),
            older_copy: false,
            random: SystemRandom::new(),
        }
    }

    /// Opens header and rows and checks one against the other.
    pub(crate) fn open(
        connection: &Connection,
        vault: VaultId,
        key: VaultKey,
        slots: &[Slot],
    ) -> Result<(Self, Vec<OpenedRow>), Damage> {
        let sealed: Vec<u8> = connection
            .query_row("SELECT sealed FROM header", [], |row| row.get(0))
            .map_err(|_| Damage::Header)?;
        let header = stack::wiped(|| Header::open(&sealed, vault, &key)).ok_or(Damage::Header)?;
        if header.slots != slot::fingerprint(slots) {
            return Err(Damage::Slots);
        }
        let mut rows = Self {
            vault,
            key,
            header,
            known: BTreeMap::new(),
            older_copy: false,
            random: SystemRandom::new(),
        };
        let opened = stack::wiped(|| rows.read_all(connection))?;
        Ok((rows, opened))
    }

    fn read_all(&mut self, connection: &Connection) -> Result<Vec<OpenedRow>, Damage> {
        let cells = self.key.records();
        let marks = self.key.tally();
        let mut tally = crate::tally::Tally::default();
        let mut opened = Vec::new();
        let mut statement = connection
            .prepare("SELECT id, kind, body, moving FROM record")
            .map_err(|_| Damage::Database)?;
        let mut found = statement.query([]).map_err(|_| Damage::Database)?;
        while let Some(row) = found.next().map_err(|_| Damage::Database)? {
            let id = RecordId(row.get(0).map_err(|_| Damage::Record)?);
            let kind = row
                .get(1)
                .ok()
                .and_then(Kind::from_code)
                .ok_or(Damage::Record)?;
            let body = row
                .get_ref(2)
                .ok()
                .and_then(|body| body.as_blob().ok())
                .ok_or(Damage::Record)?;
            let moving = row
                .get_ref(3)
                .ok()
                .and_then(|moving| moving.as_blob_or_null().ok())
                .ok_or(Damage::Record)?;
            let known = know(&marks, id, kind, body, moving).ok_or(Damage::Record)?;
            tally.add(&known.mark);
            self.known.insert(id, known);
            opened.push(OpenedRow {
                id,
                kind,
                generation: seal::generation(body).ok_or(Damage::Record)?,
                body: cells
                    .open(&spot(self.vault, &id, kind, BODY), body)
                    .ok_or(Damage::Record)?,
                moving: moving
                    .map(|moving| {
                        cells
                            .open(&spot(self.vault, &id, kind, MOVING), moving)
                            .ok_or(Damage::Record)
                    })
                    .transpose()?,
            });
        }
        let counted = u64::try_from(opened.len()).is_ok_and(|count| count == self.header.rows);
        if counted && tally == self.header.tally {
            Ok(opened)
        } else {
            Err(Damage::RecordSet)
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

    /// Writes all changes, or none: seals them, moves the tally, seals the header, commits durably.
    pub(crate) fn commit(
        &mut self,
        connection: &mut Connection,
        changes: &[Change],
    ) -> Result<(), VaultError> {
        self.transact(connection, |rows, transaction, header| {
            rows.write_changes(transaction, header, changes)
        })
    }

    /// Writes slots: `slots` is the whole new set.
    pub(crate) fn commit_slots(
        &mut self,
        connection: &mut Connection,
        slots: &[Slot],
    ) -> Result<(), VaultError> {
        self.transact(connection, |_, transaction, header| {
            transaction.execute("DELETE FROM slot", [])?;
            for slot in slots {
                slot.write(transaction)?;
            }
            header.slots = slot::fingerprint(slots);
            Ok(Vec::new())
        })
    }

    fn transact(
        &mut self,
        connection: &mut Connection,
        write: impl FnOnce(
            &Self,
            &Transaction<'_>,
            &mut Header,
        ) -> Result<Vec<(RecordId, Option<Known>)>, VaultError>,
    ) -> Result<(), VaultError> {
        if self.older_copy {
            return Err(VaultError::OlderCopy);
        }
        let mut header = self.header;
        header.generation += 1;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let written = stack::wiped(|| write(self, &transaction, &mut header))?;
        header.seals += 1;
        // Counted in memory even if the commit fails: those nonces are spent
        self.header.seals = header.seals;
        if header.seals > MOST_SEALS {
            return Err(VaultError::SealsSpent);
        }
        let sealed = stack::wiped(|| header.seal(self.vault, &self.key, &self.random))?;
        transaction.execute(
            "INSERT OR REPLACE INTO header (one, vault, sealed) VALUES (1, ?1, ?2)",
            (self.vault.0, sealed),
        )?;
        transaction.commit()?;
        self.header = header;
        for (id, known) in written {
            match known {
                Some(known) => self.known.insert(id, known),
                None => self.known.remove(&id),
            };
        }
        Ok(())
    }

    fn write_changes(
        &self,
        transaction: &Transaction<'_>,
        header: &mut Header,
        changes: &[Change],
    ) -> Result<Vec<(RecordId, Option<Known>)>, VaultError> {
        let cells = self.key.records();
        let marks = self.key.tally();
        let mut written: Vec<(RecordId, Option<Known>)> = Vec::with_capacity(changes.len());
        for change in changes {
            let (id, new) = match change {
                Change::Put {
                    id,
                    kind,
                    body,
                    moving,
                } => {
                    let body = self.sealed(&cells, header, id, *kind, BODY, body)?;
                    let moving = moving
                        .as_ref()
                        .map(|moving| self.sealed(&cells, header, id, *kind, MOVING, moving))
                        .transpose()?;
                    transaction
                        .prepare_cached("INSERT OR REPLACE INTO record (id, kind, body, moving) VALUES (?1, ?2, ?3, ?4)")?
                        .execute((id.0, kind.code(), &body, &moving))?;
                    (*id, know(&marks, *id, *kind, &body, moving.as_deref()))
                }
                Change::Move { id, moving } => {
                    let old = self.known.get(id).ok_or(VaultError::Gone)?;
                    let moving = self.sealed(&cells, header, id, old.kind, MOVING, moving)?;
                    transaction
                        .prepare_cached("UPDATE record SET moving = ?2 WHERE id = ?1")?
                        .execute((id.0, &moving))?;
                    let mark = mark(&marks, *id, old.kind, &old.body, print(&moving).as_ref());
                    (*id, Some(Known { mark, ..*old }))
                }
                Change::Remove { id } => {
                    transaction
                        .prepare_cached("DELETE FROM record WHERE id = ?1")?
                        .execute([id.0])?;
                    (*id, None)
                }
            };
            // One transaction changes a row at most once, so what is known from before is what the tally holds
            if let Some(old) = self.known.get(&id) {
                header.tally.subtract(&old.mark);
                header.rows -= 1;
            }
            if let Some(new) = &new {
                header.tally.add(&new.mark);
                header.rows += 1;
            }
            written.push((id, new));
        }
        Ok(written)
    }

    fn sealed(
        &self,
        cells: &CellKey,
        header: &mut Header,
        id: &RecordId,
        kind: Kind,
        column: &'static str,
        plain: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        header.seals += 1;
        Ok(cells.seal(
            &spot(self.vault, id, kind, column),
            header.generation,
            plain,
            &self.random,
        )?)
    }
}

const BODY: &str = "body";
const MOVING: &str = "moving";

fn spot<'a>(vault: VaultId, id: &'a RecordId, kind: Kind, column: &'static str) -> Spot<'a> {
    Spot {
        vault,
        table: "record",
        row: &id.0,
        column,
        kind: kind.code(),
        extra: &[],
    }
}

fn know(
    marks: &hmac::Key,
    id: RecordId,
    kind: Kind,
    body: &[u8],
    moving: Option<&[u8]>,
) -> Option<Known> {
    let body = print(body)?;
    let moving = match moving {
        Some(moving) => Some(print(moving)?),
        None => None,
    };
    Some(Known {
        kind,
        body,
        mark: mark(marks, id, kind, &body, moving.as_ref()),
    })
}

/// A row's mark: HMAC-SHA256 of `id ‖ kind ‖ body's print ‖ moving's print`, the last absent where the cell is NULL.
fn mark(
    marks: &hmac::Key,
    id: RecordId,
    kind: Kind,
    body: &[u8; 36],
    moving: Option<&[u8; 36]>,
) -> [u8; 32] {
    let mut context = hmac::Context::with_key(marks);
    context.update(&id.0);
    context.update(&[kind.code()]);
    context.update(body);
    if let Some(moving) = moving {
        context.update(moving);
    }
    context
        .sign()
        .as_ref()
        .try_into()
        .expect("HMAC-SHA256 gives 32 bytes")
}
