//! What lies in a running process's memory, searched for what must not be there.

use std::{
    fs::{self, File},
    os::unix::fs::FileExt as _,
    path::Path,
};

use anyhow::{Context as _, Result};
use data_encoding::HEXLOWER;

/// As much is read at one time.
const PIECE: usize = 1 << 20;
/// Memory that nobody wrote to is passed over by the page.
const PAGE: usize = 4096;
const UNTOUCHED: [u8; PAGE] = [0; PAGE];

/// What the C library's allocator gave out, to Rust and to GTK. The web engine has an allocator of its own.
pub const HEAP: &str = "the heap";
/// The C library's arenas of threads other than the first begin at multiples of so many bytes (malloc/arena.c).
const ARENA: u64 = 64 << 20;

/// Something that must not be found, in every form in which a program may hold it.
pub struct Canary {
    name: String,
    forms: Vec<(&'static str, Vec<u8>)>,
}

impl Canary {
    /// A text: as bytes, and as the 16-bit characters of a web page's scripts.
    pub fn text(name: &str, text: &str) -> Self {
        let wide = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        Self {
            name: name.to_owned(),
            forms: vec![("text", text.as_bytes().to_vec()), ("wide text", wide)],
        }
    }

    /// Bytes, as they are and in hexadecimal.
    pub fn bytes(name: &str, bytes: &[u8]) -> Self {
        let hex = HEXLOWER.encode(bytes);
        Self {
            name: name.to_owned(),
            forms: vec![("bytes", bytes.to_vec()), ("hexadecimal", hex.into_bytes())],
        }
    }
}

/// A search for all forms of many canaries at once.
pub struct Search<'a> {
    forms: Vec<(&'a str, &'static str, &'a [u8])>,
    /// Whether some form begins with these two bytes.
    begins: Vec<bool>,
    longest: usize,
}

impl<'a> Search<'a> {
    /// Looks for `canaries`, of two bytes or more each.
    pub fn new(canaries: &'a [Canary]) -> Self {
        let forms: Vec<_> = canaries
            .iter()
            .flat_map(|canary| {
                let forms = canary.forms.iter();
                forms.map(|(form, bytes)| (&*canary.name, *form, &**bytes))
            })
            .collect();
        let mut begins = vec![false; 1 << 16];
        for (_, _, bytes) in &forms {
            if let [first, second, ..] = bytes {
                begins[usize::from(*first) << 8 | usize::from(*second)] = true;
            }
        }
        let longest = forms.iter().map(|(_, _, bytes)| bytes.len()).max();
        Self {
            forms,
            begins,
            longest: longest.unwrap_or(0),
        }
    }

    /// Where in `bytes`, which are called `place`, any of them lies: one line each.
    pub fn in_bytes(&self, place: &str, bytes: &[u8]) -> Vec<String> {
        let mut found = Vec::new();
        let mut at = 0;
        while at + 1 < bytes.len() {
            if at.is_multiple_of(PAGE) && bytes[at..].starts_with(&UNTOUCHED) {
                // The last byte of the page may begin something
                at += PAGE - 1;
                continue;
            }
            if self.begins[usize::from(bytes[at]) << 8 | usize::from(bytes[at + 1])] {
                let here = self
                    .forms
                    .iter()
                    .filter(|(_, _, form)| bytes[at..].starts_with(form));
                found.extend(
                    here.map(|(name, form, _)| format!("{name} as {form} in {place} at {at:#x}")),
                );
            }
            at += 1;
        }
        found
    }

    /// Where they lie in everything that process `pid` may write to.
    ///
    /// Fails where the caller may not read that memory: it must be the process's ancestor, or root.
    pub fn in_process(&self, pid: i32) -> Result<Vec<String>> {
        let memory = File::open(format!("/proc/{pid}/mem"))
            .context("the app's memory cannot be read: run the tests as root")?;
        let mut found = Vec::new();
        let mut piece = vec![0; PIECE + self.longest];
        for line in fs::read_to_string(format!("/proc/{pid}/maps"))?.lines() {
            // proc_pid_maps(5): address range, permissions, offset, device, inode, path
            let mut fields = line.split_whitespace();
            let (range, rights) = (
                fields.next().unwrap_or_default(),
                fields.next().unwrap_or_default(),
            );
            if !rights.starts_with("rw") {
                continue;
            }
            let named = fields.nth(3);
            let (start, end) = range.split_once('-').context("a range has two ends")?;
            let start = u64::from_str_radix(start, 16)?;
            let place = match named {
                Some("[heap]") => HEAP,
                None if start.is_multiple_of(ARENA) => HEAP,
                named => named.unwrap_or("memory without a name"),
            };
            let (mut at, end) = (start, u64::from_str_radix(end, 16)?);
            while at < end {
                let wanted = usize::try_from(end - at)?.min(piece.len());
                // A page may be gone by now, or belong to a device
                let Ok(read) = memory.read_at(&mut piece[..wanted], at) else {
                    break;
                };
                if read == 0 {
                    break;
                }
                found.extend(self.in_bytes(&format!("{place} ({at:x})"), &piece[..read]));
                at += u64::try_from(read.min(PIECE))?;
            }
        }
        Ok(found)
    }

    /// Where they lie in the files under `folder`, and in the names of those.
    pub fn in_files(&self, folder: &Path) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.display().to_string();
            let kind = fs::symlink_metadata(&path)?.file_type();
            found.extend(self.in_bytes("the name of a file", name.as_bytes()));
            if kind.is_dir() {
                found.extend(self.in_files(&path)?);
            } else if kind.is_file() {
                // A file may be gone by now
                found.extend(self.in_bytes(&name, &fs::read(&path).unwrap_or_default()));
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_found_wherever_it_lies() {
        let canaries = [
            Canary::text("a text", "secret"),
            Canary::bytes("a key", &[7, 0, 9]),
        ];
        let search = Search::new(&canaries);
        let mut bytes = vec![0; 3 * PAGE];
        bytes[PAGE - 1..PAGE + 2].copy_from_slice(&[7, 0, 9]);
        bytes[2 * PAGE - 3..2 * PAGE + 3].copy_from_slice(b"secret");
        let end = bytes.len();
        bytes[end - 6..].copy_from_slice(b"070009");
        assert_eq!(
            search.in_bytes("here", &bytes),
            [
                "a key as bytes in here at 0xfff",
                "a text as text in here at 0x1ffd",
                "a key as hexadecimal in here at 0x2ffa"
            ]
        );
        assert_eq!(search.in_bytes("here", &vec![0; 3 * PAGE]), [""; 0]);
    }
}
