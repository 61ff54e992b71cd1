//! Random texts from a generator that the caller passes in.

use data_encoding::HEXLOWER;
use ring::rand::SecureRandom;

/// The generator failed; nothing may go on without it.
#[derive(Debug, thiserror::Error)]
#[error("the random generator failed")]
pub struct RandomError;

/// Fills an array with random bytes.
pub fn bytes<const N: usize>(rng: &dyn SecureRandom) -> Result<[u8; N], RandomError> {
    let mut out = [0; N];
    rng.fill(&mut out).map_err(|_| RandomError)?;
    Ok(out)
}

/// 32 random bytes as 64 hex characters.
pub fn nonce(rng: &dyn SecureRandom) -> Result<String, RandomError> {
    Ok(HEXLOWER.encode(&bytes::<32>(rng)?))
}

/// `length` characters, each drawn evenly from `alphabet` (ASCII, 2 to 256 characters).
pub fn text(rng: &dyn SecureRandom, alphabet: &[u8], length: usize) -> Result<String, RandomError> {
    // Bytes from the last, incomplete round of the alphabet are drawn again, so that no character is favoured
    let fair = 256 - 256 % alphabet.len();
    let mut out = String::with_capacity(length);
    while out.len() < length {
        for byte in bytes::<32>(rng)? {
            let drawn = usize::from(byte);
            if drawn < fair && out.len() < length {
                out.push(char::from(alphabet[drawn % alphabet.len()]));
            }
        }
    }
    Ok(out)
}

/// `length` decimal digits.
pub fn digits(rng: &dyn SecureRandom, length: usize) -> Result<String, RandomError> {
    text(rng, b"0123456789", length)
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;

    use super::*;

    #[test]
    fn texts_have_the_length_and_alphabet_asked_for() {
        let rng = SystemRandom::new();
        for length in [0, 1, 20, 100] {
            let drawn = text(&rng, b"abc", length).unwrap();
            assert_eq!(drawn.len(), length);
            assert!(drawn.bytes().all(|b| b"abc".contains(&b)));
        }
        assert_eq!(nonce(&rng).unwrap().len(), 64);
    }

    #[test]
    fn every_digit_occurs_about_as_often() {
        let drawn = digits(&SystemRandom::new(), 100_000).unwrap();
        for digit in b'0'..=b'9' {
            let count = drawn.bytes().filter(|b| *b == digit).count();
            assert!((9_000..11_000).contains(&count), "{digit}: {count}");
        }
    }
}
