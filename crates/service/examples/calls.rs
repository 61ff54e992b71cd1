//! Places so many calls at once over a trunk, speaks in all of them for so many seconds, and hangs up: what
//! `bench calls` measures from the other end.
//!
//! usage: calls sip:HOST:PORT COUNT SECONDS

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use countersign_service::calls::prompts::Prompts;
use countersign_service::calls::settings::Sip;
use countersign_service::calls::trunk::Trunk;
use countersign_service::carrier::language::Language;
use countersign_service::self_service::call::{Caller as _, Heard, Prompt};
use countersign_service::self_service::phone_number::E164;
use ring::rand::SystemRandom;
use tokio::task::JoinSet;
use tokio::time::sleep;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || {
        arguments
            .next()
            .context("calls sip:HOST:PORT COUNT SECONDS")
    };
    let (trunk, count, seconds) = (next()?, next()?.parse::<u32>()?, next()?.parse()?);
    let sip: Sip = toml::from_str(&format!(
        "trunk = \"{trunk}\"\nfrom = \"+442079460000\"\naddress = \"127.0.0.1\"\nlisten = \"127.0.0.1:0\""
    ))?;
    let prompts = Arc::new(Prompts::load(Language::English, None)?);
    let random = Arc::new(SystemRandom::new());
    let trunk = Trunk::open(sip.settings()?, prompts, random).await?;
    let mut calls = JoinSet::new();
    for number in 0..count {
        let trunk = trunk.clone();
        calls.spawn(async move {
            let to = E164::from_stored(format!("+44740{number:07}"));
            let mut line = trunk.call(&to, "").await?;
            let mut heard = line.heard().await;
            while matches!(heard, Heard::Ringing | Heard::Taken) {
                heard = line.heard().await;
            }
            ensure!(heard == Heard::Answered, "{heard:?} instead of an answer");
            // What is said waits its turn: each lasts a second or more, so it goes on for as long as it is measured
            for _ in 0..seconds {
                line.say(Prompt::Reported).await?;
            }
            sleep(Duration::from_secs(seconds)).await;
            Ok(())
        });
    }
    for call in calls.join_all().await {
        call?;
    }
    trunk.close().await;
    Ok(())
}
