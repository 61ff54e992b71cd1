//! Names of things: each its own type, parsed once at the edge.

use std::{fmt, str::FromStr};

use ring::rand::SecureRandom;
use serde::{Deserialize, Serialize};

use crate::random::{self, RandomError};

/// The text is not an id of that kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id of that kind")]
pub struct IdError;

const UPPER_AND_DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $length:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Takes a text that has the right form, else an error.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                let rest = text.strip_prefix($prefix).ok_or(IdError)?;
                let good = text.len() == $length && rest.bytes().all(|b| b.is_ascii_alphanumeric());
                good.then(|| Self(text.to_owned())).ok_or(IdError)
            }

            /// Draws a new one.
            pub fn make(rng: &dyn SecureRandom) -> Result<Self, RandomError> {
                random::text(rng, UPPER_AND_DIGITS, $length - $prefix.len()).map(|tail| Self(format!("{}{tail}", $prefix)))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

id!(
    /// A user, `DU…`.
    UserId, "DU", 20
);
id!(
    /// A device, `DP…`: Duo's `pkey`, `phone_id` and `device`.
    DeviceId, "DP", 20
);
id!(
    /// One activation of one device, `DA…`: Duo's `akey`. A reactivation makes a new one.
    AccountKey, "DA", 20
);
id!(
    /// An integration, `DI…`: its `ikey`.
    IntegrationKey, "DI", 20
);
id!(
    /// A service, `DS…`.
    ServiceId, "DS", 20
);
id!(
    /// A request as the device sees it: Duo's `urgid`.
    Urgid, "UR", 20
);
id!(
    /// A notice to one device about another one, `DN…`.
    NoticeId, "DN", 20
);
id!(
    /// A request as the integration sees it: Duo's `txid`.
    Txid, "", 36
);

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;

    use super::*;

    #[test]
    fn a_made_id_parses_and_a_strange_one_does_not() {
        let made = UserId::make(&SystemRandom::new()).unwrap();
        assert_eq!(UserId::parse(made.as_str()), Ok(made));
        for strange in [
            "",
            "DU",
            "DP3RP9I2WOC59VZX672N",
            "DU3RP9I2WOC59VZX672",
            "DU3RP9I2WOC59VZX67 N",
            "DU3RP9I2WOC59VZX67éN",
        ] {
            assert_eq!(UserId::parse(strange), Err(IdError), "{strange}");
        }
    }
}
