//! How people are reached by telephone, as the configuration says; and the way to a simulated phone.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use countersign_protocol::host::Host;

use super::carriers;
use crate::config::Config;
use crate::self_service::call::{Caller, Phones};
use crate::self_service::phone_number::Countries;
use crate::self_service::simulated_phone::SimulatedPhone;
use crate::self_service::text::Texter;
use crate::texts::http::HttpGateway;
use crate::texts::reports::Reported;
use crate::texts::settings::Carrier;
use crate::texts::smpp::SmppLink;

/// The socket in the data folder through which a simulated phone is told what to do.
pub(super) const PHONE_SOCKET: &str = "phone.sock";

/// How people are reached, and what comes back from there.
pub(super) struct Reached {
    pub(super) phones: Phones,
    /// The simulated phone, if the configuration says one.
    pub(super) simulated: Option<SimulatedPhone>,
    /// What a message centre reports of texts, if there is one.
    pub(super) reported: Option<Reported>,
}

/// What the configuration says. Links to carriers begin here.
pub(super) async fn phones(config: &mut Config, host: &Host) -> anyhow::Result<Reached> {
    let countries = Countries::of(&config.numbers.country, &config.numbers.others)?;
    let texts = std::mem::take(&mut config.texts);
    let calls = std::mem::take(&mut config.calls);
    let simulated = (texts.are_simulated() || calls.simulated)
        .then(|| SimulatedPhone::new(|told| super::print(&told.to_string())));
    let countries = if simulated.is_some() {
        countries.with_fictional()
    } else {
        countries
    };
    let caller = simulated.clone().filter(|_| calls.simulated);
    let caller = caller.map(|phone| -> Arc<dyn Caller> { Arc::new(phone) });
    let limits = calls.limits.clone();
    let carrier = carriers::carrier(calls, host).await?;
    let mut phones = Phones {
        caller: caller.or(carrier.caller),
        call_limits: limits,
        gateway: carrier.gateway,
        countries,
        text_language: texts.language,
        text_limits: texts.limits,
        ..Phones::default()
    };
    let mut reported = None;
    phones.texter = match texts.carrier {
        None => None,
        Some(Carrier::Simulated) => simulated
            .clone()
            .map(|phone| -> Arc<dyn Texter> { Arc::new(phone) }),
        Some(Carrier::Http(http)) => {
            let mut settings = http.open().context("[texts.http]")?;
            phones.text_reports = settings.reports.take().map(Arc::new);
            Some(Arc::new(
                HttpGateway::new(settings).context("[texts.http]")?,
            ))
        }
        Some(Carrier::Smpp(smpp)) => {
            let (link, reports) = SmppLink::open(smpp.open().context("[texts.smpp]")?);
            reported = Some(reports);
            Some(link)
        }
    };
    Ok(Reached {
        phones,
        simulated,
        reported,
    })
}

/// Takes commands for the simulated phone, one a line, from whoever may open the socket: the owner of the data folder.
#[cfg(unix)]
pub(super) fn listen(phone: SimulatedPhone, data: &Path) -> anyhow::Result<()> {
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

    let path = data.join(PHONE_SOCKET);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot replace {}", path.display()));
        }
        _ => {}
    }
    let listener = tokio::net::UnixListener::bind(&path)
        .with_context(|| format!("cannot listen on {}", path.display()))?;
    let owner_only = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&path, owner_only)
        .with_context(|| format!("cannot keep {} to its owner", path.display()))?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let phone = phone.clone();
            tokio::spawn(async move {
                let (reader, mut writer) = stream.into_split();
                let mut lines = BufReader::new(reader).lines();
                while let Ok(Some(line)) = lines.next_line().await {
                    let answer = format!("{}\n", phone.command(&line));
                    if writer.write_all(answer.as_bytes()).await.is_err() {
                        break;
                    }
                }
            });
        }
    });
    Ok(())
}

/// There is no such socket here, so nobody could answer.
#[cfg(not(unix))]
pub(super) fn listen(_: SimulatedPhone, _: &Path) -> anyhow::Result<()> {
    anyhow::bail!("a simulated phone needs a system with Unix sockets")
}

#[cfg(all(test, unix))]
mod tests {
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

    use super::*;
    use crate::carrier::language::Language;

    #[tokio::test]
    async fn a_simulated_phone_takes_commands_by_its_socket_even_after_a_crash() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(PHONE_SOCKET);
        std::fs::write(&path, "left behind").unwrap();
        listen(SimulatedPhone::new(|_| ()), folder.path()).unwrap();
        let mut stream = tokio::net::UnixStream::connect(&path).await.unwrap();
        stream
            .write_all(b"answer +447700900471\ndance\n")
            .await
            .unwrap();
        let mut lines = BufReader::new(stream).lines();
        for expected in ["no call", "no such command"] {
            assert_eq!(lines.next_line().await.unwrap().unwrap(), expected);
        }
    }

    #[tokio::test]
    async fn h1_nobody_is_reached_unless_the_configuration_says_so() {
        let host = Host::parse("countersign.hospital.example").unwrap();
        let told = phones(&mut Config::default(), &host).await.unwrap();
        assert!(told.phones.texter.is_none() && told.phones.caller.is_none());
        assert!(told.simulated.is_none() && told.reported.is_none());
        let mut config = Config {
            texts: toml::from_str("simulated = true\nlanguage = \"de\"").unwrap(),
            ..Config::default()
        };
        let told = phones(&mut config, &host).await.unwrap();
        assert!(told.phones.texter.is_some() && told.phones.caller.is_none());
        assert!(told.simulated.is_some());
        assert_eq!(told.phones.text_language, Language::German);
        config.numbers.country = "Britain".into();
        assert!(phones(&mut config, &host).await.is_err());
    }
}
