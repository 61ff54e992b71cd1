//! Moving to another phone with both in hand (PROTOCOL.md §13; rows A2, D3, S4): the code belongs to the phone that was
//! compared, and the present one stops when the new one said yes, never before.

use crate::common;
use crate::support;

use std::time::Duration;

use common::hospital::{Hospital, MOBILE};
use common::{ADDRESS, Phone, Service, activation_ask, scanning};
use countersign_protocol::activation::{ActivationCode, ActivationText};
use countersign_protocol::check::{CheckValue, Compared};
use countersign_protocol::ids::DeviceId;
use countersign_protocol::params::Params;
use countersign_protocol::random;
use countersign_protocol::signing::keys::SigningKey;
use countersign_protocol::wire::moves::{MoveAnswer, MoveBegunAnswer, MoveState};
use countersign_service::access::AsUser;
use countersign_service::activation::ActivationOutcome;
use countersign_service::challenge::{Choice, Verdict};
use countersign_service::model::{Device as Stored, DeviceState, User, UserStatus};
use countersign_service::moves::{MoveAct, MoveBegun, MoveRefused, Mover};
use countersign_service::operator::OPERATOR;
use countersign_service::policy::{ACTIVATION_LIFE_MS, REQUEST_LIFE_MS};
use countersign_service::request::Outcome;
use reqwest::{Method, StatusCode};
use ring::rand::SystemRandom;
use support::device::{Device, Reply};

const APPROVED: Verdict = Verdict::Decide {
    outcome: Outcome::Approved,
    reported: false,
};

/// A phone whose person began to move.
struct Moving<'a> {
    service: &'a Service,
    old: &'a Phone,
    mover: Mover,
    code: ActivationCode,
}

impl<'a> Moving<'a> {
    async fn begin(service: &'a Service, old: &'a Phone) -> Self {
        let begun = service.core.begin_move(&old.device, ADDRESS).await.unwrap();
        let MoveBegun::Made { id, code } = begun else {
            panic!("not begun")
        };
        let mover = Mover::new(&old.device, &id, ADDRESS);
        Self {
            service,
            old,
            mover,
            code: code.text.code,
        }
    }

    async fn news(&self) -> MoveAnswer {
        let news = self
            .service
            .core
            .move_news(&self.mover, None, Duration::ZERO);
        news.await.unwrap().unwrap()
    }

    async fn state(&self) -> MoveState {
        self.news().await.state
    }

    async fn act(&self, act: MoveAct) -> Result<MoveAnswer, MoveRefused> {
        self.service
            .core
            .act_on_move(&self.mover, &act)
            .await
            .unwrap()
    }

    async fn scan(&self, key: &SigningKey) -> ActivationOutcome {
        let ask = activation_ask(&self.code, key);
        self.service.core.activate(&ask).await.unwrap()
    }

    /// What a phone shows that has that key and this code.
    fn digits(&self, pem: &str) -> String {
        let compared = Compared {
            code_hash: &self.code.hashed(),
            device_key: pem,
            service: self.service.core.service_id(),
            service_key: self.service.core.service_key_pem(),
        };
        CheckValue::of(&compared).to_string()
    }

    /// Both show the same, and the new phone has its keys.
    async fn finish(&self, key: SigningKey) -> Phone {
        assert!(matches!(
            self.scan(&key).await,
            ActivationOutcome::Compare { .. }
        ));
        let pem = self.news().await.pubkey.unwrap();
        self.act(MoveAct::Same(self.digits(&pem))).await.unwrap();
        match self.scan(&key).await {
            ActivationOutcome::Activated(done) => {
                assert_eq!(done.takes_over.as_ref(), Some(&self.old.device.id));
                Phone::new(*done, key)
            }
            _ => panic!("not activated"),
        }
    }

    async fn new_says(&self, new: &Phone, choice: Choice) -> Verdict {
        let request = self.service.one_pending(new).await;
        assert_eq!(request.context.kind, "Move");
        self.service
            .answer(&new.answer(&request, choice, None))
            .await
    }
}

