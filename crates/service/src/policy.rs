//! What the site and each integration allow, and every limit with its hard bound: the one place for such numbers.

use std::time::Duration;

use serde::Deserialize;

use crate::workstations::Workstations;

/// One minute, in milliseconds.
pub const MINUTE_MS: i64 = 60_000;

/// How long a request waits for its answer (row C3).
pub const REQUEST_LIFE_MS: i64 = MINUTE_MS;
/// How long a request prepared by `preauth` waits for the person to choose it.
pub const PREPARED_LIFE_MS: i64 = 5 * MINUTE_MS;
/// How long a final answer is repeated to the integration that asked.
pub const FINAL_ANSWER_REPEATS_MS: i64 = 5 * MINUTE_MS;
/// How long the other devices that were asked are told which one answered (PROTOCOL.md §4).
pub const SHARED_ANSWER_TOLD_MS: i64 = 5 * MINUTE_MS;
/// How long after its denial a request can be reported.
pub const REPORT_WINDOW_MS: i64 = 5 * MINUTE_MS;
/// How long a report or too many unanswered requests stop pushes (rows C5, C7).
pub const PUSH_PAUSE_MS: i64 = 30 * MINUTE_MS;
/// Requests of one user that may wait at a time (row C5).
pub const PENDING_PER_USER: i64 = 3;
/// Denied or unanswered requests within [`FATIGUE_WINDOW_MS`] that stop pushes (row C5).
pub const FATIGUE_LIMIT: i64 = 5;
/// See [`FATIGUE_LIMIT`]. A proof of self-service that was asked for and given up counts half.
pub const FATIGUE_WINDOW_MS: i64 = 10 * MINUTE_MS;
/// Wrong numbers that are taken before a request is closed (row C4).
pub const NUMBER_TRIES: i64 = 2;
/// Digits of the number where a page can always show one.
pub const FEWEST_NUMBER_DIGITS: u8 = 3;
/// Digits of the number after a denied, reported or unanswered request.
pub const CAREFUL_NUMBER_DIGITS: u8 = 6;
/// The poll of one undecided request that ends it: old Duo clients let the user in after twenty (see the README).
pub const LAST_UNDECIDED_POLL: i64 = 14;
/// How long `auth_status` is held: a request of a minute then takes nine polls, well under [`LAST_UNDECIDED_POLL`].
pub const STATUS_HOLD: Duration = Duration::from_secs(8);
/// How long a device's poll may be held, seconds (PROTOCOL.md section 4).
pub const LONGEST_POLL_SECONDS: u64 = 50;
/// How far the date of a `countersign/1` call may be off (row C10).
pub const DEVICE_CLOCK_WINDOW_MS: i64 = MINUTE_MS;
/// How far the date of a legacy device's or an integration's call may be off.
pub const CLOCK_WINDOW_MS: i64 = 5 * MINUTE_MS;
/// How long a device's nonce is remembered; longer than its date is good for.
pub const NONCE_LIFE_MS: i64 = 5 * MINUTE_MS;
/// How long a signed call of an integration is remembered (row K2); longer than its date is good for.
pub const REPLAY_LIFE_MS: i64 = 11 * MINUTE_MS;
/// How long an activation code lives (row A1).
pub const ACTIVATION_LIFE_MS: i64 = 10 * MINUTE_MS;
/// The longest life an Auth API client may ask for, seconds.
pub const LONGEST_ACTIVATION_SECONDS: i64 = 24 * 60 * 60;
/// How long a bypass code lives.
pub const BYPASS_LIFE_MS: i64 = 24 * 60 * MINUTE_MS;
/// Codes of a recovery card.
pub const CARD_CODES: usize = 8;
/// How long they live.
pub const CARD_LIFE_MS: i64 = 365 * DAY_MS;
/// Cards that a person may make within a day: each costs as many slow hashes as it has codes.
pub const CARDS_PER_DAY: i64 = 5;
/// Steps or counters around the expected one for time-based passcodes.
pub const TOTP_WINDOW: i64 = 1;
/// How far ahead a counter may be (row O3).
pub const HOTP_LOOK_AHEAD: i64 = 10;
/// How far ahead three consecutive counters may be (row O3).
pub const HOTP_RESYNC_AHEAD: i64 = 1000;
/// Consecutive counters that are believed.
pub const HOTP_RESYNC_CODES: i64 = 3;
/// The time for typing them.
pub const HOTP_RESYNC_MS: i64 = 5 * MINUTE_MS;
/// How long decided requests are kept to answer "was this me?" and to count fatigue.
pub const REQUEST_KEPT_MS: i64 = 24 * 60 * MINUTE_MS;

