//! Bodies of the device API (`device.md` §2 and §4, PROTOCOL.md §3 to §10).

use serde::{Deserialize, Serialize};

use crate::{
    ids::{AccountKey, DeviceId, IntegrationKey, NoticeId, ServiceId, Urgid, UserId},
    label::Label,
};

/// Answer to an activation. It carries a secret, so it is not printed.
#[derive(Serialize, Deserialize)]
#[serde(try_from = "AnyReply")]
pub struct ActivationAnswer {
    /// This activation.
    pub akey: AccountKey,
    /// This device.
    pub pkey: DeviceId,
    /// Key of the passcodes, used as text.
    pub hotp_secret: zeroize::Zeroizing<String>,
    /// Passcodes change with time; else they count.
    pub use_totp: bool,
    /// The organisation.
    pub customer_name: Label,
    /// Its emblem, base64 PNG.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_logo: Option<String>,
    /// What `countersign/1` adds.
    #[serde(flatten)]
    pub countersign: Option<CountersignActivation>,
}

/// Answer to an activation whose check value nobody compared yet: the phone asks again (PROTOCOL.md §3, row A2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompareFirst {
    /// `countersign/1`.
    pub protocol: String,
    /// Always `true`.
    pub compare: bool,
    /// The service.
    pub service: ServiceId,
    /// Its public key, PEM.
    pub service_key: String,
    /// When the code ends, Unix milliseconds.
    pub expires: i64,
    /// Unix milliseconds.
    pub time: i64,
}

/// What an app is answered.
///
/// It is read field by field: serde would keep the secret of an untagged answer in memory that nobody wipes.
#[derive(Deserialize)]
#[serde(try_from = "AnyReply")]
pub enum ActivationReply {
    /// The digits have to be compared first.
    Compare(CompareFirst),
    /// The device may begin.
    Activated(Box<ActivationAnswer>),
}

#[derive(Deserialize)]
struct AnyReply {
    compare: Option<bool>,
    expires: Option<i64>,
    akey: Option<AccountKey>,
    pkey: Option<DeviceId>,
    hotp_secret: Option<zeroize::Zeroizing<String>>,
    #[serde(default)]
    use_totp: bool,
    #[serde(default)]
    customer_name: Label,
    customer_logo: Option<String>,
    protocol: Option<String>,
    service: Option<ServiceId>,
    service_key: Option<String>,
    user: Option<UserId>,
    username: Option<Label>,
    device_name: Option<Label>,
    sequence: Option<u64>,
    reactivated: Option<bool>,
    takes_over: Option<DeviceId>,
    time: Option<i64>,
}

impl TryFrom<AnyReply> for ActivationReply {
    type Error = &'static str;

    fn try_from(any: AnyReply) -> Result<Self, Self::Error> {
        if any.compare == Some(true) {
            let first = any.compare_first().ok_or("an incomplete comparison")?;
            return Ok(Self::Compare(first));
        }
        any.try_into().map(Box::new).map(Self::Activated)
    }
}

impl TryFrom<AnyReply> for ActivationAnswer {
    type Error = &'static str;

    fn try_from(any: AnyReply) -> Result<Self, Self::Error> {
        any.activated().ok_or("an incomplete activation")
    }
}

impl AnyReply {
    fn compare_first(self) -> Option<CompareFirst> {
        Some(CompareFirst {
            protocol: self.protocol?,
            compare: true,
            service: self.service?,
            service_key: self.service_key?,
            expires: self.expires?,
            time: self.time?,
        })
    }

    fn activated(self) -> Option<ActivationAnswer> {
        Some(ActivationAnswer {
            countersign: self.countersign(),
            akey: self.akey?,
            pkey: self.pkey?,
            hotp_secret: self.hotp_secret?,
            use_totp: self.use_totp,
            customer_name: self.customer_name,
            customer_logo: self.customer_logo,
        })
    }

    /// What our own dialect adds, where all of it is there.
    fn countersign(&self) -> Option<CountersignActivation> {
        Some(CountersignActivation {
            protocol: self.protocol.clone()?,
            service: self.service.clone()?,
            service_key: self.service_key.clone()?,
            user: self.user.clone()?,
            username: self.username.clone()?,
            device_name: self.device_name.clone()?,
            sequence: self.sequence?,
            reactivated: self.reactivated?,
            takes_over: self.takes_over.clone(),
            time: self.time?,
        })
    }
}

/// What `countersign/1` adds to the answer of an activation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountersignActivation {
    /// `countersign/1`.
    pub protocol: String,
    /// The service.
    pub service: ServiceId,
    /// Its public key, PEM.
    pub service_key: String,
    /// The user.
    pub user: UserId,
    /// The user's name.
    pub username: Label,
    /// The device's name.
    pub device_name: Label,
    /// Last sequence that the service has of this device.
    pub sequence: u64,
    /// The device existed before.
    pub reactivated: bool,
    /// The device whose place it takes once it said yes to the test (PROTOCOL.md §13).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takes_over: Option<DeviceId>,
    /// Unix milliseconds.
    pub time: i64,
}

