//! Opening what other apps sealed with a password: their key derivations and ciphers, with every parameter bounded before it is
//! used (row Q5). All of it is somebody else's choice; nothing of ours is sealed like this but what is written for them.

use std::num::NonZeroU32;

use aes::Aes256;
use argon2::{Argon2, Params, Version};
use cbc::cipher::{BlockDecryptMut as _, KeyIvInit as _, block_padding::Pkcs7};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::pbkdf2;
use zeroize::Zeroizing;

use super::Unreadable;
use crate::secret::SecretText;

/// The most passes of PBKDF2: some seconds on a phone.
const MOST_ROUNDS: u32 = 10_000_000;
/// The most memory of a derivation, KiB. Apps that ask for a gigabyte were run on desktops; a phone would be ended for it.
const MOST_MEMORY_KIB: u32 = if cfg!(any(target_os = "android", target_os = "ios")) {
    256 * 1024
} else {
    1024 * 1024
};
/// The most passes of Argon2.
const MOST_PASSES: u32 = 64;
/// The most lanes of Argon2.
const MOST_LANES: u32 = 16;

/// The most bytes that scrypt works through: some seconds.
const MOST_SCRYPT_WORK: u64 = 1 << 31;

/// A derived key.
pub(crate) type Key = Zeroizing<[u8; 32]>;

/// What a derivation makes of a password and its salt.
#[derive(Clone, Copy)]
pub(crate) enum Stretch {
    /// PBKDF2 (RFC 8018 section 5.2).
    Pbkdf2(pbkdf2::Algorithm, u32),
    /// Argon2id (RFC 9106).
    Argon2id {
        memory_kib: u32,
        passes: u32,
        lanes: u32,
    },
    /// scrypt (RFC 7914): N, r and p.
    Scrypt { n: u64, r: u32, p: u32 },
}

/// Stretches a password; its bytes are taken as they are, as every app does.
pub(crate) fn stretch(password: &SecretText, salt: &[u8], how: Stretch) -> Result<Key, Unreadable> {
    let password = password.expose().as_bytes();
    let mut key = Key::default();
    match how {
        Stretch::Pbkdf2(algorithm, rounds) => {
            let rounds = NonZeroU32::new(rounds).filter(|rounds| rounds.get() <= MOST_ROUNDS);
            let rounds = rounds.ok_or(Unreadable::Damaged)?;
            pbkdf2::derive(algorithm, rounds, salt, password, key.as_mut());
        }
        Stretch::Argon2id {
            memory_kib,
            passes,
            lanes,
        } => {
            if memory_kib > MOST_MEMORY_KIB {
                return Err(Unreadable::TooMuchMemory);
            }
            if passes > MOST_PASSES || lanes > MOST_LANES {
                return Err(Unreadable::Damaged);
            }
            let params = Params::new(memory_kib, passes, lanes, Some(key.len()));
            let params = params.map_err(|_| Unreadable::Damaged)?;
            let mut blocks = Vec::new();
            blocks
                .try_reserve_exact(params.block_count())
                .map_err(|_| Unreadable::TooMuchMemory)?;
            blocks.resize(params.block_count(), argon2::Block::default());
            Argon2::new(argon2::Algorithm::Argon2id, Version::V0x13, params)
                .hash_password_into_with_memory(password, salt, key.as_mut(), &mut blocks)
                .map_err(|_| Unreadable::Damaged)?;
        }
        Stretch::Scrypt { n, r, p } => {
            // 128 * r * (N + p) bytes are held (RFC 7914 section 2), and p times N of them worked through
            let bytes = |blocks: u64| blocks.checked_mul(u64::from(r))?.checked_mul(128);
            let memory = n.checked_add(u64::from(p)).and_then(bytes);
            let memory = memory.ok_or(Unreadable::Damaged)?;
            if memory > u64::from(MOST_MEMORY_KIB) * 1024 {
                return Err(Unreadable::TooMuchMemory);
            }
            if !n.is_power_of_two() || n < 2 || u64::from(p) * memory > MOST_SCRYPT_WORK {
                return Err(Unreadable::Damaged);
            }
            // The library cannot say that there is no memory, so it is asked for beforehand
            let memory = usize::try_from(memory).map_err(|_| Unreadable::TooMuchMemory)?;
            let mut there = Vec::<u8>::new();
            there
                .try_reserve_exact(memory)
                .map_err(|_| Unreadable::TooMuchMemory)?;
            drop(there);
            let log_n = u8::try_from(n.trailing_zeros()).map_err(|_| Unreadable::Damaged)?;
            let params = scrypt::Params::new(log_n, r, p).map_err(|_| Unreadable::Damaged)?;
            scrypt::scrypt(password, salt, &params, key.as_mut())
                .map_err(|_| Unreadable::Damaged)?;
        }
    }
    Ok(key)
}

/// AES-256-GCM; `sealed` ends with the tag. `None` where the key or the content is another one.
pub(super) fn open_gcm(
    key: &[u8],
    nonce: &[u8],
    extra: &[u8],
    sealed: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?);
    let nonce: [u8; NONCE_LEN] = nonce.try_into().ok()?;
    let nonce = Nonce::assume_unique_for_key(nonce);
    let mut bytes = Zeroizing::new(sealed.to_vec());
    let length = key
        .open_in_place(nonce, Aad::from(extra), &mut bytes)
        .ok()?
        .len();
    bytes.truncate(length);
    Some(bytes)
}

/// AES-256-CBC with PKCS#7, which authenticates nothing.
pub(super) fn open_cbc(key: &[u8], iv: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let cipher = cbc::Decryptor::<Aes256>::new_from_slices(key, iv).ok()?;
    let opened = cipher.decrypt_padded_vec_mut::<Pkcs7>(sealed).ok()?;
    Some(Zeroizing::new(opened))
}

/// Takes the first `length` bytes off.
pub(super) fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Result<&'a [u8], Unreadable> {
    let (taken, rest) = bytes.split_at_checked(length).ok_or(Unreadable::CutShort)?;
    *bytes = rest;
    Ok(taken)
}
