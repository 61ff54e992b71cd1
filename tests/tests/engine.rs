//! The app's engine against the real service and the real `duo_client`, without a window.
#![expect(clippy::unwrap_used, reason = "a test says by its panic what is wrong")]

use std::path::Path;

use anyhow::{Result, ensure};
use countersign_tests::{
    duo::DuoClient,
    headless::{Headless, Start},
    impostor::{Impostor, http},
    service::Service,
};
use serde_json::{Value, json};
use tempfile::TempDir;

const USER: &str = "a.lindqvist";

/// A service with one user, and a folder for the app's vault.
struct Ward {
    service: Service,
    folder: TempDir,
    managed: Vec<String>,
}

impl Ward {
    async fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let service = Service::start(folder.path()).await?;
        service.add_user(USER)?;
        Ok(Self {
            managed: vec![service.address()],
            service,
            folder,
        })
    }

    fn vault(&self) -> std::path::PathBuf {
        self.folder.path().join("app")
    }

    fn start(&self) -> Start<'_> {
        Start {
            managed: &self.managed,
            ca: Some(&self.service.ca),
            ..Start::default()
        }
    }

    fn app(&self) -> Result<Headless> {
        Headless::open(&self.vault(), self.start())
    }

    fn tls(&self) -> &Path {
        self.service.ca.parent().unwrap()
    }
}

