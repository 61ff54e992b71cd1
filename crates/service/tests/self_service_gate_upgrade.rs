//! Databases of earlier releases: they are brought up to date, and what they hold stays what it was.

use std::path::Path;

use countersign_protocol::ids::UserId;
use countersign_protocol::time::UnixMillis;
use countersign_service::model::UserStatus;
use countersign_service::self_service::session::SessionId;
use countersign_service::store::gate::Holder;
use countersign_service::store::sqlite::SqliteStore;
use countersign_service::store::{GateStore as _, Store as _};
use rusqlite::Connection;
use rusqlite::types::Value;
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

const USER: &str = "DUAAAAAAAAAAAAAAAAAA";

/// Makes an empty database of the release that had these migrations.
async fn release_with(names: &[&str], folder: &Path, file: &Path) {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/sqlite");
    let migrations = folder.join("migrations");
    std::fs::create_dir(&migrations).unwrap();
    for name in names {
        std::fs::copy(ours.join(name), migrations.join(name)).unwrap();
    }
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    let migrator = Migrator::new(migrations).await.unwrap();
    migrator.run(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// Makes a database as the first release left it: one person, one phone, a sign-in and a test.
async fn first_release(folder: &Path, file: &Path) {
    release_with(&["0001_first.sql"], folder, file).await;
    let rows = format!(
        "insert into users (id, name, canonical_name, status, created_at) values ('{USER}', 'Alice', 'alice', 'active', 1);
         insert into integrations values ('DIAAAAAAAAAAAAAAAAAA', 'VPN', x'00', 1, 3, 0, 0, 1);
         insert into devices (id, akey, user_id, name, platform, model, app_version, dialect, push_key, key_storage, otp_sealed,
           otp_kind, otp_last, sequence, generation, state, created_at, activated_at, last_seen_at)
         values ('DPAAAAAAAAAAAAAAAAAA', 'DAAAAAAAAAAAAAAAAAAA', '{USER}', 'Ward phone', 'Android', 'Pixel 3a', '1', 'legacy',
           'PEM', 'software', x'00', 'totp', -1, 0, 1, 'active', 1, 1, 1);"
    );
    let connection = Connection::open(file).unwrap();
    connection.execute_batch(&rows).unwrap();
    for (urgid, integration) in [("a", "'DIAAAAAAAAAAAAAAAAAA'"), ("b", "null")] {
        let row = format!(
            "insert into requests (urgid, txid, user_id, integration_id, device_id, kind, state, factor, number_digits, tries_left,
               nonce, context, context_hash, unusual, address, created_at, expires_at)
             values ('{urgid}', '{urgid}', '{USER}', {integration}, 'DPAAAAAAAAAAAAAAAAAA', 'Login', 'pending', 'push', 0, 0,
               '', '', '', 0, '', 1, 2)"
        );
        connection.execute_batch(&row).unwrap();
    }
}

#[tokio::test]
async fn a_database_of_the_first_release_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("countersign.db");
    first_release(folder.path(), &file).await;
    let store = SqliteStore::open(&file).await.unwrap();
    let alice = store
        .user(&UserId::parse(USER).unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (alice.status, alice.shown_name(), alice.operator),
        (UserStatus::Active, "Alice", false)
    );
    let devices = store
        .devices_of(&countersign_service::access::AsUser::of(&alice))
        .await
        .unwrap();
    assert_eq!(devices.len(), 1);
    store.close().await;
    let connection = Connection::open(&file).unwrap();
    let purpose = |urgid: &str| -> String {
        let sql = "select purpose from requests where urgid = $1";
        connection
            .query_row(sql, [urgid], |row| row.get(0))
            .unwrap()
    };
    assert_eq!(
        (purpose("a").as_str(), purpose("b").as_str()),
        ("sign_in", "test")
    );
    // A second start finds nothing to do
    SqliteStore::open(&file)
        .await
        .unwrap()
        .ping()
        .await
        .unwrap();
}

