//! Moving to another phone, engine to engine over the real service: a lock in between, and a new phone that was restored from a
//! backup and already lists the account.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use countersign_tests::{
    headless::{Headless, PASSPHRASE},
    impostor::{Impostor, http},
    ward::{USER, Ward, passcode},
};
use data_encoding::BASE64;
use serde_json::{Value, json};

const BACKUP: &str = "zwei kleine Katzen";

/// Follows the move until it stands at `step`.
fn until(app: &mut Headless, mut standing: Value, step: &str) -> Result<Value> {
    for _ in 0..20 {
        if standing["step"]["at"] == step {
            return Ok(standing);
        }
        standing = app.ask("move_news", json!({ "seen": standing["revision"] }))?;
    }
    anyhow::bail!("it stands at {standing}")
}

/// What the new phone reads off the old one's screen.
fn scan(ward: &Ward, old: &Value, new: &mut Headless) -> Result<Value> {
    let picture = old["step"]["picture"].as_str().context("a picture")?;
    let png = picture
        .strip_prefix("data:image/png;base64,")
        .context("a PNG")?;
    let path = ward.folder.path().join("code.png");
    fs::write(&path, BASE64.decode(png.as_bytes())?)?;
    let found = new.ask("read_picture", json!({ "path": path }))?;
    ensure!(found[0]["kind"] == "activation", "{found}");
    new.ask("activate", json!({ "draft": found[0]["draft"] }))
}

