//! What an open engine can be asked from outside: events in, documents in, questions, health.
//!
//! Shared by the api's threads and the workers. Invariant: what is answered as taken is durable.

mod applying;
mod metrics;
mod status;

pub use applying::{Applied, ApplyFault, Verdict};
pub use status::{Instance, PartitionStatus, Status, WorkerStatus};

use crate::audit::{self, ProcessorLedger, Report};
use crate::directory::Directory;
use crate::intake::{self, Door};
use crate::live::has_room;
use crate::opening::Opened;
use crate::payments::outcome_record;
use crate::pipeline::Standing;
use crate::topics::Topics;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use wattledger_domain::charging::FieldEvent;
use wattledger_domain::payment::PaymentOutcome;
use wattledger_domain::time::Timestamp;
use wattledger_runtime::log::{FetchLimit, PartitionEnd};
use wattledger_runtime::{
    CommitError, EmbeddedLog, Log, LogError, Outgoing, Producer, Record, Visibility,
};
use wattledger_views::Views;
use wattledger_wire::cloud_events::EventFault;

/// An open engine.
pub struct Service {
    /// The log.
    pub log: Arc<dyn Log>,
    /// The same where it is embedded.
    pub embedded: Option<EmbeddedLog>,
    /// Topic names.
    pub topics: Topics,
    /// The views.
    pub views: Views,
    /// Whether it folds by the wall clock.
    pub live: AtomicBool,
    door: Mutex<Inlet>,
    state: Mutex<State>,
    changed: Condvar,
}

struct Inlet {
    directory: Directory,
    producer: Box<dyn Producer>,
}

#[derive(Default)]
struct State {
    stopping: bool,
    failure: Option<String>,
    standings: Vec<Standing>,
    rejected: u64,
    accepted: u64,
}

