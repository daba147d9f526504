//! What the embedded log forgets: records older than their topic keeps them, and deletions of
//! compacted topics once everybody has had a day to see them.
//!
//! The age of a record counts from the first mark after the log took it, never from what it says
//! of itself: a replayed year is as young as the day it was replayed. Invariant: nothing goes that
//! a group has still to read, that lies past the caller's floor, or that is not durable.

use super::{Clock, EmbeddedLog, Shared, keys, storage};
use crate::codec::Input;
use crate::log::{Cleanup, Log, LogError};
use rocksdb::{IteratorMode, ReadOptions, WriteBatch};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Deletions of a compacted topic are kept this many milliseconds: a day, as Kafka's
/// `delete.retention.ms`. A copy that has not followed for longer is made again from the start.
pub const DELETIONS_KEPT: i64 = 86_400_000;

/// Deletions purged under one lock: bounds how long commits wait.
const PURGED_AT_ONCE: usize = 1_000;

/// What the log has forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retained {
    /// What the time was taken for; only a steady clock makes the log forget.
    pub clock: Clock,
    /// Partitions that have lost something, by topic.
    pub trimmed: Vec<Trimmed>,
}

/// What a partition has lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trimmed {
    /// The topic.
    pub topic: Arc<str>,
    /// The partition.
    pub partition: u32,
    /// Offsets that are no longer kept; of a compacted topic deletions.
    pub gone: i64,
}

impl EmbeddedLog {
    /// Marks the time, in milliseconds since 1970, and forgets what is older than each topic's
    /// [`Cleanup`] says; `floor` gives the offset past which a partition is not trimmed.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn retain(&self, at: i64, floor: &dyn Fn(&str, u32) -> i64) -> Result<Retained, LogError> {
        let clock = self.mark(at)?;
        let mut trimmed = Vec::new();
        if clock != Clock::Steady {
            return Ok(Retained { clock, trimmed });
        }
        let topics: BTreeMap<_, _> = self.shared.topics.iter().collect();
        for (name, topic) in topics {
            for partition in 0..topic.settings.partitions {
                let gone = match topic.settings.cleanup {
                    Cleanup::Retain(kept) => {
                        let start = self.shared.ends(topic.id, partition).start;
                        let (time, floor) = (at.saturating_sub(kept), floor(name, partition));
                        self.trim_before(name, partition, time, floor)? - start
                    }
                    Cleanup::Compact => {
                        self.purge_before(name, partition, at.saturating_sub(DELETIONS_KEPT))?
                    }
                };
                if gone > 0 {
                    let topic = Arc::clone(name);
                    trimmed.push(Trimmed {
                        topic,
                        partition,
                        gone,
                    });
                }
            }
        }
        self.sync()?;
        self.give_back(&trimmed)?;
        Ok(Retained { clock, trimmed })
    }

    /// Deletes records before an offset, never past what a group has still to read; gives the first
    /// offset kept.
    ///
    /// # Errors
    /// [`LogError::UnknownTopic`], or the disk.
    pub fn trim(&self, topic: &str, partition: u32, before: i64) -> Result<i64, LogError> {
        let (_, topic) = self.shared.topic(topic)?;
        if topic.settings.cleanup == Cleanup::Compact {
            return Ok(0);
        }
        let slowest = self.shared.slowest_group(topic.id, partition)?;
        let mut state = self.shared.lock();
        let ends = state.ends.entry((topic.id, partition)).or_default();
        let before = before.min(slowest.unwrap_or(i64::MAX)).min(ends.durable);
        if before <= ends.start {
            return Ok(ends.start);
        }
        ends.start = before;
        state.unsynced += 1;
        let mut batch = WriteBatch::default();
        let from = keys::record(topic.id, partition, 0);
        batch.delete_range(from, keys::record(topic.id, partition, before));
        batch.put(keys::start(topic.id, partition), before.to_be_bytes());
        self.shared.db.write(batch).map_err(storage)?;
        Ok(before)
    }

    /// Deletes records that were there at a time, up to the floor, within what [`Self::trim`]
    /// allows; gives the first offset kept. As fine as the marks.
    ///
    /// # Errors
    /// [`LogError::UnknownTopic`], or the disk.
    pub fn trim_before(
        &self,
        topic: &str,
        partition: u32,
        time: i64,
        floor: i64,
    ) -> Result<i64, LogError> {
        let id = self.shared.topic(topic)?.1.id;
        let Some((marked, next)) = self.shared.mark_at(id, partition, time)? else {
            return Ok(self.shared.ends(id, partition).start);
        };
        let start = self.trim(topic, partition, next.min(floor))?;
        if start >= next {
            self.shared.forget_marks(id, partition, marked)?;
        }
        Ok(start)
    }

    /// Forgets the keys of a compacted topic that were deleted at a time and have not come back;
    /// gives how many. A topic that is not compacted has none.
    ///
    /// # Errors
    /// [`LogError::UnknownTopic`], or the disk.
    pub fn purge_before(&self, topic: &str, partition: u32, time: i64) -> Result<i64, LogError> {
        let (_, topic) = self.shared.topic(topic)?;
        let mark = self.shared.mark_at(topic.id, partition, time)?;
        let Some((marked, next)) = mark.filter(|_| topic.settings.cleanup == Cleanup::Compact)
        else {
            return Ok(0);
        };
        let mut gone = 0;
        while let Some(purged) = self.shared.purge_some(topic.id, partition, next)? {
            gone += purged;
        }
        self.shared.forget_marks(topic.id, partition, marked)?;
        Ok(gone)
    }

    /// Gives the disk back what lies wholly in files of its own; only once the new starts are
    /// durable, since files do not come back after a power loss.
    fn give_back(&self, trimmed: &[Trimmed]) -> Result<(), LogError> {
        for Trimmed {
            topic, partition, ..
        } in trimmed
        {
            let topic = self.shared.topic(topic)?.1;
            let start = self.shared.ends(topic.id, *partition).start;
            if topic.settings.cleanup == Cleanup::Compact || start == 0 {
                continue;
            }
            let first = keys::record(topic.id, *partition, 0);
            let last = keys::record(topic.id, *partition, start - 1);
            let deleted = self.shared.db.delete_file_in_range(first, last);
            deleted.map_err(storage)?;
        }
        Ok(())
    }
}

