//! One program for all targets, so that one build serves them: `FUZZ_TARGET=NAME fuzz FOLDER… -OPTION…` is libFuzzer on
//! that target. `fuzz --targets` lists their names, `fuzz --seeds NAME` the files that one begins with, `fuzz --longest NAME` says how many bytes an input of one has.
//!
//! It is started by `tests/fuzz/run`, which also has it compiled with coverage counters.
#![no_main]

use std::sync::OnceLock;

use countersign_fuzz::{TARGETS, Target};
use libfuzzer_sys::fuzz_target;

static TARGET: OnceLock<&Target> = OnceLock::new();

fuzz_target!(
    init: choose(),
    |input: &[u8]| {
        if let Some(target) = TARGET.get() {
            (target.run)(input);
        }
    }
);

fn choose() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("--targets") => {
            for target in TARGETS {
                println!("{}", target.name);
            }
            std::process::exit(0);
        }
        Some("--seeds") => {
            let name = arguments.get(1).cloned().unwrap_or_default();
            for path in named(&name).seeds().unwrap_or_default() {
                println!("{}", path.display());
            }
            std::process::exit(0);
        }
        Some("--longest") => {
            let name = arguments.get(1).cloned().unwrap_or_default();
            println!("{}", named(&name).longest);
            std::process::exit(0);
        }
        _ => {
            let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
            TARGET.get_or_init(|| named(&name));
        }
    }
}

fn named(name: &str) -> &'static Target {
    Target::named(name).unwrap_or_else(|| {
        eprintln!("no target of the name {name:?}; `fuzz --targets` lists them");
        std::process::exit(2)
    })
}
