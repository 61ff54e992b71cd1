//! What is said in a call, as recorded: the shipped recordings of a language, and the site's own in their place.

use std::collections::HashMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavReader};
use rust_embed::RustEmbed;

use super::audio::{Clip, RATE};
use crate::carrier::language::Language;
use crate::self_service::call::Prompt;

/// The longest recording, samples: a minute.
const LONGEST: u32 = 60 * RATE;
/// Names of the recordings that every language has, beside the ten digits.
const NAMES: [&str; 7] = [
    "ask-number",
    "confirmed",
    "reported",
    "wrong-again",
    "wrong-number",
    "press-key",
    "your-code",
];
const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/// What `prompts/make` made.
#[derive(RustEmbed)]
#[folder = "prompts"]
struct Shipped;

/// Why a recording was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    /// The folder or a file in it cannot be read.
    #[error("cannot read the recording {}: {reason}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// It is of another kind than telephones take.
    #[error(
        "the recording {} is not 8 kHz, mono, 16 bits and at most a minute; make it so with: sox {} -r 8000 -c 1 -b 16 OUT.wav",
        path.display(), path.display()
    )]
    Kind {
        /// Which file.
        path: PathBuf,
    },
    /// A recording's name is none of the prompts', so it would never be heard.
    #[error(
        "no prompt is called {}; the recordings are 0.wav to 9.wav and {}.wav",
        path.display(), NAMES.join(".wav, ")
    )]
    Name {
        /// Which file.
        path: PathBuf,
    },
    /// The program was built without it.
    #[error("this build has no recording {0}")]
    Missing(String),
}

/// Every recording of one language.
#[derive(Debug)]
pub struct Prompts(HashMap<&'static str, Clip>);

impl Prompts {
    /// The shipped recordings, and in their place those that `own` holds under the same names.
    pub fn load(language: Language, own: Option<&Path>) -> Result<Self, PromptError> {
        let mut clips = HashMap::new();
        for name in names() {
            let file = format!("{}/{name}.wav", language.code());
            let shipped = Shipped::get(&file).ok_or_else(|| PromptError::Missing(file.clone()))?;
            clips.insert(name, recording(Path::new(&file), &shipped.data)?);
        }
        if let Some(folder) = own {
            replace(&mut clips, folder)?;
        }
        Ok(Self(clips))
    }

    /// What is heard for a prompt.
    pub fn clips(&self, prompt: Prompt<'_>) -> Vec<Clip> {
        let names = recordings(prompt);
        let found = names.iter().filter_map(|name| self.0.get(name));
        found.cloned().collect()
    }
}

/// The names of the recordings that a prompt is spoken with.
pub fn recordings(prompt: Prompt<'_>) -> Vec<&'static str> {
    match prompt {
        Prompt::AskNumber { .. } => vec!["ask-number"],
        Prompt::Confirmed => vec!["confirmed"],
        Prompt::Reported => vec!["reported"],
        Prompt::WrongAgain => vec!["wrong-again"],
        Prompt::WrongNumber => vec!["wrong-number"],
        Prompt::PressAnyKey { .. } => vec!["press-key"],
        Prompt::Code(code) => {
            let digits = code.0.bytes().map(|digit| digit.wrapping_sub(b'0'));
            let digits = digits.filter_map(|digit| DIGITS.get(usize::from(digit)).copied());
            ["your-code"].into_iter().chain(digits).collect()
        }
    }
}

fn names() -> impl Iterator<Item = &'static str> {
    NAMES.into_iter().chain(DIGITS)
}

fn replace(clips: &mut HashMap<&'static str, Clip>, folder: &Path) -> Result<(), PromptError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |reason: std::io::Error| PromptError::Unreadable {
            path,
            reason: reason.to_string(),
        }
    };
    for entry in std::fs::read_dir(folder).map_err(unreadable(folder))? {
        let path = entry.map_err(unreadable(folder))?.path();
        if path.extension().is_none_or(|extension| extension != "wav") {
            continue;
        }
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        let name = names().find(|name| Some(*name) == stem);
        let name = name.ok_or_else(|| PromptError::Name { path: path.clone() })?;
        let bytes = std::fs::read(&path).map_err(unreadable(&path))?;
        clips.insert(name, recording(&path, &bytes)?);
    }
    Ok(())
}

