//! One group's client: what it has fetched, by partition, and what its group has decided.

use super::{Change, GroupInput};
use crate::log::kafka::told::logged;
use crate::log::kafka::{REQUEST, failed, generation, headers, is_damage, patient};
use crate::log::{Consumer, FetchLimit, LogError};
use crate::record::Record;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{
    BaseConsumer, Consumer as _, ConsumerContext, ConsumerGroupMetadata, Rebalance,
};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// One group's client.
pub struct Input {
    pub input: GroupInput,
    pub client: Arc<BaseConsumer<Rebalances>>,
    pub buffers: BTreeMap<u32, Buffer>,
    /// Records buffered over all partitions.
    pub buffered: usize,
    /// The membership that was noted last.
    pub noted: Option<Noted>,
}

/// A membership.
#[derive(Clone)]
pub struct Noted {
    generation: i32,
    pub proof: Arc<ConsumerGroupMetadata>,
    client: Arc<BaseConsumer<Rebalances>>,
}

impl Noted {
    /// Whether it is still that of its generation. The broker refuses a commit of an older one, and takes
    /// the whole transaction with it.
    pub fn holds(&self) -> bool {
        generation::of(&self.client) == Some(self.generation)
    }
}

#[derive(Default)]
pub struct Buffer {
    pub records: VecDeque<Record>,
    pub next: i64,
    /// Whether its task is ready, so that its records may come.
    pub started: bool,
}

impl Buffer {
    /// The offset from which records are wanted of the client.
    fn wanted(&self) -> i64 {
        self.records
            .back()
            .map_or(self.next, |last| last.offset + 1)
    }
}

/// What rebalance callbacks have noted.
#[derive(Default)]
pub struct Rebalances {
    decided: Mutex<Vec<Decided>>,
}

enum Decided {
    Assigned(u32),
    Revoked { partition: u32, lost: bool },
}

impl Rebalances {
    fn decided(&self) -> MutexGuard<'_, Vec<Decided>> {
        self.decided.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Rebalances {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        logged(level, facility, message);
    }
    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "kafka member");
    }
}

impl ConsumerContext for Rebalances {
    fn pre_rebalance(&self, client: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if let Rebalance::Revoke(list) = rebalance {
            let lost = client.assignment_lost();
            let partitions = list.elements();
            self.decided()
                .extend(partitions.iter().map(|element| Decided::Revoked {
                    partition: element.partition() as u32,
                    lost,
                }));
        }
    }

    fn post_rebalance(&self, client: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Assign(list) => {
                if let Err(error) = client.pause(list) {
                    tracing::warn!(%error, "assigned partitions could not be paused");
                }
                let partitions = list.elements();
                let assigned = |partition: i32| Decided::Assigned(partition as u32);
                self.decided().extend(
                    partitions
                        .iter()
                        .map(|element| assigned(element.partition())),
                );
            }
            Rebalance::Revoke(_) => {}
            Rebalance::Error(error) => tracing::warn!(%error, "rebalancing failed"),
        }
    }
}

impl Input {
    /// The membership as of now, if its generation is certain.
    pub fn membership(&mut self) -> Option<Noted> {
        let now = generation::of(&self.client)?;
        if let Some(noted) = &self.noted
            && noted.generation == now
        {
            return Some(noted.clone());
        }
        let noted = Noted {
            generation: now,
            proof: Arc::new(self.client.group_metadata()?),
            client: Arc::clone(&self.client),
        };
        self.noted = noted.holds().then_some(noted);
        self.noted.clone()
    }

    /// How many records came; callbacks run even where there is room for none.
    pub fn poll(&mut self, records_max: usize, name: &str) -> Result<usize, LogError> {
        let mut came = 0;
        while let Some(polled) = self.client.poll(Duration::ZERO) {
            match polled {
                Ok(message) => {
                    let record = headers::record(&self.input.topic, &message);
                    let buffer = self.buffers.entry(record.partition).or_default();
                    if record.offset >= buffer.wanted() {
                        buffer.records.push_back(record);
                        self.buffered += 1;
                        came += 1;
                    }
                }
                Err(error) if is_lost_position(&error) => self.find_again(&error)?,
                Err(error) => complain(&error, name)?,
            }
            if self.buffered >= records_max {
                break;
            }
        }
        Ok(came)
    }

    /// Lets a partition's records come from an offset on.
    pub fn start(&mut self, partition: u32, from: i64) -> Result<(), LogError> {
        self.forget(partition);
        let buffer = self.buffers.entry(partition).or_default();
        buffer.next = from;
        buffer.started = true;
        self.position(partition, from)?;
        let list = self.list(partition, Offset::Invalid)?;
        self.client.resume(&list).map_err(|error| failed(&error))
    }

