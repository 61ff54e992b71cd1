//! The canonical form of a user's name, by which users are found and failures are counted (row O5).

use unicode_normalization::UnicodeNormalization;

/// The longest name that is looked at, in characters.
const LONGEST: usize = 256;

/// A name without case, spaces and domain, in Unicode NFKC.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CanonicalName(String);

impl CanonicalName {
    /// The canonical form of a name as typed. `None` when nothing is left of it or it is absurdly long.
    ///
    /// `WARD\Alice`, ` alice `, `ALICE` and `ａｌｉｃｅ` are all `alice`. What follows an `@` stays: it may tell two
    /// people apart.
    pub fn of(name: &str) -> Option<Self> {
        if name.chars().count() > LONGEST {
            return None;
        }
        let composed: String = name.nfkc().collect();
        let without_domain = composed.rsplit(['\\', '/']).next().unwrap_or_default();
        let visible: String = without_domain
            .chars()
            .filter(|c| !is_ignorable(*c))
            .collect();
        // Lower case may decompose again (İ), so it is composed once more
        let canonical: String = visible
            .to_lowercase()
            .nfkc()
            .filter(|c| !is_ignorable(*c))
            .collect();
        (!canonical.is_empty()).then_some(Self(canonical))
    }

    /// The same without what follows an `@`, where something stands before it.
    #[must_use]
    pub fn without_domain(&self) -> Self {
        let before = self.0.split('@').next().filter(|name| !name.is_empty());
        Self(before.unwrap_or(&self.0).to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Spaces, controls and characters without a picture of their own, which make a new spelling but not a new name.
fn is_ignorable(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
        || matches!(c, '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_are_one() {
        for spelling in [
            "alice",
            "Alice",
            "ALICE",
            " alice",
            "alice ",
            "al ice",
            "\talice\n",
            "WARD\\alice",
            "ward\\ALICE",
            "ward/alice",
            "ａｌｉｃｅ",
            "ali\u{200b}ce",
            "\u{feff}alice",
            "alice\u{202e}",
            "ⓐlice",
            "ali\u{ad}ce",
            "𝐚𝐥𝐢𝐜𝐞",
            "aLiCe",
            "al\u{a0}ice",
            "alice\u{0}",
        ] {
            assert_eq!(
                CanonicalName::of(spelling).unwrap().as_str(),
                "alice",
                "{spelling:?}"
            );
        }
    }

    #[test]
    fn nothing_is_not_a_name() {
        for nothing in ["", " ", "\u{200b}", "WARD\\", &"a".repeat(257)] {
            assert_eq!(CanonicalName::of(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn different_people_stay_different() {
        assert_ne!(
            CanonicalName::of("alice@a.test"),
            CanonicalName::of("alice@b.test")
        );
        assert_ne!(CanonicalName::of("alice"), CanonicalName::of("alicé"));
    }
}