async fn stored(service: &Service, phone: &Phone) -> Stored {
    let found = service.core.store.device(&phone.device.id).await;
    found.unwrap().unwrap()
}

async fn devices(service: &Service, user: &User) -> Vec<String> {
    let found = service.core.own_devices(user).await.unwrap();
    found.into_iter().map(|device| device.id).collect()
}

async fn alice(service: &Service) -> (User, Phone) {
    let alice = service.user("alice").await;
    let old = service.phone(&alice).await;
    service.clock.advance(1);
    (alice, old)
}

#[tokio::test]
async fn d3_the_present_phone_stops_when_the_new_one_said_yes_and_not_before() {
    let service = Service::start().await;
    let (alice, old) = alice(&service).await;
    let tablet = service.phone(&alice).await;
    let moving = Moving::begin(&service, &old).await;
    assert_eq!(moving.state().await, MoveState::Waiting);
    let new = moving.finish(scanning::key()).await;
    assert_eq!(moving.state().await, MoveState::Testing);
    // Both work
    assert_eq!(stored(&service, &old).await.state, DeviceState::Active);
    assert_eq!(devices(&service, &alice).await.len(), 3);
    assert!(!moving.news().await.arrived);
    assert_eq!(service.pending(&new).await.len(), 1);
    assert!(moving.news().await.arrived);
    assert_eq!(moving.new_says(&new, Choice::Approve).await, APPROVED);

    assert_eq!(moving.state().await, MoveState::Moved);
    let (old_row, new_row) = (stored(&service, &old).await, stored(&service, &new).await);
    assert_eq!(old_row.state, DeviceState::Removed);
    assert_eq!(new_row.state, DeviceState::Active);
    // It stands where the other one stood
    assert_eq!(new_row.name, old.device.name);
    assert_eq!(
        devices(&service, &alice).await,
        [new.device.id.as_str(), tablet.device.id.as_str()]
    );
    assert_eq!(service.audit_count("device.move", "done").await, 1);
    // The third was told of the one that stays, by the name that stays
    let told = service.core.pending(&tablet.device, None, Duration::ZERO);
    let told = told.await.unwrap().unwrap().notices;
    let told: Vec<_> = told
        .iter()
        .map(|notice| (notice.kind.as_str(), notice.device_name.as_str()))
        .collect();
    assert_eq!(told, [("device_reactivated", old.device.name.as_str())]);
}

#[tokio::test]
async fn the_new_phone_gets_what_the_present_one_had() {
    let hospital = Hospital::start().await;
    let service = &hospital.service;
    let (alice, _, browser) = hospital.alice().await;
    let old = hospital.phone_with(&browser, MOBILE).await;
    service.clock.advance(1);
    let owner = AsUser::of(&alice);
    let own = service.core.store.own();
    let of = async |phone: &Phone| {
        let devices = own.own_devices(&owner, service.core.now()).await.unwrap();
        assert_eq!(devices.len(), 2);
        let found = devices
            .into_iter()
            .find(|owned| owned.device.id == phone.device.id);
        found.unwrap()
    };
    let before = of(&old).await;
    let moving = Moving::begin(service, &old).await;
    let new = moving.finish(scanning::key()).await;
    moving.new_says(&new, Choice::Approve).await;
    let after = of(&new).await;
    assert!(before.number.is_some());
    assert_eq!(after.number, before.number);
    assert_eq!(after.number_confirmed_at, before.number_confirmed_at);
    assert_eq!((after.kind, after.first), (before.kind, before.first));
    // And is young, for what only a device may do that has been there for a day (row S6)
    assert!(after.added_at > before.added_at);
}

