//! Everything that is written comes back by our own import as it was.

use countersign_vault::export::{self, Exported, Form, Reason};
use countersign_vault::import::{self, Format, MOST};
use countersign_vault::{OtherAccount, OtherPasscodes, SecretText};
use proptest::prelude::*;

use crate::accounts::{accounts, an_account, named, told};
use crate::{PASSWORD, reasons, written};

pub(crate) fn read(text: &str, format: Format) -> Vec<String> {
    let password = SecretText::from(PASSWORD);
    let import = import::read(text.as_bytes(), Some(&password)).unwrap();
    assert_eq!(import.format, format);
    assert!(import.refused.is_empty(), "{:?}", import.refused);
    assert!(import.entries.iter().all(|entry| !entry.trashed));
    let entries = import.entries.iter();
    entries.map(|entry| told(&entry.account)).collect()
}

/// What was written comes back, and with what was left out it is what was given.
pub(crate) fn comes_back(accounts: &[OtherAccount], form: Form<'_>, format: Format) -> Exported {
    let exported = written(accounts, form);
    let texts: Vec<&str> = exported.texts.iter().map(export::Text::expose).collect();
    let text = texts.join("\n");
    let back = if text.is_empty() {
        Vec::new()
    } else {
        read(&text, format)
    };
    let left: Vec<usize> = exported.left_out.iter().map(|left| left.position).collect();
    assert!(left.is_sorted(), "in the order given");
    let kept = accounts.iter().enumerate();
    let kept: Vec<String> = kept
        .filter(|(position, _)| !left.contains(position))
        .map(|(_, account)| told(account))
        .collect();
    assert_eq!(back, kept);
    assert_eq!(exported.written, kept.len());
    assert_eq!(exported.written + exported.left_out.len(), accounts.len());
    exported
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn links_come_back_as_they_were(given in prop::collection::vec(an_account(), 0..20)) {
        let exported = comes_back(&accounts(given), Form::Links, Format::Links);
        for text in &exported.texts {
            prop_assert!(!text.expose().contains(['+', ' ']));
            prop_assert!(text.expose().is_ascii());
            prop_assert_eq!(text.expose().lines().count(), exported.written);
        }
        prop_assert!(exported.left_out.iter().all(|left| left.reason == Reason::LikeSteam));
    }

    #[test]
    fn google_s_codes_come_back_as_they_were(given in prop::collection::vec(an_account(), 0..60)) {
        let accounts = accounts(given);
        let exported = comes_back(&accounts, Form::Migration, Format::Migration);
        prop_assert!(exported.texts.len() >= exported.written.div_ceil(10));
        // The largest QR code there is (ISO/IEC 18004 table 7: version 40 at level L)
        prop_assert!(exported.texts.iter().all(|text| text.expose().len() <= 2_953));
        for left in &exported.left_out {
            let account = &accounts[left.position];
            let expected = match account.passcodes {
                OtherPasscodes::Steam => Reason::Steam,
                OtherPasscodes::Timed { period_seconds } if period_seconds != 30 => Reason::Period,
                _ if !matches!(account.digits, 6 | 8) => Reason::Digits,
                OtherPasscodes::Counted { next_counter } if next_counter > i64::MAX.unsigned_abs() => Reason::Counter,
                _ => Reason::TooLong,
            };
            prop_assert_eq!(left.reason, expected);
        }
    }
}

proptest! {
    // Each stretches a password twice
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn aegis_files_come_back_as_they_were(given in prop::collection::vec(an_account(), 0..150)) {
        let password = SecretText::from(PASSWORD);
        let exported = comes_back(&accounts(given), Form::Aegis { password: &password }, Format::Aegis);
        prop_assert!(exported.left_out.iter().all(|left| left.reason == Reason::Counter));
        prop_assert_eq!(exported.names_left, 0);
    }
}

#[test]
fn google_s_codes_have_ten_accounts_each_and_one_name() {
    let usual = |n: usize| named("Some Service", &format!("person{n}@example.org"));
    let given: Vec<OtherAccount> = (0..1_003).map(usual).collect();
    let exported = written(&given[..25], Form::Migration);
    let parts = exported.texts.iter().map(|text| {
        let import = import::read(text.expose().as_bytes(), None).unwrap();
        (import.part.unwrap(), import.entries.len())
    });
    let parts: Vec<_> = parts.collect();
    let shape: Vec<_> = parts
        .iter()
        .map(|(part, n)| (part.index, part.of, *n))
        .collect();
    assert_eq!(shape, [(0, 3, 10), (1, 3, 10), (2, 3, 5)]);
    assert!(
        parts
            .iter()
            .all(|(part, _)| part.export == parts[0].0.export)
    );
    assert!(parts[0].0.export > 0);
    // A hundred codes are as many as anybody reads, ours too
    let exported = comes_back(&given, Form::Migration, Format::Migration);
    assert_eq!((exported.texts.len(), exported.written), (100, 1_000));
    let expected = [1_000, 1_001, 1_002].map(|position| (position, Reason::TooMany));
    assert_eq!(reasons(&exported), expected);
}

#[test]
fn as_many_accounts_as_an_import_takes_come_back() {
    let usual = |n: usize| named("Some Service", &format!("person{n}@example.org"));
    let given: Vec<OtherAccount> = (0..MOST).map(usual).collect();
    comes_back(&given, Form::Links, Format::Links);
}
