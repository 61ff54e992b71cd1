//! A real Active Directory: Samba's domain controller with a few invented people, started once for a test program by
//! `tests/parts/start-directory`. It stands on a loopback address of its own, so that programs run side by side, and ends
//! when the program does, however that ends: it waits for the end of its input.

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

static SHARED: OnceLock<Option<ActiveDirectory>> = OnceLock::new();

/// A running domain controller.
pub struct ActiveDirectory {
    told: HashMap<String, String>,
    /// Its input is closed by the end of this program.
    _running: Child,
}

impl ActiveDirectory {
    /// The one of this program. Making its database takes ten seconds or more; `cache` keeps that for the next program.
    ///
    /// # Panics
    ///
    /// Where it cannot be started: `scripts/setup directory` installs what it needs.
    pub fn shared(cache: &Path) -> &'static Self {
        let shared = SHARED.get_or_init(|| Self::start(cache));
        shared.as_ref().unwrap_or_else(|| {
            panic!(
                "the domain controller did not start; see above, and run: scripts/setup directory"
            )
        })
    }

    fn start(cache: &Path) -> Option<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR"))
            .ancestors()
            .map(|folder| folder.join("tests/parts/start-directory"))
            .find(|script| script.exists())
            .expect("the script lies in the repository");
        // Its ports lie below 1024
        let is_root = Command::new("id").arg("-u").output();
        let is_root = is_root.is_ok_and(|output| output.stdout.trim_ascii() == b"0");
        let mut command = if is_root {
            Command::new(&script)
        } else {
            let mut command = Command::new("sudo");
            command.arg("-n").arg(&script);
            command
        };
        let mut child = command
            .arg("--cache")
            .arg(cache)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", script.display()));
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let mut told = HashMap::new();
        let mut is_ready = false;
        for line in lines.map_while(Result::ok) {
            if line == "READY" {
                is_ready = true;
                break;
            }
            if let Some((name, value)) = line.split_once('=') {
                told.insert(name.to_owned(), value.to_owned());
            }
        }
        is_ready.then_some(Self {
            told,
            _running: child,
        })
    }

    /// A value that it told.
    ///
    /// # Panics
    ///
    /// For one that it never tells.
    pub fn told(&self, name: &str) -> &str {
        let value = self.told.get(name);
        value.unwrap_or_else(|| panic!("the domain controller tells no {name}"))
    }

    /// `ldaps://ADDRESS:636`.
    pub fn ldaps(&self) -> &str {
        self.told("LDAPS_URL")
    }

    /// The authority of its certificate.
    pub fn ca(&self) -> PathBuf {
        self.told("CA_FILE").into()
    }

    /// A configuration's `[directory]`, whose password lies in `folder`. `more` are further lines.
    ///
    /// # Panics
    ///
    /// Where `folder` cannot be written to.
    pub fn settings(&self, folder: &Path, more: &str) -> String {
        let password = folder.join("directory-password");
        std::fs::write(&password, self.told("BIND_PASSWORD"))
            .expect("the folder can be written to");
        format!(
            "[directory]\nservers = [\"{}\"]\nca = \"{}\"\nbase = \"{}\"\naccount = \"{}\"\npassword_file = \"{}\"\ntries = 2\n{more}\n",
            self.ldaps(),
            self.ca().display(),
            self.told("BASE_DN"),
            self.told("BIND_USER"),
            password.display(),
        )
    }
}
