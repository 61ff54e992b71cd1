//! Fuzz targets: each text and file that the app reads from outside, read with what must hold of the result.
//!
//! A target is a function of bytes that panics where something does not hold. libFuzzer calls it through `main.rs` for
//! `make fuzz`; `tests/seeds.rs` calls it with every committed seed in an ordinary test, on any toolchain.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

mod activation;
mod answers;
mod backup;
mod import;
mod label;
mod otpauth;
mod picture;
mod scanned;
mod transactions;
mod vault;

/// Something that is read from outside.
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// What it begins with.
    pub seeds: Seeds,
    /// The longest input that is worth trying, in bytes.
    pub longest: usize,
    /// Reads one input.
    pub run: fn(&[u8]),
}

/// What a target begins with: files, from the root of the project.
#[derive(Clone, Copy, Debug)]
pub enum Seeds {
    /// All in the folder of the target's name.
    Own,
    /// Exports of other apps whose names begin so, which the import's own tests read too.
    Exports(&'static str),
    /// One file.
    File(&'static str),
}

impl Target {
    /// The files that it begins with.
    ///
    /// # Errors
    ///
    /// Where the folder cannot be read.
    pub fn seeds(&self) -> io::Result<Vec<PathBuf>> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let (folder, start) = match self.seeds {
            Seeds::Own => (root.join("seeds").join(self.name), ""),
            Seeds::Exports(start) => (root.join("../../crates/vault/tests/exports"), start),
            Seeds::File(path) => return Ok(vec![root.join("../..").join(path)]),
        };
        let mut files = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(start) {
                files.push(entry.path());
            }
        }
        files.sort();
        Ok(files)
    }

    /// The target of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        TARGETS.iter().find(|target| target.name == name)
    }
}

/// All of them.
pub static TARGETS: &[Target] = &[
    Target {
        name: "activation",
        seeds: Seeds::Own,
        longest: 512,
        run: activation::run,
    },
    Target {
        name: "otpauth",
        seeds: Seeds::Own,
        longest: 512,
        run: otpauth::run,
    },
    Target {
        name: "scanned",
        seeds: Seeds::Own,
        longest: 512,
        run: scanned::run,
    },
    Target {
        name: "label",
        seeds: Seeds::Own,
        longest: 1_024,
        run: label::run,
    },
    Target {
        name: "transactions",
        seeds: Seeds::Own,
        longest: 4_096,
        run: transactions::run,
    },
    Target {
        name: "answers",
        seeds: Seeds::Own,
        longest: 2_048,
        run: answers::run,
    },
    Target {
        name: "vault",
        seeds: Seeds::Own,
        longest: 1_024,
        run: vault::run,
    },
    Target {
        name: "picture",
        seeds: Seeds::Own,
        longest: 4_096,
        run: picture::run,
    },
    Target {
        name: "backup",
        seeds: Seeds::File("crates/vault/tests/fixtures/v1.countersign"),
        longest: 8_192,
        run: backup::run,
    },
    import("import-2fas", "2fas"),
    import("import-2fauth", "2fauth"),
    import("import-aegis", "aegis"),
    import("import-andotp", "andotp"),
    import("import-bitwarden", "bitwarden"),
    import("import-duo", "duo"),
    import("import-ente", "ente"),
    import("import-freeotp2", "freeotp2"),
    import("import-freeotp-plus", "freeotp-plus"),
    import("import-google-database", "google-database"),
    import("import-lastpass", "lastpass"),
    import("import-links", "links."),
    import("import-microsoft", "microsoft"),
    import("import-migration", "migration"),
    import("import-proton", "proton"),
    import("import-raivo", "raivo."),
    import("import-raivo-zip", "raivo-zip"),
    import("import-steam", "steam"),
    import("import-stratum", "stratum"),
    import("import-totp-authenticator", "totp-authenticator"),
];

/// An importer: any bytes may be any app's, and the seeds say whose they mostly are.
const fn import(name: &'static str, exports: &'static str) -> Target {
    Target {
        name,
        seeds: Seeds::Exports(exports),
        longest: 16_384,
        run: import::run,
    }
}
