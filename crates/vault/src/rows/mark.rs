//! A row's place and mark: what its cells are bound to, and what the tally sums.

use ring::hmac;

use super::{Kind, Known};
use crate::id::RecordId;
use crate::keys::VaultId;
use crate::seal::{Spot, print};

pub(super) const BODY: &str = "body";
pub(super) const MOVING: &str = "moving";

/// Where a cell of the record table stands.
pub(super) fn spot<'a>(
    format: u32,
    vault: VaultId,
    id: &'a RecordId,
    kind: Kind,
    column: &'static str,
) -> Spot<'a> {
    Spot {
        format,
        vault,
        table: "record",
        row: &id.0,
        column,
        kind: kind.code(),
        extra: &[],
    }
}

/// Where the device cell stands. Its extra is the print of the body it was written with: it opens beside that body and no other.
pub(super) fn device_spot<'a>(
    format: u32,
    vault: VaultId,
    id: &'a RecordId,
    kind: Kind,
    body: &'a [u8; 36],
) -> Spot<'a> {
    Spot {
        format,
        vault,
        table: "device",
        row: &id.0,
        column: "cell",
        kind: kind.code(),
        extra: body,
    }
}

/// What to remember of a row. `None` if a cell is too short to be one.
pub(super) fn know(
    marks: &hmac::Key,
    id: RecordId,
    kind: Kind,
    body: &[u8],
    moving: Option<&[u8]>,
) -> Option<Known> {
    let body = print(body)?;
    let moving = match moving {
        Some(moving) => Some(print(moving)?),
        None => None,
    };
    Some(Known {
        kind,
        body,
        mark: mark(marks, id, kind, &body, moving.as_ref()),
    })
}

/// A row's mark: HMAC-SHA256 of `id ‖ kind ‖ body's print ‖ moving's print`, the last absent where the cell is NULL.
pub(super) fn mark(
    marks: &hmac::Key,
    id: RecordId,
    kind: Kind,
    body: &[u8; 36],
    moving: Option<&[u8; 36]>,
) -> [u8; 32] {
    let mut context = hmac::Context::with_key(marks);
    context.update(&id.0);
    context.update(&[kind.code()]);
    context.update(body);
    if let Some(moving) = moving {
        context.update(moving);
    }
    context
        .sign()
        .as_ref()
        .try_into()
        .expect("HMAC-SHA256 gives 32 bytes")
}
