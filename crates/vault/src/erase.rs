//! What ten wrong tries destroy (row V11): the PIN's slot and everything bound to this device, without a key at hand.

use rusqlite::{Transaction, TransactionBehavior};

use crate::create::remove_if_there;
use crate::credential::SlotKind;
use crate::file::VaultFile;
use crate::schema::FORMAT;

impl VaultFile {
    /// Destroys what a stop of `kind` destroys. It may be called again: a process that was killed in between is caught up with
    /// at the next look at the vault, and a keystore that failed is asked again.
    ///
    /// The PIN's slot dies with the device secret, the device cells with the erasable one. The slot's row stays until another
    /// slot gives the key, as the header vouches for it.
    pub(crate) fn erase_device_bound(&self, kind: SlotKind) {
        let keystore = &self.place.keystore;
        if kind == SlotKind::Pin {
            let _ = keystore.erase(&self.device_secret_name());
        }
        let _ = keystore.erase(&self.erasable_name());
        let _ = self.wipe_device_cells();
        // The predecessor held keys under the vault key alone
        for format in 1..FORMAT {
            let _ = remove_if_there(&self.place.kept_path(format));
        }
    }

    fn wipe_device_cells(&self) -> rusqlite::Result<()> {
        if self.format == 1 {
            return Ok(());
        }
        let immediate = TransactionBehavior::Immediate;
        let transaction = Transaction::new_unchecked(&self.connection, immediate)?;
        let wiped = transaction.execute("DELETE FROM device", [])?
            + transaction.execute("DELETE FROM erasable", [])?;
        transaction.commit()?;
        if wiped > 0 {
            // The file's pages are overwritten only when the log is played into it, and the log itself is cut
            self.connection
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        }
        Ok(())
    }
}
