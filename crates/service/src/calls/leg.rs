//! The audio leg of a call: RTP (RFC 3550) every 20 ms one way, keys as events (RFC 4733) the other.
//!
//! It always sends: silence where nothing is said, so that the other end and what lies between keep the way open.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use rtp_types::{RtpPacket, RtpPacketBuilder};
use tokio::net::UdpSocket;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::oneshot;
use tokio::time::{Instant, interval};

use super::audio::{PACKET, SAMPLES, STEP, Speech};
use super::keys;
use super::sdp::Agreed;

/// The longest packet that is read, bytes.
const LONGEST: usize = 1500;
/// A call whose other end sends nothing for so long is over: its way is broken, or nobody is there.
pub const LOST_AFTER: Duration = Duration::from_secs(20);
/// Between the answer and the first digit of an extension, packets: a second, which exchanges need to listen.
const BEFORE_KEYS: usize = 50;
/// What is sent to a place that nothing came from yet, packets: five seconds. Then speech waits, and one packet a second
/// keeps the way open, so that an answer that names somebody else's address fills nobody's line (row R1).
const UNHEARD: u32 = 250;
const UNHEARD_EVERY: u32 = 50;
/// How long a key is pressed, packets.
const PRESSED: u16 = 8;
/// How often the end of an event is sent: it may get lost (RFC 4733 §2.5.1.4).
const ENDS: usize = 3;
/// Between two keys, packets.
const BETWEEN_KEYS: usize = 5;
/// A source that came after another presses keys once it was heard alone for so long. Whoever sends with the other end's address, which UDP does not
/// prove, is told from the telephone by its source (RFC 3550 §8): while both are heard, neither presses anything (row H2).
pub const ALONE: Duration = Duration::from_millis(500);

/// What a leg is told.
#[derive(Debug)]
pub enum Told {
    /// Say this, in place of what is being said; the sender is told when it is said.
    Say(Speech, oneshot::Sender<()>),
    /// Stop talking.
    Hush,
    /// Press these keys; the sender is told when they are pressed.
    Press(String, oneshot::Sender<()>),
}

/// What a leg tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tells {
    /// A key was pressed.
    Key(char),
    /// Nothing came for [`LOST_AFTER`].
    Lost,
}

/// Where a stream begins; random, so that nobody outside guesses the next packet (RFC 3550 §5.1).
#[derive(Debug, Clone, Copy)]
pub struct Start {
    /// Its source.
    pub source: u32,
    /// The number of its first packet.
    pub sequence: u16,
    /// The time of its first sample.
    pub timestamp: u32,
}

/// Sends and listens until `told` is closed.
pub async fn run(
    socket: UdpSocket,
    agreed: Agreed,
    start: Start,
    mut told: UnboundedReceiver<Told>,
    tells: UnboundedSender<Tells>,
) {
    let mut sending = Sending::new(agreed, start);
    let mut listening = Listening::new(agreed);
    // After a delay it catches up, so that speech keeps its length
    let mut ticks = interval(PACKET);
    let mut buffer = [0; LONGEST];
    loop {
        tokio::select! {
            biased;
            _ = ticks.tick() => {
                if let Some(packet) = sending.due(listening.has_heard) {
                    // Whether it is heard shows in what comes back
                    let _sent = socket.send_to(&packet, agreed.to).await;
                }
                if listening.is_lost() {
                    let _nobody_listens = tells.send(Tells::Lost);
                    return;
                }
            }
            told = told.recv() => match told {
                Some(told) => sending.take(told),
                None => return,
            },
            received = socket.recv_from(&mut buffer) => {
                let Ok((length, from)) = received else { continue };
                if let Some(key) = listening.take(buffer.get(..length).unwrap_or_default(), from) {
                    let _nobody_listens = tells.send(Tells::Key(key));
                }
            }
        }
    }
}

/// What is sent, packet by packet.
struct Sending {
    agreed: Agreed,
    at: Start,
    /// The first packet after silence is marked (RFC 3551 §4.1).
    marked: bool,
    /// How many packets were due before anything came back.
    unheard: u32,
    now: Now,
}

