//! A real telephone that speaks SIP (baresip), and a scripted one (sipp): whom calls of the real program reach.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Where the scripts are.
fn part(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/parts")
        .join(name)
}

/// An even port that is free, with the one after it.
pub fn free_ports() -> u16 {
    loop {
        let first = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = first.local_addr().unwrap().port() & !1;
        drop(first);
        let bind = |port: u16| {
            let tcp = std::net::TcpListener::bind(("127.0.0.1", port));
            Some((
                tcp.ok()?,
                std::net::UdpSocket::bind(("127.0.0.1", port)).ok()?,
            ))
        };
        if let (Some(_first), Some(_second)) = (bind(port), bind(port + 1)) {
            return port;
        }
    }
}

/// A telephone. Dropping it ends it.
pub struct SipPhone {
    child: Child,
    commands: ChildStdin,
    known: Vec<(String, String)>,
    events: Arc<Mutex<Vec<Value>>>,
}

impl SipPhone {
    /// A telephone with a number, on a port; what it does of itself is said by `arguments` (see the script).
    pub fn start(number: &str, port: u16, arguments: &[&str]) -> Self {
        let mut child = Command::new(part("start-sip-phone"))
            .args(["--user", number, "--port", &port.to_string()])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 and baresip-core are installed: scripts/setup calls");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut known = Vec::new();
        loop {
            let line = lines.next().expect("the telephone starts").unwrap();
            if line == "READY" {
                break;
            }
            if let Some((name, value)) = line.split_once('=') {
                known.push((name.to_owned(), value.to_owned()));
            }
        }
        let events: Arc<Mutex<Vec<Value>>> = Arc::default();
        let kept = events.clone();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Ok(event) = serde_json::from_str(&line) {
                    kept.lock().unwrap().push(event);
                }
            }
        });
        Self {
            commands: child.stdin.take().unwrap(),
            child,
            known,
            events,
        }
    }

    fn known(&self, name: &str) -> &str {
        let mut all = self.known.iter();
        &all.find(|(known, _)| known == name).unwrap().1
    }

    /// The process of the telephone itself.
    pub fn process(&self) -> &str {
        self.known("PID")
    }

    /// Presses keys.
    pub fn press(&mut self, keys: &str) {
        writeln!(self.commands, "digits {keys}").unwrap();
    }

    pub fn has_seen(&self, event: &str) -> bool {
        let events = self.events.lock().unwrap();
        events.iter().any(|seen| seen["event"] == event)
    }

    /// The parameters of every event of that kind, one after another.
    pub fn seen(&self, event: &str) -> String {
        let events = self.events.lock().unwrap();
        let of_kind = events.iter().filter(|seen| seen["event"] == event);
        of_kind.filter_map(|seen| seen["param"].as_str()).collect()
    }

    pub async fn wait_for(&self, event: &str) {
        until(|| self.has_seen(event), event).await;
    }

    /// What the telephone hears, as it is recorded.
    pub fn recording(&self) -> Option<PathBuf> {
        let folder = std::fs::read_dir(self.known("RECORDINGS")).ok()?;
        let mut files = folder.flatten().map(|entry| entry.path());
        files.find(|path| path.to_string_lossy().ends_with("-dec.wav"))
    }

    /// Waits until so many seconds of a call were heard.
    pub async fn has_heard(&self, seconds: u64) {
        let enough = || {
            let recording = self.recording();
            let length = recording.and_then(|path| Some(path.metadata().ok()?.len()));
            length.is_some_and(|bytes| bytes > seconds * 16_000)
        };
        until(enough, "speech").await;
    }

    /// Whether the first seconds of that recording were heard, by the correlation of their loudness.
    pub fn heard(&self, prompt: &Path, seconds: u32) -> (bool, String) {
        let output = Command::new(part("heard-prompt"))
            .arg(prompt)
            .arg(self.recording().expect("a call was recorded"))
            .args(["--min", "0.95", "--first", &seconds.to_string()])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        (output.status.success(), said)
    }
}

impl Drop for SipPhone {
    fn drop(&mut self) {
        let _ = Command::new("kill")
            .args(["-CONT", self.process()])
            .status();
        let _ = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status();
        let _ = self.child.wait();
    }
}

/// Waits for something that takes a while on a busy machine.
pub async fn until(is_so: impl Fn() -> bool, what: &str) {
    let patience = Instant::now() + Duration::from_mins(2);
    while !is_so() {
        assert!(Instant::now() < patience, "{what} did not come");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A scripted telephone that asks for a name and a password, answers, and presses `keys` by SIP INFO. Gives whether all
/// went as the script has it.
pub struct Scripted(Child, tempfile::TempDir);

impl Scripted {
    pub fn start(port: u16, keys: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = std::fs::read_to_string(part("callee-info.xml")).unwrap();
        let (before, rest) = script.split_once("<!-- key -->").unwrap();
        let (one_key, after) = rest.split_once("<!-- end -->").unwrap();
        let every_key: String = (1..)
            .zip(keys.chars())
            .map(|(place, key)| {
                one_key
                    .replace("KEY", &key.to_string())
                    .replace("PLACE", &place.to_string())
            })
            .collect();
        let path = folder.path().join("callee.xml");
        std::fs::write(&path, format!("{before}{every_key}{after}")).unwrap();
        Self::follow(port, &path, folder)
    }

    /// A registrar that asks for a name and a password, and is told when we are gone.
    pub fn registrar(port: u16) -> Self {
        Self::follow(port, &part("registrar.xml"), tempfile::tempdir().unwrap())
    }

    fn follow(port: u16, script: &Path, folder: tempfile::TempDir) -> Self {
        let audio = free_ports();
        let child = Command::new("sipp")
            .arg("-sf")
            .arg(script)
            .args(["-i", "127.0.0.1", "-p", &port.to_string()])
            .args(["-mi", "127.0.0.1", "-mp", &audio.to_string()])
            .args(["-m", "1", "-nostdin", "-timeout", "60"])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("sip-tester is installed: scripts/setup calls");
        Self(child, folder)
    }

    pub fn went_well(&mut self) -> bool {
        self.0.wait().unwrap().success()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
