//! Bytes as lower-case hex, without a text of the secret that is not wiped.

use std::fmt;

use data_encoding::HEXLOWER;
use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

/// Bytes that are written at once: most secrets whole.
const PIECE: usize = 64;

/// Bytes as lower-case hex.
pub(super) struct Hex(pub(super) Zeroizing<Vec<u8>>);

impl Hex {
    pub(super) fn copied_from(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }
}

impl fmt::Display for Hex {
    /// Piece by piece into the writer, so that no second text of the secret exists that is not wiped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = Zeroizing::new([0; 2 * PIECE]);
        self.0.chunks(PIECE).try_for_each(|piece| {
            let digits = digits.get_mut(..2 * piece.len()).unwrap_or_default();
            f.write_str(HEXLOWER.encode_mut_str(piece, digits))
        })
    }
}

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct HexVisitor;

        impl Visitor<'_> for HexVisitor {
            type Value = Hex;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("lower-case hex")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Hex, E> {
                let bytes = HEXLOWER.decode(text.as_bytes()).map(Zeroizing::new);
                // The error would quote a digit of the secret
                bytes.map(Hex).map_err(|_| E::custom("not lower-case hex"))
            }
        }

        deserializer
            .deserialize_str(HexVisitor)
            .map_err(|_| D::Error::custom("not lower-case hex"))
    }
}
