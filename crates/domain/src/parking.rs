//! What people order about what a fold had to hold back.

use crate::time::Timestamp;

/// A person orders what becomes of a unit whose records are held back (any stage's input).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkingOrder {
    /// Whose records: a station, an account, a draft, a payment.
    pub unit: Box<str>,
    /// What becomes of them.
    pub action: ParkingAction,
    /// Why, in the person's words.
    pub reason: Box<str>,
    /// Who orders.
    pub ordered_by: Box<str>,
    /// When.
    pub ordered_at: Timestamp,
}

/// What becomes of records that are held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ParkingAction {
    /// Fold them, in their order.
    Release,
    /// Put them among the dead letters.
    Skip,
}
