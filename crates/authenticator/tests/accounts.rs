//! The list of accounts against a real vault: the trash, the order, settings, passcodes, and what is noted of each act.

mod common;

use std::time::Duration;

use common::{Device, add, happened, listed, open, typed};
use countersign_authenticator::view::{
    ActivityKind, Algorithm, CheckKind, LockAfter, PasscodeView, ProblemCode, ScanView,
    SettingsView, TypedAccount,
};

const DAY: Duration = Duration::from_hours(24);

#[tokio::test(start_paused = true)]
async fn a_removed_account_comes_back_to_where_it_stood_even_after_a_restart() {
    let device = Device::new();
    let app = device.opened().await;
    add(&app, "Archive").await;
    let library = add(&app, "Library").await;
    add(&app, "Post").await;

    app.remove(&library).await.unwrap();
    assert_eq!(listed(&app).await, ["Archive", "Post"]);
    let app = device.restarted(app).await;
    let trash = open(&app).await.trash;
    assert_eq!(trash.len(), 1);
    assert_eq!(trash[0].account.id, library);
    assert_eq!(trash[0].days_left, 30);
    assert_eq!(app.passcodes(vec![library.clone()]).await.unwrap(), []);

    app.undo_remove(&library).await.unwrap();
    assert_eq!(listed(&app).await, ["Archive", "Library", "Post"]);
    assert_eq!(open(&app).await.trash, []);
    assert_eq!(app.passcodes(vec![library]).await.unwrap().len(), 1);
    assert_eq!(
        happened(&app).await[..2],
        [ActivityKind::Restored, ActivityKind::Removed]
    );
}

#[tokio::test(start_paused = true)]
async fn after_thirty_days_a_removed_account_is_gone() {
    let device = Device::new();
    let app = device.opened().await;
    let library = add(&app, "Library").await;
    app.remove(&library).await.unwrap();
    common::end(app).await;

    tokio::time::advance(29 * DAY).await;
    let app = device.app();
    app.unlock(common::secret(common::PIN)).await.unwrap();
    assert_eq!(open(&app).await.trash[0].days_left, 1);
    common::end(app).await;

    tokio::time::advance(DAY).await;
    let app = device.app();
    app.unlock(common::secret(common::PIN)).await.unwrap();
    assert_eq!(open(&app).await.trash, []);
    let gone = app.undo_remove(&library).await.unwrap_err();
    assert_eq!(gone.code, ProblemCode::AccountGone);
}

