//! Rows K2, G1 and G2 in the database: calls act once, the audit log cannot be altered unseen, secrets are not in it.

use crate::common;

use std::sync::Arc;

use common::{START, Service};
use countersign_service::access::AsIntegration;
use countersign_service::challenge::Choice;
use countersign_service::operator::OPERATOR;
use countersign_service::store::{Claim, StoredAnswer};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn k2_of_two_hundred_equal_calls_one_acts_and_all_get_its_answer() {
    let service = Service::start().await;
    let vpn = Arc::new(service.integration(0).await);
    let racers: Vec<_> = (0..200)
        .map(|_| {
            let (store, vpn) = (service.core.store.clone(), vpn.clone());
            tokio::spawn(async move {
                store
                    .claim_call(&AsIntegration::of(&vpn), "abc", START)
                    .await
                    .unwrap()
            })
        })
        .collect();
    let mut first = 0;
    for racer in racers {
        match racer.await.unwrap() {
            Claim::First => first += 1,
            Claim::AtWork => {}
            Claim::Answered(_) => panic!("nobody answered yet"),
        }
    }
    assert_eq!(first, 1);
    let body = service.core.seal_answer("abc", b"{\"txid\":1}").unwrap();
    let answer = StoredAnswer { status: 200, body };
    service
        .core
        .store
        .answer_call(&AsIntegration::of(&vpn), "abc", &answer)
        .await
        .unwrap();
    let service = service.restart().await;
    let again = service
        .core
        .store
        .claim_call(&AsIntegration::of(&vpn), "abc", START)
        .await
        .unwrap();
    let Claim::Answered(stored) = again else {
        panic!("forgotten over a restart")
    };
    assert_eq!(
        service
            .core
            .open_answer("abc", &stored.body)
            .unwrap()
            .as_slice(),
        b"{\"txid\":1}"
    );
    assert!(
        service.core.open_answer("abd", &stored.body).is_err(),
        "bound to its call"
    );
    let other = service.integration(0).await;
    let foreign = service
        .core
        .store
        .claim_call(&AsIntegration::of(&other), "abc", START)
        .await
        .unwrap();
    assert_eq!(foreign, Claim::First, "another integration's");
}

async fn raw(service: &Service) -> SqliteConnection {
    SqliteConnectOptions::new()
        .filename(service.folder.path().join("countersign.db"))
        .connect()
        .await
        .unwrap()
}

#[tokio::test]
async fn g1_an_edit_a_deletion_and_a_swap_show() {
    for tampering in [
        "update audit set object = 'DUZZZZZZZZZZZZZZZZZZ' where seq = 2",
        "delete from audit where seq = 2",
        "update audit set seq = case seq when 2 then 3 else 2 end + 1000 where seq in (2, 3)",
        "update audit set at = at + 1 where seq = 3",
    ] {
        let service = Service::start().await;
        for name in ["alice", "bob", "carol", "dave"] {
            service.user(name).await;
        }
        let whole = service.core.verify_audit().await.unwrap();
        assert_eq!((whole.rows, whole.broken_at), (5, None));
        let mut connection = raw(&service).await;
        let refused = sqlx::query(AssertSqlSafe(tampering))
            .execute(&mut connection)
            .await;
        assert!(refused.is_err(), "the table is append only: {tampering}");
        for trigger in ["audit_is_append_only_update", "audit_is_append_only_delete"] {
            sqlx::query(AssertSqlSafe(format!("drop trigger {trigger}")))
                .execute(&mut connection)
                .await
                .unwrap();
        }
        sqlx::query(AssertSqlSafe(tampering))
            .execute(&mut connection)
            .await
            .unwrap();
        assert!(
            service
                .core
                .verify_audit()
                .await
                .unwrap()
                .broken_at
                .is_some(),
            "{tampering}"
        );
    }
}

#[tokio::test]
async fn g2_no_secret_is_on_disk_in_the_open() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let made = service
        .core
        .add_integration(
            "VPN",
            countersign_service::policy::IntegrationPolicy::with_digits(6).unwrap(),
        )
        .await
        .unwrap();
    let vpn = service
        .core
        .store
        .integration(&made.ikey)
        .await
        .unwrap()
        .unwrap();
    let phone = service.phone(&alice).await;
    let bypass = service
        .core
        .make_bypass_codes(&alice, 1, OPERATOR)
        .await
        .unwrap();
    let passcode = phone.code_at(START);
    service.passcode(&vpn, "alice", &passcode).await.unwrap();
    let (_, number) = service.pushed_with_number(&vpn, "alice").await;
    let pending = service.one_pending(&phone).await;
    service
        .answer(&phone.answer(&pending, Choice::Approve, Some(&number)))
        .await;
    let disk = service.bytes_on_disk();
    let pkcs8 = phone.key.expose_pkcs8();
    let secrets: [(&str, &[u8]); 4] = [
        ("skey", made.skey.as_bytes()),
        ("seed", phone.hotp_secret.as_bytes()),
        ("bypass code", bypass.codes[0].as_bytes()),
        ("device key", &pkcs8[pkcs8.len() - 32..]),
    ];
    for (name, secret) in secrets {
        assert!(!common::contains(&disk, secret), "{name}");
    }
    for row in service.audit().await {
        let text = row.fields.join(" ");
        for (name, canary) in [("passcode", &passcode), ("number", &number)] {
            assert!(
                !text
                    .split(|c: char| !c.is_ascii_digit())
                    .any(|word| word == canary),
                "{name} in {text}"
            );
        }
    }
    let skey = service.core.integration_secret(&vpn).unwrap();
    assert_eq!(skey.as_slice(), made.skey.as_bytes(), "and yet they open");
}
