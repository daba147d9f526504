//! The processor's ledger: payments, idempotency keys, deadlines, webhooks.
//!
//! Invariant: a function of the journal's head and lines. One attempt under one key has one answer,
//! for as long as the key is kept.

use super::faults::{Attempt, Fate, Passage};
use super::journal::{Head, Line};
use super::outbox::{Outbox, Subject, Webhook};
use super::payment::{Payment, Standing};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use wattledger_domain::hash::Digest;
use wattledger_domain::money::{Currency, Money};
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::time::Timestamp;
use wattledger_payments::Secret;
use wattledger_payments::simulated::dialect::{KEY_LIFETIME, Reply, Request, Status};

/// An answer on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// It arrives, a live one after this long.
    Reply(u16, Value, Milliseconds),
    /// The connection breaks.
    Broken,
}

#[derive(Debug, Default)]
struct Key {
    /// What was first asked under it.
    request: Option<(String, String, Request)>,
    /// Done or declined for good: any later attempt gets it again.
    settled: Option<Status>,
    /// What each attempt got.
    sent: BTreeMap<i32, Sent>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Deadline {
    Lapse,
    FailLate(i32),
}

pub(super) struct Ledger {
    head: Head,
    now: Timestamp,
    payments: BTreeMap<String, Payment>,
    keys: BTreeMap<String, Key>,
    /// Keys by age.
    aging: VecDeque<(Timestamp, String)>,
    deadlines: BTreeSet<(Timestamp, String, Deadline)>,
    outbox: Outbox,
    delivered: u64,
}

impl Ledger {
    /// An empty ledger before all time.
    pub fn new(head: Head) -> Self {
        Self {
            head,
            now: Timestamp(0),
            payments: BTreeMap::new(),
            keys: BTreeMap::new(),
            aging: VecDeque::new(),
            deadlines: BTreeSet::new(),
            outbox: Outbox::default(),
            delivered: 0,
        }
    }

    /// The processor's time.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Sequence of the last webhook that its receiver took.
    pub const fn delivered(&self) -> u64 {
        self.delivered
    }

    /// Does a line.
    pub fn take(&mut self, line: Line) -> Sent {
        match line {
            Line::Clock { at } => self.advance(Timestamp(at)),
            Line::Delivered { sequence } => self.delivered = sequence,
            Line::Asked {
                at,
                key,
                attempt,
                payment,
                action,
                request,
            } => {
                self.advance(Timestamp(at));
                return self.asked(&key, attempt, (payment, action, request));
            }
            Line::Retrieved {
                at,
                key,
                attempt,
                payment,
                op,
            } => {
                self.advance(Timestamp(at));
                return self.retrieved(&key, attempt, &payment, op);
            }
        }
        Sent::Reply(200, Value::Null, Milliseconds::ZERO)
    }

    /// Lets time pass; it never goes back.
    pub fn advance(&mut self, to: Timestamp) {
        self.now = self.now.max(to);
        while let Some((due, id, deadline)) = self.deadlines.first().cloned() {
            if due > self.now {
                break;
            }
            self.deadlines.pop_first();
            self.meet(due, &id, deadline);
        }
        while let Some((since, _)) = self.aging.front() {
            if since.plus(KEY_LIFETIME) > self.now {
                break;
            }
            if let Some((_, key)) = self.aging.pop_front() {
                self.keys.remove(&key);
            }
        }
        self.outbox.advance(self.now);
    }

    fn meet(&mut self, due: Timestamp, id: &str, deadline: Deadline) {
        let Some(payment) = self.payments.get_mut(id) else {
            return;
        };
        let (op, status) = match deadline {
            Deadline::Lapse => (payment.hold_op, payment.lapse(due)),
            Deadline::FailLate(op) => (op, payment.fail_late(op, due)),
        };
        if let Some(status) = status {
            self.tell(id, op, status, due);
        }
    }

    fn tell(&mut self, id: &str, op: i32, status: Status, at: Timestamp) {
        let Some(payment) = self.payments.get(id) else {
            return;
        };
        let reference = reference(self.head.seed, id);
        let subject = Subject {
            payment: id,
            account: &payment.account,
            op,
            reference: &reference,
        };
        self.outbox
            .put(self.head.seed, &self.head.faults, subject, status, at);
    }

    fn key(&mut self, key: &str) -> &mut Key {
        if !self.keys.contains_key(key) {
            self.aging.push_back((self.now, key.to_owned()));
        }
        self.keys.entry(key.to_owned()).or_default()
    }

