//! The state behind a simulated log: topics, groups, transactions, and the journal of all commits.
//!
//! Everything visible is the replay of the journal, so losing its end is losing whole commits.

mod reading;

use super::Flavour;
use crate::log::{GroupOffset, LogError, PartitionEnd, TopicSettings};
use crate::partitioner;
use crate::record::{Destination, Outgoing, Record};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Topics, groups and transactions.
pub(super) struct Broker {
    flavour: Flavour,
    topics: BTreeMap<Arc<str>, Topic>,
    groups: BTreeMap<(Arc<str>, Arc<str>, u32), i64>,
    epochs: BTreeMap<Box<str>, u64>,
    open: BTreeMap<Box<str>, Transaction>,
    late: Vec<Late>,
    journal: Vec<Entry>,
    synced: usize,
}

struct Topic {
    settings: TopicSettings,
    partitions: Vec<Partition>,
}

#[derive(Clone, Default)]
struct Partition {
    records: Vec<Record>,
    start: i64,
    next: i64,
    durable: i64,
}

/// Records and offsets that become visible together.
#[derive(Clone, Default)]
pub(super) struct Transaction {
    pub(super) records: Vec<Outgoing>,
    pub(super) offsets: Vec<GroupOffset>,
}

/// A commit that is still on its way.
struct Late {
    id: Box<str>,
    transaction: Transaction,
    /// How many more calls the broker answers before it arrives.
    calls_left: u64,
}

enum Entry {
    Commit(Transaction),
    Trim {
        topic: Arc<str>,
        partition: u32,
        before: i64,
    },
    /// Offsets that an aborted transaction and its marker have used up.
    Gap {
        topic: Arc<str>,
        partition: u32,
        offsets: i64,
    },
}

impl Broker {
    pub(super) fn new(flavour: Flavour, topics: &[(&str, TopicSettings)]) -> Self {
        let topic = |settings: &TopicSettings| Topic {
            settings: *settings,
            partitions: vec![Partition::default(); settings.partitions as usize],
        };
        Self {
            flavour,
            topics: topics
                .iter()
                .map(|(name, of)| ((*name).into(), topic(of)))
                .collect(),
            groups: BTreeMap::new(),
            epochs: BTreeMap::new(),
            open: BTreeMap::new(),
            late: Vec::new(),
            journal: Vec::new(),
            synced: 0,
        }
    }

    pub(super) fn settings(&self, topic: &str) -> Result<TopicSettings, LogError> {
        let found = self.topics.get(topic).map(|topic| topic.settings);
        found.ok_or_else(|| LogError::UnknownTopic(topic.into()))
    }

    /// A new epoch of a transactional id: what older ones have open or under way is aborted.
    pub(super) fn initialise(&mut self, id: &str) -> u64 {
        self.late.retain(|late| &*late.id != id);
        self.abort(id);
        let epoch = self.epochs.entry(id.into()).or_insert(0);
        *epoch += 1;
        *epoch
    }

    pub(super) fn check_epoch(&self, id: &str, epoch: u64) -> Result<(), LogError> {
        match self.epochs.get(id) {
            Some(newest) if *newest == epoch => Ok(()),
            _ => Err(LogError::Fenced(id.into())),
        }
    }

    pub(super) fn begin(&mut self, id: &str) -> Result<(), LogError> {
        if self.open.contains_key(id) {
            return Err(LogError::Transaction("a transaction is open already"));
        }
        self.open.insert(id.into(), Transaction::default());
        Ok(())
    }

    pub(super) fn opened(&mut self, id: &str) -> Result<&mut Transaction, LogError> {
        self.open
            .get_mut(id)
            .ok_or(LogError::Transaction("no transaction is open"))
    }

    pub(super) fn take_open(&mut self, id: &str) -> Result<Transaction, LogError> {
        self.open
            .remove(id)
            .ok_or(LogError::Transaction("no transaction is open"))
    }

    pub(super) fn abort(&mut self, id: &str) {
        if let Ok(transaction) = self.take_open(id) {
            self.drop_transaction(&transaction);
        }
    }

    /// Nothing of it is ever visible; on Kafka it leaves a gap.
    pub(super) fn drop_transaction(&mut self, transaction: &Transaction) {
        if self.flavour == Flavour::Embedded {
            return;
        }
        let mut touched: BTreeMap<(Arc<str>, u32), i64> = BTreeMap::new();
        for record in &transaction.records {
            let partition = self.partition_of(record);
            *touched
                .entry((Arc::clone(&record.topic), partition))
                .or_insert(1) += 1;
        }
        for ((topic, partition), offsets) in touched {
            self.append(Entry::Gap {
                topic,
                partition,
                offsets,
            });
        }
    }

    pub(super) fn delay(&mut self, id: &str, transaction: Transaction, calls: u64) {
        self.late.push(Late {
            id: id.into(),
            transaction,
            calls_left: calls,
        });
    }

