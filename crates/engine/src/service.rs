//! What an open engine can be asked from outside: events in, documents in, questions, health.
//!
//! Shared by the api's threads and the workers. Invariant: what is answered as taken is durable.

mod applying;
mod asking;
mod desk;
mod metrics;
mod reading;
mod status;

pub use applying::{Applied, ApplyFault, Verdict};
pub use asking::AskError;
pub(crate) use asking::Visit;
pub use desk::ParkedUnit;
pub use status::{Instance, PartitionStatus, Status, WorkerStatus};

use crate::audit::{self, ProcessorLedger, Report};
use crate::directory::Directory;
use crate::intake::{self, Door, Share, Shares};
use crate::kafka::run::Edge;
use crate::opening::Opened;
use crate::payments::outcome_record;
use crate::pipeline::Standing;
use crate::task::StageName;
use crate::topics::Topics;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use wattledger_domain::charging::FieldEvent;
use wattledger_domain::payment::PaymentOutcome;
use wattledger_domain::time::Timestamp;
use wattledger_runtime::log::PartitionEnd;
use wattledger_runtime::{
    CommitError, Consumer, EmbeddedLog, Log, LogError, Outgoing, Producer, TaskStanding,
};
use wattledger_views::Views;
use wattledger_wire::cloud_events::EventFault;

/// An open engine.
pub struct Service {
    /// The log.
    pub log: Arc<dyn Log>,
    /// The same where it is embedded.
    pub embedded: Option<EmbeddedLog>,
    /// The same where it is a Kafka cluster.
    pub kafka: Option<Edge>,
    /// Topic names.
    pub topics: Topics,
    /// The views.
    pub views: Views,
    /// Whether it folds by the wall clock.
    pub live: AtomicBool,
    /// Whether this process ticks.
    pub(crate) clock: AtomicBool,
    /// Whether the workers of a replay are to stop.
    workers_stop: AtomicBool,
    /// Whether somebody waits for the views.
    views_wanted: AtomicBool,
    /// Readers of topics, kept because making one is dear on a broker.
    readers: Mutex<BTreeMap<Box<str>, Box<dyn Consumer>>>,
    /// When it was last looked whether there is room, and whether there was.
    room: Mutex<Option<(Instant, bool)>>,
    door: Mutex<Inlet>,
    state: Mutex<State>,
    /// Questions to tasks that wait for the workers that own them.
    asked: asking::Asked,
    /// Held while dead letters are driven in again: one after the other.
    pub(crate) desk: Mutex<()>,
    changed: Condvar,
}

struct Inlet {
    directory: Directory,
    /// What each station may still send.
    shares: Shares,
    /// The producer's id.
    id: String,
    /// Made anew after a failure: nobody knows what an old one is still good for.
    producer: Option<Box<dyn Producer>>,
}

impl Inlet {
    fn append(
        &mut self,
        log: &dyn Log,
        records: impl Iterator<Item = Outgoing>,
    ) -> Result<Vec<PartitionEnd>, ServiceError> {
        let producer = match &mut self.producer {
            Some(producer) => producer,
            None => self.producer.insert(log.producer(&self.id)?),
        };
        let appended = append(producer.as_mut(), records);
        if appended.is_err() {
            self.producer = None;
        }
        appended
    }
}

#[derive(Default)]
struct State {
    stopping: bool,
    failure: Option<String>,
    standings: Vec<Standing>,
    /// What the workers of this process own, by their names.
    owned: BTreeMap<Arc<str>, Owned>,
    /// Partitions that cannot go on, and why.
    stopped: BTreeMap<(StageName, u32), String>,
    /// The longest that a worker took to give partitions up.
    revoke_max: Duration,
    rejected: u64,
    accepted: u64,
}

