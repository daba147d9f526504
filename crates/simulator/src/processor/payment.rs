//! One payment at the processor.
//!
//! Invariant: captured ≤ held, refunded ≤ captured + charged, and after a void nothing is captured.

use super::faults::{Fate, Verdict};
use serde::Serialize;
use std::collections::BTreeMap;
use wattledger_domain::money::Money;
use wattledger_domain::time::Timestamp;
use wattledger_payments::simulated::dialect::{Amount, Request, Status};

/// Where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Nothing was approved.
    Refused,
    /// Money is held.
    Held,
    /// The hold was captured.
    Captured,
    /// The hold was released.
    Voided,
    /// The hold lapsed.
    Expired,
    /// Charged without a hold.
    Charged,
    /// The capture failed after all.
    CaptureFailed,
}

/// One payment.
#[derive(Clone, Debug)]
pub struct Payment {
    /// Who pays, as the request said.
    pub account: String,
    /// The seller.
    pub legal_entity: String,
    /// For what.
    pub session: Option<String>,
    /// The card.
    pub token: String,
    /// Where it stands.
    pub standing: Standing,
    /// Held now; nothing once captured, voided or lapsed.
    pub held: Money,
    /// Captured in all.
    pub captured: Money,
    /// Charged in all.
    pub charged: Money,
    /// Refunded in all.
    pub refunded: Money,
    /// When the hold lapses.
    pub capture_before: Timestamp,
    can_grow: bool,
    /// The operation that made the hold.
    pub hold_op: i32,
    /// What became of each operation, and when.
    pub operations: BTreeMap<i32, (Status, Timestamp)>,
}

impl Payment {
    /// A payment of which nothing is approved yet.
    pub fn new(request: &Request, amount: Money) -> Self {
        let nothing = Money::zero(amount.currency);
        Self {
            account: request.account.clone(),
            legal_entity: request.legal_entity.clone(),
            session: request.session.clone(),
            token: request.token.clone().unwrap_or_default(),
            standing: Standing::Refused,
            held: nothing,
            captured: nothing,
            charged: nothing,
            refunded: nothing,
            capture_before: Timestamp(0),
            can_grow: false,
            hold_op: 0,
            operations: BTreeMap::new(),
        }
    }

    /// Does an operation, or declines it.
    pub fn apply(&mut self, action: &str, request: &Request, fate: Fate, now: Timestamp) -> Status {
        let nothing = Money::zero(self.held.currency);
        let amount = request.amount.as_ref().map_or(Ok(nothing), Amount::money);
        let status = match amount {
            Ok(amount) if amount.currency != self.held.currency => declined("currency_mismatch"),
            Ok(amount) if !amount.is_positive() && action != "void" => declined("invalid_amount"),
            Ok(amount) => match action {
                "authorize" => self.authorize(request, amount, fate, now),
                "increment" => self.increment(amount, fate),
                "capture" => self.capture(amount, fate),
                "void" => self.void(),
                "refund" => self.refund(amount),
                "charge" => self.charge(request, amount, fate),
                _ => declined("unsupported"),
            },
            Err(_) => declined("invalid_amount"),
        };
        self.operations.insert(request.op, (status.clone(), now));
        status
    }

    fn authorize(&mut self, request: &Request, asked: Money, fate: Fate, now: Timestamp) -> Status {
        if self.standing != Standing::Refused {
            return declined("payment_exists");
        }
        self.token = request.token.clone().unwrap_or_default();
        let held = match approved(&self.token, asked, fate.verdict) {
            Ok(held) => held,
            Err(status) => return status,
        };
        self.standing = Standing::Held;
        self.held = held;
        self.capture_before = now.plus(fate.validity);
        self.can_grow = fate.can_grow;
        self.hold_op = request.op;
        Status::Authorized {
            held: held.into(),
            capture_before: self.capture_before.0,
            can_grow: self.can_grow,
        }
    }

    fn increment(&mut self, total: Money, fate: Fate) -> Status {
        if let Some(refusal) = self.not_held() {
            return refusal;
        }
        if !self.can_grow {
            return declined("increment_unsupported");
        }
        if total.minor < self.held.minor {
            return declined("invalid_amount");
        }
        // An increment is granted whole or not at all.
        match approved(&self.token, total, fate.verdict) {
            Ok(held) if held == total => {
                self.held = total;
                Status::Incremented { held: total.into() }
            }
            Ok(_) => declined("insufficient_funds"),
            Err(status) => status,
        }
    }

