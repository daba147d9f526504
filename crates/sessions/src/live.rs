//! A running session as a display asks about it: what it comes to so far, and how it goes on.
//!
//! Invariant: looking changes nothing; the price is the one that holds and bills are made of.

use crate::Sessions;
use crate::desk::Desk;
use crate::session::Phase;
use crate::work::Work;
use std::sync::Arc;
use wattledger_domain::cost::Rounding;
use wattledger_domain::ids::{SessionId, StationId};
use wattledger_domain::quantity::Milliwatts;
use wattledger_domain::session::{ChargingState, Pin};
use wattledger_domain::tax::TaxLiability;
use wattledger_domain::{ids::TariffId, quantity::MilliwattHours};
use wattledger_pricing::{CompiledTariff, Meter, Outlook};

/// What was found of a session.
#[derive(Clone, Debug)]
pub enum Looked {
    /// None of this id is kept here.
    Unknown,
    /// It is over: what it comes to is settled, or waits to be.
    Ended,
    /// Nothing prices it: no tariff applies, or its station is unknown.
    Unpriced,
    /// It runs.
    Running(Box<Running>),
}

/// A session that runs.
#[derive(Clone, Debug)]
pub struct Running {
    /// Its price so far, up to the last reading that is accounted.
    pub meter: Meter,
    /// By this.
    pub tariff: Arc<CompiledTariff>,
    /// Which version that is.
    pub tariff_pin: Pin<TariffId>,
    /// The zone of the site.
    pub time_zone: Box<str>,
    /// How its seller rounds.
    pub rounding: Rounding,
    /// Who owes the tax on it, as far as it is known.
    pub liability: TaxLiability,
    /// Delivered so far.
    pub energy: MilliwattHours,
    /// How it goes on if nothing changes: in its present state, and while it charges at the mean power
    /// of its charging so far.
    pub outlook: Outlook,
}

/// Looks at a session. `state` is thrown away afterwards: it may be written to.
pub fn look(state: &mut Sessions<'_>, station: &StationId, session: &SessionId) -> Looked {
    let mut effects = Vec::new();
    let mut desk = Desk::new(state, &mut effects);
    let Some(mut work) = Work::take(&mut desk, station, session.clone()) else {
        return Looked::Unknown;
    };
    if work.session.phase != Phase::Open {
        return Looked::Ended;
    }
    work.bring_up_to_date(&mut desk);
    running(&work).map_or(Looked::Unpriced, |running| {
        Looked::Running(Box::new(running))
    })
}

fn running(work: &Work<'_>) -> Option<Running> {
    let bound = work.bound()?;
    let (pins, tariff) = bound.tariff.as_ref()?;
    let ledger = &work.session.ledger;
    Some(Running {
        meter: work.session.meter.clone()?,
        tariff: tariff.clone(),
        tariff_pin: pins.tariff.clone(),
        time_zone: pins.time_zone.clone(),
        rounding: bound.policy.rounding,
        liability: work.session.tax,
        energy: ledger.energy,
        outlook: Outlook {
            state: state(work),
            power: mean_power(work),
        },
    })
}

/// As it was told last, which may be after the last reading that is accounted.
fn state(work: &Work<'_>) -> ChargingState {
    let ledger = &work.session.ledger;
    let told = ledger.changes.last();
    told.map_or(ledger.state, |(_, state)| *state)
}

/// A mWh per ms is 3.6 × 10⁶ mW; nothing where the car does not charge, or has not yet.
fn mean_power(work: &Work<'_>) -> Milliwatts {
    let ledger = &work.session.ledger;
    if state(work) != ChargingState::Charging {
        return Milliwatts::ZERO;
    }
    let energy = i128::from(ledger.energy.0).saturating_mul(3_600_000);
    let power = energy.checked_div(i128::from(ledger.durations.charging.0));
    let power = power.and_then(|power| i64::try_from(power).ok());
    Milliwatts(power.unwrap_or(0).max(0))
}