enum Now {
    Silence,
    Speech(Speech, oneshot::Sender<()>),
    Keys(VecDeque<Step>, oneshot::Sender<()>),
}

/// A packet on the way through keys.
#[derive(Debug, Clone, Copy)]
enum Step {
    Silence,
    /// The so-many-th packet of a key, 1 and up; whether it says that the key was let go.
    Event(char, u16, bool),
}

impl Sending {
    const fn new(agreed: Agreed, at: Start) -> Self {
        Self {
            agreed,
            at,
            marked: true,
            unheard: 0,
            now: Now::Silence,
        }
    }

    /// What is to be sent at this tick of the clock. `None` for nothing, while nobody is known to be there.
    fn due(&mut self, is_heard: bool) -> Option<Vec<u8>> {
        if !is_heard && self.unheard < UNHEARD {
            self.unheard += 1;
        } else if !is_heard {
            self.unheard += 1;
            let is_due = self.unheard.is_multiple_of(UNHEARD_EVERY);
            return is_due.then(|| self.speech(&self.agreed.codec.silence()));
        }
        Some(self.next())
    }

    fn take(&mut self, told: Told) {
        self.marked = true;
        self.now = match told {
            Told::Say(speech, said) => Now::Speech(speech, said),
            Told::Hush => Now::Silence,
            Told::Press(keys, pressed) => Now::Keys(steps(&keys), pressed),
        };
    }

    fn next(&mut self) -> Vec<u8> {
        match &mut self.now {
            Now::Silence => {}
            Now::Speech(speech, _) => {
                if let Some(packet) = speech.next(self.agreed.codec) {
                    return self.speech(&packet);
                }
                self.done();
            }
            Now::Keys(steps, _) => match steps.pop_front() {
                Some(Step::Event(key, packets, is_last)) => {
                    if let Some(packet) = self.event(key, packets, is_last) {
                        return packet;
                    }
                }
                Some(Step::Silence) => {}
                None => self.done(),
            },
        }
        self.speech(&self.agreed.codec.silence())
    }

    /// Tells whoever waits for it.
    fn done(&mut self) {
        let over = std::mem::replace(&mut self.now, Now::Silence);
        if let Now::Speech(_, waiting) | Now::Keys(_, waiting) = over {
            let _nobody_waits = waiting.send(());
        }
    }

    fn speech(&mut self, samples: &[u8; SAMPLES]) -> Vec<u8> {
        let kind = self.agreed.codec.payload_type();
        let packet = self.packet(kind, self.marked, self.at.timestamp, samples);
        self.marked = false;
        self.at.timestamp = self.at.timestamp.wrapping_add(STEP);
        packet
    }

    /// Every packet of an event bears the time at which it began (RFC 4733 §2.1).
    fn event(&mut self, key: char, packets: u16, is_last: bool) -> Option<Vec<u8>> {
        let step = u16::try_from(STEP).ok()?;
        let payload = keys::event(key, packets.min(PRESSED) * step, is_last)?;
        let began = self
            .at
            .timestamp
            .wrapping_sub(STEP * u32::from(packets.saturating_sub(1)));
        let kind = self.agreed.events?;
        let packet = self.packet(kind, packets == 1, began, &payload);
        self.at.timestamp = self.at.timestamp.wrapping_add(STEP);
        self.marked = true;
        Some(packet)
    }

    fn packet(&mut self, kind: u8, marked: bool, timestamp: u32, payload: &[u8]) -> Vec<u8> {
        let packet = RtpPacketBuilder::<_, &[u8]>::new()
            .payload_type(kind)
            .marker_bit(marked)
            .sequence_number(self.at.sequence)
            .timestamp(timestamp)
            .ssrc(self.at.source)
            .payload(payload);
        self.at.sequence = self.at.sequence.wrapping_add(1);
        // It fails for padding and too many sources, of which there is none
        packet.write_vec().unwrap_or_default()
    }
}

