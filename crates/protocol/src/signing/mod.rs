//! Signatures on requests: of integrations by a shared key, of devices and services by key pairs.

pub mod device;
pub mod integration;
pub mod keys;
