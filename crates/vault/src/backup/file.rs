//! The bytes of a backup (`BACKUP.md`): a head that says when, where and how much, and everything else sealed as a whole
//! (row D5).

use ring::aead::{Aad, Nonce};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use ring::{hkdf, hmac};
use zeroize::Zeroizing;

use super::key::BackupKey;
use super::{Backupable, Contents, Pointer, Restored};
use crate::account::OtherAccount;
use crate::body;
use crate::kdf::KdfProfile;
use crate::seal::CellKey;
use crate::secret::SecretText;

const MAGIC: &[u8; 16] = b"countersign bkp\n";
const VERSION: u32 = 1;
/// The longest device name, bytes.
const NAME_LEN: usize = 55;
const HEAD_LEN: usize = 160;
const MAC_LEN: usize = 32;
/// How many bytes [`peek`] needs.
pub(super) const PEEK_LEN: usize = HEAD_LEN + MAC_LEN;
const TAG_LEN: usize = 16;
const SUM_LEN: usize = 32;
/// What is sealed is a multiple of this long, so that its length tells little.
const PAD_TO: usize = 4096;
/// The longest backup that is opened, bytes: 100,000 accounts with long names.
pub(super) const LONGEST: usize = 64 * 1024 * 1024;

/// What a backup says of itself before it is opened. True only of one that opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// When it was written, Unix time in milliseconds.
    pub at_ms: i64,
    /// Which of two of one key is the newer, whatever the clock said: the vault's generation.
    pub serial: u64,
    /// The device that wrote it; cut to 55 bytes.
    pub device: String,
    /// How many accounts come back whole.
    pub accounts: u32,
    /// How many organisation accounts come back to be reactivated.
    pub organisations: u32,
}

/// What a backup is stamped with.
#[derive(Clone, Copy, Debug)]
pub struct Stamp<'a> {
    /// Now, Unix time in milliseconds.
    pub at_ms: i64,
    /// The vault's generation.
    pub serial: u64,
    /// The name of this device.
    pub device: &'a str,
}

/// Why a backup was not opened. Nothing changed by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unopened {
    /// It does not begin as one.
    #[error("this is no backup of Countersign")]
    NotABackup,
    /// It was altered or cut short since it was written, or asks for more than any backup does.
    #[error("the backup is damaged")]
    Damaged,
    /// A newer release wrote it.
    #[error("backup version {found} is newer than {VERSION}")]
    TooNew {
        /// The file's version.
        found: u32,
    },
    /// It was written with another passphrase.
    #[error("that passphrase does not open the backup")]
    WrongPassphrase,
    /// No memory for key derivation, or no randomness.
    #[error("not enough memory for key derivation")]
    OutOfMemory,
}

/// The head of a file, and what of it is needed to open the rest.
struct Head {
    bytes: [u8; HEAD_LEN],
    salt: [u8; 16],
    profile: KdfProfile,
    file_salt: [u8; 32],
    made: Made,
}

/// Keys of one file, out of the root key and the file's own salt.
struct FileKeys {
    seal: Zeroizing<[u8; 32]>,
    head: hmac::Key,
}

impl FileKeys {
    fn of(root: &[u8; 32], file_salt: &[u8; 32]) -> Option<Self> {
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, file_salt).extract(root);
        let mut seal = Zeroizing::new([0; 32]);
        prk.expand(&[b"countersign backup seal"], hkdf::HKDF_SHA256)
            .ok()?
            .fill(seal.as_mut_slice())
            .ok()?;
        let head = prk
            .expand(&[b"countersign backup head"], hmac::HMAC_SHA256)
            .ok()?;
        Some(Self {
            seal,
            head: head.into(),
        })
    }
}

/// One key seals one file, so its nonce is always the same (NIST SP 800-38D §8).
fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

