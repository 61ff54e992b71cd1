//! Writing changes: cells, tally and header in one transaction.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::mark::{BODY, MOVING, device_spot, know, mark, spot};
use super::{Change, Kind, Known, Rows};
use crate::erasable::Home;
use crate::error::VaultError;
use crate::header::Header;
use crate::id::RecordId;
use crate::seal::{CellKey, MOST_SEALS, Nonces, Spot, print};
use crate::slot::{self, Slot};
use crate::stack;

impl Rows {
    /// Writes all changes, or none: seals them, moves the tally, seals the header, commits durably.
    pub(crate) fn commit(
        &mut self,
        connection: &mut Connection,
        changes: &[Change],
    ) -> Result<(), VaultError> {
        self.commit_with_slots(connection, None, changes)
    }

    /// As [`Rows::commit`], with slots in the same transaction: `slots` is the whole new set.
    pub(crate) fn commit_with_slots(
        &mut self,
        connection: &mut Connection,
        slots: Option<&[Slot]>,
        changes: &[Change],
    ) -> Result<(), VaultError> {
        self.transact(connection, |rows, transaction, header| {
            if let Some(slots) = slots {
                transaction.execute("DELETE FROM slot", [])?;
                for slot in slots {
                    slot.write(transaction)?;
                }
                header.slots = slot::fingerprint(slots);
            }
            if rows.erasable_is_new {
                rows.write_erasable(transaction)?;
            }
            rows.write_changes(transaction, header, changes)
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
        if self.is_older_format() {
            return Err(VaultError::NotStored);
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
        self.erasable_is_new = false;
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
        let cells = self.key.records(self.format);
        let marks = self.key.tally(self.format);
        let device_key = self.erasable.as_ref();
        let device_key = device_key.map(|erasable| self.key.device(erasable.expose()));
        let mut nonces = Nonces::from(&self.random);
        let mut written: Vec<(RecordId, Option<Known>)> = Vec::with_capacity(changes.len());
        // In the order in which the rows lie in the file, so that many of them fill its pages one after the other
        let mut changes: Vec<&Change> = changes.iter().collect();
        changes.sort_unstable_by_key(|change| change.id());
        for change in changes {
            let (id, new) = match change {
                Change::Put {
                    id,
                    kind,
                    body,
                    moving,
                    device,
                } => {
                    let spot = |column| spot(self.format, self.vault, id, *kind, column);
                    let body = seal(&cells, &spot(BODY), header, body, &mut nonces)?;
                    let moving = moving
                        .as_ref()
                        .map(|moving| seal(&cells, &spot(MOVING), header, moving, &mut nonces))
                        .transpose()?;
                    transaction
                        .prepare_cached("INSERT OR REPLACE INTO record (id, kind, body, moving) VALUES (?1, ?2, ?3, ?4)")?
                        .execute((id.0, kind.code(), &body, &moving))?;
                    let known = know(&marks, *id, *kind, &body, moving.as_deref());
                    let known = known.ok_or(VaultError::NotStored)?;
                    if let Some(device) = device {
                        let key = device_key.as_ref().ok_or(VaultError::NotStored)?;
                        let spot = device_spot(self.format, self.vault, id, *kind, &known.body);
                        let cell = seal(key, &spot, header, device, &mut nonces)?;
                        transaction
                            .prepare_cached(
                                "INSERT OR REPLACE INTO device (id, cell) VALUES (?1, ?2)",
                            )?
                            .execute((id.0, &cell))?;
                    } else if *kind == Kind::Organisation {
                        remove_device_cell(transaction, *id)?;
                    }
                    (*id, Some(known))
                }
                Change::Move { id, moving } => {
                    let old = self.known.get(id).ok_or(VaultError::Gone)?;
                    let spot = spot(self.format, self.vault, id, old.kind, MOVING);
                    let moving = seal(&cells, &spot, header, moving, &mut nonces)?;
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
                    if self.kind(*id) == Some(Kind::Organisation) {
                        remove_device_cell(transaction, *id)?;
                    }
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

    fn write_erasable(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        // Cells of the old one are noise now; the caller's changes bring every account that has something in one
        transaction.execute("DELETE FROM device", [])?;
        transaction.execute("DELETE FROM erasable", [])?;
        if let Some(erasable) = &self.erasable
            && erasable.home == Home::File
        {
            transaction.execute(
                "INSERT INTO erasable (one, secret) VALUES (1, ?1)",
                [erasable.expose()],
            )?;
        }
        Ok(())
    }
}

/// Seals a cell and counts it.
fn seal(
    key: &CellKey,
    spot: &Spot<'_>,
    header: &mut Header,
    plain: &[u8],
    nonces: &mut Nonces<'_>,
) -> Result<Vec<u8>, VaultError> {
    header.seals += 1;
    Ok(key.seal(spot, header.generation, plain, nonces)?)
}

fn remove_device_cell(transaction: &Transaction<'_>, id: RecordId) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("DELETE FROM device WHERE id = ?1")?
        .execute([id.0])?;
    Ok(())
}
