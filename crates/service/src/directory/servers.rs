//! Reaching a domain controller: TLS that cannot be talked out of, limits on every wait, one after another (row L1).

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapError};
use rustls::pki_types::CertificateDer;
use rustls::{CertificateError, ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::{Instant, timeout};

use super::Unavailable;
use super::diagnostic::{REFUSED, code, refused};
use super::person::Checked;
use super::settings::{DirectorySettings, Server, SetupError, unreadable};

/// A server that failed is asked last for so long: whoever signs in meanwhile does not wait for it.
const PASSED_OVER: Duration = Duration::from_mins(1);
/// A connection that nobody used for so long may be dead without a sign, and is not used again.
const KEPT_IDLE: Duration = Duration::from_mins(1);

/// The domain controllers, and how to speak to them.
pub(super) struct Servers {
    list: Vec<Known>,
    tls: Arc<ClientConfig>,
    limit: Duration,
    account: String,
    password: SecretString,
    /// Bound as the service account; searches share it.
    kept: Mutex<Option<Kept>>,
    /// When the domain last called the service account's password wrong.
    wrong_at: Mutex<Option<Instant>>,
    /// For how long it remembers that.
    window: Duration,
}

struct Known {
    server: Server,
    failed_at: Mutex<Option<Instant>>,
}

struct Kept {
    ldap: Ldap,
    server: usize,
    used_at: Instant,
}

/// A connection that is bound as the service account.
pub(super) struct Bound {
    pub(super) ldap: Ldap,
    pub(super) server: usize,
    /// Whether it stood before, and so may have died since.
    pub(super) was_kept: bool,
}

impl Servers {
    pub(super) fn of(settings: &DirectorySettings) -> Result<Self, SetupError> {
        let list = settings.servers.0.iter().map(|server| Known {
            server: server.clone(),
            failed_at: Mutex::new(None),
        });
        Ok(Self {
            list: list.collect(),
            tls: tls(settings)?,
            limit: settings.limit(),
            account: settings.account.0.clone(),
            password: settings.password()?,
            kept: Mutex::new(None),
            wrong_at: Mutex::new(None),
            window: settings.window(),
        })
    }

    /// Whether there is more than one server.
    pub(super) fn others(&self) -> bool {
        self.list.len() > 1
    }

    /// How long one answer may take.
    pub(super) fn limit(&self) -> Duration {
        self.limit
    }

    /// The servers by their places.
    pub(super) fn servers(&self) -> impl Iterator<Item = (usize, &Server)> {
        let servers = self.list.iter().map(|known| &known.server);
        servers.enumerate()
    }

    /// What to say of a server.
    pub(super) fn unavailable(&self, server: usize, reason: impl Into<String>) -> Unavailable {
        let server = self.list.get(server).map(|known| known.server.to_string());
        Unavailable {
            server: server.unwrap_or_default(),
            reason: reason.into(),
        }
    }

    /// A new connection, to the first server that answers.
    pub(super) async fn connect(&self) -> Result<(Ldap, usize), Unavailable> {
        let mut said = None;
        for place in self.in_order() {
            match self.connect_to(place).await {
                Ok(ldap) => return Ok((ldap, place)),
                Err(unavailable) => {
                    tracing::warn!(%unavailable, "the next server is asked");
                    self.pass_over(place);
                    said = Some(unavailable);
                }
            }
        }
        Err(said.unwrap_or_else(|| self.unavailable(0, "there is no server")))
    }

    /// A new connection to that server, with TLS or not at all.
    pub(super) async fn connect_to(&self, place: usize) -> Result<Ldap, Unavailable> {
        let Some(Known { server, .. }) = self.list.get(place) else {
            return Err(self.unavailable(place, "there is no such server"));
        };
        let settings = LdapConnSettings::new()
            .set_starttls(server.start_tls)
            .set_config(self.tls.clone());
        let connecting = LdapConnAsync::from_url_with_settings(settings, &server.url);
        let (connection, ldap) = timeout(self.limit, connecting)
            .await
            .map_err(|_| self.unavailable(place, self.slow()))?
            .map_err(|error| self.unavailable(place, connecting_failed(&error, server)))?;
        // It ends when the last handle is dropped; what breaks is told to whoever waits for an answer
        tokio::spawn(async move { drop(connection.drive().await) });
        Ok(ldap)
    }

    /// A connection bound as the service account: the one that is kept, or a new one.
    pub(super) async fn bound(&self) -> Result<Bound, Unavailable> {
        if let Some(kept) = self.take_kept() {
            return Ok(kept);
        }
        let (mut ldap, server) = self.connect().await?;
        self.bind_service(&mut ldap, server)
            .await
            .inspect_err(|_| {
                self.pass_over(server);
            })?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some(Kept {
            ldap: ldap.clone(),
            server,
            used_at: Instant::now(),
        });
        Ok(Bound {
            ldap,
            server,
            was_kept: false,
        })
    }

    /// Binds a connection as the service account.
    pub(super) async fn bind_service(
        &self,
        ldap: &mut Ldap,
        server: usize,
    ) -> Result<(), Unavailable> {
        // Everybody's sign-in tries it, which would lock the account
        let wrong_at = *self.wrong_at.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(past) = wrong_at
            .map(|at| at.elapsed())
            .filter(|past| *past < self.window)
        {
            let minutes = self.window.saturating_sub(past).as_secs() / 60 + 1;
            return Err(self.unavailable(
                server,
                format!(
                    "the password of {} is wrong; so that it is not locked, it is tried again in {minutes} min, or after a restart",
                    self.account
                ),
            ));
        }
        let answer = timeout(
            self.limit,
            ldap.simple_bind(&self.account, self.password.expose_secret()),
        )
        .await
        .map_err(|_| self.unavailable(server, self.slow()))?
        .map_err(|error| self.unavailable(server, format!("it broke off the bind: {error}")))?;
        let account = &self.account;
        match answer.rc {
            0 => Ok(()),
            REFUSED => {
                if refused(&answer.text) == Checked::Wrong {
                    *self.wrong_at.lock().unwrap_or_else(PoisonError::into_inner) =
                        Some(Instant::now());
                }
                let why =
                    code(&answer.text).map_or_else(String::new, |code| format!(" (data {code:x})"));
                let way_out = "look at its password here and at the account there";
                Err(self.unavailable(
                    server,
                    format!("it refuses the account {account}{why}; {way_out}"),
                ))
            }
            rc => Err(self.unavailable(
                server,
                format!(
                    "it does not bind the account {account}: result {rc}, {}",
                    answer.text
                ),
            )),
        }
    }

    /// The kept connection broke, or was too slow: it is not used again.
    pub(super) fn forget_kept(&self) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// What is said of a server that does not answer in time.
    pub(super) fn slow(&self) -> String {
        format!("it did not answer within {} s", self.limit.as_secs())
    }

    fn take_kept(&self) -> Option<Bound> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let usable = kept
            .as_mut()
            .is_some_and(|kept| !kept.ldap.is_closed() && kept.used_at.elapsed() < KEPT_IDLE);
        if !usable {
            *kept = None;
        }
        kept.as_mut().map(|kept| {
            kept.used_at = Instant::now();
            Bound {
                ldap: kept.ldap.clone(),
                server: kept.server,
                was_kept: true,
            }
        })
    }

    /// As configured, but who failed a moment ago comes last.
    fn in_order(&self) -> Vec<usize> {
        let failed_lately = |known: &Known| {
            let failed_at = known
                .failed_at
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            failed_at.is_some_and(|at| at.elapsed() < PASSED_OVER)
        };
        let mut order: Vec<_> = (0..self.list.len()).collect();
        order.sort_by_key(|place| self.list.get(*place).is_none_or(failed_lately));
        order
    }

    pub(super) fn pass_over(&self, place: usize) {
        if let Some(known) = self.list.get(place) {
            let mut failed_at = known
                .failed_at
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            *failed_at = Some(Instant::now());
        }
    }
}

