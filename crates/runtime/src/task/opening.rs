//! Opening a task: its store is brought up to what the log has committed, or it stops loudly.

use super::{Task, TaskConfig, TaskError};
use crate::fold::Fold;
use crate::log::{Consumer, FetchLimit, Log, Visibility};
use crate::meta::{self, Meta};
use crate::metrics::Counters;
use crate::overlay::Overlay;
use crate::store::{Change, Store};
use crate::timers::{TABLE, Timer, Timers};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

const CHUNK: FetchLimit = FetchLimit {
    records: 4_096,
    bytes: 8 << 20,
};

/// How long to wait before looking again whether a transaction has been decided.
const DECISION: Duration = Duration::from_millis(20);

impl<F: Fold> Task<F> {
    /// Opens a task: reads the committed offset, rolls the store forward. Whoever turns it must have
    /// fenced the task's earlier producers before.
    ///
    /// # Errors
    /// [`TaskError::Ahead`] for a store ahead of its log; [`TaskError::Truncated`] for a log that
    /// has lost its end; [`TaskError::Restore`] when the changelog does not reach the committed
    /// offset.
    pub fn open(
        config: TaskConfig,
        fold: F,
        log: Arc<dyn Log>,
        mut store: Box<dyn Store>,
    ) -> Result<Self, TaskError> {
        let committed = committed(&config, log.as_ref())?;
        let mut meta = stored_meta(&config, store.as_ref())?;
        if meta.input > committed {
            let (stage, partition) = (Arc::clone(&config.stage), config.partition);
            return Err(TaskError::Ahead {
                stage,
                partition,
                store: meta.input,
                log: committed,
            });
        }
        let end = log
            .consumer(&config.input, Visibility::Process)?
            .end(config.partition)?;
        if end < committed {
            let (stage, partition) = (Arc::clone(&config.stage), config.partition);
            return Err(TaskError::Truncated {
                stage,
                partition,
                committed,
                end,
            });
        }
        if meta.input < committed {
            log.sync()?;
            roll_forward(&config, log.as_ref(), store.as_mut(), &mut meta, committed)?;
        }
        meta.partitions = log.partitions(&config.input)?;
        meta.fold_version = fold.version();
        Self::at(config, fold, log, store, meta)
    }

    /// A task whose store stands for `meta`.
    pub(super) fn at(
        config: TaskConfig,
        fold: F,
        log: Arc<dyn Log>,
        store: Box<dyn Store>,
        meta: Meta,
    ) -> Result<Self, TaskError> {
        let (timers, parked) = indexes(store.as_ref())?;
        Ok(Self {
            overlay: Overlay::new(&config.cache),
            config,
            fold,
            log,
            store,
            timers,
            timers_unstored: BTreeMap::new(),
            parked,
            parking_unstored: BTreeMap::new(),
            pending: None,
            poisons: Vec::new(),
            destinations: FxHashMap::default(),
            fetched: Vec::new(),
            folded: 0,
            meta,
            read_to: 0,
            stored: true,
            failed: false,
            counters: Counters::default(),
        })
    }

    /// Drops what has not been stored and opens again: after a commit that failed or of which nobody
    /// knows what became, or a panic. The producer of the failed commit must have been fenced.
    ///
    /// # Errors
    /// As [`Task::open`]; the task has failed then.
    pub fn reopen(&mut self) -> Result<(), TaskError> {
        self.failed = true;
        let config = &self.config;
        let committed = committed(config, self.log.as_ref())?;
        let mut meta = stored_meta(config, self.store.as_ref())?;
        if meta.input < committed {
            self.log.sync()?;
            roll_forward(
                config,
                self.log.as_ref(),
                self.store.as_mut(),
                &mut meta,
                committed,
            )?;
        }
        meta.partitions = self.meta.partitions;
        meta.fold_version = self.meta.fold_version;
        self.meta = meta;
        self.overlay = Overlay::new(&config.cache);
        (self.timers, self.parked) = indexes(self.store.as_ref())?;
        self.timers_unstored.clear();
        self.parking_unstored.clear();
        self.pending = None;
        self.stored = true;
        self.failed = false;
        Ok(())
    }
}

/// The next input offset as the log has it.
pub(super) fn committed(config: &TaskConfig, log: &dyn Log) -> Result<i64, TaskError> {
    let all = log.committed(&config.group, &config.input)?;
    let ours = usize::try_from(config.partition).ok();
    let ours = ours.and_then(|place| all.get(place).copied());
    Ok(ours.flatten().unwrap_or(0))
}

