//! The accounts stage: what is owed, and how it is collected.

use super::{Stage, StateOf, named};
use crate::stored::Stored;
use crate::topics::{self, Topics};
use wattledger_accounts as accounts;
use wattledger_domain::accounts::AccountRecord;
use wattledger_domain::charging::ChargingRecord;
use wattledger_domain::document::InvoiceRecord;
use wattledger_domain::ids::{AccountId, EventId, SourceId};
use wattledger_domain::outcome::{EventOutcome, Outcome};
use wattledger_domain::time::Timestamp;
use wattledger_runtime::{Outgoing, Refusal};
use wattledger_wire::DecodeError;
use wattledger_wire::topics as wire;

/// Authorisations, holds, captures, bills.
pub struct Accounts {
    /// Topic names.
    pub topics: Topics,
}

impl Stage for Accounts {
    const NAME: &'static str = "accounts";
    const VERSION: u32 = 2;
    type Record = AccountRecord;
    type Key = accounts::Key;
    type Value = accounts::Value;
    type Timer = accounts::Timer;
    type Effect = accounts::Effect;

    fn decode(bytes: &[u8]) -> Result<AccountRecord, DecodeError> {
        wire::account::decode(bytes)
    }

    fn tick(record: &AccountRecord) -> Option<Timestamp> {
        if let AccountRecord::Tick(tick) = record {
            Some(tick.at)
        } else {
            None
        }
    }

    fn unit(_: &AccountRecord, routing: &[u8]) -> Box<[u8]> {
        routing.into()
    }

    fn key<'k>(key: &'k accounts::Key, name: &mut Vec<u8>) -> &'k str {
        key.entity.put(name);
        key.account.as_str()
    }

    fn timer(timer: &accounts::Timer, name: &mut Vec<u8>) -> (u8, Box<str>) {
        timer.entity.put(name);
        let kind = match timer.kind {
            accounts::TimerKind::Retry => 0,
            accounts::TimerKind::PlugIn => 1,
            accounts::TimerKind::Rotate => 2,
            accounts::TimerKind::Forget => 3,
        };
        (kind, timer.account.as_str().into())
    }

    fn timer_from(kind: u8, routing: &str, name: &[u8]) -> Option<accounts::Timer> {
        let kind = match kind {
            0 => accounts::TimerKind::Retry,
            1 => accounts::TimerKind::PlugIn,
            2 => accounts::TimerKind::Rotate,
            3 => accounts::TimerKind::Forget,
            _ => return None,
        };
        Some(accounts::Timer {
            kind,
            account: AccountId::new(routing),
            entity: named(name)?,
        })
    }

    fn fold(
        state: &mut StateOf<'_, Self>,
        record: &AccountRecord,
        effects: &mut Vec<accounts::Effect>,
    ) -> Result<(), Refusal> {
        accounts::fold(state, record, effects).map_err(|error| Refusal {
            code: "ACCOUNTS-001",
            message: error.to_string(),
        })
    }

    fn fire(
        state: &mut StateOf<'_, Self>,
        timer: &accounts::Timer,
        due: Timestamp,
        effects: &mut Vec<accounts::Effect>,
    ) {
        if let Err(error) = accounts::fire(state, timer, due, effects) {
            tracing::error!(%error, ?timer, "a timer of an account could not do its work");
        }
    }

    fn boxed(value: &accounts::Value) -> usize {
        use accounts::Value;
        match value {
            Value::Account(account) => size_of_val(&**account),
            Value::Authorization(authorization) => size_of_val(&**authorization),
            Value::Session(bill) => size_of_val(&**bill),
            Value::Payment(payment) => size_of_val(&**payment),
        }
    }

    fn emit(&self, effect: accounts::Effect, now: Timestamp, out: &mut Vec<Outgoing>) {
        let topics = &self.topics;
        match effect {
            accounts::Effect::Granted(granted) => {
                let key = topics::key(granted.station.as_str());
                let value = wire::charging::encode(&ChargingRecord::HoldGranted(granted));
                out.push(Outgoing::keyed(&topics.charging_events, key, value).urgent());
            }
            accounts::Effect::Refused(refused) => {
                let key = topics::key(refused.station.as_str());
                let value = wire::charging::encode(&ChargingRecord::AuthorizationRefused(refused));
                out.push(Outgoing::keyed(&topics.charging_events, key, value).urgent());
            }
            accounts::Effect::Pay(command) => {
                let key = topics::key(command.payment.as_str());
                let value = wire::payment_command::encode(&command);
                out.push(Outgoing::keyed(&topics.payment_commands, key, value).urgent());
            }
            accounts::Effect::Draft(draft) => {
                let key = topics::key(draft.seller.book.as_str());
                let value = wire::invoice::encode(&InvoiceRecord::Draft(draft));
                out.push(Outgoing::keyed(&topics.invoice_events, key, value));
            }
            accounts::Effect::Fact(fact) => {
                let public = wire::payment_fact::encode(&fact);
                let payment = topics::key(fact.payment.as_str());
                let book = topics::key(fact.book.as_str());
                let value = wire::invoice::encode(&InvoiceRecord::PaymentFact(fact));
                out.push(Outgoing::keyed(&topics.invoice_events, book, value));
                out.push(Outgoing::keyed(&topics.billing_payments, payment, public));
            }
            accounts::Effect::Alert(alert) => {
                let outcome = alert_outcome(&alert, now);
                let key = topics::key(&format!("{}/{}", outcome.source, outcome.id));
                let value = wire::outcome::encode(&outcome);
                out.push(Outgoing::keyed(&topics.event_outcomes, key, value));
            }
        }
    }
}

/// An alert as something that people find among the outcomes.
fn alert_outcome(alert: &accounts::Alert, at: Timestamp) -> EventOutcome {
    let (id, session, detail) = match alert {
        accounts::Alert::DraftRejected {
            draft,
            session,
            reason,
            account,
        } => (
            draft.to_string(),
            Some(session.clone()),
            format!("draft of account {account} was rejected: {reason:?}"),
        ),
        accounts::Alert::RefundStuck {
            payment,
            amount,
            account,
        } => (
            payment.to_string(),
            None,
            format!("refund of {amount} to account {account} is stuck"),
        ),
        accounts::Alert::OutcomeLost {
            payment,
            op,
            account,
        } => (
            format!("{payment}/{op}"),
            None,
            format!("the processor never said what became of operation {op} of account {account}"),
        ),
    };
    EventOutcome {
        source: SourceId::new("accounts"),
        id: EventId::new(id),
        station: None,
        outcome: Outcome::Conflicting,
        session,
        detail: detail.into(),
        at,
    }
}