#[tokio::test]
async fn a2_only_the_digits_that_wait_let_the_new_phone_in() {
    let service = Service::start().await;
    let (alice, old) = alice(&service).await;
    let moving = Moving::begin(&service, &old).await;
    let key = scanning::key();
    // Nobody scanned: there is nothing to compare
    let wrong = moving.digits("another key");
    let said = moving.act(MoveAct::Same(wrong.clone())).await;
    assert_eq!(said, Err(MoveRefused::OtherDigits));
    assert!(matches!(
        moving.scan(&key).await,
        ActivationOutcome::Compare { .. }
    ));
    let said = moving.act(MoveAct::Same(wrong)).await;
    assert_eq!(said, Err(MoveRefused::OtherDigits));
    assert!(matches!(
        moving.scan(&key).await,
        ActivationOutcome::Compare { .. }
    ));
    // Whoever photographed the code meets a closed door, before and after the yes
    let other = moving.scan(&scanning::key()).await;
    assert!(matches!(other, ActivationOutcome::UnknownCode));
    let pem = moving.news().await.pubkey.unwrap();
    moving
        .act(MoveAct::Same(moving.digits(&pem)))
        .await
        .unwrap();
    let other = moving.scan(&scanning::key()).await;
    assert!(matches!(other, ActivationOutcome::UnknownCode));
    assert_eq!(devices(&service, &alice).await.len(), 1);
    assert!(matches!(
        moving.scan(&key).await,
        ActivationOutcome::Activated(_)
    ));
    // A lost answer is given again, and asks for nothing twice
    let ActivationOutcome::Activated(again) = moving.scan(&key).await else {
        panic!("not answered again")
    };
    let new = Phone::new(*again, key);
    assert_eq!(service.pending(&new).await.len(), 1);
}

#[tokio::test]
async fn a_no_and_a_test_that_runs_out_change_nothing_and_can_be_asked_again() {
    let service = Service::start().await;
    let (alice, old) = alice(&service).await;
    let moving = Moving::begin(&service, &old).await;
    let new = moving.finish(scanning::key()).await;
    moving.new_says(&new, Choice::Deny).await;
    assert_eq!(moving.state().await, MoveState::Denied);
    assert_eq!(devices(&service, &alice).await.len(), 2);
    assert_eq!(
        moving.act(MoveAct::Test).await.unwrap().state,
        MoveState::Testing
    );
    // While one waits there is no other
    moving.act(MoveAct::Test).await.unwrap();
    assert_eq!(service.pending(&new).await.len(), 1);
    service.clock.advance(REQUEST_LIFE_MS + 1);
    assert_eq!(moving.state().await, MoveState::Unanswered);
    // A test that somebody asks for elsewhere is no move
    service.core.make_test_request(&new.device).await.unwrap();
    let test = service.one_pending(&new).await;
    assert_eq!(test.context.kind, "Test");
    service
        .answer(&new.answer(&test, Choice::Approve, None))
        .await;
    assert_eq!(devices(&service, &alice).await.len(), 2);
    moving.act(MoveAct::Test).await.unwrap();
    assert_eq!(moving.new_says(&new, Choice::Approve).await, APPROVED);
    assert_eq!(devices(&service, &alice).await, [new.device.id.as_str()]);
    // It is over: nothing stops or asks any more
    assert_eq!(
        moving.act(MoveAct::Stop).await.unwrap().state,
        MoveState::Moved
    );
    moving.act(MoveAct::Test).await.unwrap();
    assert!(service.pending(&new).await.is_empty());
    assert_eq!(stored(&service, &new).await.state, DeviceState::Active);
}

#[tokio::test]
async fn stopping_ends_the_code_or_removes_the_phone_that_came_of_it() {
    let service = Service::start().await;
    let (alice, old) = alice(&service).await;
    let moving = Moving::begin(&service, &old).await;
    assert_eq!(
        moving.act(MoveAct::Stop).await.unwrap().state,
        MoveState::Stopped
    );
    let late = moving.scan(&scanning::key()).await;
    assert!(matches!(late, ActivationOutcome::UnknownCode));

    let moving = Moving::begin(&service, &old).await;
    let new = moving.finish(scanning::key()).await;
    let request = service.one_pending(&new).await;
    let yes = new.answer(&request, Choice::Approve, None);
    assert_eq!(
        moving.act(MoveAct::Stop).await.unwrap().state,
        MoveState::Stopped
    );
    assert_eq!(stored(&service, &new).await.state, DeviceState::Removed);
    assert!(matches!(service.answer(&yes).await, Verdict::Refuse(_)));
    assert_eq!(devices(&service, &alice).await, [old.device.id.as_str()]);
}

