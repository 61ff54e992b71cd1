//! What programs that are not ours make of an export: `oathtool` of its keys, `zbarimg` of its codes.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use countersign_protocol::otpauth::{Moves, OtpAuth};
use countersign_protocol::passcode;
use countersign_vault::export::{Form, Text};
use countersign_vault::import::{self, Format};
use countersign_vault::{Algorithm, OtherAccount, OtherPasscodes, Restorable};
use qrcode::{Color, EcLevel, QrCode};

use crate::accounts::{counted, library, named, steam, timed, told};
use crate::back::read;
use crate::written;

/// A moment for which there are vectors of Steam's.
const AT: u64 = 1_742_298_622;

pub(crate) fn run<A: AsRef<OsStr>>(
    program: impl AsRef<OsStr>,
    arguments: impl IntoIterator<Item = A>,
) -> Output {
    let program = program.as_ref();
    let output = Command::new(program).args(arguments).output();
    let missing = |error| {
        let program = program.display();
        panic!("{program}: {error}; scripts/setup codes installs it")
    };
    output.unwrap_or_else(missing)
}

pub(crate) fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(err));
    String::from_utf8(out.clone()).unwrap()
}

/// Every hash, with as many digits as oathtool has, by the clock and by counting, with keys of odd lengths.
pub(crate) fn all_kinds() -> Vec<OtherAccount> {
    let mut all = Vec::new();
    for (length, algorithm) in [
        (10, Algorithm::Sha1),
        (20, Algorithm::Sha1),
        (33, Algorithm::Sha256),
        (64, Algorithm::Sha512),
        (127, Algorithm::Sha512),
    ] {
        for digits in [6, 7, 8] {
            // oathtool counts by SHA-1 alone, as RFC 4226 does
            let moves = match algorithm {
                Algorithm::Sha1 => vec![timed(30), timed(60), counted(41), counted(u64::MAX)],
                _ => vec![timed(30), timed(60)],
            };
            all.extend(moves.into_iter().map(|account| OtherAccount {
                seed: Restorable::copied_from(&vec![0xa5; length]),
                algorithm,
                digits,
                ..account
            }));
        }
    }
    all
}

/// The same passcode from the key's letters in a link as from the vault's own bytes, and from our strict reader of one link.
#[test]
fn oathtool_makes_our_passcodes_of_exported_keys() {
    let given = all_kinds();
    let exported = written(&given, Form::Links);
    let links = exported.texts[0].expose().lines();
    for (account, link) in given.iter().zip(links) {
        let letters = link
            .split("secret=")
            .nth(1)
            .unwrap()
            .split('&')
            .next()
            .unwrap();
        let scanned = OtpAuth::parse(link).unwrap();
        assert_eq!(scanned.secret.expose(), account.seed.expose());
        let counter = match scanned.moves {
            Moves::Timed(period) => AT / u64::from(period.seconds()),
            Moves::Counted(counter) => counter,
            Moves::Steam => panic!("none is Steam's"),
        };
        let ours = passcode::code(&scanned.secret, scanned.algorithm, scanned.digits, counter);
        let mut arguments = vec![
            "--base32".to_owned(),
            format!("--digits={}", account.digits),
        ];
        match account.passcodes {
            OtherPasscodes::Timed { period_seconds } => arguments.extend([
                format!("--totp={:?}", account.algorithm).to_lowercase(),
                format!("--time-step-size={period_seconds}s"),
                format!("--now=@{AT}"),
            ]),
            _ => arguments.push(format!("--counter={counter}")),
        }
        arguments.push(letters.to_owned());
        let theirs = said(&run("oathtool", arguments));
        assert_eq!(theirs.trim(), ours.as_str(), "{}", told(account));
    }
}

