//! Rows H1, H2 and R1 against a trunk that is broken or means harm: whatever it sends, the attempt ends with its proper
//! outcome, nobody else gets more than a little of it, and the next call works.

use crate::support;

use std::time::Duration;

use countersign_service::calls::trunk::Trunk;
use countersign_service::self_service::call::{CallOutcome, CallStep, Caller as _, ask_number};
use countersign_service::self_service::phone_number::E164;
use support::sip_peer::{Asked, SipPeer, sdp};
use support::trunk::trunk;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UdpSocket};

const SHOWN: &str = "483920";
/// An address of this machine that is neither end of the call.
const STRANGER: &str = "127.0.0.9:0";

/// Calls and asks for the number: what came of it, and how often it was told to ring.
async fn asked(trunk: &Trunk) -> (CallOutcome, usize) {
    let mobile = E164::from_stored("+447700900471".into());
    let mut line = trunk.call(&mobile, "").await.unwrap();
    let mut rings = 0;
    let outcome = ask_number(line.as_mut(), "General Hospital", SHOWN, |step| {
        rings += usize::from(step == CallStep::Ringing);
        std::future::ready(())
    });
    (outcome.await, rings)
}

/// What comes of a call that the peer treats so.
async fn came_of(trunk: &Trunk, peer: impl Future<Output = ()>) -> CallOutcome {
    let ((outcome, _), ()) = tokio::join!(asked(trunk), peer);
    outcome
}

async fn hangs_up(peer: &mut SipPeer) {
    let bye = peer.next("BYE").await;
    let answer = bye.answer("200 OK", "", "");
    peer.send(bye.from, answer.as_bytes()).await;
}

/// The next call is one like any other.
async fn works(trunk: &Trunk, peer: &mut SipPeer) {
    let outcome = came_of(trunk, async {
        let invite = peer.pick_up().await;
        peer.hears().await;
        SipPeer::press(&peer.audio, invite.audio(), SHOWN).await;
    });
    assert_eq!(outcome.await, CallOutcome::Confirmed);
    hangs_up(peer).await;
}

async fn start() -> (SipPeer, std::sync::Arc<Trunk>) {
    let peer = SipPeer::start().await;
    let trunk = trunk(&peer.address().to_string(), "").await;
    (peer, trunk)
}

#[tokio::test]
async fn r1_h1_noise_before_the_answer_decides_nothing() {
    let (mut peer, trunk) = start().await;
    let outcome = came_of(&trunk, async {
        let invite = peer.next("INVITE").await;
        let good = invite.answer("180 Ringing", "", "");
        let strange = good.replace("branch=", "branch=z9hG4bKother");
        let noise = [
            String::new(),
            "\r\n\r\n".into(),
            "SIP/2.0 200 OK\r\n\r\n".into(),
            "SIP/2.0 200\r\nVia\r\n\r\n".into(),
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".into(),
            good.replace("180", "99999999999"),
            good.replace("CSeq: ", "CSeq: 99999999999999"),
            good.replace("Content-Length: 0", "Content-Length: -1"),
            good.replace("Content-Length: 0", "Content-Length: 18446744073709551615"),
            good.replace("Call-ID: ", "Call-ID: another"),
            strange.replace("180 Ringing", "603 Decline"),
            format!("SIP/2.0 180 {}\r\n\r\n", "A".repeat(60_000)),
            good.replace("Via: ", &format!("X: {}\r\nVia: ", "A".repeat(60_000))),
            format!(
                "INVITE sip:you SIP/2.0\r\n{}\r\n",
                "Via: x\r\n".repeat(5_000)
            ),
        ];
        for text in noise {
            peer.send(invite.from, text.as_bytes()).await;
        }
        peer.send(invite.from, &[0xff; 1_400]).await;
        let busy = invite.answer("486 Busy Here", "", "");
        peer.send(invite.from, busy.as_bytes()).await;
    });
    assert_eq!(outcome.await, CallOutcome::Busy);
    works(&trunk, &mut peer).await;
}

