//! Exports in containers (archives, databases, objects of Java, sealed texts): what is whole is read, and whatever else their
//! bytes are, they are refused without harm.

mod exports;

use countersign_vault::{
    SecretText,
    import::{self, Format, Reason, Unreadable},
};

use exports::{LIBRARY, PASSWORD, accounts, file, read, refused};

/// Each with its password, if it has one.
const CONTAINERS: &[(&str, Option<&str>)] = &[
    ("totp-authenticator-locked.txt", Some(PASSWORD)),
    ("microsoft.sqlite", None),
    ("google-database.sqlite", None),
    ("google-database-old.sqlite", None),
];

#[test]
fn totp_authenticator_s_accounts_are_read() {
    let name = "totp-authenticator-locked.txt";
    assert_eq!(read(name, None).err(), Some(Unreadable::Locked));
    for wrong in ["", "päss word", "pass word "] {
        let read = read(name, Some(wrong)).err();
        assert_eq!(read, Some(Unreadable::WrongPassword), "{wrong}");
    }
    let import = read(name, Some(PASSWORD)).unwrap();
    assert_eq!(import.format, Format::TotpAuthenticator);
    let blank = LIBRARY.replace("Library/al2207", "/blank");
    assert_eq!(accounts(&import), [LIBRARY, &blank]);
    assert_eq!(
        refused(&import),
        [
            (2, "Old, odd", Reason::BadKey),
            (3, "Old, long", Reason::Period),
            (4, "Old, none", Reason::NoKey),
        ]
    );
    // Base64 that is too short to be an export, and what is none
    for text in ["MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=", &"long ".repeat(100)] {
        let read = import::read(text.as_bytes(), None).err();
        assert_eq!(read, Some(Unreadable::Unknown), "{text}");
    }
}

/// What a download that broke off leaves.
#[test]
fn q5_a_container_that_was_cut_short_is_refused() {
    for (name, password) in CONTAINERS {
        let whole = file(name);
        let password = password.map(SecretText::from);
        for length in 0..whole.len() {
            let cut = whole.get(..length).unwrap();
            let read = import::read(cut, password.as_ref());
            assert!(read.is_err(), "{name}, {length} bytes");
        }
    }
}

/// Whatever comes of it, it comes without a panic, and no more entries than there are.
#[test]
fn q5_a_byte_that_was_changed_harms_nothing() {
    for (name, password) in CONTAINERS {
        let whole = file(name);
        let password = password.map(SecretText::from);
        let import = import::read(&whole, password.as_ref()).unwrap();
        let entries = import.entries.len() + import.refused.len();
        for at in 0..whole.len() {
            for change in [0x01, 0x80, 0xff] {
                let mut changed = whole.clone();
                *changed.get_mut(at).unwrap() ^= change;
                if let Ok(read) = import::read(&changed, password.as_ref()) {
                    let read = read.entries.len() + read.refused.len();
                    assert!(read <= entries, "{name}, byte {at}");
                }
            }
        }
    }
}
