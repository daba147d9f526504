//! A store whose last batches a power loss takes away, whole ones and from the end.

use super::faults::{Faults, Step};
use crate::store::{Change, Store, StoreError};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A task's store on a simulated disk. Clones share the disk, as a process started again does.
#[derive(Clone, Debug)]
pub struct SimulatedStore {
    disk: Arc<Mutex<Disk>>,
    faults: Faults,
}

type Batch = Vec<(Vec<u8>, Option<Vec<u8>>)>;

#[derive(Clone, Debug, Default)]
struct Disk {
    entries: BTreeMap<Vec<u8>, Vec<u8>>,
    batches: Vec<Batch>,
    /// Batches that the disk has flushed by itself.
    flushed: usize,
}

impl Disk {
    fn apply(&mut self, batch: &Batch) {
        for (key, value) in batch {
            match value {
                Some(value) => self.entries.insert(key.clone(), value.clone()),
                None => self.entries.remove(key),
            };
        }
    }
}

impl SimulatedStore {
    /// An empty one.
    #[must_use]
    pub fn new(faults: Faults) -> Self {
        Self {
            disk: Arc::default(),
            faults,
        }
    }

    /// A copy on a disk of its own: what a paused process still holds when another takes over.
    #[must_use]
    pub fn copied(&self) -> Self {
        let disk = self.lock().clone();
        Self {
            disk: Arc::new(Mutex::new(disk)),
            faults: self.faults.clone(),
        }
    }

    /// Takes back a number of its last batches that it draws; never a part of one.
    pub fn power_loss(&self) {
        let mut disk = self.lock();
        let unflushed = disk.batches.len() - disk.flushed;
        let lost = self.faults.below(unflushed as u64 + 1) as usize;
        let kept = disk.batches.len() - lost;
        let mut batches = std::mem::take(&mut disk.batches);
        batches.truncate(kept);
        disk.entries.clear();
        for batch in &batches {
            disk.apply(batch);
        }
        disk.flushed = batches.len();
        disk.batches = batches;
    }

    /// The disk is lost whole.
    pub fn wipe(&self) {
        *self.lock() = Disk::default();
    }

    fn lock(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for SimulatedStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let fate = self.faults.meet(Step::StoreRead).map_err(StoreError)?;
        let value = self.lock().entries.get(key).cloned();
        fate.end().map_err(StoreError)?;
        Ok(value)
    }

    fn scan(&self, prefix: &[u8], each: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), StoreError> {
        let fate = self.faults.meet(Step::StoreRead).map_err(StoreError)?;
        let disk = self.lock();
        let from = disk.entries.range(prefix.to_vec()..);
        for (key, value) in from.take_while(|(key, _)| key.starts_with(prefix)) {
            each(key, value);
        }
        fate.end().map_err(StoreError)
    }

    fn write(&mut self, changes: &[Change<'_>]) -> Result<(), StoreError> {
        let fate = self.faults.meet(Step::StoreWrite).map_err(StoreError)?;
        let flushes = self.faults.below(8) == 0;
        let mut disk = self.lock();
        let owned = |(key, value): &Change<'_>| (key.to_vec(), value.map(<[u8]>::to_vec));
        let batch: Batch = changes.iter().map(owned).collect();
        disk.apply(&batch);
        disk.batches.push(batch);
        if flushes {
            disk.flushed = disk.batches.len();
        }
        drop(disk);
        fate.end().map_err(StoreError)
    }
}