#[tokio::test]
async fn r1_h1_an_answer_without_a_place_for_speech_fails_the_call_at_once() {
    let (mut peer, trunk) = start().await;
    let here = sdp(peer.audio.local_addr().unwrap());
    for body in [
        String::new(),
        "v=0".into(),
        here.replace("RTP/AVP 8", "RTP/SAVP 8"),
        here.replace("127.0.0.1", "224.0.0.1"),
        here.replace("127.0.0.1", "169.254.169.254"),
        sdp("127.0.0.9:53".parse().unwrap()),
        here.replace("s=-", &format!("s={}", "A".repeat(9_000))),
    ] {
        let outcome = came_of(&trunk, async {
            let invite = peer.next("INVITE").await;
            peer.take(&invite, &body).await;
            hangs_up(&mut peer).await;
        });
        assert_eq!(outcome.await, CallOutcome::Failed, "{body:.200}");
    }
    // It is not followed to somebody else
    let stranger = UdpSocket::bind(STRANGER).await.unwrap();
    let outcome = came_of(&trunk, async {
        let invite = peer.next("INVITE").await;
        let elsewhere = format!("Contact: <sip:you@{}>\r\n", stranger.local_addr().unwrap());
        let moved = invite.answer("302 Moved Temporarily", &elsewhere, "");
        peer.send(invite.from, moved.as_bytes()).await;
    });
    assert_eq!(outcome.await, CallOutcome::Failed);
    assert!(stranger.try_recv_from(&mut [0; 100]).is_err());
    works(&trunk, &mut peer).await;
}

#[tokio::test]
async fn r1_an_answer_that_names_a_stranger_sends_them_little_and_ends() {
    let (mut peer, trunk) = start().await;
    let stranger = UdpSocket::bind(STRANGER).await.unwrap();
    let named = sdp(stranger.local_addr().unwrap());
    let outcome = came_of(&trunk, async {
        let invite = peer.next("INVITE").await;
        peer.take(&invite, &named).await;
        hangs_up(&mut peer).await;
    });
    let mut packets = 0;
    // As they come: what nobody takes from a socket is dropped after a while
    let counted = async {
        while stranger.recv_from(&mut [0; 2_048]).await.is_ok() {
            packets += 1;
        }
    };
    tokio::select! {
        outcome = outcome => assert_eq!(outcome, CallOutcome::Failed),
        () = counted => {}
    }
    assert!((1..=270).contains(&packets), "{packets}");
    works(&trunk, &mut peer).await;
}

#[tokio::test]
async fn h2_r1_keys_of_a_stranger_and_keys_without_end_confirm_nothing() {
    let (mut peer, trunk) = start().await;
    let stranger = UdpSocket::bind(STRANGER).await.unwrap();
    for keys in ["000000111111".to_owned(), "12345678".repeat(2_000)] {
        let outcome = came_of(&trunk, async {
            let invite = peer.pick_up().await;
            peer.hears().await;
            SipPeer::press(&stranger, invite.audio(), SHOWN).await;
            for noise in [&b""[..], b"\x80\x65", &[0xff; 1_400], &[0x80; 12]] {
                peer.audio.send_to(noise, invite.audio()).await.unwrap();
            }
            SipPeer::press(&peer.audio, invite.audio(), &keys).await;
        });
        assert_eq!(outcome.await, CallOutcome::WrongNumber);
        hangs_up(&mut peer).await;
    }
    works(&trunk, &mut peer).await;
}

#[tokio::test]
async fn h2_r1_a_call_is_not_moved_and_its_noise_presses_nothing() {
    let (mut peer, trunk) = start().await;
    let stranger = UdpSocket::bind(STRANGER).await.unwrap();
    let elsewhere = sdp(stranger.local_addr().unwrap());
    let outcome = came_of(&trunk, async {
        let invite = peer.pick_up().await;
        peer.hears().await;
        peer.ask(&invite, "INVITE", 1, "application/sdp", &elsewhere)
            .await;
        let moved = peer.answered("INVITE").await;
        assert!(moved.starts_with("SIP/2.0 488"), "{moved}");
        let long = format!("Signal={}", "4".repeat(20_000));
        for (number, body) in
            (2..).zip(["", "Signal=", "Signal=48", &long, "=\u{0}=\n=", "Signal:4"])
        {
            let kind = "application/dtmf-relay";
            peer.ask(&invite, "INFO", number, kind, body).await;
            let told = peer.answered("INFO").await;
            assert!(told.starts_with("SIP/2.0 415"), "{body:.20}: {told}");
        }
        SipPeer::press(&peer.audio, invite.audio(), SHOWN).await;
    });
    assert_eq!(outcome.await, CallOutcome::Confirmed);
    hangs_up(&mut peer).await;
    assert!(stranger.try_recv_from(&mut [0; 100]).is_err());
    works(&trunk, &mut peer).await;
}

