//! Self-service: signing in beside its key derivation alone, and from the click on "Send a push" to the app's inbox.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use argon2::{Algorithm, Argon2, Params, Version};
use countersign_authenticator::{
    Authenticator,
    view::{Answer, AppView},
};
use countersign_protocol::wire::self_service::{
    BASE, ProofState, ProofView, ProofWanted, SESSION_HEADER, SessionView, SignIn, WayKind,
};
use countersign_vault::KdfProfile;
use reqwest::{Client, Method, RequestBuilder};
use serde::de::DeserializeOwned;

use super::{
    Extent, app,
    caller::{Http, client},
    cost::{median, ms, part, ratio},
    report::{Report, Row},
    site::Site,
};

const PERSON: &str = "noor";
const PASSWORD: &str = "correct horse battery";
const SIGN_IN_GOAL: Duration = Duration::from_millis(10);
const CLICK_GOAL: Duration = Duration::from_millis(50);
/// Long enough for the engine to hold its next poll.
const BETWEEN: Duration = Duration::from_millis(40);

pub(super) async fn measure(
    site: &Site,
    folder: &Path,
    extent: Extent,
    report: &mut Report,
) -> Result<()> {
    let app = app::new(
        &folder.join("own"),
        KdfProfile::FLOOR,
        &[site.service.address()],
    )?;
    app::create(&app).await?;
    site.service.add_user(PERSON)?;
    site.service.set_password(PERSON, PASSWORD)?;
    app::activate(&app, &site.service.activation(PERSON)?.text).await?;
    let mut own = Own {
        client: client(&site.service.ca, Http::One)?,
        base: format!("https://{}{BASE}", site.service.address()),
        session: String::new(),
    };
    sign_ins(&mut own, extent, report).await?;
    clicks(&mut own, &app, extent, report).await?;
    app.lock().await;
    Ok(())
}

/// Signing in, each beside the derivation that the password asks for.
async fn sign_ins(own: &mut Own, extent: Extent, report: &mut Report) -> Result<()> {
    let (mut whole, mut derivations) = (Vec::new(), Vec::new());
    for round in 0..extent.of(60, 12) {
        let start = Instant::now();
        own.sign_in().await?;
        let signed_in = start.elapsed();
        let start = Instant::now();
        derive()?;
        // The first of each warms up
        if round > 0 {
            whole.push(signed_in);
            derivations.push(start.elapsed());
        }
    }
    let (whole, derivation) = (median(whole), median(derivations));
    let beyond = whole.saturating_sub(derivation);
    report.add(Row {
        what: "self-service: signing in, without its Argon2".to_owned(),
        figure: format!("{:.1} ms of {:.1}", ms(beyond), ms(whole)),
        beside: format!("{:.1} ms: the derivation", ms(derivation)),
        ratio: Some(ratio(whole, derivation)),
        goal: "≤ 10 ms beyond".to_owned(),
        met: Some(beyond <= SIGN_IN_GOAL),
    });
    Ok(())
}

/// From the click on "Send a push" to the request in the app's inbox; each is approved, with its number.
async fn clicks(
    own: &mut Own,
    app: &Authenticator,
    extent: Extent,
    report: &mut Report,
) -> Result<()> {
    let session = own.sign_in().await?;
    let way = session.ways.iter().find(|way| way.kind == WayKind::Push);
    let device = way
        .and_then(|way| way.device.clone())
        .context("a device can be asked")?;
    let mut times = Vec::new();
    for round in 0..extent.of(210, 25) {
        tokio::time::sleep(BETWEEN).await;
        let mut changes = app.changes();
        changes.mark_unchanged();
        let start = Instant::now();
        let wanted = ProofWanted::Push {
            device: device.clone(),
        };
        let (proof, seen) = tokio::join!(own.push(&wanted), request(app, &mut changes));
        let (proof, (id, seen)) = (proof?, seen?);
        if round >= 10 {
            times.push(seen - start);
        }
        let answer = Answer::Approve {
            number: proof.number.clone(),
        };
        if let Err(problem) = app.answer(&id, answer).await {
            bail!("the answer: {problem:?}");
        }
        own.confirmed(&proof).await?;
    }
    let count = times.len();
    let (p50, p99) = (median(times.iter().copied()), part(times, 99));
    report.add(Row {
        what: format!("self-service: click to the app's inbox, {count} times: p99"),
        figure: format!("{:.1} ms; p50 {:.1}", ms(p99), ms(p50)),
        goal: "< 50 ms".to_owned(),
        met: Some(p99 < CLICK_GOAL),
        ..Row::default()
    });
    Ok(())
}

/// Waits until a request waits; tells which, and when it was seen.
async fn request(
    app: &Authenticator,
    changes: &mut tokio::sync::watch::Receiver<u64>,
) -> Result<(String, Instant)> {
    loop {
        tokio::time::timeout(Duration::from_secs(20), changes.changed()).await??;
        match app.view().await {
            AppView::Open(view) => {
                if let Some(request) = view.requests.first() {
                    return Ok((request.id.clone(), Instant::now()));
                }
            }
            _ => bail!("the app is no longer open"),
        }
    }
}

/// The derivation that a password asks for, and nothing else (RFC 9106; the parameters of `self_service::password`).
fn derive() -> Result<()> {
    let params =
        Params::new(19 * 1024, 2, 1, Some(32)).map_err(|error| anyhow::anyhow!("{error}"))?;
    let mut key = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(PASSWORD.as_bytes(), &[7; 16], &mut key)
        .map_err(|error| anyhow::anyhow!("{error}"))
}

/// A session as an app without keys holds it: in a header, renewed by the answers that say so.
struct Own {
    client: Client,
    base: String,
    session: String,
}

impl Own {
    async fn sign_in(&mut self) -> Result<SessionView> {
        "new".clone_into(&mut self.session);
        let typed = SignIn {
            username: PERSON.to_owned(),
            password: PASSWORD.to_owned(),
            shared: false,
        };
        let call = self.call(Method::POST, "/session").json(&typed);
        self.send(call).await
    }

    async fn push(&mut self, wanted: &ProofWanted) -> Result<ProofView> {
        let call = self.call(Method::POST, "/proofs").json(wanted);
        self.send(call).await
    }

    async fn confirmed(&mut self, proof: &ProofView) -> Result<()> {
        let mut now = proof.clone();
        while now.state == ProofState::Waiting {
            let path = format!("/proofs/{}?after={}", now.id, now.revision);
            let call = self.call(Method::GET, &path);
            now = self.send(call).await?;
        }
        ensure!(
            now.state == ProofState::Confirmed,
            "the proof ended as {:?}",
            now.state
        );
        Ok(())
    }

    fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.base))
            .header(SESSION_HEADER, &self.session)
    }

    async fn send<T: DeserializeOwned>(&mut self, call: RequestBuilder) -> Result<T> {
        let answer = call.send().await?;
        if let Some(session) = answer.headers().get(SESSION_HEADER) {
            session.to_str()?.clone_into(&mut self.session);
        }
        let status = answer.status();
        let body = answer.bytes().await?;
        ensure!(
            status.is_success(),
            "{status}: {}",
            String::from_utf8_lossy(&body)
        );
        Ok(serde_json::from_slice(&body)?)
    }
}
