//! The consumer of the embedded log.

use super::{Shared, Topic, keys, storage};
use crate::codec::Input;
use crate::log::{Cleanup, Consumer, FetchLimit, LogError, Visibility};
use crate::record::{Link, Record};
use rocksdb::{Direction, IteratorMode, ReadOptions};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// Reads one topic.
pub struct EmbeddedConsumer {
    shared: Arc<Shared>,
    name: Arc<str>,
    topic: Topic,
    visibility: Visibility,
}

impl EmbeddedConsumer {
    pub(super) const fn new(
        shared: Arc<Shared>,
        name: Arc<str>,
        topic: Topic,
        visibility: Visibility,
    ) -> Self {
        Self {
            shared,
            name,
            topic,
            visibility,
        }
    }

    fn visible(&self, partition: u32) -> i64 {
        let ends = self.shared.ends(self.topic.id, partition);
        match self.visibility {
            Visibility::Process => ends.committed,
            Visibility::Durable => ends.durable,
        }
    }

    fn decode(&self, partition: u32, offset: i64, body: &[u8]) -> Result<Record, LogError> {
        decoded(&self.name, partition, offset, body).ok_or_else(|| LogError::Corrupt {
            topic: self.name.as_ref().into(),
            partition,
            offset,
        })
    }

    /// Looked at only once an iterator stands on a moment of the log: trimming moves the start
    /// first and deletes then, so that a gap is always seen.
    fn check_kept(&self, partition: u32, asked: i64) -> Result<(), LogError> {
        let start = self.shared.ends(self.topic.id, partition).start;
        if asked >= start {
            return Ok(());
        }
        let topic = self.name.as_ref().into();
        Err(LogError::Trimmed {
            topic,
            partition,
            asked,
            start,
        })
    }

    /// A compacted partition is read whole and put in order: it holds one record a key.
    fn fetch_newest(&self, partition: u32, from: i64, end: i64) -> Result<Vec<Record>, LogError> {
        let prefix = keys::newest(self.topic.id, partition, &[]);
        let mut found = Vec::new();
        let mode = IteratorMode::From(&prefix, Direction::Forward);
        for entry in self.shared.db.iterator(mode) {
            let (key, value) = entry.map_err(storage)?;
            if !key.starts_with(&prefix) {
                break;
            }
            let Some((offset, body)) = value.split_first_chunk::<8>() else {
                continue;
            };
            let offset = i64::from_be_bytes(*offset);
            if offset >= from && offset < end {
                found.push(self.decode(partition, offset, body)?);
            }
        }
        found.sort_by_key(|record| record.offset);
        Ok(found)
    }
}

impl Consumer for EmbeddedConsumer {
    fn fetch(
        &mut self,
        partition: u32,
        from: i64,
        limit: FetchLimit,
        records: &mut Vec<Record>,
    ) -> Result<(), LogError> {
        let end = self.visible(partition);
        if from >= end {
            return Ok(());
        }
        if self.topic.settings.cleanup == Cleanup::Compact {
            let newest = self.fetch_newest(partition, from, end)?;
            records.extend(newest.into_iter().take(limit.records));
            return Ok(());
        }
        let first = keys::record(self.topic.id, partition, from);
        let mut reading = ReadOptions::default();
        reading.set_iterate_upper_bound(keys::record(self.topic.id, partition, end));
        let mode = IteratorMode::From(&first, Direction::Forward);
        let entries = self.shared.db.iterator_opt(mode, reading);
        self.check_kept(partition, from)?;
        let mut bytes = 0;
        for entry in entries.take(limit.records) {
            let (key, value) = entry.map_err(storage)?;
            let offset = keys::number(&key).unwrap_or(0);
            bytes += value.len();
            records.push(self.decode(partition, offset, &value)?);
            if bytes >= limit.bytes {
                break;
            }
        }
        Ok(())
    }

    fn end(&mut self, partition: u32) -> Result<i64, LogError> {
        Ok(self.visible(partition))
    }

    fn ends(&mut self) -> Result<Vec<i64>, LogError> {
        let partitions = 0..self.topic.settings.partitions;
        Ok(partitions
            .map(|partition| self.visible(partition))
            .collect())
    }

    fn start(&mut self, partition: u32) -> Result<i64, LogError> {
        Ok(self.shared.ends(self.topic.id, partition).start)
    }

    fn deletions_from(&mut self, partition: u32) -> Result<i64, LogError> {
        Ok(self.shared.ends(self.topic.id, partition).purged)
    }

    fn wait(&mut self, at_most: Duration) {
        let state = self.shared.lock();
        let waited = self.shared.changed.wait_timeout(state, at_most);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}

fn decoded(topic: &Arc<str>, partition: u32, offset: i64, body: &[u8]) -> Option<Record> {
    let mut input = Input(body);
    let key = input.bytes()?.to_vec();
    let value = match input.varint()? {
        0 => None,
        _ => Some(input.bytes()?.to_vec()),
    };
    let link = match input.varint()? {
        0 => None,
        _ => Some(Link {
            source: input.text()?.into(),
            epoch: u32::try_from(input.varint()?).ok()?,
            sequence: input.varint()?,
            event: (input.signed()?, u32::try_from(input.varint()?).ok()?),
        }),
    };
    let mut headers = Vec::new();
    for _ in 0..input.varint()? {
        headers.push((input.text()?.into(), input.bytes()?.to_vec()));
    }
    Some(Record {
        topic: Arc::clone(topic),
        partition,
        offset,
        key,
        value,
        link,
        headers,
    })
}
