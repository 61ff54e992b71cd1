//! Speech as it travels: G.711 in packets of 20 ms (RFC 3551 §4.5.14).

use std::sync::Arc;
use std::time::Duration;

use audio_codec_algorithms::{encode_alaw, encode_ulaw};

/// Samples a second.
pub const RATE: u32 = 8000;
/// How much speech one packet carries (RFC 3551 §4.2 recommends 20 ms).
pub const PACKET: Duration = Duration::from_millis(20);
/// Samples of one packet, and bytes too.
pub const SAMPLES: usize = 160;
/// By how much the timestamp of a packet exceeds that of the packet before it.
pub const STEP: u32 = 160;

/// How samples are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// µ-law, payload type 0.
    Pcmu,
    /// A-law, payload type 8.
    Pcma,
}

impl Codec {
    /// Both, the one that we prefer first: A-law is what European exchanges use inside.
    pub const ALL: [Self; 2] = [Self::Pcma, Self::Pcmu];

    /// The static payload type (RFC 3551 §6, table 4).
    pub const fn payload_type(self) -> u8 {
        match self {
            Self::Pcmu => 0,
            Self::Pcma => 8,
        }
    }

    /// Its name in SDP.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
        }
    }

    /// One sample.
    pub fn encode(self, sample: i16) -> u8 {
        match self {
            Self::Pcmu => encode_ulaw(sample),
            Self::Pcma => encode_alaw(sample),
        }
    }

    /// A packet in which nothing is heard.
    pub fn silence(self) -> [u8; SAMPLES] {
        [self.encode(0); SAMPLES]
    }
}

/// Speech: 8000 samples a second, one channel.
pub type Clip = Arc<[i16]>;

/// Clips one after another, read packet by packet.
#[derive(Debug, Default)]
pub struct Speech {
    clips: Vec<Clip>,
    /// The clip that is read, and how much of it has been.
    at: (usize, usize),
}

impl Speech {
    /// Of these clips.
    pub fn of(clips: Vec<Clip>) -> Self {
        Self { clips, at: (0, 0) }
    }

    /// The next packet, the last one filled up with silence. `None` at the end.
    pub fn next(&mut self, codec: Codec) -> Option<[u8; SAMPLES]> {
        let mut packet = codec.silence();
        let mut filled = 0;
        while filled < SAMPLES {
            let Some(clip) = self.clips.get(self.at.0) else {
                break;
            };
            let left = clip.get(self.at.1..).unwrap_or_default();
            if left.is_empty() {
                self.at = (self.at.0 + 1, 0);
                continue;
            }
            for (byte, sample) in packet.iter_mut().skip(filled).zip(left) {
                *byte = codec.encode(*sample);
            }
            let taken = left.len().min(SAMPLES - filled);
            filled += taken;
            self.at.1 += taken;
        }
        (filled > 0).then_some(packet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_written_as_g711_has_it() {
        // ITU-T G.711 tables 1a and 2a: zero, the smallest steps, and both ends
        for (sample, pcmu, pcma) in [
            (0, 0xff, 0xd5),
            (-1, 0x7f, 0x55),
            (1000, 0xce, 0xfa),
            (32767, 0x80, 0xaa),
            (-32768, 0x00, 0x2a),
        ] {
            assert_eq!(Codec::Pcmu.encode(sample), pcmu, "{sample}");
            assert_eq!(Codec::Pcma.encode(sample), pcma, "{sample}");
        }
    }

    #[test]
    fn clips_follow_without_a_gap_and_the_last_packet_is_filled_up() {
        let clip = |samples: usize| -> Clip { vec![1000; samples].into() };
        let mut speech = Speech::of(vec![clip(100), clip(0), clip(100)]);
        let loud = Codec::Pcmu.encode(1000);
        assert_eq!(speech.next(Codec::Pcmu), Some([loud; SAMPLES]));
        let last = speech.next(Codec::Pcmu).unwrap();
        assert_eq!(last[..40], [loud; 40]);
        assert_eq!(last[40..], Codec::Pcmu.silence()[40..]);
        assert_eq!(speech.next(Codec::Pcmu), None);
        assert_eq!(Speech::default().next(Codec::Pcma), None);
    }
}
