//! Audit rows: who did what to which object, with what result, from where and when, chained by hash (row G1).

use countersign_protocol::time::UnixMillis;
use ring::digest::{Context, SHA256};

use crate::core::{Core, Fault};

/// The hash before the first row.
pub const FIRST: [u8; 32] = [0; 32];

/// The longest text kept in one column; a caller's text may not fill the log.
const LONGEST: usize = 200;

/// One row to be written, in the transaction of the change it describes. No field may hold a secret (row G2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When, by the service's clock.
    pub at: UnixMillis,
    /// Who: `device:DP…`, `integration:DI…`, `operator`, `service`.
    pub actor: String,
    /// What: `request.approve`, `device.activate`.
    pub action: &'static str,
    /// On what: an id, or a user's id.
    pub object: String,
    /// How it ended, in one word.
    pub result: &'static str,
    /// From which address; empty for the service itself and the command line.
    pub source: String,
}

impl AuditEntry {
    /// A row without a source.
    pub fn new(
        at: UnixMillis,
        actor: String,
        action: &'static str,
        object: &str,
        result: &'static str,
    ) -> Self {
        Self {
            at,
            actor,
            action,
            object: bounded(object),
            result,
            source: String::new(),
        }
    }

    /// Adds the address from which it came.
    #[must_use]
    pub fn from_address(mut self, address: &str) -> Self {
        self.source = bounded(address);
        self
    }

    /// The hash of this row when it follows `previous`: SHA-256 over the previous hash and the fields, each preceded by
    /// its length, so that no two different rows have one input.
    pub fn hash_after(&self, previous: &[u8]) -> [u8; 32] {
        chain(
            previous,
            self.at,
            [
                &self.actor,
                self.action,
                &self.object,
                self.result,
                &self.source,
            ],
        )
    }
}

/// The hash of a row as stored; see [`AuditEntry::hash_after`].
pub fn chain(previous: &[u8], at: UnixMillis, fields: [&str; 5]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(previous);
    context.update(&at.0.to_be_bytes());
    for field in fields {
        context.update(&u64::try_from(field.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(field.as_bytes());
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// At most [`LONGEST`] characters, without controls (row G3).
fn bounded(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .take(LONGEST)
        .collect()
}

/// What became of checking the whole log.
#[derive(Debug, PartialEq, Eq)]
pub struct AuditCheck {
    /// How many rows follow each other as they should.
    pub rows: usize,
    /// The first row that does not.
    pub broken_at: Option<i64>,
}

/// Rows that are read at a time.
const PAGE: i64 = 1000;

impl Core {
    /// Follows the chain from the first row to the last. What was cut off at the end shows only against a copy kept
    /// outside.
    pub async fn verify_audit(&self) -> Result<AuditCheck, Fault> {
        let (mut rows, mut last, mut prev) = (0, 0, FIRST.to_vec());
        loop {
            let page = self.store.audit_after(last, PAGE).await?;
            if page.is_empty() {
                return Ok(AuditCheck {
                    rows,
                    broken_at: None,
                });
            }
            for row in page {
                let fields = row.fields.each_ref().map(String::as_str);
                let follows = row.seq == last + 1
                    && row.prev == prev
                    && row.hash == chain(&prev, row.at, fields);
                if !follows {
                    return Ok(AuditCheck {
                        rows,
                        broken_at: Some(row.seq),
                    });
                }
                (rows, last, prev) = (rows + 1, row.seq, row.hash);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g1_each_field_changes_the_hash() {
        let row = AuditEntry::new(UnixMillis(1), "operator".into(), "user.add", "DU1", "done");
        let hash = row.hash_after(&FIRST);
        let altered = [
            AuditEntry {
                at: UnixMillis(2),
                ..row.clone()
            },
            AuditEntry {
                actor: "operato".into(),
                ..row.clone()
            },
            AuditEntry {
                action: "user.ad",
                ..row.clone()
            },
            AuditEntry {
                object: "dDU1".into(),
                ..row.clone()
            },
            AuditEntry {
                result: "don",
                ..row.clone()
            },
            row.clone().from_address("192.0.2.1"),
        ];
        for other in altered {
            assert_ne!(other.hash_after(&FIRST), hash, "{other:?}");
        }
        assert_ne!(row.hash_after(&hash), hash);
    }

    #[test]
    fn g3_controls_do_not_reach_a_row() {
        let row = AuditEntry::new(
            UnixMillis(1),
            "operator".into(),
            "user.add",
            "a\n\u{1b}[31mb",
            "done",
        );
        assert_eq!(row.object, "a[31mb");
    }
}
