//! Objects over a store: what a turn has changed, what the store has yet to take, and a cache.
//!
//! While there is room they stay decoded. When it gets narrow, what a turn has changed comes to rest
//! as the bytes that it was committed as, some tenth of that, and is decoded when it is asked for.

mod budget;

pub use budget::Budget;

use crate::store::Change;
use budget::Held;
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A key; one of usual length lies in its slot.
type Key = SmallVec<[u8; 48]>;

/// Objects in memory: those that were changed, and of the others what a budget allows.
#[derive(Debug)]
pub struct Overlay<V> {
    slots: IndexMap<Key, Slot<V>, FxBuildHasher>,
    changed: Changed,
    held: Held,
    /// What the turn that is encoded has changed comes to rest when it is done.
    rests: bool,
    /// Where objects are encoded.
    scratch: Vec<u8>,
    /// How often the store has taken everything: the clock of the cache.
    epoch: u32,
}

/// Places of slots that were changed, in order of first change. Slots keep their places until the
/// store has taken everything.
#[derive(Debug, Default)]
struct Changed {
    in_turn: Vec<usize>,
    unstored: Vec<usize>,
}

#[derive(Debug)]
struct Slot<V> {
    value: Option<V>,
    /// Its value as it was last committed: while the store has not taken it, and while it rests.
    bytes: Vec<u8>,
    /// It has a value, in its bytes alone.
    rests: bool,
    in_turn: bool,
    unstored: bool,
    /// The epoch in which it was used last.
    used: u32,
    /// Its part of what the overlay holds.
    cost: u32,
}

impl<V> Slot<V> {
    const fn new(value: Option<V>) -> Self {
        Self {
            value,
            bytes: Vec::new(),
            rests: false,
            in_turn: false,
            unstored: false,
            used: 0,
            cost: 0,
        }
    }
}

impl Changed {
    fn mark<V>(&mut self, place: usize, slot: &mut Slot<V>, epoch: u32) {
        slot.used = epoch;
        if !slot.in_turn {
            slot.in_turn = true;
            self.in_turn.push(place);
        }
        if !slot.unstored {
            slot.unstored = true;
            self.unstored.push(place);
        }
    }
}

impl<V> Overlay<V> {
    /// What a slot takes, with room that vectors leave and its place in the index.
    const SLOT: usize = (size_of::<Key>() + size_of::<Slot<V>>()) * 5 / 4 + 32;

    /// An empty one.
    #[must_use]
    pub fn new(budget: &Arc<Budget>) -> Self {
        Self {
            slots: IndexMap::default(),
            changed: Changed::default(),
            held: Held::of(budget),
            rests: false,
            scratch: Vec::new(),
            epoch: 0,
        }
    }

    /// The place of a key for which it can answer without the store.
    #[must_use]
    pub fn place(&self, key: &[u8]) -> Option<usize> {
        self.slots.get_index_of(key)
    }

    /// The bytes of an object that rests at a place: decode them and [`Overlay::wake`] it.
    #[must_use]
    pub fn resting(&self, place: usize) -> Option<&[u8]> {
        let (_, slot) = self.slots.get_index(place)?;
        slot.rests.then_some(&*slot.bytes)
    }

    /// An object that rested has been decoded, and takes so many bytes in memory.
    pub fn wake(&mut self, place: usize, value: V, memory: usize) {
        if let Some((_, slot)) = self.slots.get_index_mut(place) {
            slot.value = Some(value);
            slot.rests = false;
            let takes = Self::SLOT + memory + slot.bytes.len();
            self.held.weigh(&mut slot.cost, takes);
        }
    }

    /// The object at a place; one that rests is none.
    pub fn get(&mut self, place: usize) -> Option<&V> {
        let (_, slot) = self.slots.get_index_mut(place)?;
        slot.used = self.epoch;
        slot.value.as_ref()
    }

    /// Takes the object at a place out: until it is put back it is deleted. One that rests is none.
    pub fn take(&mut self, place: usize) -> Option<V> {
        let (_, slot) = self.slots.get_index_mut(place)?;
        let value = slot.value.take();
        if value.is_some() {
            self.changed.mark(place, slot, self.epoch);
        }
        value
    }

