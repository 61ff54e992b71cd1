//! Bitwarden: the vault's JSON and CSV, and the authenticator's, in which a login's code is a link or a bare key.

use csv::ReaderBuilder;
use data_encoding::BASE64;
use ring::digest::{SHA256, digest};
use ring::hkdf::{HKDF_SHA256, KeyType, Prk};
use ring::hmac;
use ring::pbkdf2::PBKDF2_HMAC_SHA256;
use zeroize::Zeroizing;

use super::fields::Fields;
use super::locked::{Stretch, open_cbc, stretch};
use super::raw::Raw;
use super::{Format, MOST, Refused, Unreadable, Written, parse, uri};
use crate::secret::SecretText;

const CODE: &str = "login_totp";

pub(super) fn read(file: Fields<'_>, password: Option<&SecretText>) -> Result<Written, Unreadable> {
    if !file.flag("encrypted") {
        return items(file);
    }
    if !file.flag("passwordProtected") {
        return Err(Unreadable::LockedToAccount);
    }
    let keys = Keys::derive(file, password.ok_or(Unreadable::Locked)?)?;
    let sealed = |name| file.text(name).ok_or(Unreadable::Damaged);
    keys.open(sealed("encKeyValidation_DO_NOT_EDIT")?)
        .ok_or(Unreadable::WrongPassword)?;
    let plain = keys.open(sealed("data")?).ok_or(Unreadable::Damaged)?;
    let opened = parse(std::str::from_utf8(&plain).map_err(|_| Unreadable::Damaged)?)?;
    items(Fields::of(&opened))
}

/// What a file's password leads to.
struct Keys {
    sealing: Zeroizing<[u8; 32]>,
    marking: hmac::Key,
}

/// 32 bytes of HKDF.
struct Bytes32;

impl KeyType for Bytes32 {
    fn len(&self) -> usize {
        32
    }
}

impl Keys {
    fn derive(file: Fields<'_>, password: &SecretText) -> Result<Self, Unreadable> {
        // As its text, not as what that says in Base64
        let salt = file.text("salt").ok_or(Unreadable::Damaged)?.as_bytes();
        let small = |name| file.small(name).ok_or(Unreadable::Damaged);
        let stretched = match small("kdfType")? {
            0 => {
                let pbkdf2 = Stretch::Pbkdf2(PBKDF2_HMAC_SHA256, small("kdfIterations")?);
                stretch(password, salt, pbkdf2)?
            }
            1 => {
                let memory_kib = small("kdfMemory")?.checked_mul(1024);
                let argon2id = Stretch::Argon2id {
                    memory_kib: memory_kib.ok_or(Unreadable::TooMuchMemory)?,
                    passes: small("kdfIterations")?,
                    lanes: small("kdfParallelism")?,
                };
                stretch(password, digest(&SHA256, salt).as_ref(), argon2id)?
            }
            _ => return Err(Unreadable::Damaged),
        };
        let stretched = Prk::new_less_safe(HKDF_SHA256, stretched.as_ref());
        let expand = |label: &'static str| {
            let mut key = Zeroizing::new([0; 32]);
            let label = [label.as_bytes()];
            let expanded = stretched.expand(&label, Bytes32);
            expanded
                .and_then(|expanded| expanded.fill(key.as_mut()))
                .map_err(|_| Unreadable::Damaged)?;
            Ok(key)
        };
        let marking = expand("mac")?;
        Ok(Self {
            sealing: expand("enc")?,
            marking: hmac::Key::new(hmac::HMAC_SHA256, marking.as_ref()),
        })
    }

    /// `2.IV|CONTENT|MAC`, each in Base64. `None` where the password or the content is another one.
    fn open(&self, sealed: &str) -> Option<Zeroizing<Vec<u8>>> {
        let parts = sealed.strip_prefix("2.")?.split('|');
        let parts = parts.map(|part| BASE64.decode(part.as_bytes()));
        let parts = parts.collect::<Result<Vec<_>, _>>().ok()?;
        let [iv, content, mark] = parts.as_slice() else {
            return None;
        };
        let marked = [iv.as_slice(), content].concat();
        hmac::verify(&self.marking, &marked, mark).ok()?;
        open_cbc(self.sealing.as_ref(), iv, content)
    }
}

