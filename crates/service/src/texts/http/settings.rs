//! `[texts.http]`: which gateway, and how it wants a text to be put.

use std::collections::BTreeMap;
use std::path::PathBuf;

use secrecy::SecretString;
use serde::Deserialize;
use url::{Host, Url};

use super::template::Body;
use crate::texts::reports::{ReportReader, Reports};
use crate::texts::settings::{FileError, authorities, secret};

/// `[texts.http]`, checked.
#[derive(Debug, Deserialize)]
#[serde(try_from = "WrittenHttp")]
pub struct Http {
    url: Url,
    body: Body,
    name: Option<String>,
    token_file: Option<PathBuf>,
    accepted: Option<String>,
    authorities: Option<PathBuf>,
    reports: Option<Reports>,
}

/// What the gateway needs, with what its files hold.
#[derive(Debug)]
pub struct HttpSettings {
    /// Where texts go.
    pub url: Url,
    /// The body of a request.
    pub body: Body,
    /// Who we are, if it asks.
    pub account: Option<Account>,
    /// What an answer has in it when a text was taken.
    pub accepted: Option<String>,
    /// Whose certificates are trusted; the system's, if nobody is named.
    pub authorities: Option<Vec<rustls_pki_types::CertificateDer<'static>>>,
    /// How reports are read, if there are any.
    pub reports: Option<ReportReader>,
}

/// Who we are to a gateway.
#[derive(Debug)]
pub enum Account {
    /// A token (RFC 6750).
    Bearer(SecretString),
    /// A name and a password (RFC 7617).
    Basic(String, SecretString),
}

/// `[texts.http]` as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenHttp {
    url: String,
    json: Option<toml::Table>,
    form: Option<BTreeMap<String, String>>,
    name: Option<String>,
    token_file: Option<PathBuf>,
    accepted: Option<String>,
    authorities: Option<PathBuf>,
    reports: Option<Reports>,
}

/// What is wrong with `[texts.http]`.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// Not an address that a text may be sent to.
    #[error("{0:?} is no gateway; write https://HOST/PATH (http only for this machine itself)")]
    Url(String),
    /// No body, or two.
    #[error("write the body as json = {{ … }} or as form = {{ … }}, one of them")]
    Bodies,
    /// A body that leaves something out.
    #[error("the body names no {0}; write {1} where the gateway expects it")]
    Missing(&'static str, &'static str),
    /// Half of an account.
    #[error("name needs token_file, the file that holds its password")]
    HalfAnAccount,
}

impl TryFrom<WrittenHttp> for Http {
    type Error = HttpError;

    fn try_from(written: WrittenHttp) -> Result<Self, HttpError> {
        let url = read_url(&written.url)?;
        let body = match (written.json, written.form) {
            (Some(json), None) => {
                Body::Json(serde_json::to_value(json).map_err(|_| HttpError::Bodies)?)
            }
            (None, Some(form)) => Body::Form(form),
            _ => return Err(HttpError::Bodies),
        };
        if !body.has("{to}") && !body.has("{digits}") {
            return Err(HttpError::Missing("number", "{to} or {digits}"));
        }
        if !body.has("{text}") {
            return Err(HttpError::Missing("text", "{text}"));
        }
        if written.reports.is_some() && !body.has("{id}") {
            return Err(HttpError::Missing("name for reports", "{id}"));
        }
        if written.name.is_some() && written.token_file.is_none() {
            return Err(HttpError::HalfAnAccount);
        }
        Ok(Self {
            url,
            body,
            name: written.name,
            token_file: written.token_file,
            accepted: written.accepted,
            authorities: written.authorities,
            reports: written.reports,
        })
    }
}

impl Http {
    /// Reads the files that it names.
    pub fn open(self) -> Result<HttpSettings, FileError> {
        let token = self.token_file.as_deref();
        let token = token.map(|path| secret("token_file", path)).transpose()?;
        let account = token.map(|token| match self.name {
            Some(name) => Account::Basic(name, token),
            None => Account::Bearer(token),
        });
        let named = self.authorities.as_deref();
        Ok(HttpSettings {
            url: self.url,
            body: self.body,
            account,
            accepted: self.accepted,
            authorities: named
                .map(|path| authorities("authorities", path))
                .transpose()?,
            reports: self.reports.map(Reports::open).transpose()?,
        })
    }
}

fn read_url(text: &str) -> Result<Url, HttpError> {
    let wrong = || HttpError::Url(text.to_owned());
    let url = Url::parse(text).map_err(|_| wrong())?;
    let is_here = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    let is_private = url.scheme() == "https" || (url.scheme() == "http" && is_here);
    let names_nobody = url.username().is_empty() && url.password().is_none();
    (is_private && names_nobody && url.has_host())
        .then_some(url)
        .ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Http, String> {
        toml::from_str(text).map_err(|error| error.message().to_owned())
    }

    const BODY: &str = "json = { to = \"{to}\", text = \"{text}\" }\n";

    #[test]
    fn h1_a_gateway_is_read_or_refused_with_the_way_out() {
        for good in [
            "https://gateway.example/sms",
            "http://127.0.0.1:13013/",
            "http://[::1]:1/",
            "http://localhost/",
        ] {
            assert!(read(&format!("url = {good:?}\n{BODY}")).is_ok(), "{good}");
        }
        for wrong in [
            "http://gateway.example/",
            "ftp://a",
            "gateway",
            "https://me:secret@gateway.example/",
            "http://127.0.0.1.example/",
        ] {
            let error = read(&format!("url = {wrong:?}\n{BODY}")).unwrap_err();
            assert!(error.contains("write https://HOST/PATH"), "{error}");
        }
        let url = "url = \"https://gateway.example/\"\n";
        for (rest, message) in [
            ("", "one of them"),
            ("json = { to = \"{to}\" }\n", "write {text}"),
            ("form = { text = \"{text}\" }\n", "{to} or {digits}"),
            (
                "form = { t = \"{text}\", d = \"{digits}\" }\njson = {}\n",
                "one of them",
            ),
            (
                "form = { t = \"{text}\", d = \"{digits}\" }\nname = \"me\"\n",
                "token_file",
            ),
            (
                "form = { t = \"{text}\", d = \"{digits}\" }\ntoken = \"x\"\n",
                "unknown field",
            ),
            (
                "form = { t = \"{text}\", d = \"{digits}\" }\nreports = { key_file = \"k\" }\n",
                "write {id}",
            ),
        ] {
            let error = read(&format!("{url}{rest}")).unwrap_err();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn g2_a_token_shows_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "s3cret\n").unwrap();
        let text = format!("url = \"https://gateway.example/\"\n{BODY}token_file = {path:?}\n");
        let settings = read(&text).unwrap().open().unwrap();
        assert!(!format!("{settings:?}").contains("s3cret"));
        let text = text.replace("token\"", "missing\"");
        let error = read(&text).unwrap().open().unwrap_err().to_string();
        assert!(error.contains("token_file names"), "{error}");
    }
}
