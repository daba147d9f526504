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
}

impl Held {
    pub fn of(budget: &Arc<Budget>) -> Self {
        Self {
            budget: Arc::clone(budget),
            bytes: 0,
        }
    }

    /// Takes note of what an object takes now.
    pub fn weigh(&mut self, cost: &mut u32, now: usize) {
        let before = std::mem::replace(cost, now as u32) as usize;
        self.bytes = self.bytes + now - before;
        if now >= before {
            self.budget.held.fetch_add(now - before, Ordering::Relaxed);
        } else {
            self.budget.held.fetch_sub(before - now, Ordering::Relaxed);
        }
    }

    pub fn give_back(&mut self, cost: u32) {
        self.bytes -= cost as usize;
        self.budget.held.fetch_sub(cost as usize, Ordering::Relaxed);
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
        self.budget.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
