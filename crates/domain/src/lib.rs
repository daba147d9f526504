//! The words and numbers of charging and billing: what every other crate speaks.
//!
//! Values only: money, energy, time, ids, tariffs, events, effects, invoices. Invariant: no value
//! here reads a clock, touches the world, or does arithmetic that can wrap or round silently.

pub mod accounts;
pub mod chain;
pub mod charging;
pub mod control;
pub mod cost;
pub mod device;
pub mod document;
pub mod hash;
pub mod ids;
pub mod market;
pub mod money;
pub mod occupancy;
pub mod outcome;
pub mod parking;
pub mod payment;
pub mod price;
pub mod quantity;
pub mod record;
pub mod reference;
pub mod review;
pub mod session;
pub mod state;
pub mod tariff;
pub mod tax;
mod text;
pub mod time;
