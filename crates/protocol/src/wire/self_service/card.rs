//! The recovery card: codes on paper for when the devices are gone (rows O7, S6).

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// `POST /card`: a card, told once. What is left of it afterwards is a [`CardStanding`].
#[derive(Deserialize, Serialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct CardView {
    /// The codes, nine digits each; every one works once, wherever a bypass code does.
    pub codes: Vec<String>,
    /// When it was made.
    #[ts(type = "number")]
    pub made_at: i64,
    /// When its codes run out.
    #[ts(type = "number")]
    pub expires_at: i64,
}

/// A card as it is told of afterwards: never its codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct CardStanding {
    /// When it was made.
    #[ts(type = "number")]
    pub made_at: i64,
    /// When its codes run out.
    #[ts(type = "number")]
    pub expires_at: i64,
    /// How many of its codes were not used.
    pub codes_left: u32,
}
