//! What the overlays of a process may keep in memory together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that overlays share. It bounds what they keep beside what the store has not taken yet.
#[derive(Debug)]
pub struct Budget {
    limit: usize,
    held: AtomicUsize,
}

impl Budget {
    /// So many bytes.
    #[must_use]
    pub fn of(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            limit,
            held: AtomicUsize::new(0),
        })
    }

    /// What the overlays hold, by estimate.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }
}

/// One overlay's part of a budget; given back when dropped.
#[derive(Debug)]
pub struct Held {
    budget: Arc<Budget>,
    bytes: usize,
    /// What the others see of it.
    shown: usize,
}

impl Held {
    pub fn of(budget: &Arc<Budget>) -> Self {
        Self {
            budget: Arc::clone(budget),
            bytes: 0,
            shown: 0,
        }
    }

    /// Takes note of what an object takes now.
    pub const fn weigh(&mut self, cost: &mut u32, now: usize) {
        let before = std::mem::replace(cost, now as u32) as usize;
        self.bytes = self.bytes + now - before;
    }

    pub const fn give_back(&mut self, cost: u32) {
        self.bytes -= cost as usize;
    }

    /// Lets the others see what this part holds.
    pub fn show(&mut self) {
        let before = std::mem::replace(&mut self.shown, self.bytes);
        let held = &self.budget.held;
        match self.bytes.checked_sub(before) {
            Some(more) => held.fetch_add(more, Ordering::Relaxed),
            None => held.fetch_sub(before - self.bytes, Ordering::Relaxed),
        };
    }

    /// Whether less than a quarter is left.
    pub fn is_narrow(&self) -> bool {
        self.budget.held() > self.budget.limit / 4 * 3
    }

    /// What this part may still hold where all of them together hold too much: an eighth less than its
    /// share, so that it need not be asked again at once. `None` while there is room.
    pub fn allowed(&self) -> Option<usize> {
        let (held, limit) = (self.budget.held(), self.budget.limit);
        let share = self.bytes as u128 * limit as u128 / held.max(1) as u128;
        (held > limit).then_some((share - share / 8) as usize)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.budget.held.fetch_sub(self.shown, Ordering::Relaxed);
    }
}
