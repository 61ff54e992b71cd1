//! The domain of a hospital, on a real domain controller, and a service whose people it has. Tests run side by side, so
//! each makes people of its own.

#![allow(
    unreachable_pub,
    reason = "what starts the domain controller is shared with the tests of the whole"
)]

#[path = "../../../../tests/src/directory.rs"]
mod directory;

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use countersign_service::clock::SystemClock;
use countersign_service::directory::ldap::LdapDirectory;
use countersign_service::directory::settings::DirectorySettings;
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, Mod, Scope, SearchEntry};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use serde::Deserialize;

pub use directory::ActiveDirectory;

/// Of everybody whom a test makes.
pub const SECRET: &str = "Ward.Secret1";
const STAFF: &str = "OU=Staff,DC=hosp,DC=test";

/// The domain controller of this test program.
pub fn domain() -> &'static ActiveDirectory {
    ActiveDirectory::shared(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("directories"))
}

#[derive(Deserialize)]
struct File {
    directory: DirectorySettings,
}

/// Settings for the domain, with further lines.
pub fn settings(more: &str) -> DirectorySettings {
    let folder = tempfile::tempdir().unwrap().keep();
    read(&domain().settings(&folder, more))
}

pub fn read(text: &str) -> DirectorySettings {
    toml::from_str::<File>(text).unwrap().directory
}

/// The domain as the service asks it.
pub fn asked(more: &str) -> Arc<LdapDirectory> {
    Arc::new(LdapDirectory::of(&settings(more), Arc::new(SystemClock)).unwrap())
}

/// An administrator of the domain.
pub struct Administrator(Ldap);

impl Administrator {
    pub async fn arrive() -> Self {
        let domain = domain();
        let mut ldap = connect().await;
        let bound = ldap
            .simple_bind("Administrator@hosp.test", domain.told("ADMIN_PASSWORD"))
            .await;
        bound.unwrap().success().unwrap();
        Self(ldap)
    }

    /// Adds an account with [`SECRET`] and further attributes.
    pub async fn add(&mut self, name: &str, more: &[(&str, &str)]) {
        let quoted: Vec<u8> = format!("\"{SECRET}\"")
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let text = |value: &str| HashSet::from([value.as_bytes().to_vec()]);
        let mut attributes = vec![
            (b"objectClass".to_vec(), text("user")),
            (b"sAMAccountName".to_vec(), text(name)),
            (b"userAccountControl".to_vec(), text("66048")),
            (b"unicodePwd".to_vec(), HashSet::from([quoted])),
        ];
        for (name, value) in more {
            attributes.push((name.as_bytes().to_vec(), text(value)));
        }
        let added = self.0.add(&place(name), attributes).await;
        added.unwrap().success().unwrap();
    }

    pub async fn set(&mut self, name: &str, attribute: &str, value: &str) {
        let values = HashSet::from([value.as_bytes().to_vec()]);
        let change = Mod::Replace(attribute.as_bytes().to_vec(), values);
        let set = self.0.modify(&place(name), vec![change]).await;
        set.unwrap().success().unwrap();
    }

    pub async fn remove(&mut self, name: &str) {
        let removed = self.0.delete(&place(name)).await;
        removed.unwrap().success().unwrap();
    }

    /// Moves somebody into or out of a group.
    pub async fn put(&mut self, name: &str, group: &str, is_in: bool) {
        let member = b"member".to_vec();
        let who = HashSet::from([place(name).into_bytes()]);
        let change = if is_in {
            Mod::Add(member, who)
        } else {
            Mod::Delete(member, who)
        };
        let put = self.0.modify(&place(group), vec![change]).await;
        put.unwrap().success().unwrap();
    }

    /// What an account's attribute says; empty for nothing.
    pub async fn read(&mut self, name: &str, attribute: &str) -> String {
        let found = self
            .0
            .search(&place(name), Scope::Base, "(objectClass=*)", [attribute])
            .await;
        let (rows, _) = found.unwrap().success().unwrap();
        let entry = SearchEntry::construct(rows.into_iter().next().unwrap());
        let values = entry.attrs.get(attribute);
        values
            .and_then(|all| all.first().cloned())
            .unwrap_or_default()
    }
}

/// A connection as nobody yet.
pub async fn connect() -> Ldap {
    let domain = domain();
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(domain.ca()).unwrap() {
        roots.add(certificate.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let settings = LdapConnSettings::new().set_config(Arc::new(tls));
    let (connection, ldap) = LdapConnAsync::with_settings(settings, domain.ldaps())
        .await
        .unwrap();
    ldap3::drive!(connection);
    ldap
}

/// Where an account or group of that name stands.
pub fn place(name: &str) -> String {
    format!("CN={},{STAFF}", ldap3::dn_escape(name))
}
