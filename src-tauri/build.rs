//! Compiles the capability file and the bundle into the app, and makes every command of ours need a permission.

/// Every command that a window may be allowed to call. `capabilities/main.json` names the ones it is.
const COMMANDS: &[&str] = &[
    "capabilities",
    "view",
    "create_vault",
    "unlock",
    "lock",
    "touched",
    "confirm_secret",
    "change_secret",
    "rate_passphrase",
    "start_again",
    "use_older_copy",
    "keep_copy",
    "change_settings",
    "activity",
    "check_up",
    "passcodes",
    "next_passcode",
    "copy_passcode",
    "read_text",
    "read_picture",
    "read_clipboard",
    "capture_screen",
    "take_incoming",
    "activate",
    "finish_activation",
    "add_other",
    "add_typed",
    "read_import",
    "unlock_import",
    "import",
    "unimported",
    "dismiss_unimported",
    "keep_unimported",
    "backup",
    "turn_on_backup",
    "turn_off_backup",
    "back_up_now",
    "choose_backup_folder",
    "rehearse_backup",
    "find_backup",
    "read_backup",
    "restore",
    "export_view",
    "export",
    "move_view",
    "begin_move",
    "move_news",
    "act_on_move",
    "rename",
    "reorder",
    "remove",
    "undo_remove",
    "delete_for_good",
    "answer",
    "deny_all",
    "answer_notice",
    "send_test",
    "self_service",
    "service_hosts",
    "read_service_host",
];

fn main() {
    let manifest = tauri_build::AppManifest::new().commands(COMMANDS);
    if let Err(error) =
        tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest))
    {
        // Cargo takes one line
        let message = format!("{error:#}");
        println!(
            "cargo::error={}",
            message.split_whitespace().collect::<Vec<_>>().join(" ")
        );
    }
}
