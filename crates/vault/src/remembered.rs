//! The generation as the keystore remembers it, apart from the file, so that an older file is noticed (row V7).
//!
//! The file is always committed first and the keystore told after: a process that is killed between the two leaves a file
//! that is newer than remembered, which is well. An older one was put back by someone. `FORMAT.md` says when it is told.

use std::sync::Arc;

use crate::keystore::Keystore;

/// Changes that may pass before the keystore is told, where none of them has weight of its own.
const MOST_UNTOLD: u64 = 32;

/// What the keystore remembers of one vault, and what it is yet to be told. Dropping it tells the rest.
pub(crate) struct Remembered {
    keystore: Arc<dyn Keystore>,
    name: String,
    told: u64,
    /// When the keystore was asked last, whether it took it or not: one that does not work is not asked at every change.
    asked: u64,
    reached: u64,
}

impl Remembered {
    /// Reads it. A keystore that does not work or holds nothing remembers nothing: every file is then new enough.
    pub(crate) fn read(keystore: Arc<dyn Keystore>, name: String) -> Self {
        let held = keystore.read(&name).ok().flatten();
        let told = held
            .and_then(|bytes| Some(u64::from_be_bytes(bytes.as_slice().try_into().ok()?)))
            .unwrap_or(0);
        Self {
            keystore,
            name,
            told,
            asked: told,
            reached: told,
        }
    }

    /// The newest generation that the keystore knows of.
    pub(crate) fn told(&self) -> u64 {
        self.told
    }

    /// Notes a committed generation, and tells the keystore now if the change has weight.
    pub(crate) fn committed(&mut self, generation: u64, has_weight: bool) {
        self.reached = self.reached.max(generation);
        if has_weight || self.reached - self.asked >= MOST_UNTOLD {
            self.tell();
        }
    }

    /// A keystore that fails is told at the next occasion: until then an older file is not noticed, and none looks older.
    fn tell(&mut self) {
        self.asked = self.reached;
        if self.reached > self.told
            && self
                .keystore
                .write(&self.name, &self.reached.to_be_bytes())
                .is_ok()
        {
            self.told = self.reached;
        }
    }
}

impl Drop for Remembered {
    fn drop(&mut self) {
        self.tell();
    }
}
