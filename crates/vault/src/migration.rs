//! What Google Authenticator's export codes are made of: the messages that `import/migration.rs` reads and `export/migration.rs`
//! writes.

use zeroize::Zeroize as _;

/// The most codes of one export.
pub(crate) const MOST_PARTS: usize = 100;

/// One code of an export, as version 1 has it: later ones have no name for the export. Fields that are not known are passed over.
#[derive(PartialEq, prost::Message)]
#[prost(skip_debug)]
pub(crate) struct Payload {
    #[prost(message, repeated, tag = "1")]
    pub(crate) accounts: Vec<Account>,
    #[prost(int32, tag = "2")]
    pub(crate) version: i32,
    #[prost(int32, tag = "3")]
    pub(crate) batch_size: i32,
    #[prost(int32, tag = "4")]
    pub(crate) batch_index: i32,
    #[prost(int32, tag = "5")]
    pub(crate) batch_id: i32,
}

/// One account of a code. Its key is wiped with it.
#[derive(PartialEq, prost::Message)]
#[prost(skip_debug)]
pub(crate) struct Account {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) secret: Vec<u8>,
    #[prost(string, tag = "2")]
    pub(crate) name: String,
    #[prost(string, tag = "3")]
    pub(crate) issuer: String,
    #[prost(int32, tag = "4")]
    pub(crate) algorithm: i32,
    #[prost(int32, tag = "5")]
    pub(crate) digits: i32,
    #[prost(int32, tag = "6")]
    pub(crate) kind: i32,
    #[prost(int64, tag = "7")]
    pub(crate) counter: i64,
}

impl Drop for Account {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}
