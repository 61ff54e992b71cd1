//! Why a key that was good once is refused (PROTOCOL.md §12).

use serde::{Deserialize, Serialize};

use crate::label::Label;

/// What became of a device's key. It is not signed: it is there to be shown, and nothing is done because of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    /// What happened.
    #[serde(default)]
    pub cause: StoppedCause,
    /// When, Unix milliseconds; `None` where the service does not know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<i64>,
    /// With [`StoppedCause::Replaced`]: the name under which the service lists the device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<Label>,
}

/// What happened to a device's key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoppedCause {
    /// A later activation gave the device another key.
    Replaced,
    /// The device was removed.
    Removed,
    /// It handed over to another device of its user (PROTOCOL.md §13).
    Moved,
    /// Its user may not sign in.
    Disabled,
    /// It was suspended: two copies of it were at work.
    Copied,
    /// The help desk suspended it.
    Desk,
    /// Another device of the user said that it is not theirs.
    NotMe,
    /// It was suspended, and the service does not know why.
    Suspended,
    /// A word that this release does not know: the cause is left out.
    #[default]
    #[serde(other)]
    Unknown,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wire::envelope::Failure;

    #[test]
    fn a_refusal_with_a_cause_that_nobody_knows_yet_is_still_a_refusal() {
        let read = |stopped| {
            let body = json!({ "code": 40103, "message": "no", "stopped": stopped });
            serde_json::from_value::<Failure>(body).unwrap().stopped
        };
        let replaced =
            json!({ "cause": "replaced", "at": 1_795_492_110_000_i64, "device": "Ward\nphone" });
        assert_eq!(
            read(replaced),
            Some(Box::new(Stopped {
                cause: StoppedCause::Replaced,
                at: Some(1_795_492_110_000),
                device: Some(Label::new("Ward phone")),
            }))
        );
        for other in [json!({ "cause": "melted", "at": 1 }), json!({})] {
            assert_eq!(read(other).unwrap().cause, StoppedCause::Unknown);
        }
        assert_eq!(read(json!(null)), None);
    }

    #[test]
    fn a_refusal_without_a_cause_has_no_word_of_it() {
        let text = serde_json::to_string(&Failure::default()).unwrap();
        assert!(!text.contains("stopped"), "{text}");
    }
}
