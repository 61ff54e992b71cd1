//! A directory that is away, slow, or not who it says: each is told in words that name the way out, nobody is let in, nothing
//! is changed, and no try is counted (row L1).

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use countersign_service::clock::SystemClock;
use countersign_service::directory::Directory as _;
use countersign_service::directory::ldap::LdapDirectory;
use countersign_service::directory::name::LoginName;
use countersign_service::directory::settings::DirectorySettings;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::domain::{Administrator, asked, domain, read, settings};
use crate::common::Service;
use crate::common::client::Client;

/// An answer to StartTLS (RFC 4511 section 4.12): message 1, an extended response with a result code and no texts.
const fn start_tls_answer(code: u8) -> [u8; 14] {
    [
        0x30, 0x0c, 0x02, 0x01, 0x01, 0x78, 0x07, 0x0a, 0x01, code, 0x04, 0x00, 0x04, 0x00,
    ]
}

/// Asks for Bob in that directory: the words in the log, and that Bob was told no more than that it cannot be done.
async fn words(settings: &DirectorySettings) -> String {
    let directory = || LdapDirectory::of(settings, Arc::new(SystemClock)).unwrap();
    let service = Service::in_domain(Arc::new(directory())).await;
    let before = service.audit().await.len();
    for _ in 0..3 {
        let reply = Client::browser(&service)
            .try_password("bob", "B0b.Secret")
            .await;
        reply.refused(503, "unavailable");
        assert!(!reply.headers.contains_key("set-cookie"));
    }
    assert_eq!(service.audit().await.len(), before, "nothing happened");
    // What was tried meanwhile is no failure of Bob's, and the next try needs no restart
    let service = service.asking(asked(""));
    let reply = Client::browser(&service).try_password("bob", "wrong").await;
    assert_eq!(reply.body["number"], 1);
    Client::browser(&service)
        .try_password("bob", "B0b.Secret")
        .await
        .good();
    let unavailable = directory().find(&LoginName::of("bob").unwrap()).await;
    unavailable.unwrap_err().to_string()
}

/// The domain's settings with another server.
fn at(url: &str, more: &str) -> DirectorySettings {
    let folder = tempfile::tempdir().unwrap();
    let text = domain().settings(folder.path(), more);
    let kept = folder.keep();
    assert!(kept.exists());
    read(&text.replace(&format!("\"{}\"", domain().ldaps()), url))
}

/// A server of a few lines, on an address that no certificate names.
async fn serve<Serving: Future<Output = ()> + Send + 'static>(
    with: impl Fn(TcpStream) -> Serving + Send + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::new(127, 0, 0, 2), 0))
        .await
        .unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut serving = tokio::task::JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            serving.spawn(with(stream));
        }
    });
    address
}

/// Passes everything on to the real domain controller, until it is told to stall.
async fn between(stalled: Arc<AtomicBool>) -> SocketAddr {
    let real = format!(
        "{}:636",
        domain()
            .told("LDAPS_URL")
            .trim_start_matches("ldaps://")
            .trim_end_matches(":636")
    );
    serve(move |near| {
        let (real, stalled) = (real.clone(), stalled.clone());
        async move {
            let far = TcpStream::connect(real).await.unwrap();
            let (near_read, near_write) = near.into_split();
            let (far_read, far_write) = far.into_split();
            tokio::join!(
                pass_on(near_read, far_write, &stalled),
                pass_on(far_read, near_write, &stalled)
            );
        }
    })
    .await
}

async fn pass_on(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    stalled: &AtomicBool,
) {
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if stalled.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            break;
        }
    }
}

#[tokio::test]
async fn l1_both_ways_to_begin_tls_work_and_there_is_none_without() {
    let start_tls = at(&format!("\"{}\"", domain().told("LDAP_URL")), "");
    for settings in [settings(""), start_tls] {
        let directory = LdapDirectory::of(&settings, Arc::new(SystemClock)).unwrap();
        let service = Service::in_domain(Arc::new(directory)).await;
        let browser = Client::browser(&service);
        browser.try_password("bob", "B0b.Secret").await.good();
        browser
            .try_password("bob", "wrong")
            .await
            .refused(401, "wrong_password");
    }
}

#[tokio::test]
async fn l1_a_directory_that_is_down_lets_in_nobody_and_counts_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let said = words(&at(&format!("\"ldaps://127.0.0.1:{port}\""), "")).await;
    assert!(
        said.contains("nothing listens there") && said.contains(&port.to_string()),
        "{said}"
    );
}

