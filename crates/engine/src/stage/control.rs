//! The control stage: documents, tokens, ticks.

use super::{Stage, StateOf};
use crate::stored::Stored;
use crate::topics::{self, Topics};
use wattledger_catalog as catalog;
use wattledger_domain::accounts::AccountRecord;
use wattledger_domain::charging::ChargingRecord;
use wattledger_domain::control::ControlRecord;
use wattledger_domain::document::InvoiceRecord;
use wattledger_domain::time::Timestamp;
use wattledger_runtime::{Outgoing, Refusal};
use wattledger_wire::DecodeError;
use wattledger_wire::topics as wire;

/// Documents become versions in force, broadcast to every partition that needs them.
pub struct Control {
    /// Topic names.
    pub topics: Topics,
    /// Partitions of every input to broadcast to.
    pub partitions: u32,
}

impl Stage for Control {
    const NAME: &'static str = "control";
    const VERSION: u32 = 1;
    type Record = ControlRecord;
    type Key = catalog::Key;
    type Value = catalog::Value;
    type Timer = catalog::Timer;
    type Effect = catalog::Effect;

    fn decode(bytes: &[u8]) -> Result<ControlRecord, DecodeError> {
        wire::control::decode(bytes)
    }

    fn tick(record: &ControlRecord) -> Option<Timestamp> {
        match record {
            ControlRecord::Tick(tick) => Some(tick.at),
            ControlRecord::Submitted(_) | ControlRecord::TokenUnknown(_) => None,
        }
    }

    fn unit(_: &ControlRecord, routing: &[u8]) -> Box<[u8]> {
        routing.into()
    }

    fn key<'k>(key: &'k catalog::Key, name: &mut Vec<u8>) -> &'k str {
        key.put(name);
        catalog::Key::ROUTING
    }

    fn timer(timer: &catalog::Timer, _: &mut Vec<u8>) -> (u8, Box<str>) {
        match *timer {}
    }

    fn timer_from(_: u8, _: &str, _: &[u8]) -> Option<catalog::Timer> {
        None
    }

    fn fold(
        state: &mut StateOf<'_, Self>,
        record: &ControlRecord,
        effects: &mut Vec<catalog::Effect>,
    ) -> Result<(), Refusal> {
        catalog::fold(state, record, effects).map_err(|error| Refusal {
            code: "CONTROL-001",
            message: error.to_string(),
        })
    }

    fn fire(
        _: &mut StateOf<'_, Self>,
        timer: &catalog::Timer,
        _: Timestamp,
        _: &mut Vec<catalog::Effect>,
    ) {
        match *timer {}
    }

    fn boxed(_: &catalog::Value) -> usize {
        0
    }

    fn emit(&self, effect: catalog::Effect, _: Timestamp, out: &mut Vec<Outgoing>) {
        let topics = &self.topics;
        match effect {
            catalog::Effect::BroadcastToSessions(reference) => {
                let key = topics::key(&format!(
                    "{:?}/{}",
                    reference.document.content.kind(),
                    reference.document.content.id()
                ));
                let value = wire::charging::encode(&ChargingRecord::Reference(*reference));
                self.broadcast(&Outgoing::keyed(&topics.charging_events, key, value), out);
            }
            catalog::Effect::BroadcastToInvoices(reference) => {
                let key = topics::key(&reference.document.content.id());
                let value = wire::invoice::encode(&InvoiceRecord::Reference(reference));
                self.broadcast(&Outgoing::keyed(&topics.invoice_events, key, value), out);
            }
            catalog::Effect::ToAccount { account, reference } => {
                let value = wire::account::encode(&AccountRecord::Reference(reference));
                out.push(Outgoing::keyed(
                    &topics.account_events,
                    topics::key(account.as_str()),
                    value,
                ));
            }
            catalog::Effect::Directory(entry) => {
                let key = topics::key(&entry.token.to_string());
                let value = wire::directory::encode(&entry);
                out.push(Outgoing::keyed(&topics.directory_tokens, key, value));
            }
            catalog::Effect::PayerResolved(resolved) => {
                let key = topics::key(resolved.station.as_str());
                let value = wire::charging::encode(&ChargingRecord::PayerResolved(resolved));
                out.push(Outgoing::keyed(&topics.charging_events, key, value));
            }
            catalog::Effect::Tick { stage, tick } => {
                let (topic, value) = match stage {
                    catalog::Stage::Sessions => (
                        &topics.charging_events,
                        wire::charging::encode(&ChargingRecord::Tick(tick)),
                    ),
                    catalog::Stage::Accounts => (
                        &topics.account_events,
                        wire::account::encode(&AccountRecord::Tick(tick)),
                    ),
                    catalog::Stage::Invoices => (
                        &topics.invoice_events,
                        wire::invoice::encode(&InvoiceRecord::Tick(tick)),
                    ),
                };
                self.broadcast(&Outgoing::keyed(topic, topics::key("tick"), value), out);
            }
            catalog::Effect::Outcome(outcome) => {
                let key = topics::key(&format!("{}/{}", outcome.source, outcome.id));
                let value = wire::outcome::encode(&outcome);
                out.push(Outgoing::keyed(&topics.event_outcomes, key, value));
            }
        }
    }
}

impl Control {
    fn broadcast(&self, record: &Outgoing, out: &mut Vec<Outgoing>) {
        out.extend((0..self.partitions).map(|partition| record.clone().to_partition(partition)));
    }
}