/// Writes a backup of `contents`: the bytes of a file to be put where a person wants it. [`Folder::save`](super::Folder::save)
/// keeps some beside each other.
///
/// # Errors
///
/// [`Unopened::Damaged`] where it would be longer than any that is opened, [`Unopened::OutOfMemory`] where there is no
/// randomness.
pub fn write(key: &BackupKey, contents: &Contents, stamp: Stamp<'_>) -> Result<Vec<u8>, Unopened> {
    let mut file_salt = [0; 32];
    SystemRandom::new()
        .fill(&mut file_salt)
        .map_err(|_| Unopened::OutOfMemory)?;
    let head = head(key, contents, file_salt, stamp);
    let keys = FileKeys::of(&key.root, &file_salt).ok_or(Unopened::OutOfMemory)?;

    // A kind, a space and the end of the line
    let line = |(kind, bytes): &(&str, Zeroizing<Vec<u8>>)| kind.len() + bytes.len() + 2;
    let written: usize = contents.lines.iter().map(line).sum();
    let padded = written.next_multiple_of(PAD_TO).max(PAD_TO);
    let length = HEAD_LEN + MAC_LEN + padded + TAG_LEN + SUM_LEN;
    if length > LONGEST {
        return Err(Unopened::Damaged);
    }
    // Exact, so that no copy of what is inside is left behind by growing
    let mut file = Zeroizing::new(Vec::with_capacity(length));
    file.extend(head);
    file.extend(hmac::sign(&keys.head, &head).as_ref());
    for (kind, bytes) in &contents.lines {
        file.extend(kind.as_bytes());
        file.push(b' ');
        file.extend(bytes.as_slice());
        file.push(b'\n');
    }
    file.resize(HEAD_LEN + MAC_LEN + padded, 0);
    let plain = file
        .get_mut(HEAD_LEN + MAC_LEN..)
        .ok_or(Unopened::Damaged)?;
    let tag = CellKey::new(&keys.seal)
        .key()
        .seal_in_place_separate_tag(nonce(), Aad::from(head), plain)
        .map_err(|_| Unopened::OutOfMemory)?;
    file.extend(tag.as_ref());
    let sum = digest(&SHA256, &file);
    file.extend(sum.as_ref());
    Ok(std::mem::take(&mut *file))
}

fn head(
    key: &BackupKey,
    contents: &Contents,
    file_salt: [u8; 32],
    stamp: Stamp<'_>,
) -> [u8; HEAD_LEN] {
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes();
    let mut name = [0; NAME_LEN];
    let kept = &stamp.device.as_bytes()[..stamp.device.floor_char_boundary(NAME_LEN)];
    name[..kept.len()].copy_from_slice(kept);
    let mut head = [0; HEAD_LEN];
    let mut rest = head.as_mut_slice();
    for part in [
        MAGIC.as_slice(),
        &VERSION.to_be_bytes(),
        &key.profile.memory_kib().to_be_bytes(),
        &key.profile.passes().to_be_bytes(),
        &key.profile.lanes().to_be_bytes(),
        &key.salt,
        &file_salt,
        &stamp.at_ms.to_be_bytes(),
        &count(contents.accounts()),
        &count(contents.organisations()),
        &stamp.serial.to_be_bytes(),
        &[u8::try_from(kept.len()).unwrap_or(0)],
        &name,
    ] {
        let (place, after) = rest.split_at_mut(part.len());
        place.copy_from_slice(part);
        rest = after;
    }
    head
}

/// Takes a number of bytes off the front.
fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*first)
}

impl Head {
    /// Reads the head of a file whose sum is not looked at.
    fn read(bytes: &[u8]) -> Result<Self, Unopened> {
        let Some(magic) = bytes.get(..MAGIC.len()) else {
            let is_begun = !bytes.is_empty() && MAGIC.starts_with(bytes);
            return Err(if is_begun {
                Unopened::Damaged
            } else {
                Unopened::NotABackup
            });
        };
        if magic != MAGIC {
            return Err(Unopened::NotABackup);
        }
        let whole = *bytes.first_chunk().ok_or(Unopened::Damaged)?;
        let mut rest = whole.get(MAGIC.len()..).unwrap_or_default();
        Self::fields(whole, &mut rest)
            .ok_or(Unopened::Damaged)
            .flatten()
    }

    fn fields(bytes: [u8; HEAD_LEN], rest: &mut &[u8]) -> Option<Result<Self, Unopened>> {
        let version = u32::from_be_bytes(take(rest)?);
        if version == 0 {
            return None;
        }
        if version > VERSION {
            return Some(Err(Unopened::TooNew { found: version }));
        }
        let (memory, passes, lanes) = (take(rest)?, take(rest)?, take(rest)?);
        let [memory, passes, lanes] = [memory, passes, lanes].map(u32::from_be_bytes);
        // Nothing is allocated for parameters outside of the bounds
        let profile = KdfProfile::new(memory, passes, lanes)?;
        let (salt, file_salt) = (take(rest)?, take(rest)?);
        let at_ms = i64::from_be_bytes(take(rest)?);
        // One that no calendar has can be shown to nobody
        jiff::Timestamp::from_millisecond(at_ms).ok()?;
        let (accounts, organisations) = (take(rest)?, take(rest)?);
        let serial = u64::from_be_bytes(take(rest)?);
        let [length] = take(rest)?;
        let name = rest.get(..usize::from(length))?;
        Some(Ok(Self {
            bytes,
            salt,
            profile,
            file_salt,
            made: Made {
                at_ms,
                serial,
                device: std::str::from_utf8(name).ok()?.to_owned(),
                accounts: u32::from_be_bytes(accounts),
                organisations: u32::from_be_bytes(organisations),
            },
        }))
    }
}

/// What a file says of itself, from its first [`PEEK_LEN`] bytes alone, and whether a key of that salt wrote that.
pub(super) struct Peek {
    pub(super) made: Made,
    pub(super) salt: [u8; 16],
    head: [u8; HEAD_LEN],
    file_salt: [u8; 32],
    mac: [u8; MAC_LEN],
}

