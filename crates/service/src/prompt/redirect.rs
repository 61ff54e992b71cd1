//! Where an application may have people sent back to.

use countersign_protocol::ids::IntegrationKey;
use url::{Host, Url};

use crate::audit::AuditEntry;
use crate::core::{Core, Fault};
use crate::operator::OPERATOR;

/// The longest that is registered, characters.
const LONGEST: usize = 1024;

/// An address that may be registered. It is kept as it was written, because it is compared so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedirectUri(String);

impl RedirectUri {
    /// `https`, or `http` on this computer for trials; without user and fragment. `None` for everything else.
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let here = match url.host()? {
            Host::Domain(name) => name == "localhost",
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        };
        let good = (url.scheme() == "https" || (url.scheme() == "http" && here))
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none()
            && text.len() <= LONGEST
            // What a parser would drop or mend is no address that two sides read alike
            && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        good.then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where the person is sent, with these parameters after those that the address has already.
    pub fn with(&self, parameters: &[(&str, &str)]) -> Option<Url> {
        let mut url = Url::parse(&self.0).ok()?;
        url.query_pairs_mut().extend_pairs(parameters);
        Some(url)
    }
}

impl Core {
    /// Registers addresses of an integration beside those that it has. `false` if there is no such integration.
    pub async fn add_redirect_uris(
        &self,
        integration: &IntegrationKey,
        uris: &[RedirectUri],
    ) -> Result<bool, Fault> {
        let entry = AuditEntry::new(
            self.now(),
            OPERATOR.into(),
            "integration.redirect_uri",
            integration.as_str(),
            "done",
        );
        let prompts = self.store.prompts();
        Ok(prompts.add_redirect_uris(integration, uris, entry).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_https_addresses_are_registered_and_http_on_this_computer() {
        for good in [
            "https://records.hospital.example/duo-callback",
            "https://records.hospital.example:8443/cb?tenant=7",
            "http://localhost:8080/cb",
            "http://127.0.0.1:51234/cb",
            "http://[::1]/cb",
        ] {
            assert!(RedirectUri::parse(good).is_some(), "{good}");
        }
        for bad in [
            "http://records.hospital.example/cb",
            "http://localhost.evil.example/cb",
            "https://user@records.hospital.example/cb",
            "https://records.hospital.example/cb#here",
            "https://records.hospital.example\\@evil.example/cb",
            " https://records.hospital.example/cb",
            "https://records.hospital.example/a b",
            "javascript:alert(1)",
            "data:text/html,hello",
            "//records.hospital.example/cb",
            "/cb",
            "",
        ] {
            assert!(RedirectUri::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn what_the_address_has_already_stays() {
        let uri = RedirectUri::parse("https://app.example/cb?tenant=7").unwrap();
        let url = uri.with(&[("state", "a&b"), ("duo_code", "c")]).unwrap();
        assert_eq!(
            url.as_str(),
            "https://app.example/cb?tenant=7&state=a%26b&duo_code=c"
        );
    }
}
