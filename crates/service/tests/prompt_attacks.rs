//! The sign-in prompt under attack: links that are not good, other browsers, other sites, other people's devices.

use crate::common;

use axum::http::{Method, StatusCode};
use common::prompt::{App, CALLBACK, Tab, alice, jwt_as, location};
use countersign_service::challenge::Choice;
use countersign_service::clock::Clock as _;
use ring::hmac;
use serde_json::{Value, json};

/// Nobody is led anywhere, and no prompt was begun.
#[track_caller]
fn is_refused(reply: &common::client::Reply, what: &str) {
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{what}");
    assert_eq!(location(&reply.headers), "", "{what} redirects");
    assert!(reply.headers.get("set-cookie").is_none(), "{what}");
}

#[tokio::test]
async fn a_link_is_signed_with_hs512_by_the_secret_of_its_client() {
    let (service, _, _, app) = alice().await;
    let other = App::new(&service).await;
    let claims = app.wish("alice", service.clock.now());
    let header = json!({ "alg": "HS512" });
    let key = app.secret.as_bytes();
    let good = jwt_as(&header, hmac::HMAC_SHA512, key, &claims);
    let (body, _) = good.rsplit_once('.').unwrap();
    for (what, request) in [
        (
            "another's secret",
            jwt_as(&header, hmac::HMAC_SHA512, other.secret.as_bytes(), &claims),
        ),
        (
            "HS256",
            jwt_as(&json!({ "alg": "HS256" }), hmac::HMAC_SHA256, key, &claims),
        ),
        (
            "none",
            jwt_as(&json!({ "alg": "none" }), hmac::HMAC_SHA512, key, &claims),
        ),
        ("no signature", format!("{body}.")),
        ("a changed claim", app.jwt(&claims).replace("ey", "eY")),
        ("nothing", String::new()),
    ] {
        is_refused(&app.open_query(&app.query(&request)).await, what);
    }
    let unknown = app.query(&good).replace(app.id(), "DIAAAAAAAAAAAAAAAAAA");
    is_refused(&app.open_query(&unknown).await, "an unknown client");
    is_refused(
        &app.open_query(&app.query(&good).replace(app.id(), other.id()))
            .await,
        "another client's link",
    );
    let reply = app.open_query(&app.query(&good)).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "the good one works");
    assert_eq!(service.audit_count("prompt.begin", "done").await, 1);
}

#[tokio::test]
async fn a_link_says_what_it_has_to_say() {
    let (service, _, _, app) = alice().await;
    let now = service.clock.now();
    let seconds = now.seconds();
    for (name, value) in [
        ("scope", json!("openid profile")),
        ("response_type", json!("token")),
        ("client_id", json!("DIAAAAAAAAAAAAAAAAAA")),
        ("iss", json!("DIAAAAAAAAAAAAAAAAAA")),
        ("aud", json!("https://elsewhere.test")),
        ("redirect_uri", json!("https://evil.test/duo-callback")),
        ("redirect_uri", json!(format!("{CALLBACK}/"))),
        (
            "redirect_uri",
            json!(format!("{CALLBACK}?next=https://evil.test")),
        ),
        ("redirect_uri", json!(CALLBACK.to_uppercase())),
        ("state", json!("too short")),
        ("state", json!("x".repeat(1025))),
        ("duo_uname", json!("")),
        ("duo_uname", json!(7)),
        ("exp", json!(seconds - 61)),
        ("exp", json!(seconds + 361)),
        ("exp", json!("tomorrow")),
        ("iat", json!(seconds + 100)),
        ("nonce", json!("not the nonce of the query")),
    ] {
        let mut claims = app.wish("alice", now);
        claims[name] = value.clone();
        is_refused(&app.open(&claims).await, &format!("{name} = {value}"));
        claims.as_object_mut().unwrap().remove(name);
        if !["iat", "nonce"].contains(&name) {
            is_refused(&app.open(&claims).await, &format!("no {name}"));
        }
    }
    // A float is a number, and a minute of difference between two clocks is none
    for exp in [json!(300.54 + 1_795_492_110.0), json!(seconds - 59)] {
        let mut claims = app.wish("alice", now);
        claims["exp"] = exp.clone();
        assert_eq!(
            app.open(&claims).await.status,
            StatusCode::SEE_OTHER,
            "{exp}"
        );
    }
    let good = app.query(&app.jwt(&app.wish("alice", now)));
    for (what, query) in [
        ("no response_type", good.replace("response_type=code&", "")),
        (
            "another type",
            good.replace("response_type=code", "response_type=token"),
        ),
        (
            "a short nonce",
            good.replace("a+nonce+of+the+application", "short"),
        ),
        ("a name twice", format!("{good}&client_id={}", app.id())),
    ] {
        is_refused(&app.open_query(&query).await, what);
    }
}