/// One day, in milliseconds.
pub const DAY_MS: i64 = 24 * 60 * MINUTE_MS;
/// How long a device is told of a change that nobody answered for (PROTOCOL.md section 10).
pub const NOTICE_KEPT_MS: i64 = 30 * DAY_MS;
/// How long a bypass code lives that an operator made on the help desk's page.
pub const DESK_BYPASS_LIFE_MS: i64 = 60 * MINUTE_MS;
/// How long a person may add their first device after the help desk released it (row A4).
pub const RELEASE_LIFE_MS: i64 = DAY_MS;
/// After so long without a confirmed factor nobody adds a first device by the password alone (row A4).
pub const DORMANT_MS: i64 = 90 * DAY_MS;
/// Bypass codes that one operator may make within a day (row K6).
pub const DESK_BYPASS_PER_DAY: i64 = 20;
/// Acts of each other kind that one operator may do within a day (row K6).
pub const DESK_ACTS_PER_DAY: i64 = 50;
/// People that the help desk's search finds at most.
pub const DESK_PEOPLE: i64 = 20;
/// Events that the help desk is shown.
pub const DESK_EVENTS: i64 = 50;

/// How long a session of self-service lasts without use.
pub const SESSION_IDLE_MS: i64 = 15 * MINUTE_MS;
/// The same on a workstation that many people use.
pub const SHARED_SESSION_IDLE_MS: i64 = 5 * MINUTE_MS;
/// How long a session lasts, however much it is used.
pub const SESSION_LIFE_MS: i64 = 8 * 60 * MINUTE_MS;
/// How long a proof covers acts (row S1).
pub const PROOF_LIFE_MS: i64 = 5 * MINUTE_MS;
/// How far what was stored may lie ahead: clocks are kept right by small steps, either way.
pub const CLOCK_STEP_MS: i64 = 2 * 1000;
/// Digits of the number of a proof, whatever the integrations say (row C4).
pub const PROOF_DIGITS: u8 = 6;
/// How long a proof by a call may take: ringing and talking.
pub const CALL_LIFE_MS: i64 = 90 * 1000;
/// How long a call can last, until it is certainly over: a code that is spoken twice takes longest.
pub const CALL_LONGEST_MS: i64 = 3 * MINUTE_MS;
/// How much of that can be paid for, minutes: what comes before the answer costs nothing.
pub const CALL_PAID_MINUTES: i64 = 2;
/// Over how long the calls are looked at that somebody answers or not.
pub const ANSWER_RATE_MS: i64 = 60 * MINUTE_MS;
/// Fewer calls than that say nothing.
pub const ANSWER_RATE_CALLS: i64 = 20;
/// How many of a hundred have to be answered, else somebody rings numbers for their own profit, or the trunk is broken.
pub const ANSWER_RATE_PERCENT: i64 = 20;
/// How young what proves is not to remove what is older (row S6).
pub const YOUNG_MS: i64 = 24 * 60 * MINUTE_MS;
/// The longest name of a device, characters.
pub const DEVICE_NAME_CHARS: usize = 40;
/// For how long a device has to be silent before a call with the key that it replaced tells that it is out of step.
pub const REPLACED_KEY_GRACE_MS: i64 = 5 * MINUTE_MS;
/// Over how long the texts are looked at that arrive or not.
pub const ARRIVAL_RATE_MS: i64 = 60 * MINUTE_MS;
/// Fewer reports than that say nothing.
pub const ARRIVAL_RATE_TEXTS: i64 = 20;
/// How many of a hundred have to arrive, else somebody has texts sent for their own profit, or the carrier is broken.
pub const ARRIVAL_RATE_PERCENT: i64 = 50;
/// How long a code that confirms a number lives.
pub const NUMBER_CODE_MS: i64 = 10 * MINUTE_MS;
/// How long after a code the next one can be sent.
pub const NUMBER_CODE_PAUSE_MS: i64 = MINUTE_MS;
/// Its digits.
pub const NUMBER_CODE_DIGITS: usize = 6;
/// Wrong codes that are taken before another has to be sent.
pub const NUMBER_CODE_TRIES: i64 = 3;
/// How long a call of self-service is held while nothing changes.
pub const SELF_SERVICE_HOLD: Duration = Duration::from_secs(25);

