//! A file for a person, under a name that none has yet.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use tempfile::Builder;

/// Numbers that are tried where there is such a file already.
const MOST_OF_A_DAY: u32 = 100;

/// What a file is called while it is written.
const PART: &str = ".countersign-part-";

/// Writes `Countersign 2026-09-21.txt`, or `Countersign 2026-09-21 (2).txt` and so on, for its owner alone. It is there whole or
/// not at all, and takes the place of no other file.
pub(super) fn save(folder: &Path, now_ms: i64, ending: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    remove_parts(folder);
    let mut part = Builder::new().prefix(PART).tempfile_in(folder)?;
    part.write_all(bytes)?;
    part.as_file().sync_all()?;
    let day = Timestamp::from_millisecond(now_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    let day = day.strftime("%Y-%m-%d");
    for number in 1..=MOST_OF_A_DAY {
        let name = match number {
            1 => format!("Countersign {day}.{ending}"),
            number => format!("Countersign {day} ({number}).{ending}"),
        };
        let path = folder.join(name);
        match part.persist_noclobber(&path) {
            Ok(_) => {
                if cfg!(unix) {
                    // Some shared folders cannot; the file is there all the same
                    let _ = File::open(folder).and_then(|folder| folder.sync_all());
                }
                return Ok(path);
            }
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => part = error.file,
            Err(error) => return Err(error.error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Removes what a killed app left half-written: it may hold keys in clear.
fn remove_parts(folder: &Path) {
    for file in fs::read_dir(folder).into_iter().flatten().flatten() {
        if file.file_name().to_string_lossy().starts_with(PART) {
            let _ = fs::remove_file(file.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: i64 = 1_795_492_110_000;

    #[test]
    fn no_file_takes_the_place_of_another_and_each_is_its_owners() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("Downloads");
        let first = save(&folder, NOW_MS, "txt", b"one").unwrap();
        fs::write(folder.join(".countersign-part-Xy12"), "half").unwrap();
        let second = save(&folder, NOW_MS, "txt", b"two").unwrap();
        assert_eq!(fs::read(&first).unwrap(), b"one");
        assert_eq!(fs::read(&second).unwrap(), b"two");
        let names = [&first, &second].map(|path| path.file_name().unwrap().to_str().unwrap());
        assert_eq!(
            names,
            [
                "Countersign 2026-11-24.txt",
                "Countersign 2026-11-24 (2).txt"
            ]
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(&first).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        // Nothing half-written stays behind, nor what a killed app left
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
    }

    #[test]
    fn a_folder_that_is_none_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(save(&file, NOW_MS, "txt", b"one").is_err());
    }
}
