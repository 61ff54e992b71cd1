//! Asks the trunk whether it would take a call, and says in words what is wrong.

use std::time::Duration;

use rsipstack::dialog::authenticate::handle_client_authenticate;
use rsipstack::sip::uri::ParamsExt as _;
use rsipstack::sip::{SipMessage, StatusCodeKind, Transport};
use rsipstack::transaction::key::{TransactionKey, TransactionRole};
use rsipstack::transaction::make_tag;
use rsipstack::transaction::transaction::Transaction;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::trunk::Trunk;

/// How long the trunk may take.
const PATIENCE: Duration = Duration::from_secs(6);
/// Where SIP is listened for (RFC 3261 §19.1.2), and SIP over TLS.
const SIP_PORT: u16 = 5060;
const SIPS_PORT: u16 = 5061;

/// What is wrong with the trunk, with the way out.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TrunkFault {
    /// Nothing answered.
    #[error(
        "the trunk {0} does not answer; check its address, port and transport, and what lies between"
    )]
    Silent(String),
    /// It could not be reached at all.
    #[error("the trunk {trunk} cannot be reached: {reason}")]
    Unreachable {
        /// Which.
        trunk: String,
        /// Why.
        reason: String,
    },
    /// It asks who we are, and nothing is configured.
    #[error("the trunk {0} asks for a name and a password; set [calls.sip] name and password_file")]
    NoPassword(String),
    /// It does not know us.
    #[error(
        "the trunk {0} refused the name or the password; check [calls.sip] name and password_file"
    )]
    WrongPassword(String),
    /// It answered something else.
    #[error("the trunk {trunk} answered {code}; ask whoever runs it what that means for OPTIONS")]
    Refused {
        /// Which.
        trunk: String,
        /// With which status.
        code: u16,
    },
}

/// Sends OPTIONS (RFC 3261 §11), with the name and password where they are asked for.
pub async fn doctor(trunk: &Trunk) -> Result<(), TrunkFault> {
    let name = trunk.settings().trunk.host_with_port.to_string();
    reach(trunk, &name).await?;
    let unreachable = |reason: rsipstack::Error| TrunkFault::Unreachable {
        trunk: name.clone(),
        reason: reason.to_string(),
    };
    let asked = timeout(PATIENCE, ask(trunk)).await;
    let asked = asked.map_err(|_| TrunkFault::Silent(name.clone()))?;
    match asked.map_err(unreachable)? {
        Some(Answer::Good) => Ok(()),
        Some(Answer::Who) => Err(TrunkFault::NoPassword(name)),
        Some(Answer::Stranger) => Err(TrunkFault::WrongPassword(name)),
        Some(Answer::Other(code)) => Err(TrunkFault::Refused { trunk: name, code }),
        None => Err(TrunkFault::Silent(name)),
    }
}

/// Whether there is a way at all, in the system's own words: the SIP stack only ever says that nothing answered.
async fn reach(trunk: &Trunk, name: &str) -> Result<(), TrunkFault> {
    let uri = &trunk.settings().trunk;
    let is_tls = uri.transport() == Some(&Transport::Tls);
    let port = if is_tls { SIPS_PORT } else { SIP_PORT };
    let port = uri.host_with_port.port.map_or(port, |port| port.value());
    let place = (uri.host_with_port.host.to_string(), port);
    let reached = async {
        match uri.transport() {
            Some(Transport::Tcp | Transport::Tls) => TcpStream::connect(place).await.map(drop),
            _ => lookup_host(place).await.map(drop),
        }
    };
    let reached = timeout(PATIENCE, reached).await;
    let reached = reached.map_err(|_| TrunkFault::Silent(name.to_owned()))?;
    reached.map_err(|error| TrunkFault::Unreachable {
        trunk: name.to_owned(),
        reason: error.to_string(),
    })
}

enum Answer {
    Good,
    Who,
    Stranger,
    Other(u16),
}

async fn ask(trunk: &Trunk) -> Result<Option<Answer>, rsipstack::Error> {
    let endpoint = trunk.endpoint();
    let to = trunk.settings().trunk.clone();
    let from = rsipstack::sip::typed::From {
        display_name: None,
        uri: trunk.at_trunk(&trunk.settings().from),
        params: Vec::new(),
    };
    let request = endpoint.make_request(
        rsipstack::sip::Method::Options,
        to.clone(),
        endpoint.get_via(None, None)?,
        from.with_tag(make_tag()),
        rsipstack::sip::typed::To {
            display_name: None,
            uri: to,
            params: Vec::new(),
        },
        1,
        None,
    );
    let key = TransactionKey::from_request(&request, TransactionRole::Client)?;
    let mut asked = Transaction::new_client(key, request, endpoint.clone(), None);
    asked.send().await?;
    let mut has_named_us = false;
    while let Some(message) = asked.receive().await {
        let SipMessage::Response(response) = message else {
            continue;
        };
        let code = response.status_code.code();
        match (code, trunk.credential()) {
            (401 | 407, None) => return Ok(Some(Answer::Who)),
            (401 | 407, Some(_)) if has_named_us => return Ok(Some(Answer::Stranger)),
            (401 | 407, Some(credential)) => {
                has_named_us = true;
                asked = handle_client_authenticate(2, &asked, response, &credential).await?;
                asked.send().await?;
            }
            (403, _) => return Ok(Some(Answer::Stranger)),
            // It is there, though it does not know OPTIONS or nobody of that name: calls name somebody
            (404 | 405 | 480 | 501, _) => return Ok(Some(Answer::Good)),
            _ => match response.status_code.kind() {
                StatusCodeKind::Provisional => {}
                StatusCodeKind::Successful => return Ok(Some(Answer::Good)),
                _ => return Ok(Some(Answer::Other(code))),
            },
        }
    }
    Ok(None)
}