    fn asked(&mut self, key: &str, attempt: i32, asked: (String, String, Request)) -> Sent {
        let slot = self.key(key);
        if slot.request.get_or_insert_with(|| asked.clone()) != &asked {
            return refused(409, "another request was made under this key");
        }
        if let Some(sent) = slot.sent.get(&attempt) {
            return sent.clone();
        }
        let settled = slot.settled.clone();
        let (payment, action, request) = asked;
        let token = match (&request.token, self.payments.get(&payment)) {
            (Some(token), _) => token.clone(),
            (None, known) => known.map(|known| known.token.clone()).unwrap_or_default(),
        };
        let number = Attempt {
            token: &token,
            action: &action,
            key,
            number: attempt,
        };
        let fate = Fate::of(self.head.seed, &self.head.faults, number);
        let sent = if fate.passage == Passage::RequestLost {
            Sent::Broken
        } else {
            let status = match settled {
                Some(status) => status,
                None => self.operate(&payment, &action, &request, fate),
            };
            let slot = self.key(key);
            if !matches!(
                status,
                Status::Declined {
                    retry_later: true,
                    ..
                }
            ) {
                slot.settled = Some(status.clone());
            }
            self.sent(&payment, status, fate)
        };
        self.key(key).sent.insert(attempt, sent.clone());
        sent
    }

    fn operate(&mut self, id: &str, action: &str, request: &Request, fate: Fate) -> Status {
        let currency = request
            .amount
            .as_ref()
            .and_then(|amount| amount.money().ok());
        let amount = currency.unwrap_or(Money::zero(Currency::EUR));
        let fresh = || Payment::new(request, amount);
        let payment = self.payments.entry(id.to_owned()).or_insert_with(fresh);
        let status = payment.apply(action, request, fate, self.now);
        let deadline = match (&status, fate.fails_late) {
            (Status::Authorized { capture_before, .. }, _) => {
                Some((Timestamp(*capture_before), Deadline::Lapse))
            }
            (Status::Captured { .. }, Some(after)) => {
                Some((self.now.plus(after), Deadline::FailLate(request.op)))
            }
            _ => None,
        };
        if let Some((due, deadline)) = deadline {
            self.deadlines.insert((due, id.to_owned(), deadline));
        }
        if !matches!(status, Status::Declined { .. }) || fate.passage == Passage::Pending {
            self.tell(id, request.op, status.clone(), self.now);
        }
        status
    }

    fn retrieved(&mut self, key: &str, attempt: i32, id: &str, op: i32) -> Sent {
        if let Some(sent) = self.keys.get(key).and_then(|slot| slot.sent.get(&attempt)) {
            return sent.clone();
        }
        let known = self.payments.get(id);
        let token = known
            .map(|payment| payment.token.clone())
            .unwrap_or_default();
        let found = known.and_then(|payment| payment.operations.get(&op).cloned());
        let number = Attempt {
            token: &token,
            action: "retrieve",
            key,
            number: attempt,
        };
        let fate = Fate::of(self.head.seed, &self.head.faults, number);
        let sent = match (found, fate.passage) {
            (_, Passage::RequestLost) => Sent::Broken,
            (Some((status, _)), _) => self.sent(id, status, fate),
            (None, _) => self.sent(id, Status::NotFound, fate),
        };
        self.key(key).sent.insert(attempt, sent.clone());
        sent
    }

    fn sent(&self, id: &str, status: Status, fate: Fate) -> Sent {
        let code = if matches!(status, Status::Declined { .. }) {
            402
        } else if status == Status::NotFound {
            404
        } else {
            200
        };
        let shown = match fate.passage {
            Passage::RequestLost | Passage::ReplyLost => return Sent::Broken,
            Passage::ErrorAfter => return refused(500, "something went wrong"),
            Passage::Pending => json!({ "status": "pending" }),
            Passage::OddStatus => json!({ "status": "under_review" }),
            Passage::Clear => json!(status),
        };
        let code = if fate.passage == Passage::Clear {
            code
        } else {
            200
        };
        let mut body = json!(Reply {
            reference: self
                .payments
                .contains_key(id)
                .then(|| reference(self.head.seed, id)),
            at: self.now.0,
            result: Status::Pending,
        });
        body["result"] = shown;
        Sent::Reply(code, body, fate.delay)
    }

    /// Webhooks due by `at`, after the one numbered `after`.
    pub fn webhooks(&self, secret: Option<&Secret>, at: Timestamp, after: u64) -> Vec<Webhook> {
        self.outbox.sent(secret, at, after)
    }

    /// All payments, by id.
    pub fn export(&self) -> Value {
        let payments = self.payments.iter().map(|(id, payment)| {
            json!({
                "payment": id,
                "reference": reference(self.head.seed, id),
                "account": payment.account,
                "legal_entity": payment.legal_entity,
                "session": payment.session,
                "status": payment.standing,
                "currency": payment.held.currency.code(),
                "held_minor": payment.held.minor,
                "captured_minor": payment.captured.minor,
                "charged_minor": payment.charged.minor,
                "refunded_minor": payment.refunded.minor,
                "capture_before": (payment.standing == Standing::Held)
                    .then_some(payment.capture_before.0),
            })
        });
        let payments: Vec<Value> = payments.collect();
        json!({ "now": self.now.0, "seed": self.head.seed, "payments": payments })
    }
}

/// What the processor calls a payment.
fn reference(seed: u64, id: &str) -> String {
    let digest = Digest::of_parts(&[&seed.to_be_bytes(), id.as_bytes()]).to_string();
    format!("sim_{}", digest.get(..20).unwrap_or(&digest))
}

pub(super) fn refused(code: u16, reason: &str) -> Sent {
    Sent::Reply(code, json!({ "error": reason }), Milliseconds::ZERO)
}
