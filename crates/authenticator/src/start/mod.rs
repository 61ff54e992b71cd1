//! What the app finds when it starts: the vault's rows, the key in the keystore, and the mark of this installation.
//!
//! | rows | key | mark | so |
//! | --- | --- | --- | --- |
//! | yes | yes | this vault's | the same device |
//! | yes | no | any | the file came from elsewhere: no PIN opens it here |
//! | no | | any, or the keystore's note | reinstalled: the accounts are gone, and the person should hear how they come back |
//! | yes | yes | none, or another | a copy: another installation may answer with the same keys, so this one does not |
//! | older than the keystore remembers | yes | | an older copy (row V7) |
//!
//! None of this keeps an attacker out, who can copy the mark too: then the service sees two devices with one sequence (row D4).
//! A keystore that cannot be read is none of these states, only an error: what it holds may still be there.

mod mark;

use countersign_vault::{Keystore, Vault, VaultError};

pub use mark::InstallMark;

use crate::surroundings::Surroundings;

/// The keystore's note that there was a vault on this device.
const NOTE: &str = "installed";
/// The vault's own note that its installation has a mark.
const MARKED: &str = "marked";

/// Whether a vault was on this device before, though none is here.
pub(crate) fn was_here(surroundings: &Surroundings) -> bool {
    let noted = surroundings.place.keystore.read(NOTE);
    surroundings.mark.is_there() || matches!(noted, Ok(Some(_)))
}

/// Compares the open vault with this installation, and gives one without a mark its own. Whether it is another's copy.
///
/// Where the mark cannot be written, a full disk say, nothing depends on it yet: the next unlock tries again.
pub(crate) fn compare(surroundings: &Surroundings, vault: &mut Vault) -> bool {
    let id = vault.id();
    let is_here = surroundings.mark.is_of(&id);
    if vault.setting(MARKED).is_some() {
        if !is_here {
            vault.treat_as_older_copy();
        }
        return !is_here;
    }
    if !vault.is_older_copy() {
        let _ = settle(surroundings, vault, is_here);
    }
    false
}

/// Takes a copy for this installation's vault, from now on.
pub(crate) fn take_over(surroundings: &Surroundings, vault: &mut Vault) -> Result<(), VaultError> {
    // First the keys of the copy go: a mark beside working keys would make two devices of one
    vault.use_older_copy()?;
    settle(surroundings, vault, false)
}

/// The vault is no longer this installation's: the person begins anew, and is not somebody who came back.
pub(crate) fn forget(surroundings: &Surroundings) {
    surroundings.mark.remove();
    // A note that stays says "reinstalled" once too often
    let _ = surroundings.place.keystore.erase(NOTE);
}

fn settle(
    surroundings: &Surroundings,
    vault: &mut Vault,
    has_mark: bool,
) -> Result<(), VaultError> {
    let id = vault.id();
    if !has_mark {
        let written = surroundings.mark.write(&id);
        written.map_err(|_| VaultError::NotStored)?;
    }
    note(surroundings.place.keystore.as_ref(), &id);
    vault.set_setting(MARKED, Some("yes"))
}

/// Where there is no keystore, the mark alone tells that the app was here.
fn note(keystore: &dyn Keystore, id: &str) {
    let _ = keystore.write(NOTE, id.as_bytes());
}
