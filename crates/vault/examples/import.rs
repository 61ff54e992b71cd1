//! What an import makes of another app's export, as JSON:
//! `cargo run -p countersign-vault --example import -- FILE [--password PASSWORD]`.
//!
//! It prints keys, so it is for files whose accounts are nobody's.

use std::{env, error::Error, fs, process::ExitCode};

use countersign_vault::{
    Algorithm, OtherPasscodes, SecretText,
    import::{self, Entry, Import},
};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (path, password) = match arguments.as_slice() {
        [path] => (path, None),
        [path, flag, password] if flag == "--password" => (path, Some(password.as_str())),
        _ => {
            eprintln!("import FILE [--password PASSWORD]");
            return Ok(ExitCode::from(2));
        }
    };
    let password = password.map(SecretText::from);
    let told = match import::read(&fs::read(path)?, password.as_ref()) {
        Ok(import) => told(&import),
        Err(unreadable) => json!({ "unreadable": unreadable.to_string() }),
    };
    println!("{}", serde_json::to_string_pretty(&told)?);
    Ok(ExitCode::SUCCESS)
}

fn told(import: &Import) -> Value {
    let entries: Vec<Value> = import.entries.iter().map(entry).collect();
    let refused = import.refused.iter().map(|refused| {
        json!({ "position": refused.position, "label": refused.label(), "reason": refused.reason })
    });
    json!({
        "format": import.format,
        "entries": entries,
        "refused": refused.collect::<Vec<_>>(),
        "part": import.part.map(|part| json!({ "index": part.index, "of": part.of })),
    })
}

fn entry(entry: &Entry) -> Value {
    let account = &entry.account;
    let (kind, period, counter) = match account.passcodes {
        OtherPasscodes::Timed { period_seconds } => ("totp", Some(period_seconds), None),
        OtherPasscodes::Steam => ("steam", Some(30), None),
        OtherPasscodes::Counted { next_counter } => ("hotp", None, Some(next_counter)),
    };
    json!({
        "position": entry.position,
        "type": kind,
        "issuer": account.issuer,
        "name": account.account,
        "secret_hex": HEXLOWER.encode(account.seed.expose()),
        "algo": match account.algorithm {
            Algorithm::Sha1 => "SHA1",
            Algorithm::Sha256 => "SHA256",
            Algorithm::Sha512 => "SHA512",
        },
        "digits": account.digits,
        "period": period,
        "counter": counter,
        "trashed": entry.trashed,
    })
}