    /// Sets where the client fetches next.
    fn position(&self, partition: u32, from: i64) -> Result<(), LogError> {
        let (client, topic) = (&self.client, &*self.input.topic);
        let sought = client.seek(topic, partition as i32, Offset::Offset(from), REQUEST);
        if sought.is_ok() {
            return Ok(());
        }
        // The client has given the partition up, or not begun with it: it asks the group for an offset
        // once, and takes one that waits for an open transaction for none. It is told.
        let list = self.list(partition, Offset::Offset(from))?;
        let taken = client.incremental_unassign(&list);
        taken
            .and_then(|()| client.incremental_assign(&list))
            .map_err(|error| failed(&error))
    }

    /// The client has no position for some partition: those that are started are told theirs again,
    /// unless their records are gone.
    fn find_again(&self, error: &KafkaError) -> Result<(), LogError> {
        let (group, topic) = (&self.input.group, &*self.input.topic);
        tracing::debug!(%error, topic, %group, "the client asks where it was");
        let started = self.buffers.iter().filter(|(_, buffer)| buffer.started);
        for (partition, buffer) in started {
            let client = &self.client;
            let (first, end) =
                patient(|| client.fetch_watermarks(topic, *partition as i32, REQUEST))?;
            let next = buffer.wanted();
            if !(first..=end).contains(&next) {
                let what = format!(
                    "group {group} goes on at offset {next} of {topic}-{partition}, which keeps {first} to {end}: run \
                     `topics check`, and restore what was deleted; nothing is skipped or read again by itself"
                );
                return Err(LogError::Storage(what.into()));
            }
            self.position(*partition, next)?;
        }
        Ok(())
    }

    pub fn changes(&mut self, changes: &mut Vec<Change>) {
        let noted = std::mem::take(&mut *self.client.context().decided());
        if !noted.is_empty() {
            // A group that was made anew counts its generations from the start.
            self.noted = None;
        }
        for one in noted {
            let topic = Arc::clone(&self.input.topic);
            changes.push(match one {
                Decided::Assigned(partition) => Change::Assigned { topic, partition },
                Decided::Revoked { partition, lost } => {
                    self.forget(partition);
                    Change::Revoked {
                        topic,
                        partition,
                        lost,
                    }
                }
            });
        }
    }

    pub fn forget(&mut self, partition: u32) {
        if let Some(buffer) = self.buffers.remove(&partition) {
            self.buffered -= buffer.records.len();
        }
    }

    pub fn list(&self, partition: u32, offset: Offset) -> Result<TopicPartitionList, LogError> {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&self.input.topic, partition as i32, offset)
            .map_err(|error| failed(&error))?;
        Ok(list)
    }
}

/// Whether the client does not know where to go on: the offset that it had is not there, or its group
/// had told it none.
fn is_lost_position(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange)
    )
}

fn complain(error: &KafkaError, name: &str) -> Result<(), LogError> {
    match error.rdkafka_error_code() {
        Some(RDKafkaErrorCode::FencedInstanceId) => Err(LogError::Fenced(name.into())),
        Some(RDKafkaErrorCode::Fatal) => Err(failed(error)),
        _ if matches!(error, KafkaError::MessageConsumptionFatal(_)) || is_damage(error) => {
            Err(failed(error))
        }
        _ => {
            tracing::debug!(%error, "consuming goes on");
            Ok(())
        }
    }
}

impl Consumer for Input {
    fn fetch(
        &mut self,
        partition: u32,
        from: i64,
        limit: FetchLimit,
        records: &mut Vec<Record>,
    ) -> Result<(), LogError> {
        let buffer = self.buffers.entry(partition).or_default();
        if buffer.next > from {
            // A turn is folded again whose records have been taken already.
            self.buffered -= buffer.records.len();
            buffer.records.clear();
            buffer.next = from;
            return self.position(partition, from);
        }
        let mut bytes = 0;
        while let Some(record) = buffer.records.front() {
            let size = record.key.len() + record.value.as_ref().map_or(0, Vec::len);
            if records.len() == limit.records || (bytes > 0 && bytes + size > limit.bytes) {
                break;
            }
            bytes += size;
            buffer.next = record.offset + 1;
            records.extend(buffer.records.pop_front());
            self.buffered -= 1;
        }
        Ok(())
    }

    fn is_empty(&mut self, partition: u32, from: i64, before: i64) -> Result<bool, LogError> {
        // Members read on; whether a range is empty is for readers to prove.
        let first = self
            .buffers
            .get(&partition)
            .and_then(|of| of.records.front());
        Ok(from >= before || first.is_some_and(|record| record.offset >= before))
    }

    fn end(&mut self, partition: u32) -> Result<i64, LogError> {
        let (client, topic) = (&self.client, &*self.input.topic);
        Ok(patient(|| client.fetch_watermarks(topic, partition as i32, REQUEST))?.1)
    }

    fn ends(&mut self) -> Result<Vec<i64>, LogError> {
        Err(LogError::Transaction(
            "members read on; readers ask where topics end",
        ))
    }

    fn start(&mut self, partition: u32) -> Result<i64, LogError> {
        let (client, topic) = (&self.client, &*self.input.topic);
        Ok(patient(|| client.fetch_watermarks(topic, partition as i32, REQUEST))?.0)
    }

    fn wait(&mut self, _at_most: Duration) {}
}
