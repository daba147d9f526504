//! A member of consumer groups, one per stage input, under one static name.
//!
//! Rebalance callbacks run inside [`Member::poll`] and only note what happened; a partition that is
//! assigned stays paused until its task is ready. Invariant: a commit carries the generation that
//! was read right after the last poll, or does not happen.

use super::offsets::Memberships;
use super::producer::KafkaProducer;
use super::told::logged;
use super::{REQUEST, Shared, failed, generation, headers, is_damage, patient};
use crate::log::{Consumer, FetchLimit, LogError};
use crate::record::Record;
use crate::turn::MakeProducer;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{
    BaseConsumer, Consumer as _, ConsumerContext, ConsumerGroupMetadata, Rebalance,
};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A group and the topic that it reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupInput {
    /// The group.
    pub group: Arc<str>,
    /// The topic.
    pub topic: Arc<str>,
}

/// What a group has decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A partition is ours from now on; paused until [`Member::start`].
    Assigned {
        /// The topic.
        topic: Arc<str>,
        /// The partition.
        partition: u32,
    },
    /// A partition is no longer ours.
    Revoked {
        /// The topic.
        topic: Arc<str>,
        /// The partition.
        partition: u32,
        /// Others may have it already.
        lost: bool,
    },
}

type Proofs = Arc<Mutex<BTreeMap<Arc<str>, Option<Arc<ConsumerGroupMetadata>>>>>;

/// A member of several groups.
pub struct Member {
    shared: Arc<Shared>,
    name: Arc<str>,
    inputs: Vec<Input>,
    proofs: Proofs,
    bell: Arc<Bell>,
}

/// Rung when a client has something.
#[derive(Default)]
struct Bell {
    rung: Mutex<bool>,
    signal: Condvar,
}

impl Bell {
    fn ring(&self) {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.signal.notify_all();
    }

