//! How the two ends of a call send speech and keys: our offer, and what the other end's answer leaves of it
//! (RFC 8866, RFC 3264). The format is read and written by a crate; here is only what we ask of it.

use std::net::{IpAddr, SocketAddr};

use sdp_types::{Connection, Media, Origin, RtpMap, Session};

use super::audio::Codec;
use super::keys::EVENT_TYPE;

/// The longest answer that is read, bytes.
const LONGEST: usize = 8 * 1024;
/// Below are the ports of other services (RFC 6335 §6).
const FIRST_PORT: u16 = 1024;
const AUDIO: &str = "audio";
const PLAIN_RTP: &str = "RTP/AVP";

/// Why a call cannot go on after it was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoAudio {
    /// What came is no SDP, or longer than any.
    #[error("the answer's session description cannot be read")]
    Unreadable,
    /// There is no audio line, or it was refused with port 0 (RFC 3264 §6).
    #[error("the other end refused the audio")]
    Refused,
    /// It wants another transport, such as SRTP, which we did not offer.
    #[error("the other end wants another transport than plain RTP")]
    Transport,
    /// Neither PCMA nor PCMU is left.
    #[error("the other end speaks neither PCMA nor PCMU")]
    Codec,
    /// It names no address that can be sent to.
    #[error("the answer names no address that audio can be sent to")]
    Address,
}

/// What the answer settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreed {
    /// Where speech goes; packets from other addresses are not listened to.
    pub to: SocketAddr,
    /// How it is written.
    pub codec: Codec,
    /// The payload type of keys. `None` where they do not travel as events.
    pub events: Option<u8>,
}

/// Our offer: speech to `at` in either law, and keys as events.
pub fn offer(at: SocketAddr, session: u64) -> Vec<u8> {
    let types: Vec<String> = Codec::ALL
        .iter()
        .map(|codec| codec.payload_type())
        .chain([EVENT_TYPE])
        .map(|payload_type| payload_type.to_string())
        .collect();
    let mut media = Media::new(
        sdp_types::MediaType::Audio,
        at.port(),
        sdp_types::TransportProto::RtpAvp,
        types.join(" "),
    );
    for codec in Codec::ALL {
        media.add_attribute_with_value(
            "rtpmap",
            format!("{} {}/8000", codec.payload_type(), codec.name()),
        );
    }
    media.add_attribute_with_value("rtpmap", format!("{EVENT_TYPE} telephone-event/8000"));
    media.add_attribute_with_value("fmtp", format!("{EVENT_TYPE} 0-11"));
    media.add_attribute_with_value("ptime", "20");
    media.add_attribute_from_str("sendrecv");
    let mut offered = Session::new(Origin::with_ip_addr(session, 1, at.ip()), "-");
    offered.connection = Some(Connection::from_ip_addr(at.ip()));
    offered.medias.push(media);
    let mut text = Vec::new();
    // Writing to memory fails for nothing
    let _written = offered.write(&mut text);
    text
}

/// Reads the answer to an [`offer`] that named `ours` as our own address.
///
/// Speech goes wherever the answer says, since trunks send it by other machines than those that signal; but nowhere that is
/// no telephone's place: not to this machine unless we are on it ourselves, not to a whole network, and to no well-known
/// port, where another service listens.
pub fn read(answer: &[u8], ours: IpAddr) -> Result<Agreed, NoAudio> {
    if answer.len() > LONGEST {
        return Err(NoAudio::Unreadable);
    }
    let session = Session::parse(answer).map_err(|_| NoAudio::Unreadable)?;
    let audio = session.medias.iter().find(|media| media.media == AUDIO);
    let audio = audio.ok_or(NoAudio::Refused)?;
    if audio.port == 0 {
        return Err(NoAudio::Refused);
    }
    if audio.proto != PLAIN_RTP {
        return Err(NoAudio::Transport);
    }
    // The first of the answer's types that is ours is the one that it sends (RFC 3264 §6.1)
    let listed = || {
        let types = audio.fmt.split_ascii_whitespace();
        types.filter_map(|listed| listed.parse::<u8>().ok())
    };
    let codec = listed().find_map(|listed| {
        let mut all = Codec::ALL.into_iter();
        all.find(|codec| codec.payload_type() == listed)
    });
    let events = audio
        .attributes_typed::<RtpMap>()
        .filter_map(Result::ok)
        .find(|map| {
            map.encoding_name.eq_ignore_ascii_case("telephone-event") && map.clock_rate == 8000
        })
        .map(|map| map.payload_type)
        .filter(|events| listed().any(|listed| listed == *events));
    let place = audio.connections.first().or(session.connection.as_ref());
    let ip = place
        .and_then(|place| place.try_address().ok())
        .map(|address| address.ip)
        .filter(|ip| can_be_sent_to(*ip, ours) && audio.port >= FIRST_PORT)
        .ok_or(NoAudio::Address)?;
    Ok(Agreed {
        to: SocketAddr::new(ip, audio.port),
        codec: codec.ok_or(NoAudio::Codec)?,
        events,
    })
}