fn items(file: Fields<'_>) -> Result<Written, Unreadable> {
    let items = file.list("items")?.iter().map(Fields::of);
    Ok(Written::of(
        Format::Bitwarden,
        items.filter_map(item).collect(),
    ))
}

/// Cards, notes and logins without a code are not what is imported.
fn item(item: Fields<'_>) -> Option<Result<Raw, Refused>> {
    let login = item.inside("login")?;
    let code = login.text("totp")?;
    let (issuer, name) = (item.text("name"), login.text("username"));
    Some(uri::read_or_key(
        code,
        issuer.unwrap_or_default(),
        name.unwrap_or_default(),
    ))
}

pub(super) fn is_table(text: &str) -> bool {
    let heading = text.lines().next().unwrap_or_default();
    heading.split(',').any(|name| name.trim() == CODE)
}

/// The vault's table is one as RFC 4180 has it. The authenticator's has no quotes, and more values than its heading has
/// names.
pub(super) fn read_table(text: &str) -> Result<Written, Unreadable> {
    let heading = text.lines().next().unwrap_or_default();
    let entries = if heading.contains("login_username") {
        read_rows(text)?
    } else {
        let lines = text.lines().skip(1).filter(|line| !line.trim().is_empty());
        let lines: Vec<&str> = lines.take(MOST + 1).collect();
        if lines.len() > MOST {
            return Err(Unreadable::TooLarge);
        }
        lines.into_iter().filter_map(read_line).collect()
    };
    Ok(Written::of(Format::Bitwarden, entries))
}

fn read_rows(text: &str) -> Result<Vec<Result<Raw, Refused>>, Unreadable> {
    let mut reader = ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.as_bytes());
    let heading = reader.headers().map_err(|_| Unreadable::Damaged)?.clone();
    let place = |name| heading.iter().position(|known| known.trim() == name);
    let (code, issuer, name) = (place(CODE), place("name"), place("login_username"));
    let mut entries = Vec::new();
    for row in reader.records() {
        if entries.len() == MOST {
            return Err(Unreadable::TooLarge);
        }
        let row = row.map_err(|_| Unreadable::Damaged)?;
        let text = |place: Option<usize>| place.and_then(|at| row.get(at)).unwrap_or_default();
        if !text(code).trim().is_empty() {
            entries.push(uri::read_or_key(
                text(code).trim(),
                text(issuer),
                text(name),
            ));
        }
    }
    Ok(entries)
}

/// `folder,favourite,type,issuer,,code,issuer,period,digits`, where commas of the issuer and the code are not told from the
/// others: the code begins with its scheme, and what stands before and after it is the issuer, twice.
fn read_line(line: &str) -> Option<Result<Raw, Refused>> {
    let at = [",otpauth://", ",steam://"]
        .iter()
        .filter_map(|scheme| line.find(scheme))
        .min();
    let Some(at) = at else {
        let mut values = line.split(',').skip(3);
        let issuer = values.next().unwrap_or_default();
        let key = values.nth(1).unwrap_or_default().trim();
        return (!key.is_empty()).then(|| uri::read_or_key(key, issuer, ""));
    };
    let (before, code) = (line.get(..at)?, line.get(at + 1..)?);
    let issuer = before.splitn(4, ',').nth(3).unwrap_or_default();
    let issuer = issuer.strip_suffix(',').unwrap_or(issuer);
    let after = format!(",{issuer},");
    let end = code.rfind(&after).unwrap_or(code.len());
    Some(uri::read_or_key(code.get(..end)?, issuer, ""))
}
