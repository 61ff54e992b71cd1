//! What the window may call is exactly what is written here (rows T1 and T2).
#![expect(clippy::unwrap_used, reason = "a test's helpers fail as the test does")]

use std::{fs, path::Path};

use serde_json::Value;

fn json(path: &str) -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

fn permissions(capability: &Value) -> Vec<&str> {
    capability["permissions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| each.as_str().unwrap())
        .collect()
}

#[test]
fn t1_the_window_may_call_our_own_commands_and_hear_events_only() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("capabilities");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(files, ["camera.json", "main.json"]);

    let main = json("capabilities/main.json");
    assert_eq!(main["windows"], serde_json::json!(["main"]));
    assert!(main.get("remote").is_none());
    assert_eq!(
        permissions(&main),
        [
            "core:event:allow-listen",
            "core:event:allow-unlisten",
            "allow-capabilities",
            "allow-view",
            "allow-create-vault",
            "allow-unlock",
            "allow-lock",
            "allow-touched",
            "allow-confirm-secret",
            "allow-change-secret",
            "allow-rate-passphrase",
            "allow-start-again",
            "allow-use-older-copy",
            "allow-keep-copy",
            "allow-change-settings",
            "allow-activity",
            "allow-check-up",
            "allow-passcodes",
            "allow-next-passcode",
            "allow-copy-passcode",
            "allow-read-text",
            "allow-read-picture",
            "allow-read-clipboard",
            "allow-capture-screen",
            "allow-take-incoming",
            "allow-activate",
            "allow-finish-activation",
            "allow-add-other",
            "allow-add-typed",
            "allow-read-import",
            "allow-unlock-import",
            "allow-import",
            "allow-unimported",
            "allow-dismiss-unimported",
            "allow-keep-unimported",
            "allow-backup",
            "allow-turn-on-backup",
            "allow-turn-off-backup",
            "allow-back-up-now",
            "allow-choose-backup-folder",
            "allow-rehearse-backup",
            "allow-find-backup",
            "allow-read-backup",
            "allow-restore",
            "allow-export-view",
            "allow-export",
            "allow-move-view",
            "allow-begin-move",
            "allow-move-news",
            "allow-act-on-move",
            "allow-rename",
            "allow-reorder",
            "allow-remove",
            "allow-undo-remove",
            "allow-delete-for-good",
            "allow-answer",
            "allow-deny-all",
            "allow-answer-notice",
            "allow-send-test",
            "allow-self-service",
            "allow-service-hosts",
            "allow-read-service-host",
        ]
    );

    let camera = json("capabilities/camera.json");
    assert_eq!(camera["platforms"], serde_json::json!(["android", "iOS"]));
    assert!(camera.get("remote").is_none());
    assert!(
        permissions(&camera)
            .iter()
            .all(|each| each.starts_with("barcode-scanner:allow-"))
    );
}

#[test]
fn t2_the_page_may_load_nothing_but_the_bundle() {
    let config = json("tauri.conf.json");
    let security = &config["app"]["security"];
    assert_eq!(security["freezePrototype"], true);
    assert_eq!(config["app"]["withGlobalTauri"], false);
    assert_eq!(config["app"]["windows"].as_array().unwrap().len(), 1);
    assert_eq!(config["app"]["windows"][0]["devtools"], false);
    assert_eq!(security["pattern"]["use"], "isolation");
    let policy = security["csp"].as_object().unwrap();
    assert_eq!(policy["default-src"], "'none'");
    assert_eq!(policy["script-src"], "'self'");
    // The second source is the one rule that hides the isolation frame
    assert_eq!(
        policy["style-src"],
        "'self' 'sha256-YEercZJImS+vUX2bz7vkQ0aA4rtBIPLuCEWz+yraQ/g='"
    );
    assert_eq!(policy["connect-src"], "ipc: http://ipc.localhost");
    // Tauri adds the isolation frame, whose scheme is another in each build, to `default-src`: frames fall back to it,
    // and whatever else would is closed here
    for open in ["frame-src", "child-src"] {
        assert!(!policy.contains_key(open), "{open}");
    }
    for closed in [
        "base-uri",
        "form-action",
        "frame-ancestors",
        "manifest-src",
        "media-src",
        "object-src",
        "worker-src",
    ] {
        assert_eq!(policy[closed], "'none'", "{closed}");
    }
    for (name, sources) in policy {
        let sources = sources.as_str().unwrap();
        assert!(
            !sources.contains("unsafe") && !sources.contains("https:") && !sources.contains('*'),
            "{name}"
        );
    }
}

#[test]
fn u1_u4_u5_on_android_the_window_is_kept_from_capture_autofill_and_obscured_touches() {
    let activity = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("gen/android/app/src/main/java/org/countersign/app/MainActivity.kt");
    let activity = fs::read_to_string(activity).unwrap();
    for line in [
        "window.addFlags(WindowManager.LayoutParams.FLAG_SECURE)",
        "webView.importantForAutofill = View.IMPORTANT_FOR_AUTOFILL_NO_EXCLUDE_DESCENDANTS",
        "webView.filterTouchesWhenObscured = true",
    ] {
        assert!(activity.contains(line), "{line}");
    }
}

#[test]
fn no_page_outside_the_bundle_is_named() {
    let config = json("tauri.conf.json");
    assert_eq!(config["build"]["frontendDist"], "../ui/dist");
    assert!(config["build"].get("devUrl").is_none());
}
