//! Whoever guesses here locks nobody out of the domain, and what is no password is shown to no directory (rows L2 and L4).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::TcpListener;

use countersign_service::clock::SystemClock;
use countersign_service::directory::ldap::LdapDirectory;
use countersign_service::policy::MINUTE_MS;

use super::domain::{Administrator, SECRET, asked, connect, domain, place, read};
use crate::common::Service;
use crate::common::client::Client;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l4_a_thousand_wrong_guesses_here_lock_no_account_there() {
    let mut administrator = Administrator::arrive().await;
    administrator
        .add("guessed", &[("userPrincipalName", "by.another@hosp.test")])
        .await;
    let service = Service::in_domain(asked("")).await;
    let client = Arc::new(Client::browser(&service));
    let mut looked_at = 0;
    for round in 0..20 {
        let guesses = (0..50).map(|n| {
            let client = client.clone();
            let name = match (round * 50 + n) % 5 {
                0 => "guessed".to_owned(),
                1 => "HOSP\\GUESSED".to_owned(),
                2 => "by.another@hosp.test".to_owned(),
                // Each a name of its own here, and the same account there
                3 => format!("guessed@{round}-{n}.test"),
                _ => " guessed\u{200b}".to_owned(),
            };
            tokio::spawn(async move { client.try_password(&name, "a wrong guess").await })
        });
        for guess in guesses.collect::<Vec<_>>() {
            let reply = guess.await.unwrap();
            match reply.status.as_u16() {
                401 => looked_at += 1,
                429 => reply.refused(429, "locked"),
                _ => reply.refused(503, "unavailable"),
            }
        }
    }
    assert!(looked_at >= 2, "it was asked at all");
    let count: i64 = administrator
        .read("guessed", "badPwdCount")
        .await
        .parse()
        .unwrap();
    assert_eq!(count, 2, "the domain locks at three");
    // The owner signs in everywhere else, and here once the domain has forgotten the guesses
    let bound = connect().await.simple_bind(&place("guessed"), SECRET).await;
    assert_eq!(bound.unwrap().rc, 0);
    client
        .try_password("guessed", SECRET)
        .await
        .refused(429, "locked");
    service.clock.advance(32 * MINUTE_MS);
    client.try_password("guessed", SECRET).await.good();
}

#[tokio::test]
async fn l4_a_right_password_begins_the_count_anew() {
    let mut administrator = Administrator::arrive().await;
    administrator.add("clumsy", &[]).await;
    let service = Service::in_domain(asked("")).await;
    let browser = Client::browser(&service);
    for _ in 0..4 {
        let wrong = browser.try_password("clumsy", "a wrong guess").await;
        wrong.refused(401, "wrong_password");
        assert_eq!(wrong.body["number"], 1);
        assert_eq!(
            wrong.body["minutes"], 32,
            "as long as the domain counts, and a little longer"
        );
        browser.try_password("clumsy", SECRET).await.good();
    }
}

#[tokio::test]
async fn l2_what_is_empty_or_blank_reaches_no_directory() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let connections = Arc::new(AtomicUsize::new(0));
    let counting = connections.clone();
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counting.fetch_add(1, Ordering::SeqCst);
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let text = domain().settings(folder.path(), "");
    let text = text.replace(domain().ldaps(), &format!("ldaps://127.0.0.1:{port}"));
    let counted = LdapDirectory::of(&read(&text), Arc::new(SystemClock)).unwrap();
    let counted = Service::in_domain(Arc::new(counted)).await;
    let real = Service::in_domain(asked("")).await;
    for (name, password) in [
        ("bob", ""),
        ("odd(1)", " "),
        ("alice", "\t\u{a0}\n"),
        ("olga", "\0"),
        ("expired", "Exp1red.x\0"),
        ("HOSP\\", "B0b.Secret"),
        ("", "B0b.Secret"),
        ("  ", "B0b.Secret"),
        ("bo\0b", "B0b.Secret"),
        ("@hosp.test", "B0b.Secret"),
    ] {
        for service in [&counted, &real] {
            let reply = Client::browser(service).try_password(name, password).await;
            reply.refused(401, "wrong_password");
        }
    }
    assert_eq!(connections.load(Ordering::SeqCst), 0, "nobody was asked");
}
