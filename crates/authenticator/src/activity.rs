//! What happened, noted in the vault in the same call as the act, and kept 90 days.

use countersign_protocol::time::UnixMillis;
use countersign_vault::{RecordId, Vault};
use serde::{Deserialize, Serialize};

use crate::{
    clocks::{self, Clocks},
    home,
    view::{ActivityKind, ActivityView, RequestView},
};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const KEPT_MS: i64 = 90 * DAY_MS;

/// One thing that happened, as its note's body. Names are those of that time: accounts are renamed and removed.
#[derive(Serialize, Deserialize)]
pub(crate) struct Happened {
    kind: ActivityKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account_id: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    title: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    account: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    application: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    place: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    address: String,
    /// The notice that told of it: it is noted once, however often the service tells it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    notice: String,
    #[serde(default = "once")]
    times: u32,
}

const fn once() -> u32 {
    1
}

impl Happened {
    /// To the app itself.
    pub(crate) fn here(kind: ActivityKind) -> Self {
        Self {
            kind,
            account_id: None,
            title: String::new(),
            account: String::new(),
            application: String::new(),
            place: String::new(),
            address: String::new(),
            notice: String::new(),
            times: 1,
        }
    }

    /// To an account, as it is named now; one in the trash too.
    pub(crate) fn to(kind: ActivityKind, vault: &Vault, id: RecordId) -> Self {
        let found = vault.account(id).or_else(|| {
            vault
                .trashed()
                .find(|(trashed, _, _)| *trashed == id)
                .map(|(_, account, _)| account)
        });
        let named = found.map(|account| home::view(id, account, None));
        let (title, account) = named.map_or_else(Default::default, |view| {
            // A file's worth of text in a name would leave no room for the rest of the note
            (shortened(&view.title), shortened(&view.account))
        });
        Self {
            account_id: Some(id.to_string()),
            title,
            account,
            ..Self::here(kind)
        }
    }

    /// So many accounts came out of another app's export.
    pub(crate) fn imported(count: u32) -> Self {
        Self {
            times: count,
            ..Self::here(ActivityKind::Imported)
        }
    }

    /// So many accounts were saved as a file or shown as codes.
    pub(crate) fn exported(count: u32) -> Self {
        Self {
            times: count,
            ..Self::here(ActivityKind::Exported)
        }
    }

    /// So many accounts came back out of a backup.
    pub(crate) fn came_back(count: u32) -> Self {
        Self {
            times: count,
            ..Self::here(ActivityKind::CameBack)
        }
    }

    /// To a request.
    pub(crate) fn to_request(
        kind: ActivityKind,
        vault: &Vault,
        id: RecordId,
        request: &RequestView,
    ) -> Self {
        Self {
            application: shortened(&request.application),
            place: shortened(&request.place),
            address: shortened(&request.address),
            ..Self::to(kind, vault, id)
        }
    }

    /// To another device of the person, as a notice of that id told.
    pub(crate) fn to_device(
        kind: ActivityKind,
        vault: &Vault,
        id: RecordId,
        device: &str,
        notice: &str,
    ) -> Self {
        Self {
            application: shortened(device),
            notice: notice.to_owned(),
            ..Self::to(kind, vault, id)
        }
    }

    /// Whether the same was noted before.
    pub(crate) fn is_noted(&self, vault: &Vault) -> bool {
        vault.notes().iter().any(|note| {
            serde_json::from_slice::<Self>(&note.body).is_ok_and(|known| {
                known.kind == self.kind
                    && known.notice == self.notice
                    && known.account_id == self.account_id
            })
        })
    }

    /// Notes it. An act is not undone because its note found no room on the disk.
    pub(crate) fn note(&self, vault: &mut Vault, now: UnixMillis) {
        let noted = serde_json::to_vec(self)
            .ok()
            .map(|body| vault.note(now.0, &body));
        if !matches!(noted, Some(Ok(_))) {
            tracing::warn!(kind = ?self.kind, "an activity was not noted");
        }
    }
}

