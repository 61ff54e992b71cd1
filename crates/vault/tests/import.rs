//! Exports of other apps: those that `exports/make` writes as they would, which shares no code with us.

#![expect(clippy::unwrap_used, reason = "a test says by its panic what is wrong")]

mod exports;

use countersign_vault::{
    Algorithm, OtherPasscodes, SecretText,
    import::{self, Format, Part, Reason, Settings, Unreadable},
};
use serde_json::Value;

use exports::{LIBRARY, PASSWORD, STEAM, WARD, accounts, all, file, lab, read, refused, told};

#[test]
fn every_app_s_export_gives_its_accounts_whatever_its_file_is_called() {
    for (name, format) in [
        ("aegis.json", Format::Aegis),
        ("2fas.2fas", Format::TwoFas),
        ("bitwarden.json", Format::Bitwarden),
        ("bitwarden.csv", Format::Bitwarden),
        ("andotp.json", Format::Andotp),
        ("stratum.authpro", Format::Stratum),
        ("links.txt", Format::Links),
    ] {
        let import = read(name, None).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(import.format, format, "{name}");
        assert_eq!(accounts(&import), all(), "{name}");
    }
    // What an app cannot have is not in its file
    let without = |out: &str| -> Vec<String> {
        all()
            .into_iter()
            .filter(|one| !one.starts_with(out))
            .collect()
    };
    let import = read("proton.json", None).unwrap();
    assert_eq!(accounts(&import), without("counted"));
    let import = read("freeotp-plus.json", None).unwrap();
    assert_eq!(accounts(&import), without("steam"), "the next counter");
    for name in ["lastpass.json", "raivo.json", "2fauth.json"] {
        let import = read(name, None).unwrap();
        assert_eq!(accounts(&import), [LIBRARY], "{name}");
    }
    let import = read("steam.json", None).unwrap();
    assert_eq!(accounts(&import), [STEAM]);
    let import = read("duo.json", None).unwrap();
    assert_eq!(accounts(&import), [LIBRARY.replace("Library", "")]);
}

