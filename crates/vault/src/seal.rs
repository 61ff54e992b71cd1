//! Sealing of one cell: AES-256-GCM with a fresh random nonce, bound to the place where the cell stands (rows V4, V5).
//!
//! A cell on disk is `generation (8, big-endian) ‖ nonce (12) ‖ ciphertext ‖ tag (16)`.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::draw::Draw;
use crate::keys::VaultId;

const GENERATION_LEN: usize = 8;
const TAG_LEN: usize = 16;
const OVERHEAD: usize = GENERATION_LEN + NONCE_LEN + TAG_LEN;

/// The most seals that one vault key may make. NIST SP 800-38D §8.3 allows 2^32 with random nonces;
/// the margin covers seals of transactions that failed or were killed before they were counted.
pub(crate) const MOST_SEALS: u64 = (1 << 32) - (1 << 20);

/// Nonces for cells.
pub(crate) type Nonces<'a> = Draw<'a, NONCE_LEN>;

/// Where a cell stands. All of it is associated data, so a cell opens nowhere else.
#[derive(Clone, Copy)]
pub(crate) struct Spot<'a> {
    /// The format that the cell is of.
    pub(crate) format: u32,
    pub(crate) vault: VaultId,
    pub(crate) table: &'static str,
    pub(crate) row: &'a [u8],
    pub(crate) column: &'static str,
    /// Record type or slot kind.
    pub(crate) kind: u8,
    /// What else stands in the row in the clear and must not change: a slot's parameters.
    pub(crate) extra: &'a [u8],
}

impl Spot<'_> {
    fn associated(&self, generation: u64) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(96);
        bytes.extend(b"countersign vault cell");
        bytes.extend(self.format.to_be_bytes());
        bytes.extend(self.vault.0);
        for field in [
            self.table.as_bytes(),
            self.row,
            self.column.as_bytes(),
            &[self.kind],
            self.extra,
        ] {
            let length =
                u8::try_from(field.len()).expect("names, ids and parameters are a few dozen bytes");
            bytes.push(length);
            bytes.extend(field);
        }
        bytes.extend(generation.to_be_bytes());
        bytes
    }
}

/// A key for cells. Build it per use and drop it: ring does not wipe its key schedule, so this does.
pub(crate) struct CellKey(Box<LessSafeKey>);

impl CellKey {
    pub(crate) fn new(bytes: &[u8; 32]) -> Self {
        Self(Box::new(schedule(bytes)))
    }

    /// The key itself, for what is sealed as a whole and is no cell.
    pub(crate) fn key(&self) -> &LessSafeKey {
        &self.0
    }

    /// Seals `plain` for `spot`. Fails only when the system's generator does.
    pub(crate) fn seal(
        &self,
        spot: &Spot<'_>,
        generation: u64,
        plain: &[u8],
        nonces: &mut Nonces<'_>,
    ) -> Result<Vec<u8>, ring::error::Unspecified> {
        let nonce = nonces.next()?;
        // Exact, so that no half-filled plain copy is left behind by growing
        let mut cell = Vec::with_capacity(OVERHEAD + plain.len());
        cell.extend(generation.to_be_bytes());
        cell.extend(nonce);
        cell.extend(plain);
        let tag = self.0.seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(spot.associated(generation)),
            cell.get_mut(GENERATION_LEN + NONCE_LEN..)
                .unwrap_or_default(),
        )?;
        cell.extend(tag.as_ref());
        Ok(cell)
    }

    /// Opens a cell that was sealed for this very place; `None` if anything about it differs.
    pub(crate) fn open(&self, spot: &Spot<'_>, cell: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (generation, rest) = cell.split_first_chunk::<GENERATION_LEN>()?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>()?;
        let mut plain = Zeroizing::new(sealed.to_vec());
        let associated = spot.associated(u64::from_be_bytes(*generation));
        let length = self
            .0
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(associated),
                &mut plain,
            )
            .ok()?
            .len();
        plain.truncate(length);
        Some(plain)
    }
}

