//! Notes: what happened, for the list of activities. Sealed records like the others; the body is the caller's.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::Vault;
use crate::body;
use crate::error::VaultError;
use crate::id::RecordId;
use crate::rows::{Change, Kind};

/// Notes kept; one more pushes the oldest out, so that a vault does not grow for ever.
const MOST_NOTES: usize = 1_000;

/// The longest body of a note in bytes.
const LONGEST_NOTE: usize = 4 * 1024;

/// One note.
pub struct Note {
    /// Its id.
    pub id: RecordId,
    /// When it happened, Unix time in milliseconds.
    pub at_ms: i64,
    /// What happened, as the caller wrote it. Wiped when dropped: it names people and applications.
    pub body: Zeroizing<Vec<u8>>,
}

/// Every note, by time; those of one millisecond in the order in which they were written, which the generation tells.
#[derive(Default)]
pub(super) struct Notes(BTreeMap<(i64, u64, RecordId), Zeroizing<Vec<u8>>>);

impl Notes {
    pub(super) fn insert(&mut self, at_ms: i64, generation: u64, id: RecordId, body: &[u8]) {
        self.0
            .insert((at_ms, generation, id), Zeroizing::new(body.to_vec()));
    }

    /// What writes every note.
    pub(super) fn changes(&self) -> impl Iterator<Item = Change> {
        let notes = self.0.iter();
        notes.map(|((at_ms, _, id), body)| put_note(*id, *at_ms, body))
    }
}

impl Vault {
    /// Writes a note. `at_ms` is Unix time in milliseconds.
    ///
    /// Only the newest 1,000 are kept. A body over 4 KiB is [`VaultError::TooLong`].
    pub fn note(&mut self, at_ms: i64, body: &[u8]) -> Result<RecordId, VaultError> {
        if body.len() > LONGEST_NOTE {
            return Err(VaultError::TooLong);
        }
        let id = RecordId::make(self.rows.random())?;
        let mut changes = vec![put_note(id, at_ms, body)];
        let too_many = (self.content.notes.0.len() + 1).saturating_sub(MOST_NOTES);
        let oldest: Vec<_> = self
            .content
            .notes
            .0
            .keys()
            .take(too_many)
            .copied()
            .collect();
        changes.extend(oldest.iter().map(|(_, _, id)| Change::Remove { id: *id }));
        let generation = self.rows.next_generation();
        self.commit(changes)?;
        for key in &oldest {
            self.content.notes.0.remove(key);
        }
        self.content.notes.insert(at_ms, generation, id, body);
        Ok(id)
    }

    /// Every note, newest first.
    pub fn notes(&self) -> Vec<Note> {
        let newest_first = self.content.notes.0.iter().rev();
        newest_first
            .map(|((at_ms, _, id), body)| Note {
                id: *id,
                at_ms: *at_ms,
                body: body.clone(),
            })
            .collect()
    }

    /// Removes the notes of before `before_ms`, Unix time in milliseconds.
    pub fn forget_notes_before(&mut self, before_ms: i64) -> Result<(), VaultError> {
        let old: Vec<_> = self
            .content
            .notes
            .0
            .keys()
            .take_while(|(at_ms, _, _)| *at_ms < before_ms)
            .copied()
            .collect();
        if old.is_empty() {
            return Ok(());
        }
        let changes: Vec<_> = old
            .iter()
            .map(|(_, _, id)| Change::Remove { id: *id })
            .collect();
        self.commit(changes)?;
        for key in &old {
            self.content.notes.0.remove(key);
        }
        Ok(())
    }
}

fn put_note(id: RecordId, at_ms: i64, body: &[u8]) -> Change {
    Change::Put {
        id,
        kind: Kind::Note,
        body: body::write_note(at_ms, body),
        moving: None,
        device: None,
    }
}