    fn capture(&mut self, amount: Money, fate: Fate) -> Status {
        if let Some(refusal) = self.not_held() {
            return refusal;
        }
        let Some(released) = less(self.held, amount) else {
            return declined("amount_too_large");
        };
        if let Err(status) = approved(&self.token, amount, fate.verdict) {
            return status;
        }
        self.standing = Standing::Captured;
        self.held = Money::zero(amount.currency);
        self.captured = amount;
        Status::Captured {
            captured: amount.into(),
            released: released.into(),
        }
    }

    fn void(&mut self) -> Status {
        if let Some(refusal) = self.not_held() {
            return refusal;
        }
        self.standing = Standing::Voided;
        self.held = Money::zero(self.held.currency);
        Status::Voided
    }

    fn refund(&mut self, amount: Money) -> Status {
        let refunded = self.refunded.plus(amount).ok();
        match refunded.filter(|refunded| self.taken() >= refunded.minor) {
            Some(refunded) => {
                self.refunded = refunded;
                Status::Refunded {
                    refunded: refunded.into(),
                }
            }
            None => declined("refund_exceeds_capture"),
        }
    }

    fn charge(&mut self, request: &Request, amount: Money, fate: Fate) -> Status {
        if !matches!(self.standing, Standing::Refused | Standing::Charged) {
            return declined("payment_exists");
        }
        self.token = request.token.clone().unwrap_or_default();
        match approved(&self.token, amount, fate.verdict) {
            Ok(charged) if charged == amount => {
                let Ok(total) = self.charged.plus(amount) else {
                    return declined("invalid_amount");
                };
                self.standing = Standing::Charged;
                self.charged = total;
                Status::Charged {
                    charged: amount.into(),
                }
            }
            Ok(_) => declined("insufficient_funds"),
            Err(status) => status,
        }
    }

    /// The hold lapses, if there still is one that is due by then.
    pub fn lapse(&mut self, due: Timestamp) -> Option<Status> {
        if self.standing != Standing::Held || self.capture_before > due {
            return None;
        }
        self.standing = Standing::Expired;
        self.held = Money::zero(self.held.currency);
        self.operations.insert(self.hold_op, (Status::Expired, due));
        Some(Status::Expired)
    }

    /// The capture fails after all, unless some of it was given back.
    pub fn fail_late(&mut self, op: i32, at: Timestamp) -> Option<Status> {
        if self.standing != Standing::Captured || !self.refunded.is_zero() {
            return None;
        }
        self.standing = Standing::CaptureFailed;
        self.captured = Money::zero(self.captured.currency);
        let status = Status::CaptureFailed {
            code: "issuer_reversed".to_owned(),
        };
        self.operations.insert(op, (status.clone(), at));
        Some(status)
    }

    /// Captured and charged, minor units.
    fn taken(&self) -> i64 {
        self.captured.minor.saturating_add(self.charged.minor)
    }

    fn not_held(&self) -> Option<Status> {
        match self.standing {
            Standing::Held => None,
            Standing::Refused => Some(declined("no_hold")),
            Standing::Captured | Standing::Charged => Some(declined("already_captured")),
            Standing::Voided => Some(declined("already_voided")),
            Standing::Expired => Some(declined("hold_expired")),
            Standing::CaptureFailed => Some(declined("capture_failed")),
        }
    }
}

/// What the bank grants of an amount.
fn approved(token: &str, asked: Money, verdict: Verdict) -> Result<Money, Status> {
    if !token.starts_with("tok_") {
        return Err(declined("unknown_token"));
    }
    let granted = match verdict {
        Verdict::Approved => asked.minor,
        Verdict::Part(permille) => asked
            .minor
            .saturating_mul(permille)
            .checked_div(1_000)
            .unwrap_or(asked.minor)
            .max(1),
        Verdict::UpTo(units) => {
            let most = units.saturating_mul(asked.currency.minor_per_unit());
            asked.minor.min(most)
        }
        Verdict::Declined => return Err(declined("card_declined")),
        Verdict::DeclinedForNow => {
            return Err(Status::Declined {
                code: "try_again_later".to_owned(),
                retry_later: true,
            });
        }
    };
    if granted > 0 {
        Ok(Money::new(granted, asked.currency))
    } else {
        Err(declined("insufficient_funds"))
    }
}

fn less(held: Money, amount: Money) -> Option<Money> {
    held.minus(amount).ok().filter(|rest| rest.minor >= 0)
}

fn declined(code: &str) -> Status {
    Status::Declined {
        code: code.to_owned(),
        retry_later: false,
    }
}
