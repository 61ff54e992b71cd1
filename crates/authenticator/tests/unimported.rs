//! What an import could not take: kept until somebody puts it right or dismisses it, once, sealed and within bounds.
#![expect(clippy::unwrap_used, reason = "a test says by its panic what is wrong")]

mod common;

use std::{fmt::Write as _, fs, time::Duration};

use common::{Device, PASSPHRASE, listed, open, typed};
use countersign_authenticator::{
    Authenticator,
    view::{
        Algorithm, AppView, ImportApp, ImportReason, ImportReceipt, ImportView, KeySettings,
        ProblemCode, TypedAccount, UnimportedView, UnimportedWay,
    },
};

const KEY: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
/// What is left of a key, in an export that was damaged.
const PIECE: &str = "GEZDGNBVGY3TQOJ1";

/// One account that can be had, one whose key is damaged, one of a kind that is not made here, and what is no account.
fn export() -> String {
    format!(
        "otpauth://totp/Library:mia?secret={KEY}\n\
         otpauth://totp/Archive:nina?secret={PIECE}&digits=8&period=60&algorithm=SHA256\n\
         motp://Cloakroom:nina?secret={KEY}\n\
         a shopping list\n"
    )
}

/// Imports what can be had, or only some of it.
async fn import(app: &Authenticator, text: &str, wanted: &[u32]) -> ImportReceipt {
    let read = app.read_import(text.as_bytes().to_vec()).await.unwrap();
    let ImportView::Found(found) = read else {
        panic!("it is not locked")
    };
    app.import(&found.draft, wanted.to_vec()).await.unwrap()
}

async fn kept(app: &Authenticator) -> Vec<UnimportedView> {
    let list = app.unimported().await.unwrap();
    let told = usize::try_from(open(app).await.unimported).unwrap();
    assert_eq!(told, list.len(), "the note and the list agree");
    list
}

