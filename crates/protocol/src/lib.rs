//! The words on the wire and the passcode mathematics; no I/O, no async.
