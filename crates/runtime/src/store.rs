//! Where a task's state is kept: one store per task, one atomic batch per write.

use rocksdb::{
    BlockBasedOptions, Cache, DB, Direction, IteratorMode, Options, WriteBatch, WriteBufferManager,
};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

/// A key and its new value; `None` deletes it.
pub type Change<'a> = (&'a [u8], Option<&'a [u8]>);

/// Keys and values of one task.
pub trait Store: Send {
    /// The value of a key.
    ///
    /// # Errors
    /// When the disk refuses.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Calls back for every entry of a prefix, in order of keys.
    ///
    /// # Errors
    /// When the disk refuses.
    fn scan(&self, prefix: &[u8], each: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), StoreError>;

    /// Takes all changes or none.
    ///
    /// # Errors
    /// When the disk refuses: the task must stop.
    fn write(&mut self, changes: &[Change<'_>]) -> Result<(), StoreError>;
}

/// The disk refused.
#[derive(Debug, thiserror::Error)]
#[error("store failed: {0}")]
pub struct StoreError(pub Box<str>);

/// What an entry of a batch takes beside its key and value, at most, in bytes.
const ENTRY: usize = 16;

/// What the stores of a process read through and write into, however many they are.
struct Memory {
    blocks: Cache,
    buffers: WriteBufferManager,
}

/// Bytes of blocks read, over all stores.
const BLOCKS: usize = 32 << 20;
/// Bytes written and not flushed, over all stores.
const BUFFERS: usize = 32 << 20;

static MEMORY: LazyLock<Memory> = LazyLock::new(|| Memory {
    blocks: Cache::new_lru_cache(BLOCKS),
    buffers: WriteBufferManager::new_write_buffer_manager(BUFFERS, false),
});

/// A RocksDB of its own, write-ahead log on. All of a process share one bounded memory.
pub struct RocksStore(DB);

impl RocksStore {
    /// Opens or makes one.
    ///
    /// # Errors
    /// When it is open elsewhere or the disk refuses.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let mut options = Options::default();
        options.create_if_missing(true);
        options.set_write_buffer_size(32 << 20);
        options.set_compression_type(rocksdb::DBCompressionType::Lz4);
        options.set_wal_recovery_mode(rocksdb::DBRecoveryMode::PointInTime);
        options.set_keep_log_file_num(2);
        options.set_write_buffer_manager(&MEMORY.buffers);
        let mut table = BlockBasedOptions::default();
        table.set_block_cache(&MEMORY.blocks);
        table.set_bloom_filter(10.0, false);
        table.set_block_size(16 << 10);
        table.set_cache_index_and_filter_blocks(true);
        options.set_block_based_table_factory(&table);
        DB::open(&options, path).map(Self).map_err(failed)
    }
}

impl Store for RocksStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.get(key).map_err(failed)
    }

    fn scan(&self, prefix: &[u8], each: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), StoreError> {
        for entry in self
            .0
            .iterator(IteratorMode::From(prefix, Direction::Forward))
        {
            let (key, value) = entry.map_err(failed)?;
            if !key.starts_with(prefix) {
                break;
            }
            each(&key, &value);
        }
        Ok(())
    }

    fn write(&mut self, changes: &[Change<'_>]) -> Result<(), StoreError> {
        let bytes = |change: &Change<'_>| change.0.len() + change.1.map_or(0, <[u8]>::len) + ENTRY;
        let bytes = changes.iter().map(bytes).sum();
        let mut batch = WriteBatch::with_capacity_bytes(bytes);
        for (key, value) in changes {
            match value {
                Some(value) => batch.put(key, value),
                None => batch.delete(key),
            }
        }
        self.0.write(batch).map_err(failed)
    }
}

fn failed(error: rocksdb::Error) -> StoreError {
    StoreError(error.to_string().into())
}

/// A store in memory, for tests and measurements.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore(pub BTreeMap<Vec<u8>, Vec<u8>>);

impl Store for MemoryStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0.get(key).cloned())
    }

    fn scan(&self, prefix: &[u8], each: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), StoreError> {
        let from = self.0.range(prefix.to_vec()..);
        for (key, value) in from.take_while(|(key, _)| key.starts_with(prefix)) {
            each(key, value);
        }
        Ok(())
    }

    fn write(&mut self, changes: &[Change<'_>]) -> Result<(), StoreError> {
        for (key, value) in changes {
            match value {
                Some(value) => self.0.insert(key.to_vec(), value.to_vec()),
                None => self.0.remove(*key),
            };
        }
        Ok(())
    }
}
