//! A file altered by someone with SQL and without the key: each alteration is noticed at unlock, by a typed error.
#![expect(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::fs;
use std::path::Path;

use common::{
    NOW_MS, PIN, chosen_passphrase, chosen_pin, counted, hospital, other, pin, place, unlock,
};
use countersign_vault::{Account, Damage, Place, UnlockError, VaultFile};
use rusqlite::Connection;

/// A vault with one organisation account, two others and a setting, and the ids of the two others.
fn filled(directory: &Path) -> (Place, [String; 2]) {
    let place = place(directory);
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    vault.set_slot(&chosen_passphrase()).unwrap();
    vault.add(Account::Organisation(hospital())).unwrap();
    let first = vault.add(other("first")).unwrap();
    let second = vault.add(counted(b"12345678901234567890", 3)).unwrap();
    vault.set_setting("clock offset", Some("12")).unwrap();
    (place, [first, second].map(|id| format!("x'{id}'")))
}

/// Alters the file, then unlocks it with the right PIN.
fn after(place: &Place, sql: &str) -> Option<UnlockError> {
    let connection = Connection::open(place.vault_path()).unwrap();
    connection.execute_batch(sql).unwrap();
    drop(connection);
    unlock(place, &pin(PIN), NOW_MS).err()
}

fn each(directory: &Path, cases: &[(&str, Damage)]) {
    let (place, [first, second]) = filled(directory);
    let good = fs::read(place.vault_path()).unwrap();
    assert_eq!(after(&place, ""), None, "it opens unaltered");
    for (sql, damage) in cases {
        fs::write(place.vault_path(), &good).unwrap();
        let sql = sql.replace("FIRST", &first).replace("SECOND", &second);
        assert_eq!(
            after(&place, &sql),
            Some(UnlockError::Damaged(*damage)),
            "{sql}"
        );
    }
}

#[test]
fn v5_swapped_rows_do_not_open() {
    let folder = tempfile::tempdir().unwrap();
    each(
        folder.path(),
        &[
            (
                "UPDATE record SET id = x'00000000000000000000000000000000' WHERE id = FIRST;
                 UPDATE record SET id = FIRST WHERE id = SECOND;
                 UPDATE record SET id = SECOND WHERE id = x'00000000000000000000000000000000'",
                Damage::Record,
            ),
            (
                "UPDATE record SET body = (SELECT body FROM record WHERE id = SECOND) WHERE id = FIRST",
                Damage::Record,
            ),
            (
                "UPDATE record SET moving = (SELECT moving FROM record WHERE id = SECOND) WHERE id = FIRST",
                Damage::Record,
            ),
        ],
    );
}

#[test]
fn v5_swapped_columns_do_not_open() {
    let folder = tempfile::tempdir().unwrap();
    each(
        folder.path(),
        &[
            (
                "UPDATE record SET body = moving, moving = body WHERE id = FIRST",
                Damage::Record,
            ),
            (
                "UPDATE record SET moving = body WHERE id = FIRST",
                Damage::Record,
            ),
            (
                "UPDATE record SET moving = NULL WHERE id = FIRST",
                Damage::RecordSet,
            ),
        ],
    );
}

#[test]
fn v5_a_changed_type_does_not_open() {
    let folder = tempfile::tempdir().unwrap();
    each(
        folder.path(),
        &[
            (
                "UPDATE record SET kind = 1 WHERE id = FIRST",
                Damage::Record,
            ),
            (
                "UPDATE record SET kind = 3 WHERE id = FIRST",
                Damage::Record,
            ),
            (
                "UPDATE record SET kind = 4 WHERE id = FIRST",
                Damage::Record,
            ),
        ],
    );
}

#[test]
fn v5_a_changed_generation_or_any_changed_byte_of_a_cell_does_not_open() {
    let folder = tempfile::tempdir().unwrap();
    let (place, [first, _]) = filled(folder.path());
    let good = fs::read(place.vault_path()).unwrap();
    let connection = Connection::open(place.vault_path()).unwrap();
    let body: Vec<u8> = connection
        .query_row(
            &format!("SELECT body FROM record WHERE id = {first}"),
            [],
            |row| row.get(0),
        )
        .unwrap();
    drop(connection);
    // The generation's last byte, the nonce, the first and last of the ciphertext, the tag
    for index in [7, 8, 19, 20, body.len() - 17, body.len() - 1] {
        fs::write(place.vault_path(), &good).unwrap();
        let mut altered = body.clone();
        altered[index] ^= 1;
        let hex = data_encoding::HEXLOWER.encode(&altered);
        let sql = format!("UPDATE record SET body = x'{hex}' WHERE id = {first}");
        assert_eq!(
            after(&place, &sql),
            Some(UnlockError::Damaged(Damage::Record)),
            "byte {index}"
        );
    }
}

#[test]
fn v5_a_vaults_row_does_not_open_in_another_vault_of_the_same_pin() {
    let one = tempfile::tempdir().unwrap();
    let two = tempfile::tempdir().unwrap();
    let (from, _) = filled(one.path());
    let (to, _) = filled(two.path());
    let sql = format!(
        "ATTACH '{}' AS other; DELETE FROM record; INSERT INTO record SELECT * FROM other.record",
        from.vault_path().display()
    );
    assert_eq!(after(&to, &sql), Some(UnlockError::Damaged(Damage::Record)));
}

#[test]
fn v6_deleted_and_foreign_rows_are_noticed() {
    let folder = tempfile::tempdir().unwrap();
    each(
        folder.path(),
        &[
            ("DELETE FROM record WHERE id = FIRST", Damage::RecordSet),
            ("DELETE FROM record", Damage::RecordSet),
            (
                "INSERT INTO record SELECT x'00000000000000000000000000000000', kind, body, moving FROM record WHERE id = FIRST",
                Damage::Record,
            ),
        ],
    );
}

