//! What goes wrong: by the test card, else by rates, drawn from (seed, key, attempt) and nothing
//! else.
//!
//! Test cards (anything else that starts with `tok_` behaves by the rates):
//!
//! | token | what it does |
//! |---|---|
//! | `tok_approved` | always works, whatever the rates |
//! | `tok_declined` | authorisations and charges are declined for good |
//! | `tok_declined_once` | the first attempt of an authorisation or charge is declined for now |
//! | `tok_insufficient_40` | holds 40 whole units at most (any number); charges above: declined |
//! | `tok_no_increment` | holds cannot grow |
//! | `tok_increment_declined` | holds could grow, but the bank says no |
//! | `tok_capture_declined` | captures are declined for good |
//! | `tok_capture_declined_once` | the first attempt of a capture is declined for now |
//! | `tok_capture_fails_late` | captures succeed and fail two days later |
//! | `tok_lost_reply` | the first attempt of each operation happens, its answer is lost |
//! | `tok_lost_request` | the first attempt of each operation is lost on the way |
//! | `tok_error_after` | the first attempt of each operation happens, the answer is a 500 |
//! | `tok_pending` | each operation happens, the answer is `pending`, a webhook tells |
//! | `tok_odd_status` | each operation happens, the answer has a status that nobody has heard of |
//! | `tok_expires_soon` | holds lapse after an hour |

use crate::draw::Draw;
use serde::{Deserialize, Serialize};
use wattledger_domain::quantity::Milliseconds;
use wattledger_payments::simulated::dialect::HOLD_VALIDITY;

/// How often things go wrong, in thousandths of the attempts that could.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FaultRates {
    /// Authorisations and charges declined for good.
    pub declined: u16,
    /// Authorisations and charges declined for now.
    pub declined_for_now: u16,
    /// Authorisations for 30 to 90 % of what was asked.
    pub partial: u16,
    /// Increments declined.
    pub increment_declined: u16,
    /// Holds that cannot grow.
    pub increment_unsupported: u16,
    /// Captures declined for good.
    pub capture_declined: u16,
    /// Captures declined for now.
    pub capture_declined_for_now: u16,
    /// Captures that fail one to three days later.
    pub capture_fails_late: u16,
    /// Operations that happen though the answer is `pending`.
    pub pending: u16,
    /// Operations that happen though the answer is a 500.
    pub error_after: u16,
    /// Operations that happen and whose answer is lost.
    pub lost_reply: u16,
    /// Attempts lost on the way.
    pub lost_request: u16,
    /// Answers that take 0.5 to 3 s (live only: a replay does not wait).
    pub slow: u16,
    /// Webhooks sent twice.
    pub webhook_twice: u16,
    /// Webhooks up to two hours late, others take up to five seconds.
    pub webhook_late: u16,
}

impl FaultRates {
    /// A bad but not unusual day.
    pub const DEMO: Self = Self {
        declined: 15,
        declined_for_now: 10,
        partial: 20,
        increment_declined: 60,
        increment_unsupported: 40,
        capture_declined: 2,
        capture_declined_for_now: 15,
        capture_fails_late: 2,
        pending: 10,
        error_after: 5,
        lost_reply: 10,
        lost_request: 5,
        slow: 20,
        webhook_twice: 50,
        webhook_late: 50,
    };
}

/// How an answer travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// It arrives.
    Clear,
    /// The request is lost: nothing happens and the connection breaks.
    RequestLost,
    /// It happens and the connection breaks.
    ReplyLost,
    /// It happens and a 500 says nothing.
    ErrorAfter,
    /// It happens and the answer is `pending`.
    Pending,
    /// It happens and the answer has an unknown status.
    OddStatus,
}

/// What the bank says to an authorisation, charge, increment or capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Approved,
    /// Yes, but for so many thousandths of it.
    Part(i64),
    /// Up to so many whole units of the currency.
    UpTo(i64),
    /// No.
    Declined,
    /// Not now.
    DeclinedForNow,
}

/// What is drawn for one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// How the answer travels.
    pub passage: Passage,
    /// What the bank says, if it is asked.
    pub verdict: Verdict,
    /// Whether a new hold can grow.
    pub can_grow: bool,
    /// How long a new hold lasts.
    pub validity: Milliseconds,
    /// After how long a capture fails, if it does.
    pub fails_late: Option<Milliseconds>,
    /// How long a live answer takes.
    pub delay: Milliseconds,
}

/// The attempt whose fate is asked.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// The payment's card.
    pub token: &'a str,
    /// `authorize`, `capture` and so on.
    pub action: &'a str,
    /// The idempotency key.
    pub key: &'a str,
    /// From 1.
    pub number: i32,
}

