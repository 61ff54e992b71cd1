//! What travels: bodies of the device API with their common envelope, and of the self-service API.

pub mod device;
pub mod envelope;
pub mod self_service;