#[tokio::test]
async fn a_session_and_its_proof_outlive_the_upgrade_and_go_together() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("countersign.db");
    let before_the_prompt = [
        "0001_first.sql",
        "0002_sessions.sql",
        "0003_devices.sql",
        "0004_notices.sql",
        "0005_check.sql",
        "0006_releases.sql",
    ];
    release_with(&before_the_prompt, folder.path(), &file).await;
    let rows = format!(
        "insert into users (id, name, canonical_name, status, created_at) values ('{USER}', 'Alice', 'alice', 'active', 1);
         insert into sessions (id, token_hash, user_id, app, csrf, shared, created_at, used_at, ends_at)
         values ('session', x'01', '{USER}', 0, 'word', 0, 1, 1, 9);
         insert into proofs (id, session_id, way, state, name, revision, created_at, expires_at)
         values ('proof', 'session', 'push', 'waiting', 'Ward phone', 1, 1, 9);"
    );
    Connection::open(&file)
        .unwrap()
        .execute_batch(&rows)
        .unwrap();
    let store = SqliteStore::open(&file).await.unwrap();
    let holder = Holder::Session(SessionId::from_stored("session".into()));
    let proof = store.proof(&holder, "proof").await.unwrap().unwrap();
    assert_eq!(proof.proof.name, "Ward phone");
    let elsewhere = Holder::Session(SessionId::from_stored("another".into()));
    assert!(store.proof(&elsewhere, "proof").await.unwrap().is_none());
    store.forget_old(UnixMillis(10)).await.unwrap();
    assert!(store.proof(&holder, "proof").await.unwrap().is_none());
}

/// Every row of the notices with all its columns, by id.
fn notices(file: &Path) -> Vec<Vec<Value>> {
    let connection = Connection::open(file).unwrap();
    let columns =
        "id, device_id, user_id, changed_id, changed_name, kind, created_at, answer, answered_at";
    let sql = format!("select {columns} from notices order by id");
    let mut statement = connection.prepare(&sql).unwrap();
    let rows = statement.query_map([], |row| (0..9).map(|column| row.get(column)).collect());
    rows.unwrap().map(Result::unwrap).collect()
}

#[tokio::test]
async fn notices_outlive_the_upgrade_to_cards() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("countersign.db");
    let before_cards = [
        "0001_first.sql",
        "0002_sessions.sql",
        "0003_devices.sql",
        "0004_notices.sql",
        "0005_check.sql",
        "0006_releases.sql",
        "0007_prompt.sql",
        "0008_prompt_bounds.sql",
        "0009_texts.sql",
        "0010_directory.sql",
        "0011_calls.sql",
        "0012_numbers.sql",
        "0013_shared.sql",
        "0014_moves.sql",
    ];
    release_with(&before_cards, folder.path(), &file).await;
    let told = "DPAAAAAAAAAAAAAAAAAA";
    let changed = "DPBBBBBBBBBBBBBBBBBB";
    let mut rows = vec![format!(
        "insert into users (id, name, canonical_name, status, created_at) values ('{USER}', 'Alice', 'alice', 'active', 1);"
    )];
    for (id, akey) in [
        (told, "DAAAAAAAAAAAAAAAAAAA"),
        (changed, "DABBBBBBBBBBBBBBBBBB"),
    ] {
        rows.push(format!(
            "insert into devices (id, akey, user_id, name, platform, model, app_version, dialect, push_key, key_storage, otp_sealed,
               otp_kind, otp_last, sequence, generation, state, created_at, activated_at, last_seen_at)
             values ('{id}', '{akey}', '{USER}', 'Ward phone', 'Android', 'Pixel 3a', '1', 'countersign/1', 'PEM', 'software', x'00',
               'totp', -1, 0, 1, 'active', 1, 1, 1);"
        ));
    }
    for (kind, about_a_device) in [
        ("device_added", true),
        ("device_reactivated", true),
        ("device_removed", true),
        ("device_suspended", true),
        ("bypass_made", false),
        ("bypass_used", false),
        ("unlocked", false),
    ] {
        let (id, name) = if about_a_device {
            (format!("'{changed}'"), "Ward phone")
        } else {
            ("null".to_owned(), "")
        };
        for (answer, at) in [("null", "null"), ("'seen'", "8"), ("'not_me'", "9")] {
            rows.push(format!(
                "insert into notices values ('{kind} ' || coalesce({answer}, ''), '{told}', '{USER}', {id}, '{name}', '{kind}', 7,
                   {answer}, {at});"
            ));
        }
    }
    rows.push(format!(
        "with recursive count (n) as (select 1 union all select n + 1 from count where n < 10000)
         insert into notices select printf('n%05d', n), '{told}', '{USER}', '{changed}', 'Phone ' || n, 'device_added', n, null, null
           from count;"
    ));
    Connection::open(&file)
        .unwrap()
        .execute_batch(&rows.concat())
        .unwrap();
    let before = notices(&file);
    assert_eq!(before.len(), 10_021);

    SqliteStore::open(&file).await.unwrap().close().await;
    assert!(notices(&file) == before, "a notice was lost or altered");
    let connection = Connection::open(&file).unwrap();
    let mut check = connection.prepare("pragma foreign_key_check").unwrap();
    assert!(!check.exists([]).unwrap(), "a row is about nothing");
    // The new kinds find their place beside the old ones
    let card = format!(
        "insert into notices values ('card', '{told}', '{USER}', null, '', 'card_made', 10, null, null)"
    );
    connection.execute_batch(&card).unwrap();
}
