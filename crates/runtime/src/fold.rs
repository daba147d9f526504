//! What is folded, as the runtime sees it, and what a fold sees while it runs.

use crate::overlay::Overlay;
use crate::record::{Outgoing, Record};
use crate::store::Store;
use crate::timers::{Timer, Timers};
use std::collections::BTreeMap;

/// A deterministic fold over one input topic.
///
/// Same state, record and logical time: same changes, same outputs. No clock, chance or IO.
pub trait Fold: Send {
    /// A decoded object of the state: an enum over the fold's tables.
    type Value: Send;

    /// Rises when the same input would give another state or output.
    fn version(&self) -> u32;

    /// Reads a state value; the first byte of its key names its table.
    ///
    /// # Errors
    /// The task stops: its own state is unreadable.
    fn decode(key: &[u8], bytes: &[u8]) -> Result<Self::Value, StateFault>;

    /// Writes a state value.
    fn encode(value: &Self::Value, out: &mut Vec<u8>);

    /// Bytes that a state value takes in memory beside itself; `encoded` is how long its encoding is.
    #[must_use]
    fn memory(value: &Self::Value, encoded: usize) -> usize;

    /// What may be kept of bytes that are set aside: key, value and message of a dead letter.
    #[must_use]
    fn kept(bytes: &[u8]) -> Vec<u8> {
        bytes.to_vec()
    }

    /// Says what a record is. What it decodes may be kept for the call of `fold` that follows.
    fn classify(&mut self, record: &Record) -> Class;

    /// Folds a record.
    ///
    /// # Errors
    /// A [`Refusal`] sends the record to the dead letters; the state must be as before.
    fn fold(&mut self, record: &Record, turn: &mut Turn<'_, Self>) -> Result<(), Refusal>
    where
        Self: Sized;

    /// Fires a timer.
    fn fire(&mut self, timer: &Timer, turn: &mut Turn<'_, Self>)
    where
        Self: Sized;
}

/// What a record is to the runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Class {
    /// Logical time has reached this; the fold sees it too.
    Tick(i64),
    /// Something to fold.
    Data {
        /// Whose timers fire first.
        routing: Box<[u8]>,
        /// What is parked if the fold panics on it.
        unit: Box<[u8]>,
    },
    /// Take a unit's queue up again.
    Release(Box<[u8]>),
    /// Drop a unit's queue into the dead letters.
    Skip(Box<[u8]>),
    /// To the dead letters, with a code and a sentence.
    Unreadable(Refusal),
    /// A tombstone or the like.
    Nothing,
}

/// Why a record cannot be folded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Refusal {
    /// A stable code.
    pub code: &'static str,
    /// For people.
    pub message: String,
}

/// A state value that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("state value of key {key:02x?} is unreadable: {detail}")]
pub struct StateFault {
    /// The key.
    pub key: Vec<u8>,
    /// For people.
    pub detail: String,
}

/// What a fold may touch: its state, its timers, its outputs.
pub struct Turn<'a, F: Fold> {
    pub(crate) overlay: &'a mut Overlay<F::Value>,
    pub(crate) store: &'a dyn Store,
    pub(crate) timers: &'a mut Timers,
    pub(crate) timer_changes: &'a mut BTreeMap<Vec<u8>, bool>,
    pub(crate) outputs: &'a mut Vec<Outgoing>,
    pub(crate) announced: &'a mut Vec<(Box<str>, u32)>,
    pub(crate) logical_time: i64,
    pub(crate) fault: &'a mut Option<Box<str>>,
}

impl<F: Fold> Turn<'_, F> {
    /// The last tick.
    #[must_use]
    pub const fn logical_time(&self) -> i64 {
        self.logical_time
    }

    /// A state object, to read.
    pub fn get(&mut self, key: &[u8]) -> Option<&F::Value> {
        let place = self.find(key)?;
        self.overlay.get(place)
    }

    /// A state object, to change; put it back.
    pub fn take(&mut self, key: &[u8]) -> Option<F::Value> {
        let place = self.find(key)?;
        self.overlay.take(place)
    }

    /// Stores an object.
    pub fn put(&mut self, key: &[u8], value: F::Value) {
        self.overlay.put(key, Some(value));
    }

    /// Deletes an object.
    pub fn remove(&mut self, key: &[u8]) {
        if self.get(key).is_some() {
            self.overlay.put(key, None);
        }
    }

    /// Sets a timer.
    pub fn set_timer(&mut self, timer: Timer) {
        let key = timer.key();
        if self.timers.set(timer) {
            self.timer_changes.insert(key, true);
        }
    }

    /// Takes a timer back.
    pub fn cancel_timer(&mut self, timer: &Timer) {
        if self.timers.remove(timer) {
            self.timer_changes.insert(timer.key(), false);
        }
    }

    /// Sends a record with this turn.
    pub fn emit(&mut self, record: Outgoing) {
        self.outputs.push(record);
    }

    /// Accepts a new epoch of a source from here on.
    pub fn announce_epoch(&mut self, source: &str, epoch: u32) {
        self.announced.push((source.into(), epoch));
    }

    /// The place of a key in the overlay, its object decoded.
    fn find(&mut self, key: &[u8]) -> Option<usize> {
        let Some(place) = self.overlay.place(key) else {
            return self.load(key);
        };
        let Some(bytes) = self.overlay.resting(place) else {
            return Some(place);
        };
        match F::decode(key, bytes) {
            Ok(value) => {
                let memory = F::memory(&value, bytes.len());
                self.overlay.wake(place, value, memory);
                Some(place)
            }
            Err(fault) => self.failed(&fault),
        }
    }

    /// Brings what the store has of a key that the overlay does not know, to its place there.
    fn load(&mut self, key: &[u8]) -> Option<usize> {
        let stored = match self.store.get(key) {
            Ok(stored) => stored,
            Err(error) => return self.failed(&error),
        };
        let Some(bytes) = stored else {
            return Some(self.overlay.loaded(key, None, 0));
        };
        match F::decode(key, &bytes) {
            Ok(value) => {
                let memory = F::memory(&value, bytes.len());
                Some(self.overlay.loaded(key, Some(value), memory))
            }
            Err(fault) => self.failed(&fault),
        }
    }

    fn failed(&mut self, why: &dyn std::fmt::Display) -> Option<usize> {
        *self.fault = Some(why.to_string().into());
        None
    }
}
