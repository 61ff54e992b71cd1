//! Fuzz targets: each text and file that the app reads from outside, read with what must hold of the result.
//!
//! A target is a function of bytes that panics where something does not hold. libFuzzer calls it through `main.rs` for
//! `make fuzz`; `tests/seeds.rs` calls it with every committed seed in an ordinary test, on any toolchain.

mod activation;
mod answers;
mod label;
mod otpauth;
mod picture;
mod scanned;
mod transactions;
mod vault;

/// Something that is read from outside.
pub struct Target {
    /// Its name, which is also that of its folder of seeds.
    pub name: &'static str,
    /// The longest input that is worth trying, in bytes.
    pub longest: usize,
    /// Reads one input.
    pub run: fn(&[u8]),
}

impl Target {
    /// The target of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        TARGETS.iter().find(|target| target.name == name)
    }
}

/// All of them.
pub static TARGETS: &[Target] = &[
    Target {
        name: "activation",
        longest: 512,
        run: activation::run,
    },
    Target {
        name: "otpauth",
        longest: 512,
        run: otpauth::run,
    },
    Target {
        name: "scanned",
        longest: 512,
        run: scanned::run,
    },
    Target {
        name: "label",
        longest: 1_024,
        run: label::run,
    },
    Target {
        name: "transactions",
        longest: 4_096,
        run: transactions::run,
    },
    Target {
        name: "answers",
        longest: 2_048,
        run: answers::run,
    },
    Target {
        name: "vault",
        longest: 1_024,
        run: vault::run,
    },
    Target {
        name: "picture",
        longest: 4_096,
        run: picture::run,
    },
];
