//! Devices that hand over to another (PROTOCOL.md section 13). Same terms as [`super::Store`]; every method carries the device
//! that began the move, and another's is as unknown as one that never was (row S4).

use async_trait::async_trait;
use countersign_protocol::ids::DeviceId;
use countersign_protocol::time::UnixMillis;

use super::{Started, StoreError};
use crate::audit::AuditEntry;
use crate::model::Scan;
use crate::request::{NewRequest, Request};

/// A move, named by the device that began it with the keys it had then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoveOf {
    /// The move.
    pub id: String,
    /// The device that hands over.
    pub device: DeviceId,
    /// Of its keys.
    pub generation: i64,
}

/// A move as the device that began it follows it.
#[derive(Debug, Clone)]
pub struct FollowedMove {
    /// Hex SHA-256 of its code.
    pub code_hash: String,
    /// Who scanned it.
    pub scan: Option<Scan>,
    /// The device that came of it, with its name.
    pub made: Option<(DeviceId, String)>,
    /// The latest request that it has to approve.
    pub test: Option<Request>,
    /// Whether it took over.
    pub moved: bool,
    /// Whether it was ended before its time.
    pub stopped: bool,
    /// When the code ends.
    pub expires_at: UnixMillis,
}

/// Devices that hand over to another.
#[async_trait]
pub trait MoveStore: Send + Sync {
    /// How a move stands.
    async fn followed_move(&self, of: &MoveOf) -> Result<Option<FollowedMove>, StoreError>;

    /// Takes the word of the device's person that the phone in hand is the one that scanned.
    async fn confirm_move(
        &self,
        of: &MoveOf,
        key: &str,
        entry: AuditEntry,
    ) -> Result<bool, StoreError>;

    /// Asks the new device, and notes that this is the request which it has to approve, in one transaction. While one waits
    /// there is no other.
    async fn ask_new_device(
        &self,
        of: &MoveOf,
        request: &NewRequest,
        entry: AuditEntry,
    ) -> Result<Started, StoreError>;

    /// Ends a move that did not take place, and removes the device that came of it.
    async fn stop_move(&self, of: &MoveOf, entry: AuditEntry) -> Result<bool, StoreError>;
}
