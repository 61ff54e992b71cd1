//! Ente Auth, sealed: a list of links under libsodium's secret stream. The plain one is [`super::uri`]'s.

use crypto_secretstream::{Header, Key, PullStream};
use data_encoding::BASE64;
use zeroize::Zeroizing;

use super::fields::Fields;
use super::locked::{Stretch, stretch};
use super::{Unreadable, Written, uri};
use crate::secret::SecretText;

pub(super) fn read(file: Fields<'_>, password: Option<&SecretText>) -> Result<Written, Unreadable> {
    let password = password.ok_or(Unreadable::Locked)?;
    let bytes = |fields: Fields<'_>, name| {
        let text = fields.text(name).ok_or(Unreadable::Damaged)?;
        let bytes = BASE64.decode(text.as_bytes());
        bytes.map_err(|_| Unreadable::Damaged)
    };
    let stretching = file.inside("kdfParams").ok_or(Unreadable::Damaged)?;
    let small = |name| stretching.small(name).ok_or(Unreadable::Damaged);
    let argon2id = Stretch::Argon2id {
        memory_kib: small("memLimit")? / 1024,
        passes: small("opsLimit")?,
        lanes: 1,
    };
    let header = bytes(file, "encryptionNonce")?;
    let header = Header::try_from(header.as_slice()).map_err(|_| Unreadable::Damaged)?;
    let mut content = Zeroizing::new(bytes(file, "encryptedData")?);
    let key = stretch(password, &bytes(stretching, "salt")?, argon2id)?;
    let key = Key::try_from(key.as_slice()).map_err(|_| Unreadable::Damaged)?;
    // One message; some versions mark it as the last and some do not
    PullStream::init(header, &key)
        .pull(&mut *content, &[])
        .map_err(|_| Unreadable::WrongPassword)?;
    let text = std::str::from_utf8(&content).map_err(|_| Unreadable::Damaged)?;
    uri::read_list(text)
}