/// RFC 4226 appendix D, RFC 6238 appendix B, and a code of Steam's.
#[test]
fn exported_links_make_the_passcodes_of_the_standards() {
    let eight = OtherAccount {
        digits: 8,
        ..library()
    };
    let of_steam = OtherAccount {
        seed: Restorable::copied_from(&data_encoding::BASE32.decode(b"STEAMKEY").unwrap()),
        ..steam("bob")
    };
    let exported = written(&[counted(0), eight, of_steam], Form::Links);
    let links: Vec<&str> = exported.texts[0].expose().lines().collect();
    let code = |link: &str, counter| {
        let scanned = OtpAuth::parse(link).unwrap();
        passcode::code(&scanned.secret, scanned.algorithm, scanned.digits, counter)
    };
    assert_eq!(code(links[0], 0).as_str(), "755224");
    assert_eq!(code(links[1], 59 / 30).as_str(), "94287082");
    // Its key is shorter than one that is scanned may be
    assert!(links[2].contains("secret=STEAMKEY&"));
    let import = import::read(links[2].as_bytes(), None).unwrap();
    let account = &import.entries[0].account;
    assert_eq!(account.passcodes, OtherPasscodes::Steam);
    let secret = passcode::OtpSecret::new(account.seed.expose().to_vec());
    assert_eq!(passcode::steam(&secret, AT / 30).as_str(), "NTK5M");
}

/// A picture as simple as there is (netpbm's P5), four pixels a module and as wide a margin as ISO/IEC 18004 asks for.
fn drawn(text: &str, path: &Path) {
    const SIZE: usize = 4;
    const MARGIN: usize = 4;
    let code = QrCode::with_error_correction_level(text, EcLevel::L).unwrap();
    let width = (code.width() + 2 * MARGIN) * SIZE;
    let colors = code.to_colors();
    let mut picture = format!("P5 {width} {width} 255\n").into_bytes();
    for y in 0..width {
        for x in 0..width {
            let module = |at: usize| {
                (at / SIZE)
                    .checked_sub(MARGIN)
                    .filter(|at| *at < code.width())
            };
            let dark = module(x)
                .zip(module(y))
                .is_some_and(|(x, y)| colors[y * code.width() + x] == Color::Dark);
            picture.push(if dark { 0 } else { 255 });
        }
    }
    fs::write(path, picture).unwrap();
}

/// What zbarimg sees in drawings of texts, one drawing each.
fn seen<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let mut pictures: Vec<PathBuf> = Vec::new();
    for (index, text) in texts.enumerate() {
        let path = folder.path().join(format!("{index:04}.pgm"));
        drawn(text, &path);
        pictures.push(path);
    }
    let seen = pictures.iter().map(|picture| {
        let options = ["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable"].map(OsStr::new);
        let output = run("zbarimg", options.into_iter().chain([picture.as_os_str()]));
        said(&output).trim_end().to_owned()
    });
    seen.collect()
}

#[test]
fn zbarimg_reads_drawn_codes_and_our_import_what_it_read() {
    let mut given: Vec<OtherAccount> = (0..23)
        .map(|n| named("St. Ansgar: Ward % #", &format!("person{n}@example.org")))
        .collect();
    given.push(named("病院", "ö:\u{1f600}"));
    given.push(OtherAccount {
        algorithm: Algorithm::Sha512,
        digits: 8,
        ..counted(i64::MAX.unsigned_abs())
    });
    given.push(steam("bob"));
    let expected: Vec<String> = given.iter().map(told).collect();
    let links = written(&given, Form::Links);
    let read_back = seen(links.texts[0].expose().lines());
    assert_eq!(read(&read_back.join("\n"), Format::Links), expected);

    given.pop();
    // As large as a code gets
    given.push(OtherAccount {
        issuer: "ü".repeat(540),
        seed: Restorable::copied_from(&[0xa5; 1024]),
        ..library()
    });
    let expected: Vec<String> = given.iter().map(told).collect();
    let google = written(&given, Form::Migration);
    let texts: Vec<&str> = google.texts.iter().map(Text::expose).collect();
    assert!(texts.iter().any(|link| link.len() > 2_850));
    let read_back = seen(texts.iter().copied());
    assert_eq!(read_back, texts);
    assert_eq!(read(&read_back.join("\n"), Format::Migration), expected);
}