/// Trusts the authority that is named and no other, else whom the machine trusts. Verification cannot be turned off.
fn tls(settings: &DirectorySettings) -> Result<Arc<ClientConfig>, SetupError> {
    let mut roots = RootCertStore::empty();
    let place = if let Some(path) = &settings.ca {
        let what = "the authority's certificate in";
        let certificates = CertificateDer::pem_file_iter(path)
            .map_err(|reason| unreadable(what, path, &reason))?;
        for certificate in certificates {
            let certificate = certificate.map_err(|reason| unreadable(what, path, &reason))?;
            roots
                .add(certificate)
                .map_err(|reason| unreadable(what, path, &reason))?;
        }
        path.display().to_string()
    } else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        "this machine".to_owned()
    };
    if roots.is_empty() {
        return Err(SetupError::NoAuthority { place });
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| SetupError::Tls(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Why there is no connection, and the way out.
fn connecting_failed(error: &LdapError, server: &Server) -> String {
    match error {
        LdapError::Io { source } => io_failed(source),
        LdapError::LdapResult { result } => format!(
            "it refuses StartTLS (result {}), and nothing is sent without TLS; give it a certificate, or write ldaps://",
            result.rc
        ),
        _ if server.start_tls => format!(
            "it hung up when it was asked for StartTLS, and nothing is sent without TLS; write ldaps:// ({error})"
        ),
        LdapError::DNSName { .. } => {
            "its name cannot be in a certificate; write the name that its certificate has".into()
        }
        other => format!("the connection failed: {other}"),
    }
}

fn io_failed(error: &io::Error) -> String {
    let tls = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        Some(rustls::Error::InvalidCertificate(wrong)) => return certificate_failed(wrong),
        Some(other) => return format!("TLS failed: {other}"),
        None => {}
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            "nothing listens there; look at the name, the port and the firewall".into()
        }
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => {
            "it hung up before TLS began; is that port one for TLS?".into()
        }
        _ => format!("it cannot be reached: {error}"),
    }
}

fn certificate_failed(wrong: &CertificateError) -> String {
    match wrong {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "its certificate is from no authority that is trusted here; name that authority in `ca`".into()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its certificate has expired; renew it there".into()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "its certificate is for another name; write the server by a name that the certificate has".into()
        }
        other => format!("its certificate is not taken: {other}"),
    }
}
