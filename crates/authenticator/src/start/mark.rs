//! The mark of an installation: a small file for each vault, apart from the vault and from the keystore, which no backup of a phone takes along.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::PathBuf,
};

use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

/// What an installation's mark begins with; one file for each vault, so that another one takes no mark away.
const INSTALLED: &str = "installed-";
/// The same of a vault that was set aside: its person began anew, and may put the file back.
const SET_ASIDE: &str = "set-aside-";

/// Where marks lie, and the machine that they are bound to.
#[derive(Clone, Debug)]
pub struct InstallMark {
    /// The folder, which is never the vault's own.
    pub folder: PathBuf,
    /// What the system calls this machine, where it has such a name: a home folder that was copied whole is then noticed too.
    pub machine: Option<String>,
}

/// What is in the file.
#[derive(Serialize, Deserialize)]
struct Written {
    vault: String,
    /// A digest, as systemd asks for: the machine's own id is told to nobody.
    machine: Option<String>,
}

/// A mark that is on the disk, and not in its place yet.
pub(crate) struct Prepared {
    from: PathBuf,
    to: PathBuf,
}

impl InstallMark {
    /// Whether an installation left a mark here, of whichever vault.
    pub(crate) fn is_there(&self) -> bool {
        let files = fs::read_dir(&self.folder).into_iter().flatten();
        files.flatten().any(|file| {
            let name = file.file_name();
            let name = name.to_string_lossy();
            name.starts_with(INSTALLED) && !name.ends_with(".new")
        })
    }

    /// Whether there is a mark of this vault on this machine. A machine that has no name, now or then, is not another one.
    pub(crate) fn is_of(&self, vault: &str) -> bool {
        let marks = [INSTALLED, SET_ASIDE].map(|kind| self.path(kind, vault));
        marks.iter().any(|path| {
            let read = fs::read(path).ok();
            let read = read.and_then(|bytes| serde_json::from_slice::<Written>(&bytes).ok());
            read.is_some_and(|read| {
                let is_same = match (read.machine, self.digest(vault)) {
                    (Some(then), Some(now)) => then == now,
                    _ => true,
                };
                read.vault == vault && is_same
            })
        })
    }

    /// Writes the mark, durably, beside where it belongs.
    pub(crate) fn prepare(&self, vault: &str) -> io::Result<Prepared> {
        fs::create_dir_all(&self.folder)?;
        let to = self.path(INSTALLED, vault);
        let from = to.with_extension("new");
        let written = Written {
            vault: vault.to_owned(),
            machine: self.digest(vault),
        };
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&from)?;
        file.write_all(&serde_json::to_vec(&written)?)?;
        file.sync_all()?;
        Ok(Prepared { from, to })
    }

    /// Leaves the mark: the vault relies on it from then on.
    pub(crate) fn write(&self, vault: &str) -> io::Result<()> {
        self.prepare(vault)?.leave()
    }

    /// The vault is no longer used: what is found here next is no reinstalled app. The mark is kept under another name, since
    /// the file may be put back.
    pub(crate) fn set_aside(&self) {
        for file in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let name = file.file_name();
            if let Some(vault) = name.to_string_lossy().strip_prefix(INSTALLED) {
                // One that stays says "reinstalled" once too often
                let _ = fs::rename(file.path(), self.path(SET_ASIDE, vault));
            }
        }
    }

    fn path(&self, kind: &str, vault: &str) -> PathBuf {
        self.folder.join(format!("{kind}{vault}"))
    }

    fn digest(&self, vault: &str) -> Option<String> {
        let machine = self.machine.as_deref()?;
        let told = format!("countersign install mark\0{vault}\0{machine}");
        Some(HEXLOWER.encode(digest(&SHA256, told.as_bytes()).as_ref()))
    }
}

impl Prepared {
    /// Puts it in its place.
    pub(crate) fn leave(self) -> io::Result<()> {
        fs::rename(&self.from, &self.to)?;
        if cfg!(unix)
            && let Some(folder) = self.to.parent()
        {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(folder: &std::path::Path, machine: Option<&str>) -> InstallMark {
        InstallMark {
            folder: folder.join("state"),
            machine: machine.map(str::to_owned),
        }
    }

    #[test]
    fn a_mark_is_of_one_vault_on_one_machine() {
        let folder = tempfile::tempdir().unwrap();
        let mark = on(folder.path(), Some("ward"));
        assert!(!mark.is_there() && !mark.is_of("a"));
        mark.write("a").unwrap();
        assert!(mark.is_there() && mark.is_of("a"));
        assert!(!mark.is_of("b"));
        assert!(!on(folder.path(), Some("office")).is_of("a"));
        let text = fs::read_to_string(folder.path().join("state/installed-a")).unwrap();
        assert!(!text.contains("ward"), "{text}");
        // Another vault takes no mark away
        mark.write("b").unwrap();
        assert!(mark.is_of("a") && mark.is_of("b"));
        let cut = folder.path().join("state/installed-b");
        fs::write(cut, &text[..text.len() / 2]).unwrap();
        assert!(!mark.is_of("b"), "a mark cut short is none");
    }

    #[test]
    fn a_machine_without_a_name_is_no_other_machine() {
        let folder = tempfile::tempdir().unwrap();
        on(folder.path(), None).write("a").unwrap();
        assert!(on(folder.path(), Some("ward")).is_of("a"));
        on(folder.path(), Some("ward")).write("a").unwrap();
        assert!(on(folder.path(), None).is_of("a"));
    }

    #[test]
    fn a_vault_that_was_set_aside_and_comes_back_is_still_of_this_installation() {
        let folder = tempfile::tempdir().unwrap();
        let mark = on(folder.path(), Some("ward"));
        mark.write("a").unwrap();
        mark.set_aside();
        assert!(!mark.is_there() && mark.is_of("a"));
        assert!(!on(folder.path(), Some("office")).is_of("a"));
        mark.write("b").unwrap();
        assert!(mark.is_there() && mark.is_of("a"));
    }
}
