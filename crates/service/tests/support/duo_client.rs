//! The unmodified Python client, in a virtual environment that is made once and shared by all tests.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

use super::service::{Integration, Service};

const PACKAGE: &str = "duo_client==5.7.0";
const DRIVER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/support/duo_client_driver.py"
);

/// One client process for one integration.
pub struct DuoClient {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl DuoClient {
    /// With the client's own default signatures, version 5.
    pub fn start(service: &Service, integration: &Integration) -> Self {
        Self::with_signatures(service, integration, 5)
    }

    /// With signatures of another version.
    pub fn with_signatures(service: &Service, integration: &Integration, version: u8) -> Self {
        let mut child = Command::new(python())
            .arg(DRIVER)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut client = Self {
            requests: child.stdin.take().unwrap(),
            answers: BufReader::new(child.stdout.take().unwrap()),
            child,
        };
        client.send(&json!({
            "ikey": integration.ikey, "skey": integration.skey, "host": "localhost",
            "port": service.port(), "ca_certs": service.ca_file(), "sig_version": version,
        }));
        client
    }

    /// Calls a method of `duo_client.Auth` with keyword arguments; `Err` holds what the client's exception says.
    pub fn call(&mut self, method: &str, arguments: Value) -> Result<Value, String> {
        self.send(&json!({ "method": method, "arguments": arguments }));
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).expect("the driver answers each line");
        match answer.get("error") {
            Some(error) => Err(error.as_str().unwrap().to_owned()),
            None => Ok(answer["ok"].clone()),
        }
    }

    fn send(&mut self, value: &Value) {
        writeln!(self.requests, "{value}").unwrap();
        self.requests.flush().unwrap();
    }
}

impl Drop for DuoClient {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The interpreter of the environment; the first caller makes it while the others wait.
fn python() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("duo-client");
    fs::create_dir_all(&folder).unwrap();
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let python = folder.join("venv/bin/python");
    let complete = folder.join(PACKAGE);
    if !complete.exists() {
        run(Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(folder.join("venv")));
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet", PACKAGE]));
        fs::write(complete, "").unwrap();
    }
    python
}

fn run(command: &mut Command) {
    let output = command.output().expect("Python 3 with venv is installed");
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}
