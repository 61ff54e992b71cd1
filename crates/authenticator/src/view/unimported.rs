//! What an import could not take, kept until somebody puts it right or dismisses it.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Algorithm, ImportApp, ImportReason};

/// One entry that could not be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct UnimportedView {
    /// Opaque id, the same whenever the same entry of the same file is read.
    pub id: String,
    /// Issuer as the other app had it; may be empty.
    pub issuer: String,
    /// The person's name there; may be empty.
    pub account: String,
    /// Why it could not be taken.
    pub reason: ImportReason,
    /// Which app it was in.
    pub app: ImportApp,
    /// Its place in the export, from 0.
    pub position: u32,
    /// When it was imported, Unix time in milliseconds, as text.
    pub at_ms: String,
    /// How it can be had after all.
    pub way: UnimportedWay,
    /// How its passcodes are made, where only the key is missing.
    pub settings: Option<KeySettings>,
}

/// How an account that could not be imported can be had after all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum UnimportedWay {
    /// Its key can be typed, or its code scanned.
    Key,
    /// It never works here as it was: it has to be set up again where it signs in.
    Again,
}

/// How an account makes its passcodes, apart from its key, as [`super::TypedAccount`] has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct KeySettings {
    /// Counter-based.
    pub counter_based: bool,
    /// Digits of a passcode.
    pub digits: u8,
    /// Seconds a step.
    pub period_seconds: u32,
    /// Hash.
    pub algorithm: Algorithm,
    /// Steam's own passcodes: five letters and digits.
    pub steam: bool,
}
