//! Random numbers for what a transaction needs many of: nonces and ids.

use ring::error::Unspecified;
use ring::rand::{SecureRandom, SystemRandom};

/// How many are drawn at once. Each draw is a call of the system that costs more than the sealing of a cell.
const AT_ONCE: usize = 32;

/// Numbers of `LENGTH` bytes from the system's generator, each given out once.
pub(crate) struct Draw<'a, const LENGTH: usize> {
    random: &'a SystemRandom,
    drawn: Vec<[u8; LENGTH]>,
}

impl<'a, const LENGTH: usize> Draw<'a, LENGTH> {
    pub(crate) fn from(random: &'a SystemRandom) -> Self {
        Self {
            random,
            drawn: Vec::new(),
        }
    }

    /// The next one. Fails only when the system's generator does.
    pub(crate) fn next(&mut self) -> Result<[u8; LENGTH], Unspecified> {
        if self.drawn.is_empty() {
            let mut fresh = [[0; LENGTH]; AT_ONCE];
            self.random.fill(fresh.as_flattened_mut())?;
            self.drawn.extend(fresh);
        }
        self.drawn.pop().ok_or(Unspecified)
    }
}