impl Shared {
    fn slowest_group(&self, topic: u16, partition: u32) -> Result<Option<i64>, LogError> {
        let mut slowest: Option<i64> = None;
        for entry in self.db.prefix_iterator([keys::GROUP]) {
            let (key, value) = entry.map_err(storage)?;
            if key.first() != Some(&keys::GROUP) {
                break;
            }
            if key.ends_with(&keys::partition_suffix(topic, partition))
                && let Some(next) = Input(&value).signed()
            {
                slowest = Some(slowest.map_or(next, |slowest| slowest.min(next)));
            }
        }
        Ok(slowest)
    }

    /// Marks before the newest that was used say nothing more.
    fn forget_marks(&self, topic: u16, partition: u32, before: i64) -> Result<(), LogError> {
        let first = keys::mark(topic, partition, 0);
        if self.mark_at(topic, partition, before - 1)?.is_none() {
            return Ok(());
        }
        let mut batch = WriteBatch::default();
        batch.delete_range(first, keys::mark(topic, partition, before));
        self.db.write(batch).map_err(storage)
    }

    /// Purges the oldest deletions before an offset, some at once; `None` when there are none left.
    fn purge_some(&self, topic: u16, partition: u32, before: i64) -> Result<Option<i64>, LogError> {
        let mut state = self.lock();
        let ends = state.ends.entry((topic, partition)).or_default();
        let mut reading = ReadOptions::default();
        reading.set_iterate_lower_bound(keys::deletion(topic, partition, 0));
        let before = before.min(ends.durable);
        reading.set_iterate_upper_bound(keys::deletion(topic, partition, before));
        let mut batch = WriteBatch::default();
        let (mut gone, mut purged) = (0, None);
        let noted = self.db.iterator_opt(IteratorMode::Start, reading);
        for entry in noted.take(PURGED_AT_ONCE) {
            let (note, key) = entry.map_err(storage)?;
            let offset = keys::number(&note).unwrap_or(0);
            let newest = keys::newest(topic, partition, &key);
            let stored = self.db.get_pinned(&newest).map_err(storage)?;
            if stored.is_some_and(|stored| stored.starts_with(&offset.to_be_bytes())) {
                batch.delete(newest);
                gone += 1;
            }
            batch.delete(note);
            purged = Some(offset + 1);
        }
        let Some(purged) = purged else {
            return Ok(None);
        };
        ends.purged = ends.purged.max(purged);
        batch.put(keys::purged(topic, partition), ends.purged.to_be_bytes());
        state.unsynced += 1;
        self.db.write(batch).map_err(storage)?;
        Ok(Some(gone))
    }
}
