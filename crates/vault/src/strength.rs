//! How hard a passphrase is to guess, by zxcvbn (Wheeler, USENIX Security 2016).

use zxcvbn::Score;

/// The fewest characters of a passphrase (row V2).
const FEWEST_CHARACTERS: usize = 12;

/// What a passphrase is worth against someone who has the file and guesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strength {
    /// 0 to 4: under 10^3, 10^6, 10^8, 10^10 guesses, and above.
    pub score: u8,
    /// Whether a slot may be made with it: twelve characters or more, and score 4. At Argon2id's price, 10^10 guesses are
    /// decades of one processor; the next lower score would be months.
    pub enough: bool,
}

/// Rates a passphrase as typed so far. Takes up to a tenth of a second. Only the first 100 characters count.
pub fn rate(passphrase: &str) -> Strength {
    let score = zxcvbn::zxcvbn(passphrase, &[]).score();
    Strength {
        score: u8::from(score),
        enough: score == Score::Four && passphrase.chars().count() >= FEWEST_CHARACTERS,
    }
}

/// Whether it is too short, whatever it is worth.
pub(crate) fn too_short(passphrase: &str) -> bool {
    passphrase.chars().count() < FEWEST_CHARACTERS
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn any_text_is_rated(text in "\\PC{0,140}") {
            let strength = rate(&text);
            prop_assert!(strength.score <= 4);
            prop_assert!(!strength.enough || !too_short(&text));
        }
    }

    #[test]
    fn v2_what_lists_of_passwords_and_keyboards_hold_is_not_enough() {
        for weak in [
            "",
            "password1234",
            "qwertyuiop12",
            "Summer2026!!",
            "iloveyousomuch",
            "hospitalhospital",
            "123456789012",
            "ääääääääääää",
            "nurse nurse nurse",
        ] {
            assert!(!rate(weak).enough, "{weak}");
        }
        assert_eq!(rate("hospitalhospital").score, 0);
    }

    #[test]
    fn v2_a_few_unrelated_words_are_enough() {
        for fair in [
            "tulip anchor paper",
            "zwei kleine Katzen",
            "four words for tests",
            "xK3#vQ9!mLp2",
        ] {
            assert_eq!(
                rate(fair),
                Strength {
                    score: 4,
                    enough: true
                },
                "{fair}"
            );
        }
        // Hard to guess, yet short
        assert!(!rate("xK3#vQ9!mLp").enough);
    }
}
