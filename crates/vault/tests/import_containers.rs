//! Exports in containers (archives, databases, objects of Java, sealed texts): what is whole is read, and whatever else their
//! bytes are, they are refused without harm.

mod exports;

use countersign_vault::{
    SecretText,
    import::{self, Format, Reason, Unreadable},
};

use exports::{LIBRARY, PASSWORD, WARD, accounts, file, lab, read, refused};

/// Each with its password, if it has one.
const CONTAINERS: &[(&str, Option<&str>)] = &[
    ("totp-authenticator-locked.txt", Some(PASSWORD)),
    ("freeotp2-locked.xml", Some(PASSWORD)),
    ("freeotp2-locked-old.xml", Some(PASSWORD)),
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
    let none = [whole.get(..block + 6).unwrap(), &[0; 4], b"x"].concat();
    assert_eq!(read(&none), Some(Unreadable::Unknown));
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
        for (at, change) in (0..whole.len()).zip([0x01, 0x80, 0xff].into_iter().cycle()) {
            let mut changed = whole.clone();
            *changed.get_mut(at).unwrap() ^= change;
            let read = import::read(&changed, password.as_ref());
            let read = read.map_or(0, |read| read.entries.len());
            assert!(read <= entries, "{name}, byte {at}");
        }
    }
}
