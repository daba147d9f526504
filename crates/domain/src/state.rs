//! How a fold sees its own state: typed entities by key, timers, and the time it is.
//!
//! The engine implements [`State`] over the runtime; tests use [`InMemory`]. A fold never scans: what
//! it must find again it keeps under a key it can name.

use crate::time::Timestamp;

/// The entities and timers of one stage's partition.
///
/// A store that cannot be read makes the engine drop the whole turn, so absence here is absence.
pub trait State {
    /// What names an entity.
    type Key;
    /// An entity.
    type Value;
    /// What names a timer.
    type Timer;

    /// Logical time: the last tick (design §2).
    fn now(&self) -> Timestamp;
    /// The entity, to read.
    fn get(&mut self, key: &Self::Key) -> Option<&Self::Value>;
    /// The entity, to change and put back; until then it is absent.
    fn take(&mut self, key: &Self::Key) -> Option<Self::Value>;
    /// Stores an entity.
    fn put(&mut self, key: Self::Key, value: Self::Value);
    /// Forgets an entity.
    fn remove(&mut self, key: &Self::Key);
    /// Fires `timer` once logical time has reached `at`. One timer may be set for several instants.
    fn wake(&mut self, at: Timestamp, timer: Self::Timer);
    /// Takes back what was set for exactly this instant; nothing happens when it is not there.
    fn cancel(&mut self, at: Timestamp, timer: &Self::Timer);
}

#[cfg(feature = "testing")]
pub use in_memory::InMemory;

#[cfg(feature = "testing")]
mod in_memory {
    use super::{State, Timestamp};
    use std::collections::{BTreeMap, BTreeSet};

    /// A state in memory, for tests of folds.
    #[derive(Clone, Debug)]
    pub struct InMemory<Key, Value, Timer> {
        /// Logical time.
        pub now: Timestamp,
        /// The entities.
        pub entities: BTreeMap<Key, Value>,
        /// The timers set, by when they are due.
        pub timers: BTreeSet<(Timestamp, Timer)>,
    }

    impl<Key: Ord, Value, Timer: Ord> InMemory<Key, Value, Timer> {
        /// An empty state at an instant.
        #[must_use]
        pub const fn new(now: Timestamp) -> Self {
            Self {
                now,
                entities: BTreeMap::new(),
                timers: BTreeSet::new(),
            }
        }

        /// The next timer due by now, taken out; call until `None` after moving `now`.
        pub fn next_due(&mut self) -> Option<(Timestamp, Timer)> {
            let due = self.timers.first().is_some_and(|(at, _)| *at <= self.now);
            if due { self.timers.pop_first() } else { None }
        }
    }

    impl<Key: Ord + Clone, Value, Timer: Ord + Clone> State for InMemory<Key, Value, Timer> {
        type Key = Key;
        type Value = Value;
        type Timer = Timer;

        fn now(&self) -> Timestamp {
            self.now
        }
        fn get(&mut self, key: &Key) -> Option<&Value> {
            self.entities.get(key)
        }
        fn take(&mut self, key: &Key) -> Option<Value> {
            self.entities.remove(key)
        }
        fn put(&mut self, key: Key, value: Value) {
            self.entities.insert(key, value);
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
}
