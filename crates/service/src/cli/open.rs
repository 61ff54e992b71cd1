//! Opening the core from flags and configuration.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, bail};
use countersign_protocol::host::Host;
use ring::rand::SystemRandom;

use super::Options;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::core::{Core, Parts};
use crate::directory::ldap::LdapDirectory;
use crate::policy::{STATUS_HOLD, Site};
use crate::secrets::MasterKey;
use crate::self_service::call::Phones;
use crate::self_service::kerberos::{Kerberos, Surroundings};
use crate::self_service::recognition::Recognising;
use crate::store::sqlite::SqliteStore;
use crate::waker::LocalWaker;

/// Where `serve` notes its public host, so that commands beside it make codes for the same one.
const HOST_FILE: &str = "public-host";
const DATABASE_FILE: &str = "countersign.db";
const MASTER_KEY_FILE: &str = "master.key";
const DEFAULT_DATA: &str = "countersign-data";

/// Flags and configuration, put together.
pub(super) struct Settings {
    /// The file's settings.
    pub(super) config: Config,
    /// The data folder, which exists.
    pub(super) data: PathBuf,
    database: PathBuf,
    /// As given by flag or file.
    pub(super) public_host: Option<String>,
}

impl Settings {
    pub(super) fn of(options: Options) -> anyhow::Result<Self> {
        let mut config = options
            .config
            .as_deref()
            .map(Config::read)
            .transpose()?
            .unwrap_or_default();
        let data = options
            .data
            .or_else(|| config.data.take())
            .unwrap_or_else(|| DEFAULT_DATA.into());
        make_folder(&data).with_context(|| {
            format!(
                "cannot make the data folder {}; choose another with --data",
                data.display()
            )
        })?;
        let database = match options.database.or_else(|| config.database.take()) {
            None => data.join(DATABASE_FILE),
            Some(url) => match url.strip_prefix("sqlite:") {
                Some(file) => file.trim_start_matches("//").into(),
                None => bail!(
                    "the database {url} is of a kind this release does not speak; use sqlite:FILE"
                ),
            },
        };
        let public_host = options.public_host.or_else(|| config.public_host.take());
        Ok(Self {
            config,
            data,
            database,
            public_host,
        })
    }

    /// The public host of this command: as given, else as the service noted it.
    pub(super) fn host(&self) -> anyhow::Result<Host> {
        let noted = || {
            std::fs::read_to_string(self.data.join(HOST_FILE))
                .ok()
                .map(|text| text.trim().to_owned())
        };
        let text = self
            .public_host
            .clone()
            .or_else(noted)
            .unwrap_or_else(|| "localhost".to_owned());
        parse_host(&text)
    }

    /// Notes the host for later commands.
    pub(super) fn note_host(&self, host: &Host) -> anyhow::Result<()> {
        let path = self.data.join(HOST_FILE);
        std::fs::write(&path, host.as_str())
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// How people are recognised on their own computers, where the file says so.
    pub(super) fn recognising(&self) -> anyhow::Result<Option<Recognising>> {
        let Some(rules) = self.config.recognition.clone() else {
            return Ok(None);
        };
        let by = Kerberos::start().with_context(|| {
            format!(
                "the keytab {} cannot be used; it needs a key of kind AES for HTTP/{}",
                rules.keytab.display(),
                self.host()
                    .map_or_else(|_| "…".into(), |host| host.name().to_owned())
            )
        })?;
        Ok(Some(Recognising {
            rules,
            by: Arc::new(by),
        }))
    }

    /// Gives this process the environment in which Kerberos works as [`Surroundings`] say, by starting it once more in
    /// its own place. Returns where that was done before, or nobody is recognised.
    pub(super) fn surround(&self) -> anyhow::Result<()> {
        self.surround_by(|surroundings| surroundings)
    }

    /// The same, changed by `more`.
    pub(super) fn surround_by(
        &self,
        more: impl FnOnce(Surroundings) -> Surroundings,
    ) -> anyhow::Result<()> {
        let Some(rules) = &self.config.recognition else {
            return Ok(());
        };
        let configuration = std::env::var("KRB5_CONFIG").ok();
        let wanted = Surroundings::of(&rules.keytab, &self.data, configuration.as_deref())
            .map(more)
            .map_err(|why| anyhow::anyhow!("{why}"))?;
        wanted
            .prepare()
            .context("cannot write in the data folder")?;
        let mut given = wanted.variables.iter();
        if given.all(|(name, value)| std::env::var(name).is_ok_and(|has| has == *value)) {
            return Ok(());
        }
        let program = std::env::current_exe().context("cannot tell which program this is")?;
        let error = Command::new(program)
            .args(std::env::args_os().skip(1))
            .envs(wanted.variables)
            .exec();
        Err(error).context("cannot start again with the keytab")
    }

    /// Opens the core for a command.
    pub(super) async fn core(&self) -> anyhow::Result<Core> {
        let host = self.host()?;
        self.core_for(host, Phones::default(), None).await
    }

    /// The organisation's directory, where the configuration names one. Nothing is asked of it yet.
    pub(super) fn directory(&self) -> anyhow::Result<Option<LdapDirectory>> {
        let settings = self.config.directory.as_ref();
        let directory = settings.map(|settings| LdapDirectory::of(settings, Arc::new(SystemClock)));
        Ok(directory.transpose()?)
    }

    /// Opens the core under a public host, with whoever reaches people by telephone and recognises them.
    pub(super) async fn core_for(
        &self,
        host: Host,
        phones: Phones,
        recognising: Option<Recognising>,
    ) -> anyhow::Result<Core> {
        let rng = SystemRandom::new();
        let store = SqliteStore::open(&self.database)
            .await
            .with_context(|| format!("cannot open the database {}", self.database.display()))?;
        let master = MasterKey::read_or_make(&self.data.join(MASTER_KEY_FILE), &rng)?;
        let core = Core::start(Parts {
            phones,
            store: Arc::new(store),
            clock: Arc::new(SystemClock),
            random: Arc::new(rng),
            waker: Arc::new(LocalWaker::default()),
            master,
            recognising,
            site: Site {
                organisation: self
                    .config
                    .organisation
                    .as_ref()
                    .map_or_else(|| "Countersign".into(), |name| name.get_ref().clone()),
                host,
                enrolment: self.config.enrolment,
                status_hold: STATUS_HOLD,
                service_desk: self.config.service_desk.clone(),
                workstations: self.config.workstations.clone(),
            },
        });
        core.await.with_context(|| {
            format!(
                "{} and {} do not belong together; restore both",
                self.database.display(),
                MASTER_KEY_FILE
            )
        })
    }
}

/// Reads a host as given.
pub(super) fn parse_host(text: &str) -> anyhow::Result<Host> {
    Host::parse(text).map_err(|_| {
        anyhow::anyhow!("public_host \"{text}\" is not a host; write NAME or NAME:PORT")
    })
}

fn make_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
