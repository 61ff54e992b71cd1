//! Prints the text of every QR code in the pictures named: `cargo run -p countersign-authenticator --example read-code -- PICTURE…`
//!
//! One line a text. Exit status 0 when every picture had one, else 2 with a line that names the first that had none.

use std::process::ExitCode;

use countersign_authenticator::picture;

fn main() -> ExitCode {
    let mut status = ExitCode::SUCCESS;
    let paths: Vec<_> = std::env::args_os().skip(1).collect();
    if paths.is_empty() {
        eprintln!("name at least one picture: read-code PICTURE…");
        return ExitCode::from(2);
    }
    for path in paths {
        let name = path.to_string_lossy().into_owned();
        let read = std::fs::read(&path)
            .map_err(|error| error.to_string())
            .and_then(|bytes| picture::read(&bytes).map_err(|error| error.to_string()));
        match read {
            Ok(texts) => texts.iter().for_each(|text| println!("{text}")),
            Err(reason) => {
                eprintln!("{name}: {reason}");
                status = ExitCode::from(2);
            }
        }
    }
    status
}
