//! The program with a directory: what it says at its start, what `doctor` finds, and that no password is in its log.

use std::path::Path;

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::domain::domain;
use crate::support::service::Service;

fn service(more: &str) -> Service {
    let folder = tempfile::tempdir().unwrap().keep();
    Service::start_with(&format!(
        "[numbers]\ncountry = \"SE\"\n{}",
        domain().settings(&folder, more)
    ))
}

async fn sign_in(service: &Service, name: &str, password: &str) -> (StatusCode, Value) {
    let typed = json!({ "username": name, "password": password });
    let reply = service
        .client()
        .post(service.url("/self-service/v1/session"))
        .header("origin", service.url(""))
        .json(&typed)
        .send()
        .await
        .unwrap();
    (reply.status(), reply.json().await.unwrap())
}

/// Runs `doctor` with a configuration; whether all is well, and what it printed.
fn doctor(service: &Service, config: &str) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("countersign.toml");
    std::fs::write(&file, config).unwrap();
    run(service, &file)
}

fn run(service: &Service, file: &Path) -> (bool, String) {
    service.command_with_input(&["doctor", "--config", file.to_str().unwrap()], "")
}

#[tokio::test]
async fn l6_the_program_signs_people_in_and_no_password_is_in_its_log() {
    let service = service("");
    let (status, view) = sign_in(&service, "HOSP\\bob", "B0b.Secret").await;
    assert_eq!(
        (status, &view["person"]["account"]),
        (StatusCode::OK, &json!("bob"))
    );
    let (status, view) = sign_in(&service, "bob", "Canary.Wr0ng").await;
    assert_eq!(
        (status, &view["code"]),
        (StatusCode::UNAUTHORIZED, &json!("wrong_password"))
    );
    let (status, view) = sign_in(&service, "Canary.Name", "Canary.Wr0ng").await;
    assert_eq!(
        (status, &view["code"]),
        (StatusCode::UNAUTHORIZED, &json!("wrong_password"))
    );
    let log = service.log();
    assert!(
        log.contains("/self-service/v1/session"),
        "it logs at the finest level"
    );
    for secret in ["B0b.Secret", "Canary", "Svc.Secret1"] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

#[tokio::test]
async fn doctor_looks_at_the_directory_step_by_step_and_names_the_way_out() {
    let service = Service::start();
    let folder = tempfile::tempdir().unwrap();
    let right = domain().settings(
        folder.path(),
        "people = \"CN=MFA-All,OU=Staff,DC=hosp,DC=test\"\noperators = \"CN=Service-Desk,OU=Staff,DC=hosp,DC=test\"",
    );
    let (well, said) = doctor(&service, &right);
    assert!(well, "{said}");
    let printed: Value = serde_json::from_str(&said).unwrap();
    let steps: Vec<_> = printed["directory"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step.as_str().unwrap())
        .collect();
    for (step, beginning) in [
        (0, "reach: it answers"),
        (1, "TLS: its certificate is trusted"),
        (2, "bind: it takes svc-mfa@hosp.test"),
        (3, "search: it has people below DC=hosp,DC=test"),
        (
            4,
            "people = CN=MFA-All,OU=Staff,DC=hosp,DC=test: there is such a group",
        ),
        (
            5,
            "operators = CN=Service-Desk,OU=Staff,DC=hosp,DC=test: there is such a group",
        ),
        (
            6,
            "tries: the domain locks at 3, and is told of 2 within 30 minutes",
        ),
    ] {
        assert!(steps[step].contains(beginning), "{steps:#?}");
    }
    let url = domain().ldaps();
    for (from, to, way_out) in [
        (
            url,
            "ldaps://127.0.0.1:1",
            "look at the name, the port and the firewall",
        ),
        (
            url,
            "ldaps://dc1.nowhere.invalid",
            "look at the name, the port and the firewall",
        ),
        ("tries = 2", "tries = 3", "write tries = 2, or less"),
        (
            "tries = 2",
            "tries = 2\nwindow_minutes = 10",
            "write window_minutes = 30",
        ),
        (
            "base = \"DC=hosp",
            "base = \"OU=Nothing,DC=hosp",
            "there is no OU=Nothing,DC=hosp,DC=test",
        ),
        (
            "DC=hosp,DC=test\"\naccount",
            "OU=Domain Controllers,DC=hosp,DC=test\"\naccount",
            "write another base",
        ),
        ("CN=MFA-All", "CN=Alice Åberg", "that is no group"),
        ("CN=MFA-All", "CN=Nobody", "there is no CN=Nobody"),
        (
            "svc-mfa@",
            "svc-nobody@",
            "it refuses the account svc-nobody@hosp.test",
        ),
        ("servers = [\"ldaps", "servers = [\"http", "line 2: http://"),
        (
            "password_file",
            "password_fil",
            "unknown field `password_fil`",
        ),
    ] {
        let wrong = right.replacen(from, to, 1);
        assert_ne!(wrong, right, "{from}");
        let (well, said) = doctor(&service, &wrong);
        assert!(!well && said.contains(way_out), "{to}: {said}");
        assert!(!said.contains("Svc.Secret1"), "{said}");
    }
    let password = folder.path().join("directory-password");
    std::fs::write(&password, "\n").unwrap();
    let (well, said) = doctor(&service, &right);
    assert!(
        !well && said.contains("holds no password; write it there"),
        "{said}"
    );
    std::fs::remove_file(&password).unwrap();
    let (well, said) = doctor(&service, &right);
    assert!(
        !well && said.contains("cannot read the password in"),
        "{said}"
    );
}
