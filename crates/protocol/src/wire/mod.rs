//! What travels: bodies of the device API with their common envelope, of the self-service API,
//! and of the sign-in prompt.

pub mod device;
pub mod envelope;
pub mod prompt;
pub mod self_service;