#[tokio::test]
async fn s8_the_cookie_is_the_prompts_own_and_every_page_is_framed_by_nobody() {
    let (service, _, _, app) = alice().await;
    let query = app.query(&app.jwt(&app.wish("alice", service.clock.now())));
    let reply = app.open_query(&query).await;
    let cookie = reply.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-countersign-prompt-"));
    for term in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(&format!("; {term}")), "{term}: {cookie}");
    }
    let bad = app.open_query("client_id=nobody").await;
    for headers in [&reply.headers, &bad.headers] {
        assert_eq!(headers["cache-control"], "no-store");
        assert_eq!(headers["referrer-policy"], "no-referrer");
    }
    let policy = bad.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'none'"));

    // A browser keeps four: what began first goes first
    let held =
        ["a", "b", "c", "d"].map(|each| format!("__Host-countersign-prompt-{}=x", each.repeat(20)));
    let reply = app.open_with(&query, &held.join("; ")).await;
    let over: Vec<&str> = reply
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|value| value.to_str().unwrap())
        .filter(|value| value.contains("Max-Age=0"))
        .collect();
    assert!(
        over.len() == 1 && over[0].contains(&"a".repeat(20)),
        "{over:?}"
    );
}

#[tokio::test]
async fn s4_a_prompt_is_its_own_browsers_and_a_proof_its_own_prompts() {
    let (service, _, phone, app) = alice().await;
    let mine = app.send(&service, "alice").await;
    let other = app.send(&service, "alice").await;
    let proof = mine.try_push(&phone).await.good();
    let path = format!("/proofs/{}", proof["id"].as_str().unwrap());
    let with_cookie = |tab: &Tab, cookie: &str| {
        let mut request = tab.request(&Method::GET, "", None);
        request
            .headers_mut()
            .insert("cookie", cookie.parse().unwrap());
        request
    };
    let (name, secret) = mine.cookie.split_once('=').unwrap();
    let (_, others) = other.cookie.split_once('=').unwrap();
    for cookie in [
        String::new(),
        other.cookie.clone(),
        format!("{name}={others}"),
        format!("{name}="),
        format!("{name}={secret}; {name}={secret}"),
        format!("__Host-countersign={secret}"),
    ] {
        let request = with_cookie(&mine, &cookie);
        mine.send(request).await.refused(404, "not_found");
    }
    // Every route, with the other prompt's cookie and word
    let stranger = Tab::after_of(&mine, &other);
    for (method, route) in [
        (Method::GET, ""),
        (Method::GET, path.as_str()),
        (Method::DELETE, path.as_str()),
        (Method::POST, "/proofs"),
        (Method::POST, "/give-up"),
        (Method::GET, "/leave"),
    ] {
        let body = (method == Method::POST).then(|| json!({ "way": "passcode", "passcode": "1" }));
        let request = stranger.request(&method, route, body.as_ref());
        stranger.send(request).await.refused(404, "not_found");
    }
    // And one prompt's proof in the other
    other.get(&path).await.refused(404, "not_found");
    let request = other.request(&Method::DELETE, &path, None);
    other.send(request).await.refused(404, "not_found");
    assert_eq!(mine.get(&path).await.good()["state"], "waiting");
}

#[tokio::test]
async fn s4_another_users_devices_are_not_asked() {
    let (service, _, _, app) = alice().await;
    let bob = service.user("bob").await;
    let phone = service.phone(&bob).await;
    let tab = app.send(&service, "alice").await;
    tab.try_push(&phone).await.refused(404, "not_found");
    let wanted = json!({ "way": "call", "device": phone.device.id.as_str() });
    tab.post("/proofs", wanted).await.refused(404, "not_found");
    let code = phone.code_at(service.clock.now());
    tab.try_passcode(&code).await.refused(422, "wrong_passcode");
    assert!(service.pending(&phone).await.is_empty());
}