fn passcode(app: &mut Headless, account: &Value) -> Result<String> {
    let shown = app.ask("passcodes", json!({ "ids": [account["id"]] }))?;
    Ok(shown[0]["code"].as_str().unwrap_or_default().to_owned())
}

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
    let code: countersign_tests::service::Activation =
        ward.service
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
    let account = app.ask("activate", json!({ "draft": read[0]["draft"] }))?;
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
async fn bad_codes_and_bad_services_are_told_apart_and_nothing_is_lost() -> Result<()> {
    let mut ward = Ward::new().await?;
    let mut app = ward.app()?;
    let first = ward.service.activation(USER)?;
    app.activate(&first.text)?;

    let read = app.ask("read_text", json!({ "text": first.text }))?;
    let used = app.problem("activate", json!({ "draft": read["draft"] }))?;
    ensure!(used["code"] == "code_refused", "{used}");
    let unknown = format!(
        "https://{}/activate#AAAAAAAAAAAAAAAAAAAA",
        ward.service.address()
    );
    let read = app.ask("read_text", json!({ "text": unknown }))?;
    ensure!(app.problem("activate", json!({ "draft": read["draft"] }))?["code"] == used["code"]);

    // The service is down: the draft stays and works when it is back
    let code = ward.service.activation(USER)?;
    let read = app.ask("read_text", json!({ "text": code.text }))?;
    ward.service.kill();
    let down = app.problem("activate", json!({ "draft": read["draft"] }))?;
    ensure!(down["code"] == "service_down", "{down}");
    ward.service.resume().await?;
    app.ask("activate", json!({ "draft": read["draft"] }))?;

    // Its certificate is not trusted
    let vault = ward.folder.path().join("strangers");
    let mut stranger = Headless::open(
        &vault,
        Start {
            ca: None,
            ..ward.start()
        },
    )?;
    let read = stranger.ask(
        "read_text",
        json!({ "text": ward.service.activation(USER)?.text }),
    )?;
    let refused = stranger.problem("activate", json!({ "draft": read["draft"] }))?;
    ensure!(refused["code"] == "certificate_refused", "{refused}");
    let view = stranger.ask("view", json!({}))?;
    ensure!(view["accounts"] == json!([]), "{view}");

    // Its name does not exist
    let nowhere = vec!["nowhere.invalid".to_owned()];
    let vault = ward.folder.path().join("lost");
    let mut lost = Headless::open(
        &vault,
        Start {
            managed: &nowhere,
            ..ward.start()
        },
    )?;
    let read = lost.ask(
        "read_text",
        json!({ "text": "https://nowhere.invalid/activate#AAAAAAAAAAAAAAAAAAAA" }),
    )?;
    ensure!(lost.problem("activate", json!({ "draft": read["draft"] }))?["code"] == "host_unknown");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn q1_reading_a_link_changes_nothing_and_needs_an_unlocked_app() -> Result<()> {
    let ward = Ward::new().await?;
    let mut app = ward.app()?;
    let code = ward.service.activation(USER)?;
    let before = app.ask("view", json!({}))?;
    for text in [
        &code.text,
        &code.duo_text,
        "otpauth://totp/Library:a?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    ] {
        app.ask("read_text", json!({ "text": text }))?;
    }
    ensure!(app.ask("view", json!({}))? == before);
    app.ask("lock", json!({}))?;
    for (ask, with) in [
        ("read_text", json!({ "text": code.text })),
        ("activate", json!({ "draft": "0" })),
        (
            "answer",
            json!({ "id": "0", "answer": { "say": "approve", "number": null } }),
        ),
        ("remove", json!({ "id": "0".repeat(32) })),
        ("passcodes", json!({ "ids": [] })),
        ("rename", json!({ "id": "0".repeat(32), "name": "x" })),
        ("next_passcode", json!({ "id": "0".repeat(32) })),
    ] {
        ensure!(app.problem(ask, with)?["code"] == "locked", "{ask}");
    }
    // The code was not used by any of this
    let mut other = Headless::open(&ward.folder.path().join("other"), ward.start())?;
    other.activate(&code.text)?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn q2_a_local_host_needs_the_managed_list_and_no_request_leaves() -> Result<()> {
    let ward = Ward::new().await?;
    let mut impostor = Impostor::start(ward.tls(), http("200 OK", "", "{}")).await?;
    let mut app = Headless::open(
        &ward.vault(),
        Start {
            managed: &[],
            ..ward.start()
        },
    )?;
    for host in [
        format!("localhost:{}", impostor.port),
        format!("127.0.0.1:{}", impostor.port),
        "localhost".to_owned(),
        "127.1".to_owned(),
        "169.254.169.254".to_owned(),
    ] {
        let read = app.ask(
            "read_text",
            json!({ "text": format!("https://{host}/activate#AAAAAAAAAAAAAAAAAAAA") }),
        )?;
        if read["kind"] == "activation" {
            ensure!(read["refused"] == "host_refused", "{read}");
            ensure!(
                app.problem("activate", json!({ "draft": read["draft"] }))?["code"]
                    == "host_refused",
                "{host}"
            );
        }
    }
    ensure!(impostor.arrived().is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t6_a_redirect_is_not_followed() -> Result<()> {
    let ward = Ward::new().await?;
    let mut target = Impostor::start(ward.tls(), http("200 OK", "", "{}")).await?;
    let location = format!(
        "location: https://localhost:{}/push/v2/activation/AAAAAAAAAAAAAAAAAAAA\r\n",
        target.port
    );
    let mut impostor = Impostor::start(ward.tls(), http("302 Found", &location, "")).await?;
    let managed = vec![
        format!("localhost:{}", impostor.port),
        format!("localhost:{}", target.port),
    ];
    let mut app = Headless::open(
        &ward.vault(),
        Start {
            managed: &managed,
            ..ward.start()
        },
    )?;
    let read = app.ask(
        "read_text",
        json!({ "text": format!("https://{}/activate#AAAAAAAAAAAAAAAAAAAA", managed[0]) }),
    )?;
    let refused = app.problem("activate", json!({ "draft": read["draft"] }))?;
    ensure!(refused["code"] == "not_a_service", "{refused}");
    ensure!(impostor.arrived().len() == 1);
    ensure!(target.arrived().is_empty());
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

    let code: countersign_tests::service::Activation =
        ward.service
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
    before
        .await_view("the old copy to stop", |view| {
            view["accounts"][0]["state"] == "needs_reactivating"
        })
        .await?;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn q2_an_answer_that_is_too_long_or_not_the_protocol_is_refused() -> Result<()> {
    let ward = Ward::new().await?;
    for reply in [
        http("200 OK", "", &"x".repeat(300_000)),
        http("200 OK", "content-type: text/html\r\n", "<h1>Hello</h1>"),
        http("200 OK", "", r#"{"stat":"OK","response":{}}"#),
    ] {
        let impostor = Impostor::start(ward.tls(), reply).await?;
        let managed = vec![format!("localhost:{}", impostor.port)];
        let mut app = Headless::open(
            &ward.folder.path().join(impostor.port.to_string()),
            Start {
                managed: &managed,
                ..ward.start()
            },
        )?;
        let read = app.ask(
            "read_text",
            json!({ "text": format!("https://{}/activate#AAAAAAAAAAAAAAAAAAAA", managed[0]) }),
        )?;
        let refused = app.problem("activate", json!({ "draft": read["draft"] }))?;
        ensure!(refused["code"] == "not_a_service", "{refused}");
        ensure!(app.ask("view", json!({}))?["accounts"] == json!([]));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_fifty_times_while_it_adds_an_account_the_vault_always_opens() -> Result<()> {
    let ward = Ward::new().await?;
    let mut working = 0;
    ward.app()?.kill();
    for round in 0..50_u64 {
        let code = ward.service.activation(USER)?;
        let mut app = ward.app()?;
        let read = app.ask("read_text", json!({ "text": code.text }))?;
        app.send("activate", json!({ "draft": read["draft"] }))?;
        // From before the key is stored to after the answer is there
        std::thread::sleep(std::time::Duration::from_micros(round.pow(2) * 20));
        app.kill();

        let mut app = ward.app()?;
        let view = app
            .await_view("every activation to be finished or gone", |view| {
                view["accounts"]
                    .as_array()
                    .is_some_and(|all| all.iter().all(|account| account["state"] == "working"))
            })
            .await?;
        let now = view["accounts"].as_array().map_or(0, Vec::len);
        ensure!(
            now == working || now == working + 1,
            "{working} accounts became {now}"
        );
        working = now;
    }
    ensure!(working > 0, "no kill came late enough");
    ensure!(working < 50, "no kill came early enough");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v14_a_second_copy_finds_the_vault_in_use() -> Result<()> {
    let ward = Ward::new().await?;
    let _first = ward.app()?;
    let mut second = Headless::start(&ward.vault(), ward.start())?;
    let view = second.ask("view", json!({}))?;
    ensure!(
        view["at"] == "faulty" && view["fault"] == "in_use",
        "{view}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t4_no_seed_and_no_key_is_ever_told_to_a_window() -> Result<()> {
    let ward = Ward::new().await?;
    let mut app = ward.app()?;
    let seed = "MFRGGZDFMZTWQ2LKMFRGGZDFMZTWQ2LK";
    let code = ward.service.activation(USER)?;
    let mut told = String::new();
    let mut ask = |app: &mut Headless, question: &str, with: Value| -> Result<Value> {
        let answer = app.try_ask(question, with)?;
        told.push_str(&answer.to_string());
        Ok(answer)
    };
    let other = ask(
        &mut app,
        "read_text",
        json!({ "text": format!("otpauth://totp/Library:a?secret={seed}") }),
    )?;
    let read = ask(&mut app, "read_text", json!({ "text": code.text }))?;
    let account = ask(
        &mut app,
        "activate",
        json!({ "draft": read["ok"]["draft"] }),
    )?;
    let id = &account["ok"]["id"];
    ask(&mut app, "view", json!({}))?;
    ask(&mut app, "passcodes", json!({ "ids": [id] }))?;
    ask(&mut app, "rename", json!({ "id": id, "name": "Ward" }))?;
    ask(&mut app, "next_passcode", json!({ "id": id }))?;
    ask(
        &mut app,
        "answer",
        json!({ "id": "nothing", "answer": { "say": "deny" } }),
    )?;
    ensure!(other["ok"]["kind"] == "other", "{other}");
    for canary in [
        seed,
        &seed.to_lowercase(),
        "abcdefghijabcdefghij",
        &code.code,
        "BEGIN",
        "PRIVATE",
        "hotp_secret",
    ] {
        ensure!(!told.contains(canary), "a window was told {canary}");
    }
    Ok(())
}
