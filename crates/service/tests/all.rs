//! The service's tests as one program, so that the service is linked once and not forty times.
//!
//! One file of them is `cargo test --package countersign-service --test all sign_in::`. A new file is named here; only
//! what changes the whole process, and so would change its neighbours, is a program of its own in `Cargo.toml`.
#![expect(clippy::unwrap_used, reason = "a test says by its panic what is wrong")]

#[expect(
    clippy::unwrap_used,
    reason = "what fails here fails the test, with its place"
)]
mod common;
mod support;

mod activation;
mod answers;
mod answers_endings;
mod calls_at_once;
mod calls_gateway;
mod calls_limits;
mod calls_sip;
mod calls_trunk;
mod directory;
mod faults;
mod held_lists;
mod hostile_centre;
mod hostile_trunk;
mod http_duo_client;
mod http_edge;
mod http_signatures;
mod kill;
mod limits;
mod moves;
mod notices;
mod notices_of_acts;
mod numbers;
mod passcodes;
mod persistence;
mod prompt;
mod prompt_attacks;
mod prompt_counts;
mod prompt_endings;
mod prompt_exchange;
mod prompt_times;
mod records;
mod self_service_acts;
mod self_service_acts_activations;
mod self_service_acts_calls;
mod self_service_acts_comparing;
mod self_service_acts_faults;
mod self_service_acts_guides;
mod self_service_acts_link;
mod self_service_acts_numbers;
mod self_service_acts_program;
mod self_service_attacks;
mod self_service_card;
mod self_service_desk_faults;
mod self_service_gate;
mod self_service_gate_desk;
mod self_service_gate_desk_races;
mod self_service_gate_endings;
mod self_service_gate_fatigue;
mod self_service_gate_faults;
mod self_service_gate_matrix;
mod self_service_gate_program;
mod self_service_gate_proofs;
mod self_service_gate_release;
mod self_service_gate_sign_in;
mod self_service_gate_sites;
mod self_service_gate_upgrade;
mod self_service_gate_workstations;
mod self_service_phone_faults;
mod shared_requests;
mod sign_in;
mod stopped;
mod texts;
mod texts_smpp;

/// A file that nobody names would be compiled by nobody, and its tests would fail for nobody.
#[test]
fn each_file_of_tests_is_named_here_or_in_cargo_toml() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).expect("the folder of this file") {
        let path = entry.expect("an entry").path();
        let (Some(name), Some("rs")) = (
            path.file_stem().and_then(|name| name.to_str()),
            path.extension().and_then(|extension| extension.to_str()),
        ) else {
            continue;
        };
        let named = include_str!("all.rs")
            .lines()
            .any(|line| line == format!("mod {name};"));
        let alone = include_str!("../Cargo.toml").contains(&format!("path = \"tests/{name}.rs\""));
        assert!(named || alone, "tests/{name}.rs is run by no program");
        files += 1;
    }
    assert!(files > 0, "{folder} holds no tests");
}
