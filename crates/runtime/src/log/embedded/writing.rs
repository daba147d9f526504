//! The producer of the embedded log: a transaction is a list until its commit is one write.

use super::{Shared, State, encode, keys, storage};
use crate::codec::put_varint;
use crate::log::{Cleanup, CommitError, GroupOffset, LogError, PartitionEnd, Producer};
use crate::partitioner;
use crate::record::{Destination, Outgoing};
use rocksdb::WriteBatch;
use std::collections::BTreeMap;
use std::sync::Arc;

/// About what a record takes in a batch beside its value and its key, which may stand in it twice.
const BESIDE: usize = 96;

/// A transactional producer.
pub struct EmbeddedProducer {
    shared: Arc<Shared>,
    id: Box<str>,
    epoch: u64,
    open: Option<Transaction>,
}

#[derive(Default)]
struct Transaction {
    records: Vec<Outgoing>,
    offsets: Vec<GroupOffset>,
}

impl EmbeddedProducer {
    pub(super) fn new(shared: Arc<Shared>, id: Box<str>, epoch: u64) -> Self {
        Self {
            shared,
            id,
            epoch,
            open: None,
        }
    }

    fn open(&mut self) -> Result<&mut Transaction, LogError> {
        self.open
            .as_mut()
            .ok_or(LogError::Transaction("no transaction is open"))
    }

    fn check_epoch(&self, state: &State) -> Result<(), LogError> {
        match state.epochs.get(&self.id) {
            Some(newest) if *newest == self.epoch => Ok(()),
            _ => Err(LogError::Fenced(self.id.clone())),
        }
    }

    /// Writes a transaction under the log's lock, so that offsets follow the order of commits.
    fn write(&self, transaction: &Transaction) -> Result<Vec<PartitionEnd>, LogError> {
        let mut state = self.shared.lock();
        self.check_epoch(&state)?;
        let bytes = |record: &Outgoing| {
            2 * record.key.len() + record.value.as_ref().map_or(0, Vec::len) + BESIDE
        };
        let bytes = transaction.records.iter().map(bytes).sum();
        let mut batch = WriteBatch::with_capacity_bytes(bytes);
        let mut ends: BTreeMap<(u16, u32), (Arc<str>, i64)> = BTreeMap::new();
        let mut body = Vec::new();
        for record in &transaction.records {
            let (name, topic) = self.shared.topic(&record.topic)?;
            let partition = match record.to {
                Destination::Partition(partition) => partition,
                Destination::Key => partitioner::partition(&record.key, topic.settings.partitions),
            };
            let next = &mut ends
                .entry((topic.id, partition))
                .or_insert_with(|| {
                    let ends = state.ends.get(&(topic.id, partition));
                    (name, ends.map_or(0, |ends| ends.committed))
                })
                .1;
            body.clear();
            if topic.settings.cleanup == Cleanup::Compact {
                body.extend_from_slice(&next.to_be_bytes());
                encode(&mut body, record);
                batch.put(keys::newest(topic.id, partition, &record.key), &body);
                if record.value.is_none() {
                    batch.put(keys::deletion(topic.id, partition, *next), &record.key);
                }
            } else {
                encode(&mut body, record);
                batch.put(keys::record(topic.id, partition, *next), &body);
            }
            *next += 1;
        }
        for offset in &transaction.offsets {
            let (_, topic) = self.shared.topic(&offset.topic)?;
            body.clear();
            put_varint(&mut body, offset.next as u64);
            batch.put(
                keys::group(&offset.group, topic.id, offset.partition),
                &body,
            );
        }
        for ((topic, partition), (_, next)) in &ends {
            batch.put(keys::end(*topic, *partition), next.to_be_bytes());
        }
        self.shared.db.write(batch).map_err(storage)?;
        for (key, (_, next)) in &ends {
            state.ends.entry(*key).or_default().committed = *next;
        }
        state.unsynced += 1;
        drop(state);
        self.shared.changed.notify_all();
        let ends = ends.into_iter();
        Ok(ends
            .map(|((_, partition), (topic, next))| PartitionEnd {
                topic,
                partition,
                next,
            })
            .collect())
    }
}

impl Producer for EmbeddedProducer {
    fn begin(&mut self) -> Result<(), LogError> {
        if self.open.is_some() {
            return Err(LogError::Transaction("a transaction is open already"));
        }
        self.check_epoch(&self.shared.lock())?;
        self.open = Some(Transaction::default());
        Ok(())
    }

    fn send(&mut self, record: Outgoing) -> Result<(), LogError> {
        let (_, topic) = self.shared.topic(&record.topic)?;
        if let Destination::Partition(partition) = record.to
            && partition >= topic.settings.partitions
        {
            return Err(LogError::Transaction("no such partition"));
        }
        self.open()?.records.push(record);
        Ok(())
    }

    fn send_offset(&mut self, offset: GroupOffset) -> Result<(), LogError> {
        self.open()?.offsets.push(offset);
        Ok(())
    }

    fn commit(&mut self) -> Result<Vec<PartitionEnd>, CommitError> {
        let open = self.open.take();
        let none = LogError::Transaction("no transaction is open");
        let transaction = open.ok_or(CommitError::Aborted(none))?;
        self.write(&transaction).map_err(|error| {
            let indefinite = matches!(error, LogError::Storage(_));
            if indefinite {
                CommitError::Indefinite(error)
            } else {
                CommitError::Aborted(error)
            }
        })
    }

    fn abort(&mut self) {
        self.open = None;
    }
}