    /// Waits for the next ring, or one since the last wait.
    fn wait(&self, at_most: Duration) {
        let rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.signal.wait_timeout_while(rung, at_most, |rung| !*rung);
        let (mut rung, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *rung = false;
    }
}

/// One group's client.
struct Input {
    input: GroupInput,
    client: BaseConsumer<Rebalances>,
    buffers: BTreeMap<u32, Buffer>,
    /// Records buffered over all partitions.
    buffered: usize,
}

#[derive(Default)]
struct Buffer {
    records: VecDeque<Record>,
    next: i64,
}

/// What rebalance callbacks have noted.
#[derive(Default)]
struct Rebalances {
    noted: Mutex<Vec<Noted>>,
}

enum Noted {
    Assigned(u32),
    Revoked { partition: u32, lost: bool },
}

impl Rebalances {
    fn noted(&self) -> MutexGuard<'_, Vec<Noted>> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
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
            self.noted()
                .extend(partitions.iter().map(|element| Noted::Revoked {
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
                let assigned = |partition: i32| Noted::Assigned(partition as u32);
                self.noted().extend(
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

impl Member {
    pub(super) fn join(
        shared: &Arc<Shared>,
        name: &str,
        inputs: &[GroupInput],
    ) -> Result<Self, LogError> {
        let bell = Arc::new(Bell::default());
        let mut joined = Vec::new();
        for input in inputs {
            shared.partitions(&input.topic)?;
            let context = Rebalances::default();
            let mut client = shared.settings.member(&input.group, name, context)?;
            let rung = Arc::clone(&bell);
            client.set_nonempty_callback(move || rung.ring());
            client
                .subscribe(&[&input.topic])
                .map_err(|error| failed(&error))?;
            joined.push(Input {
                input: input.clone(),
                client,
                buffers: BTreeMap::new(),
                buffered: 0,
            });
        }
        Ok(Self {
            shared: Arc::clone(shared),
            name: name.into(),
            inputs: joined,
            proofs: Arc::default(),
            bell,
        })
    }

    /// Its name: of its memberships and of its producer.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// What makes its producer, whose offsets carry the memberships; a new one fences the older.
    #[must_use]
    pub fn producers(&self) -> MakeProducer {
        let (shared, name) = (Arc::clone(&self.shared), Arc::clone(&self.name));
        let proofs = Arc::clone(&self.proofs);
        Box::new(move || {
            let proofs = Box::new(Proven(Arc::clone(&proofs)));
            Ok(Box::new(KafkaProducer::new(&shared, &name, proofs)?))
        })
    }

    /// Takes what has come, waiting at most this long for the first of it; then notes the
    /// memberships. At most `records_max` records wait in all.
    ///
    /// # Errors
    /// [`LogError::Fenced`] when another member has the name; otherwise the cluster.
    pub fn poll(&mut self, at_most: Duration, records_max: usize) -> Result<Vec<Change>, LogError> {
        let began = Instant::now();
        let mut changes = Vec::new();
        loop {
            let mut came = 0;
            for input in &mut self.inputs {
                came += input.poll(records_max, &self.name)?;
                input.changes(&mut changes);
            }
            let left = at_most.saturating_sub(began.elapsed());
            if came > 0 || !changes.is_empty() || left.is_zero() {
                break;
            }
            self.bell.wait(left);
        }
        let mut proofs = self.proofs.lock().unwrap_or_else(PoisonError::into_inner);
        for input in &self.inputs {
            proofs.insert(Arc::clone(&input.input.group), input.proof());
        }
        drop(proofs);
        Ok(changes)
    }

    /// Records that wait for a partition's task.
    #[must_use]
    pub fn waiting(&self, topic: &str, partition: u32) -> usize {
        let input = self
            .inputs
            .iter()
            .find(|input| &*input.input.topic == topic);
        let buffer = input.and_then(|input| input.buffers.get(&partition));
        buffer.map_or(0, |buffer| buffer.records.len())
    }

    /// Lets an assigned partition's records come, from its task's position on.
    ///
    /// # Errors
    /// When the partition is not ours, or the cluster cannot be reached.
    pub fn start(&mut self, topic: &str, partition: u32, from: i64) -> Result<(), LogError> {
        let input = self.input(topic)?;
        let buffer = input.buffers.entry(partition).or_default();
        buffer.next = from;
        let list = input.list(partition)?;
        input.client.resume(&list).map_err(|error| failed(&error))
    }

    /// Keeps a partition's records from coming: its task has stopped.
    ///
    /// # Errors
    /// When there is no such input.
    pub fn hold(&mut self, topic: &str, partition: u32) -> Result<(), LogError> {
        let input = self.input(topic)?;
        let list = input.list(partition)?;
        input.forget(partition);
        input.client.pause(&list).map_err(|error| failed(&error))
    }

    /// How many records wait in all.
    #[must_use]
    pub fn waiting_in_all(&self) -> usize {
        self.inputs.iter().map(|input| input.buffered).sum()
    }

    /// Reads the records that wait for the tasks of a topic.
    ///
    /// # Errors
    /// When there is no such input.
    pub fn consumer(&mut self, topic: &str) -> Result<&mut dyn Consumer, LogError> {
        Ok(self.input(topic)?)
    }

    fn input(&mut self, topic: &str) -> Result<&mut Input, LogError> {
        self.inputs
            .iter_mut()
            .find(|input| &*input.input.topic == topic)
            .ok_or_else(|| LogError::UnknownTopic(topic.into()))
    }
}

struct Proven(Proofs);

impl Memberships for Proven {
    fn proof(&self, group: &str) -> Result<Arc<ConsumerGroupMetadata>, LogError> {
        let proofs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let proof = proofs.get(group).cloned().flatten();
        proof.ok_or_else(|| {
            LogError::Storage(
                format!("membership of {group} has ended: nothing is committed").into(),
            )
        })
    }
}

impl Input {
    /// The membership as of now, if its generation is certain.
    fn proof(&self) -> Option<Arc<ConsumerGroupMetadata>> {
        let before = generation::of(&self.client)?;
        let proof = self.client.group_metadata()?;
        (generation::of(&self.client)? == before).then(|| Arc::new(proof))
    }

    /// How many records came.
    fn poll(&mut self, records_max: usize, name: &str) -> Result<usize, LogError> {
        let mut came = 0;
        while self.buffered < records_max {
            let Some(polled) = self.client.poll(Duration::ZERO) else {
                break;
            };
            match polled {
                Ok(message) => {
                    let record = headers::record(&self.input.topic, &message);
                    let buffer = self.buffers.entry(record.partition).or_default();
                    if record.offset >= buffer.next {
                        buffer.records.push_back(record);
                        self.buffered += 1;
                        came += 1;
                    }
                }
                Err(error) => complain(&error, &self.input, name)?,
            }
        }
        Ok(came)
    }

    fn changes(&mut self, changes: &mut Vec<Change>) {
        let noted = std::mem::take(&mut *self.client.context().noted());
        for one in noted {
            let topic = Arc::clone(&self.input.topic);
            changes.push(match one {
                Noted::Assigned(partition) => Change::Assigned { topic, partition },
                Noted::Revoked { partition, lost } => {
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

    fn forget(&mut self, partition: u32) {
        if let Some(buffer) = self.buffers.remove(&partition) {
            self.buffered -= buffer.records.len();
        }
    }

    fn list(&self, partition: u32) -> Result<TopicPartitionList, LogError> {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&self.input.topic, partition as i32, Offset::Invalid)
            .map_err(|error| failed(&error))?;
        Ok(list)
    }
}

fn complain(error: &KafkaError, input: &GroupInput, name: &str) -> Result<(), LogError> {
    match error.rdkafka_error_code() {
        Some(RDKafkaErrorCode::FencedInstanceId) => Err(LogError::Fenced(name.into())),
        Some(RDKafkaErrorCode::Fatal) => Err(failed(error)),
        Some(RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange) => {
            let (group, topic) = (&input.group, &input.topic);
            let what = format!(
                "group {group} has no offset in {topic} that is still kept: run `topics check`, and restore what was \
                 deleted; nothing is skipped or read again by itself ({error})"
            );
            Err(LogError::Storage(what.into()))
        }
        _ if matches!(error, KafkaError::MessageConsumptionFatal(_)) || is_damage(error) => {
            Err(failed(error))
        }
        _ => {
            tracing::debug!(%error, topic = %input.topic, "consuming goes on");
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
            let (client, topic) = (&self.client, &*self.input.topic);
            return patient(|| client.seek(topic, partition as i32, Offset::Offset(from), REQUEST));
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
