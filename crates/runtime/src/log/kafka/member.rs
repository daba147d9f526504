//! A member of consumer groups, one per stage input, under one static name.
//!
//! Rebalance callbacks run inside [`Member::poll`] and only note what happened; a partition that is
//! assigned stays paused until its task is ready. Invariant: a commit carries the generation that
//! [`Member::note_memberships`] read between the last poll and the folding, or does not happen.

mod input;

use super::offsets::Memberships;
use super::producer::KafkaProducer;
use super::{Shared, failed};
use crate::log::{Consumer, LogError};
use crate::turn::MakeProducer;
use input::{Input, Noted, Rebalances};
use rdkafka::consumer::{Consumer as _, ConsumerGroupMetadata};
use rdkafka::topic_partition_list::Offset;
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
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

type Proofs = Arc<Mutex<BTreeMap<Arc<str>, Option<Noted>>>>;

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
                client: Arc::new(client),
                buffers: BTreeMap::new(),
                buffered: 0,
                noted: None,
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

    /// Takes what has come, waiting at most this long for the first of it. At most `records_max`
    /// records wait in all.
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
        Ok(changes)
    }

    /// Notes the memberships as of the last poll: what it brought is committed under them, or not at
    /// all. Call it before that is folded; each group costs a look into its client's own thread.
    pub fn note_memberships(&mut self) {
        let mut proofs = self.proofs.lock().unwrap_or_else(PoisonError::into_inner);
        for input in &mut self.inputs {
            let group = Arc::clone(&input.input.group);
            proofs.insert(group, input.membership());
        }
    }

    /// Lets an assigned partition's records come, from its task's position on.
    ///
    /// # Errors
    /// When the partition is not ours, or the cluster cannot be reached.
    pub fn start(&mut self, topic: &str, partition: u32, from: i64) -> Result<(), LogError> {
        self.input(topic)?.start(partition, from)
    }

    /// Keeps a partition's records from coming: its task has stopped.
    ///
    /// # Errors
    /// When there is no such input.
    pub fn hold(&mut self, topic: &str, partition: u32) -> Result<(), LogError> {
        let input = self.input(topic)?;
        let list = input.list(partition, Offset::Invalid)?;
        input.forget(partition);
        input.client.pause(&list).map_err(|error| failed(&error))
    }

    /// Whether there is something to fetch from a position on: records that wait, or records that were
    /// taken and have to come again, because what was made of them has not been committed.
    #[must_use]
    pub fn has_for(&self, topic: &str, partition: u32, position: i64) -> bool {
        let input = self
            .inputs
            .iter()
            .find(|input| &*input.input.topic == topic);
        let buffer = input.and_then(|input| input.buffers.get(&partition));
        buffer.is_some_and(|buffer| !buffer.records.is_empty() || buffer.next > position)
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
        let noted = proofs.get(group).and_then(Option::as_ref);
        match noted {
            Some(noted) if noted.holds() => Ok(Arc::clone(&noted.proof)),
            Some(_) => Err(LogError::Storage(
                format!("{group} has rebalanced since this was folded: nothing is committed")
                    .into(),
            )),
            None => Err(LogError::Storage(
                format!("membership of {group} has ended: nothing is committed").into(),
            )),
        }
    }
}