impl Fate {
    /// The fate of an attempt.
    #[must_use]
    pub fn of(seed: u64, rates: &FaultRates, attempt: Attempt<'_>) -> Self {
        let scripted = match attempt.token.strip_prefix("tok_insufficient_") {
            Some(units) => units.parse().ok().map(|units| Self {
                verdict: match attempt.action {
                    "authorize" | "charge" | "increment" => Verdict::UpTo(units),
                    _ => Verdict::Approved,
                },
                ..Self::CALM
            }),
            None => Self::scripted(attempt),
        };
        scripted.unwrap_or_else(|| Self::drawn(seed, rates, attempt))
    }

    const CALM: Self = Self {
        passage: Passage::Clear,
        verdict: Verdict::Approved,
        can_grow: true,
        validity: HOLD_VALIDITY,
        fails_late: None,
        delay: Milliseconds::ZERO,
    };

    fn scripted(attempt: Attempt<'_>) -> Option<Self> {
        let first = attempt.number == 1;
        let asks = matches!(attempt.action, "authorize" | "charge");
        let verdict = |when: bool, verdict: Verdict| Self {
            verdict: if when { verdict } else { Verdict::Approved },
            ..Self::CALM
        };
        let passage = |when: bool, passage: Passage| Self {
            passage: if when { passage } else { Passage::Clear },
            ..Self::CALM
        };
        let capture = attempt.action == "capture";
        let two_days = HOLD_VALIDITY
            .0
            .checked_div(7)
            .map(|day| Milliseconds(day.saturating_mul(2)));
        Some(match attempt.token {
            "tok_approved" => Self::CALM,
            "tok_declined" => verdict(asks, Verdict::Declined),
            "tok_declined_once" => verdict(asks && first, Verdict::DeclinedForNow),
            "tok_no_increment" => Self {
                can_grow: false,
                ..Self::CALM
            },
            "tok_increment_declined" => verdict(attempt.action == "increment", Verdict::Declined),
            "tok_capture_declined" => verdict(capture, Verdict::Declined),
            "tok_capture_declined_once" => verdict(capture && first, Verdict::DeclinedForNow),
            "tok_capture_fails_late" => Self {
                fails_late: two_days,
                ..Self::CALM
            },
            "tok_lost_reply" => passage(first, Passage::ReplyLost),
            "tok_lost_request" => passage(first, Passage::RequestLost),
            "tok_error_after" => passage(first, Passage::ErrorAfter),
            "tok_pending" => passage(attempt.action != "retrieve", Passage::Pending),
            "tok_odd_status" => passage(attempt.action != "retrieve", Passage::OddStatus),
            "tok_expires_soon" => Self {
                validity: Milliseconds::minutes(60),
                ..Self::CALM
            },
            _ => return None,
        })
    }

    fn drawn(seed: u64, rates: &FaultRates, attempt: Attempt<'_>) -> Self {
        let number = attempt.number.to_string();
        let mut draw = Draw::of(seed, &["attempt", attempt.key, &number]);
        let passages = [
            (rates.lost_request, Passage::RequestLost),
            (rates.lost_reply, Passage::ReplyLost),
            (rates.error_after, Passage::ErrorAfter),
            (rates.pending, Passage::Pending),
        ];
        let passage = passages
            .into_iter()
            .filter(|(_, passage)| attempt.action != "retrieve" || *passage != Passage::Pending)
            .find_map(|(rate, passage)| draw.permille(rate).then_some(passage))
            .unwrap_or(Passage::Clear);
        let verdicts = match attempt.action {
            "authorize" => [rates.declined, rates.declined_for_now, rates.partial],
            "charge" => [rates.declined, rates.declined_for_now, 0],
            "increment" => [rates.increment_declined, 0, 0],
            "capture" => [rates.capture_declined, rates.capture_declined_for_now, 0],
            _ => [0, 0, 0],
        };
        let part = Verdict::Part(draw.between(300..=900));
        let kinds = [Verdict::Declined, Verdict::DeclinedForNow, part];
        let verdict = verdicts
            .into_iter()
            .zip(kinds)
            .find_map(|(rate, verdict)| draw.permille(rate).then_some(verdict))
            .unwrap_or(Verdict::Approved);
        let fails_late = draw.permille(rates.capture_fails_late);
        let fails_after = Milliseconds(draw.between(86_400_000..=259_200_000));
        let slow = draw.permille(rates.slow);
        let delay = Milliseconds(draw.between(500..=3_000));
        Self {
            passage,
            verdict,
            can_grow: !draw.permille(rates.increment_unsupported),
            validity: HOLD_VALIDITY,
            fails_late: fails_late.then_some(fails_after),
            delay: if slow { delay } else { Milliseconds::ZERO },
        }
    }
}
