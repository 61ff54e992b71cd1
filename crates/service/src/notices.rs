//! What devices are told about other devices of their user and about the account, and what they say to it (rows S5, K6, O7;
//! PROTOCOL.md section 10).

use countersign_protocol::ids::UserId;
use countersign_protocol::notice::Notice;
use countersign_protocol::wire::device::NoticeOfDevice;

use crate::access::AsDevice;
use crate::core::{Core, Fault};
use crate::device_api::Waiting;
use crate::model::Dialect;
use crate::store::notices::{NoticeReplied, NoticeReply, StoredNotice};
use crate::waker::Topic;

impl Core {
    /// What a device is told; nothing for one of the plain dialect, which knows no notices.
    pub(crate) async fn notices_for(&self, device: &Waiting) -> Result<Vec<StoredNotice>, Fault> {
        if device.dialect() != Dialect::Countersign1 {
            return Ok(Vec::new());
        }
        let notices = self.store.notices();
        let (device, now) = (AsDevice::waiting(device), self.now());
        Ok(notices.notices(&device, now).await?)
    }

    /// A notice as a device is told it, signed.
    pub(crate) fn signed_notice(
        &self,
        device: &Waiting,
        notice: StoredNotice,
    ) -> Result<NoticeOfDevice, Fault> {
        let mut told = NoticeOfDevice {
            id: notice.id,
            kind: notice.kind.as_str().to_owned(),
            device_name: notice.device_name,
            user: notice.user_id,
            created_at: notice.created_at.0,
            signature: String::new(),
        };
        let text = Notice::of(&told, device.id(), self.service_id()).signing_text();
        told.signature = self.sign(&text)?;
        Ok(told)
    }

    /// Wakes every device of a user that is told of changes. The change stands already, so nothing here can fail it.
    pub(crate) async fn wake_devices_of(&self, user: &UserId) {
        match self.store.notices().told_devices(user).await {
            Ok(devices) => {
                for device in devices {
                    self.waker.wake(&Topic::Device(device));
                }
            }
            Err(error) => {
                tracing::warn!(%error, "it is not known whom to wake, so everyone is");
                self.waker.wake_all();
            }
        }
    }

    /// Takes an answer to a notice, and wakes whomever it concerns.
    pub async fn answer_notice(&self, reply: &NoticeReply) -> Result<NoticeReplied, Fault> {
        let now = self.now();
        let replied = self.store.notices().answer_notice(reply, now).await?;
        if let NoticeReplied::Taken { user, changed } = &replied {
            if let Some(changed) = changed {
                self.waker.wake(&Topic::Device(changed.clone()));
            }
            self.waker.wake(&Topic::Device(reply.device_id.clone()));
            self.waker.wake(&Topic::Person(user.clone()));
            // "Not me" may take a card back, of which every device is told
            self.wake_devices_of(user).await;
        }
        Ok(replied)
    }
}
