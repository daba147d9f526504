//! A log in memory, with a store to go with it, for tests: the same protocol over a disk that
//! forgets and a broker that answers late, not at all or with a no. Deterministic by its seed.
//!
//! Every call meets a [`Step`] of its [`Faults`], at which it can be refused or the process can
//! die; a commit can also be lost, be done without its reply, or arrive late: then it counts unless
//! a newer producer of the id was made first, and takes along what the old one has sent since.
//!
//! Invariant: only whole commits are ever seen, and a power loss takes whole unsynced ones, from
//! the end.

mod broker;
mod faults;
mod store;

pub use faults::{Faults, Mishap, Random, Rates, Step};
pub use store::SimulatedStore;

use super::{
    CommitError, Consumer, FetchLimit, GroupOffset, Log, LogError, PartitionEnd, Producer,
    TopicSettings, Visibility,
};
use crate::record::{Destination, Outgoing, Record};
use broker::Broker;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Which real log is simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// Commits are durable after a sync, offsets have no gaps, compaction is immediate.
    Embedded,
    /// Commits are durable by themselves, markers and aborted records use up offsets, and readers
    /// of a compacted topic may see older records of a key before the newest.
    Kafka,
}

/// A log in memory. Clones share it, as a process started again does.
#[derive(Clone)]
pub struct SimulatedLog {
    broker: Arc<Mutex<Broker>>,
    faults: Faults,
}

/// At most this many calls are answered before a late commit arrives.
const LATE_CALLS_MAX: u64 = 60;

impl SimulatedLog {
    /// An empty log with these topics.
    #[must_use]
    pub fn new(flavour: Flavour, topics: &[(&str, TopicSettings)], faults: Faults) -> Self {
        Self {
            broker: Arc::new(Mutex::new(Broker::new(flavour, topics))),
            faults,
        }
    }

    /// The same log for a process with other faults, such as one that only drives or looks.
    #[must_use]
    pub fn seen_by(&self, faults: Faults) -> Self {
        Self {
            broker: Arc::clone(&self.broker),
            faults,
        }
    }

    /// The machine loses its power: some number of the last unsynced commits is gone.
    pub fn power_loss(&self) {
        let unsynced = self.unsynced();
        self.lose(self.faults.below(unsynced as u64 + 1) as usize);
    }

    /// How many commits a power loss could take.
    #[must_use]
    pub fn unsynced(&self) -> usize {
        self.lock().unsynced()
    }

    /// Loses this many of the last commits, at most all that are not synced.
    pub fn lose(&self, commits: usize) {
        self.lock().lose(commits);
    }

    /// An accident: a partition loses its records from `end` on, whoever has read them.
    pub fn truncate(&self, topic: &str, partition: u32, end: i64) {
        self.lock().truncate(topic, partition, end);
    }

    /// Deletes records before an offset, never past what a group has still to read.
    ///
    /// # Errors
    /// [`LogError::UnknownTopic`].
    pub fn trim(&self, topic: &str, partition: u32, before: i64) -> Result<i64, LogError> {
        self.lock().trim(topic, partition, before)
    }

    fn lock(&self) -> MutexGuard<'_, Broker> {
        self.broker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One call to the broker: it meets its fault, late commits arrive, then it has its effect.
    fn call<T>(
        &self,
        step: Step,
        effect: impl FnOnce(&mut Broker) -> Result<T, LogError>,
    ) -> Result<T, LogError> {
        let fate = self.faults.meet(step).map_err(LogError::Storage)?;
        let mut broker = self.lock();
        self.faults.arrived_late(broker.answer());
        let result = effect(&mut broker)?;
        fate.end().map_err(LogError::Storage)?;
        Ok(result)
    }
}

impl Log for SimulatedLog {
    fn partitions(&self, topic: &str) -> Result<u32, LogError> {
        Ok(self.lock().settings(topic)?.partitions)
    }

    fn producer(&self, transactional_id: &str) -> Result<Box<dyn Producer>, LogError> {
        let epoch = self.call(Step::Initialise, |broker| {
            Ok(broker.initialise(transactional_id))
        })?;
        Ok(Box::new(SimulatedProducer {
            log: self.clone(),
            id: transactional_id.into(),
            epoch,
        }))
    }

    fn consumer(&self, topic: &str, visibility: Visibility) -> Result<Box<dyn Consumer>, LogError> {
        self.lock().settings(topic)?;
        Ok(Box::new(SimulatedConsumer {
            log: self.clone(),
            topic: topic.into(),
            visibility,
        }))
    }

    fn committed(&self, group: &str, topic: &str) -> Result<Vec<Option<i64>>, LogError> {
        self.call(Step::Committed, |broker| {
            let partitions = 0..broker.settings(topic)?.partitions;
            Ok(partitions
                .map(|partition| broker.committed(group, topic, partition))
                .collect())
        })
    }

