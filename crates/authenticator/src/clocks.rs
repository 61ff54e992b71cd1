//! By how much this device's clock is off, as each organisation's signed time tells.
//!
//! A service's word moves its own account and no other: a hostile one must not shift what the rest of the app does. Third
//! parties tell no time, so their passcodes are corrected only where all organisations agree.

use std::{collections::HashMap, ops::Range};

use countersign_protocol::time::UnixMillis;
use countersign_vault::{RecordId, Vault};

/// A difference under this is the network's, not the clock's.
const NOISE_MS: i64 = 1_500;
/// Organisations that differ by no more agree.
const AGREEMENT_MS: i64 = 5_000;
/// 2020 to 2100: a time outside is nobody's clock.
const PLAUSIBLE: Range<i64> = 1_577_836_800_000..4_102_444_800_000;

/// Milliseconds that the device's clock is fast, for each organisation account; negative = slow.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clocks(HashMap<RecordId, i64>);

impl Clocks {
    /// What the vault remembers.
    pub(crate) fn remembered(vault: &Vault) -> Self {
        let known = vault
            .accounts()
            .filter_map(|(id, _)| Some((id, kept(vault, id)?)));
        Self(known.collect())
    }

    /// By how much the clock is fast for that account's service.
    pub(crate) fn fast_ms(&self, id: RecordId) -> i64 {
        self.0.get(&id).copied().unwrap_or(0)
    }

    /// By how much the clock is fast where all organisations agree, else 0.
    pub(crate) fn agreed_ms(&self) -> i64 {
        match (self.0.values().min(), self.0.values().max()) {
            (Some(least), Some(most)) if most.saturating_sub(*least) <= AGREEMENT_MS => *most,
            _ => 0,
        }
    }

    /// The device's time, corrected for that account.
    pub(crate) fn corrected(&self, device: UnixMillis, id: RecordId) -> UnixMillis {
        device + self.fast_ms(id).saturating_neg()
    }

    /// The device's time, corrected for accounts whose services tell none.
    pub(crate) fn corrected_elsewhere(&self, device: UnixMillis) -> UnixMillis {
        device + self.agreed_ms().saturating_neg()
    }

    /// Takes in a service's time, just received. Gives the difference when it is news worth remembering.
    pub(crate) fn learn(
        &mut self,
        id: RecordId,
        device: UnixMillis,
        service: UnixMillis,
    ) -> Option<i64> {
        if !PLAUSIBLE.contains(&service.0) {
            return None;
        }
        let fast = device - service;
        let fast = if fast.saturating_abs() < NOISE_MS {
            0
        } else {
            fast
        };
        let before = self.0.insert(id, fast).unwrap_or(0);
        differ(fast, before).then_some(fast)
    }

    /// Takes in what the vault kept of an account that came back.
    pub(crate) fn recall(&mut self, id: RecordId, fast_ms: i64) {
        self.0.entry(id).or_insert(fast_ms);
    }

    /// Forgets a removed account.
    pub(crate) fn forget(&mut self, id: RecordId) {
        self.0.remove(&id);
    }
}

/// Whether two differences are apart by more than the network's doing.
pub(crate) const fn differ(one_ms: i64, other_ms: i64) -> bool {
    one_ms.saturating_sub(other_ms).saturating_abs() >= NOISE_MS
}

/// What the vault keeps of an account's difference.
pub(crate) fn kept(vault: &Vault, id: RecordId) -> Option<i64> {
    vault.setting(&setting(id))?.parse().ok()
}

/// Name of the vault's setting for an account's difference.
pub(crate) fn setting(id: RecordId) -> String {
    format!("clock_fast_ms {id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(last: u8) -> RecordId {
        RecordId::parse(&format!("{last:032x}")).unwrap()
    }

    const NOW: UnixMillis = UnixMillis(1_795_492_110_000);

    #[test]
    fn c3_one_services_clock_never_moves_another_account() {
        let mut clocks = Clocks::default();
        assert_eq!(clocks.learn(id(1), NOW, NOW), None);
        assert_eq!(clocks.learn(id(2), NOW, NOW + 3_600_000), Some(-3_600_000));
        assert_eq!(clocks.corrected(NOW, id(1)), NOW);
        assert_eq!(clocks.corrected(NOW, id(2)), NOW + 3_600_000);
        assert_eq!(clocks.corrected_elsewhere(NOW), NOW);
    }

    #[test]
    fn c3_a_time_that_is_nobodys_clock_is_not_believed() {
        let mut clocks = Clocks::default();
        for absurd in [i64::MIN, -1, 0, 1_000_000_000_000, i64::MAX] {
            assert_eq!(clocks.learn(id(1), NOW, UnixMillis(absurd)), None);
            assert_eq!(clocks.corrected(NOW, id(1)), NOW);
        }
    }

    #[test]
    fn organisations_that_agree_correct_everything() {
        let mut clocks = Clocks::default();
        assert_eq!(clocks.learn(id(1), NOW, NOW + -300_000), Some(300_000));
        assert_eq!(clocks.learn(id(2), NOW, NOW + -301_000), Some(301_000));
        assert_eq!(clocks.corrected_elsewhere(NOW), NOW + -301_000);
        clocks.forget(id(1));
        clocks.forget(id(2));
        assert_eq!(clocks.agreed_ms(), 0);
    }

    #[test]
    fn a_clock_that_is_put_right_is_noticed() {
        let mut clocks = Clocks::default();
        assert_eq!(clocks.learn(id(1), NOW, NOW + -300_000), Some(300_000));
        assert_eq!(clocks.learn(id(1), NOW, NOW + -300_400), None);
        assert_eq!(clocks.learn(id(1), NOW, NOW + 200), Some(0));
    }
}
