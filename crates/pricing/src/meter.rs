//! The meter: prices usage as it comes, splitting it at every instant at which a price may change.
//!
//! Invariant: energy and time are conserved exactly, and a cut that lies on the line between two
//! readings changes nothing: edges are found on that line, never on what an earlier cut left.

mod line;
mod window;

use crate::PricingError;
use crate::calendar::{Local, local, next_strike};
use crate::compile::{Candidate, CompiledTariff};
use crate::restriction::Moment;
use line::{Line, mean_power};
use wattledger_domain::cost::{Priced, PricedStep};
use wattledger_domain::price::ExactCost;
use wattledger_domain::quantity::{Milliamperes, Milliseconds, MilliwattHours, Milliwatts};
use wattledger_domain::session::{ChargingPeriod, ChargingState};
use wattledger_domain::tariff::Dimension;
use wattledger_domain::time::Timestamp;
use window::Places;
pub use window::Window;

/// A running price. All fields are state: a meter written down and read back goes on alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meter {
    /// When the session began.
    pub started_at: Timestamp,
    /// How far usage has come.
    pub now: Timestamp,
    /// Energy so far.
    pub energy: MilliwattHours,
    /// One per component that has been in force, in that order.
    pub steps: Vec<PricedStep>,
    /// Whether the start fee is still to come.
    pub flat: FlatFee,
    /// What is in force until an edge; empty after reading back.
    pub window: Option<Window>,
}

/// Whether the start fee is still to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlatFee {
    /// No flat price has been in force yet.
    Due,
    /// Billed.
    Billed,
}

/// A stretch of usage from where the meter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Until when.
    pub to: Timestamp,
    /// Energy delivered in it.
    pub energy: MilliwattHours,
    /// What car and station do in it.
    pub state: ChargingState,
    /// Power as metered; absent means the mean of the stretch.
    pub power: Option<Milliwatts>,
    /// Current as metered over all phases.
    pub current: Option<Milliamperes>,
}

/// Prices a finished session: the meter, folded over its periods. A gap between two is not billed.
///
/// # Errors
/// [`PricingError`] when periods go back in time or an amount does not fit.
pub fn rate(
    tariff: &CompiledTariff,
    started_at: Timestamp,
    periods: &[ChargingPeriod],
) -> Result<Priced, PricingError> {
    let mut meter = Meter::start(started_at);
    for period in periods {
        if period.from < meter.now {
            return Err(PricingError::TimeBackwards);
        }
        let gap = Usage {
            to: period.from,
            energy: MilliwattHours::ZERO,
            state: ChargingState::SuspendedByStation,
            power: None,
            current: None,
        };
        meter.advance(tariff, &gap)?;
        let ChargingPeriod {
            from: _,
            to,
            energy,
            state,
            power,
            current,
        } = *period;
        meter.advance(
            tariff,
            &Usage {
                to,
                energy,
                state,
                power,
                current,
            },
        )?;
    }
    Ok(meter.priced(tariff))
}

impl Meter {
    /// A meter at the start of a session.
    #[must_use]
    pub const fn start(started_at: Timestamp) -> Self {
        Self {
            started_at,
            now: started_at,
            energy: MilliwattHours::ZERO,
            steps: Vec::new(),
            flat: FlatFee::Due,
            window: None,
        }
    }

    /// Adds a stretch of usage. One without time and energy changes nothing.
    ///
    /// # Errors
    /// [`PricingError::TimeBackwards`], [`PricingError::NegativeEnergy`], or
    /// [`PricingError::Overflow`]. After an overflow the meter may have counted a part of the stretch.
    pub fn advance(&mut self, tariff: &CompiledTariff, usage: &Usage) -> Result<(), PricingError> {
        if usage.to < self.now {
            return Err(PricingError::TimeBackwards);
        }
        if usage.energy.0 < 0 {
            return Err(PricingError::NegativeEnergy);
        }
        let end = self
            .energy
            .0
            .checked_add(usage.energy.0)
            .ok_or(PricingError::Overflow)?;
        // An edge that has been reached ends the window: edges are inclusive from below.
        if let Some(window) = &self.window
            && self.now < window.until
            && self.energy.0 < window.below
            && usage.to <= window.until
            && end <= window.below
            && window.flows_alike(tariff.flow, usage)
        {
            return self.add(window.places, usage.to, end, usage.state);
        }
        if usage.to == self.now && usage.energy.0 == 0 {
            return Ok(());
        }
        self.advance_over_edges(tariff, usage, end)
    }

    fn advance_over_edges(
        &mut self,
        tariff: &CompiledTariff,
        usage: &Usage,
        end: i64,
    ) -> Result<(), PricingError> {
        let line = Line {
            from: self.now,
            to: usage.to,
            low: self.energy.0,
            high: end,
        };
        let power = usage.power.or_else(|| mean_power(&line));
        loop {
            let window = self.look(tariff, usage, power)?;
            let Some((to, energy)) = line.cut(window.until, window.below)? else {
                return self.add(window.places, usage.to, end, usage.state);
            };
            self.add(window.places, to, energy, usage.state)?;
        }
    }

