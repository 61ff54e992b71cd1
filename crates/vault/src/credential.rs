//! What a person types to open the vault: chosen with rules when a slot is made, taken as it is when it is tried.

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::secret::SecretText;
use crate::strength;

/// How a slot is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotKind {
    /// Digits, together with a secret in the OS keystore.
    Pin,
    /// A passphrase alone.
    Passphrase,
    /// A key that the platform hands out when it recognises the person.
    Biometric,
}

/// A PIN or passphrase that was good enough to make a slot.
pub struct Chosen(pub(crate) Typed);

/// A PIN or passphrase as typed on the lock screen.
pub enum Typed {
    /// Digits.
    Pin(SecretText),
    /// A passphrase.
    Passphrase(SecretText),
}

/// Why a PIN or passphrase was not accepted for a new slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakSecret {
    /// Fewer than six digits, or a passphrase under twelve characters.
    #[error("too short")]
    TooShort,
    /// More than 64 digits, or a passphrase over 1024 bytes.
    #[error("too long")]
    TooLong,
    /// A PIN holds digits only.
    #[error("not digits")]
    NotDigits,
    /// Among the first that anyone would guess.
    #[error("easily guessed")]
    EasilyGuessed,
}

impl Chosen {
    /// A PIN of six digits or more that is not among the first guesses.
    pub fn pin(text: SecretText) -> Result<Self, WeakSecret> {
        let digits = text.expose().as_bytes();
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(WeakSecret::NotDigits);
        }
        if digits.len() < 6 {
            return Err(WeakSecret::TooShort);
        }
        if digits.len() > 64 {
            return Err(WeakSecret::TooLong);
        }
        if easily_guessed(digits) {
            return Err(WeakSecret::EasilyGuessed);
        }
        Ok(Self(Typed::Pin(text)))
    }

    /// A passphrase of twelve characters or more that is hard to guess; see [`crate::rate`].
    pub fn passphrase(text: SecretText) -> Result<Self, WeakSecret> {
        if text.expose().len() > 1024 {
            return Err(WeakSecret::TooLong);
        }
        if strength::too_short(text.expose()) {
            return Err(WeakSecret::TooShort);
        }
        if !strength::rate(text.expose()).enough {
            return Err(WeakSecret::EasilyGuessed);
        }
        Ok(Self(Typed::Passphrase(text)))
    }

    /// Which slot it makes.
    pub fn kind(&self) -> SlotKind {
        self.0.kind()
    }
}

impl Typed {
    /// Which slot it is for.
    pub fn kind(&self) -> SlotKind {
        match self {
            Self::Pin(_) => SlotKind::Pin,
            Self::Passphrase(_) => SlotKind::Passphrase,
        }
    }

    /// The text that is stretched: Unicode NFC, so that two keyboards that spell one letter differently agree.
    pub(crate) fn normalised(&self) -> Zeroizing<String> {
        let (Self::Pin(text) | Self::Passphrase(text)) = self;
        // NFC is at most three times as long (Unicode TR 15 §9), so the string never grows and leaves no copy behind
        let mut normalised = Zeroizing::new(String::with_capacity(text.expose().len() * 3));
        normalised.extend(text.expose().nfc());
        normalised
    }
}

/// Runs up or down by one or two (123456, 890123, 975319), one digit, pair or triple repeated, a year written twice,
/// and the keypad lines that lists of leaked PINs put first.
fn easily_guessed(digits: &[u8]) -> bool {
    const LEAKED_FIRST: [&str; 14] = [
        "123123", "123321", "654321", "159753", "147258", "147852", "258456", "789456", "456789",
        "112233", "332211", "102030", "696969", "520131",
    ];
    let steps: Vec<u8> = digits
        .windows(2)
        .map(|pair| (pair[1] + 10 - pair[0]) % 10)
        .collect();
    let run = matches!(steps[0], 0 | 1 | 2 | 8 | 9) && steps.iter().all(|step| *step == steps[0]);
    let repeats = (1..=3).any(|period| {
        digits
            .iter()
            .zip(digits.iter().skip(period))
            .all(|(a, b)| a == b)
    });
    let doubled_year = digits.len() == 8 && digits[..4] == digits[4..];
    run || repeats
        || doubled_year
        || LEAKED_FIRST
            .iter()
            .any(|leaked| leaked.as_bytes() == digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(text: &str) -> Option<WeakSecret> {
        Chosen::pin(SecretText::from(text)).err()
    }

    fn passphrase(text: &str) -> Option<WeakSecret> {
        Chosen::passphrase(SecretText::from(text)).err()
    }

    #[test]
    fn the_first_guesses_are_not_accepted_as_a_pin() {
        for guess in [
            "000000", "123456", "654321", "121212", "123123", "112233", "789012", "135791",
            "19901990",
        ] {
            assert_eq!(pin(guess), Some(WeakSecret::EasilyGuessed), "{guess}");
        }
        for fair in ["830521", "402917", "18274655"] {
            assert_eq!(pin(fair), None, "{fair}");
        }
    }

    #[test]
    fn lengths_and_characters_are_bounded() {
        assert_eq!(pin("83052"), Some(WeakSecret::TooShort));
        assert_eq!(pin("83052a"), Some(WeakSecret::NotDigits));
        assert_eq!(pin("８３０５２１"), Some(WeakSecret::NotDigits));
        assert_eq!(pin(&"830521".repeat(11)), Some(WeakSecret::TooLong));
        assert_eq!(passphrase("eleven char"), Some(WeakSecret::TooShort));
        assert_eq!(passphrase("twelve chars"), Some(WeakSecret::EasilyGuessed));
        assert_eq!(passphrase("twelve fair chars"), None);
        assert_eq!(passphrase("ääääääääääää"), Some(WeakSecret::EasilyGuessed));
        assert_eq!(passphrase(&"long ".repeat(300)), Some(WeakSecret::TooLong));
    }

    #[test]
    fn two_spellings_of_one_letter_are_the_same_passphrase() {
        let composed = Typed::Passphrase(SecretText::from("caf\u{e9}"));
        let decomposed = Typed::Passphrase(SecretText::from("cafe\u{301}"));
        assert_eq!(*composed.normalised(), *decomposed.normalised());
    }
}
