//! 137 hard pictures, made anew in each run from one seed, and the share of them that is read: never a wrong text.
//!
//! `COUNTERSIGN_PHOTOGRAPHS` may name a folder of real ones, each with its text beside it (`a.jpg` and `a.txt`), as
//! published sets have them; they are measured and held to the same: never a wrong text.
#![expect(clippy::unwrap_used, reason = "a test says by its panic what is wrong")]

mod faults;
mod photo;

use std::{
    fmt::Write as _,
    fs,
    path::PathBuf,
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use countersign_authenticator::picture;
use faults::{FAULTS, PLAIN};
use photo::Random;
use qrcode::{EcLevel, QrCode};

/// How many of the 137 have to be read.
const GOAL: usize = 127;
/// A build for tests reads twenty times slower, so it looks at each seventh picture; `--release` looks at all.
const EVERY: usize = if cfg!(debug_assertions) { 7 } else { 1 };

struct Case {
    what: &'static str,
    text: String,
    file: Vec<u8>,
}

/// What the codes say: ours, another app's account, Duo's form, and exports of several accounts, which make dense codes.
fn codes() -> Vec<(String, QrCode)> {
    let export = |accounts: usize, random: &mut Random| {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let data: String = (0..accounts * 88)
            .map(|_| {
                let at = random.between(0.0, 61.9);
                let index = (0..62_usize)
                    .rev()
                    .find(|i| f32::from(u8::try_from(*i).unwrap()) <= at);
                char::from(alphabet[index.unwrap()])
            })
            .collect();
        format!("otpauth-migration://offline?data={data}%3D%3D")
    };
    let mut random = Random(4_226);
    let texts = [
        ("https://confirm.example.org/activate#WXKFH1vH81s2cgU1N1d1".to_owned(), EcLevel::M),
        (
            "otpauth://totp/Library:a.lindqvist?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Library".to_owned(),
            EcLevel::M,
        ),
        ("duo://WXKFH1vH81s2cgU1N1d1-YXBpLTFiMmMzZDRlLmV4YW1wbGUub3Jn".to_owned(), EcLevel::L),
        (export(14, &mut random), EcLevel::L),
        (export(30, &mut random), EcLevel::L),
    ];
    texts
        .into_iter()
        .map(|(text, level)| {
            let code = QrCode::with_error_correction_level(&text, level).unwrap();
            (text, code)
        })
        .collect()
}

/// Seventeen faults in eight strengths, and one picture without any; each as it would be with or without the others.
fn cases() -> Vec<Case> {
    let codes = codes();
    let faults = FAULTS
        .iter()
        .flat_map(|fault| (0..8_u8).map(move |step| (fault, step)));
    let plain = std::iter::once((&PLAIN, 4));
    plain
        .chain(faults)
        .zip(0_u64..)
        .step_by(EVERY)
        .map(|(((what, fault), step), number)| {
            let (text, code) = &codes[usize::from(step) % codes.len()];
            Case {
                what,
                text: text.clone(),
                file: fault(code, f32::from(step) / 7.0, &mut Random(6_238 + number)),
            }
        })
        .collect()
}

/// How one picture went.
enum Outcome {
    Right,
    Missed,
    Wrong(Vec<String>),
}

fn look(case: &Case) -> (Outcome, Duration) {
    let start = Instant::now();
    let read = picture::read(&case.file);
    let took = start.elapsed();
    let outcome = match read {
        Ok(texts) if texts == [case.text.as_str()] => Outcome::Right,
        Ok(texts) => Outcome::Wrong(texts),
        Err(_) => Outcome::Missed,
    };
    (outcome, took)
}

/// Looks at all of them on two threads, and tells how it went.
fn measure(what: &str, cases: &[Case]) -> usize {
    let next = Mutex::new(cases.iter());
    let done = Mutex::new(Vec::new());
    let take = || next.lock().unwrap().next();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(case) = take() {
                    let (outcome, took) = look(case);
                    done.lock().unwrap().push((case, outcome, took));
                }
            });
        }
    });
    let done = done.into_inner().unwrap();
    let mut times: Vec<_> = done.iter().map(|(_, _, took)| *took).collect();
    times.sort();
    let right = done
        .iter()
        .filter(|(_, outcome, _)| matches!(outcome, Outcome::Right))
        .count();
    let mut wrong = Vec::new();
    let mut missed = String::new();
    for (case, outcome, _) in &done {
        match outcome {
            Outcome::Right => {}
            Outcome::Missed => write!(missed, "{}, ", case.what).unwrap(),
            Outcome::Wrong(texts) => wrong.push((case.what, texts)),
        }
    }
    println!(
        "{what}: {right}/{} right, {} wrong, median {:?}, slowest {:?}; missed: {missed}",
        cases.len(),
        wrong.len(),
        times[times.len() / 2],
        times[times.len() - 1],
    );
    assert!(wrong.is_empty(), "{wrong:?}");
    right
}

#[test]
fn nearly_all_of_137_hard_pictures_are_read_and_none_wrongly() {
    let cases = cases();
    assert_eq!(cases.len(), 137_usize.div_ceil(EVERY));
    if let Some(folder) = std::env::var_os("COUNTERSIGN_KEEP_PICTURES").map(PathBuf::from) {
        for (number, case) in cases.iter().enumerate() {
            let name = format!("{number:03} {}.jpg", case.what);
            fs::write(folder.join(name), &case.file).unwrap();
        }
    }
    let right = measure("made pictures", &cases);
    assert!(
        right * 137 >= GOAL * cases.len(),
        "{right} of {}",
        cases.len()
    );
}

#[test]
fn no_published_photograph_is_read_wrongly() {
    let Some(folder) = std::env::var_os("COUNTERSIGN_PHOTOGRAPHS") else {
        println!("COUNTERSIGN_PHOTOGRAPHS names no folder: only the made pictures are measured");
        return;
    };
    let mut cases = Vec::new();
    for entry in fs::read_dir(PathBuf::from(folder)).unwrap() {
        let path = entry.unwrap().path();
        let Ok(text) = fs::read_to_string(path.with_extension("txt")) else {
            continue;
        };
        if path.extension().is_some_and(|extension| extension != "txt") {
            cases.push(Case {
                what: "photograph",
                text: text.trim_end().to_owned(),
                file: fs::read(&path).unwrap(),
            });
        }
    }
    measure("published photographs", &cases);
}