impl Drop for CellKey {
    fn drop(&mut self) {
        *self.0 = schedule(&[0; 32]);
        std::hint::black_box(&self.0);
    }
}

fn schedule(bytes: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, bytes).expect("AES-256 takes 32 bytes"))
}

/// A cell's generation, nonce and tag: what tells it from every other cell ever sealed. `None` if it is too short.
pub(crate) fn print(cell: &[u8]) -> Option<[u8; OVERHEAD]> {
    let (head, rest) = cell.split_first_chunk::<{ GENERATION_LEN + NONCE_LEN }>()?;
    let tag = rest.last_chunk::<TAG_LEN>()?;
    let mut print = [0; OVERHEAD];
    let (first, last) = print.split_at_mut(head.len());
    first.copy_from_slice(head);
    last.copy_from_slice(tag);
    Some(print)
}

/// The generation at which a cell was sealed. `None` if it is too short. True only of a cell that opened.
pub(crate) fn generation(cell: &[u8]) -> Option<u64> {
    cell.first_chunk().map(|bytes| u64::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;

    use super::*;

    fn spot<'a>(row: &'a [u8], extra: &'a [u8]) -> Spot<'a> {
        Spot {
            format: 2,
            vault: VaultId([1; 16]),
            table: "record",
            row,
            column: "body",
            kind: 1,
            extra,
        }
    }

    #[test]
    fn v4_a_million_seals_repeat_no_nonce() {
        let random = SystemRandom::new();
        let mut fresh = Nonces::from(&random);
        let key = CellKey::new(&[7; 32]);
        let spot = spot(&[2; 16], &[]);
        let mut nonces = Vec::with_capacity(1_000_000);
        for _ in 0..1_000_000 {
            let cell = key.seal(&spot, 1, b"", &mut fresh).unwrap();
            let nonce: [u8; NONCE_LEN] = cell[GENERATION_LEN..GENERATION_LEN + NONCE_LEN]
                .try_into()
                .unwrap();
            nonces.push(nonce);
        }
        nonces.sort_unstable();
        nonces.dedup();
        assert_eq!(nonces.len(), 1_000_000);
    }

    #[test]
    fn v5_a_cell_opens_in_its_own_place_and_nowhere_else() {
        let random = SystemRandom::new();
        let mut fresh = Nonces::from(&random);
        let key = CellKey::new(&[7; 32]);
        let place = spot(&[2; 16], b"p");
        let cell = key.seal(&place, 9, b"secret", &mut fresh).unwrap();
        assert_eq!(key.open(&place, &cell).unwrap().as_slice(), b"secret");
        for other in [
            Spot { format: 1, ..place },
            Spot {
                vault: VaultId([2; 16]),
                ..place
            },
            Spot {
                table: "slot",
                ..place
            },
            Spot {
                row: &[3; 16],
                ..place
            },
            Spot {
                column: "moving",
                ..place
            },
            Spot { kind: 2, ..place },
            Spot {
                extra: b"q",
                ..place
            },
        ] {
            assert!(key.open(&other, &cell).is_none());
        }
        let mut older = cell.clone();
        older[7] = 8;
        assert!(key.open(&place, &older).is_none(), "another generation");
        assert!(
            CellKey::new(&[8; 32]).open(&place, &cell).is_none(),
            "another key"
        );
        for length in 0..cell.len() {
            assert!(
                key.open(&place, &cell[..length]).is_none(),
                "cut to {length}"
            );
        }
    }

    #[test]
    fn fields_that_run_together_are_told_apart() {
        let one = Spot {
            table: "ab",
            column: "c",
            ..spot(&[], &[])
        };
        let two = Spot {
            table: "a",
            column: "bc",
            ..spot(&[], &[])
        };
        assert_ne!(one.associated(0), two.associated(0));
    }
}
