//! Decoded objects over a store: what a turn has changed, what the store has yet to take, and a
//! cache.

mod budget;

pub use budget::Budget;

use crate::store::Change;
use budget::Held;
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Room for the bytes of a usual entity, so that they need not move while they grow.
const ENTITY: usize = 256;

/// A key; one of usual length lies in its slot.
type Key = SmallVec<[u8; 48]>;

/// Objects in memory: those that were changed, and of the others what a budget allows.
#[derive(Debug)]
pub struct Overlay<V> {
    slots: IndexMap<Key, Slot<V>, FxBuildHasher>,
    changed: Changed,
    held: Held,
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
    /// Its value as it was last committed, until the store has taken it.
    bytes: Vec<u8>,
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
            epoch: 0,
        }
    }

    /// The place of a key for which it can answer without the store.
    #[must_use]
    pub fn place(&self, key: &[u8]) -> Option<usize> {
        self.slots.get_index_of(key)
    }

    /// The object at a place.
    pub fn get(&mut self, place: usize) -> Option<&V> {
        let (_, slot) = self.slots.get_index_mut(place)?;
        slot.used = self.epoch;
        slot.value.as_ref()
    }

    /// Takes an object out, `Some(None)` when there is none: until it is put back it is deleted.
    /// `None` when it cannot answer for the key.
    pub fn take(&mut self, key: &[u8]) -> Option<Option<V>> {
        let (place, _, slot) = self.slots.get_full_mut(key)?;
        let value = slot.value.take();
        if value.is_some() {
            self.changed.mark(place, slot, self.epoch);
        }
        Some(value)
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
        for place in &self.changed.in_turn {
            let Some((key, slot)) = self.slots.get_index_mut(*place) else {
                continue;
            };
            slot.bytes.clear();
            let mut takes = Self::SLOT;
            if let Some(value) = &slot.value {
                slot.bytes.reserve(ENTITY);
                encode(value, &mut slot.bytes);
                takes += memory(value, slot.bytes.len());
            }
            self.held.weigh(&mut slot.cost, takes);
            each(key, slot.value.is_some().then_some(&*slot.bytes))?;
        }
        Ok(())
    }

    /// The turn has committed.
    pub fn turn_done(&mut self) {
        for place in self.changed.in_turn.drain(..) {
            if let Some((_, slot)) = self.slots.get_index_mut(place) {
                slot.in_turn = false;
            }
        }
    }

    /// What the store has not taken yet, as encoded at its last commit.
    pub fn unstored(&self) -> impl Iterator<Item = Change<'_>> {
        self.changed.unstored.iter().filter_map(|place| {
            let (key, slot) = self.slots.get_index(*place)?;
            Some((&**key, slot.value.is_some().then_some(&*slot.bytes)))
        })
    }

    /// The store has taken everything, and nothing is in a turn. Where the overlays of a budget hold
    /// more than it allows, this one drops what was used longest ago until its part fits.
    pub fn stored(&mut self) {
        for place in self.changed.unstored.drain(..) {
            if let Some((_, slot)) = self.slots.get_index_mut(place) {
                slot.unstored = false;
                slot.bytes = Vec::new();
            }
        }
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
mod tests {
    use super::*;

    #[test]
    fn a_turn_and_the_store_each_see_what_they_have_to_take() {
        let mut overlay = Overlay::new(&Budget::of(1 << 20));
        let turn = |overlay: &mut Overlay<u8>| {
            let mut seen: Vec<(Vec<u8>, Option<Vec<u8>>)> = Vec::new();
            let encode = |value: &u8, out: &mut Vec<u8>| out.push(*value);
            let each = |key: &[u8], value: Option<&[u8]>| {
                seen.push((key.to_vec(), value.map(<[u8]>::to_vec)));
                Ok::<(), ()>(())
            };
            overlay
                .encode_turn(encode, |_, encoded| encoded, each)
                .unwrap();
            overlay.turn_done();
            seen
        };
        overlay.loaded(b"a", Some(1), 1);
        overlay.put(b"b", Some(2));
        assert_eq!(turn(&mut overlay), [(b"b".to_vec(), Some(vec![2]))]);
        overlay.put(b"a", None);
        assert_eq!(turn(&mut overlay), [(b"a".to_vec(), None)]);
        let unstored: Vec<_> = overlay.unstored().collect();
        assert_eq!(unstored, [(&b"b"[..], Some(&[2_u8][..])), (b"a", None)]);
        overlay.stored();
        assert_eq!(overlay.unstored().count(), 0);
    }

    /// Ten objects of 1 KB each, and a budget of so many.
    fn ten(budget: &Arc<Budget>) -> Overlay<u8> {
        let mut overlay = Overlay::new(budget);
        for key in 0..10_u8 {
            overlay.loaded(&[key], Some(key), 1_000 - Overlay::<u8>::SLOT);
        }
        overlay
    }

    #[test]
    fn a_cache_within_its_budget_keeps_everything() {
        let budget = Budget::of(11_000);
        let mut overlay = ten(&budget);
        for _ in 0..100 {
            overlay.stored();
        }
        assert_eq!(overlay.slots.len(), 10);
    }

    #[test]
    fn a_cache_over_its_budget_drops_what_was_not_used_lately_and_is_stored() {
        let budget = Budget::of(4_000);
        let mut overlay = ten(&budget);
        let get = |overlay: &mut Overlay<u8>, key: u8| {
            let place = overlay.place(&[key])?;
            overlay.get(place).copied()
        };
        for value in 90..93 {
            overlay.put(&[0], Some(value));
            overlay.turn_done();
            assert_eq!(get(&mut overlay, 1), Some(1));
            overlay.stored();
        }
        overlay.put(&[0], Some(98));
        assert_eq!(overlay.slots.len(), 2);
        assert!(budget.held() < 4_000, "{}", budget.held());
        assert_eq!(get(&mut overlay, 0), Some(98));
        assert_eq!(get(&mut overlay, 9), None);
        assert!(overlay.unstored().count() == 1);
    }

    #[test]
    fn overlays_share_a_budget_and_give_it_back() {
        let budget = Budget::of(15_000);
        let (first, mut second) = (ten(&budget), ten(&budget));
        for _ in 0..50 {
            second.stored();
        }
        assert!(second.slots.is_empty());
        assert!(budget.held() > 9_000);
        drop(first);
        assert_eq!(budget.held(), 0);
    }
}
