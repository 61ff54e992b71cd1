//! A desktop of one's own: a virtual display, a session bus and an unlocked keystore, all gone when dropped.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use rustix::process::{Pid, Signal, getpgid, kill_process};

use crate::part::{Part, built, faketime, free_port};

/// A virtual display with a WebDriver for the app's windows.
///
/// The driver runs in the session whose bus and keystore the app then sees.
pub struct Desktop {
    /// Where the driver listens.
    pub driver_url: String,
    /// The display's name, such as `:99`.
    pub display: String,
    options: DesktopOptions,
    // Dropped in this order: the session with its windows first, then the display under them
    session: Part,
    _display: Part,
}

/// What the session starts: the keystore with an empty password, then the driver.
///
/// The keystore is optional, so that a machine without one can be shown too.
const SESSION: &str = r#"
if [ "$COUNTERSIGN_TEST_KEYSTORE" = yes ]; then
  printf '\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null || exit 1
fi
printf '%s' "$DBUS_SESSION_BUS_ADDRESS" >"$XDG_RUNTIME_DIR/bus-address"
exec WebKitWebDriver --host=127.0.0.1 --port="$1"
"#;

/// What a desktop is made with.
#[derive(Clone, Debug)]
pub struct DesktopOptions {
    /// The person's home: the keystore's files lie under it.
    pub home: PathBuf,
    /// Variables that the app sees on top of the desktop's own.
    pub variables: Vec<(String, String)>,
    /// Whether the session has a keystore.
    pub keystore: bool,
    /// Width and height of the display, in pixels.
    pub size: (u32, u32),
    /// Where all that the session's programs say is kept.
    pub log: Option<PathBuf>,
}

impl DesktopOptions {
    /// A desktop with a keystore for the person whose home is `home`.
    pub fn new(home: &Path) -> Self {
        Self {
            home: home.to_owned(),
            variables: Vec::new(),
            keystore: true,
            size: (1280, 1000),
            log: None,
        }
    }

    /// A desktop whose clock is `seconds` ahead of the true time, or behind it where negative.
    ///
    /// Only the wall clock is moved: whatever waits, waits as long as it should.
    pub fn clock_fast_by(self, seconds: i32) -> Result<Self> {
        let library = faketime("libfaketime.so.1")?;
        Ok(self
            .variable("LD_PRELOAD", &library.to_string_lossy())
            .variable("FAKETIME", &format!("{seconds:+}s"))
            .variable("FAKETIME_DONT_FAKE_MONOTONIC", "1"))
    }

    /// Sets a variable that the app sees.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }
}

impl Desktop {
    /// Starts a desktop.
    pub fn start(options: &DesktopOptions) -> Result<Self> {
        let (width, height) = options.size;
        let mut display_part = Part::start(
            Command::new("Xvfb")
                .args([
                    "-displayfd",
                    "1",
                    "-screen",
                    "0",
                    &format!("{width}x{height}x24"),
                    "-nolisten",
                    "tcp",
                ])
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::null()),
        )?;
        let stdout = display_part
            .child()
            .stdout
            .take()
            .context("the display's output was piped above")?;
        let mut number = String::new();
        BufReader::new(stdout).read_line(&mut number)?;
        let display = format!(":{}", number.trim());

        for folder in [".local/share", ".config", ".cache", ".runtime"] {
            fs::create_dir_all(options.home.join(folder))?;
        }
        let port = free_port()?;
        let mut session = Command::new("dbus-run-session");
        session
            .args(["--", "sh", "-c", SESSION, "session", &port.to_string()])
            .env("DISPLAY", &display)
            .env("HOME", &options.home)
            .env("XDG_DATA_HOME", options.home.join(".local/share"))
            .env("XDG_CONFIG_HOME", options.home.join(".config"))
            .env("XDG_CACHE_HOME", options.home.join(".cache"))
            .env("XDG_RUNTIME_DIR", options.home.join(".runtime"))
            .env("NO_AT_BRIDGE", "1")
            .env("GDK_BACKEND", "x11")
            .env("LANG", "C.UTF-8")
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .env(
                "COUNTERSIGN_TEST_KEYSTORE",
                if options.keystore { "yes" } else { "no" },
            )
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        if let Some(log) = &options.log {
            let log = fs::File::create(log)?;
            session.stdout(log.try_clone()?).stderr(log);
        } else if std::env::var_os("COUNTERSIGN_TEST_LOG").is_none() {
            session.stderr(Stdio::null());
        }
        for (name, value) in &options.variables {
            session.env(name, value);
        }
        let session = Part::start(&mut session)?;
        std::io::stdout().flush()?;
        Ok(Self {
            driver_url: format!("http://127.0.0.1:{port}"),
            display,
            options: options.clone(),
            session,
            _display: display_part,
        })
    }

    /// Kills the program `executable` of this session with -9, and waits until it is gone.
    pub fn kill(&self, executable: &Path) -> Result<()> {
        let mut killed = 0;
        for (pid, program) in self.programs()? {
            if program != executable {
                continue;
            }
            kill_process(pid, Signal::KILL)?;
            while self.program(pid).is_some() {
                thread::sleep(Duration::from_millis(1));
            }
            killed += 1;
        }
        ensure!(
            killed == 1,
            "{killed} copies of {} ran",
            executable.display()
        );
        Ok(())
    }

    /// Every program that runs in this session.
    pub fn programs(&self) -> Result<Vec<(Pid, PathBuf)>> {
        Ok(fs::read_dir("/proc")?
            .flatten()
            .filter_map(|process| process.file_name().to_str()?.parse().ok())
            .filter_map(Pid::from_raw)
            .filter_map(|pid| Some((pid, self.program(pid)?)))
            .collect())
    }

    /// The program that process `pid` runs, if it is one of this session's.
    fn program(&self, pid: Pid) -> Option<PathBuf> {
        // Asked for first: the kernel's own threads have neither a program nor a group
        let program = fs::read_link(format!("/proc/{pid}/exe")).ok()?;
        let session = Pid::from_raw(i32::try_from(self.session.id()).ok()?);
        (getpgid(Some(pid)).ok() == session).then_some(program)
    }

    /// The address of this session's bus.
    pub fn bus(&self) -> Result<String> {
        Ok(fs::read_to_string(
            self.options.home.join(".runtime/bus-address"),
        )?)
    }

    /// Starts the app once more in this session, with `arguments`, and waits until that copy ends.
    pub fn second_copy(&self, arguments: &[&str]) -> Result<ExitStatus> {
        let mut copy = Command::new(built("countersign")?);
        copy.args(arguments)
            .env("DISPLAY", &self.display)
            .env("HOME", &self.options.home)
            .env("DBUS_SESSION_BUS_ADDRESS", self.bus()?)
            .env("NO_AT_BRIDGE", "1")
            .envs(
                self.options
                    .variables
                    .iter()
                    .map(|(name, value)| (name, value)),
            )
            .stdin(Stdio::null());
        Ok(copy.status()?)
    }
}
