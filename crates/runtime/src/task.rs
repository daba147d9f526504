//! A task: one partition of a fold's input, with its state.
//!
//! A task folds into memory and hands what came of it to a transaction; see [`crate::turn`].
//! Invariant: nothing reaches the store that has not been committed.

mod opening;
mod parking;
mod refolding;
mod turning;

use crate::fold::{Fold, StateFault};
use crate::link::LinkFault;
use crate::log::{CommitError, Consumer, Log, LogError};
use crate::meta::Meta;
use crate::metrics::Counters;
use crate::overlay::{Budget, Overlay};
use crate::record::Record;
use crate::store::{Change, Store, StoreError};
use crate::timers::{Timer, Timers};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a task is.
#[derive(Clone, Debug)]
pub struct TaskConfig {
    /// The stage's name.
    pub stage: Arc<str>,
    /// Its one input topic.
    pub input: Arc<str>,
    /// The group under which its offsets are kept.
    pub group: Arc<str>,
    /// The partition.
    pub partition: u32,
    /// The changelog topic; `None` when the state is rebuilt from the input instead.
    pub changelog: Option<Arc<str>>,
    /// Where unreadable records go.
    pub dead_letter: Arc<str>,
    /// At most this many timers fire on one record; 0 means all that are due.
    pub timers_per_record: usize,
    /// The memory for decoded objects, shared with other tasks.
    pub cache: Arc<Budget>,
    /// More parked records than this stop the task.
    pub parked_max: usize,
}

/// One partition of a fold's input, with its state.
pub struct Task<F: Fold> {
    config: TaskConfig,
    fold: F,
    log: Arc<dyn Log>,
    store: Box<dyn Store>,
    overlay: Overlay<F::Value>,
    timers: Timers,
    /// Timer keys changed since the store's last write.
    timers_unstored: BTreeMap<Vec<u8>, bool>,
    /// Parked units and how many records each holds back.
    parked: BTreeMap<Box<[u8]>, u64>,
    /// Store keys of parking changed since the store's last write.
    parking_unstored: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// What has been folded and not committed yet.
    pending: Option<turning::Batch>,
    /// What made the fold panic since the last commit: handled apart when it comes again.
    poisons: Vec<turning::Poison>,
    /// How many partitions each topic has that we write to.
    destinations: FxHashMap<Arc<str>, u32>,
    /// Fetched records: an urgent turn leaves some for the next.
    fetched: Vec<Record>,
    /// How many of them have been folded.
    folded: usize,
    meta: Meta,
    /// Everything before it has been read; past the position where a log has gaps at its end.
    read_to: i64,
    /// The state needs no writing.
    stored: bool,
    /// A turn or a write has failed half-way: what is in memory stands for nothing.
    failed: bool,
    counters: Counters,
}

/// Keys and values of a state, in order of keys.
pub type Entries = Vec<(Vec<u8>, Vec<u8>)>;

/// What a turn did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TurnReport {
    /// Records taken from the input.
    pub records: usize,
    /// Whether something in it was urgent.
    pub urgent: bool,
}

impl<F: Fold> Task<F> {
    /// The next input offset.
    #[must_use]
    pub const fn position(&self) -> i64 {
        self.meta.input
    }

    /// The last tick it has seen.
    #[must_use]
    pub const fn logical_time(&self) -> i64 {
        self.meta.logical_time
    }

    /// Its partition.
    #[must_use]
    pub const fn partition(&self) -> u32 {
        self.config.partition
    }

    /// Its stage.
    #[must_use]
    pub const fn stage(&self) -> &Arc<str> {
        &self.config.stage
    }

    /// Records visible and not folded yet.
    ///
    /// # Errors
    /// When the log cannot be reached.
    pub fn lag(&mut self, input: &mut dyn Consumer) -> Result<i64, TaskError> {
        let (partition, position) = (self.config.partition, self.meta.input);
        let end = input.end(partition)?;
        if end > position.max(self.read_to) && input.is_empty(partition, position, end)? {
            self.read_to = end;
        }
        Ok(end - position.max(self.read_to))
    }

    /// Whether fetched records wait that an urgent turn has left.
    #[must_use]
    pub fn has_fetched(&self) -> bool {
        self.goes_on(&self.fetched)
    }

    /// Whether it has folded what is not committed yet.
    #[must_use]
    pub const fn is_pending(&self) -> bool {
        self.pending.is_some()
    }

    /// What it has done.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// How many timers are still to come.
    #[must_use]
    pub fn timers(&self) -> usize {
        self.timers.len()
    }

    /// Timers still to come.
    pub fn pending_timers(&self) -> impl Iterator<Item = &Timer> {
        self.timers.pending()
    }

    /// Parked units, with how many records each holds back.
    #[must_use]
    pub const fn parked(&self) -> &BTreeMap<Box<[u8]>, u64> {
        &self.parked
    }

