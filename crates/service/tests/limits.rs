//! Row R1 on the real program: whoever takes all they can get of it keeps nobody else from signing in.
#![expect(
    clippy::unwrap_used,
    reason = "what fails here fails the test, with its place"
)]

use crate::support;

use std::{
    io::ErrorKind,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use countersign_protocol::{
    activation::ActivationText, params::Params, signing::keys::SigningKey, wire::envelope::code,
};
use reqwest::{Method, StatusCode};
use ring::rand::SystemRandom;
use serde_json::json;
use support::{
    attacker::{ELSEWHERE, never_ending},
    device::{Device, Reply, held_activation_request, send},
    integration::{Call, good},
    portal::App,
    service::{Integration, Service},
};
use tokio::{io::AsyncReadExt as _, net::TcpSocket, task::JoinSet};

const HOME: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// More than there are places for calls that answer at once.
const MORE_THAN_PLACES: usize = 1_320;
/// Calls that one device or activation may have held.
const HELD_FOR_ONE: usize = 4;
/// Nobody is behind anybody else's address, so everyone has a share.
const SHARES: &str = "[limits]\nmany_behind = []\n";

/// A person with a device, and an application that asks for no number.
async fn ward(config: &str) -> (Service, Integration, Device) {
    let service = Service::start_with(config);
    let integration = service.add_integration(&["Ward terminal", "--number-digits", "0"]);
    let device = Device::activate(&service, &service.add_user("alice")).await;
    (service, integration, device)
}

/// The application asks, the device is told, approves, and the application is told.
async fn signs_in(service: &Service, integration: &Integration, device: &mut Device) {
    let client = service.client();
    let person = Params::new().with("username", "alice");
    let preauth = Call::v2(
        service,
        integration,
        Method::POST,
        "/auth/v2/preauth",
        &person,
    );
    assert_eq!(good(preauth.send(&client).await)["result"], "auth");
    let push = person.with("device", "auto").with("factor", "push");
    let call = Call::v2(service, integration, Method::POST, "/auth/v2/auth", &push);
    let asked = tokio::spawn(async move { call.send(&client).await });
    let request = device.next_request().await;
    let answered = device.answer(&request, "approve", None).await;
    assert_eq!(answered.status, StatusCode::OK, "{}", answered.body);
    assert_eq!(good(asked.await.unwrap())["result"], "allow");
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_slow_bodies_to_devices_and_applications_take_no_place() {
    let (service, integration, mut device) = ward("").await;
    for path in ["/auth/v2/preauth", "/push/v2/device/info"] {
        let _bodies = never_ending(&service, path, HOME, MORE_THAN_PLACES).await;
        signs_in(&service, &integration, &mut device).await;
    }
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn r1_slow_bodies_from_one_address_are_in_each_others_way_only() {
    let (service, integration, mut device) = ward(SHARES).await;
    let path = "/push/v2/device/transactions/x";
    let mut bodies = never_ending(&service, path, ELSEWHERE, 320).await;
    // 256 of them may be on their way: for each that comes after, the oldest ends
    for _ in 0..64 {
        assert_eq!(
            bodies.join_next().await.unwrap().unwrap(),
            StatusCode::REQUEST_TIMEOUT
        );
    }
    signs_in(&service, &integration, &mut device).await;
    assert_eq!(bodies.len(), 256);
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_slow_bodies_on_the_portal_stop_neither_it_nor_applications() {
    let config = "enrolment = \"open\"\n";
    let (service, integration, mut device) = ward(config).await;
    for path in ["/self-service/v1/session", "/oauth/v1/token"] {
        let _bodies = never_ending(&service, path, HOME, MORE_THAN_PLACES).await;
        signs_in(&service, &integration, &mut device).await;
        let name = format!("bob{}", path.len());
        let (_, session) = App::of_new_user(&service, &name).await;
        assert_eq!(session["stage"], "first_device");
    }
}

/// Connects from an address, says nothing, and waits for the other end to end it.
async fn silent(to: SocketAddr, from: IpAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(from, 0)).unwrap();
    let mut stream = socket.connect(to).await.unwrap();
    let ended = stream.read(&mut [0]).await;
    assert!(
        matches!(ended, Ok(0))
            || ended.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset)
    );
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn r1_connections_of_one_address_are_bounded() {
    let config = format!("{SHARES}connections_per_address = 16\n");
    let (service, integration, mut device) = ward(&config).await;
    let to = SocketAddr::new(HOME, service.port());
    let mut held = JoinSet::new();
    for _ in 0..17 {
        held.spawn(silent(to, ELSEWHERE));
    }
    held.join_next().await.unwrap().unwrap();
    let told = tokio::time::timeout(Duration::from_secs(30), async {
        // Until its log has come through the pipe
        while !service.log().contains("limits.many_behind") {
            tokio::task::yield_now().await;
        }
    });
    told.await
        .expect("one is ended since the address has its share, and the log says so");
    assert!(service.log().contains("127.0.0.66"));
    signs_in(&service, &integration, &mut device).await;
    held.shutdown().await;
    let client = service.client_with(&[]).local_address(ELSEWHERE);
    let client = client.build().unwrap();
    let again = tokio::time::timeout(Duration::from_secs(30), async {
        // Until the service has noticed that they are gone
        while client.get(service.url("/healthz")).send().await.is_err() {
            tokio::task::yield_now().await;
        }
    });
    again.await.expect("who went has their share again");
}

/// What comes of `calls` that are held for one, begun one after the other: the first is refused, the others are not.
async fn the_oldest_is_refused(mut calls: JoinSet<Reply>) -> JoinSet<Reply> {
    let refused = calls.join_next().await.unwrap().unwrap();
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(
        refused.code(),
        u64::from(code::TOO_MANY),
        "{}",
        refused.body
    );
    assert_eq!(calls.len(), HELD_FOR_ONE);
    calls
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_of_a_devices_held_calls_the_newest_are_kept() {
    let (service, integration, device) = ward("").await;
    let seen = device.poll().await.revision.unwrap();
    let mut calls = JoinSet::new();
    for _ in 0..=HELD_FOR_ONE {
        let (client, host) = (service.client(), service.host());
        let poll = device.sign_poll(50, Some(&seen));
        calls.spawn(async move { send(&client, &host, &poll).await });
    }
    let mut calls = the_oldest_is_refused(calls).await;
    let push = Params::new()
        .with("async", "1")
        .with("device", "auto")
        .with("factor", "push")
        .with("username", "alice");
    let push = Call::v2(&service, &integration, Method::POST, "/auth/v2/auth", &push);
    good(push.send(&service.client()).await);
    while let Some(told) = calls.join_next().await {
        let told = good(told.unwrap());
        assert_eq!(told["transactions"].as_array().unwrap().len(), 1, "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_of_an_activations_held_calls_the_newest_are_kept() {
    let service = Service::start_with("enrolment = \"open\"\n");
    let (mut app, _) = App::of_new_user(&service, "alice").await;
    let wanted = json!({ "for": "new", "kind": "phone", "platform": "android", "number": null });
    let made = app.post("/activations", wanted).await;
    let text = ActivationText::read(made["text"].as_str().unwrap());
    let code = text.unwrap().unwrap().code;
    let key = SigningKey::make_p256(&SystemRandom::new()).unwrap();
    let ask = async |key: &SigningKey, wait: u32| {
        let (client, host) = (service.client(), service.host());
        let ask = held_activation_request(&host, code.expose(), key, wait);
        send(&client, &host, &ask).await
    };
    assert_eq!(ask(&key, 0).await.body["response"]["compare"], true);
    let mut calls = JoinSet::new();
    for _ in 0..=HELD_FOR_ONE {
        let (client, host) = (service.client(), service.host());
        let ask = held_activation_request(&host, code.expose(), &key, 50);
        calls.spawn(async move { send(&client, &host, &ask).await });
    }
    let mut calls = the_oldest_is_refused(calls).await;
    // Whoever photographed the code holds nothing, and ends nothing of hers
    for _ in 0..2 * HELD_FOR_ONE {
        let other = SigningKey::make_p256(&SystemRandom::new()).unwrap();
        assert_eq!(ask(&other, 50).await.status, StatusCode::NOT_FOUND);
    }
    let path = format!("/activations/{}", made["id"].as_str().unwrap());
    let check = app.get(&path).await["scanned"]["check"].clone();
    app.post(&format!("{path}/confirm"), json!({ "check": check }))
        .await;
    while let Some(told) = calls.join_next().await {
        let told = told.unwrap();
        assert_eq!(told.status, StatusCode::OK, "{}", told.body);
        assert!(told.body["response"]["pkey"].is_string(), "{}", told.body);
    }
}
