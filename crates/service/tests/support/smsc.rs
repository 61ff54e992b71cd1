//! A real message centre that speaks SMPP 3.4, from `tests/parts`.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// A running centre. Dropping it ends it.
pub struct Smsc {
    child: Child,
    pub port: u16,
    folder: TempDir,
    said: Arc<Mutex<Vec<Value>>>,
}

impl Smsc {
    /// Starts one, with options of `start-smsc`.
    pub fn start(options: &[&str]) -> Self {
        let parts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/parts");
        assert!(
            parts.join("node_modules/smpp").is_dir(),
            "run scripts/setup parts"
        );
        let mut child = Command::new("node")
            .arg(parts.join("start-smsc"))
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut port = 0;
        for line in lines.by_ref().map_while(Result::ok) {
            if let Some(place) = line.strip_prefix("SMPP=127.0.0.1:") {
                port = place.parse().unwrap();
            }
            if line == "READY" {
                break;
            }
        }
        assert_ne!(port, 0, "the message centre did not start");
        let said: Arc<Mutex<Vec<Value>>> = Arc::default();
        let saying = said.clone();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let value = serde_json::from_str(&line).unwrap();
                saying.lock().unwrap().push(value);
            }
        });
        Self {
            child,
            port,
            folder: tempfile::tempdir().unwrap(),
            said,
        }
    }

    /// The events of one kind, once there are so many of them.
    pub async fn events(&self, kind: &str, count: usize) -> Vec<Value> {
        let waited = tokio::time::timeout(Duration::from_mins(1), async {
            loop {
                let said = self.said.lock().unwrap().clone();
                let of_kind: Vec<_> = said.into_iter().filter(|v| v["event"] == kind).collect();
                if of_kind.len() >= count {
                    return of_kind;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        waited
            .await
            .unwrap_or_else(|_| panic!("{count} times {kind}: {:?}", self.said.lock().unwrap()))
    }

    /// `[texts.smpp]` for it, with the password in a file that lives as long as it.
    pub fn config(&self, scheme: &str, password: &str, rest: &str) -> String {
        let file = self.folder.path().join(password);
        std::fs::write(&file, format!("{password}\n")).unwrap();
        format!(
            "centre = \"{scheme}://127.0.0.1:{}\"\nname = \"mfa\"\npassword_file = \"{}\"\nfrom = \"HOSPITAL\"\n{rest}",
            self.port,
            file.display()
        )
    }
}

impl Drop for Smsc {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _waited = self.child.wait();
    }
}