#[tokio::test]
async fn r1_h1_ringing_that_is_said_again_and_again_is_told_once() {
    let (mut peer, trunk) = start().await;
    let rings = async {
        let invite = peer.next("INVITE").await;
        for at in 0..500 {
            let status = ["180 Ringing", "183 Session Progress"][at % 2];
            let ringing = invite.answer(status, "", "");
            peer.send(invite.from, ringing.as_bytes()).await;
            tokio::task::yield_now().await;
        }
        let busy = invite.answer("486 Busy Here", "", "");
        peer.send(invite.from, busy.as_bytes()).await;
    };
    let ((outcome, rung), ()) = tokio::join!(asked(&trunk), rings);
    assert_eq!((outcome, rung), (CallOutcome::Busy, 1));
    works(&trunk, &mut peer).await;
}

/// A trunk that is reached over TCP, and how to take the next call there.
struct OverTcp(TcpListener);

impl OverTcp {
    async fn start() -> (Self, std::sync::Arc<Trunk>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let trunk = trunk(&format!("{address};transport=tcp"), "").await;
        (Self(listener), trunk)
    }

    async fn invited(&self) -> (tokio::net::TcpStream, Asked) {
        let accepted = tokio::time::timeout(Duration::from_mins(1), self.0.accept());
        let (mut stream, from) = accepted.await.expect("a connection").unwrap();
        let mut bytes = vec![0; 65_536];
        let length = stream.read(&mut bytes).await.unwrap();
        (stream, Asked::read(&bytes[..length], from))
    }

    async fn is_busy(&self) {
        let (mut stream, invite) = self.invited().await;
        let busy = invite.answer("486 Busy Here", "", "");
        stream.write_all(busy.as_bytes()).await.unwrap();
    }
}

/// Over TCP a message has no end of its own.
#[tokio::test]
async fn r1_h1_a_message_without_end_breaks_its_connection_and_no_more() {
    let (peer, trunk) = OverTcp::start().await;
    let outcome = came_of(&trunk, async {
        let (mut stream, invite) = peer.invited().await;
        let ringing = invite.answer("180 Ringing", "", "");
        let begun = ringing.split_once("To:").unwrap().0;
        stream.write_all(begun.as_bytes()).await.unwrap();
        stream.write_all(b"X-Long: ").await.unwrap();
        let mut written = 0;
        let piece = [b'A'; 4_096];
        while written < 1024 * 1024 && stream.write_all(&piece).await.is_ok() {
            written += piece.len();
        }
        // It stopped listening long before
        let mut rest = Vec::new();
        let closed = tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut rest));
        let _broken = closed.await.expect("the connection is given up");
    });
    assert_eq!(outcome.await, CallOutcome::Failed);
    assert_eq!(came_of(&trunk, peer.is_busy()).await, CallOutcome::Busy);
}

/// Over TCP the length that a message says is where the next one begins.
#[tokio::test]
async fn r1_h1_a_length_beyond_all_numbers_breaks_its_connection_and_no_more() {
    let (peer, trunk) = OverTcp::start().await;
    for length in ["18446744073709551615", "18446744073709551616", "4294967296"] {
        let outcome = came_of(&trunk, async {
            let (mut stream, invite) = peer.invited().await;
            let ringing = invite.answer("180 Ringing", "", "");
            let says = format!("Content-Length: {length}");
            let harm = ringing.replace("Content-Length: 0", &says);
            assert!(harm.contains(&says));
            let _broken = stream.write_all(harm.as_bytes()).await;
            let _broken = stream.write_all(&vec![b'A'; 70_000]).await;
            let _broken = stream.shutdown().await;
        });
        assert_eq!(outcome.await, CallOutcome::Failed, "{length:?}");
        assert_eq!(
            came_of(&trunk, peer.is_busy()).await,
            CallOutcome::Busy,
            "{length:?}"
        );
    }
}
