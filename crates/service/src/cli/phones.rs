//! How people are reached by telephone, as the configuration says; and the way to a simulated phone.

use std::path::Path;
use std::sync::Arc;

use crate::config::Config;
use crate::self_service::call::{Caller, Phones};
use crate::self_service::phone_number::Countries;
use crate::self_service::simulated_phone::SimulatedPhone;
use crate::self_service::text::Texter;

/// The socket in the data folder through which a simulated phone is told what to do.
pub(super) const PHONE_SOCKET: &str = "phone.sock";

/// What the configuration says, and the simulated phone if it says one.
pub(super) fn phones(config: &Config) -> anyhow::Result<(Phones, Option<SimulatedPhone>)> {
    let countries = Countries::of(&config.numbers.country, &config.numbers.others)?;
    let (texts, calls) = (config.texts.simulated, config.calls.simulated);
    if !texts && !calls {
        let phones = Phones {
            countries,
            ..Phones::default()
        };
        return Ok((phones, None));
    }
    let phone = SimulatedPhone::new(|told| super::print(&told.to_string()));
    let texter = texts.then(|| -> Arc<dyn Texter> { Arc::new(phone.clone()) });
    let caller = calls.then(|| -> Arc<dyn Caller> { Arc::new(phone.clone()) });
    let phones = Phones {
        texter,
        caller,
        countries: countries.with_fictional(),
    };
    Ok((phones, Some(phone)))
}

/// Takes commands for the simulated phone, one a line, from whoever may open the socket: the owner of the data folder.
#[cfg(unix)]
pub(super) fn listen(phone: SimulatedPhone, data: &Path) -> anyhow::Result<()> {
    use anyhow::Context as _;
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

    #[test]
    fn h1_nobody_is_reached_unless_the_configuration_says_so() {
        let (told, simulated) = phones(&Config::default()).unwrap();
        assert!(told.texter.is_none() && told.caller.is_none() && simulated.is_none());
        let mut config = Config::default();
        config.texts.simulated = true;
        let (told, simulated) = super::phones(&config).unwrap();
        assert!(told.texter.is_some() && told.caller.is_none() && simulated.is_some());
        config.numbers.country = "Britain".into();
        assert!(super::phones(&config).is_err());
    }
}
