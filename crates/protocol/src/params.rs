//! Parameters of a query or a form, and their one canonical spelling.

use std::collections::HashSet;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but `A-Z a-z 0-9 _ . ~ -` is encoded (RFC 3986 §2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'-');

/// A parameter occurs twice where once is allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("parameter {0} occurs twice")]
pub struct RepeatedParameter(pub String);

/// Decoded name and value pairs, in the order received.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// None yet.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Reads `application/x-www-form-urlencoded` text. It never fails: what is not valid UTF-8 becomes U+FFFD, which no
    /// value that matters contains.
    pub fn decode(text: &str) -> Self {
        Self(
            url::form_urlencoded::parse(text.as_bytes())
                .into_owned()
                .collect(),
        )
    }

    /// Adds one at the end.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.push((name.to_owned(), value.into()));
        self
    }

    /// Appends all of another.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The value of `name`: `None` where it is absent.
    pub fn one(&self, name: &str) -> Result<Option<&str>, RepeatedParameter> {
        let mut found = self.0.iter().filter(|(n, _)| n == name);
        match (found.next(), found.next()) {
            (first, None) => Ok(first.map(|(_, value)| value.as_str())),
            (_, Some(_)) => Err(RepeatedParameter(name.to_owned())),
        }
    }

    /// The first name that occurs twice.
    pub fn repeated(&self) -> Option<&str> {
        let mut seen = HashSet::with_capacity(self.0.len());
        self.0
            .iter()
            .map(|(name, _)| name.as_str())
            .find(|name| !seen.insert(*name))
    }

    /// All pairs.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Encoded, sorted by encoded name and then by encoded value, joined with `&` (PROTOCOL.md §1).
    pub fn canonical(&self) -> String {
        let mut pairs = self.encoded();
        pairs.sort();
        join(&pairs)
    }

    /// The same pairs sorted as whole `name=value` texts, as libduo does; differs where one name begins another.
    pub fn canonical_by_joined_text(&self) -> String {
        let mut texts: Vec<String> = self
            .encoded()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        texts.sort();
        texts.join("&")
    }

    /// Encoded in the order received.
    pub fn in_order(&self) -> String {
        join(&self.encoded())
    }

    fn encoded(&self) -> Vec<(String, String)> {
        self.0
            .iter()
            .map(|(name, value)| (encode(name), encode(value)))
            .collect()
    }
}

fn join(pairs: &[(String, String)]) -> String {
    pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect::<Vec<_>>()
        .join("&")
}

/// Percent-encodes one name or value.
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_compared_whole_and_values_as_text() {
        let params = Params::new()
            .with("foo_bar", "1")
            .with("foo-a", "1")
            .with("foo", "2")
            .with("foo", "10")
            .with("foo", "1");
        assert_eq!(params.canonical(), "foo=1&foo=10&foo=2&foo-a=1&foo_bar=1");
        assert_eq!(
            params.canonical_by_joined_text(),
            "foo-a=1&foo=1&foo=10&foo=2&foo_bar=1"
        );
    }

    #[test]
    fn a_repeated_name_is_found() {
        assert_eq!(Params::decode("a=1&b=2&a=1").repeated(), Some("a"));
        assert_eq!(Params::decode("a=1&b=2").repeated(), None);
        assert_eq!(
            Params::decode("a=1&a=2").one("a"),
            Err(RepeatedParameter("a".into()))
        );
        assert_eq!(Params::decode("a=1").one("b"), Ok(None));
    }

    #[test]
    fn a5_a_body_of_thirty_thousand_names_is_looked_through_once() {
        let names: Vec<String> = (0..30_000).map(|n| format!("{n:x}=")).collect();
        let text = names.join("&");
        assert_eq!(Params::decode(&text).repeated(), None);
        assert_eq!(Params::decode(&format!("{text}&0=")).repeated(), Some("0"));
    }

    proptest! {
        #[test]
        fn canonical_text_decodes_to_the_same_pairs(mut pairs in prop::collection::vec((".{0,12}", ".{0,12}"), 0..6)) {
            let params = pairs.iter().fold(Params::new(), |all, (name, value)| all.with(name, value.clone()));
            let mut back: Vec<_> = Params::decode(&params.canonical()).0;
            // An empty name with an empty value is written `=`, which decodes to one empty pair, as it should
            pairs.sort();
            back.sort();
            prop_assert_eq!(back, pairs);
        }
    }
}
