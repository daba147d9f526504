//! OCPP-J message logs: what a central system and its chargers said, as the events that a gateway
//! would have sent. Version 1.6, and 2.0.1 with 2.1.
//!
//! A line is `[time, station, message]`, the message as OCPP-J frames it; docs/gateways.md says
//! which message becomes which event. Invariant: nothing is guessed: a reading that cannot be read
//! is named and left out, and a message without what its event needs is refused by line and reason.

mod drivers;
mod line;
mod one;
mod readings;
mod two;

use super::{Imported, ImportedEvent, Refused};
use crate::cloud_events::{self, Intake};
use drivers::Drivers;
use line::{Line, Message};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::BufRead;
use wattledger_domain::charging::TokenRef;
use wattledger_domain::ids::TokenHash;
use wattledger_domain::time::Timestamp;

/// Which OCPP a log is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// 1.6: StartTransaction, MeterValues, StopTransaction.
    OneSix,
    /// 2.0.1 and 2.1: TransactionEvent.
    Two,
}

impl Version {
    /// The source of its events, before the station.
    const fn source(self) -> &'static str {
        match self {
            Self::OneSix => "ocpp16",
            Self::Two => "ocpp201",
        }
    }

    /// By the first message that only one of them knows; `None` when a log holds none.
    #[must_use]
    pub fn of(log: &[u8]) -> Option<Self> {
        log.split(|byte| *byte == b'\n').find_map(|bytes| {
            let Message::Call {
                action, payload, ..
            } = line::read(bytes).ok()?.message
            else {
                return None;
            };
            match action.as_str() {
                "StartTransaction" | "StopTransaction" => Some(Self::OneSix),
                "TransactionEvent" => Some(Self::Two),
                "BootNotification" if payload["chargePointModel"].is_string() => Some(Self::OneSix),
                "BootNotification" if payload["chargingStation"].is_object() => Some(Self::Two),
                _ => None,
            }
        })
    }
}

/// Reads a log; its lines may stand in any order.
///
/// # Errors
/// Only when the file itself cannot be read.
pub fn read(input: impl BufRead, version: Version) -> std::io::Result<Imported> {
    let mut log = Log::new(version);
    let mut lines = Vec::new();
    for (index, bytes) in input.split(b'\n').enumerate() {
        let bytes = bytes?;
        let row = index.saturating_add(1);
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match line::read(&bytes) {
            Ok(line) => lines.push((row, line)),
            Err(reason) => log.refuse(row, None, reason),
        }
    }
    lines.sort_by_key(|(_, line)| line.at);
    for (row, line) in lines {
        log.take(row, line);
    }
    Ok(log.end())
}

/// An event before it is known to be whole: what answers it, or comes after, completes it.
struct Draft {
    row: usize,
    action: &'static str,
    imported: ImportedEvent,
}

/// What waits for the answer of a call, by station and message id.
enum Waiting {
    /// A start: the answer names its transaction.
    Start(usize),
    /// A request: the answer says whether the driver may charge.
    Request(usize),
}

/// A log as it is read.
struct Log {
    version: Version,
    drafts: Vec<Option<Draft>>,
    waiting: BTreeMap<(String, String), Waiting>,
    drivers: Drivers,
    transactions: two::Transactions,
    imported: Imported,
}

/// A call of a charger.
struct Call<'a> {
    row: usize,
    at: Timestamp,
    station: &'a str,
    id: &'a str,
    action: &'static str,
    payload: &'a Value,
}

/// What an event says beside what its line does.
struct Event {
    kind: &'static str,
    /// Distinguishes the events of one message; empty for its only or main one.
    part: String,
    time: String,
    data: Value,
}

impl Log {
    fn new(version: Version) -> Self {
        Self {
            version,
            drafts: Vec::new(),
            waiting: BTreeMap::new(),
            drivers: Drivers::default(),
            transactions: two::Transactions::default(),
            imported: Imported::default(),
        }
    }

    fn refuse(&mut self, row: usize, name: Option<String>, reason: String) {
        self.imported
            .refused
            .push(Refused::new(row, name.as_deref(), &reason));
    }

    /// Something that was left out and says nothing that a bill depends on.
    fn unused(&mut self, what: String, name: &str) {
        self.imported.odd(what, name);
    }

    fn take(&mut self, row: usize, line: Line) {
        let Line {
            at,
            station,
            message,
        } = line;
        match message {
            Message::Call {
                id,
                action,
                payload,
            } => {
                let Some(known) = known(self.version, &action) else {
                    self.unused(format!("{action}: says nothing that is billed"), &station);
                    return;
                };
                let call = Call {
                    row,
                    at,
                    station: &station,
                    id: &id,
                    action: known,
                    payload: &payload,
                };
                let taken = match self.version {
                    Version::OneSix => self.one(&call),
                    Version::Two => self.two(&call),
                };
                if let Err(reason) = taken {
                    self.refuse(row, Some(format!("{station} {known}")), reason);
                }
            }
            Message::Result { id, payload } => self.answered(row, (station, id), &payload),
            Message::Error { id, code } => self.failed((station, id), &code),
        }
    }

