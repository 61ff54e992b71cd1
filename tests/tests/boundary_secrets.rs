//! Secrets that a person brings to the shipped window, and where they are once it is locked (rows V8, T4, G2).
#![expect(clippy::unwrap_used, reason = "a test's helpers fail as the test does")]

use std::{fs, path::Path};

use anyhow::ensure;
use countersign_tests::{
    desktop::{Desktop, DesktopOptions},
    keyboard::Keyboard,
    memory::{Canary, HEAP, Search},
    part::{await_for, shipped},
    person::{PIN, Person},
    service::Service,
    window::{PATIENCE, Window},
};
use countersign_vault::{
    Account, KdfProfile, OrganisationState, Place, SecretText, Typed, UnavailableKeystore,
    VaultFile,
};
use data_encoding::BASE32_NOPAD;

const USER: &str = "nina.holt";
/// Not among the passphrases that are refused as easy to guess.
const PASSPHRASE: &str = "quiet turnip ladder 58 harbour";
/// How the names of canaries begin that are typed where they can be read.
const SHOWN: &str = "the shown";
const DEVICE_KEY: &str = "the device's key";
const SEED: [u8; 20] = [
    0x7d, 0x1e, 0xa9, 0x42, 0xf0, 0x3b, 0x96, 0x5c, 0xe8, 0x17, 0x2a, 0xcd, 0x64, 0xb1, 0x8f, 0x30,
    0xd5, 0x79, 0x0b, 0xfe,
];

/// The shipped app of one person, who types on a keyboard: the driver's own typing passes through the app's process.
struct Scene {
    window: Window,
    keyboard: Keyboard,
    person: Person,
    log: std::path::PathBuf,
    canaries: Vec<Canary>,
    service: Service,
}

impl Scene {
    async fn open(folder: &Path, keystore: bool) -> Self {
        let service = Service::start(&folder.join("service")).await.unwrap();
        service.add_user(USER).unwrap();
        let mut person = Person::new(&folder.join("device"), &service).unwrap();
        // Beside the device's folder, which is searched by itself
        let log = folder.join("log");
        person.desktop = DesktopOptions {
            keystore,
            log: Some(log.clone()),
            ..person.desktop.variable("RUST_LOG", "trace")
        };
        let desktop = Desktop::start(&person.desktop).unwrap();
        let window = Window::open_program(&shipped().unwrap(), desktop, &[])
            .await
            .unwrap();
        let keyboard = Keyboard::plug(&window.desktop().display).unwrap();
        window.screen("first").await.unwrap();
        keyboard.focus_window().unwrap();
        window.driver().execute(LISTEN, Vec::new()).await.unwrap();
        let seed = BASE32_NOPAD.encode(&SEED);
        Self {
            window,
            keyboard,
            person,
            log,
            canaries: vec![
                Canary::bytes("the bytes of the typed key", &SEED),
                Canary::text(&format!("{SHOWN} key"), &seed),
                Canary::text(
                    &format!("{SHOWN} key in small letters"),
                    &seed.to_lowercase(),
                ),
            ],
            service,
        }
    }

    /// Types into the field that is called `label`, and waits until all of it has arrived.
    async fn fill(&self, label: &str, text: &str) {
        self.await_ready(label).await;
        let field = self.window.field(label).await.unwrap();
        field.click().await.unwrap();
        self.keyboard.type_text(text).unwrap();
        await_for(PATIENCE, async || {
            let length = "return arguments[0].value.length";
            let field = self.window.field(label).await?.to_json()?;
            let arrived = self.window.driver().execute(length, vec![field]).await?;
            ensure!(
                arrived.json().as_u64() == Some(text.len().try_into()?),
                "{} of {} characters arrived in \"{label}\"",
                arrived.json(),
                text.len()
            );
            Ok(())
        })
        .await
        .unwrap();
    }

    async fn await_ready(&self, label: &str) {
        await_for(PATIENCE, async || {
            let busy = self.window.field(label).await?.attr("readonly").await?;
            ensure!(busy.is_none(), "the field \"{label}\" stayed busy");
            Ok(())
        })
        .await
        .unwrap();
    }

    /// Types the PIN `pin` once the pad takes it.
    async fn type_pin(&self, pin: &str) {
        self.await_ready("PIN").await;
        self.keyboard.type_text(pin).unwrap();
    }

    async fn add_typed_account(&self) {
        let window = &self.window;
        window.press("Type a key").await.unwrap();
        window.screen("key").await.unwrap();
        self.fill("Name", "Library").await;
        self.fill("Account", "nina").await;
        self.fill("Key", &BASE32_NOPAD.encode(&SEED).to_lowercase())
            .await;
        window.press("Add account").await.unwrap();
        window.screen("added").await.unwrap();
        window.press("Done").await.unwrap();
        window.screen("home").await.unwrap();
        assert_eq!(window.passcode().await.unwrap().len(), 6);
    }

    async fn activate_by_link(&mut self) {
        let activation = self.service.activation(USER).unwrap();
        self.canaries.push(Canary::text(
            &format!("{SHOWN} activation code"),
            &activation.code,
        ));
        self.window.press("Add").await.unwrap();
        self.window.press("Paste a link").await.unwrap();
        self.window.screen("link").await.unwrap();
        self.fill("Activation link", &activation.text).await;
        self.window.press("Continue").await.unwrap();
        Person::activate(&self.window).await.unwrap();
    }

