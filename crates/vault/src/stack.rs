//! Wipes what key work leaves on the stack: ring's keys and their schedules are moved by value, and no type of ours can
//! reach those copies. For whoever signs with a key of this vault, too.

use std::hint::black_box;

/// Runs `work` in stack frames of its own, then overwrites where they stood.
///
/// Best effort, as the compiler promises nothing about the stack; a test looks through the whole memory (row V8).
pub fn wiped<R>(work: impl FnOnce() -> R) -> R {
    let result = apart(work);
    overwrite();
    result
}

#[inline(never)]
fn apart<R>(work: impl FnOnce() -> R) -> R {
    black_box(work())
}

/// Deeper than any frame in which a key is expanded or used.
#[expect(clippy::large_stack_arrays, reason = "the stack is what it is for")]
#[inline(never)]
fn overwrite() {
    let mut dead = [0_u8; 32 * 1024];
    black_box(&mut dead);
}
