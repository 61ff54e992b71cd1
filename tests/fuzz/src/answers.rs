//! What a service answers, in its envelope: read or refused, and what is read is written and read alike.

use countersign_protocol::wire::{
    device::{ActivationAnswer, AnswerAnswer, InfoAnswer, TestAnswer},
    envelope::Envelope,
};

use crate::label;

pub(crate) fn run(input: &[u8]) {
    if let Ok(Envelope::Fail(failure)) = serde_json::from_slice::<Envelope<AnswerAnswer>>(input) {
        label::holds(&countersign_protocol::label::Label::new(&failure.message));
    }
    if let Ok(Envelope::Ok { response }) =
        serde_json::from_slice::<Envelope<ActivationAnswer>>(input)
    {
        label::holds(&response.customer_name);
        let written = serde_json::to_vec(&response).unwrap_or_default();
        assert!(serde_json::from_slice::<ActivationAnswer>(&written).is_ok());
    }
    if let Ok(Envelope::Ok { response }) = serde_json::from_slice::<Envelope<InfoAnswer>>(input) {
        label::holds(&response.username);
        again(&response);
    }
    if let Ok(Envelope::Ok { response }) = serde_json::from_slice::<Envelope<AnswerAnswer>>(input) {
        again(&response);
    }
    if let Ok(Envelope::Ok { response }) = serde_json::from_slice::<Envelope<TestAnswer>>(input) {
        again(&response);
    }
}

/// Written and read again it is the same.
pub(crate) fn again<T>(value: &T)
where
    T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let written = serde_json::to_vec(value).unwrap_or_default();
    let read: Result<T, _> = serde_json::from_slice(&written);
    assert_eq!(
        read.ok().as_ref(),
        Some(value),
        "{}",
        String::from_utf8_lossy(&written)
    );
}
