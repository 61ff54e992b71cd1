//! What travels: bodies of the device API with their common envelope and of moving to another phone, of the self-service API,
//! and of the sign-in prompt.

pub mod device;
pub mod envelope;
pub mod moves;
pub mod prompt;
pub mod self_service;
pub mod stopped;
