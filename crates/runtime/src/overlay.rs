//! Decoded objects over a store: what a turn has changed, what the store has yet to take, and a
//! cache.

use crate::store::Change;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Room for the bytes of a usual entity, so that they need not move while they grow.
const ENTITY: usize = 256;

/// Objects in memory; at most about `capacity` that nobody has changed.
#[derive(Debug)]
pub struct Overlay<V> {
    slots: FxHashMap<Arc<[u8]>, Slot<V>>,
    changed: Changed,
    capacity: usize,
    turn: u32,
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
    used: u32,
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
        }
    }
}

impl Changed {
    fn mark<V>(&mut self, slot: &mut Slot<V>, turn: u32) {
        slot.used = turn;
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
    pub fn new(capacity: usize) -> Self {
        Self {
            slots: FxHashMap::default(),
            changed: Changed::default(),
            capacity,
            turn: 0,
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
        slot.used = self.turn;
        slot.value.as_ref()
    }

    /// Takes an object out, `Some(None)` when there is none: until it is put back it is deleted.
    /// `None` when it cannot answer for the key.
    pub fn take(&mut self, key: &[u8]) -> Option<Option<V>> {
        let slot = self.slots.get_mut(key)?;
        let value = slot.value.take();
        if value.is_some() {
            self.changed.mark(slot, self.turn);
        }
        Some(value)
    }

    /// What the store says about a key.
    pub fn loaded(&mut self, key: &[u8], value: Option<V>) {
        let key: Arc<[u8]> = key.into();
        let mut slot = Slot::new(Arc::clone(&key), value);
        slot.used = self.turn;
        self.slots.insert(key, slot);
    }

    /// Changes an object; `None` deletes it.
    pub fn put(&mut self, key: &[u8], value: Option<V>) {
        if let Some(slot) = self.slots.get_mut(key) {
            slot.value = value;
            self.changed.mark(slot, self.turn);
            return;
        }
        let key: Arc<[u8]> = key.into();
        let slot = self
            .slots
            .entry(Arc::clone(&key))
            .or_insert(Slot::new(key, value));
        self.changed.mark(slot, self.turn);
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
            match &slot.value {
                Some(value) => {
                    slot.bytes.reserve(ENTITY);
                    encode(value, &mut slot.bytes);
                    each(key, Some(&slot.bytes))?;
                }
                None => each(key, None)?,
            }
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
        self.turn = self.turn.wrapping_add(1);
    }

    /// What the store has not taken yet, as encoded at its last commit.
    pub fn unstored(&self) -> impl Iterator<Item = Change<'_>> {
        self.changed.unstored.iter().filter_map(|key| {
            let slot = self.slots.get(key)?;
            Some((&**key, slot.value.is_some().then_some(&*slot.bytes)))
        })
    }

    /// The store has taken everything.
    pub fn stored(&mut self) {
        for key in self.changed.unstored.drain(..) {
            if let Some(slot) = self.slots.get_mut(&key) {
                slot.unstored = false;
                slot.bytes = Vec::new();
            }
        }
        if self.slots.len() > self.capacity {
            self.evict();
        }
    }

    /// Drops the half that was used longest ago.
    fn evict(&mut self) {
        let mut ages: Vec<u32> = self
            .slots
            .values()
            .map(|slot| self.turn.wrapping_sub(slot.used))
            .collect();
        let middle = ages.len() / 2;
        let (_, median, _) = ages.select_nth_unstable(middle);
        let median = *median;
        let turn = self.turn;
        self.slots
            .retain(|_, slot| slot.unstored || turn.wrapping_sub(slot.used) < median.max(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_and_the_store_each_see_what_they_have_to_take() {
        let mut overlay = Overlay::new(100);
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
        overlay.loaded(b"a", Some(1));
        overlay.put(b"b", Some(2));
        assert_eq!(turn(&mut overlay), [(b"b".to_vec(), Some(vec![2]))]);
        overlay.put(b"a", None);
        assert_eq!(turn(&mut overlay), [(b"a".to_vec(), None)]);
        let unstored: Vec<_> = overlay.unstored().collect();
        assert_eq!(unstored, [(&b"b"[..], Some(&[2_u8][..])), (b"a", None)]);
        overlay.stored();
        assert_eq!(overlay.unstored().count(), 0);
    }

    #[test]
    fn the_cache_stays_bounded_and_never_drops_what_is_not_stored() {
        let mut overlay = Overlay::new(10);
        for key in 0..50_u8 {
            overlay.loaded(&[key], Some(key));
            overlay.turn_done();
        }
        overlay.put(&[0], Some(99));
        overlay.stored();
        overlay.put(&[1], Some(98));
        assert!(overlay.slots.len() <= 27, "{}", overlay.slots.len());
        assert_eq!(overlay.get(&[1]), Some(&98));
    }
}
