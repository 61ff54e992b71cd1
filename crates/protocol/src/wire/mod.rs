//! What travels: bodies of the device API and the common envelope.

pub mod device;
pub mod envelope;
