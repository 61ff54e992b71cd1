//! Argon2id: the parameters a slot may have, and the stretching of a PIN or passphrase (row V3).

use argon2::{Argon2, Block, Params, Version};
use zeroize::Zeroize;

/// Argon2id parameters, always within the bounds of row V3.
///
/// The floor stops a tampered file from making guesses cheap, the ceiling stops it from taking the machine's memory;
/// both are checked when the parameters are read, before anything is allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KdfProfile {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

const MEMORY_KIB: std::ops::RangeInclusive<u32> = 46 * 1024..=512 * 1024;
const PASSES: std::ops::RangeInclusive<u32> = 1..=16;
const LANES: std::ops::RangeInclusive<u32> = 1..=16;

impl KdfProfile {
    /// What slots are made with: 64 MiB, three passes, four lanes.
    pub const STANDARD: Self = Self {
        memory_kib: 64 * 1024,
        passes: 3,
        lanes: 4,
    };

    /// The cheapest that any vault may have (OWASP ASVS 5.0 appendix C): 46 MiB, one pass, one lane.
    pub const FLOOR: Self = Self {
        memory_kib: 46 * 1024,
        passes: 1,
        lanes: 1,
    };

    /// Parameters within the bounds; `None` outside them.
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Option<Self> {
        let allowed =
            MEMORY_KIB.contains(&memory_kib) && PASSES.contains(&passes) && LANES.contains(&lanes);
        allowed.then_some(Self {
            memory_kib,
            passes,
            lanes,
        })
    }

    /// Memory in KiB.
    pub fn memory_kib(self) -> u32 {
        self.memory_kib
    }

    /// Passes over the memory.
    pub fn passes(self) -> u32 {
        self.passes
    }

    /// Lanes.
    pub fn lanes(self) -> u32 {
        self.lanes
    }

    /// Whether a slot with `self` should be wrapped again with `wanted`: some cost is lower there, and none is higher.
    pub(crate) fn is_weaker_than(self, wanted: Self) -> bool {
        self != wanted && self.memory_kib <= wanted.memory_kib && self.passes <= wanted.passes
    }
}

/// Key derivation could not get its memory.
pub(crate) struct OutOfMemory;

/// Argon2id version 1.3 (RFC 9106) of `text`, into `out`. Its working memory is wiped before it is given back.
pub(crate) fn stretch(
    text: &str,
    salt: &[u8; 16],
    profile: KdfProfile,
    out: &mut [u8; 32],
) -> Result<(), OutOfMemory> {
    let params = Params::new(
        profile.memory_kib,
        profile.passes,
        profile.lanes,
        Some(out.len()),
    )
    .map_err(|_| OutOfMemory)?;
    let mut memory: Vec<Block> = Vec::new();
    memory
        .try_reserve_exact(params.block_count())
        .map_err(|_| OutOfMemory)?;
    memory.resize(params.block_count(), Block::default());
    let argon2 = Argon2::new(argon2::Algorithm::Argon2id, Version::V0x13, params);
    let done = argon2.hash_password_into_with_memory(text.as_bytes(), salt, out, &mut memory);
    for block in &mut memory {
        block.zeroize();
    }
    done.map_err(|_| OutOfMemory)
}
