//! Signing in with a password of Active Directory, beside the same questions asked of the domain controller directly.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use countersign_protocol::wire::self_service::{BASE, SESSION_HEADER, SignIn};
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, Scope, SearchEntry};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};

use super::{
    Extent,
    caller::{Http, client},
    cost::{median, ms, ratio},
    report::{Report, Row},
};
use crate::{directory::ActiveDirectory, service::Service};

const PERSON: &str = "bob";
const PASSWORD: &str = "B0b.Secret";
const GOAL: Duration = Duration::from_millis(5);

pub(super) async fn measure(folder: &Path, extent: Extent, report: &mut Report) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let domain = ActiveDirectory::shared(&folder.join("cache"));
    let settings = domain.settings(folder, "");
    let service = Service::start_with(&folder.join("service"), &settings).await?;
    let http = client(&service.ca, Http::One)?;
    let url = format!("https://{}{BASE}/session", service.address());
    let typed = SignIn {
        username: PERSON.to_owned(),
        password: PASSWORD.to_owned(),
        shared: false,
    };
    let direct = Direct::of(domain)?;
    let mut kept = direct.connect().await?;
    direct
        .bind(
            &mut kept,
            domain.told("BIND_USER"),
            domain.told("BIND_PASSWORD"),
        )
        .await?;
    let (mut whole, mut own) = (Vec::new(), Vec::new());
    for round in 0..extent.of(110, 15) {
        let start = Instant::now();
        let call = http.post(&url).header(SESSION_HEADER, "new").json(&typed);
        let answer = call.send().await?;
        ensure!(answer.status().is_success(), "{}", answer.status());
        answer.bytes().await?;
        let signed_in = start.elapsed();
        let start = Instant::now();
        direct.look_and_bind(&mut kept).await?;
        // The first ones warm up
        if round >= 5 {
            whole.push(signed_in);
            own.push(start.elapsed());
        }
    }
    let (whole, own) = (median(whole), median(own));
    let beyond = whole.saturating_sub(own);
    report.add(Row {
        what: "self-service: signing in by LDAPS, without the directory's time".to_owned(),
        figure: format!("{:.1} ms of {:.1}", ms(beyond), ms(whole)),
        beside: format!(
            "{:.1} ms: the same search and bind, asked directly",
            ms(own)
        ),
        ratio: Some(ratio(whole, own)),
        goal: "≤ 5 ms beyond".to_owned(),
        met: Some(beyond <= GOAL),
    });
    Ok(())
}

/// The domain controller, asked without the service.
struct Direct {
    url: String,
    base: String,
    tls: Arc<ClientConfig>,
}

impl Direct {
    fn of(domain: &ActiveDirectory) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(domain.ca())? {
            roots.add(certificate?)?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            url: domain.ldaps().to_owned(),
            base: domain.told("BASE_DN").to_owned(),
            tls: Arc::new(tls),
        })
    }

    async fn connect(&self) -> Result<Ldap> {
        let settings = LdapConnSettings::new().set_config(self.tls.clone());
        let (connection, ldap) = LdapConnAsync::with_settings(settings, &self.url).await?;
        tokio::spawn(async move { drop(connection.drive().await) });
        Ok(ldap)
    }

    async fn bind(&self, ldap: &mut Ldap, name: &str, password: &str) -> Result<()> {
        ldap.simple_bind(name, password).await?.success()?;
        Ok(())
    }

    /// What a sign-in asks: who it is, on a connection that stands, and whether the password is theirs, on a new one.
    async fn look_and_bind(&self, kept: &mut Ldap) -> Result<()> {
        let filter =
            format!("(&(objectCategory=person)(objectClass=user)(sAMAccountName={PERSON}))");
        let attributes = vec![
            "objectGUID",
            "sAMAccountName",
            "mobile",
            "userAccountControl",
        ];
        let found = kept
            .search(&self.base, Scope::Subtree, &filter, attributes)
            .await?;
        let (rows, _) = found.success()?;
        let row = rows
            .into_iter()
            .find(|row| !row.is_ref() && !row.is_intermediate());
        let place = row
            .map(|row| SearchEntry::construct(row).dn)
            .unwrap_or_default();
        let mut own = self.connect().await?;
        self.bind(&mut own, &place, PASSWORD).await?;
        own.unbind().await?;
        Ok(())
    }
}
