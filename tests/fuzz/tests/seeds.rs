//! Every committed seed, among them everything that fuzzing ever found, through its target: on any toolchain.

use std::fs;

use countersign_fuzz::TARGETS;

#[test]
fn q3_q5_every_seed_is_read_or_refused_and_what_must_hold_holds() {
    for target in TARGETS {
        let mut seeds = 0;
        for path in target.seeds().unwrap() {
            let bytes = fs::read(&path).unwrap();
            assert!(
                bytes.len() <= target.longest,
                "{} is too long",
                path.display()
            );
            println!("{}", path.display());
            (target.run)(&bytes);
            seeds += 1;
        }
        assert!(seeds > 0, "{} has no seeds", target.name);
    }
}
