//! Looking at a whole input at once: where its partitions end, and whether anything but markers lies
//! between two offsets of them.
//!
//! Invariant: a range is called empty only when the broker, asked anew from its beginning, had
//! nothing to send before the end that was known when it was asked.

use super::told::Told;
use super::{PATIENCE, REQUEST, Shared, failed, patient};
use crate::log::LogError;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::Message as _;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a request for more rests at the broker.
const REST: Duration = Duration::from_millis(2);
const MOMENT: Duration = Duration::from_millis(2);

/// Watches one topic.
pub struct TopicWatch {
    shared: Arc<Shared>,
    client: BaseConsumer<Told>,
    topic: Arc<str>,
    partitions: u32,
}

/// Offsets of a partition, from the first on before the second.
pub type Range = (i64, i64);

impl TopicWatch {
    pub(super) fn new(shared: &Arc<Shared>, topic: &str) -> Result<Self, LogError> {
        Ok(Self {
            client: shared.settings.reader("wattledger.reader", REST)?,
            partitions: shared.partitions(topic)?,
            shared: Arc::clone(shared),
            topic: topic.into(),
        })
    }

    /// Where every partition ends: what is visible, and what is there with open transactions.
    ///
    /// # Errors
    /// When the cluster does not answer.
    pub fn ends(&self) -> Result<Vec<(i64, i64)>, LogError> {
        // First what is visible: it never is more than what is there a moment later.
        let visible = ends(&self.client, &self.topic, self.partitions)?;
        let there = ends(&self.shared.undecided, &self.topic, self.partitions)?;
        Ok(visible.into_iter().zip(there).collect())
    }

    /// Whether all these ranges, by partition, hold nothing but markers and gaps.
    ///
    /// # Errors
    /// When the cluster does not answer.
    pub fn are_empty(&mut self, ranges: &BTreeMap<u32, Range>) -> Result<bool, LogError> {
        if ranges.is_empty() {
            return Ok(true);
        }
        let mut list = TopicPartitionList::new();
        for (partition, (from, _)) in ranges {
            list.add_partition_offset(&self.topic, *partition as i32, Offset::Offset(*from))
                .map_err(|error| failed(&error))?;
        }
        self.client
            .incremental_assign(&list)
            .map_err(|error| failed(&error))?;
        let found = self.look(ranges);
        self.client
            .incremental_unassign(&list)
            .map_err(|error| failed(&error))?;
        // What was on its way belongs to no later question.
        while self.client.poll(Duration::ZERO).is_some() {}
        found
    }

    fn look(&self, ranges: &BTreeMap<u32, Range>) -> Result<bool, LogError> {
        let began = Instant::now();
        let mut open: Vec<u32> = ranges.keys().copied().collect();
        while !open.is_empty() {
            match self.client.poll(MOMENT) {
                Some(Ok(message)) => {
                    let partition = message.partition() as u32;
                    let range = ranges.get(&partition);
                    if range.is_some_and(|(_, before)| message.offset() < *before) {
                        return Ok(false);
                    }
                    open.retain(|one| *one != partition);
                }
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    open.retain(|one| *one != partition as u32);
                }
                Some(Err(error)) => {
                    tracing::debug!(%error, topic = %self.topic, "looking goes on");
                }
                None => {}
            }
            if began.elapsed() > PATIENCE {
                let what = format!("{} could not be looked at in time", self.topic);
                return Err(LogError::Storage(what.into()));
            }
        }
        Ok(true)
    }
}

/// Where partitions end as a client sees them, in one request.
pub(super) fn ends(
    client: &BaseConsumer<Told>,
    topic: &str,
    partitions: u32,
) -> Result<Vec<i64>, LogError> {
    let found = patient(|| {
        let mut asked = TopicPartitionList::new();
        for partition in 0..partitions {
            asked.add_partition_offset(topic, partition as i32, Offset::End)?;
        }
        let found = client.offsets_for_times(asked, REQUEST)?;
        for element in found.elements() {
            element.error()?;
        }
        Ok(found)
    })?;
    let of = |partition: u32| match found.find_partition(topic, partition as i32)?.offset() {
        Offset::Offset(end) => Some(end),
        Offset::Beginning
        | Offset::End
        | Offset::Stored
        | Offset::Invalid
        | Offset::OffsetTail(_) => None,
    };
    (0..partitions)
        .map(|partition| {
            let what = format!("{topic}/{partition} has no end");
            of(partition).ok_or_else(|| LogError::Storage(what.into()))
        })
        .collect()
}
