//! What the configuration says of calls: by whom they are carried, in which words, and how many.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use rsipstack::sip::uri::ParamsExt as _;
use rsipstack::sip::{Scheme, Transport, Uri};
use secrecy::SecretString;
use serde::Deserialize;
use url::{Host, Url};

use super::trunk::{Account, TrunkSettings};
use crate::carrier::language::Language;
use crate::carrier::limits::Limits;

/// Where SIP is listened for when nothing else is said (RFC 3261 §18.1.1).
const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 5060);
/// The certificate authorities of the system, as Debian and Ubuntu keep them.
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";
/// The longest part of an address that is dialled.
const LONGEST_USER: usize = 64;

/// `[calls]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Calls {
    /// By a phone that exists in this process alone, for trials.
    pub simulated: bool,
    /// In which language calls speak.
    pub language: Language,
    /// A folder with the site's own recordings.
    pub prompts: Option<PathBuf>,
    /// Over a SIP trunk.
    pub sip: Option<Sip>,
    /// Over an HTTP voice gateway.
    pub gateway: Option<VoiceGateway>,
    /// How many there may be.
    #[serde(deserialize_with = "Limits::read_calls")]
    pub limits: Limits,
}

impl Default for Calls {
    fn default() -> Self {
        Self {
            simulated: false,
            language: Language::default(),
            prompts: None,
            sip: None,
            gateway: None,
            limits: Limits::calls(),
        }
    }
}

/// `[calls.gateway]`, checked.
#[derive(Debug, Deserialize)]
#[serde(try_from = "WrittenGateway")]
pub struct VoiceGateway {
    /// Where calls are asked for.
    pub url: Url,
    /// The file with the secret that both ends sign with.
    pub secret_file: PathBuf,
    /// Certificate authorities that vouch for it, PEM, beside those of the system.
    pub authorities: Option<PathBuf>,
}

/// `[calls.gateway]` as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenGateway {
    url: String,
    secret_file: PathBuf,
    authorities: Option<PathBuf>,
}

/// What is said over the network is a code, so only this machine is spoken to without TLS.
#[derive(Debug, thiserror::Error)]
#[error("{0} is no voice gateway; write https://…, or http:// only for this machine itself")]
pub struct NoGateway(String);

impl TryFrom<WrittenGateway> for VoiceGateway {
    type Error = NoGateway;

    fn try_from(written: WrittenGateway) -> Result<Self, NoGateway> {
        let url = Url::parse(&written.url).map_err(|_| NoGateway(written.url.clone()))?;
        let is_here = match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        };
        let is_safe = match url.scheme() {
            "https" => true,
            "http" => is_here,
            _ => false,
        };
        if !is_safe || url.query().is_some() || url.fragment().is_some() {
            return Err(NoGateway(written.url));
        }
        Ok(Self {
            url,
            secret_file: written.secret_file,
            authorities: written.authorities,
        })
    }
}

/// `[calls.sip]`, checked.
#[derive(Debug, Deserialize)]
#[serde(try_from = "WrittenSip")]
pub struct Sip {
    trunk: Uri,
    written: WrittenSip,
    audio_ports: Option<(u16, u16)>,
}

/// `[calls.sip]` as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSip {
    trunk: String,
    from: String,
    address: IpAddr,
    #[serde(default = "plus")]
    prefix: String,
    name: Option<String>,
    password_file: Option<PathBuf>,
    #[serde(default)]
    register: bool,
    listen: Option<SocketAddr>,
    audio_ports: Option<String>,
    authorities: Option<PathBuf>,
}

fn plus() -> String {
    "+".into()
}