/// Reads a recording; the path is for the error alone.
pub fn recording(path: &Path, bytes: &[u8]) -> Result<Clip, PromptError> {
    let unreadable = |reason: hound::Error| PromptError::Unreadable {
        path: path.to_owned(),
        reason: reason.to_string(),
    };
    let reader = WavReader::new(Cursor::new(bytes)).map_err(unreadable)?;
    let spec = reader.spec();
    let as_telephones_take = spec.channels == 1
        && spec.sample_rate == RATE
        && spec.bits_per_sample == 16
        && spec.sample_format == SampleFormat::Int
        && reader.duration() <= LONGEST;
    if !as_telephones_take {
        return Err(PromptError::Kind {
            path: path.to_owned(),
        });
    }
    let samples: Result<Vec<i16>, _> = reader.into_samples().collect();
    Ok(samples.map_err(unreadable)?.into())
}

#[cfg(test)]
mod tests {
    use hound::{WavSpec, WavWriter};

    use super::*;
    use crate::self_service::call::Spoken;

    fn record(path: &Path, rate: u32, samples: usize) {
        let spec = WavSpec {
            channels: 1,
            sample_rate: rate,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let mut writer = WavWriter::create(path, spec).unwrap();
        for _ in 0..samples {
            writer.write_sample(7_i16).unwrap();
        }
        writer.finalize().unwrap();
    }

    #[test]
    fn every_prompt_is_heard_in_both_languages() {
        let organisation = "General Hospital";
        for language in [Language::English, Language::German] {
            let prompts = Prompts::load(language, None).unwrap();
            for prompt in [
                Prompt::AskNumber { organisation },
                Prompt::Confirmed,
                Prompt::Reported,
                Prompt::WrongAgain,
                Prompt::WrongNumber,
                Prompt::PressAnyKey { organisation },
            ] {
                let clips = prompts.clips(prompt);
                let [clip] = clips.as_slice() else {
                    panic!("{prompt:?} is one recording")
                };
                let seconds = clip.len() / 8000;
                assert!((1..20).contains(&seconds), "{prompt:?}: {seconds} s");
            }
            let spoken = prompts.clips(Prompt::Code(Spoken("4209")));
            assert_eq!(spoken.len(), 5);
            assert_eq!(format!("{:?}", Spoken("4209")), "Spoken(…)");
        }
    }

    #[test]
    fn a_site_replaces_what_it_recorded_and_keeps_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        record(&folder.path().join("confirmed.wav"), 8000, 123);
        std::fs::write(folder.path().join("notes.txt"), "who spoke").unwrap();
        let prompts = Prompts::load(Language::English, Some(folder.path())).unwrap();
        assert_eq!(prompts.clips(Prompt::Confirmed)[0].len(), 123);
        assert!(prompts.clips(Prompt::Reported)[0].len() > 8000);
    }

    #[test]
    fn a_recording_that_would_not_be_heard_is_an_error_that_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("confirmed.wav");
        let error = || {
            let loaded = Prompts::load(Language::English, Some(folder.path()));
            loaded.unwrap_err().to_string()
        };
        record(&path, 44100, 10);
        assert!(error().contains("sox"), "{}", error());
        record(&path, 8000, 60 * 8000 + 1);
        assert!(error().contains("at most a minute"), "{}", error());
        std::fs::write(&path, "no sound").unwrap();
        assert!(error().contains("cannot read"), "{}", error());
        std::fs::remove_file(&path).unwrap();
        record(&folder.path().join("thanks.wav"), 8000, 10);
        assert!(error().contains("no prompt is called"), "{}", error());
        let nowhere = folder.path().join("nowhere");
        assert!(Prompts::load(Language::English, Some(&nowhere)).is_err());
    }
}
