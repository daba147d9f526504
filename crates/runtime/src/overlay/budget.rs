//! What the overlays of a process may keep in memory together.

use super::{DECODED, SLOT};
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

    /// Takes note of what an object of so many bytes costs now.
    pub fn weigh(&mut self, cost: &mut u32, key: usize, encoded: usize) {
        let now = SLOT + key + DECODED * encoded;
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

    /// The oldest that may stay, in epochs; `None` while there is room. Epochs last some seconds:
    /// what is read once a minute outlives a little want.
    pub fn age_max(&self) -> Option<u32> {
        let (held, limit) = (self.budget.held(), self.budget.limit);
        match held {
            _ if held <= limit => None,
            _ if held <= limit + limit / 4 => Some(32),
            _ if held <= limit + limit / 2 => Some(8),
            _ => Some(2),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.budget.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
