//! Exports in containers (archives, databases, objects of Java, sealed texts): what is whole is read, and whatever else their
//! bytes are, they are refused without harm.

#![expect(clippy::unwrap_used, reason = "a test says by its panic what is wrong")]

mod exports;

use std::io::{Cursor, Write as _};

use countersign_vault::{
    SecretText,
    import::{self, Format, Reason, Unreadable},
};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use exports::{LIBRARY, PASSWORD, WARD, accounts, file, lab, read, refused};

/// Each with its password, if it has one.
const CONTAINERS: &[(&str, Option<&str>)] = &[
    ("totp-authenticator-locked.txt", Some(PASSWORD)),
    ("freeotp2-locked.xml", Some(PASSWORD)),
    ("freeotp2-locked-old.xml", Some(PASSWORD)),
    ("raivo-zip-locked.zip", Some(PASSWORD)),
    ("raivo-zip-locked-packed.zip", Some(PASSWORD)),
    ("raivo-zip-locked-old.zip", Some(PASSWORD)),
    ("raivo-zip.zip", None),
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

/// By a new Android and by an old one, which differ in the hash, in the map and in how a nonce is written.
#[test]
fn freeotp_2_s_backups_open_with_their_password() {
    for name in ["freeotp2-locked.xml", "freeotp2-locked-old.xml"] {
        assert_eq!(read(name, None).err(), Some(Unreadable::Locked), "{name}");
        for wrong in ["", "päss word", "pass word "] {
            let read = read(name, Some(wrong)).err();
            assert_eq!(read, Some(Unreadable::WrongPassword), "{name}");
        }
        let import = read(name, Some(PASSWORD)).unwrap();
        assert_eq!(import.format, Format::Freeotp);
        assert_eq!(accounts(&import), [LIBRARY, WARD, &lab()], "{name}");
        assert_eq!(
            refused(&import),
            [
                (3, "\u{1f511} lost", Reason::NoKey),
                (4, "other", Reason::BadKey),
                (5, "", Reason::Form),
            ],
            "{name}"
        );
    }
}

/// What would be reserved, or worked for, before it is known to be there.
#[test]
fn q5_what_a_map_of_java_s_says_of_itself_is_not_believed() {
    let password = SecretText::from(PASSWORD);
    let whole = file("freeotp2-locked.xml");
    let read = |bytes: &[u8]| import::read(bytes, Some(&password)).err();
    let block = whole.windows(2).position(|two| two == b"w\x08").unwrap();
    let with = |at: usize, change: &[u8]| {
        let mut changed = whole.clone();
        let place = changed.get_mut(at..at + change.len()).unwrap();
        place.copy_from_slice(change);
        changed
    };
    let many = with(block + 6, &u32::MAX.to_be_bytes());
    assert_eq!(read(&many), Some(Unreadable::TooLarge));
    let one_more = with(block + 6, &12_u32.to_be_bytes());
    assert_eq!(read(&one_more), Some(Unreadable::Damaged));
    // A long text, a reference to what came before, a list, and a class of another name
    for kind in [0x7c, 0x71, 0x75, 0x73] {
        assert_eq!(
            read(&with(block + 10, &[kind])),
            Some(Unreadable::Damaged),
            "{kind}"
        );
    }
    assert_eq!(read(&with(10, b"x")), Some(Unreadable::Damaged));
    let (before, texts) = (&whole[..block + 6], &whole[block + 10..]);
    let none = [before, &[0; 4], b"x"].concat();
    assert_eq!(read(&none), Some(Unreadable::Unknown));
    // The file's key, which is the first, and more accounts than there may be
    let second = 1 + 2 + "masterKey".len();
    let length = u16::from_be_bytes([texts[second + 1], texts[second + 2]]);
    let key = &texts[..second + 1 + 2 + usize::from(length)];
    let count = u32::try_from(import::MOST + 2).unwrap().to_be_bytes();
    let tokens = b"t\0\x06-tokent\0\x02{}".repeat(import::MOST + 1);
    let many = [before, &count, key, &tokens, b"x"].concat();
    assert_eq!(read(&many), Some(Unreadable::TooLarge));
}

#[test]
fn raivo_s_archives_open_with_their_password_whatever_sealed_them() {
    for name in [
        "raivo-zip-locked.zip",
        "raivo-zip-locked-packed.zip",
        "raivo-zip-locked-old.zip",
    ] {
        assert_eq!(read(name, None).err(), Some(Unreadable::Locked), "{name}");
        for wrong in ["", "päss word", "pass word "] {
            let read = read(name, Some(wrong)).err();
            assert_eq!(read, Some(Unreadable::WrongPassword), "{name}");
        }
        let import = read(name, Some(PASSWORD)).unwrap();
        assert_eq!(import.format, Format::Raivo);
        assert_eq!(accounts(&import), [LIBRARY, WARD, &lab()], "{name}");
    }
    // Whoever sealed it no more
    for password in [None, Some(PASSWORD)] {
        let import = read("raivo-zip.zip", password).unwrap();
        assert_eq!(accounts(&import), [LIBRARY, WARD, &lab()]);
    }
}

/// The password is told by two bytes, and whatever comes after them is sealed together.
#[test]
fn an_archive_that_its_password_opens_says_when_it_was_changed() {
    let password = SecretText::from(PASSWORD);
    for name in ["raivo-zip-locked.zip", "raivo-zip-locked-packed.zip"] {
        let whole = file(name);
        let json = b"raivo-otp-export.json";
        let at = whole.windows(json.len()).position(|part| part == json);
        // The name, what tells of the cipher, the salt and what tells the password
        let content = at.unwrap() + json.len() + 11 + 16 + 2;
        let lines = whole.windows(4).position(|part| part == b"PK\x01\x02");
        for at in [content, lines.unwrap() - 11, lines.unwrap() - 1] {
            let mut changed = whole.clone();
            *changed.get_mut(at).unwrap() ^= 1;
            let read = import::read(&changed, Some(&password)).err();
            assert_eq!(read, Some(Unreadable::Damaged), "{name}, byte {at}");
        }
        let mut changed = whole.clone();
        *changed.get_mut(content - 1).unwrap() ^= 1;
        let read = import::read(&changed, Some(&password)).err();
        assert_eq!(read, Some(Unreadable::WrongPassword), "{name}");
    }
}

/// An archive of files with these contents, packed.
fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let packed = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, content) in files {
        archive.start_file(*name, packed).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn q5_archives_of_others_and_those_that_swell_are_refused() {
    let name = "raivo-otp-export.json";
    let entry = r#"{"issuer": "Lab", "account": "bob", "secret": "ABCDEFGH", "kind": "TOTP", "timer": "30"}"#;
    let json = format!("[{entry}]");
    let blank = |length: usize| format!("{json}{}", " ".repeat(length)).into_bytes();
    let read = |bytes: &[u8]| import::read(bytes, None).err();
    let whole = archive(&[(name, json.as_bytes())]);
    assert_eq!(read(&whole), None);
    assert_eq!(
        read(&archive(&[("a.txt", b"a")])),
        Some(Unreadable::Unknown)
    );
    assert_eq!(read(&archive(&[(name, b"{}")])), Some(Unreadable::Damaged));
    assert_eq!(read(&archive(&[(name, b"[]")])), Some(Unreadable::Empty));
    for swelling in [blank(import::LONGEST), blank(1_000_000)] {
        let bytes = archive(&[(name, &swelling)]);
        assert!(bytes.len() < 20_000);
        assert_eq!(read(&bytes), Some(Unreadable::TooLarge));
    }
    // One that says that it is small: as long as what is in it, less what makes it swell
    let mut lying = archive(&[(name, &blank(1_000_000))]);
    let size = u32::try_from(json.len() + 1_000_000).unwrap().to_le_bytes();
    let small = u32::try_from(json.len()).unwrap().to_le_bytes();
    while let Some(at) = lying.windows(4).position(|part| part == size) {
        lying.get_mut(at..at + 4).unwrap().copy_from_slice(&small);
    }
    assert_eq!(read(&lying), Some(Unreadable::Damaged));
    // More files than the app writes, whose lines the library would all read
    let names: Vec<String> = (0..20).map(|number| format!("{number}.txt")).collect();
    let mut files: Vec<(&str, &[u8])> =
        names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    files.push((name, json.as_bytes()));
    assert_eq!(read(&archive(&files)), Some(Unreadable::Unknown));
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

/// Whatever comes of it, it comes without a panic, and no more accounts than there are entries.
#[test]
fn q5_a_byte_that_was_changed_harms_nothing() {
    for (name, password) in CONTAINERS {
        let whole = file(name);
        let password = password.map(SecretText::from);
        let import = import::read(&whole, password.as_ref()).unwrap();
        let entries = import.entries.len() + import.refused.len();
        // What a password is stretched for takes its time; what is read before that does not
        let stride = whole.len().div_ceil(300);
        for (at, change) in (0..whole.len()).zip([0x01, 0x80, 0xff].into_iter().cycle()) {
            let mut changed = whole.clone();
            *changed.get_mut(at).unwrap() ^= change;
            let password = password.as_ref().filter(|_| at % stride == 0);
            let read = import::read(&changed, password);
            let read = read.map_or(0, |read| read.entries.len());
            assert!(read <= entries, "{name}, byte {at}");
        }
    }
}
