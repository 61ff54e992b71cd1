//! The app's engine against the real service and the real `duo_client`, without a window: what works.

use anyhow::{Result, ensure};
use countersign_tests::{
    duo::DuoClient,
    headless::{Headless, Start},
    hospital::{self, Hospital},
    impostor::{Impostor, http},
    service::Activation,
    ward::{USER, Ward, passcode},
};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_push_is_approved_denied_and_reported_and_a_passcode_works_once() -> Result<()> {
    let ward = Ward::new().await?;
    let integration = ward
        .service
        .add_integration("Patient Records", &["--number-digits", "0"])?;
    let duo = DuoClient::new(&ward.service, &integration)?;
    let mut app = ward.app()?;
    let account = app.activate(&ward.service.activation(USER)?.text)?;
    ensure!(
        account["account"] == USER && account["state"] == "working" && account["legacy"] == false,
        "{account}"
    );

    let push = duo.push(USER);
    let request = app.await_request().await?;
    ensure!(
        request["application"] == "Patient Records" && request["username"] == USER,
        "{request}"
    );
    let outcome = app.ask(
        "answer",
        json!({ "id": request["id"], "answer": { "say": "approve", "number": null } }),
    )?;
    ensure!(outcome["result"]["is"] == "approved", "{outcome}");
    let told = push.answer().await?;
    ensure!(told["result"] == "allow", "{told}");

    let push = duo.push(USER);
    let request = app.await_request().await?;
    ensure!(
        app.ask(
            "answer",
            json!({ "id": request["id"], "answer": { "say": "deny" } })
        )?["result"]["is"]
            == "denied"
    );
    ensure!(push.answer().await?["result"] == "deny");

    let asked = duo
        .answer(
            "auth",
            json!({ "username": USER, "factor": "push", "device": "auto", "async_txn": true }),
        )
        .await?;
    let request = app.await_request().await?;
    ensure!(
        app.ask(
            "answer",
            json!({ "id": request["id"], "answer": { "say": "deny" } })
        )?["result"]["is"]
            == "denied"
    );
    ensure!(
        app.ask(
            "answer",
            json!({ "id": request["id"], "answer": { "say": "report" } })
        )?["result"]["is"]
            == "reported"
    );
    let status = duo
        .answer("auth_status", json!({ "txid": asked["txid"] }))
        .await?;
    ensure!(
        status["status"] == "fraud" && status["success"] == false,
        "{status}"
    );

    let code = passcode(&mut app, &account)?;
    ensure!(duo.passcode(USER, &code).await?["result"] == "allow");
    ensure!(duo.passcode(USER, &code).await?["result"] == "deny");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_number_on_the_page_is_typed_and_two_wrong_ones_close_the_request() -> Result<()> {
    let ward = Ward::new().await?;
    let duo = DuoClient::new(
        &ward.service,
        &ward.service.add_integration("Webmail", &[])?,
    )?;
    let mut app = ward.app()?;
    app.activate(&ward.service.activation(USER)?.text)?;

    let (number, txid) = duo.push_with_number(USER).await?;
    let request = app.await_request().await?;
    ensure!(request["number_digits"] == 3, "{request}");
    let approve = |number: &str| json!({ "id": request["id"], "answer": { "say": "approve", "number": number } });
    ensure!(app.ask("answer", approve(&number))?["result"]["is"] == "approved");
    ensure!(duo.decided(&txid).await?["success"] == true);

    let (number, txid) = duo.push_with_number(USER).await?;
    let wrong = if number == "000" { "111" } else { "000" };
    let request = app.await_request().await?;
    let approve = |number: &str| json!({ "id": request["id"], "answer": { "say": "approve", "number": number } });
    let first = app.ask("answer", approve(wrong))?;
    ensure!(
        first["result"] == json!({ "is": "wrong_number", "tries_left": 1 }),
        "{first}"
    );
    let second = app.ask("answer", approve(wrong))?;
    ensure!(
        second["result"] == json!({ "is": "wrong_number", "tries_left": 0 }),
        "{second}"
    );
    ensure!(duo.decided(&txid).await?["success"] == false);
    let late = app.problem("answer", approve(&number))?;
    ensure!(late["code"] == "request_gone", "{late}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_knows_only_the_plain_dialect_is_spoken_to_in_it() -> Result<()> {
    let ward = Ward::new().await?;
    let open = DuoClient::new(
        &ward.service,
        &ward
            .service
            .add_integration("Old gateway", &["--number-digits", "0", "--allow-legacy"])?,
    )?;
    let mut app = ward.app()?;
    let code: Activation = ward
        .service
        .json(&["user", "activation", USER, "--plain"])?;
    let account = app.activate(&code.duo_text)?;
    ensure!(
        account["legacy"] == true && account["state"] == "working",
        "{account}"
    );

    let push = open.push(USER);
    let request = app.await_request().await?;
    let outcome = app.ask(
        "answer",
        json!({ "id": request["id"], "answer": { "say": "approve", "number": null } }),
    )?;
    ensure!(outcome["result"]["is"] == "approved", "{outcome}");
    ensure!(push.answer().await?["result"] == "allow");

    let strict = DuoClient::new(
        &ward.service,
        &ward
            .service
            .add_integration("Patient Records", &["--number-digits", "0"])?,
    )?;
    let told = strict.push(USER).answer().await;
    ensure!(
        !told.as_ref().is_ok_and(|told| told["result"] == "allow"),
        "a legacy device let somebody in: {told:?}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_services_own_picture_is_read_and_activates() -> Result<()> {
    let ward = Ward::new().await?;
    let code = ward.service.activation(USER)?;
    let path = ward.folder.path().join("code.png");
    std::fs::write(&path, ward.service.picture(&code).await?)?;
    let mut app = ward.app()?;
    let read = app.ask("read_picture", json!({ "path": path }))?;
    ensure!(
        read[0]["kind"] == "activation" && read[0]["host"] == ward.service.address(),
        "{read}"
    );
    let account = app.ask("activate", json!({ "draft": read[0]["draft"] }))?["account"].clone();
    ensure!(account["state"] == "working", "{account}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_five_minutes_off_is_noticed_and_corrected() -> Result<()> {
    let ward = Ward::new().await?;
    let duo = DuoClient::new(
        &ward.service,
        &ward
            .service
            .add_integration("Patient Records", &["--number-digits", "0"])?,
    )?;
    for fast_ms in [300_000, -300_000] {
        let vault = ward.folder.path().join(format!("app{fast_ms}"));
        let start = Start {
            clock_fast_ms: fast_ms,
            ..ward.start()
        };
        let user = format!("user{fast_ms}");
        ward.service.add_user(&user)?;
        let mut app = Headless::open(&vault, start)?;
        let account = app.activate(&ward.service.activation(&user)?.text)?;
        let view = app
            .await_view("the clock note", |view| {
                view["clock"].is_object() && view["connection"] == "online"
            })
            .await?;
        let seconds = view["clock"]["seconds_fast"].as_i64().unwrap_or_default();
        ensure!((seconds - fast_ms / 1000).abs() <= 2, "{view}");
        let code = passcode(&mut app, &account)?;
        ensure!(duo.passcode(&user, &code).await?["result"] == "allow");
        let push = duo.push(&user);
        let request = app.await_request().await?;
        ensure!(
            request["left_ms"]
                .as_u64()
                .is_some_and(|left| (50_000..=60_000).contains(&left)),
            "{request}"
        );
        app.ask(
            "answer",
            json!({ "id": request["id"], "answer": { "say": "approve", "number": null } }),
        )?;
        ensure!(push.answer().await?["result"] == "allow");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn n2_a_request_that_the_service_did_not_sign_is_not_shown() -> Result<()> {
    let mut ward = Ward::new().await?;
    let mut app = ward.app()?;
    app.activate(&ward.service.activation(USER)?.text)?;
    app.await_view("the service", |view| view["connection"] == "online")
        .await?;
    let port = ward.service.port;
    ward.service.kill();
    let forged = json!({ "stat": "OK", "response": { "revision": "1", "time": 0, "time_signature": "AAAA", "transactions": [{
        "urgid": "UR0000000000000000AB", "transaction_id": "x", "type": "Login", "summary": "Patient Records",
        "expiration": 4_000_000_000_i64, "attributes": [[["Username", USER]]],
        "nonce": "ab".repeat(32), "integration": "DIWJ8X6AEYOR5OMC6TQ1", "user": "DU3RP9I2WOC59VZX672N", "number_digits": 0,
        "expires": 4_000_000_000_000_i64, "expires_in_ms": 60_000, "created_at": 0, "unusual": false, "signature": "AAAA",
    }] } });
    let mut impostor =
        Impostor::start_on(port, ward.tls(), http("200 OK", "", &forged.to_string())).await?;
    let mut polled = 0;
    let view = app
        .await_view("the impostor to be asked twice", |view| {
            polled += impostor.arrived().len();
            polled >= 2 && view["connection"] == "offline"
        })
        .await?;
    ensure!(view["requests"] == json!([]), "{view}");
    drop(impostor);
    ward.service.resume().await?;
    app.await_view("the service again", |view| view["connection"] == "online")
        .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d3_after_a_reinstall_the_same_device_is_activated_again_and_the_old_copy_stops()
-> Result<()> {
    let ward = Ward::new().await?;
    let duo = DuoClient::new(
        &ward.service,
        &ward
            .service
            .add_integration("Patient Records", &["--number-digits", "0"])?,
    )?;
    let mut before = ward.app()?;
    before.activate(&ward.service.activation(USER)?.text)?;
    let devices: Value = ward.service.json(&["user", "devices", USER])?;
    let device = devices["devices"][0]["device"]
        .as_str()
        .or_else(|| devices["devices"][0]["id"].as_str())
        .unwrap()
        .to_owned();

    let code: Activation = ward
        .service
        .json(&["user", "activation", USER, "--device", &device])?;
    // The old copy works until the new one has finished
    let push = duo.push(USER);
    let request = before.await_request().await?;
    before.ask(
        "answer",
        json!({ "id": request["id"], "answer": { "say": "approve", "number": null } }),
    )?;
    ensure!(push.answer().await?["result"] == "allow");

    let mut after = Headless::open(&ward.folder.path().join("after"), ward.start())?;
    let account = after.activate(&code.text)?;
    let view = before
        .await_view("the old copy to stop", |view| {
            view["accounts"][0]["state"] == "needs_reactivating"
        })
        .await?;
    let stopped = &view["accounts"][0]["stopped"];
    ensure!(
        stopped["cause"] == "replaced" && stopped["at_ms"].is_string(),
        "{stopped}"
    );
    ensure!(
        stopped["device"] == devices["devices"][0]["name"],
        "{stopped}"
    );
    let push = duo.push(USER);
    let request = after.await_request().await?;
    after.ask(
        "answer",
        json!({ "id": request["id"], "answer": { "say": "approve", "number": null } }),
    )?;
    ensure!(push.answer().await?["result"] == "allow");
    let code = passcode(&mut after, &account)?;
    ensure!(duo.passcode(USER, &code).await?["result"] == "allow");
    let devices: Value = ward.service.json(&["user", "devices", USER])?;
    ensure!(
        devices["devices"].as_array().map(Vec::len) == Some(1),
        "{devices}"
    );
    Ok(())
}

/// Waits until the app says that its account stopped because of `cause`.
async fn stopped(app: &mut Headless, cause: &str) -> Result<Value> {
    let view = app
        .await_view(cause, |view| {
            view["accounts"][0]["stopped"]["cause"] == cause
        })
        .await?;
    ensure!(
        view["accounts"][0]["state"] == "needs_reactivating",
        "{view}"
    );
    Ok(view["accounts"][0]["stopped"].clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d4_two_copies_that_answer_in_turn_are_stopped_and_both_say_so_also_after_a_restart()
-> Result<()> {
    let mut hospital = Hospital::new().await?;
    let duo = hospital.duo()?;
    hospital.activated("phone")?.kill();
    hospital.copy("phone", "copy")?;
    let mut original = hospital.app("phone")?;
    let mut copy = hospital.app("copy")?;
    let deny = |request: &Value| json!({ "id": request["id"], "answer": { "say": "deny" } });

    duo.push_with_number(hospital::USER).await?;
    let first = copy.await_request().await?;
    let outcome = copy.ask("answer", deny(&first))?;
    ensure!(outcome["result"]["is"] == "denied", "{outcome}");
    duo.push_with_number(hospital::USER).await?;
    let view = original
        .await_view("the second request alone", |view| {
            let requests = view["requests"].as_array();
            requests.is_some_and(|all| all.len() == 1 && all[0]["id"] != first["id"])
        })
        .await?;
    let outcome = original.ask("answer", deny(&view["requests"][0]))?;
    ensure!(outcome["result"]["is"] == "refused", "{outcome}");
    let told = stopped(&mut original, "copied").await?;
    ensure!(stopped(&mut copy, "copied").await? == told, "one moment");

    // It is known before the service is asked again, and what is activated again works
    original.kill();
    hospital.service.stop();
    let mut original = hospital.app("phone")?;
    ensure!(stopped(&mut original, "copied").await? == told);
    original.kill();
    hospital.service.resume().await?;
    let devices: Value = hospital
        .service
        .json(&["user", "devices", hospital::USER])?;
    let device = devices["devices"][0]["device"].as_str().unwrap_or_default();
    let code: Activation =
        hospital
            .service
            .json(&["user", "activation", hospital::USER, "--device", device])?;
    let account = copy.activate(&code.text)?;
    ensure!(
        account["state"] == "working" && account["stopped"].is_null(),
        "{account}"
    );
    let mut original = hospital.app("phone")?;
    stopped(&mut original, "replaced").await?;
    Ok(())
}
