//! Webhooks: when each is due, and in which order.
//!
//! Invariant: ids and due times come from (seed, payment, operation, kind, time of the effect), so
//! the order is a function of the effects, whoever asks and how often.

use super::faults::FaultRates;
use crate::draw::Draw;
use std::collections::BTreeMap;
use wattledger_domain::hash::Digest;
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::time::Timestamp;
use wattledger_payments::Secret;
use wattledger_payments::signature;
use wattledger_payments::simulated::dialect::{Notice, SIGNATURE_HEADER, Status};

/// A webhook as it is sent.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Webhook {
    /// Rises by one with each webhook, from 1.
    pub sequence: u64,
    /// Its headers, the signature among them.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: String,
}

/// What an effect is about.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The payment.
    pub payment: &'a str,
    /// Whose.
    pub account: &'a str,
    /// Which operation.
    pub op: i32,
    /// The processor's reference of the payment.
    pub reference: &'a str,
}

#[derive(Debug, Default)]
pub(super) struct Outbox {
    /// By (due, event id, copy).
    waiting: BTreeMap<(Timestamp, String, u8), String>,
    /// Due at last, in order: the index is the sequence less one.
    due: Vec<(Timestamp, String)>,
}

impl Outbox {
    /// Puts the webhook of an effect, or two.
    pub fn put(
        &mut self,
        seed: u64,
        rates: &FaultRates,
        subject: Subject<'_>,
        result: Status,
        at: Timestamp,
    ) {
        let id = event_id(seed, subject, &result, at);
        let mut draw = Draw::of(seed, &["webhook", &id]);
        let most = if draw.permille(rates.webhook_late) {
            7_200_000
        } else {
            5_000
        };
        let due = at.plus(Milliseconds(draw.between(50..=most)));
        let twice = draw.permille(rates.webhook_twice);
        let again = due.plus(Milliseconds(draw.between(1_000..=600_000)));
        let notice = Notice {
            id: id.clone(),
            payment: subject.payment.to_owned(),
            account: subject.account.to_owned(),
            op: subject.op,
            reference: subject.reference.to_owned(),
            at: at.0,
            result,
        };
        // A struct of texts and numbers always has JSON.
        let body = serde_json::to_string(&notice).unwrap_or_default();
        if twice {
            self.waiting.insert((again, id.clone(), 1), body.clone());
        }
        self.waiting.insert((due, id, 0), body);
    }

    /// Makes due what is due by `now`.
    pub fn advance(&mut self, now: Timestamp) {
        while let Some(entry) = self.waiting.first_entry() {
            let due = entry.key().0;
            if due > now {
                return;
            }
            self.due.push((due, entry.remove()));
        }
    }

    /// What was due by `at`, after the webhook numbered `after`, signed at `at`.
    pub fn sent(&self, secret: Option<&Secret>, at: Timestamp, after: u64) -> Vec<Webhook> {
        let skipped = usize::try_from(after).unwrap_or(usize::MAX);
        let due = self.due.iter().zip(1_u64..).skip(skipped);
        due.take_while(|((due, _), _)| *due <= at)
            .map(|((_, body), sequence)| Webhook {
                sequence,
                headers: headers(secret, at, body),
                body: body.clone(),
            })
            .collect()
    }
}

fn headers(secret: Option<&Secret>, at: Timestamp, body: &str) -> Vec<(String, String)> {
    let mut headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
    if let Some(secret) = secret {
        let signature = signature::sign(secret, at, body.as_bytes());
        headers.push((SIGNATURE_HEADER.to_owned(), signature));
    }
    headers
}

fn event_id(seed: u64, subject: Subject<'_>, result: &Status, at: Timestamp) -> String {
    let kind = match result {
        Status::Authorized { .. } => "authorized",
        Status::Incremented { .. } => "incremented",
        Status::Captured { .. } => "captured",
        Status::Voided => "voided",
        Status::Refunded { .. } => "refunded",
        Status::Charged { .. } => "charged",
        Status::Declined { .. } => "declined",
        Status::Pending => "pending",
        Status::NotFound => "not_found",
        Status::CaptureFailed { .. } => "capture_failed",
        Status::Expired => "expired",
        Status::UnheardOf => "unheard_of",
    };
    let parts = [
        &seed.to_be_bytes()[..],
        subject.payment.as_bytes(),
        &subject.op.to_be_bytes()[..],
        kind.as_bytes(),
        &at.0.to_be_bytes()[..],
    ];
    let digest = Digest::of_parts(&parts).to_string();
    format!("evt_{}", digest.get(..24).unwrap_or(&digest))
}
