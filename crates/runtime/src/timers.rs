//! Timers: set from logical time, fired by it, in the order (due, kind, routing key, entity).
//!
//! They live in the store under their own table; all of a task's are also held in memory, ordered
//! by when they are due and by routing key.

use crate::codec::{Input, put_bytes};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// A timer that has been set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timer {
    /// Logical time in milliseconds at which it is due.
    pub due: i64,
    /// What it is for; the fold's own numbering.
    pub kind: u8,
    /// Whose: timers of a key fire before the key's next record.
    pub routing: Box<[u8]>,
    /// What exactly.
    pub entity: Box<[u8]>,
}

/// The table prefix of timers in the store.
pub const TABLE: u8 = b'T';

impl Timer {
    /// The store's key: table, due (big-endian), kind, routing key, entity.
    #[must_use]
    pub fn key(&self) -> Vec<u8> {
        let mut key = Vec::with_capacity(14 + self.routing.len() + self.entity.len());
        key.push(TABLE);
        key.extend_from_slice(&(self.due as u64 ^ 1 << 63).to_be_bytes());
        key.push(self.kind);
        put_bytes(&mut key, &self.routing);
        key.extend_from_slice(&self.entity);
        key
    }

    /// Reads a store's key back.
    #[must_use]
    pub fn from_key(key: &[u8]) -> Option<Self> {
        let (due, rest) = key.strip_prefix(&[TABLE])?.split_first_chunk::<8>()?;
        let (kind, rest) = rest.split_first()?;
        let mut input = Input(rest);
        let routing = input.bytes()?.into();
        let due = (u64::from_be_bytes(*due) ^ 1 << 63) as i64;
        Some(Self {
            due,
            kind: *kind,
            routing,
            entity: input.0.into(),
        })
    }
}

/// A timer's due time, kind and entity.
type OfKey = (i64, u8, Box<[u8]>);

/// The timers of a routing key, in order. Most keys have one or two, a fleet's account thousands.
#[derive(Debug)]
enum Ordered {
    Few(Vec<OfKey>),
    Many(BTreeSet<OfKey>),
}

impl Ordered {
    const FEW: usize = 16;

    fn insert(&mut self, timer: OfKey) {
        match self {
            Self::Few(few) => {
                if let Err(place) = few.binary_search(&timer) {
                    few.reserve_exact(1);
                    few.insert(place, timer);
                }
                if few.len() > Self::FEW {
                    *self = Self::Many(std::mem::take(few).into_iter().collect());
                }
            }
            Self::Many(many) => {
                many.insert(timer);
            }
        }
    }

    fn remove(&mut self, timer: &OfKey) {
        match self {
            Self::Few(few) => {
                if let Ok(place) = few.binary_search(timer) {
                    few.remove(place);
                }
            }
            Self::Many(many) => {
                many.remove(timer);
            }
        }
    }

    fn first(&self) -> Option<&OfKey> {
        match self {
            Self::Few(few) => few.first(),
            Self::Many(many) => many.first(),
        }
    }
}

impl Default for Ordered {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

/// All timers of a task.
#[derive(Debug, Default)]
pub struct Timers {
    by_due: BTreeSet<Timer>,
    /// Looked up, never gone through: its order is nobody's.
    by_routing: FxHashMap<Box<[u8]>, Ordered>,
}

impl Timers {
    /// Sets one; `false` when it was set already.
    pub fn set(&mut self, timer: Timer) -> bool {
        let of_key = self.by_routing.entry(timer.routing.clone()).or_default();
        of_key.insert((timer.due, timer.kind, timer.entity.clone()));
        self.by_due.insert(timer)
    }

    /// Takes one back; `false` when it is not there.
    pub fn remove(&mut self, timer: &Timer) -> bool {
        if !self.by_due.remove(timer) {
            return false;
        }
        if let Some(of_key) = self.by_routing.get_mut(&timer.routing) {
            of_key.remove(&(timer.due, timer.kind, timer.entity.clone()));
            if of_key.first().is_none() {
                self.by_routing.remove(&timer.routing);
            }
        }
        true
    }

    /// The first one due by `now`.
    #[must_use]
    pub fn first_due(&self, now: i64) -> Option<Timer> {
        self.by_due
            .first()
            .filter(|timer| timer.due <= now)
            .cloned()
    }

    /// The first one of a routing key due by `now`.
    #[must_use]
    pub fn first_due_of(&self, routing: &[u8], now: i64) -> Option<Timer> {
        // Mostly nothing is due of anybody, and what says so is at hand.
        if self.by_due.first()?.due > now {
            return None;
        }
        let (due, kind, entity) = self.by_routing.get(routing)?.first()?;
        (*due <= now).then(|| Timer {
            due: *due,
            kind: *kind,
            routing: routing.into(),
            entity: entity.clone(),
        })
    }

    /// Those still to come, in order.
    pub fn pending(&self) -> impl Iterator<Item = &Timer> {
        self.by_due.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_due.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_due.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timer(due: i64, kind: u8, routing: &str, entity: &str) -> Timer {
        Timer {
            due,
            kind,
            routing: routing.as_bytes().into(),
            entity: entity.as_bytes().into(),
        }
    }

    #[test]
    fn keys_read_back_and_sort_by_when_they_are_due() {
        let early = timer(-5, 2, "station", "x");
        let late = timer(7, 1, "a", "");
        assert_eq!(Timer::from_key(&early.key()), Some(early.clone()));
        assert!(early.key() < late.key());
        assert_eq!(Timer::from_key(b"T123"), None);
    }

    #[test]
    fn a_timer_fires_in_order_and_only_once_it_is_due() {
        let mut timers = Timers::default();
        assert!(timers.set(timer(10, 1, "b", "1")));
        assert!(timers.set(timer(10, 0, "c", "1")));
        assert!(!timers.set(timer(10, 0, "c", "1")));
        assert_eq!(timers.first_due(9), None);
        assert_eq!(timers.first_due(10), Some(timer(10, 0, "c", "1")));
        assert_eq!(timers.first_due_of(b"b", 10), Some(timer(10, 1, "b", "1")));
        assert!(timers.remove(&timer(10, 1, "b", "1")));
        assert_eq!(timers.first_due_of(b"b", 99), None);
        assert_eq!(timers.len(), 1);
    }

    #[test]
    fn a_key_with_many_timers_fires_them_in_order_too() {
        let mut timers = Timers::default();
        for due in (0..100).rev() {
            assert!(timers.set(timer(due, 0, "fleet", "")));
        }
        for due in 0..100 {
            let first = timers.first_due_of(b"fleet", 99).unwrap();
            assert_eq!(first.due, due);
            assert!(timers.remove(&first));
        }
        assert_eq!(timers.first_due_of(b"fleet", 99), None);
        assert!(timers.is_empty());
    }
}
