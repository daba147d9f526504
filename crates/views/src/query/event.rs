//! What became of an event.

use super::{row, rows};
use crate::error::ViewError;
use crate::store::Views;
use serde::Serialize;

row! {
    /// An event from the field, once for each time that it arrived.
    EventRow {
        /// Where it stands.
        topic: String,
        /// Where it stands.
        partition_number: i64,
        /// Where it stands.
        record_offset: i64,
        /// Who says it.
        source: String,
        /// The source's id of it.
        id: String,
        /// The station.
        station: String,
        /// The EVSE, if said.
        evse: Option<i64>,
        /// `session_started`, …
        kind: String,
        /// The authorisation, if said.
        auth_id: Option<String>,
        /// The charger's transaction, if said.
        transaction_id: Option<String>,
        /// The charger's time, ms since 1970.
        occurred_at: i64,
        /// Intake's time, ms since 1970.
        received_at: i64,
    }
}

row! {
    /// What became of an event that was not simply folded.
    OutcomeRow {
        /// Who said it.
        source: String,
        /// The source's id of it.
        id: String,
        /// The station.
        station: Option<String>,
        /// `duplicate`, `late`, …
        outcome: String,
        /// The session it concerned.
        session: Option<String>,
        /// For people.
        detail: String,
        /// Logical time, ms since 1970.
        judged_at: i64,
    }
}

row! {
    /// A record that was set aside.
    DeadLetterRow {
        /// Where it stands.
        topic: String,
        /// Where it stands.
        partition_number: i64,
        /// Where it stands.
        record_offset: i64,
        /// The code of the reason.
        reason: String,
        /// For people.
        message: String,
        /// When, ms since 1970.
        set_aside_at: i64,
    }
}

/// What became of an event, in a word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EventFate {
    /// The view has not seen it.
    NotSeen,
    /// It arrived, and nothing but that was reported: it is folded, or will be.
    Folded,
    /// What was reported last about it, as [`OutcomeRow::outcome`]; being a repetition does not
    /// count unless nothing else is left.
    Reported(String),
    /// It could not be folded and was set aside.
    DeadLettered,
}

/// What became of an event and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EventReport {
    /// In a word.
    pub fate: EventFate,
    /// Each time that it arrived, in order.
    pub arrivals: Vec<EventRow>,
    /// What was reported about it, in order.
    pub outcomes: Vec<OutcomeRow>,
    /// Its arrivals that were set aside.
    pub dead_letters: Vec<DeadLetterRow>,
}

impl Views {
    /// What became of the event that a source gave an id.
    ///
    /// # Errors
    /// [`ViewError::Database`].
    pub fn event_outcome(&self, source: &str, id: &str) -> Result<EventReport, ViewError> {
        const ARRIVALS: &str = "SELECT * FROM events WHERE source = $1 AND id = $2 \
                                ORDER BY topic, partition_number, record_offset";
        const OUTCOMES: &str = "SELECT * FROM outcomes WHERE source = $1 AND id = $2 \
                                ORDER BY judged_at, topic, partition_number, record_offset";
        const LETTERS: &str = "SELECT d.* FROM dead_letters d JOIN events e \
                               ON e.topic = d.topic AND e.partition_number = d.partition_number \
                               AND e.record_offset = d.record_offset \
                               WHERE e.source = $1 AND e.id = $2 \
                               ORDER BY d.set_aside_at, d.topic, d.partition_number, \
                               d.record_offset, d.reason";
        self.read(async |connection| {
            let arrivals = rows!(EventRow, connection, ARRIVALS, source, id)?;
            let outcomes = rows!(OutcomeRow, connection, OUTCOMES, source, id)?;
            let dead_letters = rows!(DeadLetterRow, connection, LETTERS, source, id)?;
            let fate = fate(&arrivals, &outcomes, &dead_letters);
            Ok(EventReport {
                fate,
                arrivals,
                outcomes,
                dead_letters,
            })
        })
    }
}

fn fate(
    arrivals: &[EventRow],
    outcomes: &[OutcomeRow],
    dead_letters: &[DeadLetterRow],
) -> EventFate {
    let (repeats, others): (Vec<_>, Vec<_>) =
        outcomes.iter().partition(|row| row.outcome == "duplicate");
    if let Some(last) = others.last() {
        EventFate::Reported(last.outcome.clone())
    } else if arrivals.len() > repeats.len().saturating_add(dead_letters.len()) {
        EventFate::Folded
    } else if !dead_letters.is_empty() {
        EventFate::DeadLettered
    } else if let Some(repeat) = repeats.last() {
        EventFate::Reported(repeat.outcome.clone())
    } else {
        EventFate::NotSeen
    }
}
