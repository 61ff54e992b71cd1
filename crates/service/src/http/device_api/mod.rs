//! The device API: what an app calls (`device.md` §2 and §4, PROTOCOL.md §3 to §13). One endpoint a file.

pub mod activation;
pub mod answer;
pub mod info;
pub mod moves;
pub mod notice;
pub mod registration;
pub mod test_request;
pub mod transactions;
