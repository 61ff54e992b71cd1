//! The sealed header: what vouches for slots, record set, generation and seal count (row V6).

use ring::rand::SystemRandom;

use crate::keys::{VaultId, VaultKey};
use crate::schema::FORMAT;
use crate::seal::{Nonces, Spot};
use crate::tally::Tally;

/// What the header holds; 88 bytes, integers big-endian, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// Rises by one with every transaction that changes slots or records.
    pub(crate) generation: u64,
    /// Seals made with the vault key so far (row V4).
    pub(crate) seals: u64,
    /// Number of record rows.
    pub(crate) rows: u64,
    /// The record set.
    pub(crate) tally: Tally,
    /// Fingerprint of the slots.
    pub(crate) slots: [u8; 32],
}

impl Header {
    pub(crate) fn seal(
        &self,
        vault: VaultId,
        key: &VaultKey,
        random: &SystemRandom,
    ) -> Result<Vec<u8>, ring::error::Unspecified> {
        let mut plain = Vec::with_capacity(88);
        for value in [self.generation, self.seals, self.rows] {
            plain.extend(value.to_be_bytes());
        }
        plain.extend(self.tally.to_bytes());
        plain.extend(self.slots);
        let spot = spot(vault, FORMAT);
        let mut nonces = Nonces::from(random);
        key.header(FORMAT)
            .seal(&spot, self.generation, &plain, &mut nonces)
    }

    /// `None` if it does not open or is not a header.
    pub(crate) fn open(sealed: &[u8], format: u32, vault: VaultId, key: &VaultKey) -> Option<Self> {
        let plain = key.header(format).open(&spot(vault, format), sealed)?;
        let plain: &[u8; 88] = plain.as_slice().try_into().ok()?;
        let (generation, rest) = plain.split_first_chunk()?;
        let (seals, rest) = rest.split_first_chunk()?;
        let (rows, rest) = rest.split_first_chunk()?;
        let (tally, slots) = rest.split_first_chunk()?;
        Some(Self {
            generation: u64::from_be_bytes(*generation),
            seals: u64::from_be_bytes(*seals),
            rows: u64::from_be_bytes(*rows),
            tally: Tally::from_bytes(tally),
            slots: slots.try_into().ok()?,
        })
    }
}

fn spot(vault: VaultId, format: u32) -> Spot<'static> {
    Spot {
        format,
        vault,
        table: "header",
        row: &[],
        column: "sealed",
        kind: 0,
        extra: &[],
    }
}
