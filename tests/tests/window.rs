//! The window shows the bundle and nothing else.

use countersign_tests::{desktop::DesktopOptions, window::Window};

#[tokio::test]
async fn the_window_opens_on_the_bundle() {
    let home = tempfile::tempdir().unwrap();
    let window = Window::open(&DesktopOptions::new(home.path()), &[]).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    println!("{}", window.text().await.unwrap());
    window.picture(std::path::Path::new("/tmp/shot.png")).await.unwrap();
    window.close().await.unwrap();
}
