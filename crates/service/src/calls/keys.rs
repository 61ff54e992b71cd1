//! Keys of a telephone: as RTP events (RFC 4733), and as bodies of SIP INFO requests, the two ways in which exchanges send
//! them.

/// The payload type under which we offer events.
pub const EVENT_TYPE: u8 = 101;
/// The keys, each at the number of its event (RFC 4733 §3.2).
const KEYS: &[u8; 12] = b"0123456789*#";
/// The most keys that are listened to in a call. Nobody presses so many; whoever sends more wants something else.
pub const MOST: usize = 100;
/// How loud an event says that its tone is, -10 dBm0: the middle of what exchanges expect (RFC 4733 §2.3.3).
const VOLUME: u8 = 10;
/// "This packet ends the event" (RFC 4733 §2.3.2).
const END: u8 = 0x80;

/// The key that an RTP event tells of, however often the event's packets are repeated: they share their timestamp
/// (RFC 4733 §2.5.1.2). `None` for what is no key of a telephone.
pub fn of_event(payload: &[u8]) -> Option<char> {
    let [event, _, _, _, ..] = payload else {
        return None;
    };
    let key = KEYS.get(usize::from(*event))?;
    Some(char::from(*key))
}

/// The payload of a packet of the event that is `key`, so many samples after it began. `None` for what is no key.
pub fn event(key: char, samples: u16, is_last: bool) -> Option<[u8; 4]> {
    let at = KEYS.iter().position(|known| char::from(*known) == key)?;
    let [high, low] = samples.to_be_bytes();
    let end = if is_last { END } else { 0 };
    Some([u8::try_from(at).ok()?, end | VOLUME, high, low])
}

/// The key that an INFO request tells of: `application/dtmf-relay` names it in a line `Signal=`, `application/dtmf` is
/// the key alone. `None` for anything else.
pub fn of_info(content_type: &str, body: &[u8]) -> Option<char> {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    let text = std::str::from_utf8(body).ok()?;
    let signal = if kind.eq_ignore_ascii_case("application/dtmf-relay") {
        text.lines().find_map(|line| {
            let (name, value) = line.split_once('=')?;
            name.trim().eq_ignore_ascii_case("signal").then_some(value)
        })?
    } else if kind.eq_ignore_ascii_case("application/dtmf") {
        text
    } else {
        return None;
    };
    // Some exchanges send the number of the event
    match signal.trim() {
        "10" => Some('*'),
        "11" => Some('#'),
        signal => {
            let mut all = signal.bytes();
            let key = all.next().filter(|key| KEYS.contains(key))?;
            all.next().is_none().then(|| char::from(key))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_read_as_it_is_written() {
        for (at, key) in "0123456789*#".chars().enumerate() {
            let written = event(key, 800, false).unwrap();
            assert_eq!(written, [u8::try_from(at).unwrap(), 10, 3, 32]);
            assert_eq!(of_event(&written), Some(key));
        }
        assert_eq!(event('5', 960, true).unwrap(), [5, 0x8a, 3, 192]);
        assert_eq!(event('A', 0, false), None);
        // A flash hook, a letter, and what was cut off
        for payload in [&[16, 10, 0, 0][..], &[12, 10, 0, 0], &[1, 10, 0], &[]] {
            assert_eq!(of_event(payload), None);
        }
    }

    #[test]
    fn an_info_request_is_read_in_both_forms() {
        for (kind, body, key) in [
            (
                "application/dtmf-relay",
                "Signal=1\r\nDuration=160\r\n",
                Some('1'),
            ),
            (
                "Application/DTMF-Relay; x=y",
                "signal = *\nDuration = 160",
                Some('*'),
            ),
            ("application/dtmf-relay", "Signal=11", Some('#')),
            ("application/dtmf", " 7 \r\n", Some('7')),
            ("application/dtmf", "12", None),
            ("application/dtmf", "A", None),
            ("application/dtmf", "", None),
            ("application/dtmf-relay", "Duration=160", None),
            ("application/dtmf-relay", "Signal=1 2", None),
            ("application/sdp", "Signal=1", None),
            ("text/plain", "1", None),
        ] {
            assert_eq!(of_info(kind, body.as_bytes()), key, "{kind} {body:?}");
        }
        assert_eq!(of_info("application/dtmf", &[0xff, 0x31]), None);
    }
}
