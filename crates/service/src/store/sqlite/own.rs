//! [`OwnStore`] on SQLite: each method hands one use case to its connection.

use async_trait::async_trait;
use countersign_protocol::ids::{DeviceId, Urgid};
use countersign_protocol::time::UnixMillis;
use countersign_protocol::wire::self_service::First;

use super::{SqliteStore, cards, live_activations, numbers, own_devices};
use crate::access::AsUser;
use crate::audit::AuditEntry;
use crate::model::BypassCode;
use crate::request::Request;
use crate::self_service::phone_number::E164;
use crate::self_service::session::SessionId;
use crate::store::StoreError;
use crate::store::own::{
    Card, CardDone, Changed, CodeAdded, FollowedActivation, LandlineAdded, NewCode, NewLandline,
    NewNumber, NumberOwner, OwnStore, OwnedDevice, Removed, StoredNumber,
};
use crate::throttle::Subject;

#[async_trait]
impl OwnStore for SqliteStore {
    async fn own_devices(
        &self,
        owner: &AsUser<'_>,
        now: UnixMillis,
    ) -> Result<Vec<OwnedDevice>, StoreError> {
        self.readers
            .read(|db| own_devices::list(db, owner.id(), now))
    }

    async fn rename_device(
        &self,
        owner: &AsUser<'_>,
        device: &DeviceId,
        name: &str,
        audit: AuditEntry,
    ) -> Result<Changed, StoreError> {
        let (owner, device, name) = (owner.id().clone(), device.clone(), name.to_owned());
        self.write_or_undo(move |db| own_devices::rename(db, &owner, &device, &name, &audit))
            .await
    }

    async fn set_first(
        &self,
        owner: &AsUser<'_>,
        device: &DeviceId,
        first: First,
        audit: AuditEntry,
    ) -> Result<Changed, StoreError> {
        let (owner, device) = (owner.id().clone(), device.clone());
        self.write(move |db| own_devices::set_first(db, &owner, &device, first, &audit))
            .await
    }

    async fn remove_own_device(
        &self,
        owner: &AsUser<'_>,
        session: &SessionId,
        device: &DeviceId,
        calls: bool,
        audit: AuditEntry,
    ) -> Result<Removed, StoreError> {
        let (owner, session, device) = (owner.id().clone(), session.clone(), device.clone());
        self.write_or_undo(move |db| {
            own_devices::remove(db, &owner, &session, &device, calls, &audit)
        })
        .await
    }

    async fn note_replaced_key(
        &self,
        device: &DeviceId,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let device = device.clone();
        self.write_with_next(move |db| own_devices::note_replaced_key(db, &device, now))
            .await
    }

    async fn replaced_key(&self, device: &DeviceId) -> Result<Option<String>, StoreError> {
        self.readers
            .read(|db| own_devices::replaced_key(db, device))
    }

    async fn note_called(&self, device: &DeviceId, now: UnixMillis) -> Result<(), StoreError> {
        let device = device.clone();
        self.write_with_next(move |db| own_devices::note_called(db, &device, now))
            .await
    }

    async fn own_test(
        &self,
        owner: &AsUser<'_>,
        urgid: &Urgid,
    ) -> Result<Option<Request>, StoreError> {
        self.readers
            .read(|db| own_devices::test(db, owner.id(), urgid))
    }

    async fn followed_activation(
        &self,
        owner: &AsUser<'_>,
        session: &SessionId,
        id: &str,
    ) -> Result<Option<FollowedActivation>, StoreError> {
        self.readers
            .read(|db| live_activations::followed(db, owner.id(), session, id))
    }

    async fn confirm_scan(
        &self,
        owner: &AsUser<'_>,
        session: &SessionId,
        id: &str,
        key: &str,
        audit: AuditEntry,
    ) -> Result<bool, StoreError> {
        let (owner, session) = (owner.id().clone(), session.clone());
        let (id, key) = (id.to_owned(), key.to_owned());
        self.write(move |db| {
            live_activations::confirm_scan(db, &owner, &session, &id, &key, &audit)
        })
        .await
    }

    async fn cancel_activation(
        &self,
        owner: &AsUser<'_>,
        session: &SessionId,
        id: &str,
        audit: AuditEntry,
    ) -> Result<bool, StoreError> {
        let (owner, session, id) = (owner.id().clone(), session.clone(), id.to_owned());
        self.write(move |db| live_activations::cancel(db, &owner, &session, &id, &audit))
            .await
    }

