//! Several calls at once over one trunk: nobody's keys, and nobody's hanging up, are heard in another's call.
#![expect(clippy::unwrap_used, reason = "a test says by its panic what is wrong")]

use crate::support::{
    sip_peer::{Asked, SipPeer, sdp},
    trunk::trunk,
};

use std::future::ready;
use std::time::Duration;

use countersign_service::self_service::call::{CallOutcome, Caller as _, ask_number};
use countersign_service::self_service::phone_number::E164;
use futures_util::future::join_all;
use tokio::net::UdpSocket;
use tokio::task::JoinSet;

const CALLS: usize = 12;
const HANGS_UP: usize = 3;
const REPORTS: usize = 7;
/// Types what its neighbour's page shows, twice.
const NEIGHBOURS: usize = 9;

fn number(at: usize) -> String {
    format!("+4477009004{at:02}")
}

/// What the page of that call shows.
fn shown(at: usize) -> String {
    format!("{:06}", 104_729 * (at + 1) % 1_000_000)
}

/// Which call it is that came.
fn which(invite: &Asked) -> usize {
    let line = invite.text.lines().next().unwrap();
    (0..CALLS)
        .find(|at| line.contains(&number(*at)))
        .unwrap_or_else(|| panic!("nobody has the number of {line}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h2_several_calls_at_once_keep_their_keys_apart() {
    let mut peer = SipPeer::start().await;
    let trunk = trunk(&peer.address().to_string(), "").await;
    let mut asked = JoinSet::new();
    for at in 0..CALLS {
        let trunk = trunk.clone();
        asked.spawn(async move {
            let (to, shown) = (E164::from_stored(number(at)), shown(at));
            let mut line = trunk.call(&to, "").await.unwrap();
            let came = ask_number(line.as_mut(), "General Hospital", &shown, |_| ready(()));
            (at, came.await)
        });
    }
    // All of them are called before anybody answers
    let mut invites = Vec::new();
    for _ in 0..CALLS {
        invites.push(peer.next("INVITE").await);
    }
    let mut telephones = Vec::new();
    for invite in invites {
        let audio = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        peer.take(&invite, &sdp(audio.local_addr().unwrap())).await;
        peer.next("ACK").await;
        telephones.push((invite, audio));
    }
    for (_, audio) in &telephones {
        let mut buffer = [0; 2_048];
        let heard = tokio::time::timeout(Duration::from_mins(1), audio.recv(&mut buffer));
        heard.await.expect("each hears the question").unwrap();
    }
    join_all(telephones.iter().map(async |(invite, audio)| {
        let at = which(invite);
        let keys = match at {
            HANGS_UP => return peer.ask(invite, "BYE", 1, "text/plain", "").await,
            REPORTS => "*".to_owned(),
            NEIGHBOURS => shown(at + 1).repeat(2),
            _ => shown(at),
        };
        SipPeer::press(audio, invite.audio(), &keys).await;
    }))
    .await;
    for (at, outcome) in asked.join_all().await {
        let expected = match at {
            HANGS_UP => CallOutcome::NoAnswer,
            REPORTS => CallOutcome::Reported,
            NEIGHBOURS => CallOutcome::WrongNumber,
            _ => CallOutcome::Confirmed,
        };
        assert_eq!(outcome, expected, "call {at}");
    }
}
