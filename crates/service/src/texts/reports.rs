//! What a carrier reports of a text: that it arrived, or that it never will (TEXTS.md §4, row H4).

use std::path::PathBuf;

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use ring::hmac;
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::mpsc::Receiver;

use super::settings::{FileError, secret};

/// The longest name that a carrier gives a text (SMPP 3.4 §5.2.23).
pub const LONGEST_NAME: usize = 64;
/// How many octets a key has at least (NIST SP 800-107 §5.3.4).
const SHORTEST_KEY: usize = 16;

/// What became of a text. Final.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// It is on the phone.
    Delivered,
    /// It never will be.
    Failed,
}

/// A text that a carrier reports of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What the carrier calls it.
    pub name: String,
    /// What became of it.
    pub arrival: Arrival,
}

/// Reports that come by themselves, at most [`MOST_WAITING`] of them.
pub type Reported = Receiver<Report>;

/// Reports that wait to be noted. What comes beyond them is not: a text whose arrival nobody knows is as good as ever, and a
/// carrier that reports without end fills no memory (row R1).
pub const MOST_WAITING: usize = 1_024;

/// `[texts.http.reports]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reports {
    key_file: PathBuf,
    #[serde(default = "header")]
    header: String,
    #[serde(default = "id")]
    id: String,
    #[serde(default = "status")]
    status: String,
    #[serde(default = "delivered")]
    delivered: Vec<String>,
    #[serde(default = "failed")]
    failed: Vec<String>,
}

fn header() -> String {
    "X-Signature".into()
}

fn id() -> String {
    "/id".into()
}

fn status() -> String {
    "/status".into()
}

fn delivered() -> Vec<String> {
    ["delivered"].map(String::from).into()
}

fn failed() -> Vec<String> {
    ["failed", "undelivered", "expired", "rejected"]
        .map(String::from)
        .into()
}

impl Reports {
    /// Reads the key.
    pub fn open(self) -> Result<ReportReader, FileError> {
        let key = secret("reports.key_file", &self.key_file)?;
        let bytes = key.expose_secret().as_bytes();
        if bytes.len() < SHORTEST_KEY {
            return Err(FileError::Wrong {
                setting: "reports.key_file",
                path: self.key_file,
                wanted: "a key of at least 16 characters",
            });
        }
        Ok(ReportReader {
            key: hmac::Key::new(hmac::HMAC_SHA256, bytes),
            wanted: self,
        })
    }
}

/// Reads what a gateway reports.
#[derive(Debug)]
pub struct ReportReader {
    key: hmac::Key,
    wanted: Reports,
}

/// Why nothing was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoReport {
    /// Not signed by the gateway.
    Forged,
    /// No report.
    Unreadable,
}

impl ReportReader {
    /// The header that carries the signature.
    pub fn header(&self) -> &str {
        &self.wanted.header
    }

    /// Checks the signature over the bytes as they came, and only then reads them. `None` for a state that is not final.
    pub fn read(&self, signature: Option<&str>, body: &[u8]) -> Result<Option<Report>, NoReport> {
        let signature = signature
            .and_then(signature_bytes)
            .ok_or(NoReport::Forged)?;
        // In constant time
        hmac::verify(&self.key, body, &signature).map_err(|_| NoReport::Forged)?;
        let report: Value = serde_json::from_slice(body).map_err(|_| NoReport::Unreadable)?;
        let text = |pointer: &str| match report.pointer(pointer) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(Value::Number(number)) => Ok(number.to_string()),
            _ => Err(NoReport::Unreadable),
        };
        let (name, status) = (text(&self.wanted.id)?, text(&self.wanted.status)?);
        if name.is_empty() || name.len() > LONGEST_NAME {
            return Err(NoReport::Unreadable);
        }
        let is_in = |words: &[String]| words.iter().any(|word| word.eq_ignore_ascii_case(&status));
        let arrival = if is_in(&self.wanted.delivered) {
            Arrival::Delivered
        } else if is_in(&self.wanted.failed) {
            Arrival::Failed
        } else {
            return Ok(None);
        };
        Ok(Some(Report { name, arrival }))
    }
}

