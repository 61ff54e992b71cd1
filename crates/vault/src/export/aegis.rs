//! Aegis: `{version, header, db}`, where `db` is sealed by a key of its own, and that key by the password. Other apps read it
//! too, so it is what an export should be unless an app reads nothing but links.
//!
//! The name that a person gave an account is its note: in the place of its issuer it would hide who that is, lose the icon there,
//! and make another account of it when it comes back.

use data_encoding::{BASE32_NOPAD, BASE64, HEXLOWER};
use ring::aead::{Aad, NONCE_LEN, Nonce};
use ring::rand::SecureRandom;
use serde::Serialize;
use uuid::{Builder, Uuid};
use zeroize::Zeroizing;

use super::{Reason, Unwritten, is_beyond_signed, links};
use crate::account::{OtherAccount, OtherPasscodes};
use crate::body;
use crate::import::{Stretch, stretch};
use crate::seal::CellKey;
use crate::secret::SecretText;

/// scrypt's parameters as Aegis has them, 32 MiB (RFC 7914: N, r, p).
const SCRYPT: (u32, u32, u32) = (1 << 15, 8, 1);
const SALT_LEN: usize = 32;
/// A slot that a password opens.
const PASSWORD_SLOT: u8 = 1;

#[derive(Serialize)]
struct File {
    version: u8,
    header: Header,
    db: String,
}

#[derive(Serialize)]
struct Header {
    slots: [Slot; 1],
    params: Sealing,
}

#[derive(Serialize)]
struct Slot {
    r#type: u8,
    uuid: Uuid,
    key: String,
    key_params: Sealing,
    n: u32,
    r: u32,
    p: u32,
    salt: String,
    /// Derived from the password's bytes, which very old vaults did otherwise.
    repaired: bool,
    /// No password that the app writes its own backups with.
    is_backup: bool,
}

/// How something was sealed with AES-256-GCM.
#[derive(Serialize)]
struct Sealing {
    nonce: String,
    tag: String,
}

#[derive(Serialize)]
struct Vault<'a> {
    version: u8,
    entries: Vec<Entry<'a>>,
    groups: [(); 0],
    icons_optimized: bool,
}

#[derive(Serialize)]
struct Entry<'a> {
    r#type: &'static str,
    uuid: Uuid,
    name: &'a str,
    issuer: &'a str,
    note: &'a str,
    favorite: bool,
    /// Has to be there, if only as `null`.
    icon: (),
    info: Info,
    groups: [(); 0],
}

#[derive(Serialize)]
struct Info {
    secret: Zeroizing<String>,
    algo: &'static str,
    digits: u8,
    #[serde(flatten)]
    moves: Moves,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Moves {
    Period(u32),
    Counter(u64),
}

/// Aegis counts in Java's `long`.
pub(super) fn unfit(account: &OtherAccount) -> Option<Reason> {
    is_beyond_signed(account).then_some(Reason::Counter)
}

pub(super) fn write(
    accounts: &[&OtherAccount],
    password: &SecretText,
    random: &dyn SecureRandom,
) -> Result<Zeroizing<String>, Unwritten> {
    // Filled and sealed where it stands: each move would leave a copy of it on the stack
    let mut master = Zeroizing::new([0; 32]);
    fill(master.as_mut_slice(), random)?;
    let entries = accounts.iter().map(|account| entry(account, random));
    let vault = Vault {
        version: 3,
        entries: entries.collect::<Result<_, _>>()?,
        groups: [],
        // There are none
        icons_optimized: true,
    };
    let mut content = body::write(&vault);
    drop(vault);
    let params = seal(&master, &mut content, random)?;

    let salt = fresh::<SALT_LEN>(random)?;
    let (n, r, p) = SCRYPT;
    let scrypt = Stretch::Scrypt {
        n: u64::from(n),
        r,
        p,
    };
    let by_password = stretch(password, &salt, scrypt).map_err(|_| Unwritten::OutOfMemory)?;
    let key_params = seal(&by_password, master.as_mut_slice(), random)?;
    let file = File {
        version: 1,
        header: Header {
            slots: [Slot {
                r#type: PASSWORD_SLOT,
                uuid: uuid(random)?,
                key: HEXLOWER.encode(master.as_slice()),
                key_params,
                n,
                r,
                p,
                salt: HEXLOWER.encode(&salt),
                repaired: true,
                is_backup: false,
            }],
            params,
        },
        db: BASE64.encode(&content),
    };
    let text = serde_json::to_string(&file).map_err(|_| Unwritten::OutOfMemory)?;
    Ok(Zeroizing::new(text))
}

fn entry<'a>(account: &'a OtherAccount, random: &dyn SecureRandom) -> Result<Entry<'a>, Unwritten> {
    let (r#type, moves) = match account.passcodes {
        OtherPasscodes::Timed { period_seconds } => ("totp", Moves::Period(period_seconds)),
        OtherPasscodes::Counted { next_counter } => ("hotp", Moves::Counter(next_counter)),
        OtherPasscodes::Steam => ("steam", Moves::Period(30)),
    };
    Ok(Entry {
        r#type,
        uuid: uuid(random)?,
        name: account.account.trim(),
        issuer: account.issuer.trim(),
        note: account.custom_name.as_deref().unwrap_or_default(),
        favorite: false,
        icon: (),
        info: Info {
            // It is sealed with the rest of the content
            secret: Zeroizing::new(BASE32_NOPAD.encode(account.seed.expose())),
            algo: links::algorithm(account),
            digits: links::digits(account),
            moves,
        },
        groups: [],
    })
}

/// Seals in place with a nonce of its own.
fn seal(key: &[u8; 32], plain: &mut [u8], random: &dyn SecureRandom) -> Result<Sealing, Unwritten> {
    let nonce = fresh::<NONCE_LEN>(random)?;
    let sealed = CellKey::new(key).key().seal_in_place_separate_tag(
        Nonce::assume_unique_for_key(nonce),
        Aad::empty(),
        plain,
    );
    // Fails only for what is longer than 64 GiB
    let tag = sealed.map_err(|_| Unwritten::OutOfMemory)?;
    Ok(Sealing {
        nonce: HEXLOWER.encode(&nonce),
        tag: HEXLOWER.encode(tag.as_ref()),
    })
}

fn uuid(random: &dyn SecureRandom) -> Result<Uuid, Unwritten> {
    Ok(Builder::from_random_bytes(fresh(random)?).into_uuid())
}

fn fresh<const N: usize>(random: &dyn SecureRandom) -> Result<[u8; N], Unwritten> {
    let mut bytes = [0; N];
    fill(&mut bytes, random)?;
    Ok(bytes)
}

fn fill(bytes: &mut [u8], random: &dyn SecureRandom) -> Result<(), Unwritten> {
    random.fill(bytes).map_err(|_| Unwritten::NoRandomness)
}
