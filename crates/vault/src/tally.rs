//! The keyed tally of the record set (row V6): it notices a row that was removed, put back or changed by SQL.
//!
//! Each row has a mark, HMAC-SHA256 under a key derived from the vault key, over what identifies the row's present content.
//! The tally is the sum of the marks modulo 2^256, so a write adds and subtracts one mark whatever the number of rows.
//! `FORMAT.md` ("The tally") says why an attacker without the key cannot keep the sum.

/// A sum of 32-byte marks modulo 2^256.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally([u64; 4]);

impl Tally {
    pub(crate) fn add(&mut self, mark: &[u8; 32]) {
        let mut carry = false;
        for (limb, value) in self.0.iter_mut().zip(limbs(mark)) {
            (*limb, carry) = limb.carrying_add(value, carry);
        }
    }

    pub(crate) fn subtract(&mut self, mark: &[u8; 32]) {
        let mut borrow = false;
        for (limb, value) in self.0.iter_mut().zip(limbs(mark)) {
            (*limb, borrow) = limb.borrowing_sub(value, borrow);
        }
    }

    /// Little-endian bytes, as the header holds them.
    pub(crate) fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (chunk, limb) in bytes.chunks_exact_mut(8).zip(self.0) {
            chunk.copy_from_slice(&limb.to_le_bytes());
        }
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8; 32]) -> Self {
        let mut tally = Self::default();
        tally.add(bytes);
        tally
    }
}

fn limbs(mark: &[u8; 32]) -> impl Iterator<Item = u64> + '_ {
    mark.as_chunks::<8>()
        .0
        .iter()
        .map(|chunk| u64::from_le_bytes(*chunk))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn adding_then_subtracting_in_any_order_gives_the_start(marks: Vec<[u8; 32]>, start: [u8; 32]) {
            let mut tally = Tally::from_bytes(&start);
            for mark in &marks {
                tally.add(mark);
            }
            for mark in marks.iter().rev() {
                tally.subtract(mark);
            }
            prop_assert_eq!(tally.to_bytes(), start);
        }
    }

    #[test]
    fn a_carry_runs_through_all_limbs() {
        let mut tally = Tally::from_bytes(&[0xff; 32]);
        let mut one = [0; 32];
        one[0] = 1;
        tally.add(&one);
        assert_eq!(tally.to_bytes(), [0; 32]);
        tally.subtract(&one);
        assert_eq!(tally.to_bytes(), [0xff; 32]);
    }
}