fn places(list: &[UnimportedView]) -> Vec<u32> {
    list.iter().map(|entry| entry.position).collect()
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_imported_is_kept_with_its_reason_even_after_a_restart() {
    let device = Device::new();
    let app = device.opened().await;
    let receipt = import(&app, &export(), &[0]).await;
    let expected = ImportReceipt {
        imported: 1,
        here: 0,
        refused: 3,
        unkept: 0,
        left_out: 0,
    };
    assert_eq!(receipt, expected);

    let app = device.restarted(app).await;
    assert_eq!(listed(&app).await, ["Library"]);
    let list = kept(&app).await;
    let told = list.iter().map(|entry| {
        let names = (entry.issuer.as_str(), entry.account.as_str());
        (entry.position, names, entry.reason, entry.way)
    });
    let expected = [
        (
            1,
            ("Archive", "nina"),
            ImportReason::BadKey,
            UnimportedWay::Key,
        ),
        (
            2,
            ("Cloakroom", "nina"),
            ImportReason::Kind,
            UnimportedWay::Again,
        ),
        (3, ("", ""), ImportReason::Form, UnimportedWay::Key),
    ];
    assert!(told.eq(expected), "{list:?}");
    assert!(list.iter().all(|entry| entry.app == ImportApp::Links));
    assert_eq!(list[0].at_ms, "1795492110000");
    let settings = KeySettings {
        counter_based: false,
        digits: 8,
        period_seconds: 60,
        algorithm: Algorithm::Sha256,
        steam: false,
    };
    assert_eq!(list[0].settings, Some(settings));
}

#[tokio::test(start_paused = true)]
async fn nothing_need_be_taken_for_the_rest_to_be_kept() {
    let device = Device::new();
    let app = device.opened().await;
    let receipt = import(&app, &export(), &[]).await;
    assert_eq!((receipt.imported, receipt.left_out), (0, 1));
    assert_eq!(places(&kept(&app).await), [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn the_same_file_read_again_adds_nothing_and_another_one_comes_first() {
    let device = Device::new();
    let app = device.opened().await;
    import(&app, &export(), &[0]).await;
    let before = kept(&app).await;
    tokio::time::advance(Duration::from_mins(1)).await;
    let receipt = import(&app, &export(), &[]).await;
    assert_eq!((receipt.refused, receipt.unkept), (3, 0));
    assert_eq!(kept(&app).await, before);

    import(&app, "motp://Cloakroom:nina?secret=1", &[]).await;
    assert_eq!(places(&kept(&app).await), [0, 1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn an_account_of_the_same_name_puts_its_entry_right_however_it_comes() {
    let device = Device::new();
    let app = device.opened().await;
    import(&app, &export(), &[]).await;

    // Typed, with a spelling of its own
    let account = TypedAccount {
        issuer: "archive".to_owned(),
        ..typed("")
    };
    app.add_typed(account).await.unwrap();
    assert_eq!(places(&kept(&app).await), [2, 3]);
    // It does not come back with the file
    import(&app, &export(), &[]).await;
    assert_eq!(places(&kept(&app).await), [2, 3]);

    // Imported from another file
    let other = format!("otpauth://totp/Cloakroom:nina?secret={KEY}");
    import(&app, &other, &[0]).await;
    assert_eq!(places(&kept(&app).await), [3]);

    // One of the same issuer and another name is another account
    import(&app, "otpauth://totp/Archive:tom?secret=1", &[]).await;
    assert_eq!(kept(&app).await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_is_dismissed_goes_and_can_be_put_back_until_the_lock() {
    let device = Device::new();
    let app = device.opened().await;
    import(&app, &export(), &[]).await;
    let list = kept(&app).await;
    let one = app
        .dismiss_unimported(vec![list[0].id.clone()])
        .await
        .unwrap();
    assert_eq!(places(&kept(&app).await), [2, 3]);
    app.keep_unimported(&one).await.unwrap();
    assert_eq!(kept(&app).await, list);
    let used = app.keep_unimported(&one).await.unwrap_err();
    assert_eq!(used.code, ProblemCode::DraftGone);

    let ids: Vec<_> = list.iter().map(|entry| entry.id.clone()).collect();
    let all = app.dismiss_unimported(ids.clone()).await.unwrap();
    assert_eq!(kept(&app).await, []);
    // A second window that was late takes nothing away
    app.dismiss_unimported(ids).await.unwrap();
    let app = device.restarted(app).await;
    assert_eq!(kept(&app).await, []);
    let gone = app.keep_unimported(&all).await.unwrap_err();
    assert_eq!(gone.code, ProblemCode::DraftGone);
    // A setting of another kind is out of its reach
    app.dismiss_unimported(vec!["../choices".to_owned()])
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn five_hundred_are_kept_and_the_receipt_says_how_many_are_not() {
    let device = Device::new();
    let app = device.opened().await;
    let mut many = String::new();
    for n in 0..498 {
        writeln!(many, "motp://Shop {n}:nina?secret=1").unwrap();
    }
    assert_eq!(import(&app, &many, &[]).await.unkept, 0);
    let receipt = import(&app, &export(), &[0]).await;
    assert_eq!((receipt.refused, receipt.unkept), (3, 1));
    let list = kept(&app).await;
    assert_eq!(list.len(), 500);
    assert!(list.iter().any(|entry| entry.issuer == "Shop 497"));

    // A fix makes room
    common::add(&app, "Archive").await;
    let receipt = import(&app, &export(), &[]).await;
    assert_eq!(receipt.unkept, 0);
    assert!(places(&kept(&app).await).contains(&3));
}

#[tokio::test(start_paused = true)]
async fn t5_names_are_short_and_can_be_shown() {
    let device = Device::new();
    let app = device.opened().await;
    let long = "x".repeat(5_000);
    let link = format!("motp://Lab\u{202e}%0a:{long}?secret=1");
    import(&app, &link, &[]).await;
    let list = kept(&app).await;
    assert_eq!(list[0].issuer, "Lab");
    assert_eq!(list[0].account.chars().count(), 200);
}

#[tokio::test(start_paused = true)]
async fn v5_names_are_sealed_and_no_piece_of_a_key_is_kept() {
    let device = Device::without_keystore();
    let app = device.app();
    app.create_vault(common::secret(PASSPHRASE)).await.unwrap();
    import(&app, &export(), &[]).await;
    let told = serde_json::to_string(&kept(&app).await).unwrap();
    assert!(!told.contains(PIECE) && !told.contains(KEY), "{told}");

    app.lock().await;
    let AppView::Locked { .. } = app.view().await else {
        panic!("it is locked")
    };
    let locked = app.unimported().await.unwrap_err();
    assert_eq!(locked.code, ProblemCode::Locked);
    let dismissed = app.dismiss_unimported(Vec::new()).await.unwrap_err();
    assert_eq!(dismissed.code, ProblemCode::Locked);
    let folder = device.vault_file().parent().unwrap().to_owned();
    for file in fs::read_dir(folder).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        for plain in ["Archive", "Cloakroom", "unimported", PIECE] {
            let found = bytes
                .windows(plain.len())
                .any(|part| part == plain.as_bytes());
            assert!(!found, "{plain}");
        }
    }
}
