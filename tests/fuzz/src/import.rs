//! Another app's export: whatever its bytes, what is read of it can be kept, and every entry is told of once.

use std::collections::HashSet;

use countersign_vault::{OtherPasscodes, import};

pub(crate) fn run(input: &[u8]) {
    let Ok(read) = import::read(input, None) else {
        return;
    };
    assert!(read.entries.len() + read.refused.len() <= import::MOST);
    let entries = read.entries.iter().map(|entry| entry.position);
    let refused = read.refused.iter().map(|refused| refused.position);
    let positions: HashSet<usize> = entries.chain(refused).collect();
    assert_eq!(positions.len(), read.entries.len() + read.refused.len());
    for entry in &read.entries {
        let account = &entry.account;
        assert!((1..=1024).contains(&account.seed.expose().len()));
        match account.passcodes {
            OtherPasscodes::Steam => assert_eq!(account.digits, 5),
            OtherPasscodes::Timed { period_seconds } => {
                assert!(period_seconds > 0 && (1..=9).contains(&account.digits));
            }
            OtherPasscodes::Counted { .. } => assert!((1..=9).contains(&account.digits)),
        }
    }
}
