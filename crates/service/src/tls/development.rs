//! A certificate authority of one's own for development and demonstrations, made at the first start and kept.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    path::Path,
    sync::Arc,
    time::Duration,
};

use countersign_protocol::time::UnixMillis;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::{
    RootCertStore, ServerConfig,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier as _},
    crypto::ring,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject};

use super::TlsError;

/// The authority's certificate, which clients are told to trust.
pub const CA_FILE: &str = "ca.pem";
const CA_KEY_FILE: &str = "ca-key.pem";
const SERVER_FILE: &str = "server.pem";
const SERVER_KEY_FILE: &str = "server-key.pem";

const DAY: Duration = Duration::from_hours(24);
/// Platforms refuse server certificates that live longer than 398 days.
const SERVER_DAYS: u32 = 397;
const CA_DAYS: u32 = 3650;
/// A certificate with less than this left is replaced at the next start.
const RENEW_DAYS: u32 = 30;

/// A server configuration for `localhost`, the loopback addresses and `public_host` (a name without port), signed by
/// the authority in `folder`.
///
/// The first start makes the authority; later ones keep it, so that whoever trusts `ca.pem` need not be told again.
/// The server's certificate is kept too, until it lacks a name or is about to expire.
pub fn config(
    folder: &Path,
    public_host: &str,
    now: UnixMillis,
) -> Result<Arc<ServerConfig>, TlsError> {
    fs::create_dir_all(folder).map_err(|error| TlsError::file(folder, &error))?;
    let now = Duration::from_millis(u64::try_from(now.0).unwrap_or_default());
    let (chain, key) = (folder.join(SERVER_FILE), folder.join(SERVER_KEY_FILE));
    let ca = folder.join(CA_FILE);
    if !ca.exists() {
        make_authority(folder, now)?;
    }
    let names = names(public_host);
    if !(chain.exists() && key.exists() && still_good(&ca, &chain, &names, now)?) {
        make_server(folder, names, now)?;
    }
    super::from_pem_files(&chain, &key)
}

fn names(public_host: &str) -> Vec<String> {
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(String::from).into();
    if !names.iter().any(|name| name == public_host) {
        names.push(public_host.to_owned());
    }
    names
}

/// Whether a client that trusts the authority would still accept the certificate for every name in 30 days.
fn still_good(ca: &Path, chain: &Path, names: &[String], now: Duration) -> Result<bool, TlsError> {
    let read = |path: &Path| {
        CertificateDer::from_pem_file(path).map_err(|error| TlsError::file(path, &error))
    };
    let mut roots = RootCertStore::empty();
    roots.add(read(ca)?)?;
    let certificate = read(chain)?;
    let Ok(verifier) =
        WebPkiServerVerifier::builder_with_provider(roots.into(), ring::default_provider().into())
            .build()
    else {
        return Ok(false);
    };
    let later = UnixTime::since_unix_epoch(now + DAY * RENEW_DAYS);
    Ok(names.iter().all(|name| {
        ServerName::try_from(name.as_str()).is_ok_and(|name| {
            verifier
                .verify_server_cert(&certificate, &[], &name, &[], later)
                .is_ok()
        })
    }))
}

fn make_authority(folder: &Path, now: Duration) -> Result<(), TlsError> {
    let key = KeyPair::generate()?;
    let mut params = lasting(CertificateParams::default(), now, CA_DAYS);
    params
        .distinguished_name
        .push(DnType::CommonName, "Countersign development authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let certificate = params.self_signed(&key)?;
    write(&folder.join(CA_KEY_FILE), &key.serialize_pem(), 0o600)?;
    // Last, since its presence says that the authority is complete.
    write(&folder.join(CA_FILE), &certificate.pem(), 0o644)
}

fn make_server(folder: &Path, names: Vec<String>, now: Duration) -> Result<(), TlsError> {
    let read = |name: &str| {
        let path = folder.join(name);
        fs::read_to_string(&path).map_err(|error| TlsError::file(&path, &error))
    };
    let issuer =
        Issuer::from_ca_cert_pem(&read(CA_FILE)?, KeyPair::from_pem(&read(CA_KEY_FILE)?)?)?;
    let key = KeyPair::generate()?;
    let mut params = lasting(CertificateParams::new(names)?, now, SERVER_DAYS);
    params
        .distinguished_name
        .push(DnType::CommonName, "Countersign");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let certificate = params.signed_by(&key, &issuer)?;
    write(&folder.join(SERVER_KEY_FILE), &key.serialize_pem(), 0o600)?;
    write(&folder.join(SERVER_FILE), &certificate.pem(), 0o644)
}

/// Valid from yesterday, so that a client whose clock is a little behind accepts it, for `days`.
fn lasting(mut params: CertificateParams, now: Duration, days: u32) -> CertificateParams {
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    params.not_before = epoch + now.saturating_sub(DAY);
    params.not_after = epoch + now + DAY * days;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
}

/// Writes beside the file and renames, so that a stop half-way leaves the old file or none.
fn write(path: &Path, text: &str, mode: u32) -> Result<(), TlsError> {
    let new = path.with_extension("new");
    let written = || -> std::io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
        #[cfg(not(unix))]
        let _ = mode;
        let mut file = options.open(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)
    };
    written().map_err(|error| TlsError::file(path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(day: i64) -> UnixMillis {
        UnixMillis(1_795_000_000_000 + day * 86_400_000)
    }

    fn file(folder: &tempfile::TempDir, name: &str) -> String {
        fs::read_to_string(folder.path().join(name)).unwrap()
    }

    #[test]
    fn the_first_start_makes_what_later_starts_keep() {
        let folder = tempfile::tempdir().unwrap();
        config(folder.path(), "countersign.test", millis(0)).unwrap();
        let before = [CA_FILE, SERVER_FILE, SERVER_KEY_FILE].map(|name| file(&folder, name));
        config(folder.path(), "countersign.test", millis(300)).unwrap();
        assert_eq!(
            before,
            [CA_FILE, SERVER_FILE, SERVER_KEY_FILE].map(|name| file(&folder, name))
        );
    }

    #[test]
    fn another_name_or_the_end_of_its_life_renews_the_certificate_under_the_same_authority() {
        let folder = tempfile::tempdir().unwrap();
        config(folder.path(), "countersign.test", millis(0)).unwrap();
        let (ca, first) = (file(&folder, CA_FILE), file(&folder, SERVER_FILE));
        config(folder.path(), "other.test", millis(0)).unwrap();
        let second = file(&folder, SERVER_FILE);
        config(folder.path(), "other.test", millis(370)).unwrap();
        let third = file(&folder, SERVER_FILE);
        assert!(first != second && second != third);
        assert_eq!(ca, file(&folder, CA_FILE));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_the_keys() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        config(folder.path(), "countersign.test", millis(0)).unwrap();
        for name in [CA_KEY_FILE, SERVER_KEY_FILE] {
            let mode = fs::metadata(folder.path().join(name))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }
}