    /// Writes to the store what has committed since its last write. Call it only once that is
    /// durable.
    ///
    /// # Errors
    /// When the disk refuses; [`TaskError::Failed`] after any failure and while something folded has
    /// not committed: nothing is written then.
    pub fn settle(&mut self) -> Result<(), TaskError> {
        self.check_failed()?;
        if self.pending.is_some() {
            return Err(self.failure());
        }
        if self.stored {
            return Ok(());
        }
        self.failed = true;
        let meta = self.meta.encode();
        let timers = std::mem::take(&mut self.timers_unstored);
        let parking = std::mem::take(&mut self.parking_unstored);
        let mut changes: Vec<Change<'_>> = self.overlay.unstored().collect();
        let set: &[u8] = &[];
        changes.extend(
            timers
                .iter()
                .map(|(key, is_set)| (&**key, is_set.then_some(set))),
        );
        changes.extend(
            parking
                .iter()
                .map(|(key, value)| (&**key, value.as_deref())),
        );
        changes.push((crate::meta::KEY, Some(&meta)));
        self.store.write(&changes)?;
        self.overlay.stored();
        self.stored = true;
        self.failed = false;
        Ok(())
    }

    fn check_failed(&self) -> Result<(), TaskError> {
        if self.failed {
            return Err(self.failure());
        }
        Ok(())
    }

    fn failure(&self) -> TaskError {
        TaskError::Failed {
            stage: Arc::clone(&self.config.stage),
            partition: self.config.partition,
        }
    }

    /// Everything in the state, in order of keys, for comparing two tasks: table, key, value bytes.
    /// Offsets of the changelog differ between runs and are left out.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn dump(&mut self) -> Result<Entries, TaskError> {
        self.settle()?;
        let mut all = Vec::new();
        self.store.scan(&[], &mut |key, value| {
            if key != crate::meta::KEY {
                all.push((key.to_vec(), value.to_vec()));
            }
        })?;
        let meta = Meta {
            changelog: 0,
            ..self.meta.clone()
        };
        all.push((crate::meta::KEY.to_vec(), meta.encode()));
        Ok(all)
    }
}

impl<F: Fold> Task<F> {
    /// The bytes of a state value as the last turn left it; nothing is changed by looking.
    ///
    /// # Errors
    /// When the disk refuses; [`TaskError::Failed`] between a turn's fold and its commit, and after any
    /// failure: what is in memory then may come to nothing.
    pub fn peek(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, TaskError> {
        self.check_failed()?;
        if self.pending.is_some() {
            return Err(self.failure());
        }
        let Some(place) = self.overlay.place(key) else {
            return Ok(self.store.get(key)?);
        };
        if let Some(resting) = self.overlay.resting(place) {
            return Ok(Some(resting.to_vec()));
        }
        Ok(self.overlay.get(place).map(|value| {
            let mut bytes = Vec::new();
            F::encode(value, &mut bytes);
            bytes
        }))
    }
}

/// Why a task must stop.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A state value.
    #[error(transparent)]
    State(#[from] StateFault),
    /// A link.
    #[error("{stage}/{partition} stops at offset {offset}: {fault}")]
    Link {
        /// The stage.
        stage: Arc<str>,
        /// The partition.
        partition: u32,
        /// The input offset.
        offset: i64,
        /// What is wrong.
        fault: LinkFault,
    },
    /// A commit did not succeed; open the task again.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// The store has seen what the log has not.
    #[error(
        "the store of {stage}/{partition} has folded up to {store}, its log only to {log}: the log \
         has lost records. Restore the log, or delete this store to fold again from what is left"
    )]
    Ahead {
        /// The stage.
        stage: Arc<str>,
        /// The partition.
        partition: u32,
        /// The store's next input offset.
        store: i64,
        /// The log's committed offset.
        log: i64,
    },
    /// The input ends before what has been read of it.
    #[error(
        "{stage}/{partition} has read up to {committed}, its input ends at {end}: the log has lost \
         records. Restore the log, or fold what is left from its start"
    )]
    Truncated {
        /// The stage.
        stage: Arc<str>,
        /// The partition.
        partition: u32,
        /// The committed input offset.
        committed: i64,
        /// Where the input ends.
        end: i64,
    },
    /// The changelog cannot bring the store up to the log.
    #[error("{stage}/{partition} cannot be brought to offset {wanted}: {detail}")]
    Restore {
        /// The stage.
        stage: Arc<str>,
        /// The partition.
        partition: u32,
        /// The committed input offset.
        wanted: i64,
        /// What is missing.
        detail: Box<str>,
    },
    /// Reading the state failed within a turn.
    #[error("state of {stage}/{partition} failed: {detail}")]
    Turn {
        /// The stage.
        stage: Arc<str>,
        /// The partition.
        partition: u32,
        /// What failed.
        detail: Box<str>,
    },
    /// It has failed before.
    #[error("{stage}/{partition} has failed before: open it again")]
    Failed {
        /// The stage.
        stage: Arc<str>,
        /// The partition.
        partition: u32,
    },
    /// Too much is parked.
    #[error("{stage}/{partition} has parked {parked} records: look at them before going on")]
    Parked {
        /// The stage.
        stage: Arc<str>,
        /// The partition.
        partition: u32,
        /// How many.
        parked: u64,
    },
}
