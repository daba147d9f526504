//! The durable log of one process: a RocksDB of its own.
//!
//! One commit is one atomic write; `sync` makes all commits so far durable at once. Keys of records
//! are topic, partition and offset; of compacted topics topic, partition and key, the offset
//! inside, so that the newest record of a key replaces the older without a look. Invariant: what a
//! durable reader has seen survives a power loss.

mod keys;
mod marks;
mod reading;
mod retention;
mod writing;

pub use marks::Clock;
pub use retention::{DELETIONS_KEPT, Retained, Trimmed};

use super::{Cleanup, Consumer, Log, LogError, Producer, TopicSettings, Visibility};
use crate::codec::{Input, put_bytes, put_varint};
use rocksdb::{DB, Options};
use rustc_hash::FxHashMap;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// A log in a directory. Clones share it.
#[derive(Clone)]
pub struct EmbeddedLog {
    shared: Arc<Shared>,
}

struct Shared {
    db: DB,
    topics: FxHashMap<Arc<str>, Topic>,
    state: Mutex<State>,
    /// Held while syncing: whoever finds nothing to sync must know that it is done, not under way.
    syncing: Mutex<()>,
    changed: Condvar,
}

#[derive(Clone, Copy)]
struct Topic {
    id: u16,
    settings: TopicSettings,
}

#[derive(Default)]
struct State {
    /// Next offset per (topic id, partition): committed, and durable.
    ends: FxHashMap<(u16, u32), Ends>,
    /// The newest epoch per transactional id.
    epochs: FxHashMap<Box<str>, u64>,
    /// Commits since the last sync.
    unsynced: u64,
}

#[derive(Clone, Copy, Default)]
struct Ends {
    start: i64,
    committed: i64,
    durable: i64,
    /// Deletions before this offset are gone; of compacted topics.
    purged: i64,
}

impl EmbeddedLog {
    /// Opens the log of a directory, making it and its topics where they are missing.
    ///
    /// # Errors
    /// [`LogError::Locked`] when another process has it, [`LogError::Partitions`] when a topic was
    /// made with another count.
    pub fn open(path: &Path, topics: &[(&str, TopicSettings)]) -> Result<Self, LogError> {
        let db = DB::open(&options(), path).map_err(|error| {
            let detail = error.to_string();
            if detail.contains("lock") || detail.contains("LOCK") {
                LogError::Locked {
                    path: path.display().to_string().into(),
                    detail: detail.into(),
                }
            } else {
                LogError::Storage(detail.into())
            }
        })?;
        let topics = registered(&db, topics)?;
        let mut state = State::default();
        for topic in topics.values() {
            for partition in 0..topic.settings.partitions {
                let ends = read_ends(&db, topic.id, partition)?;
                state.ends.insert((topic.id, partition), ends);
            }
        }
        let (state, syncing) = (Mutex::new(state), Mutex::new(()));
        let shared = Shared {
            db,
            topics,
            state,
            syncing,
            changed: Condvar::new(),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }
}

impl Log for EmbeddedLog {
    fn partitions(&self, topic: &str) -> Result<u32, LogError> {
        Ok(self.shared.topic(topic)?.1.settings.partitions)
    }

    fn producer(&self, transactional_id: &str) -> Result<Box<dyn Producer>, LogError> {
        let mut state = self.shared.lock();
        let epoch = state.epochs.entry(transactional_id.into()).or_insert(0);
        *epoch += 1;
        Ok(Box::new(writing::EmbeddedProducer::new(
            Arc::clone(&self.shared),
            transactional_id.into(),
            *epoch,
        )))
    }

    fn consumer(&self, topic: &str, visibility: Visibility) -> Result<Box<dyn Consumer>, LogError> {
        let (name, topic) = self.shared.topic(topic)?;
        Ok(Box::new(reading::EmbeddedConsumer::new(
            Arc::clone(&self.shared),
            name,
            topic,
            visibility,
        )))
    }

    fn committed(&self, group: &str, topic: &str) -> Result<Vec<Option<i64>>, LogError> {
        let (_, topic) = self.shared.topic(topic)?;
        let of = |partition| {
            let key = keys::group(group, topic.id, partition);
            let stored = self.shared.db.get(key).map_err(storage)?;
            Ok(stored.and_then(|bytes| Input(&bytes).signed()))
        };
        (0..topic.settings.partitions).map(of).collect()
    }