fn steps(keys: &str) -> VecDeque<Step> {
    let mut steps = VecDeque::from(vec![Step::Silence; BEFORE_KEYS]);
    for key in keys.chars() {
        steps.extend((1..=PRESSED).map(|packet| Step::Event(key, packet, false)));
        let end = |packet| Step::Event(key, packet, true);
        steps.extend((PRESSED + 1..).take(ENDS).map(end));
        steps.extend([Step::Silence; BETWEEN_KEYS]);
    }
    steps
}

/// What comes.
#[derive(Debug)]
pub struct Listening {
    agreed: Agreed,
    /// The time of the event that was told last: its packets are repeated.
    last_event: Option<u32>,
    /// Something came, so somebody is there.
    has_heard: bool,
    keys_left: usize,
    heard_at: Instant,
    /// The source that was heard last, and when it took another's place.
    source: Option<u32>,
    changed_at: Option<Instant>,
}

impl Listening {
    /// Nothing was heard yet.
    pub fn new(agreed: Agreed) -> Self {
        Self {
            agreed,
            last_event: None,
            has_heard: false,
            keys_left: keys::MOST,
            heard_at: Instant::now(),
            source: None,
            changed_at: None,
        }
    }

    /// The key that a packet tells of first. Other addresses' packets are nobody's.
    pub fn take(&mut self, bytes: &[u8], from: SocketAddr) -> Option<char> {
        if from.ip() != self.agreed.to.ip() {
            return None;
        }
        let packet = RtpPacket::parse(bytes).ok()?;
        self.has_heard = true;
        self.heard_at = Instant::now();
        if self.source.is_some_and(|source| source != packet.ssrc()) {
            self.changed_at = Some(self.heard_at);
        }
        self.source = Some(packet.ssrc());
        if self.changed_at.is_some_and(|at| self.heard_at - at < ALONE) {
            return None;
        }
        let is_new = self.last_event != Some(packet.timestamp());
        if Some(packet.payload_type()) != self.agreed.events || !is_new || self.keys_left == 0 {
            return None;
        }
        let key = keys::of_event(packet.payload())?;
        self.last_event = Some(packet.timestamp());
        self.keys_left -= 1;
        Some(key)
    }