fn accounts(app: &mut Headless) -> Result<Vec<Value>> {
    let view = app.ask("view", json!({}))?;
    Ok(view["accounts"].as_array().context("a list")?.clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_phone_gets_the_account_in_the_place_where_it_stands() -> Result<()> {
    let ward = Ward::new().await?;
    let mut old = ward.app()?;
    let account = old.activate(&ward.service.activation(USER)?.text)?;
    old.ask("turn_on_backup", json!({ "secret": BACKUP }))?;

    let mut new = Headless::open(&ward.folder.path().join("new"), ward.start())?;
    let found = new.ask("find_backup", json!({}))?;
    new.ask(
        "restore",
        json!({ "draft": found["draft"], "secret": BACKUP }),
    )?;
    let [restored] = &accounts(&mut new)?[..] else {
        anyhow::bail!("one account was in it")
    };
    ensure!(restored["state"] == "needs_reactivating", "{restored}");

    old.ask("confirm_secret", json!({ "secret": PASSPHRASE }))?;
    let shown = old.ask("begin_move", json!({ "id": account["id"] }))?;
    let early = old.problem("act_on_move", json!({ "act": "same" }))?;
    ensure!(early["code"] == "draft_gone", "nobody saw digits: {early}");
    let scanned = scan(&ward, &shown, &mut new)?;
    let compared = until(&mut old, shown, "compare")?;
    ensure!(
        scanned["is"] == "compare" && scanned["check"] == compared["step"]["check"],
        "{scanned} {compared}"
    );
    old.ask("act_on_move", json!({ "act": "same" }))?;
    let finished = new.ask("finish_activation", json!({ "id": scanned["id"] }))?;
    let [only] = &accounts(&mut new)?[..] else {
        anyhow::bail!("it took the place of the restored one")
    };
    ensure!(
        only["id"] == finished["id"] && only["state"] == "working",
        "{only}"
    );

    // A lock in between, and the old phone finds it again
    old.ask("lock", json!({}))?;
    old.ask("unlock", json!({ "secret": PASSPHRASE }))?;
    let view = old.ask("move_view", json!({}))?;
    let standing = view["under_way"].clone();
    ensure!(standing["step"]["at"] == "testing", "{view}");
    let request = new.await_request().await?;
    ensure!(
        request["replaces"] == "Test phone" && request["test"] == true,
        "{request}"
    );
    let say = json!({ "say": "approve", "number": null });
    new.ask("answer", json!({ "id": request["id"], "answer": say }))?;
    until(&mut old, standing, "moved")?;
    let stopped = accounts(&mut old)?;
    ensure!(
        stopped[0]["stopped"]["cause"] == "moved" && stopped[0]["state"] == "needs_reactivating",
        "{stopped:?}"
    );
    let view = old.ask("move_view", json!({}))?;
    ensure!(
        view["accounts"] == json!([]) && view["under_way"].is_null(),
        "nothing is left to move: {view}"
    );
    ensure!(passcode(&mut new, only)?.len() == 6);
    // What the service says of its own accord is the same
    old.ask("came_to_foreground", json!({}))?;
    let stopped = accounts(&mut old)?;
    ensure!(stopped[0]["stopped"]["cause"] == "moved", "{stopped:?}");

    // D7: an unlock of two minutes ago is none
    old.ask("pass_time", json!({ "ms": 120_000 }))?;
    let stale = old.problem("begin_move", json!({ "id": account["id"] }))?;
    ensure!(stale["code"] == "fresh_unlock", "{stale}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s5_a_code_that_nobody_scanned_hides_no_other_phone() -> Result<()> {
    let ward = Ward::timed().await?;
    let mut old = ward.app()?;
    let account = old.activate(&ward.service.activation(USER)?.text)?;
    old.ask("confirm_secret", json!({ "secret": PASSPHRASE }))?;
    let shown = old.ask("begin_move", json!({ "id": account["id"] }))?;
    ensure!(shown["step"]["at"] == "shown", "{shown}");
    // Nobody stops the move, and nobody asks after it again
    old.ask("lock", json!({}))?;
    let mut strange = Headless::open(&ward.folder.path().join("strange"), ward.start())?;
    strange.activate(&ward.service.activation(USER)?.text)?;

    ward.service.advance_to(960)?;
    old.ask("unlock", json!({ "secret": PASSPHRASE }))?;
    let told = |view: &Value| view["notices"].as_array().is_some_and(|all| all.len() == 1);
    let view = old.await_view("a notice", told).await?;
    ensure!(view["notices"][0]["change"] == "added", "{view}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c3_a_move_and_a_test_begin_though_the_clock_is_off() -> Result<()> {
    let ward = Ward::timed().await?;
    let mut app = ward.app()?;
    let account = app.activate(&ward.service.activation(USER)?.text)?;
    app.await_view("the service", |view| view["connection"] == "online")
        .await?;
    // The poll is held meanwhile, so nothing else teaches the time
    ward.service.advance_to(120)?;
    app.ask("confirm_secret", json!({ "secret": PASSPHRASE }))?;
    let shown = app.ask("begin_move", json!({ "id": account["id"] }))?;
    ensure!(shown["step"]["at"] == "shown", "{shown}");
    ward.service.advance_to(240)?;
    app.ask("send_test", json!({ "account": account["id"] }))?;
    let request = app.await_request().await?;
    ensure!(request["test"] == true, "{request}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c3_a_time_that_the_service_did_not_sign_is_not_tried() -> Result<()> {
    let mut ward = Ward::new().await?;
    let mut app = ward.app()?;
    let account = app.activate(&ward.service.activation(USER)?.text)?;
    app.await_view("the service", |view| view["connection"] == "online")
        .await?;
    app.ask("confirm_secret", json!({ "secret": PASSPHRASE }))?;
    ward.service.kill();
    let off = json!({
        "stat": "FAIL", "code": 40105, "message": "Bad request timestamp",
        "time": 4_000_000_000_000_i64, "time_signature": "AAAA",
    });
    let reply = http("401 Unauthorized", "", &off.to_string());
    let mut impostor = Impostor::start_on(ward.service.port, ward.tls(), reply).await?;
    let wrong = app.problem("begin_move", json!({ "id": account["id"] }))?;
    ensure!(wrong["code"] == "clock_wrong", "{wrong}");
    let arrived = impostor.arrived();
    let begun = arrived
        .iter()
        .filter(|line| line.starts_with("POST /push/v2/device/move "));
    ensure!(begun.count() == 1, "{arrived:?}");
    Ok(())
}
