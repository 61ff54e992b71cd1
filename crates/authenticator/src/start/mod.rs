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

use countersign_vault::{Vault, VaultError};
use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};

pub use mark::InstallMark;

use crate::surroundings::Surroundings;

/// The vault's own note that its installation has a mark.
const MARKED: &str = "marked";

/// Whether a vault was on this device before, though none is here.
pub(crate) fn was_here(surroundings: &Surroundings) -> bool {
    let noted = surroundings.place.keystore.read(&note(surroundings));
    surroundings.mark.is_there() || matches!(noted, Ok(Some(_)))
}

/// Compares the open vault with this installation, and gives one without a mark its own. Whether it is another's copy.
///
/// Where the mark cannot be written, a full disk say, nothing depends on it yet: the next unlock tries again.
pub(crate) fn compare(surroundings: &Surroundings, vault: &mut Vault) -> bool {
    if vault.is_older_copy() {
        // Whichever installation's: it is not the present one, and nothing depends on a mark
        return false;
    }
    let is_here = surroundings.mark.is_of(&vault.id());
    if vault.setting(MARKED).is_some() {
        if !is_here {
            vault.treat_as_older_copy();
        }
        return !is_here;
    }
    let _ = settle(surroundings, vault, is_here);
    false
}

/// Takes a copy for this installation's vault, from now on.
pub(crate) fn take_over(surroundings: &Surroundings, vault: &mut Vault) -> Result<(), VaultError> {
    // Where no mark can be left, it would be a copy again at the next unlock, and the new keys would go like these
    let mark = surroundings.mark.prepare(&vault.id());
    let mark = mark.map_err(|_| VaultError::NotStored)?;
    // First the keys of the copy go: a mark beside working keys would make two devices of one
    vault.use_older_copy()?;
    mark.leave().map_err(|_| VaultError::NotStored)?;
    settle(surroundings, vault, true)
}

/// The person says that this is where the vault always was: the machine got another name, or the mark was lost. Its keys
/// stay. Were it a copy all the same, the service sees two devices with one sequence (row D4).
pub(crate) fn keep(surroundings: &Surroundings, vault: &mut Vault) -> Result<(), VaultError> {
    let written = surroundings.mark.write(&vault.id());
    written.map_err(|_| VaultError::NotStored)?;
    vault.treat_as_present();
    settle(surroundings, vault, true)
}

/// The vault was set aside: the person begins anew, and is not somebody who came back.
pub(crate) fn forget(surroundings: &Surroundings) {
    surroundings.mark.set_aside();
    // A note that stays says "reinstalled" once too often
    let _ = surroundings.place.keystore.erase(&note(surroundings));
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
    // Where there is no keystore, the mark alone tells that the app was here
    let keystore = &surroundings.place.keystore;
    let _ = keystore.write(&note(surroundings), id.as_bytes());
    vault.set_setting(MARKED, Some("yes"))
}

/// The keystore's note that there was a vault in this folder: other folders of the same person have their own.
fn note(surroundings: &Surroundings) -> String {
    let folder = surroundings.place.directory.to_string_lossy();
    let folder = digest(&SHA256, folder.as_bytes());
    let short: String = HEXLOWER.encode(folder.as_ref()).chars().take(16).collect();
    format!("installed {short}")
}
