//! The tour: a hospital's domain, the service, the app and a Duo client, from the first screen to a phone that was restored
//! and works again, driven like a person. Prints a transcript and leaves numbered pictures in `target/tour`.

use std::{fs, process::ExitCode};

use anyhow::{Result, ensure};
use countersign_tests::{
    part::root,
    story::{Story, domains},
    transcript::Transcript,
};

#[tokio::main]
async fn main() -> ExitCode {
    match tour().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tour: {error:?}");
            ExitCode::FAILURE
        }
    }
}

async fn tour() -> Result<()> {
    let run = root().join("target/run");
    if run.exists() {
        fs::remove_dir_all(&run)?;
    }
    let mut record = Transcript::begin(&root().join("target/tour"), "A tour of Countersign")?;
    let record = &mut record;
    let mut story = Story::begin(record, &run, domains()?).await?;

    let window = story.adds_her_phone(record).await?;
    record.chapter("A sign-in is approved");
    story.approves(record, &window, "push").await?;
    record.chapter("A passcode is used");
    story.types_a_passcode(record, &window).await?;
    record.chapter("The app is locked and opened");
    story.locks_and_opens(record, &window).await?;
    window.close().await?;

    story.restores_her_phone(record, "kept")?;
    let browser = story.is_not_reached(record).await?;
    story.is_called(record, &browser).await?;
    story.asks_for_a_code(record, &browser).await?;
    let window = story.scans_the_code(record, browser).await?;
    record.chapter("In step again: push and passcode work");
    story.approves(record, &window, "again").await?;
    story.types_a_passcode(record, &window).await?;
    window.close().await?;

    let kept = story.restores_her_phone(record, "kept again")?;
    let browser = story.is_let_in_by_the_service_desk(record).await?;
    story.asks_for_a_code(record, &browser).await?;
    let window = story.scans_the_code(record, browser).await?;
    record.chapter("In step once more");
    story.approves(record, &window, "once-more").await?;
    // Last of what she answers, since a report pauses requests
    record.chapter("A sign-in by somebody else is denied");
    story.denies_and_reports(record, &window).await?;
    window.close().await?;
    story.refuses_the_old_keys(record, &kept).await?;

    ensure!(
        record.pictures() >= 30,
        "only {} pictures were taken",
        record.pictures()
    );
    println!(
        "\nThe tour is over: {} pictures lie in target/tour.",
        record.pictures()
    );
    Ok(())
}
