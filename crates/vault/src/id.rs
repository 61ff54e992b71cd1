//! A record's id: 16 random bytes, written as 32 hex digits where a window or a log names it.

use std::fmt;

use ring::rand::{SecureRandom, SystemRandom};

use crate::draw::Draw;

/// Names one record of the vault. Says nothing about its content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(pub(crate) [u8; 16]);

impl RecordId {
    pub(crate) fn make(random: &SystemRandom) -> Result<Self, ring::error::Unspecified> {
        let mut bytes = [0; 16];
        random.fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// So many of them.
    pub(crate) fn make_all(
        random: &SystemRandom,
        count: usize,
    ) -> Result<Vec<Self>, ring::error::Unspecified> {
        let mut draw = Draw::from(random);
        (0..count).map(|_| draw.next().map(Self)).collect()
    }

    /// Reads the 32 lower-case hex digits that [`RecordId`] displays; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordId({self})")
    }
}
