//! What a log must do: transactions that are seen whole or not at all, by producers that fence.
//!
//! Nothing here is more than Kafka and librdkafka can do: offsets commit only inside a transaction,
//! a producer fences older ones of its id, results can be indefinite, assignments change at a poll.

pub mod embedded;
pub mod kafka;
#[cfg(feature = "testing")]
pub mod simulated;
pub mod syncing;

use crate::record::{Outgoing, Record};
use std::sync::Arc;
use std::time::Duration;

/// How a topic is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopicSettings {
    /// Fixed for ever: a key must keep its partition.
    pub partitions: u32,
    /// What is kept.
    pub cleanup: Cleanup,
}

/// What a topic keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleanup {
    /// Every record, for this many milliseconds at least.
    Retain(i64),
    /// The newest record of every key.
    Compact,
}

/// Which committed records a reader sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// What would survive a power loss: for everything that acts on or shows it to the outside.
    Durable,
    /// What this process has committed: for its own stages.
    Process,
}

/// A log: partitioned topics, groups of consumers, transactional producers.
pub trait Log: Send + Sync {
    /// How many partitions a topic has.
    ///
    /// # Errors
    /// [`LogError::UnknownTopic`].
    fn partitions(&self, topic: &str) -> Result<u32, LogError>;

    /// A transactional producer; older ones of the same id are fenced from now on.
    ///
    /// # Errors
    /// When the log cannot be reached.
    fn producer(&self, transactional_id: &str) -> Result<Box<dyn Producer>, LogError>;

    /// A reader of a topic's partitions.
    ///
    /// # Errors
    /// [`LogError::UnknownTopic`].
    fn consumer(&self, topic: &str, visibility: Visibility) -> Result<Box<dyn Consumer>, LogError>;

    /// The next offset that a group has to read of each partition; `None` where it has never
    /// committed. A transaction that is being decided is waited for.
    ///
    /// # Errors
    /// When the log cannot be reached.
    fn committed(&self, group: &str, topic: &str) -> Result<Vec<Option<i64>>, LogError>;

    /// Makes everything committed so far durable. On Kafka a commit is durable by itself.
    ///
    /// # Errors
    /// When the disk refuses: nothing may be trusted then.
    fn sync(&self) -> Result<(), LogError>;
}

/// Reads committed records of one topic.
pub trait Consumer: Send {
    /// Appends records of a partition from an offset on: fewer or none when there are no more yet, or
    /// none have come yet. Whether there are none is for [`Consumer::is_empty`] to say.
    ///
    /// # Errors
    /// [`LogError::Trimmed`] when the offset is no longer kept.
    fn fetch(
        &mut self,
        partition: u32,
        from: i64,
        limit: FetchLimit,
        records: &mut Vec<Record>,
    ) -> Result<(), LogError>;

    /// Whether no record is visible from an offset on before another: there may be markers, gaps and
    /// aborted records. Waits for the answer.
    ///
    /// # Errors
    /// As [`Consumer::fetch`].
    fn is_empty(&mut self, partition: u32, from: i64, before: i64) -> Result<bool, LogError> {
        let limit = FetchLimit {
            records: 1,
            bytes: 1,
        };
        let mut first = Vec::new();
        self.fetch(partition, from, limit, &mut first)?;
        Ok(first.iter().all(|record| record.offset >= before))
    }

    /// The offset after the last record that is visible.
    ///
    /// # Errors
    /// When the log cannot be reached.
    fn end(&mut self, partition: u32) -> Result<i64, LogError>;

    /// The same of every partition.
    ///
    /// # Errors
    /// When the log cannot be reached.
    fn ends(&mut self) -> Result<Vec<i64>, LogError>;

    /// Where a partition ends once every transaction that is open now has been decided.
    ///
    /// # Errors
    /// When the log cannot be reached.
    fn undecided_end(&mut self, partition: u32) -> Result<i64, LogError> {
        self.end(partition)
    }

    /// The first offset that is still kept.
    ///
    /// # Errors
    /// When the log cannot be reached.
    fn start(&mut self, partition: u32) -> Result<i64, LogError>;

    /// Deletions of a compacted topic before this offset may be gone: who has a copy made of records
    /// up to an earlier one makes it again from the start. 0 also when a log cannot tell; then the
    /// age of the copy decides.
    ///
    /// # Errors
    /// When the log cannot be reached.
    fn deletions_from(&mut self, _partition: u32) -> Result<i64, LogError> {
        Ok(0)
    }

    /// Waits until something new may be visible, at most this long.
    fn wait(&mut self, at_most: Duration);
}