fn can_be_sent_to(ip: IpAddr, ours: IpAddr) -> bool {
    let is_link_local = match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    let is_everybody = match ip {
        IpAddr::V4(ip) => ip.is_broadcast() || ip.octets()[0] == 0,
        // An address of the other family in disguise
        IpAddr::V6(ip) => ip.to_ipv4_mapped().is_some(),
    };
    ip.is_ipv4() == ours.is_ipv4()
        && !ip.is_unspecified()
        && !ip.is_multicast()
        && !is_link_local
        && !is_everybody
        && (!ip.is_loopback() || ours.is_loopback())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const OURS: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

    fn answer(lines: &str) -> Result<Agreed, NoAudio> {
        let text = format!("v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\n{lines}");
        read(text.as_bytes(), OURS)
    }

    const PLACE: &str = "c=IN IP4 192.0.2.7\r\nt=0 0\r\n";

    #[test]
    fn the_offer_is_both_laws_and_events() {
        let at = "192.0.2.1:16000".parse().unwrap();
        let text = String::from_utf8(offer(at, 42)).unwrap();
        insta::assert_snapshot!(text.replace('\r', ""), @r"
        v=0
        o=- 42 1 IN IP4 192.0.2.1
        s=-
        c=IN IP4 192.0.2.1
        t=0 0
        m=audio 16000 RTP/AVP 8 0 101
        a=rtpmap:8 PCMA/8000
        a=rtpmap:0 PCMU/8000
        a=rtpmap:101 telephone-event/8000
        a=fmtp:101 0-11
        a=ptime:20
        a=sendrecv
        ");
        // What we offer, answered as it is, is agreed
        let agreed = read(&offer(at, 42), at.ip()).unwrap();
        assert_eq!((agreed.to, agreed.codec), (at, Codec::Pcma));
        assert_eq!(agreed.events, Some(EVENT_TYPE));
    }

    #[test]
    fn the_answers_order_and_address_hold() {
        let agreed = answer(&format!(
            "{PLACE}m=audio 4000 RTP/AVP 0 8 96\r\nc=IN IP4 192.0.2.9\r\na=rtpmap:96 telephone-event/8000\r\n"
        ))
        .unwrap();
        assert_eq!(agreed.to, "192.0.2.9:4000".parse().unwrap());
        assert_eq!((agreed.codec, agreed.events), (Codec::Pcmu, Some(96)));
        let agreed = answer(&format!(
            "{PLACE}m=audio 4000 RTP/AVP 8\r\na=rtpmap:96 telephone-event/8000\r\n"
        ));
        assert_eq!(agreed.unwrap().events, None, "not among the types");
    }

    #[test]
    fn what_is_not_plain_audio_of_ours_is_refused() {
        use NoAudio::{Address, Codec, Refused, Transport, Unreadable};
        for (lines, expected) in [
            ("c=IN IP4 192.0.2.7\r\nt=0 0\r\n", Refused),
            (
                "c=IN IP4 192.0.2.7\r\nt=0 0\r\nm=audio 0 RTP/AVP 8\r\n",
                Refused,
            ),
            (
                "c=IN IP4 192.0.2.7\r\nt=0 0\r\nm=video 4000 RTP/AVP 8\r\n",
                Refused,
            ),
            (
                "c=IN IP4 192.0.2.7\r\nt=0 0\r\nm=audio 4000 RTP/SAVP 8\r\n",
                Transport,
            ),
            (
                "c=IN IP4 192.0.2.7\r\nt=0 0\r\nm=audio 4000 RTP/AVP 18 9\r\n",
                Codec,
            ),
            ("t=0 0\r\nm=audio 4000 RTP/AVP 8\r\n", Address),
            (
                "c=IN IP4 0.0.0.0\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n",
                Address,
            ),
            (
                "c=IN IP4 224.0.0.9/3\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n",
                Address,
            ),
            (
                "c=IN IP4 pbx.example\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n",
                Address,
            ),
            ("m=audio 99999 RTP/AVP 8\r\n", Unreadable),
        ] {
            assert_eq!(answer(lines), Err(expected), "{lines}");
        }
        assert_eq!(read(b"", OURS), Err(Unreadable));
        assert_eq!(read(&[b'x'; LONGEST + 1], OURS), Err(Unreadable));
    }

    #[test]
    fn r1_speech_is_sent_to_no_place_that_is_no_telephones() {
        let sent_to = |family: &str, place: &str, port: u16, ours: &str| {
            let text = format!(
                "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN {family} {place}\r\nt=0 0\r\nm=audio {port} RTP/AVP 8\r\n"
            );
            read(text.as_bytes(), ours.parse().unwrap()).map(|agreed| agreed.to.to_string())
        };
        let (four, six) = ("192.0.2.1", "2001:db8::1");
        for (family, place, ours) in [
            ("IP4", "127.0.0.1", four),
            ("IP4", "169.254.169.254", four),
            ("IP4", "255.255.255.255", four),
            ("IP4", "0.1.2.3", four),
            ("IP4", "192.0.2.7", six),
            ("IP6", "::1", six),
            ("IP6", "::", six),
            ("IP6", "fe80::1", six),
            ("IP6", "ff02::1", six),
            ("IP6", "::ffff:127.0.0.1", six),
            ("IP6", "2001:db8::7", four),
        ] {
            assert_eq!(
                sent_to(family, place, 4000, ours),
                Err(NoAudio::Address),
                "{place}"
            );
        }
        assert_eq!(sent_to("IP4", "192.0.2.7", 53, four), Err(NoAudio::Address));
        assert_eq!(
            sent_to("IP4", "10.1.2.3", 1024, four).unwrap(),
            "10.1.2.3:1024"
        );
        assert_eq!(
            sent_to("IP6", "2001:db8::7", 4000, six).unwrap(),
            "[2001:db8::7]:4000"
        );
        assert_eq!(
            sent_to("IP4", "127.0.0.9", 4000, "127.0.0.1").unwrap(),
            "127.0.0.9:4000"
        );
    }
}
