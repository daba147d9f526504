//! Folding a task's input again from its start: what no changelog and no store can have spoilt.
//!
//! Nothing is sent: what the outputs were the log knows already. Invariant: the state is that of the
//! committed input offset, or there is an error.

use super::{Task, TaskConfig, TaskError};
use crate::fold::Fold;
use crate::log::{
    CommitError, Consumer, FetchLimit, GroupOffset, Log, LogError, PartitionEnd, Producer,
    Visibility,
};
use crate::meta::Meta;
use crate::record::{Outgoing, Record};
use crate::store::Store;
use std::sync::Arc;
use std::time::Duration;

/// Records of a piece.
const PIECE: usize = 2_000;

impl<F: Fold> Task<F> {
    /// Folds everything up to the committed offset into an empty store.
    ///
    /// # Errors
    /// [`TaskError::Restore`] when the input is not kept from its start, or the store is not empty.
    pub fn refold(
        config: TaskConfig,
        fold: F,
        log: Arc<dyn Log>,
        store: Box<dyn Store>,
    ) -> Result<Self, TaskError> {
        let committed = super::opening::committed(&config, log.as_ref())?;
        let restore = |detail: String| TaskError::Restore {
            stage: Arc::clone(&config.stage),
            partition: config.partition,
            wanted: committed,
            detail: detail.into(),
        };
        let mut consumer = log.consumer(&config.input, Visibility::Process)?;
        let start = consumer.start(config.partition)?;
        if start > 0 {
            return Err(restore(format!("its input is only kept from {start} on")));
        }
        if store.get(crate::meta::KEY)?.is_some() {
            return Err(restore("the store is not empty".to_owned()));
        }
        let quiet = TaskConfig {
            changelog: None,
            ..config.clone()
        };
        let meta = Meta {
            partitions: log.partitions(&config.input)?,
            fold_version: fold.version(),
            ..Meta::default()
        };
        let mut task = Self::at(quiet, fold, log, store, meta)?;
        let mut input = Before {
            consumer,
            before: committed,
        };
        while task.position() < committed {
            if task.fold(&mut input, PIECE, Duration::MAX)?.records == 0 {
                let (partition, from) = (config.partition, task.position());
                if input.consumer.is_empty(partition, from, committed)? {
                    break;
                }
                continue;
            }
            task.send(&mut Silent)?;
            task.committed(&[], Duration::ZERO);
            task.settle()?;
        }
        if task.position() != committed {
            return Err(restore(format!("its input ends at {}", task.position())));
        }
        Ok(task)
    }
}

/// An input that ends where a group has committed.
struct Before {
    consumer: Box<dyn Consumer>,
    before: i64,
}

impl Consumer for Before {
    fn fetch(
        &mut self,
        partition: u32,
        from: i64,
        limit: FetchLimit,
        records: &mut Vec<Record>,
    ) -> Result<(), LogError> {
        self.consumer.fetch(partition, from, limit, records)?;
        records.retain(|record| record.offset < self.before);
        Ok(())
    }
    fn end(&mut self, _: u32) -> Result<i64, LogError> {
        Ok(self.before)
    }
    fn ends(&mut self) -> Result<Vec<i64>, LogError> {
        self.consumer.ends()
    }
    fn start(&mut self, partition: u32) -> Result<i64, LogError> {
        self.consumer.start(partition)
    }
    fn wait(&mut self, at_most: Duration) {
        self.consumer.wait(at_most);
    }
}

/// A producer that sends nothing.
struct Silent;

impl Producer for Silent {
    fn begin(&mut self) -> Result<(), LogError> {
        Ok(())
    }
    fn send(&mut self, _: Outgoing) -> Result<(), LogError> {
        Ok(())
    }
    fn send_offset(&mut self, _: GroupOffset) -> Result<(), LogError> {
        Ok(())
    }
    fn commit(&mut self) -> Result<Vec<PartitionEnd>, CommitError> {
        Ok(Vec::new())
    }
    fn abort(&mut self) {}
}