#[tokio::test(start_paused = true)]
async fn only_what_is_in_the_trash_is_deleted_for_good() {
    let device = Device::new();
    let app = device.opened().await;
    let library = add(&app, "Library").await;
    let refused = app.delete_for_good(&library).await.unwrap_err();
    assert_eq!(refused.code, ProblemCode::AccountGone);
    assert_eq!(listed(&app).await, ["Library"]);

    app.remove(&library).await.unwrap();
    app.delete_for_good(&library).await.unwrap();
    let app = device.restarted(app).await;
    assert_eq!(open(&app).await.trash, []);
    assert!(app.undo_remove(&library).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn the_order_is_kept_and_who_is_not_named_stays_behind() {
    let device = Device::new();
    let app = device.opened().await;
    let archive = add(&app, "Archive").await;
    add(&app, "Library").await;
    let post = add(&app, "Post").await;
    app.reorder(vec![post, archive]).await.unwrap();
    assert_eq!(listed(&app).await, ["Post", "Archive", "Library"]);
    let app = device.restarted(app).await;
    assert_eq!(listed(&app).await, ["Post", "Archive", "Library"]);
    let unknown = app.reorder(vec!["nonsense".to_owned()]).await.unwrap_err();
    assert_eq!(unknown.code, ProblemCode::AccountGone);
}

#[tokio::test(start_paused = true)]
async fn settings_are_kept() {
    let device = Device::new();
    let app = device.opened().await;
    assert_eq!(
        open(&app).await.settings,
        SettingsView {
            lock_after: LockAfter::OneMinute,
            hide_passcodes: false,
            ask_before_approving: false,
            notification_details: false,
        }
    );
    let chosen = SettingsView {
        lock_after: LockAfter::FiveMinutes,
        hide_passcodes: true,
        ask_before_approving: true,
        notification_details: true,
    };
    app.change_settings(chosen).await.unwrap();
    let app = device.restarted(app).await;
    assert_eq!(open(&app).await.settings, chosen);
}

#[tokio::test(start_paused = true)]
async fn what_is_done_to_accounts_is_noted_under_their_names() {
    let device = Device::new();
    let app = device.opened().await;
    let library = add(&app, "Library").await;
    app.rename(&library, "Books").await.unwrap();
    app.passcode_to_copy(&library).await.unwrap();
    let app = device.restarted(app).await;
    let activity = app.activity().await.unwrap();
    let kinds: Vec<_> = activity.iter().map(|each| each.kind).collect();
    assert_eq!(
        kinds,
        [
            ActivityKind::PasscodeCopied,
            ActivityKind::Renamed,
            ActivityKind::Added
        ]
    );
    assert_eq!(activity[2].title, "Library");
    assert_eq!(activity[1].title, "Books");
    assert!(activity.iter().all(|each| each.account == "nina"));
    assert_eq!(activity[0].account_id.as_deref(), Some(&*library));

    // Once it is gone from the list, there is nothing to go to
    app.remove(&library).await.unwrap();
    let activity = app.activity().await.unwrap();
    assert_eq!(activity[0].kind, ActivityKind::Removed);
    assert_eq!(activity[0].title, "Books");
    assert!(activity.iter().all(|each| each.account_id.is_none()));
}

#[tokio::test(start_paused = true)]
async fn o1_accounts_of_every_kind_make_their_passcodes() {
    let device = Device::new();
    let app = device.opened().await;
    for (algorithm, digits) in [
        (Algorithm::Sha1, 6),
        (Algorithm::Sha256, 7),
        (Algorithm::Sha512, 8),
    ] {
        let account = TypedAccount {
            algorithm,
            digits,
            ..typed("Library")
        };
        let id = app.add_typed(account).await.unwrap().id;
        let code = shown(&app.passcodes(vec![id]).await.unwrap()[0]);
        assert_eq!(code.len(), usize::from(digits));
        assert!(code.bytes().all(|byte| byte.is_ascii_digit()));
    }

    let account = TypedAccount {
        counter_based: true,
        ..typed("Counted")
    };
    let counted = app.add_typed(account).await.unwrap();
    assert!(counted.counter_based);
    // RFC 4226, appendix D
    for expected in ["755224", "287082", "359152"] {
        assert_eq!(
            shown(&app.next_passcode(&counted.id).await.unwrap()),
            expected
        );
        // What is copied is what was shown: a copy uses up no other one
        assert_eq!(*app.passcode_to_copy(&counted.id).await.unwrap(), expected);
    }

    let account = TypedAccount {
        steam: true,
        ..typed("Steam")
    };
    let typed_steam = app.add_typed(account).await.unwrap();
    assert!(typed_steam.steam);
    let ScanView::Other(read) = app
        .read_text("steam://GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
        .await
        .unwrap()
    else {
        panic!("a Steam key is an account");
    };
    let scanned_steam = app.add_other(&read.draft).await.unwrap();
    let codes = app
        .passcodes(vec![typed_steam.id, scanned_steam.id.clone()])
        .await
        .unwrap();
    let [typed_code, scanned_code] = [&codes[0], &codes[1]].map(shown);
    assert_eq!(typed_code.len(), 5);
    assert_eq!(typed_code, scanned_code);
    let copied = app.passcode_to_copy(&scanned_steam.id).await.unwrap();
    assert_eq!(*copied, scanned_code);
}

#[tokio::test(start_paused = true)]
async fn q3_a_short_key_is_said_and_found_by_the_check_up() {
    let device = Device::new();
    let app = device.opened().await;
    let long = app.add_typed(typed("Library")).await.unwrap();
    assert!(!long.short_key);
    let kinds = async || -> Vec<CheckKind> {
        let found = app.check_up().await.unwrap();
        found.into_iter().map(|check| check.kind).collect()
    };
    assert_eq!(kinds().await, [CheckKind::NotBackedUp]);
    let account = TypedAccount {
        key: "GEZDGNBVGY3TQOJQ".to_owned(),
        ..typed("Old")
    };
    let short = app.add_typed(account).await.unwrap();
    assert!(short.short_key);
    assert_eq!(kinds().await, [CheckKind::NotBackedUp, CheckKind::ShortKey]);
    let found = app.check_up().await.unwrap();
    assert_eq!(found[0].number, Some(2), "both");
    assert_eq!(found[1].account_id, Some(short.id));
    assert_eq!(open(&app).await.check_up_count, 2);
}

fn shown(passcode: &PasscodeView) -> String {
    let (PasscodeView::Timed { code, .. } | PasscodeView::Counted { code, .. }) = passcode;
    code.clone()
}