/// What is wrong with `[calls.sip]`.
#[derive(Debug, thiserror::Error)]
pub enum SipError {
    /// Not an address of a trunk.
    #[error(
        "{0} is no trunk; write sip:HOST, sip:HOST:PORT, and ;transport=tcp or ;transport=tls unless it is UDP"
    )]
    Trunk(String),
    /// Cannot be put into an address.
    #[error("{name} = {value:?} cannot be dialled; use digits, letters and + - . _ only")]
    User {
        /// Of which setting.
        name: &'static str,
        /// What it says.
        value: String,
    },
    /// Half of an account.
    #[error("name and password_file belong together; give both or neither")]
    HalfAnAccount,
    /// Registering needs to be known.
    #[error("register needs name and password_file")]
    Nobody,
    /// Not an address that can be reached.
    #[error("address {0} cannot be reached; write this machine's address as the trunk sees it")]
    Address(IpAddr),
    /// Speech could not be sent from there.
    #[error("address {0} and listen are of two families; write listen = \"[::]:5060\" for IPv6")]
    Family(IpAddr),
    /// Not a range of ports.
    #[error(
        "audio_ports {0:?} are no ports; write FIRST-LAST, such as 16384-17384, with an even one in it"
    )]
    Ports(String),
    /// The password cannot be read.
    #[error("cannot read the trunk's password from {}: {reason}", path.display())]
    Password {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl TryFrom<WrittenSip> for Sip {
    type Error = SipError;

    fn try_from(written: WrittenSip) -> Result<Self, SipError> {
        let trunk = trunk(&written.trunk)?;
        for (name, value) in [("from", &written.from), ("prefix", &written.prefix)] {
            let is_empty = name == "from" && value.is_empty();
            if is_empty || value.len() > LONGEST_USER || !value.bytes().all(may_be_dialled) {
                let value = value.clone();
                return Err(SipError::User { name, value });
            }
        }
        match (&written.name, &written.password_file) {
            (Some(_), None) | (None, Some(_)) => return Err(SipError::HalfAnAccount),
            (None, None) if written.register => return Err(SipError::Nobody),
            _ => {}
        }
        if written.address.is_unspecified() || written.address.is_multicast() {
            return Err(SipError::Address(written.address));
        }
        if written.address.is_ipv6() != written.listen.unwrap_or(LISTEN).is_ipv6() {
            return Err(SipError::Family(written.address));
        }
        let audio_ports = written.audio_ports.as_deref().map(ports).transpose()?;
        Ok(Self {
            trunk,
            written,
            audio_ports,
        })
    }
}

impl Sip {
    /// What the trunk needs, with the password from its file.
    pub fn settings(self) -> Result<TrunkSettings, SipError> {
        let WrittenSip {
            from,
            address,
            prefix,
            name,
            password_file,
            register,
            listen,
            authorities,
            ..
        } = self.written;
        let account = match (name, password_file) {
            (Some(name), Some(path)) => Some(Account {
                name,
                password: password(&path)?,
            }),
            _ => None,
        };
        let is_tls = self.trunk.transport() == Some(&Transport::Tls);
        Ok(TrunkSettings {
            trunk: self.trunk,
            prefix,
            account,
            from,
            register,
            listen: listen.unwrap_or(LISTEN),
            address,
            audio_ports: self.audio_ports,
            authorities: is_tls.then(|| authorities.unwrap_or_else(|| AUTHORITIES.into())),
        })
    }
}

fn trunk(text: &str) -> Result<Uri, SipError> {
    let wrong = || SipError::Trunk(text.to_owned());
    let uri = Uri::try_from(text).map_err(|_| wrong())?;
    let has_transport = matches!(
        uri.transport(),
        None | Some(Transport::Udp | Transport::Tcp | Transport::Tls)
    );
    let is_plain = uri.scheme == Some(Scheme::Sip)
        && uri.auth.is_none()
        && uri.headers.is_empty()
        && !uri.host_with_port.host.to_string().is_empty();
    (is_plain && has_transport).then_some(uri).ok_or_else(wrong)
}

const fn may_be_dialled(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'_')
}

fn ports(text: &str) -> Result<(u16, u16), SipError> {
    let wrong = || SipError::Ports(text.to_owned());
    let (first, last) = text.split_once('-').ok_or_else(wrong)?;
    let read = |text: &str| text.trim().parse::<u16>().map_err(|_| wrong());
    let (first, last) = (read(first)?, read(last)?);
    let has_even = first < last || (first == last && first % 2 == 0);
    let is_range = first >= 1024 && has_even;
    is_range.then_some((first, last)).ok_or_else(wrong)
}