    fn is_lost(&self) -> bool {
        self.heard_at.elapsed() > LOST_AFTER
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::audio::Codec;

    const PEER: &str = "192.0.2.7:4000";

    fn agreed() -> Agreed {
        Agreed {
            to: PEER.parse().unwrap(),
            codec: Codec::Pcma,
            events: Some(101),
        }
    }

    fn sending() -> Sending {
        let start = Start {
            source: 7,
            sequence: u16::MAX,
            timestamp: u32::MAX,
        };
        Sending::new(agreed(), start)
    }

    #[test]
    fn packets_follow_each_other_over_every_edge_of_their_counters() {
        let mut sending = sending();
        let (first, second) = (sending.next(), sending.next());
        let first = RtpPacket::parse(&first).unwrap();
        let second = RtpPacket::parse(&second).unwrap();
        assert_eq!((first.ssrc(), first.payload_type()), (7, 8));
        assert!(first.marker_bit() && !second.marker_bit());
        assert_eq!(first.sequence_number(), u16::MAX);
        assert_eq!(second.sequence_number(), 0);
        assert_eq!(second.timestamp(), 159);
        assert_eq!(second.payload(), Codec::Pcma.silence());
    }

    #[test]
    fn an_extension_is_dialled_as_its_receiver_reads_it() {
        let mut sending = sending();
        let (pressed, mut done) = oneshot::channel();
        sending.take(Told::Press("407".into(), pressed));
        let mut listening = Listening::new(agreed());
        let mut keys = String::new();
        let mut ends = 0;
        while done.try_recv().is_err() {
            let packet = sending.next();
            keys.extend(listening.take(&packet, PEER.parse().unwrap()));
            let packet = RtpPacket::parse(&packet).unwrap();
            if packet.payload_type() == 101 {
                ends += usize::from(packet.payload()[1] & 0x80 != 0);
            }
        }
        assert_eq!((keys.as_str(), ends), ("407", 3 * ENDS));
    }

    #[test]
    fn a_key_is_told_once_however_often_its_packets_come() {
        let mut sending = sending();
        let mut listening = Listening::new(agreed());
        let from: SocketAddr = PEER.parse().unwrap();
        let packet = sending.event('5', 1, false).unwrap();
        assert_eq!(
            listening.take(&packet, "192.0.2.8:4000".parse().unwrap()),
            None
        );
        assert_eq!(listening.take(&packet, from), Some('5'));
        assert_eq!(listening.take(&packet, from), None);
        let again = sending.event('5', 1, false).unwrap();
        assert_eq!(listening.take(&again, from), Some('5'), "pressed twice");
        let speech = sending.speech(&Codec::Pcma.silence());
        for noise in [&speech[..], b"", b"GET / HTTP/1.1", &[0x80, 101, 0, 1]] {
            assert_eq!(listening.take(noise, from), None);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn h2_keys_of_another_source_beside_the_telephones_are_nobodys() {
        let from: SocketAddr = PEER.parse().unwrap();
        let source = |source| {
            Sending::new(
                agreed(),
                Start {
                    source,
                    sequence: 1,
                    timestamp: 1,
                },
            )
        };
        let (mut telephone, mut attacker) = (source(7), source(8));
        let mut listening = Listening::new(agreed());
        listening.take(&telephone.next(), from);
        for _ in 0..200 {
            tokio::time::advance(Duration::from_millis(20)).await;
            assert_eq!(listening.take(&telephone.next(), from), None);
            let forged = attacker.event('5', 1, false).unwrap();
            assert_eq!(listening.take(&forged, from), None, "beside the telephone");
        }
        // Nor does the telephone press anything meanwhile: nobody knows which of them is it
        let pressed = telephone.event('6', 1, false).unwrap();
        assert_eq!(listening.take(&pressed, from), None);
        for _ in 0..30 {
            tokio::time::advance(Duration::from_millis(20)).await;
            listening.take(&telephone.next(), from);
        }
        let pressed = telephone.event('6', 1, false).unwrap();
        assert_eq!(listening.take(&pressed, from), Some('6'), "alone again");
    }

    #[test]
    fn r1_keys_without_end_are_listened_to_no_longer_than_anybody_presses_them() {
        let (mut sending, mut listening) = (sending(), Listening::new(agreed()));
        let from: SocketAddr = PEER.parse().unwrap();
        let told = (0..10_000).filter_map(|_| {
            let packet = sending.event('#', 1, false)?;
            listening.take(&packet, from)
        });
        assert_eq!(told.count(), keys::MOST);
    }

    #[test]
    fn r1_a_place_that_nothing_comes_from_gets_a_few_seconds_and_then_the_speech_waits() {
        let mut sending = sending();
        let (said, mut done) = oneshot::channel();
        let words = Speech::of(vec![vec![7000_i16; 8000 * 8].into()]);
        sending.take(Told::Say(words, said));
        let ticks = LOST_AFTER.as_secs() * 50;
        let sent = (0..ticks).filter(|_| sending.due(false).is_some()).count();
        assert_eq!(sent, 250 + 15, "20 s of which 15 are one packet a second");
        assert!(done.try_recv().is_err(), "it was not said to nobody");
        let spoken =
            |packet: &[u8]| RtpPacket::parse(packet).unwrap().payload() != Codec::Pcma.silence();
        let rest = (0..150).filter(|_| sending.due(true).is_some_and(|packet| spoken(&packet)));
        assert_eq!(rest.count(), 150, "it goes on where it stopped");
        sending.due(true);
        assert_eq!(done.try_recv(), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_stops_is_lost_after_a_while() {
        let mut listening = Listening::new(agreed());
        tokio::time::advance(LOST_AFTER).await;
        assert!(!listening.is_lost());
        listening.take(&sending().next(), PEER.parse().unwrap());
        tokio::time::advance(LOST_AFTER).await;
        assert!(!listening.is_lost());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(listening.is_lost());
    }
}
