//! A real name server, from `tests/parts`.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A running name server. Dropping it ends it.
pub struct NameServer {
    child: Child,
    /// Where it listens.
    pub at: String,
}

impl NameServer {
    /// Starts one that knows these names, as `start-names` takes them.
    pub fn start(names: &[&str]) -> Self {
        let parts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/parts");
        let mut child = Command::new(parts.join("start-names"))
            .args(names)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        let at = first.strip_prefix("NAMES=").unwrap().to_owned();
        assert_eq!(lines.next().unwrap().unwrap(), "READY");
        Self { child, at }
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