#[test]
fn v6_an_old_row_put_back_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let (place, [_, second]) = filled(folder.path());
    let old = folder.path().join("old");
    fs::copy(place.vault_path(), &old).unwrap();
    let mut vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    let counted_id = vault
        .accounts()
        .find(|(_, account)| account.next_counter().is_some())
        .unwrap()
        .0;
    assert_eq!(vault.next_counter(counted_id), Ok(3));
    drop(vault);
    let new = fs::read(place.vault_path()).unwrap();

    // The whole row, only its counter, and a row that was removed since: a rewound counter would repeat a passcode
    for columns in [
        "body = (SELECT body {}), moving = (SELECT moving {})",
        "moving = (SELECT moving {})",
    ] {
        fs::write(place.vault_path(), &new).unwrap();
        let from = format!("FROM old.record WHERE id = {second}");
        let sql = format!(
            "ATTACH '{}' AS old; UPDATE record SET {} WHERE id = {second}",
            old.display(),
            columns.replace("{}", &from)
        );
        assert_eq!(
            after(&place, &sql),
            Some(UnlockError::Damaged(Damage::RecordSet)),
            "{columns}"
        );
    }
    fs::write(place.vault_path(), &new).unwrap();
    let mut vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    vault.remove(counted_id).unwrap();
    drop(vault);
    let sql = format!(
        "ATTACH '{}' AS old; INSERT INTO record SELECT * FROM old.record WHERE id = {second}",
        old.display()
    );
    assert_eq!(
        after(&place, &sql),
        Some(UnlockError::Damaged(Damage::RecordSet))
    );
}

#[test]
fn v6_a_dropped_added_or_altered_slot_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    each(
        folder.path(),
        &[
            ("DELETE FROM slot WHERE kind = 2", Damage::Slots),
            ("DELETE FROM slot", Damage::Slots),
            (
                "INSERT INTO slot SELECT 9, kind, memory_kib, passes, lanes, salt, wrapped FROM slot WHERE kind = 2",
                Damage::Slots,
            ),
            (
                "UPDATE slot SET memory_kib = memory_kib + 1024 WHERE kind = 2",
                Damage::Slots,
            ),
            (
                "UPDATE slot SET salt = x'00000000000000000000000000000000' WHERE kind = 2",
                Damage::Slots,
            ),
            (
                "UPDATE slot SET salt = x'00' WHERE kind = 2",
                Damage::Database,
            ),
            ("UPDATE slot SET kind = 7 WHERE kind = 2", Damage::Database),
        ],
    );
}

#[test]
fn v6_an_altered_slot_is_refused_like_a_wrong_pin() {
    let folder = tempfile::tempdir().unwrap();
    let (place, _) = filled(folder.path());
    let sql = "UPDATE slot SET passes = passes + 1 WHERE kind = 1";
    assert_eq!(
        after(&place, sql),
        Some(UnlockError::Refused { tries_left: 4 })
    );
}

#[test]
fn v6_a_lost_altered_or_old_header_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let (place, _) = filled(folder.path());
    let old = folder.path().join("old");
    fs::copy(place.vault_path(), &old).unwrap();
    let mut vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    vault.add(other("newer")).unwrap();
    drop(vault);
    let new = fs::read(place.vault_path()).unwrap();
    let restored = format!(
        "ATTACH '{}' AS old; UPDATE header SET sealed = (SELECT sealed FROM old.header)",
        old.display()
    );
    for (sql, damage) in [
        (
            "UPDATE header SET sealed = CAST(sealed || x'00' AS BLOB)",
            Damage::Header,
        ),
        ("UPDATE header SET sealed = x''", Damage::Header),
        (restored.as_str(), Damage::RecordSet),
    ] {
        fs::write(place.vault_path(), &new).unwrap();
        assert_eq!(
            after(&place, sql),
            Some(UnlockError::Damaged(damage)),
            "{sql}"
        );
    }
    fs::write(place.vault_path(), &new).unwrap();
    Connection::open(place.vault_path())
        .unwrap()
        .execute_batch("DELETE FROM header")
        .unwrap();
    assert_eq!(
        VaultFile::open(&place).err(),
        Some(countersign_vault::OpenError::Damaged)
    );
}

#[test]
fn v3_tampered_costs_are_refused_before_anything_is_allocated() {
    let folder = tempfile::tempdir().unwrap();
    each(
        folder.path(),
        &[
            (
                "UPDATE slot SET memory_kib = 8 * 1024",
                Damage::KdfOutOfBounds,
            ),
            (
                "UPDATE slot SET memory_kib = 4 * 1024 * 1024",
                Damage::KdfOutOfBounds,
            ),
            (
                "UPDATE slot SET memory_kib = 1 << 40",
                Damage::KdfOutOfBounds,
            ),
            ("UPDATE slot SET memory_kib = -1", Damage::KdfOutOfBounds),
            ("UPDATE slot SET passes = 0", Damage::KdfOutOfBounds),
            ("UPDATE slot SET passes = 17", Damage::KdfOutOfBounds),
            ("UPDATE slot SET lanes = 17", Damage::KdfOutOfBounds),
            (
                "UPDATE slot SET memory_kib = 4 * 1024 * 1024 WHERE kind = 2",
                Damage::KdfOutOfBounds,
            ),
        ],
    );
    assert!(peak_memory_kib() < 512 * 1024, "4 GiB were never asked for");
}

/// The most memory this process ever held.
fn peak_memory_kib() -> u64 {
    let Ok(status) = fs::read_to_string("/proc/self/status") else {
        return 0;
    };
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok())
        .expect("the kernel tells it in kB")
}
