//! The list of requests that a service answers a poll with, as the inbox reads it: parsed, hashed for the check of its
//! signature, and made into what a window shows.

use std::time::Duration;

use countersign_authenticator::view::{Known, RequestView};
use countersign_protocol::{
    challenge::Challenge,
    ids::{DeviceId, ServiceId},
    time::UnixMillis,
    wire::{
        device::{Transaction, TransactionsAnswer},
        envelope::Envelope,
    },
};

use crate::{answers::again, label};

pub(crate) fn run(input: &[u8]) {
    let Ok(Envelope::Ok { response }) =
        serde_json::from_slice::<Envelope<TransactionsAnswer>>(input)
    else {
        return;
    };
    again(&response);
    response.transactions.iter().for_each(read);
}

fn read(transaction: &Transaction) {
    let (Ok(pkey), Ok(service)) = (
        DeviceId::parse("DPABCDEFGHIJKLMNOPQR"),
        ServiceId::parse("DSABCDEFGHIJKLMNOPQR"),
    ) else {
        return;
    };
    let left_ms = Challenge::of(transaction, &pkey, &service).map_or_else(
        || UnixMillis::from_seconds(transaction.expiration) - UnixMillis(0),
        |challenge| {
            let text = challenge.signing_text();
            assert_eq!(text.lines().count(), 2, "{text:?}");
            challenge.expires - UnixMillis(0)
        },
    );
    let view = RequestView::of(
        transaction,
        Known {
            id: "1".to_owned(),
            account_id: "1".to_owned(),
            organisation: "Organisation",
            username: "user",
            left: Duration::from_millis(u64::try_from(left_ms).unwrap_or(0)),
            test: false,
        },
    );
    let texts = [
        &view.application,
        &view.organisation,
        &view.username,
        &view.place,
        &view.address,
    ];
    let details = view.told_by_application.iter();
    let all = details
        .flat_map(|detail| [&detail.label, &detail.value])
        .chain(texts);
    all.for_each(|text| label::shown(text));
    assert!(view.told_by_application.len() <= 20);
    assert!(!view.organisation.is_empty() && !view.username.is_empty());
    assert!(
        view.created_at_ms.is_empty() || view.created_at_ms.parse::<i64>().is_ok(),
        "{}",
        view.created_at_ms
    );
}
