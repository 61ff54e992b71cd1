//! The mark of an installation: a small file apart from the vault and from the keystore, which no backup of a phone takes along.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::PathBuf,
};

use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

/// Where the mark lies, and the machine that it is bound to.
#[derive(Clone, Debug)]
pub struct InstallMark {
    /// The file. Its folder is the vault's neighbour, never the vault's own.
    pub file: PathBuf,
    /// What the system calls this machine, where it has such a name: a home folder that was copied whole is then noticed too.
    pub machine: Option<String>,
}

/// What is in the file.
#[derive(Serialize, Deserialize, PartialEq, Eq)]
struct Written {
    vault: String,
    /// A digest, as systemd asks for: the machine's own id is told to nobody.
    machine: String,
}

impl InstallMark {
    /// Whether an installation left its mark, of whichever vault.
    pub(crate) fn is_there(&self) -> bool {
        self.file.exists()
    }

    /// Whether the mark is of this vault on this machine.
    pub(crate) fn is_of(&self, vault: &str) -> bool {
        let read = fs::read(&self.file).ok();
        let read = read.and_then(|bytes| serde_json::from_slice::<Written>(&bytes).ok());
        read == Some(self.of(vault))
    }

    /// Leaves the mark, durably: the vault relies on it from then on.
    pub(crate) fn write(&self, vault: &str) -> io::Result<()> {
        let folder = self.file.parent().ok_or(io::ErrorKind::InvalidInput)?;
        fs::create_dir_all(folder)?;
        let beside = self.file.with_extension("new");
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&beside)?;
        file.write_all(&serde_json::to_vec(&self.of(vault))?)?;
        file.sync_all()?;
        fs::rename(&beside, &self.file)?;
        if cfg!(unix) {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }

    /// Takes the mark away; well if there is none.
    pub(crate) fn remove(&self) {
        // One that stays is of a vault that is gone, and says "reinstalled" once too often
        let _ = fs::remove_file(&self.file);
    }

    fn of(&self, vault: &str) -> Written {
        let machine = self.machine.as_deref().unwrap_or_default();
        let told = format!("countersign install mark\0{vault}\0{machine}");
        Written {
            vault: vault.to_owned(),
            machine: HEXLOWER.encode(digest(&SHA256, told.as_bytes()).as_ref()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test says by its panic what is wrong")]

    use super::*;

    #[test]
    fn a_mark_is_of_one_vault_on_one_machine() {
        let folder = tempfile::tempdir().unwrap();
        let on = |machine: &str| InstallMark {
            file: folder.path().join("state/installed"),
            machine: Some(machine.to_owned()),
        };
        let mark = on("ward");
        assert!(!mark.is_there() && !mark.is_of("a"));
        mark.write("a").unwrap();
        assert!(mark.is_there() && mark.is_of("a"));
        assert!(!mark.is_of("b"));
        assert!(!on("office").is_of("a"));
        mark.write("b").unwrap();
        assert!(mark.is_of("b") && !mark.is_of("a"));
        let text = fs::read_to_string(&mark.file).unwrap();
        assert!(!text.contains("ward"), "{text}");
        fs::write(&mark.file, &text[..text.len() / 2]).unwrap();
        assert!(!mark.is_of("b"), "a mark cut short is none");
        mark.remove();
        assert!(!mark.is_there());
    }
}
