//! The peer of the benches: a Tauri window like the app's, with a page of one line and nothing behind it.

fn main() -> tauri::Result<()> {
    tauri::Builder::default().run(tauri::generate_context!("examples/bare/tauri.conf.json"))
}
