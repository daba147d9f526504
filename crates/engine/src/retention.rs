//! Retention: once an hour the log forgets what its topics no longer keep.
//!
//! Only a live engine forgets: while a replay is made every record counts as new. Invariant: nothing
//! goes that a stage, the payments worker or the views have still to read, and the books (rated
//! sessions, invoices, journal, payments) never go by themselves: they are told apart only together.

use crate::live::now;
use crate::service::Service;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use wattledger_domain::time::Timestamp;
use wattledger_runtime::log::embedded::{Clock, Retained};
use wattledger_runtime::{EmbeddedLog, LogError};
use wattledger_views::ViewError;

/// How often.
const EVERY: Duration = Duration::from_secs(3_600);
/// How long the thread waits before it looks whether to stop.
const NAP: Duration = Duration::from_secs(1);

/// Why the log could not forget.
#[derive(Debug, thiserror::Error)]
pub enum RetentionError {
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The views.
    #[error(transparent)]
    Views(#[from] ViewError),
}

/// Forgets what is not kept any more at this wall time.
///
/// # Errors
/// When log or views cannot be read or written.
pub fn once(
    service: &Service,
    log: &EmbeddedLog,
    at: Timestamp,
) -> Result<Retained, RetentionError> {
    let floors = floors(service)?;
    let floor = |topic: &str, partition: u32| {
        let found = floors.get(&(topic.into(), partition)).copied();
        found.unwrap_or(0)
    };
    let retained = log.retain(at.0, &floor)?;
    tell(&retained);
    Ok(retained)
}

/// Forgets hourly until the service is told to stop.
pub(crate) fn keep(service: &Service, log: &EmbeddedLog) {
    let mut last: Option<Instant> = None;
    while !service.is_stopping() {
        if last.is_none_or(|last| last.elapsed() >= EVERY) {
            last = Some(Instant::now());
            if let Err(error) = once(service, log, now()) {
                return service.fail(&format!("retention stopped: {error}"));
            }
        }
        service.nap(NAP);
    }
}

type Floors = BTreeMap<(Box<str>, u32), i64>;

/// The offset up to which each partition may be trimmed; a topic that is not here keeps everything.
fn floors(service: &Service) -> Result<Floors, RetentionError> {
    let topics = &service.topics;
    let shown: Floors = (service.views.offsets()?.into_iter())
        .map(|shown| {
            let partition = u32::try_from(shown.partition).unwrap_or(0);
            ((shown.topic, partition), shown.next)
        })
        .collect();
    let mut floors = Floors::new();
    for (topic, group, is_shown) in [
        (&topics.control_events, Some("wattledger.control"), true),
        (&topics.charging_events, Some("wattledger.sessions"), true),
        (&topics.account_events, Some("wattledger.accounts"), true),
        (&topics.invoice_events, Some("wattledger.invoices"), false),
        (&topics.payment_commands, Some("wattledger.payments"), true),
        (&topics.charging_commands, None, true),
        (&topics.event_outcomes, None, true),
        (&topics.dead_letter, None, true),
        (&topics.analytics_events, None, false),
    ] {
        let partitions = service.log.partitions(topic)?;
        let folded = match group {
            Some(group) => service.log.committed(group, topic)?,
            None => (0..partitions).map(|_| Some(i64::MAX)).collect(),
        };
        for (partition, folded) in (0..partitions).zip(folded) {
            let place = (Box::from(topic.as_ref()), partition);
            let mut floor = folded.unwrap_or(0);
            if is_shown {
                floor = shown.get(&place).copied().unwrap_or(0).min(floor);
            }
            floors.insert(place, floor);
        }
    }
    Ok(floors)
}

fn tell(retained: &Retained) {
    match retained.clock {
        Clock::Steady => {}
        Clock::Behind => {
            tracing::warn!("the wall clock is behind an earlier one: nothing is trimmed")
        }
        Clock::Leapt => tracing::warn!(
            "the wall clock leapt by more than a day: nothing is trimmed \
            until it has gone on for a day"
        ),
    }
    let mut gone: BTreeMap<&str, i64> = BTreeMap::new();
    for trimmed in &retained.trimmed {
        let sum = gone.entry(&trimmed.topic).or_insert(0);
        *sum = sum.saturating_add(trimmed.gone);
    }
    for (topic, records) in gone {
        tracing::info!(topic, records, "no longer kept");
    }
}