fn stored_meta(config: &TaskConfig, store: &dyn Store) -> Result<Meta, TaskError> {
    let Some(bytes) = store.get(meta::KEY)? else {
        return Ok(Meta::default());
    };
    Meta::decode(&bytes).ok_or_else(|| TaskError::Restore {
        stage: Arc::clone(&config.stage),
        partition: config.partition,
        wanted: 0,
        detail: "the store's meta record is of another format; delete the store to restore it"
            .into(),
    })
}

/// Empties a store that has missed deletions, so that no deleted key comes back; what it stands for
/// goes last, so that a crash half-way empties it again.
fn wipe(store: &mut dyn Store) -> Result<(), TaskError> {
    let mut keys = Vec::new();
    store.scan(&[], &mut |key, _| keys.push(key.to_vec()))?;
    keys.sort_by_key(|key| key == meta::KEY);
    for some in keys.chunks(CHUNK.records) {
        let changes: Vec<Change<'_>> = some.iter().map(|key| (&**key, None)).collect();
        store.write(&changes)?;
    }
    Ok(())
}

/// Applies the changelog from where the store stands to its end; from its start where the store has
/// not followed for so long that deletions are no longer kept.
fn roll_forward(
    config: &TaskConfig,
    log: &dyn Log,
    store: &mut dyn Store,
    meta: &mut Meta,
    committed: i64,
) -> Result<(), TaskError> {
    let restore = |detail: String| TaskError::Restore {
        stage: Arc::clone(&config.stage),
        partition: config.partition,
        wanted: committed,
        detail: detail.into(),
    };
    let topic = config.changelog.as_deref();
    let topic =
        topic.ok_or_else(|| restore("no changelog is kept; fold the input again".into()))?;
    let mut consumer = log.consumer(topic, Visibility::Process)?;
    if meta.changelog < consumer.deletions_from(config.partition)? {
        wipe(store)?;
        *meta = Meta::default();
    }
    let mut next = meta.changelog.max(consumer.start(config.partition)?);
    let mut end = consumer.end(config.partition)?;
    loop {
        apply(
            config.partition,
            (&mut next, end),
            (consumer.as_mut(), store),
            meta,
        )?;
        // The commit that moved the offset may still be on its way into the changelog.
        let undecided = consumer.undecided_end(config.partition)?;
        if meta.input == committed || undecided <= end {
            break;
        }
        consumer.wait(DECISION);
        end = consumer.end(config.partition)?;
    }
    if meta.input != committed {
        return Err(restore(format!(
            "the changelog ends at offset {}",
            meta.input
        )));
    }
    meta.changelog = end;
    store.write(&[(meta::KEY, Some(&meta.encode()))])?;
    Ok(())
}

/// Applies a piece of the changelog.
fn apply(
    partition: u32,
    (next, end): (&mut i64, i64),
    (consumer, store): (&mut dyn Consumer, &mut dyn Store),
    meta: &mut Meta,
) -> Result<(), TaskError> {
    let mut records = Vec::new();
    while *next < end {
        records.clear();
        consumer.fetch(partition, *next, CHUNK, &mut records)?;
        match records.last() {
            Some(last) => *next = last.offset + 1,
            None if consumer.is_empty(partition, *next, end)? => break,
            None => continue,
        }
        for record in &records {
            if record.key == meta::KEY
                && let Some(newer) = record.value.as_deref().and_then(Meta::decode)
            {
                *meta = newer;
            }
        }
        let changes = records.iter();
        let changes = changes.map(|record| (&*record.key, record.value.as_deref()));
        store.write(&changes.collect::<Vec<_>>())?;
    }
    *next = (*next).max(end);
    Ok(())
}

type Parked = BTreeMap<Box<[u8]>, u64>;

fn indexes(store: &dyn Store) -> Result<(Timers, Parked), TaskError> {
    let mut timers = Timers::default();
    store.scan(&[TABLE], &mut |key, _| {
        if let Some(timer) = Timer::from_key(key) {
            timers.set(timer);
        }
    })?;
    let mut parked = Parked::new();
    store.scan(&[super::parking::UNIT], &mut |key, value| {
        let count = value.try_into().map_or(0, u64::from_be_bytes);
        parked.insert(key.get(1..).unwrap_or_default().into(), count);
    })?;
    Ok((timers, parked))
}
