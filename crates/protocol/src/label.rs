//! Texts from outside, made safe to show.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One line of text from a server, a picture or a link: no control characters, no characters that reorder text, at most
/// [`Label::MAX_CHARS`] characters (row T5). It is shown as text, never as markup.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Label(String);

impl Label {
    /// Longest label, in characters.
    pub const MAX_CHARS: usize = 200;

    /// Cleans a text; it never fails, it only leaves out.
    pub fn new(text: &str) -> Self {
        let kept: String = text
            .chars()
            .map(|c| if c.is_whitespace() { ' ' } else { c })
            .filter(|c| !c.is_control() && !reorders_or_hides(*c))
            .take(Self::MAX_CHARS)
            .collect();
        Self(kept.trim().to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Bidirectional controls (Unicode UAX #9 §2), zero-width and other invisible format characters, tags and
/// noncharacters. The zero-width joiner and non-joiner are kept out too: names need them less than look-alikes do.
fn reorders_or_hides(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180E}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}'
        | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{FFFE}' | '\u{FFFF}' | '\u{E0000}'..='\u{E0FFF}')
}

impl From<String> for Label {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

impl From<&str> for Label {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<Label> for String {
    fn from(label: Label) -> Self {
        label.0
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t5_labels_lose_what_reorders_hides_or_breaks_lines() {
        assert_eq!(
            Label::new("Marlowe\u{202E}latipsoH").as_str(),
            "MarlowelatipsoH"
        );
        assert_eq!(Label::new("a\u{0}b\u{1b}[31mc\u{7f}").as_str(), "ab[31mc");
        assert_eq!(Label::new(" two\nlines\t ").as_str(), "two lines");
        assert_eq!(
            Label::new("<img src=x onerror=alert(1)>").as_str(),
            "<img src=x onerror=alert(1)>"
        );
        assert_eq!(
            Label::new("Universitätsklinikum Köln 北京").as_str(),
            "Universitätsklinikum Köln 北京"
        );
    }

    #[test]
    fn t5_labels_are_bounded_in_characters_and_stay_valid() {
        let label = Label::new(&"é".repeat(1000));
        assert_eq!(label.as_str().chars().count(), Label::MAX_CHARS);
    }

    #[test]
    fn t5_every_character_that_reorders_text_is_left_out() {
        for c in [
            '\u{061C}', '\u{200E}', '\u{200F}', '\u{202A}', '\u{202B}', '\u{202C}', '\u{202D}',
            '\u{202E}', '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}',
        ] {
            assert_eq!(
                Label::new(&format!("a{c}b")).as_str(),
                "ab",
                "{:04X}",
                u32::from(c)
            );
        }
    }
}
