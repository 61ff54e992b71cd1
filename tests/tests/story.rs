//! The whole story of a phone that was restored, against a real domain controller, a real telephone on the service's trunk,
//! a real browser and the app's real window. The tour tells the same with pictures.

use std::path::Path;

use anyhow::Result;
use countersign_tests::{story::Story, transcript::Transcript};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph07_ph10_ph15_ph18_ph19_the_restored_phone_is_back_by_active_directory_and_a_call()
-> Result<()> {
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = tempfile::tempdir()?;
    let mut record = Transcript::begin(&kept.join("story"), "The restored phone")?;
    let record = &mut record;
    let mut story = Story::begin(record, folder.path(), kept.join("directories")).await?;
    let window = story.adds_her_phone(record).await?;
    story.approves(record, &window, "push").await?;
    window.close().await?;

    let before = story.restores_her_phone(record, "kept")?;
    let browser = story.is_not_reached(record).await?;
    story.is_called(record, &browser).await?;
    story.asks_for_a_code(record, &browser).await?;
    let window = story.scans_the_code(record, browser).await?;
    story.approves(record, &window, "again").await?;
    story.types_a_passcode(record, &window).await?;
    window.close().await?;
    story.refuses_the_old_keys(record, &before).await
}
