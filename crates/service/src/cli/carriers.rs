//! Who carries calls, as the configuration says: nobody, a trunk, or a voice gateway; and what `doctor` says of it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use countersign_protocol::host::Host;
use ring::rand::SystemRandom;
use url::Url;

use crate::calls::doctor;
use crate::calls::gateway::seal::Seal;
use crate::calls::gateway::{Gateway, GatewayCaller, GatewaySettings};
use crate::calls::prompts::Prompts;
use crate::calls::settings::{Calls, VoiceGateway};
use crate::calls::trunk::Trunk;
use crate::carrier::language::Language;
use crate::clock::SystemClock;
use crate::self_service::call::Caller;

/// How long a connection to a voice gateway may take to come about.
const CONNECT: Duration = Duration::from_secs(5);

/// Who carries calls.
#[derive(Default)]
pub(super) struct Carrier {
    pub(super) caller: Option<Arc<dyn Caller>>,
    /// Who has to be told of events that come over HTTP.
    pub(super) gateway: Option<Arc<Gateway>>,
}

/// What the configuration says; the simulated phone is not known here.
pub(super) async fn carrier(calls: Calls, host: &Host) -> anyhow::Result<Carrier> {
    let told = [
        calls.simulated,
        calls.sip.is_some(),
        calls.gateway.is_some(),
    ];
    if told.into_iter().filter(|told| *told).count() > 1 {
        bail!(
            "calls are simulated, or go over [calls.sip], or over [calls.gateway]; take out all but one"
        );
    }
    if let Some(sip) = calls.sip {
        let prompts = Prompts::load(calls.language, calls.prompts.as_deref())?;
        let random = Arc::new(SystemRandom::new());
        let trunk = Trunk::open(sip.settings()?, Arc::new(prompts), random).await?;
        return Ok(Carrier {
            caller: Some(trunk),
            gateway: None,
        });
    }
    let Some(gateway) = calls.gateway else {
        return Ok(Carrier::default());
    };
    let gateway = gateway_of(&gateway, calls.language, host)?;
    Ok(Carrier {
        caller: Some(Arc::new(GatewayCaller(gateway.clone()))),
        gateway: Some(gateway),
    })
}

fn gateway_of(
    told: &VoiceGateway,
    language: Language,
    host: &Host,
) -> anyhow::Result<Arc<Gateway>> {
    let mut http = reqwest::Client::builder()
        .connect_timeout(CONNECT)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy();
    if let Some(path) = &told.authorities {
        let pem = std::fs::read(path).with_context(|| {
            let path = path.display();
            format!("cannot read {path}; name a PEM file with [calls.gateway] authorities")
        })?;
        for authority in reqwest::Certificate::from_pem_bundle(&pem)? {
            http = http.tls_certs_merge([authority]);
        }
    }
    let events = format!("https://{host}/calls/v1/events");
    let settings = GatewaySettings {
        url: told.url.clone(),
        seal: Seal::read(&told.secret_file)?,
        events: Url::parse(&events).context("the public host makes no address")?,
        language,
    };
    let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandom::new()));
    Ok(Gateway::new(settings, http.build()?, clock, random))
}

/// What `doctor` says of calls: recordings and secrets are read, and the trunk is asked, from another port than that of the
/// service, which may be running.
pub(super) async fn doctor(calls: Calls, host: &Host) -> anyhow::Result<String> {
    if let Some(gateway) = &calls.gateway {
        gateway_of(gateway, calls.language, host)?;
        return Ok(format!(
            "Calls go over {}, which is asked when the first is placed.",
            gateway.url.host_str().unwrap_or_default()
        ));
    }
    let Some(sip) = calls.sip else {
        let carried = if calls.simulated { "simulated" } else { "off" };
        return Ok(format!("Calls are {carried}."));
    };
    let prompts = Prompts::load(calls.language, calls.prompts.as_deref())?;
    let mut settings = sip.settings()?;
    settings.listen.set_port(0);
    settings.register = false;
    let name = settings.trunk.host_with_port.to_string();
    let random = Arc::new(SystemRandom::new());
    let trunk = Trunk::open(settings, Arc::new(prompts), random).await?;
    let asked = doctor::doctor(&trunk).await;
    trunk.close().await;
    asked?;
    Ok(format!("The trunk {name} answers."))
}
