//! A phone that was activated: it signs answers and shows passcodes.

use std::sync::atomic::{AtomicI64, Ordering};

use countersign_protocol::passcode::{Algorithm, Digits, OtpSecret, Period, code};
use countersign_protocol::signing::keys::SigningKey;
use countersign_protocol::time::UnixMillis;
use countersign_service::activation::ActivatedDevice;
use countersign_service::challenge::{Answer, Choice, Claims, TypedNumber};
use countersign_service::device_api::PendingRequest;
use countersign_service::model::Device;
use ring::digest::{SHA256, digest};
use zeroize::Zeroizing;

use super::ADDRESS;

/// A phone that was activated.
pub struct Phone {
    pub device: Device,
    pub key: SigningKey,
    pub hotp_secret: Zeroizing<String>,
    pub reactivated: bool,
    sequence: AtomicI64,
}

impl Phone {
    /// Somebody with another key who passes for this phone.
    pub fn impostor(&self, key: SigningKey) -> Self {
        Self {
            device: self.device.clone(),
            key,
            hotp_secret: self.hotp_secret.clone(),
            reactivated: self.reactivated,
            sequence: AtomicI64::new(0),
        }
    }

    pub fn new(activated: ActivatedDevice, key: SigningKey) -> Self {
        Self {
            device: activated.device,
            key,
            hotp_secret: activated.hotp_secret,
            reactivated: activated.reactivated,
            sequence: AtomicI64::new(0),
        }
    }

    /// An answer to a request as this phone would sign it, with the next sequence.
    pub fn answer(&self, pending: &PendingRequest, choice: Choice, number: Option<&str>) -> Answer {
        let sequence = self.sequence.fetch_add(1, Ordering::SeqCst) + 1;
        self.answer_at(pending, choice, number, sequence)
    }

    pub fn answer_at(
        &self,
        pending: &PendingRequest,
        choice: Choice,
        number: Option<&str>,
        sequence: i64,
    ) -> Answer {
        let request = &pending.request;
        let claims = Claims {
            context: request.context_hash.clone(),
            integration: pending.integration.to_string(),
            user: request.user_id.to_string(),
            nonce: request.nonce.clone(),
            sequence,
        };
        let signed = format!("{choice:?} {number:?} {claims:?} {}", request.urgid);
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, signed.as_bytes()).as_ref());
        Answer {
            device_id: self.device.id.clone(),
            generation: self.device.generation,
            urgid: request.urgid.clone(),
            choice,
            number: number.map(|number| TypedNumber(number.to_owned())),
            claims: (self.device.dialect == countersign_service::model::Dialect::Countersign1)
                .then_some(claims),
            digest: hash,
            address: ADDRESS.into(),
        }
    }

    /// The time-based passcode that this phone shows at a time.
    pub fn code_at(&self, now: UnixMillis) -> String {
        self.code_of(Period::THIRTY.step(now).unwrap())
    }

    pub fn code_of(&self, counter: u64) -> String {
        code(
            &OtpSecret::from_hotp_secret(&self.hotp_secret),
            Algorithm::Sha1,
            Digits::SIX,
            counter,
        )
        .to_string()
    }
}