#[tokio::test]
async fn a_later_move_and_the_end_of_the_code_s_time_end_it() {
    let service = Service::start().await;
    let (_, old) = alice(&service).await;
    let first = Moving::begin(&service, &old).await;
    let second = Moving::begin(&service, &old).await;
    assert_eq!(first.state().await, MoveState::Stopped);
    assert_eq!(second.state().await, MoveState::Waiting);
    let late = first.scan(&scanning::key()).await;
    assert!(matches!(late, ActivationOutcome::UnknownCode));
    service.clock.advance(ACTIVATION_LIFE_MS);
    assert_eq!(second.state().await, MoveState::Expired);
    let late = second.scan(&scanning::key()).await;
    assert!(matches!(late, ActivationOutcome::UnknownCode));
}

#[tokio::test]
async fn d3_other_keys_on_the_present_phone_end_what_the_earlier_ones_began() {
    let service = Service::start().await;
    let (alice, old) = alice(&service).await;
    let before = Moving::begin(&service, &old).await;
    let testing = {
        let moving = Moving::begin(&service, &old).await;
        let new = moving.finish(scanning::key()).await;
        (moving, new)
    };
    let again = service.phone_by(&alice, Some(&old.device.id)).await;
    let late = before.scan(&scanning::key()).await;
    assert!(matches!(late, ActivationOutcome::UnknownCode));
    // The yes is taken as that of a test, and moves nothing
    let (moving, new) = testing;
    assert_eq!(moving.new_says(&new, Choice::Approve).await, APPROVED);
    assert_ne!(moving.state().await, MoveState::Moved);
    assert_eq!(stored(&service, &again).await.state, DeviceState::Active);
    assert_eq!(devices(&service, &alice).await.len(), 2);
}

#[tokio::test]
async fn s4_another_phone_sees_and_moves_nothing() {
    let service = Service::start().await;
    let (alice, old) = alice(&service).await;
    let second = service.phone(&alice).await;
    let bob = service.user("bob").await;
    let bobs = service.phone(&bob).await;
    let moving = Moving::begin(&service, &old).await;
    moving.scan(&scanning::key()).await;
    let pem = moving.news().await.pubkey.unwrap();
    for other in [&second, &bobs] {
        let mover = Mover::new(&other.device, &moving.mover.of.id, ADDRESS);
        let news = service.core.move_news(&mover, None, Duration::ZERO).await;
        assert_eq!(news.unwrap(), None);
        for act in [
            MoveAct::Same(moving.digits(&pem)),
            MoveAct::Test,
            MoveAct::Stop,
        ] {
            let said = service.core.act_on_move(&mover, &act).await.unwrap();
            assert_eq!(said, Err(MoveRefused::NotThere));
        }
    }
    assert_eq!(moving.state().await, MoveState::Scanned);
}

#[tokio::test]
async fn a_suspended_phone_hands_nothing_over() {
    let service = Service::start().await;
    let (alice, old) = alice(&service).await;
    let moving = Moving::begin(&service, &old).await;
    let new = moving.finish(scanning::key()).await;
    let request = service.one_pending(&new).await;
    // A copy of the present phone is at work meanwhile (row D4)
    service.core.make_test_request(&old.device).await.unwrap();
    let test = service.one_pending(&old).await;
    service
        .answer(&old.answer_at(&test, Choice::Deny, None, 5))
        .await;
    service.core.make_test_request(&old.device).await.unwrap();
    let test = service.one_pending(&old).await;
    service
        .answer(&old.answer_at(&test, Choice::Approve, None, 5))
        .await;
    assert_eq!(stored(&service, &old).await.state, DeviceState::Suspended);
    service
        .answer(&new.answer(&request, Choice::Approve, None))
        .await;
    assert_eq!(stored(&service, &old).await.state, DeviceState::Suspended);
    // What it began, and whoever began it, is not to be trusted
    assert_eq!(devices(&service, &alice).await, [old.device.id.as_str()]);
    assert_eq!(stored(&service, &new).await.state, DeviceState::Removed);
}