    async fn card(&self, owner: &AsUser<'_>, now: UnixMillis) -> Result<Option<Card>, StoreError> {
        self.readers.read(|db| cards::of(db, owner.id(), now))
    }

    async fn judge_card(
        &self,
        owner: &AsUser<'_>,
        session: &SessionId,
        now: UnixMillis,
    ) -> Result<CardDone, StoreError> {
        self.readers
            .read(|db| cards::judge(db, owner.id(), session, now))
    }

    async fn make_card(
        &self,
        owner: &AsUser<'_>,
        session: &SessionId,
        codes: &[BypassCode],
        audit: AuditEntry,
    ) -> Result<CardDone, StoreError> {
        let (owner, session, codes) = (owner.id().clone(), session.clone(), codes.to_vec());
        self.write_or_undo(move |db| cards::make(db, &owner, &session, &codes, &audit))
            .await
    }

    async fn stop_card(
        &self,
        owner: &AsUser<'_>,
        session: &SessionId,
        audit: AuditEntry,
    ) -> Result<CardDone, StoreError> {
        let (owner, session) = (owner.id().clone(), session.clone());
        self.write_or_undo(move |db| cards::stop(db, &owner, &session, &audit))
            .await
    }

    async fn listed_number(&self, owner: &AsUser<'_>) -> Result<Option<E164>, StoreError> {
        self.readers.read(|db| numbers::listed(db, owner.id()))
    }

    async fn number_owner(
        &self,
        owner: &AsUser<'_>,
        number: &E164,
        extension: &str,
    ) -> Result<NumberOwner, StoreError> {
        self.readers
            .read(|db| numbers::owner_of(db, owner.id(), number, extension))
    }

    async fn add_number(
        &self,
        owner: &AsUser<'_>,
        number: &NewNumber,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let (owner, number) = (owner.id().clone(), number.clone());
        self.write(move |db| numbers::add(db, &owner, &number, &audit))
            .await
    }

    async fn number(
        &self,
        owner: &AsUser<'_>,
        session: &SessionId,
        id: &str,
    ) -> Result<Option<StoredNumber>, StoreError> {
        self.readers
            .read(|db| numbers::find(db, owner.id(), session, id))
    }

    async fn add_code(
        &self,
        owner: &AsUser<'_>,
        session: &SessionId,
        id: &str,
        code: &NewCode,
        limits: &[Subject],
        audit: AuditEntry,
    ) -> Result<CodeAdded, StoreError> {
        let (owner, session, id) = (owner.id().clone(), session.clone(), id.to_owned());
        let (code, limits) = (code.clone(), limits.to_vec());
        self.write_or_undo(move |db| {
            numbers::add_code(db, &owner, &session, &id, &code, &limits, &audit)
        })
        .await
    }

    async fn count_code_try(
        &self,
        owner: &AsUser<'_>,
        session: &SessionId,
        id: &str,
        now: UnixMillis,
    ) -> Result<Option<StoredNumber>, StoreError> {
        let (owner, session, id) = (owner.id().clone(), session.clone(), id.to_owned());
        self.write(move |db| numbers::count_try(db, &owner, &session, &id, now))
            .await
    }

    async fn confirm_number(
        &self,
        owner: &AsUser<'_>,
        session: &SessionId,
        id: &str,
        count: i64,
        audit: AuditEntry,
    ) -> Result<bool, StoreError> {
        let (owner, session, id) = (owner.id().clone(), session.clone(), id.to_owned());
        self.write(move |db| numbers::confirm(db, &owner, &session, &id, count, &audit))
            .await
    }

    async fn add_landline(
        &self,
        owner: &AsUser<'_>,
        session: &SessionId,
        number: &str,
        landline: &NewLandline,
        audit: AuditEntry,
    ) -> Result<LandlineAdded, StoreError> {
        let (owner, session, number) = (owner.id().clone(), session.clone(), number.to_owned());
        let landline = landline.clone();
        self.write_or_undo(move |db| {
            numbers::add_landline(db, &owner, &session, &number, &landline, &audit)
        })
        .await
    }
}
