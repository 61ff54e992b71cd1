//! A backup before it is opened: whatever its bytes, with a sum that is wrong or right, it is one or it is refused.

use countersign_vault::backup::{Unopened, look};

/// SHA-256 at the end of a backup.
const SUM: usize = 32;

pub(crate) fn run(input: &[u8]) {
    let told = look(input);
    let Some((all, _)) = input.split_last_chunk::<SUM>() else {
        assert!(told.is_err(), "{told:?}");
        return;
    };
    let mut whole = all.to_vec();
    let sum = ring::digest::digest(&ring::digest::SHA256, all);
    whole.extend(sum.as_ref());
    match look(&whole) {
        Ok(made) => assert!(made.device.len() <= 55, "{made:?}"),
        // What is refused for its form is refused whatever its sum; damage may be the sum's alone
        Err(refused) => assert!(
            told == Err(refused) || told == Err(Unopened::Damaged),
            "{told:?}, then {refused:?}"
        ),
    }
}
