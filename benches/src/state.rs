//! A state in hash maps: what a fold costs apart from where its entities are kept.

use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use wattledger_domain::state::State;
use wattledger_domain::time::Timestamp;
use wattledger_sessions::{Key, Timer, Value};

/// The sessions stage's entities and timers in memory.
#[derive(Debug)]
pub struct FastState {
    /// Logical time.
    pub now: Timestamp,
    /// The entities.
    pub entities: FxHashMap<Key, Option<Value>>,
    /// The timers set.
    pub timers: BTreeSet<(Timestamp, Timer)>,
}

impl FastState {
    /// An empty state at an instant.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self {
            now,
            entities: FxHashMap::default(),
            timers: BTreeSet::new(),
        }
    }
}

impl State for FastState {
    type Key = Key;
    type Value = Value;
    type Timer = Timer;

    fn now(&self) -> Timestamp {
        self.now
    }
    fn get(&mut self, key: &Key) -> Option<&Value> {
        self.entities.get(key)?.as_ref()
    }
    fn take(&mut self, key: &Key) -> Option<Value> {
        self.entities.get_mut(key)?.take()
    }
    fn put(&mut self, key: Key, value: Value) {
        self.entities.insert(key, Some(value));
    }
    fn remove(&mut self, key: &Key) {
        self.entities.remove(key);
    }
    fn wake(&mut self, at: Timestamp, timer: Timer) {
        self.timers.insert((at, timer));
    }
    fn cancel(&mut self, at: Timestamp, timer: &Timer) {
        self.timers.remove(&(at, timer.clone()));
    }
}
