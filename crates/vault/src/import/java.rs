//! One shape of what Java's `ObjectOutputStream` writes (its specification, section 6.4): a `HashMap` of texts to texts, which is
//! what FreeOTP's backup is. There is a crate that reads every shape, and it reserves what a file's numbers say, ends the process
//! at references that go in circles and calls itself as deep as a file likes; a file of another shape is none of that app's.

use std::borrow::Cow;

use simd_cesu8::mutf8;

use super::locked::take;
use super::{MOST, Unreadable};

/// The mark and the version.
pub(super) const MARK: &[u8] = b"\xac\xed\x00\x05";
/// An object of a class that is described here: its name, its number, and that it writes for itself.
const CLASS: &[u8] = b"sr\0\x11java.util.HashMap\x05\x07\xda\xc1\xc3\x16\x60\xd1\x03";
/// How full a map may be.
const LOAD: &[u8] = b"F\0\x0aloadFactor";
/// When it makes more room.
const THRESHOLD: &[u8] = b"I\0\x09threshold";
/// Nothing else is told of the class, nor is there one above it.
const NO_MORE: &[u8] = b"xp";
/// Eight bytes that the class writes for itself: how much room there was, and how many texts follow.
const BLOCK: &[u8] = b"w\x08";
const TEXT: &[u8] = b"t";
const END: &[u8] = b"x";

/// A name and its text.
pub(super) type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// The map's texts in the order in which they are written.
pub(super) fn read_map(mut bytes: &[u8]) -> Result<Vec<Pair<'_>>, Unreadable> {
    let rest = &mut bytes;
    expect(rest, MARK)?;
    expect(rest, CLASS)?;
    // The map of Android before its seventh version has one field, and Java's has two, of four bytes each
    let fields = number(take(rest, 2)?)?;
    expect(rest, LOAD)?;
    match fields {
        1 => {}
        2 => expect(rest, THRESHOLD)?,
        _ => return Err(Unreadable::Damaged),
    }
    expect(rest, NO_MORE)?;
    take(rest, 4 * fields)?;
    expect(rest, BLOCK)?;
    take(rest, 4)?;
    let pairs = number(take(rest, 4)?)?;
    // An account has two, and the file's key is one more
    if pairs > 2 * MOST + 1 {
        return Err(Unreadable::TooLarge);
    }
    let mut texts = Vec::new();
    for _ in 0..pairs {
        texts.push((text(rest)?, text(rest)?));
    }
    expect(rest, END)?;
    Ok(texts)
}

/// What has to be there, and nothing else.
fn expect(rest: &mut &[u8], expected: &[u8]) -> Result<(), Unreadable> {
    let there = rest.len().min(expected.len());
    if !expected.starts_with(take(rest, there)?) {
        return Err(Unreadable::Damaged);
    }
    (there == expected.len())
        .then_some(())
        .ok_or(Unreadable::CutShort)
}

fn number(bytes: &[u8]) -> Result<usize, Unreadable> {
    let number = bytes.iter().try_fold(0_usize, |number, byte| {
        number.checked_mul(256)?.checked_add(usize::from(*byte))
    });
    number.ok_or(Unreadable::TooLarge)
}

/// A text of up to 64 KiB, in Java's own UTF-8. Half a letter, which Java's texts may have, is no reason to refuse all others.
fn text<'a>(rest: &mut &'a [u8]) -> Result<Cow<'a, str>, Unreadable> {
    expect(rest, TEXT)?;
    let length = number(take(rest, 2)?)?;
    Ok(mutf8::decode_lossy(take(rest, length)?))
}
