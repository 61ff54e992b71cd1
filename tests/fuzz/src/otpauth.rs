//! `otpauth` links: whatever is read lies within row Q3's bounds and gives passcodes.

use countersign_protocol::{
    otpauth::{Moves, OtpAuth, key},
    passcode,
};
use data_encoding::BASE32_NOPAD;

use crate::label;

pub(crate) fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    if let Ok(read) = OtpAuth::parse(text) {
        holds(&read);
    }
    // The part that is hardest to guess, given
    for start in [
        "otpauth://totp/a?secret=JBSWY3DPEHPK3PXP&",
        "otpauth://hotp/a?secret=JBSWY3DPEHPK3PXP&",
        "otpauth://totp/",
    ] {
        if let Ok(read) = OtpAuth::parse(&format!("{start}{text}")) {
            holds(&read);
        }
    }
    if let Ok(secret) = key(text) {
        let written = BASE32_NOPAD.encode(secret.expose());
        let again = key(&written);
        assert!(again.is_ok_and(|again| again.expose() == secret.expose()));
    }
}

pub(crate) fn holds(read: &OtpAuth) {
    label::holds(&read.issuer);
    label::holds(&read.account);
    assert!((10..=128).contains(&read.secret.len()));
    let passcode = match read.moves {
        Moves::Timed(period) => {
            assert!((10..=300).contains(&period.seconds()));
            passcode::code(&read.secret, read.algorithm, read.digits, 1)
        }
        Moves::Counted(counter) => {
            passcode::code(&read.secret, read.algorithm, read.digits, counter)
        }
        Moves::Steam => {
            let passcode = passcode::steam(&read.secret, 1);
            let known = b"23456789BCDFGHJKMNPQRTVWXY";
            assert!(passcode.bytes().all(|b| known.contains(&b)));
            passcode
        }
    };
    assert_eq!(passcode.len(), usize::from(read.length()));
}