/// Why something was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// An event that cannot be taken.
    #[error(transparent)]
    Event(#[from] EventFault),
    /// Too much waits already.
    #[error("more events wait than can be folded soon; send again in a second")]
    Busy,
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A commit.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

impl Service {
    /// Over an open directory.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn new(opened: Opened) -> Result<Self, LogError> {
        let Opened {
            log,
            embedded,
            topics,
            views,
            secret,
        } = opened;
        let directory = Directory::open(&log, &topics, secret, None)?;
        let producer = log.producer("intake")?;
        Ok(Self {
            door: Mutex::new(Inlet {
                directory,
                producer,
            }),
            state: Mutex::new(State::default()),
            changed: Condvar::new(),
            live: AtomicBool::new(false),
            log,
            embedded,
            topics,
            views,
        })
    }

    fn inlet(&self) -> MutexGuard<'_, Inlet> {
        self.door.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes events; they are durable when this returns.
    ///
    /// # Errors
    /// [`ServiceError`]; nothing of it is taken then.
    pub fn accept(
        &self,
        received_at: Timestamp,
        read: impl FnOnce(&Door<'_>) -> Result<Vec<FieldEvent>, EventFault>,
    ) -> Result<usize, ServiceError> {
        if !has_room(self)? {
            return Err(ServiceError::Busy);
        }
        let mut inlet = self.inlet();
        inlet.directory.refresh()?;
        let events = read(&Door {
            directory: &inlet.directory,
            received_at,
        });
        let events = events.inspect_err(|_| {
            let mut state = self.state();
            state.rejected = state.rejected.saturating_add(1);
        })?;
        let count = events.len();
        let records = events
            .into_iter()
            .map(|event| intake::record(&self.topics, event));
        append(inlet.producer.as_mut(), records)?;
        drop(inlet);
        self.log.sync()?;
        let mut state = self.state();
        state.accepted = state
            .accepted
            .saturating_add(u64::try_from(count).unwrap_or(0));
        Ok(count)
    }

    /// Takes what a processor told by itself, its signature checked already.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub fn outcomes(&self, outcomes: Vec<PaymentOutcome>) -> Result<usize, ServiceError> {
        let count = outcomes.len();
        let records = outcomes
            .into_iter()
            .map(|outcome| outcome_record(&self.topics, outcome));
        append(self.inlet().producer.as_mut(), records)?;
        self.log.sync()?;
        Ok(count)
    }

    /// Durable records of a topic's partition.
    ///
    /// # Errors
    /// When there is no such topic or the offset is no longer kept.
    pub fn records(
        &self,
        topic: &str,
        partition: u32,
        from: i64,
        limit: usize,
    ) -> Result<Vec<Record>, LogError> {
        let mut consumer = self.log.consumer(topic, Visibility::Durable)?;
        let from = from.max(consumer.start(partition)?);
        let mut records = Vec::new();
        consumer.fetch(
            partition,
            from,
            FetchLimit {
                records: limit,
                bytes: 4 << 20,
            },
            &mut records,
        )?;
        Ok(records)
    }

    /// Where a topic's partitions end.
    ///
    /// # Errors
    /// When there is no such topic.
    pub fn ends(&self, topic: &str) -> Result<Vec<i64>, LogError> {
        let mut consumer = self.log.consumer(topic, Visibility::Durable)?;
        (0..self.log.partitions(topic)?)
            .map(|partition| consumer.end(partition))
            .collect()
    }

    /// Takes a cut and checks every promise on it.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn audit(&self, processor: Option<&ProcessorLedger>) -> Result<Report, LogError> {
        audit::audit(&self.log, &self.topics, processor)
    }

    /// What the views lay out.
    const fn shown_topics(&self) -> [&Arc<str>; 9] {
        let topics = &self.topics;
        [
            &topics.charging_events,
            &topics.account_events,
            &topics.charging_sessions,
            &topics.billing_invoices,
            &topics.billing_journal,
            &topics.billing_payments,
            &topics.event_outcomes,
            &topics.dead_letter,
            &topics.directory_tokens,
        ]
    }

    /// Waits until the views show everything that is durable now, at most this long.
    ///
    /// # Errors
    /// When log or views cannot be read.
    pub fn wait_for_views(&self, at_most: Duration) -> Result<bool, ServiceError> {
        self.log.sync()?;
        let began = std::time::Instant::now();
        let mut wanted = Vec::new();
        for topic in self.shown_topics() {
            for (partition, end) in (0_i32..).zip(self.ends(topic)?) {
                wanted.push((topic, partition, end));
            }
        }
        loop {
            let shown = self
                .views
                .offsets()
                .map_err(|error| LogError::Storage(error.to_string().into()))?;
            let behind = wanted.iter().any(|(topic, partition, end)| {
                let next = shown
                    .iter()
                    .find(|offset| *offset.topic == ***topic && offset.partition == *partition);
                next.map_or(0, |offset| offset.next) < *end
            });
            if !behind {
                return Ok(true);
            }
            if began.elapsed() > at_most || self.failure().is_some() {
                return Ok(false);
            }
            self.nap(Duration::from_millis(5));
        }
    }

    /// Tells every worker to stop.
    pub fn stop(&self) {
        self.state().stopping = true;
        self.changed.notify_all();
    }

    /// Whether workers are to stop.
    pub fn is_stopping(&self) -> bool {
        self.state().stopping
    }

    /// Stops everything and keeps the first reason.
    pub fn fail(&self, reason: &str) {
        tracing::error!(reason, "the engine stops");
        self.state()
            .failure
            .get_or_insert_with(|| reason.to_owned());
        self.stop();
    }

    /// Why everything stopped.
    pub fn failure(&self) -> Option<String> {
        self.state().failure.clone()
    }

    /// What the stages last said of themselves.
    pub fn standings(&self) -> Vec<Standing> {
        self.state().standings.clone()
    }

    pub(crate) fn standing(&self, standings: Vec<Standing>) {
        self.state().standings = standings;
    }

    /// Sleeps, or wakes when told to stop.
    pub fn nap(&self, span: Duration) {
        let state = self.state();
        if !state.stopping {
            drop(self.changed.wait_timeout(state, span));
        }
    }
}

pub(crate) fn append(
    producer: &mut dyn Producer,
    records: impl Iterator<Item = Outgoing>,
) -> Result<Vec<PartitionEnd>, ServiceError> {
    producer.begin()?;
    for record in records {
        if let Err(error) = producer.send(record) {
            producer.abort();
            return Err(error.into());
        }
    }
    Ok(producer.commit()?)
}