/// Answer to a poll.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionsAnswer {
    /// What waits, oldest first.
    pub transactions: Vec<Transaction>,
    /// What happened to other devices of the user, oldest first; only for a `countersign/1` device.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<NoticeOfDevice>,
    /// Where requests went that another device of the user answered, oldest first (PROTOCOL.md §4).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answered: Vec<AnsweredElsewhere>,
    /// Names this list; to be sent back as `seen`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<i64>,
    /// Base64 signature of `time`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_signature: Option<String>,
}

/// A request that several devices were asked, and which of them answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnsweredElsewhere {
    /// The request.
    pub urgid: Urgid,
    /// The name of the device that answered.
    pub device: Label,
    /// What it said.
    #[serde(default)]
    pub result: SharedResult,
    /// When, Unix milliseconds.
    pub at: i64,
}

/// What another device said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SharedResult {
    /// It approved.
    Approve,
    /// It denied, or the number was wrong for the last time there.
    Deny,
    /// A word that this release does not know: the entry is left out.
    #[default]
    #[serde(other)]
    Unknown,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// Its name for the device.
    pub urgid: Urgid,
    /// Its name for a log; never the integration's `txid`.
    #[serde(default)]
    pub transaction_id: String,
    /// `Login`, `Test` or the integration's own word.
    #[serde(rename = "type", default = "login")]
    pub kind: String,
    /// The application, as text that is hashed as it is and cleaned where it is shown.
    #[serde(default)]
    pub summary: String,
    /// Unix seconds.
    pub expiration: i64,
    /// What to show.
    #[serde(default)]
    pub attributes: AttributeGroups,
    /// Present where a number has to be typed.
    #[serde(default)]
    pub step_up_code_info: Option<StepUpCodeInfo>,
    /// What `countersign/1` adds.
    #[serde(flatten, default)]
    pub countersign: Option<CountersignTransaction>,
}

fn login() -> String {
    "Login".to_owned()
}

/// How many digits a number has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepUpCodeInfo {
    /// 3 to 7.
    pub num_digits: u8,
}

/// What `countersign/1` adds to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountersignTransaction {
    /// For one answer.
    pub nonce: String,
    /// Who asked.
    pub integration: IntegrationKey,
    /// For whom.
    pub user: UserId,
    /// Digits to type; 0 = none.
    pub number_digits: u8,
    /// Unix milliseconds at which it expires, by the service's clock.
    pub expires: i64,
    /// Milliseconds left by the service's clock.
    pub expires_in_ms: u32,
    /// Unix milliseconds.
    pub created_at: i64,
    /// Never confirmed from this address before.
    pub unusual: bool,
    /// Base64 signature of the challenge (PROTOCOL.md §5).
    pub signature: String,
}

/// What happened to another device of the user (PROTOCOL.md §10).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeOfDevice {
    /// The notice.
    pub id: NoticeId,
    /// What happened; a word that an app does not know is left out.
    pub kind: String,
    /// The changed device's name, as text that is signed as it is and cleaned where it is shown.
    pub device_name: String,
    /// Whose devices they are.
    pub user: UserId,
    /// Unix milliseconds by the service's clock.
    pub created_at: i64,
    /// Base64 signature of the notice.
    pub signature: String,
}

/// Answer to the answer to a notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeAnswered {
    /// `seen` or `not_me`.
    pub result: String,
    /// The notice.
    pub id: NoticeId,
}

/// Groups of labelled facts, in the order shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttributeGroups(pub Vec<Vec<Attribute>>);

/// `[label, value]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute(pub String, pub AttributeValue);

impl Attribute {
    /// A text fact.
    pub fn text(label: &str, value: &str) -> Self {
        Self(label.to_owned(), AttributeValue::Text(value.to_owned()))
    }

    /// The label.
    pub fn label(&self) -> &str {
        &self.0
    }

    /// The value as text; a number in decimal.
    pub fn value_text(&self) -> String {
        match &self.1 {
            AttributeValue::Text(text) => text.clone(),
            AttributeValue::Number(number) => number.to_string(),
        }
    }
}

/// Text, or Unix seconds for `Time`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AttributeValue {
    /// Unix seconds.
    Number(i64),
    /// Anything else.
    Text(String),
}

/// Answer to an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerAnswer {
    /// `approve`, `deny`, `report`; `fraud` to a legacy device.
    pub result: String,
    /// Its name for a log.
    #[serde(default)]
    pub transaction_id: String,
}

/// Facts of an activated device, without a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InfoAnswer {
    /// This activation.
    pub akey: AccountKey,
    /// This device.
    pub pkey: DeviceId,
    /// The organisation.
    #[serde(default)]
    pub customer_name: Label,
    /// Its emblem, base64 PNG.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_logo: Option<String>,
    /// The user's name.
    #[serde(default)]
    pub username: Label,
    /// The device's name.
    #[serde(default)]
    pub device_name: Label,
    /// Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<i64>,
    /// Base64 signature of `time`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_signature: Option<String>,
}

/// Answer to a wish for a test request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestAnswer {
    /// The request that was made.
    pub urgid: Urgid,
}