/// Calls back for every record visible from an offset on before another, in order.
///
/// # Errors
/// As [`Consumer::fetch`].
pub fn read(
    consumer: &mut dyn Consumer,
    partition: u32,
    (from, before): (i64, i64),
    each: &mut dyn FnMut(Record),
) -> Result<(), LogError> {
    const PIECE: FetchLimit = FetchLimit {
        records: 10_000,
        bytes: 32 << 20,
    };
    let mut next = from;
    let mut records = Vec::new();
    while next < before {
        consumer.fetch(partition, next, PIECE, &mut records)?;
        match records.last() {
            Some(last) => next = last.offset + 1,
            None if consumer.is_empty(partition, next, before)? => return Ok(()),
            None => {}
        }
        for record in records.drain(..).filter(|record| record.offset < before) {
            each(record);
        }
    }
    Ok(())
}

/// How much to fetch at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchLimit {
    /// Records.
    pub records: usize,
    /// Bytes; at least one record is returned however large.
    pub bytes: usize,
}

/// Sends records and consumed offsets in transactions.
pub trait Producer: Send {
    /// Opens a transaction.
    ///
    /// # Errors
    /// [`LogError::Fenced`] when a newer producer of this id exists.
    fn begin(&mut self) -> Result<(), LogError>;

    /// Adds a record.
    ///
    /// # Errors
    /// [`LogError::UnknownTopic`].
    fn send(&mut self, record: Outgoing) -> Result<(), LogError>;

    /// Adds a key's new value to a compacted topic; `None` deletes it.
    ///
    /// # Errors
    /// [`LogError::UnknownTopic`].
    fn change(
        &mut self,
        topic: &Arc<str>,
        partition: u32,
        key: &[u8],
        value: Option<&[u8]>,
    ) -> Result<(), LogError> {
        let record = Outgoing::keyed(topic, key.to_vec(), Vec::new()).to_partition(partition);
        self.send(Outgoing {
            value: value.map(<[u8]>::to_vec),
            ..record
        })
    }

    /// Adds the next offset that a group has to read.
    ///
    /// # Errors
    /// When no transaction is open.
    fn send_offset(&mut self, offset: GroupOffset) -> Result<(), LogError>;

    /// Commits; all of it is visible or none.
    ///
    /// # Errors
    /// [`CommitError::Aborted`]: none of it is. [`CommitError::Indefinite`]: unknown; make a new
    /// producer of this id and read the committed offsets.
    fn commit(&mut self) -> Result<Vec<PartitionEnd>, CommitError>;

    /// Drops an open transaction.
    fn abort(&mut self);
}

/// How far a group has read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupOffset {
    /// The group.
    pub group: Arc<str>,
    /// The topic.
    pub topic: Arc<str>,
    /// The partition.
    pub partition: u32,
    /// The next offset to read.
    pub next: i64,
}

/// Where a partition ends after a commit that wrote to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionEnd {
    /// The topic.
    pub topic: Arc<str>,
    /// The partition.
    pub partition: u32,
    /// The offset after the last record of the commit.
    pub next: i64,
}

/// What a log could not do.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// No such topic.
    #[error("topic `{0}` does not exist")]
    UnknownTopic(Box<str>),
    /// Another partition count than the one it was created with.
    #[error("topic `{topic}` has {found} partitions, not {wanted}: a key would move")]
    Partitions {
        /// The topic.
        topic: Box<str>,
        /// As created.
        found: u32,
        /// As asked for.
        wanted: u32,
    },
    /// The records are gone.
    #[error("`{topic}` partition {partition} begins at {start}: offset {asked} is no longer kept")]
    Trimmed {
        /// The topic.
        topic: Box<str>,
        /// The partition.
        partition: u32,
        /// What was asked for.
        asked: i64,
        /// What is first.
        start: i64,
    },
    /// A newer producer has this id.
    #[error("producer `{0}` was fenced by a newer one")]
    Fenced(Box<str>),
    /// No transaction is open, or one is already.
    #[error("{0}")]
    Transaction(&'static str),
    /// Another process has it open.
    #[error("log at {path} is open in another process: {detail}")]
    Locked {
        /// Where.
        path: Box<str>,
        /// What the system says.
        detail: Box<str>,
    },
    /// The disk or the broker.
    #[error("log failed: {0}")]
    Storage(Box<str>),
    /// A record that this log did not write.
    #[error("unreadable record in `{topic}` partition {partition} at {offset}")]
    Corrupt {
        /// The topic.
        topic: Box<str>,
        /// The partition.
        partition: u32,
        /// The offset.
        offset: i64,
    },
}

/// What became of a commit that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Nothing of it is visible, now or later.
    #[error("transaction aborted: {0}")]
    Aborted(LogError),
    /// It may or may not have happened.
    #[error("outcome of the commit unknown: {0}")]
    Indefinite(LogError),
}