    /// A call was answered. Charger and central system number their calls apart: an answer of
    /// another form is to another call of the same id.
    fn answered(&mut self, row: usize, key: (String, String), payload: &Value) {
        match self.waiting.get(&key) {
            Some(Waiting::Start(place)) if payload["idTagInfo"].is_object() => {
                let place = *place;
                match &payload["transactionId"] {
                    Value::Number(_) | Value::String(_) => {
                        self.started(&key.0, place, &payload["transactionId"]);
                        self.waiting.remove(&key);
                    }
                    Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                        let name = Some(format!("{} StartTransaction", key.0));
                        let reason = "its result names no transactionId".to_owned();
                        self.refuse(row, name, reason);
                    }
                }
            }
            Some(Waiting::Request(place)) => {
                let told = [&payload["idTagInfo"], &payload["idTokenInfo"]];
                let Some(told) = told.into_iter().find(|told| told.is_object()) else {
                    return;
                };
                let place = *place;
                if told["status"] != "Accepted" {
                    self.drivers.refused(&key.0, place);
                    if let Some(draft) = self.drafts.get_mut(place) {
                        *draft = None;
                    }
                    let status = told["status"].as_str().unwrap_or("no status");
                    self.unused(format!("Authorize: answered with {status}"), &key.0);
                }
                self.waiting.remove(&key);
            }
            Some(Waiting::Start(_)) | None => {}
        }
    }

    /// A call was answered with an error: a start stays, for the charger charged all the same.
    fn failed(&mut self, key: (String, String), code: &str) {
        if let Some(waiting) = self.waiting.remove(&key) {
            match waiting {
                Waiting::Start(_) => self.unused(
                    format!("StartTransaction: answered with {code}; it has no transaction id"),
                    &key.0,
                ),
                Waiting::Request(place) => {
                    self.drivers.refused(&key.0, place);
                    if let Some(draft) = self.drafts.get_mut(place) {
                        *draft = None;
                    }
                    self.unused(format!("Authorize: answered with {code}"), &key.0);
                }
            }
        }
    }

    /// Adds an event of a call; where it stands.
    fn add(&mut self, call: &Call<'_>, event: Event) -> usize {
        let part = if event.part.is_empty() {
            String::new()
        } else {
            format!("/{}", event.part)
        };
        let value = serde_json::json!({
            "specversion": "1.0",
            "type": format!("wattledger.charging.{}.v1", event.kind),
            "source": format!("{}:{}", self.version.source(), call.station),
            "id": format!("{}@{}{part}", call.id, call.at),
            "subject": call.station,
            "time": event.time,
            "datacontenttype": "application/json",
            "data": event.data,
        });
        self.drafts.push(Some(Draft {
            row: call.row,
            action: call.action,
            imported: ImportedEvent {
                received_at: call.at,
                event: value,
            },
        }));
        self.drafts.len().saturating_sub(1)
    }

    fn data_mut(&mut self, place: usize) -> Option<&mut Value> {
        let draft = self.drafts.get_mut(place)?.as_mut()?;
        draft.imported.event.get_mut("data")
    }

    /// All lines are read: what is whole leaves, what is not is refused.
    fn end(mut self) -> Imported {
        for draft in std::mem::take(&mut self.drafts).into_iter().flatten() {
            let Draft {
                row,
                action,
                mut imported,
            } = draft;
            let subject = imported.event["subject"].as_str();
            let station = subject.unwrap_or_default().to_owned();
            let name = format!("{station} {action}");
            let data = &imported.event["data"];
            if action == "TransactionEvent"
                && data["evse"].is_null()
                && imported.event["type"] == "wattledger.charging.session_started.v1"
            {
                let reason = "no message of its transaction names its EVSE".to_owned();
                self.refuse(row, Some(name), reason);
                continue;
            }
            match mend(&mut imported.event, &mut |reason| {
                let refused = Refused::new(row, Some(&name), &reason);
                self.imported.refused.push(refused);
            }) {
                Ok(()) => {
                    let named = self.imported.stations.entry(station).or_default();
                    named.saw(&imported.event["data"]["evse"]);
                    self.imported.events.push(imported);
                }
                Err(reason) => self.refuse(row, Some(name.clone()), reason),
            }
        }
        self.imported.refused.sort_by_key(|refused| refused.row);
        self.imported.sorted()
    }
}

/// The actions that become events, by version; the same static word.
fn known(version: Version, action: &str) -> Option<&'static str> {
    const ONE: [&str; 6] = [
        "StartTransaction",
        "StopTransaction",
        "MeterValues",
        "StatusNotification",
        "BootNotification",
        "Authorize",
    ];
    const TWO: [&str; 5] = [
        "TransactionEvent",
        "MeterValues",
        "StatusNotification",
        "BootNotification",
        "Authorize",
    ];
    let known: &[&'static str] = match version {
        Version::OneSix => &ONE,
        Version::Two => &TWO,
    };
    known.iter().find(|known| **known == action).copied()
}

/// Leaves out the readings that no intake takes, each told; an error when the rest is not taken
/// either.
fn mend(event: &mut Value, left_out: &mut impl FnMut(String)) -> Result<(), String> {
    let token = |_: &str, _| TokenRef {
        hash: TokenHash([0; 16]),
        account: None,
        group: None,
        tax: None,
    };
    let intake = Intake {
        received_at: Timestamp(0),
        token: &token,
    };
    loop {
        let Err(fault) = cloud_events::event(event, &intake) else {
            return Ok(());
        };
        let place = fault
            .path
            .strip_prefix("data.samples[")
            .and_then(|rest| rest.split_once(']'))
            .and_then(|(place, _)| place.parse::<usize>().ok());
        let samples = event["data"]["samples"].as_array_mut();
        match (place, samples) {
            (Some(place), Some(samples))
                if place < samples.len() && fault.code != "card_data_refused" =>
            {
                let taken = samples.remove(place);
                let at = taken["time"].as_str().unwrap_or_default();
                left_out(format!("the reading of {at}: {}; left out", fault.reason));
            }
            _ => return Err(fault.to_string()),
        }
    }
}

/// A text that says something.
fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value[name].as_str().filter(|text| !text.is_empty())
}

/// Writes a field where there is something to write.
fn put(data: &mut Value, name: &str, value: Option<Value>) {
    if let Some(value) = value.filter(|value| !value.is_null()) {
        data[name] = value;
    }
}