#[tokio::test]
async fn l1_a_certificate_of_another_authority_or_for_another_name_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let other = rcgen::generate_simple_self_signed(["dc1.hosp.test".to_owned()]).unwrap();
    let ca = folder.path().join("other.pem");
    std::fs::write(&ca, other.cert.pem()).unwrap();
    let mut foreign = settings("");
    foreign.ca = Some(ca);
    let said = words(&foreign).await;
    assert!(
        said.contains("no authority that is trusted here; name that authority in `ca`"),
        "{said}"
    );
    // The same server under an address that its certificate does not have
    let address = between(Arc::default()).await;
    let said = words(&at(&format!("\"ldaps://{address}\""), "")).await;
    assert!(said.contains("certificate is for another name"), "{said}");
}

#[tokio::test]
async fn l1_starttls_that_is_refused_or_taken_out_never_leads_to_a_password_without_tls() {
    type Heard = Arc<Mutex<Vec<u8>>>;
    for (answer, way_out) in [
        // unavailable, protocolError; then success with something else than TLS, and silence's opposite: hanging up
        (
            Some(start_tls_answer(52).to_vec()),
            "it refuses StartTLS (result 52)",
        ),
        (
            Some(start_tls_answer(2).to_vec()),
            "it refuses StartTLS (result 2)",
        ),
        (
            Some([start_tls_answer(0).as_slice(), &[0x30; 64]].concat()),
            // Cut short or read as an answer of TLS: nothing comes of it
            "",
        ),
        (None, "it did not answer within 2 s"),
    ] {
        let heard: Heard = Arc::default();
        let hearing = heard.clone();
        let address = serve(move |mut stream| {
            let (answer, hearing) = (answer.clone(), hearing.clone());
            async move {
                let mut buffer = [0; 4096];
                while let Ok(read @ 1..) = stream.read(&mut buffer).await {
                    hearing.lock().unwrap().extend_from_slice(&buffer[..read]);
                    match &answer {
                        Some(answer) if stream.write_all(answer).await.is_ok() => {}
                        _ => break,
                    }
                }
            }
        })
        .await;
        let said = words(&at(&format!("\"ldap://{address}\""), "timeout_seconds = 2")).await;
        assert!(said.contains(way_out), "{said}");
        let heard = heard.lock().unwrap();
        assert!(!heard.is_empty());
        for secret in ["Svc.Secret1", "B0b.Secret", "svc-mfa", "bob"] {
            assert!(
                !crate::common::contains(&heard, secret.as_bytes()),
                "{secret} went out without TLS"
            );
        }
    }
}

#[tokio::test]
async fn l1_a_directory_that_hangs_is_given_up_at_every_step() {
    let silent = serve(|stream| async move {
        let _held = stream;
        std::future::pending::<()>().await;
    })
    .await;
    for scheme in ["ldap", "ldaps"] {
        let said = words(&at(
            &format!("\"{scheme}://{silent}\""),
            "timeout_seconds = 1",
        ))
        .await;
        assert!(said.contains("did not answer within 1 s"), "{said}");
    }
}

/// The same on `127.0.0.1`, which is in the domain controller's certificate; and how often it was connected to.
async fn stalling(stalled: &Arc<AtomicBool>) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let real = domain().ldaps().trim_start_matches("ldaps://").to_owned();
    let stalling = stalled.clone();
    let connections = Arc::new(AtomicUsize::new(0));
    let counting = connections.clone();
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            counting.fetch_add(1, Ordering::SeqCst);
            let (real, stalled) = (real.clone(), stalling.clone());
            tokio::spawn(async move {
                let far = TcpStream::connect(real).await.unwrap();
                let (near_read, near_write) = near.into_split();
                let (far_read, far_write) = far.into_split();
                tokio::join!(
                    pass_on(near_read, far_write, &stalled),
                    pass_on(far_read, near_write, &stalled)
                );
            });
        }
    });
    (address, connections)
}

#[tokio::test]
async fn l1_a_directory_that_stalls_on_a_connection_that_stood_is_given_up_too() {
    let stalled = Arc::new(AtomicBool::new(false));
    let (address, _) = stalling(&stalled).await;
    let settings = at(&format!("\"ldaps://{address}\""), "timeout_seconds = 1");
    let directory = LdapDirectory::of(&settings, Arc::new(SystemClock)).unwrap();
    let service = Service::in_domain(Arc::new(directory)).await;
    let browser = Client::browser(&service);
    browser.try_password("bob", "B0b.Secret").await.good();
    stalled.store(true, Ordering::SeqCst);
    browser
        .try_password("bob", "B0b.Secret")
        .await
        .refused(503, "unavailable");
    stalled.store(false, Ordering::SeqCst);
    browser.try_password("bob", "B0b.Secret").await.good();
}

#[tokio::test]
async fn l1_the_next_server_is_asked_when_one_is_away() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let both = format!("\"ldaps://127.0.0.1:{port}\", \"{}\"", domain().ldaps());
    let directory = LdapDirectory::of(&at(&both, ""), Arc::new(SystemClock)).unwrap();
    let service = Service::in_domain(Arc::new(directory)).await;
    Client::browser(&service)
        .try_password("bob", "B0b.Secret")
        .await
        .good();
}