fn password(path: &Path) -> Result<SecretString, SipError> {
    let failed = |reason: String| SipError::Password {
        path: path.to_owned(),
        reason,
    };
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    let password = text.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(failed("it is empty".into()));
    }
    Ok(SecretString::from(password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "trunk = \"sip:pbx.hospital.example:5060;transport=tcp\"\nfrom = \"+442079460000\"\naddress = \"192.0.2.1\"\n";

    fn read(text: &str) -> Result<Sip, String> {
        toml::from_str(text).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn h1_a_trunk_is_read_or_refused_with_the_way_out() {
        let settings = read(GOOD).unwrap().settings().unwrap();
        assert_eq!(settings.listen, LISTEN);
        assert_eq!(
            (settings.prefix.as_str(), settings.authorities),
            ("+", None)
        );
        let tls = read(&GOOD.replace("tcp", "tls"))
            .unwrap()
            .settings()
            .unwrap();
        assert_eq!(tls.authorities, Some(AUTHORITIES.into()));
        for (from, to, message) in [
            ("sip:pbx", "https://pbx", "is no trunk"),
            ("sip:pbx", "sips:pbx", "is no trunk"),
            ("sip:pbx", "sip:me@pbx", "is no trunk"),
            ("tcp", "ws", "is no trunk"),
            ("+442079460000", "a b", "cannot be dialled"),
            ("+442079460000", "", "cannot be dialled"),
            ("192.0.2.1", "0.0.0.0", "as the trunk sees it"),
            ("192.0.2.1", "2001:db8::1", "two families"),
            ("192.0.2.1", "pbx", "address"),
        ] {
            let error = read(&GOOD.replace(from, to)).unwrap_err();
            assert!(error.contains(message), "{error}");
        }
        for (line, message) in [
            ("register = true", "register needs name"),
            ("name = \"trunk\"", "belong together"),
            ("password_file = \"secret\"", "belong together"),
            ("prefix = \"9;\"", "cannot be dialled"),
            ("audio_ports = \"20000\"", "FIRST-LAST"),
            ("audio_ports = \"30000-20000\"", "FIRST-LAST"),
            ("audio_ports = \"80-90\"", "FIRST-LAST"),
            ("audio_ports = \"20001-20001\"", "FIRST-LAST"),
            ("password = \"secret\"", "unknown field"),
        ] {
            let error = read(&format!("{GOOD}{line}\n")).unwrap_err();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn the_password_is_in_a_file_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let text = format!("{GOOD}name = \"trunk\"\npassword_file = {path:?}\n");
        let settings = || read(&text).unwrap().settings();
        assert!(
            settings()
                .unwrap_err()
                .to_string()
                .contains("cannot read the trunk's password")
        );
        std::fs::write(&path, "\n").unwrap();
        assert!(settings().unwrap_err().to_string().contains("it is empty"));
        std::fs::write(&path, "s3cret phrase\n").unwrap();
        let settings = settings().unwrap();
        assert!(!format!("{settings:?}").contains("s3cret"));
    }

    #[test]
    fn h4_a_gateway_elsewhere_speaks_tls() {
        let read = |url: &str| {
            let text = format!("url = \"{url}\"\nsecret_file = \"secret\"\n");
            toml::from_str::<VoiceGateway>(&text).map_err(|error| error.message().to_owned())
        };
        for good in [
            "https://voice.example/calls",
            "http://127.0.0.1:8080/",
            "http://[::1]/",
        ] {
            assert!(read(good).is_ok(), "{good}");
        }
        for bad in [
            "http://voice.example/",
            "ftp://127.0.0.1/",
            "https://voice.example/?a=b",
            "voice",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn h3_what_is_left_out_of_the_limits_is_as_it_was() {
        let calls: Calls = toml::from_str("[limits]\nan_hour = 7\n").unwrap();
        assert_eq!((calls.limits.an_hour, calls.limits.person_an_hour), (7, 3));
        assert_eq!(toml::from_str::<Calls>("").unwrap().limits, Limits::calls());
    }
}
