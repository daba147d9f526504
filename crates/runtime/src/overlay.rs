//! Decoded objects over a store: what a turn has changed, what the store has yet to take, and a
//! cache.

mod budget;

pub use budget::Budget;

use crate::store::Change;
use budget::Held;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Room for the bytes of a usual entity, so that they need not move while they grow.
const ENTITY: usize = 256;

/// Bytes that an object takes beside those of its key and value: its slot, its allocations.
const SLOT: usize = 256;
/// Bytes in memory of a byte that is encoded: numbers are short when written, structures are not.
const DECODED: usize = 3;

/// Objects in memory: those that were changed, and of the others what a budget allows.
#[derive(Debug)]
pub struct Overlay<V> {
    slots: FxHashMap<Arc<[u8]>, Slot<V>>,
    changed: Changed,
    held: Held,
    /// How often the store has taken everything: the clock of the cache.
    epoch: u32,
}

/// Keys that were changed, in order of first change.
#[derive(Debug, Default)]
struct Changed {
    in_turn: Vec<Arc<[u8]>>,
    unstored: Vec<Arc<[u8]>>,
}

#[derive(Debug)]
struct Slot<V> {
    key: Arc<[u8]>,
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
    const fn new(key: Arc<[u8]>, value: Option<V>) -> Self {
        Self {
            key,
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
    fn mark<V>(&mut self, slot: &mut Slot<V>, epoch: u32) {
        slot.used = epoch;
        if !slot.in_turn {
            slot.in_turn = true;
            self.in_turn.push(Arc::clone(&slot.key));
        }
        if !slot.unstored {
            slot.unstored = true;
            self.unstored.push(Arc::clone(&slot.key));
        }
    }
}

impl<V> Overlay<V> {
    /// An empty one.
    #[must_use]
    pub fn new(budget: &Arc<Budget>) -> Self {
        Self {
            slots: FxHashMap::default(),
            changed: Changed::default(),
            held: Held::of(budget),
            epoch: 0,
        }
    }

    /// Whether it can answer for a key without the store.
    #[must_use]
    pub fn knows(&self, key: &[u8]) -> bool {
        self.slots.contains_key(key)
    }

    /// The object of a key that it knows.
    pub fn get(&mut self, key: &[u8]) -> Option<&V> {
        let slot = self.slots.get_mut(key)?;
        slot.used = self.epoch;
        slot.value.as_ref()
    }

    /// Takes an object out, `Some(None)` when there is none: until it is put back it is deleted.
    /// `None` when it cannot answer for the key.
    pub fn take(&mut self, key: &[u8]) -> Option<Option<V>> {
        let slot = self.slots.get_mut(key)?;
        let value = slot.value.take();
        if value.is_some() {
            self.changed.mark(slot, self.epoch);
        }
        Some(value)
    }

    /// What the store says about a key, and in how many bytes.
    pub fn loaded(&mut self, key: &[u8], value: Option<V>, bytes: usize) {
        let key: Arc<[u8]> = key.into();
        let mut slot = Slot::new(Arc::clone(&key), value);
        slot.used = self.epoch;
        self.held.weigh(&mut slot.cost, key.len(), bytes);
        self.slots.insert(key, slot);
    }

    /// Changes an object; `None` deletes it.
    pub fn put(&mut self, key: &[u8], value: Option<V>) {
        if let Some(slot) = self.slots.get_mut(key) {
            slot.value = value;
            self.changed.mark(slot, self.epoch);
            return;
        }
        let key: Arc<[u8]> = key.into();
        let slot = self
            .slots
            .entry(Arc::clone(&key))
            .or_insert(Slot::new(key, value));
        self.changed.mark(slot, self.epoch);
    }

    /// Encodes what this turn has changed and shows each, in order of first change; the bytes wait
    /// for the store.
    ///
    /// # Errors
    /// The first that `each` gives.
    pub fn encode_turn<E>(
        &mut self,
        encode: impl Fn(&V, &mut Vec<u8>),
        mut each: impl FnMut(&[u8], Option<&[u8]>) -> Result<(), E>,
    ) -> Result<(), E> {
        for key in &self.changed.in_turn {
            let Some(slot) = self.slots.get_mut(key) else {
                continue;
            };
            slot.bytes.clear();
            if let Some(value) = &slot.value {
                slot.bytes.reserve(ENTITY);
                encode(value, &mut slot.bytes);
            }
            self.held.weigh(&mut slot.cost, key.len(), slot.bytes.len());
            each(key, slot.value.is_some().then_some(&*slot.bytes))?;
        }
        Ok(())
    }

    /// The turn has committed.
    pub fn turn_done(&mut self) {
        for key in self.changed.in_turn.drain(..) {
            if let Some(slot) = self.slots.get_mut(&key) {
                slot.in_turn = false;
            }
        }
    }

    /// What the store has not taken yet, as encoded at its last commit.
    pub fn unstored(&self) -> impl Iterator<Item = Change<'_>> {
        self.changed.unstored.iter().filter_map(|key| {
            let slot = self.slots.get(key)?;
            Some((&**key, slot.value.is_some().then_some(&*slot.bytes)))
        })
    }

    /// The store has taken everything. What was not used lately is dropped, the more the less memory
    /// is left to this overlay and the others of its budget.
    pub fn stored(&mut self) {
        for key in self.changed.unstored.drain(..) {
            if let Some(slot) = self.slots.get_mut(&key) {
                slot.unstored = false;
                slot.bytes = Vec::new();
            }
        }
        self.epoch = self.epoch.wrapping_add(1);
        if let Some(age) = self.held.age_max() {
            self.drop_older(age);
        }
    }

    fn drop_older(&mut self, age: u32) {
        let (epoch, held) = (self.epoch, &mut self.held);
        self.slots.retain(|_, slot| {
            let keeps = slot.unstored || epoch.wrapping_sub(slot.used) <= age;
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
            overlay.encode_turn(encode, each).unwrap();
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
            overlay.loaded(&[key], Some(key), (1_000 - SLOT) / DECODED);
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
        overlay.put(&[0], Some(99));
        for _ in 0..3 {
            assert_eq!(overlay.get(&[1]), Some(&1));
            overlay.stored();
            overlay.put(&[0], Some(98));
        }
        assert_eq!(overlay.slots.len(), 2);
        assert!(budget.held() < 4_000, "{}", budget.held());
        assert_eq!(overlay.get(&[0]), Some(&98));
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
