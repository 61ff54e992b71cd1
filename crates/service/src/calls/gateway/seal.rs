//! Signatures between the service and a voice gateway: HMAC-SHA-256 (RFC 2104) over the time and the body, both ways.

use std::path::{Path, PathBuf};

use countersign_protocol::time::UnixMillis;
use data_encoding::HEXLOWER;
use ring::hmac;
use zeroize::Zeroizing;

/// How far the clocks of both ends may be apart, milliseconds; an event is taken once within it by its sequence.
const WINDOW_MS: i64 = 5 * 60 * 1000;
/// The shortest secret, bytes.
const SHORTEST: usize = 32;
/// The version of what is covered.
const VERSION: &str = "v1=";

/// Not signed by whoever holds the secret, or not now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stale;

/// Why there is no secret.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the gateway's secret from {}: {reason}", path.display())]
pub struct NoSecret {
    path: PathBuf,
    reason: String,
}

/// The secret that both ends hold.
pub struct Seal(hmac::Key);

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal(…)")
    }
}

impl Seal {
    /// From a file that holds it, at least 32 characters on one line.
    pub fn read(path: &Path) -> Result<Self, NoSecret> {
        let failed = |reason: String| NoSecret {
            path: path.to_owned(),
            reason,
        };
        let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
        let text = Zeroizing::new(text);
        let secret = text.trim_end_matches(['\r', '\n']);
        if secret.len() < SHORTEST {
            let reason = format!(
                "it is shorter than {SHORTEST} characters; make one with: openssl rand -hex 32"
            );
            return Err(failed(reason));
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes())))
    }

    /// The time, and the signature over it and a body.
    pub fn sign(&self, body: &[u8], now: UnixMillis) -> (String, String) {
        let timestamp = (now.0 / 1000).to_string();
        let tag = hmac::sign(&self.0, &covered(&timestamp, body));
        let signature = format!("{VERSION}{}", HEXLOWER.encode(tag.as_ref()));
        (timestamp, signature)
    }

    /// Checks the signature before anything else of it is believed, in constant time.
    pub fn check(
        &self,
        timestamp: &str,
        signature: &str,
        body: &[u8],
        now: UnixMillis,
    ) -> Result<(), Stale> {
        let hex = signature.strip_prefix(VERSION).ok_or(Stale)?;
        let tag = HEXLOWER.decode(hex.as_bytes()).map_err(|_| Stale)?;
        hmac::verify(&self.0, &covered(timestamp, body), &tag).map_err(|_| Stale)?;
        let seconds: i64 = timestamp.parse().map_err(|_| Stale)?;
        let signed_at = UnixMillis(seconds.checked_mul(1000).ok_or(Stale)?);
        let is_now = (-WINDOW_MS..=WINDOW_MS).contains(&(now - signed_at));
        is_now.then_some(()).ok_or(Stale)
    }
}

/// The time is digits, so the first full stop ends it.
fn covered(timestamp: &str, body: &[u8]) -> Vec<u8> {
    [timestamp.as_bytes(), b".", body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal() -> (tempfile::TempDir, Seal) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "0123456789abcdef0123456789abcdef\n").unwrap();
        let seal = Seal::read(&path).unwrap();
        (folder, seal)
    }

    const NOW: UnixMillis = UnixMillis(1_795_492_110_999);

    #[test]
    fn h4_the_signature_is_that_of_the_page() {
        // python3 -c "import hmac;print(hmac.new(b'0123456789abcdef0123456789abcdef', b'1795492110.{}', 'sha256').hexdigest())"
        let (_folder, seal) = seal();
        let (timestamp, signature) = seal.sign(b"{}", NOW);
        assert_eq!(timestamp, "1795492110");
        assert_eq!(
            signature,
            "v1=bb382aab190f1f4720bee9cd38e90a8c039a93ebf781fe8b83f03782523d288b"
        );
        assert_eq!(seal.check(&timestamp, &signature, b"{}", NOW), Ok(()));
    }

    #[test]
    fn h4_what_is_altered_or_old_is_refused() {
        let (_folder, seal) = seal();
        let (timestamp, signature) = seal.sign(b"{}", NOW);
        let at = |ms: i64| seal.check(&timestamp, &signature, b"{}", NOW + ms);
        // The time is signed in whole seconds
        assert_eq!((at(WINDOW_MS - 999), at(WINDOW_MS)), (Ok(()), Err(Stale)));
        assert_eq!(
            (at(-WINDOW_MS - 999), at(-WINDOW_MS - 1999)),
            (Ok(()), Err(Stale))
        );
        for (timestamp, signature, body) in [
            (timestamp.as_str(), signature.as_str(), &b"{ }"[..]),
            ("1795492111", &signature, b"{}"),
            (&timestamp, &signature.replace("v1=", ""), b"{}"),
            (&timestamp, &signature.replace("v1=", "v2="), b"{}"),
            (&timestamp, &signature[..20], b"{}"),
            (&timestamp, "", b"{}"),
            ("", &signature, b"{}"),
        ] {
            assert_eq!(seal.check(timestamp, signature, body, NOW), Err(Stale));
        }
        let moved = seal.sign(b"0.{}", NOW);
        let glued = format!("{}.0", moved.0);
        assert_eq!(
            seal.check(&glued, &moved.1, b"{}", NOW),
            Err(Stale),
            "no time"
        );
    }

    #[test]
    fn a_secret_is_long_or_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        assert!(
            Seal::read(&path)
                .unwrap_err()
                .to_string()
                .contains("cannot read")
        );
        std::fs::write(&path, "short\n").unwrap();
        let error = Seal::read(&path).unwrap_err().to_string();
        assert!(error.contains("openssl rand"), "{error}");
        assert_eq!(format!("{:?}", seal().1), "Seal(…)");
    }
}
