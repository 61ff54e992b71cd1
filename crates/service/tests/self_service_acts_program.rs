//! A simulated phone on the real program: a code arrives by text, and a call proves, told by the socket in the data folder.
#![cfg(unix)]

use crate::support;

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;

use serde_json::json;
use support::portal::{PASSWORD, printed, set_up};
use support::service::Service;

const CONFIG: &str = "enrolment = \"open\"\n[texts]\nsimulated = true\n[calls]\nsimulated = true\n";
const NUMBER: &str = "+447700900471";

fn command(service: &Service, command: &str) -> String {
    let mut stream = UnixStream::connect(service.data().join("phone.sock")).unwrap();
    writeln!(stream, "{command}").unwrap();
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).unwrap();
    answer.trim().to_owned()
}

#[tokio::test]
async fn ph14_a_number_is_confirmed_and_called_on_the_real_program() {
    let service = Service::start_with(CONFIG);
    let alice = set_up(&service, "07700 900471").await;
    let (mut app, done) = (alice.app, alice.device);
    assert_eq!(done["number"], "+44 •••• ••0471");

    let wanted = json!({ "way": "call", "device": done["id"] });
    let proof = app.post("/proofs", wanted).await;
    printed(&service, "call").await;
    assert_eq!(command(&service, &format!("answer {NUMBER}")), "ok");
    let shown = proof["number"].as_str().unwrap().to_owned();
    assert_eq!(command(&service, &format!("keys {NUMBER} {shown}")), "ok");
    let proof = app
        .follow(&proof, &["calling", "ringing", "answered"])
        .await;
    assert_eq!(proof["state"], "confirmed");
    assert_eq!(app.get("/session").await["stage"], "open");
    let log = service.log();
    // Six digits may be anything in a log; the words around them are not
    for secret in ["is your code", alice.activation.as_str(), PASSWORD] {
        assert!(!log.contains(secret), "a secret is in the log");
    }
    assert!(!log.contains(NUMBER), "a number is in the log (row H4)");
}