#[tokio::test]
async fn l1_the_next_server_is_asked_when_one_stalls_in_a_search() {
    let stalled = Arc::new(AtomicBool::new(false));
    let (address, connections) = stalling(&stalled).await;
    let both = format!("\"ldaps://{address}\", \"{}\"", domain().ldaps());
    let settings = at(&both, "timeout_seconds = 1");
    let directory = LdapDirectory::of(&settings, Arc::new(SystemClock)).unwrap();
    let service = Service::in_domain(Arc::new(directory)).await;
    let browser = Client::browser(&service);
    browser.try_password("bob", "B0b.Secret").await.good();
    stalled.store(true, Ordering::SeqCst);
    // The search goes on the connection that stood, and once it is given up nobody waits for that server again
    let before = connections.load(Ordering::SeqCst);
    for _ in 0..3 {
        browser.try_password("bob", "B0b.Secret").await.good();
    }
    assert_eq!(connections.load(Ordering::SeqCst), before);
}

/// The domain controller of another domain: it binds whoever comes, and refers every search to `elsewhere`. A few lines in
/// place of a second domain: its answers are messages 1 and 2 (RFC 4511 sections 4.2.2, 4.5.2 and 4.1.10).
async fn referring(elsewhere: SocketAddr, ca: &Path) -> SocketAddr {
    let made = rcgen::generate_simple_self_signed(["127.0.0.2".to_owned()]).unwrap();
    std::fs::write(ca, made.cert.pem()).unwrap();
    let key = rustls_pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(tls));
    let url = format!("ldap://{elsewhere}/DC=elsewhere");
    let length = |text: &[u8]| u8::try_from(text.len()).unwrap();
    let referral = [
        &[
            0xa3,
            length(url.as_bytes()) + 2,
            0x04,
            length(url.as_bytes()),
        ],
        url.as_bytes(),
    ]
    .concat();
    let body = [
        &[0x0a, 0x01, 0x0a, 0x04, 0x00, 0x04, 0x00],
        referral.as_slice(),
    ]
    .concat();
    let done = [&[0x02, 0x01, 0x02, 0x65, length(&body)], body.as_slice()].concat();
    let done = [&[0x30, length(&done)], done.as_slice()].concat();
    let bound = [
        0x30, 0x0c, 0x02, 0x01, 0x01, 0x61, 0x07, 0x0a, 0x01, 0x00, 0x04, 0x00, 0x04, 0x00,
    ];
    serve(move |stream| {
        let (acceptor, done) = (acceptor.clone(), done.clone());
        async move {
            let mut stream = acceptor.accept(stream).await.unwrap();
            let mut buffer = [0; 4096];
            for answer in [bound.as_slice(), &done] {
                if stream.read(&mut buffer).await.unwrap_or(0) == 0 {
                    return;
                }
                stream.write_all(answer).await.unwrap();
            }
            while let Ok(1..) = stream.read(&mut buffer).await {}
        }
    })
    .await
}

#[tokio::test]
async fn l1_a_referral_is_not_followed() {
    let followed = Arc::new(AtomicBool::new(false));
    let following = followed.clone();
    let elsewhere = serve(move |_| {
        following.store(true, Ordering::SeqCst);
        std::future::ready(())
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    let address = referring(elsewhere, &ca).await;
    let mut settings = at(&format!("\"ldaps://{address}\""), "");
    settings.ca = Some(ca);
    let said = words(&settings).await;
    assert!(
        said.contains("refers to another server") && said.contains("not followed"),
        "{said}"
    );
    assert!(!followed.load(Ordering::SeqCst));
}

#[tokio::test]
async fn l1_a_service_account_that_is_refused_is_told_with_its_reason_and_is_not_locked_by_that() {
    let mut administrator = Administrator::arrive().await;
    administrator
        .add("svc-other", &[("userPrincipalName", "svc-other@hosp.test")])
        .await;
    let folder = tempfile::tempdir().unwrap();
    let text = domain()
        .settings(folder.path(), "")
        .replace("svc-mfa@", "svc-other@");
    std::fs::write(folder.path().join("directory-password"), "Canary.Wr0ng").unwrap();
    let directory = LdapDirectory::of(&read(&text), Arc::new(SystemClock)).unwrap();
    let bob = LoginName::of("bob").unwrap();
    for way_out in [
        "it refuses the account svc-other@hosp.test (data 52e)",
        "it is tried again in 30 min, or after a restart",
        "it is tried again in 30 min, or after a restart",
        "it is tried again in 30 min, or after a restart",
    ] {
        let said = directory.find(&bob).await.unwrap_err().to_string();
        assert!(said.contains(way_out) && !said.contains("Canary"), "{said}");
    }
    assert_eq!(administrator.read("svc-other", "badPwdCount").await, "1");
}
