//! A reader of one topic that belongs to no group.
//!
//! Invariant: it says that a range is empty only when the broker, asked after the question, had
//! nothing more to send of it.

use super::told::Told;
use super::watch::ends;
use super::{PATIENCE, REQUEST, Shared, failed, headers, is_damage, patient};
use crate::log::{Consumer, FetchLimit, LogError};
use crate::record::Record;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Records of a partition kept at most before its fetching pauses.
const BUFFERED_MAX: usize = 20_000;
const MOMENT: Duration = Duration::from_millis(50);

/// Reads one topic.
pub struct KafkaReader {
    shared: Arc<Shared>,
    client: BaseConsumer<Told>,
    topic: Arc<str>,
    partitions: BTreeMap<u32, Partition>,
}

#[derive(Default)]
struct Partition {
    buffer: VecDeque<Record>,
    /// What comes next when the buffer is empty.
    next: i64,
    /// The broker has said that there is nothing after what it sent.
    at_end: bool,
    paused: bool,
    /// Its offset is no longer kept.
    is_trimmed: bool,
}

impl KafkaReader {
    /// `rest`: how long a request for more waits at the broker.
    pub fn new(shared: &Arc<Shared>, topic: &str, rest: Duration) -> Result<Self, LogError> {
        Ok(Self {
            shared: Arc::clone(shared),
            client: shared.settings.reader("wattledger.reader", rest)?,
            topic: topic.into(),
            partitions: BTreeMap::new(),
        })
    }

    fn list(&self, partition: u32, offset: Offset) -> Result<TopicPartitionList, LogError> {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&self.topic, partition as i32, offset)
            .map_err(|error| failed(&error))?;
        Ok(list)
    }

    fn of(&mut self, partition: u32) -> &mut Partition {
        self.partitions.entry(partition).or_default()
    }

    /// Makes a partition's records come from an offset on.
    fn position(&mut self, partition: u32, from: i64) -> Result<(), LogError> {
        if let Some(known) = self.partitions.get_mut(&partition) {
            while known
                .buffer
                .front()
                .is_some_and(|record| record.offset < from)
            {
                let dropped = known.buffer.pop_front();
                known.next = dropped.map_or(known.next, |record| record.offset + 1);
            }
            if known.next <= from && (!known.buffer.is_empty() || known.next == from) {
                known.next = from;
                return Ok(());
            }
        }
        self.begin(partition, from)
    }

    /// Fetches anew: what was under way before is thrown away by the client.
    fn begin(&mut self, partition: u32, from: i64) -> Result<(), LogError> {
        let started = if self.partitions.contains_key(&partition) {
            patient(|| {
                let (topic, offset) = (&*self.topic, Offset::Offset(from));
                self.client.seek(topic, partition as i32, offset, REQUEST)
            })
        } else {
            let list = self.list(partition, Offset::Offset(from))?;
            self.client
                .incremental_assign(&list)
                .map_err(|error| failed(&error))
        };
        started?;
        let fresh = Partition {
            next: from,
            ..Partition::default()
        };
        let before = self.partitions.insert(partition, fresh);
        if before.is_some_and(|before| before.paused) {
            self.resume(partition)?;
        }
        Ok(())
    }

    /// Takes what the client has, waiting for the first of it.
    fn poll(&mut self, at_most: Duration) -> Result<(), LogError> {
        let mut wait = at_most;
        while let Some(polled) = self.client.poll(wait) {
            wait = Duration::ZERO;
            match polled {
                Ok(message) => {
                    let record = headers::record(&self.topic, &message);
                    let partition = record.partition;
                    let of = self.partitions.entry(partition).or_default();
                    if record.offset >= of.next {
                        of.at_end = false;
                        of.buffer.push_back(record);
                    }
                    if of.buffer.len() >= BUFFERED_MAX && !of.paused {
                        of.paused = true;
                        let list = self.list(partition, Offset::Invalid)?;
                        self.client.pause(&list).map_err(|error| failed(&error))?;
                        return Ok(());
                    }
                }
                Err(KafkaError::PartitionEOF(partition)) => {
                    self.of(partition as u32).at_end = true;
                }
                Err(error) => self.complain(&error)?,
            }
        }
        Ok(())
    }

    fn complain(&mut self, error: &KafkaError) -> Result<(), LogError> {
        if is_damage(error) {
            return Err(failed(error));
        }
        let lost = matches!(
            error.rdkafka_error_code(),
            Some(RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange)
        );
        if !lost {
            tracing::debug!(%error, topic = %self.topic, "reading goes on");
            return Ok(());
        }
        // The event does not say which: those whose offset is really gone are found by asking.
        let mut found = false;
        for partition in self.partitions.keys().copied().collect::<Vec<_>>() {
            let (start, end) = self.watermarks(partition)?;
            let of = self.of(partition);
            of.is_trimmed = of.buffer.is_empty() && (of.next < start || of.next > end);
            found |= of.is_trimmed;
        }
        if !found {
            tracing::debug!(%error, topic = %self.topic, "an offset was lost and is back");
        }
        Ok(())
    }

    fn watermarks(&self, partition: u32) -> Result<(i64, i64), LogError> {
        let (client, topic) = (&self.client, &*self.topic);
        patient(|| client.fetch_watermarks(topic, partition as i32, REQUEST))
    }

    fn resume(&mut self, partition: u32) -> Result<(), LogError> {
        let list = self.list(partition, Offset::Invalid)?;
        self.client.resume(&list).map_err(|error| failed(&error))?;
        self.of(partition).paused = false;
        Ok(())
    }

    fn check_kept(&mut self, partition: u32, from: i64) -> Result<(), LogError> {
        if !self.of(partition).is_trimmed {
            return Ok(());
        }
        let (start, _) = self.watermarks(partition)?;
        self.partitions.remove(&partition);
        let list = self.list(partition, Offset::Invalid)?;
        self.client
            .incremental_unassign(&list)
            .map_err(|error| failed(&error))?;
        Err(LogError::Trimmed {
            topic: self.topic.as_ref().into(),
            partition,
            asked: from,
            start,
        })
    }
}

