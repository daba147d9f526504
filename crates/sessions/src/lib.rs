//! The fold of one station: what its telemetry says into session ledgers, rated and explained.
//!
//! Authorisations are pinned and forwarded, starts become sessions, readings become energy that can
//! be proven, ends are settled, rated or held for a person; chargers are told what to do.
//!
//! Invariant: a rated session depends on the set of its readings, never on their order of arrival.
//! Invariant: no reading makes energy negative, and none is billed that the EVSE cannot have given.

mod attribution;
pub mod authorization;
mod desk;
mod devices;
pub mod effect;
mod ending;
mod entries;
mod field;
pub mod key;
pub mod lags;
pub mod ledger;
pub mod live;
pub mod market;
pub mod occupancy;
mod pinning;
mod rating;
pub mod reference;
mod review;
mod running;
pub mod samples;
pub mod series;
pub mod session;
mod start;
pub mod station;
mod thinning;
mod work;

#[cfg(test)]
mod tests;

pub use effect::{Effect, Rejection};
pub use key::{Entity, Key, Timer, TimerKind, Value};
pub use rating::rerating;

use desk::Desk;
use wattledger_domain::charging::ChargingRecord;
use wattledger_domain::state::State;
use wattledger_domain::time::Timestamp;

/// The entities and timers of one partition of `charging.events`.
pub type Sessions<'a> = dyn State<Key = Key, Value = Value, Timer = Timer> + 'a;

/// Folds one record. On an error nothing has changed and no effect was added.
///
/// # Errors
/// [`Rejection`] when the record cannot be about any session.
pub fn fold(
    state: &mut Sessions<'_>,
    event: &ChargingRecord,
    effects: &mut Vec<Effect>,
) -> Result<(), Rejection> {
    let mut desk = Desk::new(state, effects);
    match event {
        ChargingRecord::Field(event) => field::happened(&mut desk, event)?,
        ChargingRecord::HoldGranted(granted) => authorization::granted(&mut desk, granted),
        ChargingRecord::AuthorizationRefused(refused) => {
            authorization::refused(&mut desk, refused);
        }
        ChargingRecord::PayerResolved(resolved) => rating::payer_resolved(&mut desk, resolved),
        ChargingRecord::ReviewDecided(decision) => review::decided(&mut desk, decision),
        ChargingRecord::Reference(recorded) => reference::recorded(&mut desk, recorded),
        ChargingRecord::Tick(_) => {}
    }
    Ok(())
}

/// Fires one timer that is due.
pub fn fire(state: &mut Sessions<'_>, timer: &Timer, due: Timestamp, effects: &mut Vec<Effect>) {
    let mut desk = Desk::new(state, effects);
    match (timer.kind, &timer.entity) {
        (TimerKind::Settle, Entity::Session(session)) => {
            rating::settle_due(&mut desk, &timer.station, session, due);
        }
        (TimerKind::Forget, Entity::Session(session)) => {
            rating::forget(&mut desk, &timer.station, session, due);
        }
        (TimerKind::Forget, Entity::Authorization(authorization)) => {
            authorization::forget(&mut desk, &timer.station, authorization, due);
        }
        (TimerKind::Forget, Entity::Begun(period)) => {
            desk.remove(&Key::Begun(timer.station.clone(), *period));
        }
        (TimerKind::Forget, Entity::Unresolved) => {
            attribution::forget(&mut desk, &timer.station);
        }
        // No other pair is ever set.
        (TimerKind::Settle, Entity::Authorization(_) | Entity::Begun(_) | Entity::Unresolved) => {}
    }
}