#[tokio::test]
async fn s8_another_sites_page_changes_nothing() {
    let (service, _, phone, app) = alice().await;
    let mut tab = app.send(&service, "alice").await;
    let wanted = json!({ "way": "push", "device": phone.device.id.as_str() });
    for (name, value) in [
        ("origin", "https://evil.test"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("content-type", "text/plain"),
        ("x-countersign-csrf", "guessed"),
        ("x-countersign-csrf", ""),
    ] {
        let mut request = tab.request(&Method::POST, "/proofs", Some(&wanted));
        request.headers_mut().insert(name, value.parse().unwrap());
        tab.send(request).await.refused(403, "other_site");
    }
    let mut request = tab.request(&Method::GET, "/leave", None);
    request
        .headers_mut()
        .insert("sec-fetch-site", "cross-site".parse().unwrap());
    tab.send(request).await.refused(403, "other_site");
    assert!(service.pending(&phone).await.is_empty());
    let extra = json!({ "way": "push", "device": phone.device.id.as_str(), "user": "bob" });
    tab.post("/proofs", extra).await.refused(400, "bad_request");
    assert_eq!(tab.view().await["stage"], "open");
}

#[tokio::test]
async fn a_request_of_the_auth_api_confirms_no_prompt_and_a_prompt_no_session() {
    let (service, _, phone, app) = alice().await;
    let tab = app.send(&service, "alice").await;
    let proof = tab.try_push(&phone).await.good();
    service.clock.advance(1);
    let (_, number) = service.pushed_with_number(&app.integration, "alice").await;
    let pending = service.pending(&phone).await;
    assert_eq!(pending.len(), 2);
    let newest = pending.last().unwrap();
    service
        .answer(&phone.answer(newest, Choice::Approve, Some(&number)))
        .await;
    let path = format!("/proofs/{}", proof["id"].as_str().unwrap());
    assert_eq!(tab.get(&path).await.good()["state"], "waiting");

    tab.confirm(&service, &phone).await;
    // The prompt's cookie opens nothing of self-service
    let browser = common::client::Client::browser(&service);
    let (_, secret) = tab.cookie.split_once('=').unwrap();
    browser.set_jar(common::client::Jar {
        token: Some(secret.to_owned()),
        csrf: tab.csrf.clone(),
    });
    browser.get("/session").await.refused(401, "signed_out");
}

#[tokio::test]
async fn c2_of_two_hundred_that_leave_at_once_one_gets_a_code() {
    let (service, _, phone, app) = alice().await;
    let tab = app.send(&service, "alice").await;
    tab.confirm(&service, &phone).await;
    let all = futures_util::future::join_all((0..200).map(|_| tab.get("/leave"))).await;
    let with_code = all
        .iter()
        .filter(|reply| reply.status == StatusCode::FOUND)
        .count();
    assert_eq!(with_code, 1);
    assert_eq!(service.audit_count("prompt.leave", "done").await, 1);
}

#[tokio::test]
async fn c11_a_store_that_fails_lets_nobody_in() {
    use common::faulty::{When, service};
    let (service, faulty) = service(When::Before).await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    service.clock.advance(1);
    let app = App::new(&service).await;
    for calls in 0..8 {
        service.clock.advance(61_000);
        let tab = app.send(&service, "alice").await;
        let code = phone.code_at(service.clock.now());
        faulty.arm(calls);
        let reply = tab.try_passcode(&code).await;
        let failed = faulty.disarm();
        if failed {
            reply.refused(503, "unavailable");
            assert_eq!(tab.get("/leave").await.status, StatusCode::SEE_OTHER);
        } else {
            reply.good();
        }
    }
    for calls in 0..3 {
        service.clock.advance(61_000);
        let tab = app.send(&service, "alice").await;
        let code = phone.code_at(service.clock.now());
        tab.try_passcode(&code).await.good();
        let code = tab.leave().await;
        faulty.arm(calls);
        let jti = format!("0123456789abcdef-{calls}");
        let reply = app.exchange(&service, &code, CALLBACK, &jti).await;
        assert!(faulty.disarm());
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(reply.body["id_token"], Value::Null);
    }
}