/// How long a sign-in prompt waits for the person.
pub const PROMPT_LIFE_MS: i64 = 10 * MINUTE_MS;
/// How long a prompt is kept.
pub const PROMPT_KEPT_MS: i64 = DAY_MS;
/// Prompts that one link begins; an application makes a new one for each sign-in.
pub const PROMPTS_OF_A_LINK: i64 = 10;
/// Prompts of one person at one application that are begun from one network within [`PROMPT_LIFE_MS`], but for those that
/// let somebody in.
pub const PROMPTS_FROM_A_NETWORK: i64 = 20;
/// The same from everywhere, whatever became of them; where the person confirmed before, it holds nobody up.
pub const PROMPTS_OF_A_PERSON: i64 = 200;
/// How long a yes lets somebody in to an application (row C3).
pub const YES_LIFE_MS: i64 = MINUTE_MS;
/// How long the code lives that an application exchanges.
pub const PROMPT_CODE_MS: i64 = MINUTE_MS;
/// How long a token of the prompt is good for, and how far ahead an application's own may end, seconds.
pub const JWT_LIFE_SECONDS: i64 = 300;
/// How far the clocks of an application and the service may be apart, seconds.
pub const JWT_LEEWAY_SECONDS: i64 = 60;

/// How long people see what the help desk did for them, and how many acts at most.
pub const DESK_SEEN_MS: i64 = 30 * DAY_MS;
/// See [`DESK_SEEN_MS`].
pub const DESK_SEEN: i64 = 10;

/// What one integration allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntegrationPolicy {
    /// Digits of the number, 3 to 6; 0 allows plain push, which is weak.
    pub number_digits: u8,
    /// Whether devices that speak Duo's plain dialect may answer for it, which is weak.
    pub allow_legacy: bool,
    /// Whether it may sign its calls with HMAC-SHA1, as old clients do, which is weak.
    pub allow_sha1: bool,
}

impl IntegrationPolicy {
    /// The strict policy with so many digits, 0 or 3 to 6. `None` outside these bounds.
    pub fn with_digits(number_digits: u8) -> Option<Self> {
        matches!(number_digits, 0 | 3..=6).then_some(Self {
            number_digits,
            allow_legacy: false,
            allow_sha1: false,
        })
    }

    /// Whether a request may be approved without a number.
    pub fn allows_plain_push(self) -> bool {
        self.number_digits == 0
    }
}

/// What the site allows and calls itself.
#[derive(Debug, Clone)]
pub struct Site {
    /// The organisation's name, which devices show.
    pub organisation: String,
    /// The host in activation texts, with its port where it has one.
    pub host: countersign_protocol::host::Host,
    /// Whether people may enrol by themselves.
    pub enrolment: Enrolment,
    /// How long `auth_status` is held while nothing changes; see [`STATUS_HOLD`].
    pub status_hold: Duration,
    /// Who helps people; `None` where the site does not say.
    pub service_desk: Option<ServiceDesk>,
    /// Which workstations many people use.
    pub workstations: Workstations,
}

/// Who helps people, as they are told.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServiceDesk {
    /// As dialled inside.
    pub extension: Option<String>,
    /// As dialled from outside.
    pub number: Option<String>,
    /// Whether somebody answers day and night.
    pub always: bool,
}

/// Whether people without a device may enrol one by themselves (row A4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Enrolment {
    /// They are sent to the help desk.
    #[default]
    Closed,
    /// They may.
    Open,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c4_a_number_has_three_to_six_digits_or_none() {
        let good: Vec<u8> = (0..=20)
            .filter(|digits| IntegrationPolicy::with_digits(*digits).is_some())
            .collect();
        assert_eq!(good, [0, 3, 4, 5, 6]);
    }
}