impl Consumer for KafkaReader {
    fn fetch(
        &mut self,
        partition: u32,
        from: i64,
        limit: FetchLimit,
        records: &mut Vec<Record>,
    ) -> Result<(), LogError> {
        self.position(partition, from)?;
        if self.of(partition).buffer.is_empty() {
            self.poll(Duration::ZERO)?;
        }
        self.check_kept(partition, from)?;
        let of = self.of(partition);
        let (mut count, mut bytes) = (0, 0);
        while let Some(record) = of.buffer.front() {
            let size = record.key.len() + record.value.as_ref().map_or(0, Vec::len);
            if count == limit.records || (count > 0 && bytes + size > limit.bytes) {
                break;
            }
            (count, bytes) = (count + 1, bytes + size);
            of.next = record.offset + 1;
            records.extend(of.buffer.pop_front());
            if bytes >= limit.bytes {
                break;
            }
        }
        if of.paused && of.buffer.len() < BUFFERED_MAX / 2 {
            self.resume(partition)?;
        }
        Ok(())
    }

    fn is_empty(&mut self, partition: u32, from: i64, before: i64) -> Result<bool, LogError> {
        if from >= before {
            return Ok(true);
        }
        self.position(partition, from)?;
        self.poll(Duration::ZERO)?;
        if self.of(partition).buffer.is_empty() {
            self.begin(partition, from)?;
            let began = Instant::now();
            loop {
                self.poll(MOMENT)?;
                self.check_kept(partition, from)?;
                let of = self.of(partition);
                if of.at_end || !of.buffer.is_empty() {
                    break;
                }
                if began.elapsed() > PATIENCE {
                    let what = format!("{}/{partition} could not be read in time", self.topic);
                    return Err(LogError::Storage(what.into()));
                }
            }
        }
        let first = self.of(partition).buffer.front();
        Ok(first.is_none_or(|record| record.offset >= before))
    }

    fn end(&mut self, partition: u32) -> Result<i64, LogError> {
        Ok(self.watermarks(partition)?.1)
    }

    fn ends(&mut self) -> Result<Vec<i64>, LogError> {
        let partitions = self.shared.partitions(&self.topic)?;
        ends(&self.client, &self.topic, partitions)
    }

    fn undecided_end(&mut self, partition: u32) -> Result<i64, LogError> {
        self.shared.undecided_end(&self.topic, partition)
    }

    fn start(&mut self, partition: u32) -> Result<i64, LogError> {
        Ok(self.watermarks(partition)?.0)
    }

    fn wait(&mut self, at_most: Duration) {
        if self.partitions.values().any(|of| !of.buffer.is_empty()) {
            return;
        }
        if let Err(error) = self.poll(at_most) {
            tracing::debug!(%error, "waiting for records");
        }
    }
}
