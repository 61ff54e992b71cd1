//! A real window is driven.

use countersign_tests::{desktop::DesktopOptions, window::Window};

#[tokio::test]
async fn the_window_opens_on_the_bundle() {
    let home = tempfile::tempdir().unwrap();
    let window = Window::open(&DesktopOptions::new(home.path()), &[])
        .await
        .unwrap();
    window.reads("Countersign").await.unwrap();
    window.press("Press").await.unwrap();
    window.reads("Pressed").await.unwrap();
    window
        .picture(std::path::Path::new("/tmp/shot.png"))
        .await
        .unwrap();
    window.close().await.unwrap();
}
