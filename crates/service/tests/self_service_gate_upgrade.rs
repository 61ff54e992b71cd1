//! A database of the release before self-service: it is brought up to date, and what it holds stays what it was.
#![expect(clippy::unwrap_used, reason = "a test says by its panic what is wrong")]

use std::path::Path;

use countersign_protocol::ids::UserId;
use countersign_service::model::UserStatus;
use countersign_service::store::Store as _;
use countersign_service::store::sqlite::SqliteStore;
use rusqlite::Connection;
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

const USER: &str = "DUAAAAAAAAAAAAAAAAAA";

/// Makes a database as the first release left it: one person, one phone, a sign-in and a test.
async fn first_release(folder: &Path, file: &Path) {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/sqlite/0001_first.sql");
    let migrations = folder.join("migrations");
    std::fs::create_dir(&migrations).unwrap();
    std::fs::copy(ours, migrations.join("0001_first.sql")).unwrap();
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    let migrator = Migrator::new(migrations).await.unwrap();
    migrator.run(&mut connection).await.unwrap();
    connection.close().await.unwrap();
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
