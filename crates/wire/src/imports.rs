//! Files of sessions that were recorded elsewhere, as the CloudEvents that a gateway would have
//! sent.
//!
//! Each row becomes events with the time at which they would have been received; what cannot be
//! read is refused with its place and reason and stops nothing. Invariant: figures pass as exact
//! decimals.

pub mod acn;
pub mod lines;
pub mod ocpp;
mod recorded;
pub mod sessions_csv;

use crate::card_numbers::hidden;
use serde_json::Value;
use std::collections::BTreeMap;
use wattledger_domain::time::Timestamp;

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

/// What was odd in the same way, though nothing was refused for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Odd {
    /// How often.
    pub count: u64,
    /// What names it in the file, for the first [`Odd::NAMES`] of them; each name once in a row.
    pub names: Vec<String>,
}

impl Odd {
    /// So many are named.
    pub const NAMES: usize = 100;
}

/// A station as a file names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// The IANA zone that it stands in, where the file says so.
    pub zone: Option<String>,
    /// The highest EVSE that its sessions stand at; 0 where none does.
    pub evses: u64,
}

impl Named {
    /// Notes an EVSE that an event names.
    fn saw(&mut self, evse: &Value) {
        self.evses = self.evses.max(evse.as_u64().unwrap_or(0));
    }

    /// What two files say of a station.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            zone: self.zone.or(other.zone),
            evses: self.evses.max(other.evses),
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
    /// Stations named in the file.
    pub stations: BTreeMap<String, Named>,
    /// What was odd, by a sentence that says what and what was done.
    pub odd: BTreeMap<String, Odd>,
}

impl Imported {
    /// Notes that something was odd.
    fn odd(&mut self, what: impl Into<String>, name: &str) {
        let odd = self.odd.entry(what.into()).or_default();
        odd.count = odd.count.saturating_add(1);
        let again = odd.names.last().is_some_and(|last| last == name);
        if !again && odd.names.len() < Odd::NAMES {
            odd.names.push(name.to_owned());
        }
    }

    /// Puts the events in order of received time; equal times keep the order of the file.
    fn sorted(mut self) -> Self {
        self.events.sort_by_key(|imported| imported.received_at);
        self
    }
}
