//! What a device shows about a request, and the hash that is signed over it (PROTOCOL.md section 5, row C8).

use countersign_protocol::challenge::context_hash;
use countersign_protocol::label::Label;
use countersign_protocol::time::UnixMillis;
use countersign_protocol::wire::device::{Attribute, AttributeGroups, AttributeValue};
use serde::{Deserialize, Serialize};

use crate::core::Fault;

/// Pairs that an application may tell (row C8).
const TOLD_PAIRS: usize = 20;

/// What a device shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Context {
    /// The kind of request, `Login` for most.
    pub kind: String,
    /// The application.
    pub summary: String,
    /// Who, where, when; the last group is what the application told.
    pub attributes: AttributeGroups,
}

/// From what a context is made.
#[derive(Debug)]
pub struct Circumstances<'a> {
    /// The kind of request.
    pub kind: &'a str,
    /// The organisation.
    pub organisation: &'a str,
    /// The person, as the application shows the name.
    pub username: &'a str,
    /// The application.
    pub integration: &'a str,
    /// The address the person signs in from.
    pub address: &'a str,
    /// When.
    pub at: UnixMillis,
    /// What the application tells.
    pub told: &'a [(String, String)],
}

impl Context {
    /// Puts the groups together; texts are bounded and without controls.
    pub fn of(circumstances: &Circumstances<'_>) -> Self {
        let c = circumstances;
        let text = |name: &str, value: &str| {
            Attribute::text(Label::new(name).as_str(), Label::new(value).as_str())
        };
        let mut place = vec![text("Integration", c.integration)];
        if !c.address.is_empty() {
            place.push(text("IP Address", c.address));
        }
        place.push(Attribute(
            "Time".into(),
            AttributeValue::Number(c.at.seconds()),
        ));
        let mut groups = vec![
            vec![
                text("Organization", c.organisation),
                text("Username", c.username),
            ],
            place,
        ];
        let told: Vec<_> = c
            .told
            .iter()
            .take(TOLD_PAIRS)
            .map(|(name, value)| text(name, value))
            .collect();
        if !told.is_empty() {
            groups.push(told);
        }
        Self {
            kind: Label::new(c.kind).as_str().to_owned(),
            summary: Label::new(c.integration).as_str().to_owned(),
            attributes: AttributeGroups(groups),
        }
    }

    /// The hash that the service and the device sign.
    pub fn hash(&self) -> String {
        context_hash(&self.kind, &self.summary, &self.attributes)
    }

    /// As stored.
    pub fn to_stored(&self) -> Result<String, Fault> {
        serde_json::to_string(self).map_err(|_| Fault::Broken("context"))
    }

    /// As read.
    pub fn from_stored(text: &str) -> Result<Self, Fault> {
        serde_json::from_str(text).map_err(|_| Fault::Broken("context"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c8_what_the_application_tells_is_bounded_and_comes_last() {
        let told: Vec<_> = (0..100)
            .map(|n| (format!("IP{n}"), "trusted\u{202e}".repeat(1000)))
            .collect();
        let context = Context::of(&Circumstances {
            kind: "Login",
            organisation: "Hospital",
            username: "alice",
            integration: "VPN",
            address: "192.0.2.7",
            at: UnixMillis(1_795_492_110_000),
            told: &told,
        });
        let last = context.attributes.0.last().unwrap();
        assert_eq!((context.attributes.0.len(), last.len()), (3, TOLD_PAIRS));
        assert!(
            last.iter()
                .all(|pair| pair.value_text().chars().count() <= 200
                    && !pair.value_text().contains('\u{202e}'))
        );
        assert_eq!(
            Context::from_stored(&context.to_stored().unwrap())
                .unwrap()
                .hash(),
            context.hash()
        );
    }
}
