//! Databases of other apps: what is whole is read, and what somebody made up comes to an end.

#![expect(clippy::unwrap_used, reason = "a test says by its panic what is wrong")]

mod exports;

use countersign_vault::import::{self, Format, Reason, Unreadable};
use rusqlite::Connection;

use exports::{LIBRARY, WARD, accounts, lab, read, refused};

/// An account as an app has it that knows only SHA-1 and six digits.
fn plainly(account: &str) -> String {
    let account = account.replace("timed 60", "timed 30");
    let (account, _) = account.rsplit_once(" Sha").unwrap();
    format!("{account} Sha1 6")
}

#[test]
fn microsoft_authenticator_s_database_gives_all_but_what_works_by_push() {
    let import = read("microsoft.sqlite", None).unwrap();
    assert_eq!(import.format, Format::Microsoft);
    let own = plainly(WARD).replace("Ward Café", "Microsoft");
    let own = own.replace("Sha1 6", "Sha1 8");
    assert_eq!(accounts(&import), [LIBRARY, &own]);
    assert_eq!(
        refused(&import),
        [
            (2, "Hospital, amara@example.org", Reason::PushOnly),
            (3, "Newer, sealed", Reason::NoKey),
            (4, "Newer, other", Reason::Kind),
        ]
    );
}

/// The old one has no column for issuers, and says that there is a log beside it.
#[test]
fn google_authenticator_s_databases_give_their_accounts() {
    for name in ["google-database.sqlite", "google-database-old.sqlite"] {
        let import = read(name, None).unwrap();
        assert_eq!(import.format, Format::GoogleDatabase);
        let mut lab = plainly(&lab());
        if name.contains("old") {
            lab = lab.replace("Lab/", "/");
        }
        assert_eq!(accounts(&import), [LIBRARY, &plainly(WARD), &lab], "{name}");
        let expected = [(3, "minus", Reason::Counter), (4, "odd", Reason::Kind)];
        assert_eq!(refused(&import), expected, "{name}");
    }
}

fn database(sql: &str) -> Vec<u8> {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(sql).unwrap();
    connection.serialize("main").unwrap().to_vec()
}

const TABLE: &str =
    "CREATE TABLE accounts (email TEXT, secret TEXT, counter INTEGER, type INTEGER);";
const MANY: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20001)
     INSERT INTO accounts SELECT 'bob', 'ABCDEFGH', 0, 0 FROM n;";

#[test]
fn q5_databases_of_others_and_those_that_want_too_much_are_refused() {
    for (sql, expected) in [
        ("CREATE TABLE other (a)", Unreadable::Unknown),
        ("CREATE TABLE accounts (a)", Unreadable::Unknown),
        (TABLE, Unreadable::Empty),
        (&format!("{TABLE}{MANY}"), Unreadable::TooLarge),
        (
            "CREATE TABLE t (email, secret, counter, type);
             INSERT INTO t VALUES ('bob', 'ABCDEFGH', 0, 0);
             CREATE VIEW accounts AS SELECT * FROM t;",
            Unreadable::Damaged,
        ),
        (
            "CREATE VIRTUAL TABLE accounts USING fts5(email, secret, counter, type)",
            Unreadable::Unknown,
        ),
        (
            "CREATE TABLE accounts (email TEXT, secret TEXT PRIMARY KEY, counter INTEGER, type INTEGER)
             WITHOUT ROWID",
            Unreadable::Damaged,
        ),
        (
            "CREATE TABLE accounts (email TEXT, counter INTEGER, type INTEGER,
             secret TEXT AS (printf('%.*c', 100000000, 'A')))",
            Unreadable::Unknown,
        ),
        (
            &format!(
                "{TABLE} INSERT INTO accounts VALUES ('bob', printf('%.*c', 100000, 'A'), 0, 0);"
            ),
            Unreadable::TooLarge,
        ),
    ] {
        let read = import::read(&database(sql), None).err();
        assert_eq!(read, Some(expected), "{sql}");
    }
}

/// A tree whose branches all lead to the same leaf has more rows than its file has room for.
#[test]
fn q5_a_database_that_goes_in_circles_comes_to_an_end() {
    let name = "x".repeat(2_000);
    let rows = format!(
        "{TABLE} WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000)
         INSERT INTO accounts SELECT '{name}', 'ABCDEFGH', 0, 0 FROM n;"
    );
    let whole = database(&rows);
    let import = import::read(&whole, None).unwrap();
    assert_eq!(import.entries.len(), 1_000);
    // The table's root is the second page: a branch (5) with the places of its cells, each of which begins with a page
    let root = 4_096;
    let number = |at: usize| u16::from_be_bytes(*whole.get(at..).unwrap().first_chunk().unwrap());
    assert_eq!(whole.get(root), Some(&5));
    let mut circle = whole.clone();
    for cell in 0..usize::from(number(root + 3)) {
        let at = root + usize::from(number(root + 12 + cell * 2));
        circle
            .get_mut(at..at + 4)
            .unwrap()
            .copy_from_slice(&2_u32.to_be_bytes());
    }
    let read = import::read(&circle, None).err();
    assert_eq!(read, Some(Unreadable::Damaged));
}