    /// Finds what is in force from here on.
    fn look(
        &mut self,
        tariff: &CompiledTariff,
        usage: &Usage,
        power: Option<Milliwatts>,
    ) -> Result<Window, PricingError> {
        let wall = self.wall(tariff);
        let moment = Moment {
            local: wall.as_ref(),
            energy: self.energy,
            duration: self.now.since(self.started_at),
            power,
            current: usage.current,
        };
        if self.flat == FlatFee::Due
            && let Some(flat) = tariff.flat.in_force(&moment)
        {
            self.flat = FlatFee::Billed;
            let place = self.step_of(flat)?;
            if let Some(step) = self.steps.get_mut(usize::from(place)) {
                step.quantity = 1;
            }
        }
        let mut place = |candidate: Option<&Candidate>| {
            candidate
                .map(|candidate| self.step_of(candidate))
                .transpose()
        };
        let places = Places {
            energy: place(tariff.energy.in_force(&moment))?,
            time: place(tariff.time.in_force(&moment))?,
            parking: place(tariff.parking.in_force(&moment))?,
        };
        let window = Window {
            until: self.next_edge(tariff, wall.as_ref()),
            below: above(&tariff.energies, self.energy.0).unwrap_or(i64::MAX),
            power: usage.power,
            current: usage.current,
            places,
        };
        self.window = Some(window);
        Ok(window)
    }

    /// The wall clock, where a price depends on it.
    fn wall(&self, tariff: &CompiledTariff) -> Option<Local> {
        if tariff.strikes.is_empty() {
            return None;
        }
        local(tariff.zone, self.now, &tariff.strikes)
    }

    fn next_edge(&self, tariff: &CompiledTariff, wall: Option<&Local>) -> Timestamp {
        const NEVER: Timestamp = Timestamp(i64::MAX);
        let duration = above(&tariff.durations, self.now.since(self.started_at).0);
        let by_duration = duration.map_or(NEVER, |duration| {
            self.started_at.plus(Milliseconds(duration))
        });
        wall.map_or(by_duration, |wall| {
            next_strike(tariff.zone, self.now, wall, &tariff.strikes).min(by_duration)
        })
    }

    /// The step of a component, made when it is first in force.
    fn step_of(&mut self, candidate: &Candidate) -> Result<u16, PricingError> {
        let component = &candidate.component;
        let known = self.steps.iter().position(|step| {
            step.element == candidate.element && step.dimension == component.dimension
        });
        let place = known.unwrap_or(self.steps.len());
        if known.is_none() {
            self.steps.push(PricedStep {
                dimension: component.dimension,
                element: candidate.element,
                quantity: 0,
                price: component.price,
                tax: component.tax,
                step_size: component.step_size,
                from: self.now,
                to: self.now,
            });
        }
        u16::try_from(place).map_err(|_| PricingError::Overflow)
    }

    /// Counts what was used up to an instant and an energy.
    fn add(
        &mut self,
        places: Places,
        to: Timestamp,
        energy: i64,
        state: ChargingState,
    ) -> Result<(), PricingError> {
        let used = energy
            .checked_sub(self.energy.0)
            .ok_or(PricingError::Overflow)?;
        let span = to.0.checked_sub(self.now.0).ok_or(PricingError::Overflow)?;
        self.count(places.energy, used, to)?;
        match state {
            ChargingState::Charging => self.count(places.time, span, to)?,
            ChargingState::SuspendedByVehicle | ChargingState::Connected | ChargingState::Idle => {
                self.count(places.parking, span, to)?;
            }
            // The station gave no power: neither time nor parking time.
            ChargingState::SuspendedByStation => {}
        }
        self.energy = MilliwattHours(energy);
        self.now = to;
        Ok(())
    }

    fn count(
        &mut self,
        place: Option<u16>,
        quantity: i64,
        to: Timestamp,
    ) -> Result<(), PricingError> {
        let Some(step) = place.and_then(|place| self.steps.get_mut(usize::from(place))) else {
            return Ok(());
        };
        if quantity > 0 {
            if step.quantity == 0 {
                step.from = self.now;
            }
            step.quantity = step
                .quantity
                .checked_add(quantity)
                .ok_or(PricingError::Overflow)?;
            step.to = to;
        }
        Ok(())
    }

    /// The exact price so far.
    #[must_use]
    pub fn priced(&self, tariff: &CompiledTariff) -> Priced {
        let mut steps: Vec<PricedStep> = self
            .steps
            .iter()
            .filter(|step| step.quantity != 0)
            .copied()
            .collect();
        steps.sort_by_key(|step| step.from);
        Priced {
            currency: tariff.currency,
            tax_included: tariff.tax_included,
            steps,
            min_price: tariff.min_price,
            max_price: tariff.max_price,
        }
    }

    /// The exact cost so far as the tariff states prices, before blocks, limits and tax.
    ///
    /// # Errors
    /// [`PricingError::Overflow`].
    pub fn exact_cost(&self) -> Result<ExactCost, PricingError> {
        self.steps.iter().try_fold(ExactCost::ZERO, |sum, step| {
            sum.plus(step_cost(step)?).ok_or(PricingError::Overflow)
        })
    }

    /// The next instant at which a price may change by time alone.
    #[must_use]
    pub fn next_change(&self, tariff: &CompiledTariff) -> Option<Timestamp> {
        let edge = self.next_edge(tariff, self.wall(tariff).as_ref());
        (edge.0 < i64::MAX).then_some(edge)
    }
}

/// The least of sorted thresholds that is above a value.
fn above(thresholds: &[i64], value: i64) -> Option<i64> {
    thresholds
        .get(thresholds.partition_point(|threshold| *threshold <= value))
        .copied()
}

/// The exact cost of one step.
pub fn step_cost(step: &PricedStep) -> Result<ExactCost, PricingError> {
    cost_of(step, step.quantity)
}

/// The exact cost of a quantity at a step's price.
pub fn cost_of(step: &PricedStep, quantity: i64) -> Result<ExactCost, PricingError> {
    let cost = match step.dimension {
        Dimension::Energy => ExactCost::of_energy(MilliwattHours(quantity), step.price),
        Dimension::Time | Dimension::ParkingTime => {
            ExactCost::of_time(Milliseconds(quantity), step.price)
        }
        Dimension::Flat => ExactCost::of_flat(step.price),
    };
    cost.ok_or(PricingError::Overflow)
}
