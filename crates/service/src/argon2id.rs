//! Argon2id (RFC 9106) in memory that is kept from one derivation to the next.
//!
//! Memory that is asked for anew comes page by page from the system, and goes back wiped (row L6): both cost as much as a
//! tenth of the derivation. What is kept holds no password: the first thing a derivation does is to hash it.

use std::sync::{Mutex, PoisonError};

use argon2::{Algorithm, Argon2, Block, Params, Version};

use crate::core::Fault;
use crate::slow_hashes::AT_A_TIME;

/// OWASP's floor for Argon2id, in KiB: guesses are limited as well.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;

/// The length of what is derived, in bytes.
pub(crate) const LEN: usize = 32;

/// As many as derive at a time.
static KEPT: Mutex<Vec<Vec<Block>>> = Mutex::new(Vec::new());

/// What derivations cost today.
pub(crate) fn cost() -> Result<Params, Fault> {
    Params::new(MEMORY_KIB, PASSES, 1, Some(LEN)).map_err(|_| Fault::Broken("argon2"))
}

/// Derives, with the cost that `params` name. The salt has 8 bytes at least.
pub(crate) fn derive(params: Params, text: &[u8], salt: &[u8]) -> Result<[u8; LEN], Fault> {
    let mut blocks = KEPT
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .pop()
        .unwrap_or_default();
    blocks.resize(params.block_count(), Block::new());
    let mut derived = [0; LEN];
    let done = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(text, salt, &mut derived, &mut blocks);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.len() < AT_A_TIME {
        kept.push(blocks);
    }
    done.map(|()| derived).map_err(|_| Fault::Broken("argon2"))
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    /// RFC 9106 gives vectors with a secret and associated data alone; this one is of the reference implementation's
    /// `test.c`: version 0x13, two passes over 64 MiB, and over 256 KiB.
    #[test]
    fn it_derives_as_the_reference_does_whatever_was_derived_before() {
        let of = |memory_kib, passes, text: &[u8]| {
            let params = Params::new(memory_kib, passes, 1, Some(LEN)).unwrap();
            HEXLOWER.encode(&derive(params, text, b"somesalt").unwrap())
        };
        for _ in 0..2 {
            assert_eq!(
                of(1 << 16, 2, b"password"),
                "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"
            );
            assert_eq!(
                of(1 << 8, 2, b"password"),
                "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"
            );
        }
    }
}
