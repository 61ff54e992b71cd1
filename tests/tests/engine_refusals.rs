//! The app's engine against the real service and impostors, without a window: what is refused, and that nothing is lost.

use anyhow::{Result, ensure};
use countersign_tests::{
    headless::{Headless, Start},
    impostor::{Impostor, http},
    ward::{USER, Ward},
};
use serde_json::{Value, json};

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
    // It is asked again by and by: it may have been a page in between
    ensure!(!impostor.arrived().is_empty());
    ensure!(target.arrived().is_empty());
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
        // It may have come from a page in between, so the key is kept until the service itself says no
        let view = app.ask("view", json!({}))?;
        ensure!(view["accounts"][0]["state"] == "finishing", "{view}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d3_a_service_that_is_too_busy_takes_no_key_away() -> Result<()> {
    let mut ward = Ward::new().await?;
    let mut app = ward.app()?;
    for (status, code) in [
        ("429 Too Many Requests", 42901),
        ("503 Service Unavailable", 50301),
    ] {
        let activation = ward.service.activation(USER)?;
        let read = app.ask("read_text", json!({ "text": activation.text }))?;
        ward.service.kill();
        let body = json!({ "stat": "FAIL", "code": code, "message": "Busy" }).to_string();
        let busy =
            Impostor::start_on(ward.service.port, ward.tls(), http(status, "", &body)).await?;
        let problem = app.problem("activate", json!({ "draft": read["draft"] }))?;
        ensure!(problem["code"] == "service_down", "{problem}");
        let view = app.ask("view", json!({}))?;
        ensure!(view["accounts"][0]["state"] == "finishing", "{view}");
        drop(busy);
        ward.service.resume().await?;
        // What was begun goes on by itself, with the key that it began with
        let view = app
            .await_view("the activation to be finished", |view| {
                view["accounts"][0]["state"] == "working"
            })
            .await?;
        app.ask("remove", json!({ "id": view["accounts"][0]["id"] }))?;
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
    let id = &account["ok"]["account"]["id"];
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