    /// One more call is answered; late commits whose time has come take effect. What the same
    /// producer has sent since goes with them: Kafka's hole before KIP-890. Says how many arrived.
    pub(super) fn answer(&mut self) -> u64 {
        let mut arrived = 0;
        for late in &mut self.late {
            late.calls_left = late.calls_left.saturating_sub(1);
        }
        while let Some(index) = self.late.iter().position(|late| late.calls_left == 0) {
            let Late {
                id,
                mut transaction,
                ..
            } = self.late.remove(index);
            if let Some(open) = self.open.get_mut(&id) {
                let torn = std::mem::take(open);
                transaction.records.extend(torn.records);
                transaction.offsets.extend(torn.offsets);
            }
            self.commit(transaction);
            arrived += 1;
        }
        arrived
    }

    pub(super) fn commit(&mut self, transaction: Transaction) -> Vec<PartitionEnd> {
        self.append(Entry::Commit(transaction))
    }

    fn append(&mut self, entry: Entry) -> Vec<PartitionEnd> {
        let ends = self.replay(&entry);
        self.journal.push(entry);
        if self.flavour == Flavour::Kafka {
            self.sync();
        }
        ends
    }

    fn replay(&mut self, entry: &Entry) -> Vec<PartitionEnd> {
        match entry {
            Entry::Commit(transaction) => return self.show(transaction),
            Entry::Trim {
                topic,
                partition,
                before,
            } => {
                if let Some(partition) = self.partition(topic, *partition) {
                    partition.records.retain(|record| record.offset >= *before);
                    partition.start = *before;
                }
            }
            Entry::Gap {
                topic,
                partition,
                offsets,
            } => {
                if let Some(partition) = self.partition(topic, *partition) {
                    partition.next += offsets;
                }
            }
        }
        Vec::new()
    }

    fn show(&mut self, transaction: &Transaction) -> Vec<PartitionEnd> {
        let mut ends: BTreeMap<(Arc<str>, u32), i64> = BTreeMap::new();
        for outgoing in &transaction.records {
            let number = self.partition_of(outgoing);
            let Some(partition) = self.partition(&outgoing.topic, number) else {
                continue;
            };
            partition.records.push(Record {
                topic: Arc::clone(&outgoing.topic),
                partition: number,
                offset: partition.next,
                key: outgoing.key.clone(),
                value: outgoing.value.clone(),
                link: outgoing.link.clone(),
                headers: outgoing.headers.clone(),
            });
            partition.next += 1;
            ends.insert((Arc::clone(&outgoing.topic), number), partition.next);
        }
        if self.flavour == Flavour::Kafka {
            for (topic, number) in ends.keys() {
                if let Some(partition) = self.partition(topic, *number) {
                    partition.next += 1;
                }
            }
        }
        for GroupOffset {
            group,
            topic,
            partition,
            next,
        } in &transaction.offsets
        {
            self.groups
                .insert((Arc::clone(group), Arc::clone(topic), *partition), *next);
        }
        let ends = ends.into_iter();
        ends.map(|((topic, partition), next)| PartitionEnd {
            topic,
            partition,
            next,
        })
        .collect()
    }

    pub(super) fn committed(&self, group: &str, topic: &str, partition: u32) -> Option<i64> {
        self.groups
            .get(&(group.into(), topic.into(), partition))
            .copied()
    }

    pub(super) fn sync(&mut self) {
        self.synced = self.journal.len();
        for topic in self.topics.values_mut() {
            for partition in &mut topic.partitions {
                partition.durable = partition.next;
            }
        }
    }

    /// How many commits a power loss could take.
    pub(super) const fn unsynced(&self) -> usize {
        self.journal.len() - self.synced
    }

    /// Loses this many of the commits that were not synced, and every open transaction.
    pub(super) fn lose(&mut self, commits: usize) {
        if self.flavour == Flavour::Kafka {
            return;
        }
        self.open.clear();
        self.late.clear();
        let kept = self.journal.len() - commits.min(self.unsynced());
        let mut journal = std::mem::take(&mut self.journal);
        journal.truncate(kept);
        self.groups.clear();
        for topic in self.topics.values_mut() {
            topic.partitions.fill(Partition::default());
        }
        for entry in &journal {
            self.replay(entry);
        }
        self.journal = journal;
        self.sync();
    }

    fn existing(&mut self, topic: &str, partition: u32) -> Result<&mut Partition, LogError> {
        self.settings(topic)?;
        self.partition(topic, partition)
            .ok_or(LogError::Transaction("no such partition"))
    }

    fn partition(&mut self, topic: &str, partition: u32) -> Option<&mut Partition> {
        self.topics
            .get_mut(topic)?
            .partitions
            .get_mut(partition as usize)
    }

    fn partition_of(&self, record: &Outgoing) -> u32 {
        match record.to {
            Destination::Partition(partition) => partition,
            Destination::Key => {
                let count = self
                    .settings(&record.topic)
                    .map_or(1, |topic| topic.partitions);
                partitioner::partition(&record.key, count)
            }
        }
    }
}
