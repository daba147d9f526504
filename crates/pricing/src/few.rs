//! A list that is short nearly always: up to two items lie in place, more in a vector.
//!
//! Invariant: where there is a vector, it holds all items and none lies in place.

/// How many lie in place: of tax rates two are usual.
const IN_PLACE: usize = 2;

/// A short list.
#[derive(Clone, Debug)]
pub struct Few<T> {
    in_place: [T; IN_PLACE],
    length: usize,
    many: Vec<T>,
}

impl<T: Copy> Few<T> {
    /// None; `blank` fills the places.
    #[inline]
    pub const fn new(blank: T) -> Self {
        Self {
            in_place: [blank; IN_PLACE],
            length: 0,
            many: Vec::new(),
        }
    }

    /// All, in order.
    #[inline]
    pub fn as_slice(&self) -> &[T] {
        if self.many.is_empty() {
            self.in_place.get(..self.length).unwrap_or_default()
        } else {
            &self.many
        }
    }

    /// All, in order, to be changed.
    #[inline]
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        if self.many.is_empty() {
            self.in_place.get_mut(..self.length).unwrap_or_default()
        } else {
            &mut self.many
        }
    }

    /// Puts an item before the one that is in a place, which moves up with all behind it.
    pub fn insert(&mut self, place: usize, item: T) {
        let fits = self.many.is_empty() && self.length < IN_PLACE && place <= self.length;
        if !fits {
            if self.many.is_empty() {
                let in_place = self.in_place.get(..self.length);
                self.many.extend_from_slice(in_place.unwrap_or_default());
            }
            self.many.insert(place.min(self.many.len()), item);
            return;
        }
        self.in_place
            .copy_within(place..self.length, place.saturating_add(1));
        if let Some(free) = self.in_place.get_mut(place) {
            *free = item;
        }
        self.length = self.length.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::Few;

    #[test]
    fn items_keep_their_order_in_place_and_past_it() {
        let mut few = Few::new(0);
        few.insert(0, 5);
        few.insert(0, 1);
        assert_eq!(few.as_slice(), [1, 5]);
        few.insert(1, 4);
        few.insert(3, 9);
        few.insert(0, 0);
        assert_eq!(few.as_slice(), [0, 1, 4, 5, 9]);
        few.as_mut_slice().reverse();
        assert_eq!(few.as_slice(), [9, 5, 4, 1, 0]);
    }
}
