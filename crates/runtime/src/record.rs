//! Records as they stand in a log, and as they are handed to it.

use std::sync::Arc;

/// A committed record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The topic.
    pub topic: Arc<str>,
    /// The partition, from 0.
    pub partition: u32,
    /// The offset, from 0, rising; gaps are allowed.
    pub offset: i64,
    /// What orders it within its partition for a reader of equal keys: never empty on a stage's
    /// input.
    pub key: Vec<u8>,
    /// The body; `None` is a tombstone of a compacted topic.
    pub value: Option<Vec<u8>>,
    /// Where a stage's output came from.
    pub link: Option<Link>,
    /// Anything else, such as a dead letter's coordinates.
    pub headers: Vec<(Box<str>, Vec<u8>)>,
}

/// Where an output of a task came from: lets its reader see what is lost, doubled or foreign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The producing task, `<stage>/<partition>`.
    pub source: Box<str>,
    /// Rises when the source's state had to be rebuilt from loss.
    pub epoch: u32,
    /// Numbers the outputs of a source to one partition, from 1.
    pub sequence: u64,
    /// (input offset, index) of the output within its source: equal on every replay.
    pub event: (i64, u32),
}

/// A record on its way to the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The topic.
    pub topic: Arc<str>,
    /// Where in it.
    pub to: Destination,
    /// The key.
    pub key: Vec<u8>,
    /// The body; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Set by the task that emits it.
    pub link: Option<Link>,
    /// Anything else.
    pub headers: Vec<(Box<str>, Vec<u8>)>,
    /// Whether it may wait for a full turn.
    pub urgency: Urgency,
}

impl Outgoing {
    /// A record for the partition of its key, in no hurry.
    #[must_use]
    pub fn keyed(topic: &Arc<str>, key: Vec<u8>, value: Vec<u8>) -> Self {
        Self {
            topic: Arc::clone(topic),
            to: Destination::Key,
            key,
            value: Some(value),
            link: None,
            headers: Vec::new(),
            urgency: Urgency::Normal,
        }
    }

    /// The same, ending the turn early.
    #[must_use]
    pub fn urgent(self) -> Self {
        Self {
            urgency: Urgency::Urgent,
            ..self
        }
    }

    /// The same, for a partition named.
    #[must_use]
    pub fn to_partition(self, partition: u32) -> Self {
        Self {
            to: Destination::Partition(partition),
            ..self
        }
    }
}

/// Which partition a record goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// By murmur2 of the key, as Kafka's own clients do.
    Key,
    /// This one.
    Partition(u32),
}

/// Whether a record may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// It leaves with its turn.
    Normal,
    /// It ends its turn.
    Urgent,
}
