//! Texts: how a code or a link reaches a mobile phone. Who carries them is the site's choice.

use std::fmt::{self, Debug};

use async_trait::async_trait;

use super::phone_number::E164;

/// A text was not sent, as far as is known. What it says is for logs: never the words of the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nobody took it, so it costs nothing.
    #[error("{0}")]
    Refused(String),
    /// Somebody may have taken it.
    #[error("{0}; whether it was taken is not known")]
    Unknown(String),
}

/// A text that is to be delivered.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    /// Our name for it.
    pub id: &'a str,
    /// To whom it goes.
    pub to: &'a E164,
    /// What is to be read.
    pub words: &'a str,
}

impl Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({}, …{})", self.id, self.to.ending())
    }
}

/// A text that a carrier took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// What the carrier calls it in its reports, where it makes any.
    pub name: Option<String>,
}

/// Somebody who sends texts.
#[async_trait]
pub trait Texter: Debug + Send + Sync {
    /// Hands a text over to be delivered. That it arrives is not promised.
    async fn send(&self, text: &Text<'_>) -> Result<Handed, TextError>;

    /// Takes leave of the carrier, before the service ends.
    async fn close(&self) {}
}
