//! Files of sessions that were recorded elsewhere, as the CloudEvents that a gateway would have
//! sent.
//!
//! Each row becomes events with the time at which they would have been received; what cannot be
//! read is refused with its place and reason and stops nothing. Invariant: figures pass as exact
//! decimals.

pub mod acn;
pub mod lines;
pub mod sessions_csv;

use crate::card_numbers::hidden;
use domain::time::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use wattledger_domain as domain;

/// An event with the time at which intake would have received it.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportedEvent {
    /// Received time: events of one import merge by it.
    pub received_at: Timestamp,
    /// A CloudEvent, structured.
    pub event: Value,
}

/// A row or line that was not taken; [`Refused::new`] hides card numbers in what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Line or row, from 1.
    pub row: usize,
    /// What names it in the file, where something does.
    pub name: Option<String>,
    /// Why.
    pub reason: String,
}

impl Refused {
    /// Says why a row or line was not taken.
    #[must_use]
    pub fn new(row: usize, name: Option<&str>, reason: &str) -> Self {
        Self {
            row,
            name: name.map(|name| hidden(name).into_owned()),
            reason: hidden(reason).into_owned(),
        }
    }
}

/// What a file gave.
#[derive(Clone, Debug, Default)]
pub struct Imported {
    /// In order of received time.
    pub events: Vec<ImportedEvent>,
    /// What was not taken.
    pub refused: Vec<Refused>,
    /// Stations named in the file, each with the zone it says they stand in.
    pub stations: std::collections::BTreeMap<String, Option<String>>,
}

impl Imported {
    /// Puts the events in order of received time; equal times keep the order of the file.
    fn sorted(mut self) -> Self {
        self.events.sort_by_key(|imported| imported.received_at);
        self
    }
}

/// One session as such files know it.
struct Session<'a> {
    source: &'a str,
    name: &'a str,
    station: &'a str,
    token: Option<&'a str>,
    started_at: Timestamp,
    /// When energy stopped flowing, where the file says so.
    charged_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    /// Delivered, in Wh.
    energy_wh: Decimal,
}

impl Session<'_> {
    /// Whether it can have happened.
    fn check(&self) -> Result<(), String> {
        if self.ended_at.is_some_and(|end| end < self.started_at) {
            return Err("it ends before it starts".to_owned());
        }
        if self
            .charged_at
            .is_some_and(|charged| charged < self.started_at)
        {
            return Err("its charging ends before it starts".to_owned());
        }
        if self.energy_wh.is_sign_negative() {
            return Err(format!("its energy is {} Wh, below zero", self.energy_wh));
        }
        Ok(())
    }

    /// Start, the end of charging where known, and the end, with a register that starts at zero.
    fn events(&self) -> Vec<ImportedEvent> {
        let mut start = json!({ "evse": 1, "transaction": self.name, "meterStart": "0" });
        if let Some(token) = self.token {
            start["token"] = token.into();
        }
        let mut events = vec![self.event("session_started", "start", self.started_at, start)];
        let energy = self.energy_wh.normalize().to_string();
        let register = |at: Timestamp, context: &str| {
            json!([{ "time": at.to_string(), "value": energy, "unit": "Wh",
                     "measurand": "Energy.Active.Import.Register", "context": context }])
        };
        let charged = self
            .charged_at
            .map(|at| at.min(self.ended_at.unwrap_or(at)));
        if let Some(at) = charged {
            let data = json!({ "evse": 1, "transaction": self.name, "state": "SuspendedEV",
                               "samples": register(at, "Sample.Periodic") });
            events.push(self.event("session_updated", "charged", at, data));
        }
        match self.ended_at {
            Some(at) => {
                let data = json!({ "evse": 1, "transaction": self.name,
                                   "meterStop": energy, "reason": "EVDisconnected" });
                events.push(self.event("session_ended", "end", at, data));
            }
            None if charged.is_none() => {
                let data = json!({ "evse": 1, "transaction": self.name,
                                   "samples": register(self.started_at, "Other") });
                events.push(self.event("session_updated", "energy", self.started_at, data));
            }
            None => {}
        }
        events
    }

    fn event(&self, kind: &str, part: &str, at: Timestamp, data: Value) -> ImportedEvent {
        let event = json!({
            "specversion": "1.0",
            "type": format!("wattledger.charging.{kind}.v1"),
            "source": self.source,
            "id": format!("{}/{part}", self.name),
            "subject": self.station,
            "time": at.to_string(),
            "datacontenttype": "application/json",
            "data": data,
        });
        ImportedEvent {
            received_at: at,
            event,
        }
    }
}