#[tokio::test]
async fn ten_moves_an_hour_are_enough() {
    let service = Service::start().await;
    let (_, old) = alice(&service).await;
    for _ in 0..10 {
        Moving::begin(&service, &old).await;
    }
    let more = service.core.begin_move(&old.device, ADDRESS).await.unwrap();
    assert!(matches!(more, MoveBegun::TooMany { .. }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_yes_and_a_stop_side_by_side_leave_one_phone_and_never_none() {
    let service = Service::start().await;
    for round in 0..50 {
        let person = service.user(&format!("person{round}")).await;
        let old = service.phone(&person).await;
        let moving = Moving::begin(&service, &old).await;
        let new = moving.finish(scanning::key()).await;
        let yes = new.answer(&service.one_pending(&new).await, Choice::Approve, None);
        let (verdict, stopped) = tokio::join!(service.core.answer(&yes), moving.act(MoveAct::Stop));
        verdict.unwrap();
        let left = devices(&service, &person).await;
        let wanted = match stopped.unwrap().state {
            MoveState::Moved => &new,
            MoveState::Stopped => &old,
            other => panic!("{other:?}"),
        };
        assert_eq!(left, [wanted.device.id.as_str()]);
    }
}

async fn call(device: &Device, method: Method, path: &str, params: Params) -> Reply {
    let nonce = random::nonce(&SystemRandom::new()).unwrap();
    let signed = device.sign(method, path, params.with("nonce", nonce));
    device.send(&signed).await
}

#[tokio::test]
async fn over_the_wire_two_phones_move_and_the_held_call_tells_it() {
    let service = support::service::Service::start();
    let old = Device::activate(&service, &service.add_user("alice")).await;
    let begun = call(&old, Method::POST, "/push/v2/device/move", Params::new()).await;
    let begun: MoveBegunAnswer = serde_json::from_value(begun.body["response"].clone()).unwrap();
    let path = format!("/push/v2/device/move/{}", begun.id);
    let code = ActivationText::read(&begun.code).unwrap().unwrap().code;
    let key = scanning::key();
    let scanned = Device::ask_activation(&service, code.expose(), &key).await;
    assert_eq!(scanned.body["response"]["compare"], true);
    let news = call(&old, Method::GET, &path, Params::new()).await;
    let news: MoveAnswer = serde_json::from_value(news.body["response"].clone()).unwrap();
    assert_eq!(
        (news.state, news.model.as_deref()),
        (MoveState::Scanned, Some("Ward phone"))
    );
    let learned = old.activation.countersign.as_ref().unwrap();
    let digits = CheckValue::of(&Compared {
        code_hash: &code.hashed(),
        device_key: &news.pubkey.unwrap(),
        service: &learned.service,
        service_key: &learned.service_key,
    });
    for (params, status) in [
        (Params::new(), StatusCode::BAD_REQUEST),
        (Params::new().with("act", "more"), StatusCode::BAD_REQUEST),
        (Params::new().with("act", "same"), StatusCode::BAD_REQUEST),
        (
            Params::new().with("act", "same").with("check", "12345"),
            StatusCode::BAD_REQUEST,
        ),
        (
            Params::new()
                .with("act", "same")
                .with("check", digits.to_string()),
            StatusCode::OK,
        ),
    ] {
        assert_eq!(call(&old, Method::POST, &path, params).await.status, status);
    }
    let unknown = "/push/v2/device/move/0123456789abcdef0123456789abcdef";
    let unknown = call(&old, Method::GET, unknown, Params::new()).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    let mut new = Device::activate_with(&service, code.expose(), key).await;
    let takes_over = new
        .activation
        .countersign
        .as_ref()
        .unwrap()
        .takes_over
        .as_ref();
    assert_eq!(takes_over.map(DeviceId::as_str), Some(old.id()));
    let request = new.next_request().await;
    assert_eq!(request.kind, "Move");
    let news = call(&old, Method::GET, &path, Params::new()).await;
    let seen = news.body["response"]["revision"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(news.body["response"]["arrived"], true);
    let held = Params::new().with("wait", "30").with("seen", seen);
    let (told, answered) = tokio::join!(
        call(&old, Method::GET, &path, held),
        new.answer(&request, "approve", None)
    );
    assert_eq!(answered.status, StatusCode::OK);
    assert_eq!(told.body["response"]["state"], "moved");
    // From here on the present phone is nobody
    assert_eq!(old.send(&old.sign_poll(0, None)).await.code(), 40103);
    assert!(new.poll().await.transactions.is_empty());
}

#[tokio::test]
async fn a_phone_of_the_plain_dialect_hands_nothing_over() {
    let service = support::service::Service::start();
    let legacy = Device::activate_legacy(&service, &service.add_user("alice")).await;
    let begun = call(&legacy, Method::POST, "/push/v2/device/move", Params::new()).await;
    assert_eq!(begun.code(), 40103);
}

#[tokio::test]
async fn s5_the_phone_that_began_is_told_of_what_came_of_it_and_another_try_takes_that_away() {
    let service = Service::start().await;
    let (alice, old) = alice(&service).await;
    let first = Moving::begin(&service, &old).await;
    let new = first.finish(scanning::key()).await;
    // Whoever had the phone in hand for two minutes leaves no device behind that its owner never hears of
    let told = async || {
        let list = service.core.pending(&old.device, None, Duration::ZERO);
        let notices = list.await.unwrap().unwrap().notices;
        notices.into_iter().map(|one| one.kind).collect::<Vec<_>>()
    };
    assert_eq!(told().await, ["device_added"]);
    let second = Moving::begin(&service, &old).await;
    assert_eq!(stored(&service, &new).await.state, DeviceState::Removed);
    assert_eq!(first.state().await, MoveState::Stopped);
    assert_eq!(second.state().await, MoveState::Waiting);
    assert_eq!(told().await, ["device_removed"]);
    assert_eq!(devices(&service, &alice).await, [old.device.id.as_str()]);
}

#[tokio::test]
async fn whoever_never_chose_is_asked_on_the_new_phone_where_the_old_one_was_asked() {
    let service = Service::start().await;
    let (alice, old) = alice(&service).await;
    service.phone(&alice).await;
    let moving = Moving::begin(&service, &old).await;
    let new = moving.finish(scanning::key()).await;
    moving.new_says(&new, Choice::Approve).await;
    let own = service.core.own_devices(&alice).await.unwrap();
    assert!(own[0].default && own[0].id == new.device.id.as_str());
}

#[tokio::test]
async fn c9_a_code_ends_with_the_disabling_of_its_person() {
    let service = Service::start().await;
    let (alice, old) = alice(&service).await;
    let moving = Moving::begin(&service, &old).await;
    let key = scanning::key();
    moving.scan(&key).await;
    let pem = moving.news().await.pubkey.unwrap();
    moving
        .act(MoveAct::Same(moving.digits(&pem)))
        .await
        .unwrap();
    for status in [UserStatus::Disabled, UserStatus::Active] {
        let core = &service.core;
        core.set_user_status(&alice, status, OPERATOR)
            .await
            .unwrap();
    }
    let late = moving.scan(&key).await;
    assert!(matches!(late, ActivationOutcome::UnknownCode));
}
