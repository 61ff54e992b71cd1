//! Row K6: who acts at the help desk is looked at once more in the transaction of the act, whatever changed since the call
//! began.

use crate::common;

use std::sync::Arc;

use common::START;
use common::desk::{Desk, desk};
use countersign_protocol::signing::self_service::Claim;
use countersign_protocol::time::UnixMillis;
use countersign_service::audit::AuditEntry;
use countersign_service::model::{BypassCode, CodeKind, User, UserStatus};
use countersign_service::operator::OPERATOR;
use countersign_service::policy::{MINUTE_MS, RELEASE_LIFE_MS};
use countersign_service::self_service::session::{Caller, SelfSession, SessionToken};
use countersign_service::store::desk::{DeskAct, DeskDone};
use serde_json::json;

impl Desk {
    async fn session(&self) -> SelfSession {
        let token = SessionToken::sent(&self.client.jar().token.unwrap());
        let caller = Caller {
            token: &token,
            app: false,
            device: None::<&Claim>,
            address: common::ADDRESS.into(),
            held: false,
        };
        let session = self.service.core.session_of(caller).await;
        session.unwrap().unwrap()
    }

    /// Every kind of act, as it arrives at the store.
    async fn acts(&self, session: &SelfSession, at: UnixMillis) -> Vec<DeskDone> {
        let act = |user: &User, action| DeskAct {
            operator: session.user.id.clone(),
            session: session.id.clone(),
            user: user.id.clone(),
            audit: AuditEntry::new(at, session.actor(), action, user.id.as_str(), "done"),
            reason: "Phone lost, badge seen".into(),
        };
        let code = BypassCode {
            id: "x".into(),
            kind: CodeKind::Desk,
            hash: vec![1; 32],
            salt: vec![2; 16],
            expires_at: at + MINUTE_MS,
        };
        let store = self.service.core.store.desk();
        let bob = act(&self.bob, "desk.release");
        let until = at + RELEASE_LIFE_MS;
        let suspended = act(&self.alice, "desk.suspend");
        vec![
            store
                .make_bypass(&act(&self.alice, "desk.bypass"), &code, 20)
                .await
                .unwrap(),
            store
                .unlock(&act(&self.alice, "desk.unlock"), 50)
                .await
                .unwrap(),
            store.release(&bob, until, 50).await.unwrap(),
            store
                .suspend(&suspended, &self.alices.device.id, 50)
                .await
                .unwrap(),
        ]
    }
}

#[tokio::test]
async fn k6_an_act_is_not_done_once_its_operator_may_not_any_more() {
    let desk = desk().await;
    let core = &desk.service.core;
    let session = desk.session().await;
    let rows = desk.service.audit().await.len();
    // Five minutes are over while the call was on its way
    let late = START + (5 * MINUTE_MS + 1);
    assert_eq!(desk.acts(&session, late).await, [DeskDone::NotFresh; 4]);
    // To oneself
    let mut own = session.clone();
    own.user = desk.alice.clone();
    assert_eq!(desk.acts(&own, START).await[..2], [DeskDone::NotAllowed; 2]);
    assert_eq!(desk.service.audit().await.len(), rows, "nothing was done");
    // The role is taken
    core.set_operator(&desk.olga, false, OPERATOR)
        .await
        .unwrap();
    assert_eq!(desk.acts(&session, START).await, [DeskDone::NotAllowed; 4]);
    core.set_operator(&desk.olga, true, OPERATOR).await.unwrap();
    let done = desk.acts(&session, START).await;
    assert_eq!(done, [DeskDone::Done; 4], "the same acts are good");
    // The session ended
    core.set_user_status(&desk.olga, UserStatus::Disabled, OPERATOR)
        .await
        .unwrap();
    core.set_user_status(&desk.olga, UserStatus::Active, OPERATOR)
        .await
        .unwrap();
    assert_eq!(desk.acts(&session, START).await, [DeskDone::NotAllowed; 4]);
    let done = desk.service.audit_count("desk.reason", "done").await;
    assert_eq!(done, 4, "one for each act");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn k6_of_two_hundred_parallel_acts_none_follows_the_end_of_the_role() {
    let Desk {
        service,
        olga,
        alice,
        client,
        ..
    } = desk().await;
    let client = Arc::new(client);
    let path = format!("/desk/people/{}/unlock", alice.id);
    let body = json!({ "reason": "Phone lost, badge seen" });
    let acts: Vec<_> = (0..200)
        .map(|_| {
            let (client, path, body) = (client.clone(), path.clone(), body.clone());
            tokio::spawn(async move { client.post(&path, body).await.status })
        })
        .collect();
    let taken = service.core.set_operator(&olga, false, OPERATOR).await;
    assert!(taken.unwrap());
    let mut done = 0;
    for act in acts {
        let status = act.await.unwrap().as_u16();
        assert!(matches!(status, 200 | 403 | 429), "{status}");
        done += usize::from(status == 200);
    }
    let rows = service.audit().await;
    let of = |action: &str, result: &str| {
        rows.iter()
            .filter(|row| row.fields[1] == action && row.fields[3] == result)
            .map(|row| row.seq)
            .collect::<Vec<_>>()
    };
    let acts = of("desk.unlock", "done");
    assert!(acts.len() <= 50, "the day's limit");
    // Who was done is told so, but for whoever was cut off from the answer by the end of the role
    assert!(done <= acts.len());
    let end = of("user.operator", "taken")[0];
    assert!(acts.iter().all(|act| *act < end), "{acts:?} {end}");
    assert_eq!(of("desk.reason", "done").len(), acts.len());
}