    /// What the store says about a key, and how many bytes that takes in memory; its place.
    pub fn loaded(&mut self, key: &[u8], value: Option<V>, memory: usize) -> usize {
        let mut slot = Slot::new(value);
        slot.used = self.epoch;
        self.held.weigh(&mut slot.cost, Self::SLOT + memory);
        self.slots.insert_full(key.into(), slot).0
    }

    /// Changes an object; `None` deletes it.
    pub fn put(&mut self, key: &[u8], value: Option<V>) {
        if let Some((place, _, slot)) = self.slots.get_full_mut(key) {
            slot.value = value;
            slot.rests = false;
            self.changed.mark(place, slot, self.epoch);
            return;
        }
        let mut slot = Slot::new(value);
        let place = self.slots.len();
        self.changed.mark(place, &mut slot, self.epoch);
        self.slots.insert(key.into(), slot);
    }

    /// Encodes what this turn has changed and shows each, in order of first change; the bytes wait
    /// for the store. `memory` says what an object takes beside its slot, which is so long when encoded.
    ///
    /// # Errors
    /// The first that `each` gives.
    pub fn encode_turn<E>(
        &mut self,
        encode: impl Fn(&V, &mut Vec<u8>),
        memory: impl Fn(&V, usize) -> usize,
        mut each: impl FnMut(&[u8], Option<&[u8]>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.rests = self.held.is_narrow();
        for place in &self.changed.in_turn {
            let Some((key, slot)) = self.slots.get_index_mut(*place) else {
                continue;
            };
            slot.bytes.clear();
            let mut takes = Self::SLOT;
            if let Some(value) = &slot.value {
                self.scratch.clear();
                encode(value, &mut self.scratch);
                slot.bytes.reserve_exact(self.scratch.len());
                slot.bytes.extend_from_slice(&self.scratch);
                takes += slot.bytes.len();
                if !self.rests {
                    takes += memory(value, slot.bytes.len());
                }
            }
            self.held.weigh(&mut slot.cost, takes);
            each(key, slot.value.is_some().then_some(&*slot.bytes))?;
        }
        Ok(())
    }

    /// The turn has committed.
    pub fn turn_done(&mut self) {
        for place in self.changed.in_turn.drain(..) {
            let Some((_, slot)) = self.slots.get_index_mut(place) else {
                continue;
            };
            slot.in_turn = false;
            if self.rests {
                slot.rests = slot.value.take().is_some();
            }
        }
        self.held.show();
    }

    /// What the store has not taken yet, as encoded at its last commit.
    pub fn unstored(&self) -> impl Iterator<Item = Change<'_>> {
        self.changed.unstored.iter().filter_map(|place| {
            let (key, slot) = self.slots.get_index(*place)?;
            let exists = slot.rests || slot.value.is_some();
            Some((&**key, exists.then_some(&*slot.bytes)))
        })
    }

    /// The store has taken everything, and nothing is in a turn. Where the overlays of a budget hold
    /// more than it allows, this one drops what was used longest ago until its part fits.
    pub fn stored(&mut self) {
        for place in self.changed.unstored.drain(..) {
            if let Some((_, slot)) = self.slots.get_index_mut(place) {
                slot.unstored = false;
                if !slot.rests {
                    slot.bytes = Vec::new();
                }
            }
        }
        self.held.show();
        self.epoch = self.epoch.wrapping_add(1);
        if let Some(allowed) = self.held.allowed()
            && self.changed.in_turn.is_empty()
        {
            self.drop_older(self.age_within(allowed));
        }
    }

    /// The greatest age at which what is no older takes no more than that.
    fn age_within(&self, bytes: usize) -> u32 {
        let mut by_age: BTreeMap<u32, usize> = BTreeMap::new();
        for slot in self.slots.values() {
            *by_age
                .entry(self.epoch.wrapping_sub(slot.used))
                .or_default() += slot.cost as usize;
        }
        let mut held = 0;
        let within = by_age.into_iter().take_while(|(_, cost)| {
            held += cost;
            held <= bytes
        });
        // What was used since the store's last write stays in any case: it is in use.
        within.last().map_or(1, |(age, _)| age.max(1))
    }

    fn drop_older(&mut self, age: u32) {
        let (epoch, held) = (self.epoch, &mut self.held);
        self.slots.retain(|_, slot| {
            let keeps = epoch.wrapping_sub(slot.used) <= age;
            if !keeps {
                held.give_back(slot.cost);
            }
            keeps
        });
        if self.slots.len() < self.slots.capacity() / 4 {
            self.slots.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests;
