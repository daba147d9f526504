//! One account in memory, and what it did in words.
//!
//! After each step it checks the laws of money: see [`World::check_laws`].

mod buyer;
mod desk;
mod laws;
mod scene;
mod words;

pub use scene::{authorization, card, eur, outcome, session, station};

use crate::bill::{Billed, Paper, Stage};
use crate::key::{Key, Timer, Value};
use crate::payment::Payment;
use crate::{Effect, fire, fold};
use scene::{pins, policy, rated, seller};
use std::sync::Arc;
use wattledger_domain::accounts::*;
use wattledger_domain::document::{DraftFault, DraftRejected, InvoiceDraft, InvoiceNotice};
use wattledger_domain::ids::*;
use wattledger_domain::money::{Currency, Money};
use wattledger_domain::payment::*;
use wattledger_domain::quantity::MilliwattHours;
use wattledger_domain::reference::*;
use wattledger_domain::{session::HoldReason, state::InMemory, time::Timestamp};
use words::describe;

pub const SECOND: i64 = 1_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;
const START: i64 = 1_767_225_600_000;

/// One account, what it was told and what it did.
#[derive(Clone)]
pub struct World {
    pub state: InMemory<Key, Value, Timer>,
    pub account: AccountId,
    pub policy: Policy,
    /// The currency of ratings.
    pub currency: Currency,
    effects: Vec<Effect>,
    seen: usize,
}

impl World {
    /// A guest at station `S1` with authorisation `A1`.
    pub fn guest() -> Self {
        Self::of(AccountId::guest(&station(), &authorization()))
    }

    /// A customer whose document has come.
    pub fn customer(standing: Standing, method: Option<PaymentMethod>) -> Self {
        let mut world = Self::of(AccountId::new("ada"));
        world.document(1, standing, method);
        world
    }

    pub fn of(account: AccountId) -> Self {
        Self {
            state: InMemory::new(Timestamp(START)),
            account,
            policy: policy(),
            currency: Currency::EUR,
            effects: Vec::new(),
            seen: 0,
        }
    }

    fn terms(&self) -> Terms {
        Terms {
            pins: pins(),
            legal_entity: Arc::new(seller()),
            policy: Arc::new(self.policy.clone()),
        }
    }

    pub fn fold(&mut self, record: AccountRecord) {
        fold(&mut self.state, &record, &mut self.effects).unwrap();
        self.check_laws();
    }

    pub fn pin(&mut self, method: Option<PaymentMethod>, limit: Option<Money>) -> &mut Self {
        let record = AuthorizationPinned {
            authorization: authorization(),
            account: self.account.clone(),
            station: station(),
            evse: Some(EvseId(1)),
            method,
            currency: Currency::EUR,
            limit,
            terms: self.terms(),
            requested_at: self.state.now,
        };
        self.fold(AccountRecord::AuthorizationPinned(Box::new(record)));
        self
    }

    pub fn open(&mut self, authorized: Option<AuthorizationId>) -> &mut Self {
        let record = SessionOpened {
            session: session(),
            account: self.account.clone(),
            authorization: authorized,
            station: station(),
            started_at: self.state.now,
        };
        self.fold(AccountRecord::SessionOpened(Box::new(record)));
        self
    }

    /// A guest who charges with so much held until so many hours from now.
    pub fn charging_guest(held: i64, hours: i64) -> Self {
        let mut world = Self::guest();
        world.pin(Some(card()), None);
        world.hold(1, 1, held, hours, IncrementSupport::Supported);
        world.open(Some(authorization()));
        world.did();
        world
    }

    pub fn cost(&mut self, gross: i64, forecast: i64) -> &mut Self {
        let record = RunningCost {
            session: session(),
            account: self.account.clone(),
            authorization: authorization(),
            at: self.state.now,
            energy: MilliwattHours(1),
            gross: eur(gross),
            forecast: eur(forecast),
        };
        self.fold(AccountRecord::RunningCost(Box::new(record)));
        self
    }

    pub fn rate(&mut self, version: i32, gross: i64) -> &mut Self {
        self.rate_by(version, gross, Some(authorization()))
    }

    pub fn rate_by(
        &mut self,
        version: i32,
        gross: i64,
        authorized: Option<AuthorizationId>,
    ) -> &mut Self {
        let gross = Money::new(gross, self.currency);
        let rated = rated(&self.account, version, gross, authorized, self.state.now);
        let terms = self.terms();
        let bill = SessionBill { rated, terms };
        self.fold(AccountRecord::SessionRated(Box::new(bill)));
        self
    }

    pub fn review(&mut self) -> &mut Self {
        let record = SessionHeld {
            session: session(),
            account: self.account.clone(),
            authorization: Some(authorization()),
            station: station(),
            reasons: vec![HoldReason::TooDear],
            started_at: self.state.now,
            ended_at: self.state.now,
            energy: MilliwattHours(1),
            proposed: None,
            held_at: self.state.now,
            proposal: None,
        };
        self.fold(AccountRecord::SessionHeld(Box::new(record)));
        self
    }

    /// The processor answers the newest attempt of an operation of the n-th payment.
    pub fn answer(&mut self, payment: usize, op: i32, result: OutcomeResult) -> &mut Self {
        let id = self.payments()[payment - 1].clone();
        let attempt = self.attempt(&id, op);
        let via = OutcomeVia::Call;
        self.fold(outcome(&self.account, (&id, op, attempt), via, result));
        self
    }

    /// The processor calls about an operation of the n-th payment.
    pub fn webhook(
        &mut self,
        event: &str,
        payment: usize,
        op: i32,
        result: OutcomeResult,
    ) -> &mut Self {
        let id = self.payments()[payment - 1].clone();
        let via = OutcomeVia::Webhook(event.into());
        self.fold(outcome(&self.account, (&id, op, 0), via, result));
        self
    }

