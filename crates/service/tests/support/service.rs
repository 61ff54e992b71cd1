//! The real program, started on a free port of loopback with its own data and certificate authority.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use rustls::{ClientConfig, RootCertStore, crypto::ring::default_provider};
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use serde_json::Value;
use tempfile::TempDir;

/// The configuration in the service's folder; empty for most.
const CONFIG: &str = "countersign.toml";
const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign-service");

/// A running service. Dropping it ends the process and removes its data.
pub struct Service {
    child: Child,
    folder: TempDir,
    port: u16,
    log: Arc<Mutex<Vec<String>>>,
    printed: Arc<Mutex<Vec<String>>>,
}

/// What `integration add` prints.
pub struct Integration {
    pub ikey: String,
    pub skey: String,
}

impl Service {
    /// Starts with an empty database, and waits until it listens.
    pub fn start() -> Self {
        Self::start_with("")
    }

    /// The same with a configuration file.
    pub fn start_with(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(CONFIG), config).unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let (log, printed) = (Arc::default(), Arc::default());
        let child = spawn(&folder, port, &log, &printed);
        Self {
            child,
            folder,
            port,
            log,
            printed,
        }
    }

    /// `localhost:PORT`, the name clients use.
    pub fn host(&self) -> String {
        format!("localhost:{}", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// `https://localhost:PORT` and the path.
    pub fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.host())
    }

    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("tls/ca.pem")
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Every line it has logged, over all its lives.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().join("\n")
    }

    /// Every line it has printed, over all its lives.
    pub fn printed(&self) -> Vec<String> {
        self.printed.lock().unwrap().clone()
    }

    /// Ends the process at once, as a power cut would.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again on the same data and port.
    pub fn restart(&mut self) {
        self.child = spawn(&self.folder, self.port, &self.log, &self.printed);
    }

    /// Asks it to stop, as a service manager does, and waits for the end.
    #[cfg(unix)]
    pub fn terminate(&mut self) -> std::process::ExitStatus {
        run(Command::new("kill").args(["-TERM", &self.child.id().to_string()]));
        self.child.wait().unwrap()
    }

    /// Runs another command of the program on the same data; its one JSON object.
    pub fn command(&self, arguments: &[&str]) -> Value {
        let mut command = Command::new(PROGRAM);
        command
            .args(arguments)
            .arg("--data")
            .arg(self.data())
            .args(["--public-host", &self.host(), "--json"]);
        serde_json::from_str(&run(&mut command)).expect("one JSON object")
    }

    /// Runs a command that reads a line from standard input; whether it went well, and all that it printed.
    pub fn command_with_input(&self, arguments: &[&str], line: &str) -> (bool, String) {
        let mut child = Command::new(PROGRAM)
            .args(arguments)
            .arg("--data")
            .arg(self.data())
            .args(["--public-host", &self.host(), "--json"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(line.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        let printed = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(printed).unwrap())
    }

    pub fn add_integration(&self, arguments: &[&str]) -> Integration {
        let made = self.command(&[&["integration", "add"], arguments].concat());
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        Integration {
            ikey: text("ikey"),
            skey: text("skey"),
        }
    }

    /// Adds a user and makes an activation code for them.
    pub fn add_user(&self, name: &str) -> String {
        self.command(&["user", "add", name]);
        self.activation(name)
    }

    /// Another activation code for a user.
    pub fn activation(&self, name: &str) -> String {
        self.command(&["user", "activation", name])["code"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// An HTTP client that trusts this service's authority alone.
    pub fn client(&self) -> reqwest::Client {
        self.client_with(&[]).build().unwrap()
    }

    /// The same, to be changed further, with what it offers to speak (ALPN).
    pub fn client_with(&self, speaks: &[&[u8]]) -> reqwest::ClientBuilder {
        let mut config = self.tls_config(rustls::ALL_VERSIONS);
        config.alpn_protocols = speaks.iter().map(|name| name.to_vec()).collect();
        reqwest::Client::builder()
            .tls_backend_preconfigured(config)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(90))
    }

    /// A TLS client configuration that trusts this service's authority alone.
    pub fn tls_config(
        &self,
        versions: &[&'static rustls::SupportedProtocolVersion],
    ) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_file(self.ca_file()).unwrap())
            .unwrap();
        ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("the service's log:\n{}", self.log());
        }
    }
}

fn spawn(
    folder: &TempDir,
    port: u16,
    log: &Arc<Mutex<Vec<String>>>,
    printed: &Arc<Mutex<Vec<String>>>,
) -> Child {
    let data = folder.path().join("data");
    fs::create_dir_all(&data).unwrap();
    let mut child = Command::new(PROGRAM)
        .arg("serve")
        .arg("--config")
        .arg(folder.path().join(CONFIG))
        .args(["--listen", &format!("127.0.0.1:{port}")])
        .arg("--data")
        .arg(data)
        .arg("--dev-tls")
        .arg(folder.path().join("tls"))
        .args(["--public-host", &format!("localhost:{port}")])
        .env("RUST_LOG", "trace")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap()).lines();
    let printed = Arc::clone(printed);
    std::thread::spawn(move || {
        for line in out.map_while(Result::ok) {
            printed.lock().unwrap().push(line);
        }
    });
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let (listening, listens) = mpsc::channel();
    let log = Arc::clone(log);
    // Reads for as long as the service lives, so that it never waits for a full pipe.
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            if line.contains("\"listening\"") {
                let _ = listening.send(());
            }
            log.lock().unwrap().push(line);
        }
    });
    listens
        .recv_timeout(Duration::from_mins(1))
        .expect("the service listens within a minute");
    child
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}