    fn sync(&self) -> Result<(), LogError> {
        let _syncing = self
            .shared
            .syncing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let state = self.shared.lock();
        let unsynced = state.unsynced;
        let ends = state.ends.clone();
        drop(state);
        if unsynced == 0 {
            return Ok(());
        }
        self.shared.db.flush_wal(true).map_err(storage)?;
        let mut state = self.shared.lock();
        state.unsynced -= unsynced;
        for (key, synced) in ends {
            let ends = state.ends.entry(key).or_default();
            ends.durable = ends.durable.max(synced.committed);
        }
        drop(state);
        self.shared.changed.notify_all();
        Ok(())
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn topic(&self, name: &str) -> Result<(Arc<str>, Topic), LogError> {
        let found = self.topics.get_key_value(name);
        let (name, topic) = found.ok_or_else(|| LogError::UnknownTopic(name.into()))?;
        Ok((Arc::clone(name), *topic))
    }

    fn ends(&self, topic: u16, partition: u32) -> Ends {
        self.lock()
            .ends
            .get(&(topic, partition))
            .copied()
            .unwrap_or_default()
    }
}

/// Registers topics under numbers of their own; refuses another partition count.
fn registered(
    db: &DB,
    topics: &[(&str, TopicSettings)],
) -> Result<FxHashMap<Arc<str>, Topic>, LogError> {
    let mut known: FxHashMap<Arc<str>, Topic> = FxHashMap::default();
    let mut next = 0_u16;
    for entry in db.prefix_iterator([keys::TOPIC]) {
        let (key, value) = entry.map_err(storage)?;
        let Some(name) = key.strip_prefix(&[keys::TOPIC]) else {
            break;
        };
        let name = String::from_utf8_lossy(name).into_owned();
        let mut input = Input(&value);
        let broken = || LogError::Storage(format!("topic `{name}` is unreadable").into());
        let id = input
            .varint()
            .and_then(|id| u16::try_from(id).ok())
            .ok_or_else(broken)?;
        let partitions = input
            .varint()
            .and_then(|n| u32::try_from(n).ok())
            .ok_or_else(broken)?;
        next = next.max(id + 1);
        let wanted = topics.iter().find(|(topic, _)| **topic == *name);
        let cleanup = wanted.map_or(Cleanup::Retain(i64::MAX), |(_, settings)| settings.cleanup);
        let settings = TopicSettings {
            partitions,
            cleanup,
        };
        known.insert(name.as_str().into(), Topic { id, settings });
    }
    for (name, settings) in topics {
        match known.get(*name) {
            Some(topic) if topic.settings.partitions != settings.partitions => {
                return Err(LogError::Partitions {
                    topic: (*name).into(),
                    found: topic.settings.partitions,
                    wanted: settings.partitions,
                });
            }
            Some(_) => {}
            None => {
                let mut value = Vec::new();
                put_varint(&mut value, u64::from(next));
                put_varint(&mut value, u64::from(settings.partitions));
                db.put([&[keys::TOPIC], name.as_bytes()].concat(), value)
                    .map_err(storage)?;
                known.insert(
                    (*name).into(),
                    Topic {
                        id: next,
                        settings: *settings,
                    },
                );
                next += 1;
            }
        }
    }
    Ok(known)
}

fn read_ends(db: &DB, topic: u16, partition: u32) -> Result<Ends, LogError> {
    let number = |key: Vec<u8>| -> Result<i64, LogError> {
        let stored = db.get(key).map_err(storage)?;
        Ok(stored
            .and_then(|bytes| Some(i64::from_be_bytes(bytes.try_into().ok()?)))
            .unwrap_or(0))
    };
    let end = number(keys::end(topic, partition))?;
    Ok(Ends {
        start: number(keys::start(topic, partition))?,
        committed: end,
        durable: end,
        purged: number(keys::purged(topic, partition))?,
    })
}

fn options() -> Options {
    let mut options = Options::default();
    options.create_if_missing(true);
    options.set_write_buffer_size(64 << 20);
    options.set_max_write_buffer_number(3);
    options.set_compression_type(rocksdb::DBCompressionType::Lz4);
    options.set_wal_recovery_mode(rocksdb::DBRecoveryMode::PointInTime);
    options.set_max_background_jobs(2);
    options.set_keep_log_file_num(4);
    options
}

fn storage(error: rocksdb::Error) -> LogError {
    LogError::Storage(error.to_string().into())
}

/// Appends a record's body: everything but topic, partition and offset.
fn encode(out: &mut Vec<u8>, record: &crate::record::Outgoing) {
    put_bytes(out, &record.key);
    match &record.value {
        Some(value) => {
            out.push(1);
            put_bytes(out, value);
        }
        None => out.push(0),
    }
    match &record.link {
        Some(link) => {
            out.push(1);
            put_bytes(out, link.source.as_bytes());
            put_varint(out, u64::from(link.epoch));
            put_varint(out, link.sequence);
            put_varint(out, link.event.0 as u64);
            put_varint(out, u64::from(link.event.1));
        }
        None => out.push(0),
    }
    put_varint(out, record.headers.len() as u64);
    for (name, value) in &record.headers {
        put_bytes(out, name.as_bytes());
        put_bytes(out, value);
    }
}
