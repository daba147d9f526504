//! Bugs planted between the tasks and their log, for the test of the test.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use wattledger_runtime::log::{CommitError, GroupOffset, PartitionEnd};
use wattledger_runtime::{Consumer, Log, LogError, Outgoing, Producer, Visibility};

/// A bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// A producer is kept after an indefinite commit: its id is not initialised again.
    ProducerKept,
    /// A commit is put off to the next begin: stores are written before it.
    StoreBeforeCommit,
    /// Stores are written without a sync before; the harness does this one.
    StoreBeforeSync,
    /// Offsets commit in a transaction of their own.
    OffsetsApart,
    /// The last offset is committed, not the next.
    LastOffset,
    /// An indefinite commit is taken for done.
    IndefiniteIsDone,
    /// Every producer has an id of its own.
    RandomId,
}

type Kept = Arc<Mutex<Box<dyn Producer>>>;

/// A log with a bug before it.
#[derive(Clone)]
pub struct Planted {
    log: Arc<dyn Log>,
    bug: Option<Bug>,
    kept: Arc<Mutex<BTreeMap<String, Kept>>>,
    made: Arc<Mutex<u64>>,
}

impl Planted {
    /// A log with this bug, or none.
    pub fn over(log: Arc<dyn Log>, bug: Option<Bug>) -> Self {
        Self {
            log,
            bug,
            kept: Arc::default(),
            made: Arc::default(),
        }
    }

    /// The process has ended: it keeps nothing.
    pub fn forget(&self) {
        self.kept.lock().unwrap().clear();
    }
}

impl Log for Planted {
    fn partitions(&self, topic: &str) -> Result<u32, LogError> {
        self.log.partitions(topic)
    }
    fn producer(&self, id: &str) -> Result<Box<dyn Producer>, LogError> {
        let mut made = self.made.lock().unwrap();
        *made += 1;
        let id = if self.bug == Some(Bug::RandomId) {
            format!("{id}-{made}")
        } else {
            id.into()
        };
        let mut kept = self.kept.lock().unwrap();
        let inner = match kept.remove(&id) {
            Some(inner) => inner,
            None => Arc::new(Mutex::new(self.log.producer(&id)?)),
        };
        Ok(Box::new(PlantedProducer {
            inner,
            id,
            bug: self.bug,
            kept: Arc::clone(&self.kept),
            offsets: Vec::new(),
            put_off: false,
        }))
    }
    fn consumer(&self, topic: &str, visibility: Visibility) -> Result<Box<dyn Consumer>, LogError> {
        self.log.consumer(topic, visibility)
    }
    fn committed(&self, group: &str, topic: &str) -> Result<Vec<Option<i64>>, LogError> {
        self.log.committed(group, topic)
    }
    fn sync(&self) -> Result<(), LogError> {
        self.log.sync()
    }
}

struct PlantedProducer {
    inner: Kept,
    id: String,
    kept: Arc<Mutex<BTreeMap<String, Kept>>>,
    bug: Option<Bug>,
    offsets: Vec<GroupOffset>,
    put_off: bool,
}

impl Producer for PlantedProducer {
    fn begin(&mut self) -> Result<(), LogError> {
        self.offsets.clear();
        let mut inner = self.inner.lock().unwrap();
        if std::mem::take(&mut self.put_off) {
            inner
                .commit()
                .map_err(|error| LogError::Storage(error.to_string().into()))?;
        }
        inner.begin()
    }
    fn send(&mut self, record: Outgoing) -> Result<(), LogError> {
        self.inner.lock().unwrap().send(record)
    }
    fn send_offset(&mut self, mut offset: GroupOffset) -> Result<(), LogError> {
        if self.bug == Some(Bug::OffsetsApart) {
            self.offsets.push(offset);
            return Ok(());
        }
        if self.bug == Some(Bug::LastOffset) {
            offset.next -= 1;
        }
        self.inner.lock().unwrap().send_offset(offset)
    }
    fn commit(&mut self) -> Result<Vec<PartitionEnd>, CommitError> {
        let mut inner = self.inner.lock().unwrap();
        if self.bug == Some(Bug::StoreBeforeCommit) {
            self.put_off = true;
            return Ok(Vec::new());
        }
        let outcome = inner.commit();
        if self.bug == Some(Bug::OffsetsApart) && outcome.is_ok() {
            inner.begin().map_err(CommitError::Aborted)?;
            for offset in self.offsets.drain(..) {
                inner.send_offset(offset).map_err(CommitError::Aborted)?;
            }
            inner.commit()?;
        }
        if self.bug == Some(Bug::ProducerKept) && matches!(outcome, Err(CommitError::Indefinite(_)))
        {
            self.kept
                .lock()
                .unwrap()
                .insert(self.id.clone(), Arc::clone(&self.inner));
        }
        match outcome {
            Err(CommitError::Indefinite(_)) if self.bug == Some(Bug::IndefiniteIsDone) => {
                Ok(Vec::new())
            }
            outcome => outcome,
        }
    }
    fn abort(&mut self) {
        self.inner.lock().unwrap().abort();
    }
}