/// Everything that is still known, newest first.
pub(crate) fn list(vault: &Vault) -> Vec<ActivityView> {
    vault
        .notes()
        .into_iter()
        .filter_map(|note| {
            // A kind that a newer release wrote is left out, not an error
            let happened: Happened = serde_json::from_slice(&note.body).ok()?;
            let still_here = |id: &String| {
                RecordId::parse(id).is_some_and(|record| vault.account(record).is_some())
            };
            Some(ActivityView {
                id: note.id.to_string(),
                at_ms: note.at_ms.to_string(),
                kind: happened.kind,
                account_id: happened.account_id.filter(still_here),
                title: happened.title,
                account: happened.account,
                application: happened.application,
                place: happened.place,
                address: happened.address,
                times: happened.times,
            })
        })
        .collect()
}

/// What a good unlock does: tells of wrong tries before it, and lets go what was kept long enough.
pub(crate) fn opened(vault: &mut Vault, now: UnixMillis, wrong_tries: u32) {
    if wrong_tries > 0 {
        let refused = Happened {
            times: wrong_tries,
            ..Happened::here(ActivityKind::UnlockRefused)
        };
        refused.note(vault, now);
    }
    // By the corrected clock, so that a wrong one does not throw away early. What is not let go now goes the next time
    let now_ms = Clocks::remembered(vault).corrected_elsewhere(now).0;
    let _ = vault.forget_notes_before(now_ms.saturating_sub(KEPT_MS));
    for id in vault.purge_trash(now_ms).unwrap_or_default() {
        let _ = vault.set_setting(&clocks::setting(id), None);
    }
}

/// Labels are up to 200 characters; a note has room for 4 KiB.
fn shortened(text: &str) -> String {
    text.chars().take(160).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use countersign_vault::{
        Chosen, KdfProfile, Place, SecretText, UnavailableKeystore, VaultFile,
    };

    use super::*;

    const NOW: UnixMillis = UnixMillis(1_795_492_110_000);

    fn vault(folder: &std::path::Path) -> Vault {
        let place = Place {
            directory: folder.join("vault"),
            keystore: Arc::new(UnavailableKeystore),
            kdf: KdfProfile::FLOOR,
        };
        let chosen = Chosen::passphrase(SecretText::from("four words for tests")).unwrap();
        VaultFile::create(&place, &chosen).unwrap()
    }

    #[test]
    fn activities_are_kept_ninety_days() {
        let folder = tempfile::tempdir().unwrap();
        let mut vault = vault(folder.path());
        Happened::here(ActivityKind::SecretChanged).note(&mut vault, NOW);
        Happened::here(ActivityKind::Added).note(&mut vault, NOW + DAY_MS);
        let kinds = |vault: &Vault| list(vault).iter().map(|view| view.kind).collect::<Vec<_>>();
        assert_eq!(
            kinds(&vault),
            [ActivityKind::Added, ActivityKind::SecretChanged]
        );
        opened(&mut vault, NOW + 90 * DAY_MS, 0);
        assert_eq!(kinds(&vault).len(), 2);
        opened(&mut vault, NOW + 90 * DAY_MS + 1, 3);
        assert_eq!(
            kinds(&vault),
            [ActivityKind::UnlockRefused, ActivityKind::Added]
        );
        assert_eq!(list(&vault)[0].times, 3);
    }

    #[test]
    fn the_longest_names_still_leave_room_for_the_note() {
        let folder = tempfile::tempdir().unwrap();
        let mut vault = vault(folder.path());
        let long = shortened(&"\u{1f9d1}".repeat(500));
        let happened = Happened {
            account_id: Some("0".repeat(32)),
            title: long.clone(),
            account: long.clone(),
            application: long.clone(),
            place: long.clone(),
            address: long,
            ..Happened::here(ActivityKind::AnsweredElsewhere)
        };
        happened.note(&mut vault, NOW);
        assert_eq!(list(&vault).len(), 1);
    }
}
