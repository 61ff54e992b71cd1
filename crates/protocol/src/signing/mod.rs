//! Signatures on requests: of integrations by a shared key, of devices and services by key pairs; of devices in self-service.

pub mod device;
pub mod integration;
pub mod keys;
pub mod self_service;
