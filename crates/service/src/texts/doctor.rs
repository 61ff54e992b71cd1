//! Asks the carrier of texts whether it is there, without sending any, and says in words what is wrong.

use std::time::Duration;

use tokio::time::timeout;

use super::http::HttpGateway;
use super::settings::Carrier;
use super::smpp;

/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// What was found: one sentence.
pub async fn examine(carrier: Carrier) -> anyhow::Result<String> {
    Ok(match carrier {
        Carrier::Simulated => {
            "Texts are printed and sent to nobody: this is for trials alone.".into()
        }
        Carrier::Http(http) => {
            let settings = http.open()?;
            let url = settings.url.clone();
            let reports = settings.reports.is_some();
            HttpGateway::new(settings)?.is_there().await?;
            let host = url.host_str().unwrap_or_default();
            let reports = if reports { "with" } else { "without" };
            // Whether it takes the token shows with the first text alone
            format!("Texts go to the gateway at {host}, which answers; {reports} reports.")
        }
        Carrier::Smpp(smpp) => {
            let settings = smpp.open()?;
            let (host, tls) = (settings.centre.host.clone(), settings.centre.tls);
            let (client, _events) = smpp::connect(&settings).await?;
            let _farewell = timeout(FAREWELL, client.unbind()).await;
            let _closed = client.close().await;
            let line = if tls { "over TLS" } else { "not encrypted" };
            format!("Texts go to the message centre at {host}, which knows us; {line}.")
        }
    })
}