    async fn lock(&self) {
        self.window
            .driver()
            .execute(LOCK, Vec::new())
            .await
            .unwrap();
        self.window.screen("lock").await.unwrap();
    }

    /// Nothing in what the page was answered, in what the app said, in any file of the device, nor in the memory of
    /// the app's own process, once what was under way at the lock has ended.
    async fn assert_no_canary_anywhere(&self) {
        let answers = self
            .window
            .driver()
            .execute("return window.answers.join('\\n')", Vec::new())
            .await
            .unwrap();
        let answers = answers.json().as_str().unwrap().to_owned();
        assert!(
            answers.contains("\"accounts\""),
            "the answers were listened to: {answers}"
        );
        let said = fs::read(&self.log).unwrap();
        assert!(
            said.windows(5).any(|word| word == b"TRACE"),
            "the app said all that it can"
        );
        let search = Search::new(&self.canaries);
        let mut found = search.in_files(&self.person.file("")).unwrap();
        found.extend(search.in_bytes("an answer", answers.as_bytes()));
        found.extend(search.in_bytes("the log", &said));
        assert_eq!(found, Vec::<String>::new());

        let app = shipped().unwrap();
        let programs = self.window.desktop().programs().unwrap();
        let own = programs.iter().find(|(_, program)| *program == app);
        let own = own.unwrap().0.as_raw_nonzero().get();
        await_for(PATIENCE, async || {
            // What is typed in a field that shows it goes on to the system's input methods by way of the web engine's
            // part of the process, whose memory nobody wipes; fields that show dots keep it in the page
            let mut found = search.in_process(own)?;
            found.retain(|one| !one.starts_with(SHOWN) || one.contains(HEAP));
            ensure!(
                found.is_empty(),
                "in the app's memory:\n{}",
                found.join("\n")
            );
            Ok(())
        })
        .await
        .unwrap();
    }

    /// What the device holds for the organisation, read from a copy of its vault.
    fn device_keys(&self, folder: &Path) -> Vec<Canary> {
        fs::create_dir_all(folder).unwrap();
        for file in fs::read_dir(self.person.app.join("vault")).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), folder.join(file.file_name())).unwrap();
        }
        let place = Place {
            directory: folder.to_owned(),
            keystore: std::sync::Arc::new(UnavailableKeystore),
            kdf: KdfProfile::STANDARD,
        };
        let typed = Typed::Passphrase(SecretText::from(PASSPHRASE));
        let Ok(vault) = VaultFile::open(&place)
            .unwrap()
            .unlock(&typed, 1_790_000_000_000)
        else {
            panic!("the copy opens by its passphrase")
        };
        let keys = vault.accounts().find_map(|(_, account)| match account {
            Account::Organisation(account) => match &account.state {
                OrganisationState::Working { keys, .. } => Some(vec![
                    // PKCS#8 wraps the number that is secret; its middle is part of no other key
                    Canary::bytes(DEVICE_KEY, &keys.device_key.expose()[40..56]),
                    Canary::bytes("the organisation's seed", keys.seed.expose()),
                ]),
                _ => None,
            },
            Account::Other(_) => None,
        });
        keys.unwrap()
    }
}

/// Keeps every answer that the program gives the page.
const LISTEN: &str = "
    window.answers = [];
    const ask = window.fetch;
    window.fetch = (...request) => ask(...request).then((answer) => {
        answer.clone().text().then((text) => window.answers.push(text));
        return answer;
    });
";

const LOCK: &str = "window.__TAURI_INTERNALS__.invoke('lock')";

#[tokio::test]
async fn v8_t4_g2_a_pin_and_a_typed_key_are_nowhere_after_the_lock() {
    let folder = tempfile::tempdir().unwrap();
    let mut scene = Scene::open(folder.path(), true).await;
    scene.canaries.push(Canary::text("the PIN", PIN));
    let window = &scene.window;
    window.press("Other ways to add an account").await.unwrap();
    for screen in ["choose-pin", "repeat-pin"] {
        window.screen(screen).await.unwrap();
        scene.type_pin(PIN).await;
    }
    window.screen("add").await.unwrap();
    scene.add_typed_account().await;
    scene.lock().await;
    // Opened once more by the PIN, which is then typed in another place, and wrong before that
    scene.type_pin("111222").await;
    scene.window.reads("That PIN isn’t right.").await.unwrap();
    scene.type_pin(PIN).await;
    scene.window.screen("home").await.unwrap();
    scene.lock().await;
    scene.assert_no_canary_anywhere().await;
    scene.window.close().await.unwrap();
}

#[tokio::test]
async fn v8_t4_g2_a_passphrase_a_code_and_the_devices_keys_are_nowhere_after_the_lock() {
    let folder = tempfile::tempdir().unwrap();
    let mut scene = Scene::open(folder.path(), false).await;
    scene
        .canaries
        .push(Canary::text("the passphrase", PASSPHRASE));
    let window = &scene.window;
    window.press("Other ways to add an account").await.unwrap();
    for screen in ["choose-passphrase", "repeat-passphrase"] {
        window.screen(screen).await.unwrap();
        scene.fill("Passphrase", PASSPHRASE).await;
        window.press("Continue").await.unwrap();
    }
    window.screen("add").await.unwrap();
    scene.add_typed_account().await;
    scene.activate_by_link().await;
    scene.lock().await;
    let keys = scene.device_keys(&folder.path().join("copy"));
    scene.canaries.extend(keys);
    scene.assert_no_canary_anywhere().await;
    scene.window.close().await.unwrap();
}
