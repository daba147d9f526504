//! The only door: events of gateways, HTTP and imports become records of `charging.events`.

mod records;
mod shares;

pub use records::{Aside, dead_letter};
pub use shares::{Share, Shares};

use crate::directory::Directory;
use crate::topics::{self, Topics};
use serde_json::Value;
use wattledger_domain::charging::{ChargingRecord, FieldEvent};
use wattledger_domain::time::Timestamp;
use wattledger_runtime::Outgoing;
use wattledger_wire::cloud_events::{self, EventFault, Intake};
use wattledger_wire::topics::charging;

/// A field event as a record.
#[must_use]
pub fn record(topics: &Topics, event: FieldEvent) -> Outgoing {
    let key = topics::key(event.station.as_str());
    Outgoing::keyed(
        &topics.charging_events,
        key,
        charging::encode(&ChargingRecord::Field(event)),
    )
}

/// Reads events in JSON with a directory that has been refreshed.
pub struct Door<'a> {
    /// What tokens resolve to.
    pub directory: &'a Directory,
    /// When the events were received.
    pub received_at: Timestamp,
}

impl Door<'_> {
    /// Reads one event that is JSON already.
    ///
    /// # Errors
    /// [`EventFault`].
    pub fn event(&self, event: &Value) -> Result<FieldEvent, EventFault> {
        self.with(|intake| cloud_events::event(event, intake))
    }

    /// Reads one event.
    ///
    /// # Errors
    /// [`EventFault`].
    pub fn single(&self, body: &[u8]) -> Result<Vec<FieldEvent>, EventFault> {
        self.with(|intake| cloud_events::single(body, intake))
            .map(|event| vec![event])
    }

    /// Reads a batch.
    ///
    /// # Errors
    /// [`EventFault`] of the first event that cannot be taken.
    pub fn batch(&self, body: &[u8]) -> Result<Vec<FieldEvent>, EventFault> {
        self.with(|intake| cloud_events::batch(body, intake))
    }

    fn with<T>(&self, read: impl FnOnce(&Intake<'_>) -> T) -> T {
        let token = |token: &str, at: Timestamp| self.directory.resolve(token, at);
        read(&Intake {
            received_at: self.received_at,
            token: &token,
        })
    }
}