/// What a worker owns.
#[derive(Clone, Debug, Default)]
pub struct Owned {
    /// Tasks that fold.
    pub ready: Vec<TaskStanding>,
    /// Partitions whose stores are brought up to the log.
    pub opening: Vec<(StageName, u32)>,
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
    /// A station sends more than one may.
    #[error("`{0}` sends more than a station may: send its events again later, the others' now")]
    Hot(String),
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A commit.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

impl Service {
    /// Over an open directory; `instance` names this process among those that share the log.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn new(opened: Opened, instance: &str) -> Result<Self, LogError> {
        let Opened {
            log,
            embedded,
            kafka,
            topics,
            views,
            secret,
        } = opened;
        let directory = Directory::open(&log, &topics, secret, None)?;
        let id = format!("intake-{instance}");
        let producer = Some(log.producer(&id)?);
        Ok(Self {
            door: Mutex::new(Inlet {
                directory,
                shares: Shares::new(Share::ANSWERED),
                id,
                producer,
            }),
            state: Mutex::new(State::default()),
            asked: asking::Asked::default(),
            desk: Mutex::new(()),
            changed: Condvar::new(),
            live: AtomicBool::new(false),
            clock: AtomicBool::new(embedded.is_some()),
            workers_stop: AtomicBool::new(false),
            views_wanted: AtomicBool::new(false),
            readers: Mutex::default(),
            room: Mutex::default(),
            log,
            embedded,
            kafka,
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
        if !self.has_room()? {
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
        let stations = events.iter().map(|event| event.station.as_str());
        if let Err(station) = inlet.shares.take(stations, received_at) {
            return Err(ServiceError::Hot(station.to_owned()));
        }
        let records = events
            .into_iter()
            .map(|event| intake::record(&self.topics, event));
        inlet.append(self.log.as_ref(), records)?;
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
        self.inlet().append(self.log.as_ref(), records)?;
        self.log.sync()?;
        Ok(count)
    }

    /// Takes a cut and checks every promise on it.
    ///
    /// # Errors
    /// When the log or the processor's ledger cannot be read.
    pub fn audit<E: From<LogError>>(
        &self,
        ledger: impl FnOnce() -> Result<Option<ProcessorLedger>, E>,
    ) -> Result<Report, E> {
        audit::audit(&self.log, &self.topics, ledger)
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

    /// Tells the workers of a replay on Kafka to stop; the views go on.
    pub fn stop_workers(&self, stop: bool) {
        self.workers_stop.store(stop, Ordering::Relaxed);
        self.changed.notify_all();
    }

    /// Whether workers on Kafka are to stop.
    pub(crate) fn is_stopping_workers(&self) -> bool {
        self.workers_stop.load(Ordering::Relaxed) || self.is_stopping()
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
        let state = self.state();
        let owned = state.owned.values().flat_map(|owned| &owned.ready);
        let owned = owned.map(|task| Standing {
            task: task.clone(),
            lag: 0,
        });
        state.standings.iter().cloned().chain(owned).collect()
    }

    /// What the workers of this process own.
    pub fn ownership(&self) -> BTreeMap<Arc<str>, Owned> {
        self.state().owned.clone()
    }

    /// Partitions of this process that cannot go on, and why.
    pub fn stopped_partitions(&self) -> BTreeMap<(StageName, u32), String> {
        self.state().stopped.clone()
    }

    pub(crate) fn owned(
        &self,
        worker: &Arc<str>,
        ready: Vec<TaskStanding>,
        opening: Vec<(StageName, u32)>,
    ) {
        let owned = Owned { ready, opening };
        self.state().owned.insert(Arc::clone(worker), owned);
    }

    /// The longest that a worker of this process took, since it started, to let go of the partitions
    /// that a rebalance took from it: what it holds of them is settled meanwhile, the others wait.
    pub fn revoke_max(&self) -> Duration {
        self.state().revoke_max
    }

    pub(crate) fn gave_up(&self, took: Duration) {
        let mut state = self.state();
        state.revoke_max = state.revoke_max.max(took);
    }

    /// A partition folds again, or is another process's.
    pub(crate) fn not_stopped(&self, stage: StageName, partition: u32) {
        self.state().stopped.remove(&(stage, partition));
    }

    pub(crate) fn stopped(&self, stage: StageName, partition: u32, reason: String) {
        self.state().stopped.insert((stage, partition), reason);
    }

    /// Whether somebody waits for the views.
    pub(crate) fn wants_views(&self) -> bool {
        self.views_wanted.load(Ordering::Relaxed)
    }

    /// Whether this process ticks.
    pub(crate) fn ticks(&self) -> bool {
        self.clock.load(Ordering::Relaxed)
    }

    /// Whether this process ticks: it owns the control task.
    pub(crate) fn owns_clock(&self, owns: bool) {
        self.clock.store(owns, Ordering::Relaxed);
    }

    /// Counts what an intake has taken and refused.
    pub(crate) fn taken(&self, accepted: u64, rejected: u64) {
        let mut state = self.state();
        state.accepted = state.accepted.saturating_add(accepted);
        state.rejected = state.rejected.saturating_add(rejected);
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