#[test]
fn locked_exports_open_with_their_password_and_say_when_it_is_another() {
    for name in [
        "aegis-locked.json",
        "2fas-locked.2fas",
        "ente-locked.json",
        "proton-locked.json",
        "bitwarden-pbkdf2.json",
        "bitwarden-argon2.json",
        "andotp-locked.bin",
        "andotp-old.bin",
        "stratum-locked.bin",
        "stratum-old.bin",
    ] {
        assert_eq!(read(name, None).err(), Some(Unreadable::Locked), "{name}");
        for wrong in ["", "päss word", "pass word "] {
            let read = read(name, Some(wrong)).err();
            assert_eq!(read, Some(Unreadable::WrongPassword), "{name}");
        }
        let import = read(name, Some(PASSWORD)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let expected: Vec<String> = all()
            .into_iter()
            .filter(|one| name != "proton-locked.json" || !one.starts_with("counted"))
            .collect();
        assert_eq!(accounts(&import), expected, "{name}");
    }
    // A password that opens its slot, and a content that was changed
    let damaged = read("aegis-damaged.json", Some(PASSWORD)).err();
    assert_eq!(damaged, Some(Unreadable::Damaged));
    let of_account = read("bitwarden-account.json", Some(PASSWORD)).err();
    assert_eq!(of_account, Some(Unreadable::LockedToAccount));
}

#[test]
fn one_bad_entry_fails_no_file_and_none_is_left_out_silently() {
    let import = read("links.txt", None).unwrap();
    assert_eq!(
        refused(&import),
        [(4, "Old, way", Reason::Kind), (5, "", Reason::Form)]
    );
    let trashed: Vec<bool> = import.entries.iter().map(|entry| entry.trashed).collect();
    assert_eq!(trashed, [false, false, false, true]);
    let import = read("aegis.json", None).unwrap();
    assert_eq!(refused(&import), [(4, "Old VPN", Reason::BadKey)]);
    let import = read("lastpass.json", None).unwrap();
    assert_eq!(refused(&import), [(1, "Push only, p", Reason::PushOnly)]);
    let import = read("duo.json", None).unwrap();
    assert_eq!(refused(&import), [(1, "Hospital", Reason::PushOnly)]);

    for (info, reason) in [
        (r#""digits": 0"#, Reason::Digits),
        (r#""digits": "six""#, Reason::Digits),
        (r#""period": 0"#, Reason::Period),
        (r#""period": -30"#, Reason::Period),
        (r#""algo": "MD5""#, Reason::Algorithm),
        (r#""secret": """#, Reason::NoKey),
        (r#""secret": "===""#, Reason::BadKey),
    ] {
        let info = if info.contains("secret") {
            info.to_owned()
        } else {
            format!(r#""secret": "ABCDEFGH", {info}"#)
        };
        let text = format!(
            r#"{{"header": {{}}, "db": {{"entries": [{{"type": "totp", "name": "n", "info": {{{info}}}}}]}}}}"#
        );
        let import = import::read(text.as_bytes(), None).unwrap();
        assert_eq!(refused(&import), [(0, "n", reason)], "{info}");
    }
}

/// Whoever types a key that was lost gets the passcodes that the entry had.
#[test]
fn of_an_entry_without_a_key_the_rest_that_can_be_read_is_told() {
    let links = "otpauth://totp/Lab:bob?secret=1&digits=8&period=60&algorithm=SHA256\n\
                 otpauth://hotp/Lab:eve?digits=0";
    let import = import::read(links.as_bytes(), None).unwrap();
    let [bob, eve] = import.refused.as_slice() else {
        panic!("two are refused")
    };
    assert_eq!((bob.issuer.as_str(), bob.name.as_str()), ("Lab", "bob"));
    let settings = Settings {
        algorithm: Algorithm::Sha256,
        digits: 8,
        passcodes: OtherPasscodes::Timed { period_seconds: 60 },
    };
    assert_eq!((bob.reason, bob.settings), (Reason::BadKey, Some(settings)));
    assert_eq!((eve.reason, eve.settings), (Reason::NoKey, None));
}

fn only(text: &str) -> String {
    let import = import::read(text.as_bytes(), None).unwrap();
    match (import.entries.as_slice(), import.refused.as_slice()) {
        ([entry], []) => told(entry),
        ([], [refused]) => format!("{:?}", refused.reason),
        _ => panic!("one entry is in {text}"),
    }
}

/// What would make other passcodes than the other app, or than a scan of the same link.
#[test]
fn what_makes_the_passcodes_is_read_as_the_other_app_means_it() {
    let key = "secret=ABCDEFGHABCDEFGH";
    for (link, expected) in [
        ("totp/Steam:bob?issuer=Steam&digits=5", "steam Steam/bob"),
        ("totp/Steam:bob?issuer=Steam", "steam Steam/bob"),
        ("totp/Steam:bob?issuer=Steam&digits=6", "timed 30 Steam/bob"),
        ("totp/A:bob?algorithm=STEAM", "steam A/bob"),
        ("totp/A:bob?encoder=steam", "steam A/bob"),
        ("totp/A:bob?encoder=base32", "Kind"),
        ("totp/A:bob?steam=0", "timed 30 A/bob"),
        ("totp/A:bob?issuer=Fooperiod=60", "timed 60 Foo/bob"),
        ("totp/A:bob?issuer=Fooperiod=soon", "Period"),
        (
            "totp/A:bob?issuer=Foo%20period%3D60",
            "timed 30 Foo period=60/bob",
        ),
        (
            "totp/A:bob?issuer=Fooperiod=60&period=15",
            "timed 15 Foo/bob",
        ),
        (
            "hotp/A:bob?counter=18446744073709551615",
            "counted 18446744073709551615 A/bob",
        ),
        ("hotp/A:bob?counter=18446744073709551616", "Counter"),
        ("totp/A:b#ob", "timed 30 A/b#ob"),
    ] {
        let joined = if link.contains('?') { '&' } else { '?' };
        let read = only(&format!("otpauth://{link}{joined}{key}"));
        assert!(read.starts_with(expected), "{link}: {read}");
    }
    let freeotp = |more: &str| {
        only(&format!(
            "{{\"tokenOrder\": [], \"tokens\": [{{\"label\": \"bob\", \"secret\": [-1, 2, 3], {more}}}]}}"
        ))
    };
    let steam = freeotp(r#""issuerExt": "Steam", "type": "TOTP", "digits": 5"#);
    assert_eq!(steam, "steam Steam/bob ff0203 Sha1 5");
    let unused = freeotp(r#""issuerExt": "A", "type": "HOTP", "counter": -1"#);
    assert_eq!(unused, "counted 0 A/bob ff0203 Sha1 6");
    let damaged = freeotp(r#""issuerExt": "A", "type": "HOTP", "counter": -2"#);
    assert_eq!(damaged, "Counter");
    let duo = |more: &str| only(&format!("[{{\"name\": \"bob\", {more}}}]"));
    assert!(
        duo(r#""otpGenerator": {"otpSecret": "ABCDEFGH", "counter": null}"#).starts_with("timed")
    );
    assert!(
        duo(r#""otpGenerator": {"otpSecret": "ABCDEFGH", "counter": 0}"#).starts_with("counted 0")
    );
    let bound =
        r#""accountType": "DuoAccount", "otpGenerator": {"otpSecret": "ABCDEFGH", "counter": 4}"#;
    assert_eq!(duo(bound), "PushOnly", "its counter is another app's");
    let csv = "folder,favorite,type,name,login_uri,login_totp\n";
    for (row, expected) in [
        (
            ",,1,Acme, Inc.,,otpauth://totp/Acme%2C%20Inc.:a,b?secret=ABCDEFGH&issuer=Acme%2C%20Inc.,Acme, Inc.,30,6",
            "timed 30 Acme, Inc./a,b",
        ),
        (
            ",,1,\"Quoted,,otpauth://totp/Q:a?secret=ABCDEFGH,\"Quoted,30,6",
            "timed 30 Q/a",
        ),
    ] {
        let read = only(&format!("{csv}{row}\n"));
        assert!(read.starts_with(expected), "{row}: {read}");
    }
}

#[test]
fn the_parts_of_an_export_say_what_they_are_parts_of() {
    let first = read("migration-1.txt", None).unwrap();
    assert_eq!(first.format, Format::Migration);
    assert_eq!(accounts(&first), [LIBRARY]);
    let part = |index| Part {
        export: -7,
        index,
        of: 2,
    };
    assert_eq!(first.part, Some(part(0)));
    let second = read("migration-2.txt", None).unwrap();
    assert_eq!(second.part, Some(part(1)));
    // A file with both is whole, and one that lacks a part says so
    let both = [
        file("migration-2.txt"),
        b"\n".to_vec(),
        file("migration-1.txt"),
    ]
    .concat();
    let whole = import::read(&both, None).unwrap();
    assert_eq!((whole.part, whole.entries.len()), (None, 3));
    let twice = [
        file("migration-2.txt"),
        b"\n".to_vec(),
        file("migration-2.txt"),
    ]
    .concat();
    assert_eq!(import::read(&twice, None).err(), Some(Unreadable::CutShort));
    // Its codes carry neither periods nor any digits but six and eight
    let expected = [
        WARD.replace("timed 60", "timed 30"),
        lab().replace("Sha512 7", "Sha512 6"),
    ];
    assert_eq!(accounts(&second), expected);
}

#[test]
fn q5_what_is_no_export_or_wants_too_much_is_refused_before_anything_is_done() {
    let read = |bytes: &[u8]| import::read(bytes, Some(&SecretText::from(PASSWORD))).err();
    for (bytes, expected) in [
        (&b""[..], Unreadable::Empty),
        (b" \n\t", Unreadable::Empty),
        (b"hello", Unreadable::Unknown),
        (b"{}", Unreadable::Unknown),
        (b"[]", Unreadable::Empty),
        (b"[1]", Unreadable::Unknown),
        (b"{\"header\": 1, \"db\": 2}", Unreadable::Damaged),
        (
            b"{\"services\": [], \"schemaVersion\": 4}",
            Unreadable::Empty,
        ),
        (b"{\"services\": [", Unreadable::CutShort),
        (b"{\"services\": ]", Unreadable::Damaged),
        (
            b"otpauth-migration://offline?data=%%%",
            Unreadable::CutShort,
        ),
        (
            b"\x89PNG\r\n\x1a\n and what follows, for long enough to be something",
            Unreadable::Unknown,
        ),
        (
            b"\xff\xd8\xff\xe0 and what follows, for long enough to be something",
            Unreadable::Unknown,
        ),
    ] {
        assert_eq!(read(bytes), Some(expected), "{}", bytes.escape_ascii());
    }
    assert_eq!(
        read(&vec![b' '; import::LONGEST + 1]),
        Some(Unreadable::TooLarge)
    );
    let values = format!("[{}]", vec!["{\"\":0}"; 200_000].join(","));
    assert_eq!(read(values.as_bytes()), Some(Unreadable::TooLarge));
    for photo in [
        &b"%PDF-1.7 \xff and what follows, for long enough to be something"[..],
        b"\0\0\0\x18ftypheic \xff and what follows, for long enough to be something",
    ] {
        assert_eq!(read(photo), Some(Unreadable::Unknown));
    }
    let deep = ["[".repeat(100_000), "{\"a\":".repeat(100_000)];
    for deep in deep {
        assert_eq!(read(deep.as_bytes()), Some(Unreadable::Damaged));
    }
    let many = format!(
        "[{}]",
        vec!["{\"otpGenerator\":{}}"; import::MOST + 1].join(",")
    );
    assert_eq!(read(many.as_bytes()), Some(Unreadable::TooLarge));

    // Derivations that would take the machine's memory or a day
    let sealed = |name: &str, change: fn(&mut Value)| {
        let mut value: Value = serde_json::from_slice(&file(name)).unwrap();
        change(&mut value);
        read(value.to_string().as_bytes())
    };
    for (expected, found) in [
        (
            Unreadable::TooMuchMemory,
            sealed("aegis-locked.json", |file| {
                file["header"]["slots"][1]["n"] = (1 << 30).into();
            }),
        ),
        (
            Unreadable::Damaged,
            sealed("aegis-locked.json", |file| {
                file["header"]["slots"][1]["n"] = 12_345.into();
            }),
        ),
        (
            Unreadable::TooMuchMemory,
            sealed("aegis-locked.json", |file| {
                file["header"]["slots"][1]["n"] = 2.into();
                file["header"]["slots"][1]["r"] = 1.into();
                file["header"]["slots"][1]["p"] = 16_777_216.into();
            }),
        ),
        (
            Unreadable::Damaged,
            sealed("aegis-locked.json", |file| {
                file["header"]["slots"][1]["p"] = 1_000.into();
            }),
        ),
        (
            Unreadable::TooMuchMemory,
            sealed("ente-locked.json", |file| {
                file["kdfParams"]["memLimit"] = 4_294_967_295_u32.into();
            }),
        ),
        (
            Unreadable::Damaged,
            sealed("ente-locked.json", |file| {
                file["kdfParams"]["opsLimit"] = 4_000_000.into();
            }),
        ),
        (
            Unreadable::TooMuchMemory,
            sealed("bitwarden-argon2.json", |file| {
                file["kdfMemory"] = 8_000.into();
            }),
        ),
        (
            Unreadable::Damaged,
            sealed("bitwarden-pbkdf2.json", |file| {
                file["kdfIterations"] = 2_000_000_000.into();
            }),
        ),
    ] {
        assert_eq!(found, Some(expected));
    }
}
