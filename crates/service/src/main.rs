//! The self-hosted service.
fn main() {}
