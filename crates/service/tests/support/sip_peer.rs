//! The other end of a trunk, spoken by hand: it says whatever a test has it say, which no telephone would.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::Duration;

use rtp_types::{RtpPacket, RtpPacketBuilder};
use tokio::net::UdpSocket;
use tokio::time::timeout;

/// How long a test waits on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
/// The tag by which it names its end of a call.
const TAG: &str = "peer";

/// A request that came.
#[derive(Debug, Clone)]
pub struct Asked {
    pub text: String,
    pub from: SocketAddr,
}

impl Asked {
    /// Of those bytes, from there.
    pub fn read(bytes: &[u8], from: SocketAddr) -> Self {
        let text = String::from_utf8_lossy(bytes).into_owned();
        Self { text, from }
    }

    /// The lines of these headers, as they came.
    fn lines(&self, name: &str) -> Vec<&str> {
        let is_it = |line: &&str| {
            line.split_once(':')
                .is_some_and(|(known, _)| known.eq_ignore_ascii_case(name))
        };
        self.text.lines().filter(is_it).collect()
    }

    fn value(&self, name: &str) -> &str {
        let line = self.lines(name)[0];
        line.split_once(':').unwrap().1.trim()
    }

    /// Where the offer wants speech to go.
    pub fn audio(&self) -> SocketAddr {
        let after = |start: &str| {
            let line = self.text.lines().find(|line| line.starts_with(start));
            line.unwrap()[start.len()..].split(' ').next().unwrap()
        };
        SocketAddr::new(
            after("c=IN IP4 ").parse().unwrap(),
            after("m=audio ").parse().unwrap(),
        )
    }

    /// An answer to it, with headers of its own and a body.
    pub fn answer(&self, status: &str, headers: &str, body: &str) -> String {
        let mut text = format!("SIP/2.0 {status}\r\n");
        for name in ["Via", "From", "Call-ID", "CSeq"] {
            for line in self.lines(name) {
                text += line;
                text += "\r\n";
            }
        }
        let to = self.value("To");
        let tag = if to.contains(";tag=") {
            ""
        } else {
            ";tag=peer"
        };
        text + &format!(
            "To: {to}{tag}\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }
}

/// A session description that sends speech there.
pub fn sdp(to: SocketAddr) -> String {
    let (ip, port) = (to.ip(), to.port());
    format!(
        "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {port} RTP/AVP 8 101\r\n\
         a=rtpmap:101 telephone-event/8000\r\n"
    )
}

/// The peer, over UDP.
pub struct SipPeer {
    socket: UdpSocket,
    /// Speech and keys.
    pub audio: UdpSocket,
    calls: u32,
    /// The names of the calls that came.
    seen: HashSet<String>,
}

impl SipPeer {
    pub async fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let audio = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        Self {
            socket,
            audio,
            calls: 0,
            seen: HashSet::new(),
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.socket.local_addr().unwrap()
    }

    /// The next request of that method; others, and what is sent again of an earlier call, are passed over.
    pub async fn next(&mut self, method: &str) -> Asked {
        let mut buffer = vec![0; 65_536];
        let waited = timeout(PATIENCE, async {
            loop {
                let (length, from) = self.socket.recv_from(&mut buffer).await.unwrap();
                let asked = Asked::read(&buffer[..length], from);
                if !asked.text.starts_with(method) {
                    continue;
                }
                if method != "INVITE" || self.seen.insert(asked.value("Call-ID").to_owned()) {
                    return asked;
                }
            }
        });
        waited.await.unwrap_or_else(|_| panic!("no {method} came"))
    }

    /// The next final answer to a request of ours: its status line.
    pub async fn answered(&self, method: &str) -> String {
        let mut buffer = vec![0; 65_536];
        let waited = timeout(PATIENCE, async {
            loop {
                let (length, _) = self.socket.recv_from(&mut buffer).await.unwrap();
                let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
                let is_final = text.starts_with("SIP/2.0 ") && !text.starts_with("SIP/2.0 1");
                let is_it = |line: &str| line.starts_with("CSeq:") && line.ends_with(method);
                if is_final && text.lines().any(is_it) {
                    return text.lines().next().unwrap().to_owned();
                }
            }
        });
        waited
            .await
            .unwrap_or_else(|_| panic!("no answer to {method}"))
    }

    pub async fn send(&self, to: SocketAddr, bytes: &[u8]) {
        self.socket.send_to(bytes, to).await.unwrap();
    }

    /// Takes a call, with speech at `audio`.
    pub async fn take(&mut self, invite: &Asked, body: &str) {
        let contact = format!(
            "Contact: <sip:peer@{}>\r\nContent-Type: application/sdp\r\n",
            self.address()
        );
        let answer = invite.answer("200 OK", &contact, body);
        self.send(invite.from, answer.as_bytes()).await;
        self.calls += 1;
    }

    /// Takes a call as a telephone does, and gives its INVITE.
    pub async fn pick_up(&mut self) -> Asked {
        let invite = self.next("INVITE").await;
        let here = sdp(self.audio.local_addr().unwrap());
        self.take(&invite, &here).await;
        self.next("ACK").await;
        invite
    }

    /// A request inside of a call.
    pub async fn ask(&self, invite: &Asked, method: &str, number: u32, kind: &str, body: &str) {
        let (from, to) = (invite.value("To"), invite.value("From"));
        let address = self.address();
        let text = format!(
            "{method} sip:service@{} SIP/2.0\r\nVia: SIP/2.0/UDP {address};branch=z9hG4bK{method}{}{number}\r\n\
             Max-Forwards: 70\r\nFrom: {from};tag={TAG}\r\nTo: {to}\r\nCall-ID: {}\r\nCSeq: {number} {method}\r\n\
             Contact: <sip:peer@{address}>\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
            invite.from,
            self.calls,
            invite.value("Call-ID"),
            body.len()
        );
        self.send(invite.from, text.as_bytes()).await;
    }

    /// Presses keys as RTP events, from a socket.
    pub async fn press(socket: &UdpSocket, to: SocketAddr, keys: &str) {
        // Whoever presses was there before
        let silence = RtpPacketBuilder::<_, &[u8]>::new()
            .payload_type(8)
            .ssrc(1)
            .payload(&[0xd5; 160][..])
            .write_vec()
            .unwrap();
        socket.send_to(&silence, to).await.unwrap();
        tokio::time::sleep(countersign_service::calls::leg::ALONE).await;
        for (at, key) in (1..).zip(keys.chars()) {
            let event = countersign_service::calls::keys::event(key, 800, true).unwrap();
            let packet = RtpPacketBuilder::<_, &[u8]>::new()
                .payload_type(101)
                .sequence_number(at)
                .timestamp(u32::from(at) * 1_000)
                .ssrc(1)
                .payload(&event[..])
                .write_vec()
                .unwrap();
            socket.send_to(&packet, to).await.unwrap();
        }
    }

    /// Waits until speech comes.
    pub async fn hears(&self) {
        let mut buffer = [0; 2_048];
        let heard = timeout(PATIENCE, self.audio.recv_from(&mut buffer));
        let (length, _) = heard.await.expect("speech").unwrap();
        assert!(RtpPacket::parse(&buffer[..length]).is_ok());
    }
}