fn signature_bytes(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    let text = text.strip_prefix("sha256=").unwrap_or(text);
    let hex = HEXLOWER_PERMISSIVE.decode(text.as_bytes());
    hex.or_else(|_| BASE64.decode(text.as_bytes())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "a key of a gateway";
    const BODY: &[u8] = br#"{"id":"abc","status":"delivered"}"#;

    fn reader(rest: &str) -> ReportReader {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, format!("{KEY}\n")).unwrap();
        let reports: Reports = toml::from_str(&format!("key_file = {path:?}\n{rest}")).unwrap();
        reports.open().unwrap()
    }

    fn signed(body: &[u8]) -> Vec<u8> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, KEY.as_bytes());
        hmac::sign(&key, body).as_ref().to_vec()
    }

    #[test]
    fn h4_only_what_the_gateway_signed_is_read() {
        let reader = reader("");
        let good = HEXLOWER_PERMISSIVE.encode(&signed(BODY));
        let delivered = Report {
            name: "abc".into(),
            arrival: Arrival::Delivered,
        };
        let base64 = BASE64.encode(&signed(BODY));
        for way in [
            good.clone(),
            format!("sha256={good}"),
            good.to_uppercase(),
            base64,
        ] {
            assert_eq!(
                reader.read(Some(&way), BODY),
                Ok(Some(delivered.clone())),
                "{way}"
            );
        }
        let other = HEXLOWER_PERMISSIVE.encode(&signed(b"{}"));
        for wrong in [
            None,
            Some(""),
            Some("sha256="),
            Some(&good[..62]),
            Some(&other),
            Some("é"),
        ] {
            assert_eq!(reader.read(wrong, BODY), Err(NoReport::Forged), "{wrong:?}");
        }
        assert_eq!(
            reader.read(Some(&good), &[BODY, b" "].concat()),
            Err(NoReport::Forged)
        );
    }

    #[test]
    fn h4_a_signed_report_is_read_as_the_configuration_says() {
        let reader = reader(
            "id = \"/sms/0/ref\"\nstatus = \"/sms/0/state\"\ndelivered = [\"1\"]\nfailed = [\"EXPIRED\"]\n",
        );
        let read = |body: &str| {
            let signature = HEXLOWER_PERMISSIVE.encode(&signed(body.as_bytes()));
            reader.read(Some(&signature), body.as_bytes())
        };
        let arrival = |body: &str| read(body).map(|report| report.map(|report| report.arrival));
        assert_eq!(
            arrival(r#"{"sms":[{"ref":7,"state":1}]}"#),
            Ok(Some(Arrival::Delivered))
        );
        assert_eq!(
            arrival(r#"{"sms":[{"ref":"7","state":"expired"}]}"#),
            Ok(Some(Arrival::Failed))
        );
        assert_eq!(
            arrival(r#"{"sms":[{"ref":"7","state":"queued"}]}"#),
            Ok(None)
        );
        let long = format!(r#"{{"sms":[{{"ref":"{}","state":1}}]}}"#, "a".repeat(65));
        for wrong in [
            "",
            "[]",
            r#"{"sms":[{"state":1}]}"#,
            r#"{"sms":[{"ref":"","state":1}]}"#,
            &long,
        ] {
            assert_eq!(read(wrong), Err(NoReport::Unreadable), "{wrong}");
        }
    }

    #[test]
    fn a_short_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "short\n").unwrap();
        let reports: Reports = toml::from_str(&format!("key_file = {path:?}\n")).unwrap();
        assert!(
            reports
                .open()
                .unwrap_err()
                .to_string()
                .contains("16 characters")
        );
    }
}