    fn sync(&self) -> Result<(), LogError> {
        self.call(Step::Sync, |broker| {
            broker.sync();
            Ok(())
        })
    }
}

struct SimulatedConsumer {
    log: SimulatedLog,
    topic: Box<str>,
    visibility: Visibility,
}

impl Consumer for SimulatedConsumer {
    fn fetch(
        &mut self,
        partition: u32,
        from: i64,
        limit: FetchLimit,
        records: &mut Vec<Record>,
    ) -> Result<(), LogError> {
        let found = self.log.call(Step::Fetch, |broker| {
            let start = broker.start(&self.topic, partition)?;
            if from < start {
                let topic = self.topic.clone();
                return Err(LogError::Trimmed {
                    topic,
                    partition,
                    asked: from,
                    start,
                });
            }
            let end = broker.end(&self.topic, partition, self.visibility)?;
            broker.read(&self.topic, partition, from, end)
        })?;
        let mut bytes = 0;
        for record in found.into_iter().take(limit.records) {
            bytes += record.key.len() + record.value.as_ref().map_or(0, Vec::len);
            records.push(record);
            if bytes >= limit.bytes {
                break;
            }
        }
        Ok(())
    }

    fn end(&mut self, partition: u32) -> Result<i64, LogError> {
        self.log.call(Step::Ends, |broker| {
            broker.end(&self.topic, partition, self.visibility)
        })
    }

    fn ends(&mut self) -> Result<Vec<i64>, LogError> {
        self.log.call(Step::Ends, |broker| {
            let partitions = 0..broker.settings(&self.topic)?.partitions;
            partitions
                .map(|partition| broker.end(&self.topic, partition, self.visibility))
                .collect()
        })
    }

    fn start(&mut self, partition: u32) -> Result<i64, LogError> {
        self.log
            .call(Step::Ends, |broker| broker.start(&self.topic, partition))
    }

    /// Returns at once: nobody else runs meanwhile.
    fn wait(&mut self, _at_most: Duration) {}
}

struct SimulatedProducer {
    log: SimulatedLog,
    id: Box<str>,
    epoch: u64,
}

impl Producer for SimulatedProducer {
    fn begin(&mut self) -> Result<(), LogError> {
        self.log.call(Step::Begin, |broker| {
            broker.check_epoch(&self.id, self.epoch)?;
            broker.begin(&self.id)
        })
    }

    fn send(&mut self, record: Outgoing) -> Result<(), LogError> {
        self.log.call(Step::Send, |broker| {
            broker.check_epoch(&self.id, self.epoch)?;
            let partitions = broker.settings(&record.topic)?.partitions;
            if let Destination::Partition(partition) = record.to
                && partition >= partitions
            {
                return Err(LogError::Transaction("no such partition"));
            }
            broker.opened(&self.id)?.records.push(record);
            Ok(())
        })
    }

    fn send_offset(&mut self, offset: GroupOffset) -> Result<(), LogError> {
        self.log.call(Step::SendOffset, |broker| {
            broker.check_epoch(&self.id, self.epoch)?;
            broker.settings(&offset.topic)?;
            broker.opened(&self.id)?.offsets.push(offset);
            Ok(())
        })
    }

    fn commit(&mut self) -> Result<Vec<PartitionEnd>, CommitError> {
        let lost = |why: &str| CommitError::Indefinite(LogError::Storage(why.into()));
        let fate = self
            .log
            .faults
            .meet(Step::Commit)
            .map_err(|why| lost(&why))?;
        let mishap = self.log.faults.meet_commit();
        let calls = 1 + self.log.faults.below(LATE_CALLS_MAX);
        let mut broker = self.log.lock();
        self.log.faults.arrived_late(broker.answer());
        broker
            .check_epoch(&self.id, self.epoch)
            .map_err(CommitError::Aborted)?;
        let transaction = broker.take_open(&self.id).map_err(CommitError::Aborted)?;
        let outcome = match mishap {
            Some(Mishap::CommitLost) => {
                broker.drop_transaction(&transaction);
                Err(lost("the commit was lost"))
            }
            Some(Mishap::CommitLate) => {
                broker.delay(&self.id, transaction, calls);
                Err(lost("the commit is late"))
            }
            Some(Mishap::Aborted) => {
                broker.drop_transaction(&transaction);
                Err(CommitError::Aborted(LogError::Storage(
                    "the log aborted it".into(),
                )))
            }
            Some(Mishap::ReplyLost) => {
                broker.commit(transaction);
                Err(lost("the reply was lost"))
            }
            _ => Ok(broker.commit(transaction)),
        };
        drop(broker);
        fate.end().map_err(|why| lost(&why))?;
        outcome
    }

    fn abort(&mut self) {
        let mut broker = self.log.lock();
        if broker.check_epoch(&self.id, self.epoch).is_ok() {
            broker.abort(&self.id);
        }
    }
}
