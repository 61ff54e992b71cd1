//! Texts: how a code reaches a mobile phone. Who carries them is the site's choice.

use std::fmt::Debug;

use async_trait::async_trait;

use super::phone_number::E164;

/// A text was not sent.
#[derive(Debug, thiserror::Error)]
#[error("the text could not be sent: {0}")]
pub struct TextError(pub String);

/// Somebody who sends texts.
#[async_trait]
pub trait Texter: Debug + Send + Sync {
    /// Hands a text over to be delivered. That it arrives is not promised.
    async fn send(&self, to: &E164, text: &str) -> Result<(), TextError>;
}