pub(super) fn peek(bytes: &[u8]) -> Option<Peek> {
    let head = Head::read(bytes).ok()?;
    Some(Peek {
        made: head.made,
        salt: head.salt,
        head: head.bytes,
        file_salt: head.file_salt,
        mac: *bytes.get(HEAD_LEN..)?.first_chunk()?,
    })
}

impl Peek {
    /// Whether that key wrote it. A salt alone is no proof: everybody who sees a file can copy its salt.
    pub(super) fn is_of(&self, key: &BackupKey) -> bool {
        self.salt == key.salt
            && FileKeys::of(&key.root, &self.file_salt)
                .is_some_and(|keys| hmac::verify(&keys.head, &self.head, &self.mac).is_ok())
    }
}

/// What a backup says of itself. That it is whole is seen here, before anybody types a passphrase: a damaged file must not
/// look as if the passphrase were wrong.
///
/// # Errors
///
/// Everything but [`Unopened::WrongPassphrase`] and [`Unopened::OutOfMemory`].
pub fn look(bytes: &[u8]) -> Result<Made, Unopened> {
    Ok(whole(bytes)?.0.made)
}

/// The head, and the sealed rest with its tag.
fn whole(bytes: &[u8]) -> Result<(Head, [u8; MAC_LEN], &[u8]), Unopened> {
    let head = Head::read(bytes)?;
    if bytes.len() > LONGEST {
        return Err(Unopened::Damaged);
    }
    let (all, sum) = bytes
        .split_last_chunk::<SUM_LEN>()
        .ok_or(Unopened::Damaged)?;
    if digest(&SHA256, all).as_ref() != sum {
        return Err(Unopened::Damaged);
    }
    let rest = all.get(HEAD_LEN..).ok_or(Unopened::Damaged)?;
    let (mac, sealed) = rest
        .split_first_chunk::<MAC_LEN>()
        .ok_or(Unopened::Damaged)?;
    let plain = sealed.len().checked_sub(TAG_LEN).ok_or(Unopened::Damaged)?;
    if plain == 0 || plain % PAD_TO != 0 {
        return Err(Unopened::Damaged);
    }
    Ok((head, *mac, sealed))
}

/// Opens a backup with its passphrase: everything in it, or nothing. This takes a third of a second and 64 MiB.
///
/// # Errors
///
/// Where nothing of it can be had.
pub fn open(bytes: &[u8], passphrase: SecretText) -> Result<Vec<Restored>, Unopened> {
    let (head, ..) = whole(bytes)?;
    let key = BackupKey::typed(passphrase, head.salt, head.profile)?;
    open_with(&key, bytes)
}

/// The same with the key at hand.
pub(super) fn open_with(key: &BackupKey, bytes: &[u8]) -> Result<Vec<Restored>, Unopened> {
    let (head, mac, sealed) = whole(bytes)?;
    let keys = FileKeys::of(&key.root, &head.file_salt).ok_or(Unopened::OutOfMemory)?;
    // The sum says that nothing was altered by chance, so a head that does not fit says that the key is another
    hmac::verify(&keys.head, &head.bytes, &mac).map_err(|_| Unopened::WrongPassphrase)?;
    let mut plain = Zeroizing::new(sealed.to_vec());
    let opened = CellKey::new(&keys.seal)
        .key()
        .open_in_place(nonce(), Aad::from(head.bytes), &mut plain)
        .map_err(|_| Unopened::Damaged)?;
    let end = opened.iter().rposition(|byte| *byte == b'\n');
    let lines = opened
        .get(..end.unwrap_or_default())
        .unwrap_or_default()
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty());
    let restored = lines
        .map(line)
        .collect::<Option<Vec<_>>>()
        .ok_or(Unopened::Damaged)?;
    let count = |wanted: fn(&Restored) -> bool| restored.iter().filter(|one| wanted(one)).count();
    let accounts = count(|one| matches!(one, Restored::Account(_)));
    let said = (head.made.accounts, head.made.organisations);
    let is_all = (accounts, restored.len() - accounts);
    if (u32::try_from(is_all.0), u32::try_from(is_all.1)) != (Ok(said.0), Ok(said.1)) {
        return Err(Unopened::Damaged);
    }
    Ok(restored)
}

fn line(line: &[u8]) -> Option<Restored> {
    let space = line.iter().position(|byte| *byte == b' ')?;
    let (kind, body) = line.split_at(space);
    let body = body.get(1..)?;
    if kind == OtherAccount::KIND.as_bytes() {
        return body::read_other(body).map(Restored::Account);
    }
    if kind == Pointer::KIND.as_bytes() {
        return body::read_pointer(body).map(Restored::Organisation);
    }
    None
}