    pub fn hold(
        &mut self,
        payment: usize,
        op: i32,
        held: i64,
        hours: i64,
        increments: IncrementSupport,
    ) -> &mut Self {
        let capture_before = Timestamp(self.state.now.0 + hours * HOUR);
        self.answer(
            payment,
            op,
            OutcomeResult::Authorized {
                held: eur(held),
                capture_before,
                increments,
            },
        )
    }

    pub fn captured(&mut self, payment: usize, op: i32, minor: i64) -> &mut Self {
        let (captured, released) = (eur(minor), eur(0));
        self.answer(payment, op, OutcomeResult::Captured { captured, released })
    }

    pub fn declined(&mut self, payment: usize, op: i32, retry: Retry) -> &mut Self {
        let code = "declined".into();
        self.answer(payment, op, OutcomeResult::Declined { code, retry })
    }

    pub fn unknown(&mut self, payment: usize, op: i32) -> &mut Self {
        let detail = "timeout".into();
        self.answer(payment, op, OutcomeResult::Unknown { detail })
    }

    /// Every draft that waits gets its number.
    pub fn issue(&mut self) -> &mut Self {
        for draft in self.waiting_drafts() {
            let notice = InvoiceNotice {
                draft: draft.draft.clone(),
                account: self.account.clone(),
                invoice: InvoiceId::of(&[draft.draft.as_str()]),
                number: "R-1".into(),
                gross: draft.gross,
                session: session(),
            };
            self.fold(AccountRecord::InvoiceIssued(Box::new(notice)));
        }
        self
    }

    /// The newest draft is refused.
    pub fn reject(&mut self) -> &mut Self {
        let draft = self.waiting_drafts().pop().unwrap();
        let rejected = DraftRejected {
            draft: draft.draft,
            account: self.account.clone(),
            session: session(),
            reason: DraftFault::SumsDiffer,
        };
        self.fold(AccountRecord::DraftRejected(Box::new(rejected)));
        self
    }

    fn waiting_drafts(&self) -> Vec<InvoiceDraft> {
        let drafts = self.effects.iter().filter_map(|effect| match effect {
            Effect::Draft(draft) => Some((**draft).clone()),
            Effect::Granted(_)
            | Effect::Refused(_)
            | Effect::Pay(_)
            | Effect::Fact(_)
            | Effect::Alert(_) => None,
        });
        let Some(Billed { paper, .. }) = self.billed() else {
            return Vec::new();
        };
        drafts
            .filter(|draft| match &paper {
                Paper::InFlight { awaited, .. } => awaited.contains(&draft.draft),
                Paper::Issued | Paper::Rejected | Paper::Withdrawn(_) => false,
            })
            .collect()
    }

    /// Lets time pass: every timer that comes due fires at its instant.
    pub fn pass(&mut self, span: i64) -> &mut Self {
        let end = Timestamp(self.state.now.0 + span);
        while let Some(at) = self
            .state
            .timers
            .first()
            .map(|(at, _)| *at)
            .filter(|at| *at <= end)
        {
            self.state.now = self.state.now.max(at);
            while let Some((due, timer)) = self.state.next_due() {
                fire(&mut self.state, &timer, due, &mut self.effects).unwrap();
                self.check_laws();
            }
        }
        self.state.now = end;
        self
    }

    pub fn effects(&self) -> &[Effect] {
        &self.effects
    }

    pub fn commands(&self) -> impl Iterator<Item = &PaymentCommand> {
        self.effects.iter().filter_map(|effect| match effect {
            Effect::Pay(command) => Some(&**command),
            Effect::Granted(_)
            | Effect::Refused(_)
            | Effect::Draft(_)
            | Effect::Fact(_)
            | Effect::Alert(_) => None,
        })
    }

    /// The payments, in the order in which they first appeared.
    pub fn payments(&self) -> Vec<PaymentId> {
        let mut ids: Vec<PaymentId> = Vec::new();
        for command in self.commands() {
            if !ids.contains(&command.payment) {
                ids.push(command.payment.clone());
            }
        }
        ids
    }

    fn attempt(&self, payment: &PaymentId, op: i32) -> i32 {
        self.commands()
            .filter(|command| command.payment == *payment && command.op == op)
            .map(|command| command.attempt)
            .max()
            .unwrap_or(1)
    }

    pub fn payment(&self, n: usize) -> Payment {
        let id = self.payments()[n - 1].clone();
        self.state
            .entities
            .values()
            .find_map(|value| match value {
                Value::Payment(payment) if payment.id == id => Some((**payment).clone()),
                Value::Payment(_)
                | Value::Account(_)
                | Value::Authorization(_)
                | Value::Session(_) => None,
            })
            .unwrap()
    }

    pub fn billed(&self) -> Option<Billed> {
        self.state.entities.values().find_map(|value| match value {
            Value::Session(bill) => match &bill.stage {
                Stage::Billed(billed) => Some((**billed).clone()),
                Stage::Charging | Stage::UnderReview => None,
            },
            Value::Account(_) | Value::Authorization(_) | Value::Payment(_) => None,
        })
    }

    /// What was done since the last look, in words.
    pub fn did(&mut self) -> Vec<String> {
        let payments = self.payments();
        let words = |effect: &Effect| describe(effect, &payments);
        let did = self.effects[self.seen..].iter().map(words).collect();
        self.seen = self.effects.len();
        did
    }

    /// Due, captured, receivable, written off, in minor units.
    pub fn balance(&self) -> (i64, i64, i64, i64) {
        let balance = self.billed().unwrap().balance;
        (
            balance.due.minor,
            balance.captured.minor,
            balance.receivable.minor,
            balance.written_off.minor,
        )
    }
}
