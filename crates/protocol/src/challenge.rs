//! What a service signs for a device (PROTOCOL.md §5 and §6).

use data_encoding::HEXLOWER;
use ring::digest;

use crate::{
    ids::{DeviceId, IntegrationKey, ServiceId, Urgid, UserId},
    params::{Params, encode},
    time::UnixMillis,
    wire::device::{AttributeGroups, Transaction},
};

/// Hex SHA-256 of the context that a person sees.
pub fn context_hash(kind: &str, summary: &str, attributes: &AttributeGroups) -> String {
    let first = format!("type={}&summary={}", encode(kind), encode(summary));
    let groups = attributes.0.iter().map(|group| {
        group
            .iter()
            .map(|pair| format!("{}={}", encode(pair.label()), encode(&pair.value_text())))
            .collect::<Vec<_>>()
            .join("&")
    });
    let text = ["countersign/1 context".to_owned(), first]
        .into_iter()
        .chain(groups)
        .collect::<Vec<_>>()
        .join("\n");
    HEXLOWER.encode(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}

/// One request to one device, as the service vouches for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// Hash of what is shown, see [`context_hash`].
    pub context: String,
    /// When it was made.
    pub created: UnixMillis,
    /// When it expires.
    pub expires: UnixMillis,
    /// Who asked.
    pub integration: IntegrationKey,
    /// For one answer.
    pub nonce: String,
    /// How many digits have to be typed; 0 = none.
    pub number_digits: u8,
    /// To which device.
    pub pkey: DeviceId,
    /// By which service.
    pub service: ServiceId,
    /// This user never confirmed from this address before.
    pub unusual: bool,
    /// The request.
    pub urgid: Urgid,
    /// For whom.
    pub user: UserId,
}

impl Challenge {
    /// What `service` must have signed for the device `pkey` to take `transaction` as it stands. `None` where it is a
    /// plain one.
    pub fn of(transaction: &Transaction, pkey: &DeviceId, service: &ServiceId) -> Option<Self> {
        let told = transaction.countersign.as_ref()?;
        Some(Self {
            context: context_hash(
                &transaction.kind,
                &transaction.summary,
                &transaction.attributes,
            ),
            created: UnixMillis(told.created_at),
            expires: UnixMillis(told.expires),
            integration: told.integration.clone(),
            nonce: told.nonce.clone(),
            number_digits: told.number_digits,
            pkey: pkey.clone(),
            service: service.clone(),
            unusual: told.unusual,
            urgid: transaction.urgid.clone(),
            user: told.user.clone(),
        })
    }

    /// The text that the service key signs.
    pub fn signing_text(&self) -> String {
        let params = Params::new()
            .with("context", &*self.context)
            .with("created", self.created.0.to_string())
            .with("expires", self.expires.0.to_string())
            .with("integration", self.integration.as_str())
            .with("nonce", &*self.nonce)
            .with("number_digits", self.number_digits.to_string())
            .with("pkey", self.pkey.as_str())
            .with("service", self.service.as_str())
            .with("unusual", if self.unusual { "1" } else { "0" })
            .with("urgid", self.urgid.as_str())
            .with("user", self.user.as_str());
        format!("countersign/1 challenge\n{}", params.canonical())
    }
}

/// The text that the service key signs to tell a device the time, in answer to the request that carried `nonce`.
pub fn time_signing_text(
    nonce: &str,
    pkey: &DeviceId,
    service: &ServiceId,
    time: UnixMillis,
) -> String {
    let params = Params::new()
        .with("nonce", nonce)
        .with("pkey", pkey.as_str())
        .with("service", service.as_str())
        .with("time", time.0.to_string());
    format!("countersign/1 time\n{}", params.canonical())
}
