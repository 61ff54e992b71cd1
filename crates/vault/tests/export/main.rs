//! Exports: everything that is written comes back, by our own import and by programs that are not ours, and everything else is
//! named with its reason.
#![expect(clippy::unwrap_used, reason = "a test says by its panic what is wrong")]

mod accounts;
mod aegis;
mod back;
#[path = "../common/mod.rs"]
mod common;
mod programs;

use accounts::{counted, library, named, steam, timed};
use back::comes_back;
use countersign_vault::export::{self, Exported, Form, Reason, Unwritten};
use countersign_vault::import::Format;
use countersign_vault::{Algorithm, OtherAccount, Restorable, SecretText};
use ring::rand::SystemRandom;

const PASSWORD: &str = "päss word ";

fn written(accounts: &[OtherAccount], form: Form<'_>) -> Exported {
    let accounts: Vec<&OtherAccount> = accounts.iter().collect();
    export::write(&accounts, form, &SystemRandom::new()).unwrap()
}

fn reasons(exported: &Exported) -> Vec<(usize, Reason)> {
    let left = exported.left_out.iter();
    left.map(|left| (left.position, left.reason)).collect()
}

#[test]
fn links_are_written_to_the_letter() {
    let long = OtherAccount {
        algorithm: Algorithm::Sha512,
        digits: 8,
        ..counted(41)
    };
    for (account, link) in [
        (
            named("Ward 7: nights", "ö+#%/a@b"),
            "totp/Ward%207%3A%20nights:%C3%B6%2B%23%25%2Fa%40b?secret=KEY&issuer=Ward%207%3A%20nights&algorithm=SHA1&digits=6&period=30",
        ),
        (
            named(" ", "amira "),
            "totp/amira?secret=KEY&algorithm=SHA1&digits=6&period=30",
        ),
        (
            named("", "a:b"),
            "totp/:a%3Ab?secret=KEY&algorithm=SHA1&digits=6&period=30",
        ),
        (
            long,
            "hotp/Library:amira?secret=KEY&issuer=Library&algorithm=SHA512&digits=8&counter=41",
        ),
        (
            steam("bob"),
            "steam/Steam:bob?secret=KEY&issuer=Steam&algorithm=SHA1&digits=5&period=30&encoder=steam",
        ),
    ] {
        let exported = written(&[account], Form::Links);
        let link = link.replace("KEY", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(exported.texts[0].expose(), format!("otpauth://{link}\n"));
    }
}

#[test]
fn what_a_form_has_no_place_for_is_left_out_and_named() {
    let no_seed = OtherAccount {
        seed: Restorable::copied_from(b""),
        ..library()
    };
    let seven = OtherAccount {
        digits: 7,
        ..library()
    };
    let like_steam = OtherAccount {
        issuer: "steam".to_owned(),
        digits: 5,
        custom_name: Some("The game".to_owned()),
        ..library()
    };
    let long = named(&"ü".repeat(600), &"ü".repeat(600));
    let huge = counted(u64::MAX);
    let given = [
        no_seed,
        timed(60),
        library(),
        seven,
        steam("bob"),
        like_steam,
        long,
        huge,
        timed(0),
    ];
    let links = comes_back(&given, Form::Links, Format::Links);
    let never = [(0, Reason::Unusable), (8, Reason::Unusable)];
    let with = |more: &[(usize, Reason)]| [&never[..1], more, &never[1..]].concat();
    assert_eq!(reasons(&links), with(&[(5, Reason::LikeSteam)]));
    assert_eq!(links.left_out[1].label, "The game", "what a person knows");
    assert_eq!(links.left_out[0].label, "Library, amira");
    let password = SecretText::from(PASSWORD);
    let locked = Form::Aegis {
        password: &password,
    };
    let locked = comes_back(&given, locked, Format::Aegis);
    assert_eq!(reasons(&locked), with(&[(7, Reason::Counter)]));
    let google = comes_back(&given, Form::Migration, Format::Migration);
    let expected = with(&[
        (1, Reason::Period),
        (3, Reason::Digits),
        (4, Reason::Steam),
        (5, Reason::Digits),
        (6, Reason::TooLong),
        (7, Reason::Counter),
    ]);
    assert_eq!(reasons(&google), expected);

    // No app takes a file in which nothing is
    for form in [
        Form::Links,
        Form::Migration,
        Form::Aegis {
            password: &password,
        },
    ] {
        for given in [&[][..], &given[..1]] {
            let exported = written(given, form);
            assert_eq!((exported.texts.len(), exported.written), (0, 0));
        }
    }
    let empty = SecretText::from("");
    let unlocked = Form::Aegis { password: &empty };
    let refused = export::write(&[&library()], unlocked, &SystemRandom::new());
    assert_eq!(refused.err(), Some(Unwritten::NoPassword));
}

#[test]
fn a_person_s_own_names_are_counted_where_a_form_has_no_place_for_them() {
    let own = OtherAccount {
        custom_name: Some("Books".to_owned()),
        ..library()
    };
    let own_of_steam = OtherAccount {
        custom_name: Some("The game".to_owned()),
        ..steam("bob")
    };
    let given = [own, library(), own_of_steam];
    assert_eq!(written(&given, Form::Links).names_left, 2);
    assert_eq!(written(&given, Form::Migration).names_left, 1);
}
