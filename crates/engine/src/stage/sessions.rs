//! The sessions stage: one station's telemetry into rated sessions.

use super::{Stage, StateOf, named};
use crate::stored::{self, Stored};
use crate::topics::{self, Topics};
use wattledger_domain::accounts::AccountRecord;
use wattledger_domain::charging::ChargingRecord;
use wattledger_domain::control::ControlRecord;
use wattledger_domain::ids::{AccountId, StationId};
use wattledger_domain::time::Timestamp;
use wattledger_runtime::{Outgoing, Refusal};
use wattledger_sessions as sessions;
use wattledger_wire::DecodeError;
use wattledger_wire::topics as wire;
use wattledger_wire::topics::AnalyticsRecord;

/// Bytes of a document's version beside its text: what was parsed, and of a station what its sessions
/// are bound to.
const VERSION_MADE: usize = size_of::<sessions::reference::Version>() + 640;

/// Authorisations, sessions, running costs, ratings.
pub struct Sessions {
    /// Topic names.
    pub topics: Topics,
}

impl Stage for Sessions {
    const NAME: &'static str = "sessions";
    const VERSION: u32 = 3;
    type Record = ChargingRecord;
    type Key = sessions::Key;
    type Value = sessions::Value;
    type Timer = sessions::Timer;
    type Effect = sessions::Effect;

    fn decode(bytes: &[u8]) -> Result<ChargingRecord, DecodeError> {
        wire::charging::decode(bytes)
    }

    fn tick(record: &ChargingRecord) -> Option<Timestamp> {
        if let ChargingRecord::Tick(tick) = record {
            Some(tick.at)
        } else {
            None
        }
    }

    fn unit(_: &ChargingRecord, routing: &[u8]) -> Box<[u8]> {
        routing.into()
    }

    fn key<'k>(key: &'k sessions::Key, name: &mut Vec<u8>) -> &'k str {
        stored::sessions::put_name(key, name);
        key.routing()
    }

    fn timer(timer: &sessions::Timer, name: &mut Vec<u8>) -> (u8, Box<str>) {
        timer.entity.put(name);
        let kind = match timer.kind {
            sessions::TimerKind::Settle => 0,
            sessions::TimerKind::Forget => 1,
        };
        (kind, timer.station.as_str().into())
    }

    fn timer_from(kind: u8, routing: &str, name: &[u8]) -> Option<sessions::Timer> {
        let kind = match kind {
            0 => sessions::TimerKind::Settle,
            1 => sessions::TimerKind::Forget,
            _ => return None,
        };
        Some(sessions::Timer {
            kind,
            station: StationId::new(routing),
            entity: named(name)?,
        })
    }

    fn fold(
        state: &mut StateOf<'_, Self>,
        record: &ChargingRecord,
        effects: &mut Vec<sessions::Effect>,
    ) -> Result<(), Refusal> {
        sessions::fold(state, record, effects).map_err(|error| Refusal {
            code: "SESSIONS-001",
            message: error.to_string(),
        })
    }

    fn fire(
        state: &mut StateOf<'_, Self>,
        timer: &sessions::Timer,
        due: Timestamp,
        effects: &mut Vec<sessions::Effect>,
    ) {
        sessions::fire(state, timer, due, effects);
    }

    fn boxed(value: &sessions::Value) -> usize {
        use sessions::Value;
        match value {
            Value::Station(live) => size_of_val(&**live),
            Value::Authorization(authorization) => size_of_val(&**authorization),
            Value::Session(session) => size_of_val(&**session),
            Value::Samples(samples) => size_of_val(&**samples),
            Value::Unresolved(waiting) => size_of_val(&**waiting),
            Value::Reference(versions) => versions.0.len().saturating_mul(VERSION_MADE),
            Value::DeviceProfiles(_)
            | Value::Transaction(_)
            | Value::Begun(_)
            | Value::Market(_)
            | Value::MarketDay(_)
            | Value::Occupancy(_)
            | Value::OccupancyDay(_)
            | Value::Assignments(_) => 0,
        }
    }

    fn emit(&self, effect: sessions::Effect, _: Timestamp, out: &mut Vec<Outgoing>) {
        let topics = &self.topics;
        let urgent = effect.urgency() == sessions::effect::Urgency::Urgent;
        let record = match effect {
            sessions::Effect::ToAccount(record) => {
                let key = account_of(&record)
                    .map_or_else(|| topics::key("tick"), |a| topics::key(a.as_str()));
                Outgoing::keyed(&topics.account_events, key, wire::account::encode(&record))
            }
            sessions::Effect::Command(command) => {
                let key = topics::key(command.station.as_str());
                Outgoing::keyed(
                    &topics.charging_commands,
                    key,
                    wire::charging_command::encode(&command),
                )
            }
            sessions::Effect::Rated(rated) => {
                let key = topics::key(rated.session.as_str());
                Outgoing::keyed(&topics.charging_sessions, key, wire::rated::encode(&rated))
            }
            sessions::Effect::Fact(fact) => {
                let site = fact.site.as_ref().map_or("unknown", |site| site.as_str());
                let key = topics::key(site);
                let value = wire::analytics::encode(&AnalyticsRecord::Session(*fact));
                Outgoing::keyed(&topics.analytics_events, key, value)
            }
            sessions::Effect::Outcome(outcome) => {
                let key = topics::key(&format!("{}/{}", outcome.source, outcome.id));
                Outgoing::keyed(&topics.event_outcomes, key, wire::outcome::encode(&outcome))
            }
            sessions::Effect::TokenUnknown(unknown) => {
                let key = topics::key(&unknown.token.hash.to_string());
                let value = wire::control::encode(&ControlRecord::TokenUnknown(unknown));
                Outgoing::keyed(&topics.control_events, key, value)
            }
        };
        out.push(if urgent { record.urgent() } else { record });
    }
}

/// Whose a record is.
fn account_of(record: &AccountRecord) -> Option<&AccountId> {
    match record {
        AccountRecord::AuthorizationPinned(pinned) => Some(&pinned.account),
        AccountRecord::SessionOpened(opened) => Some(&opened.account),
        AccountRecord::RunningCost(cost) => Some(&cost.account),
        AccountRecord::SessionRated(bill) => Some(&bill.rated.account),
        AccountRecord::SessionHeld(held) => Some(&held.account),
        AccountRecord::SessionWithdrawn(withdrawn) => Some(&withdrawn.account),
        AccountRecord::SessionDecided(decided) => Some(&decided.account),
        AccountRecord::PaymentOutcome(outcome) => Some(&outcome.account),
        AccountRecord::InvoiceIssued(notice) => Some(&notice.account),
        AccountRecord::DraftRejected(rejected) => Some(&rejected.account),
        AccountRecord::Reference(_) | AccountRecord::Tick(_) => None,
    }
}
