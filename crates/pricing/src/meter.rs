//! The meter: prices usage as it comes, splitting it at every instant at which a price may change.
//!
//! Invariant: energy and time are conserved exactly; how finely usage is cut changes no quantity.

use crate::PricingError;
use crate::calendar::{local, next_strike};
use crate::compile::{Candidate, CompiledTariff, Dependence, Moment, in_force};
use wattledger_domain::cost::{Priced, PricedStep};
use wattledger_domain::price::ExactCost;
use wattledger_domain::quantity::{Milliamperes, Milliseconds, Milliwatts, MilliwattHours};
use wattledger_domain::session::{ChargingPeriod, ChargingState};
use wattledger_domain::tariff::Dimension;
use wattledger_domain::time::Timestamp;

/// A running price. All fields are state: a meter written down and read back goes on alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meter {
    /// When the session began.
    pub started_at: Timestamp,
    /// How far usage has come.
    pub now: Timestamp,
    /// Energy so far.
    pub energy: MilliwattHours,
    /// One per component used, in order of first use.
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

/// What is in force, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Next instant at which a price may change.
    until: Timestamp,
    /// Next energy at which a price may change.
    below: i64,
    power: Option<Milliwatts>,
    current: Option<Milliamperes>,
    /// Positions among the steps.
    energy: Option<u16>,
    time: Option<u16>,
    parking: Option<u16>,
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

/// Prices a finished session: the meter, folded over its periods.
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
        meter.advance(tariff, &Usage {
            to: period.to,
            energy: period.energy,
            state: period.state,
            power: period.power,
            current: period.current,
        })?;
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

    /// Adds a stretch of usage.
    ///
    /// # Errors
    /// [`PricingError::TimeBackwards`], [`PricingError::NegativeEnergy`], [`PricingError::Overflow`].
    pub fn advance(&mut self, tariff: &CompiledTariff, usage: &Usage) -> Result<(), PricingError> {
        if usage.to < self.now {
            return Err(PricingError::TimeBackwards);
        }
        if usage.energy.0 < 0 {
            return Err(PricingError::NegativeEnergy);
        }
        let end = self.energy.0.checked_add(usage.energy.0).ok_or(PricingError::Overflow)?;
        if let Some(window) = self.window
            && usage.to <= window.until
            && end <= window.below
            && (tariff.by_power == Dependence::Independent
                || (usage.power.is_some()
                    && (window.power, window.current) == (usage.power, usage.current)))
        {
            return self.add(window, usage.to, usage.energy, usage.state);
        }
        self.advance_slowly(tariff, usage)
    }

    fn advance_slowly(
        &mut self,
        tariff: &CompiledTariff,
        usage: &Usage,
    ) -> Result<(), PricingError> {
        let mut left = usage.energy.0;
        let power = usage.power.or_else(|| mean_power(self.now, usage.to, left));
        loop {
            let window = self.look(tariff, power, usage.current)?;
            let span = usage.to.since(self.now).0;
            let by_time = if usage.to > window.until {
                // The part before the edge, rounded down: the remainder goes to the later side.
                let part = window.until.since(self.now).0;
                let energy = share(left, part, span)?;
                Some((window.until, energy))
            } else {
                None
            };
            let room = window.below.saturating_sub(self.energy.0);
            let by_energy = if left > room {
                let part = share(span, room, left)?;
                Some((self.now.plus(Milliseconds(part)), room))
            } else {
                None
            };
            let cut = match (by_time, by_energy) {
                (Some(time), Some(energy)) => Some(if energy.0 < time.0 { energy } else { time }),
                (time, energy) => time.or(energy),
            };
            let (to, energy) = cut.unwrap_or((usage.to, left));
            self.add(window, to, MilliwattHours(energy), usage.state)?;
            left = left.checked_sub(energy).ok_or(PricingError::Overflow)?;
            if cut.is_none() {
                // What is in force was judged by this stretch's own power.
                if let Some(kept) = &mut self.window {
                    kept.power = usage.power;
                }
                return Ok(());
            }
        }
    }

    /// Finds what is in force from here on.
    fn look(
        &mut self,
        tariff: &CompiledTariff,
        power: Option<Milliwatts>,
        current: Option<Milliamperes>,
    ) -> Result<Window, PricingError> {
        let wall = if tariff.minutes.is_empty() { None } else { local(tariff.zone, self.now) };
        let duration = self.now.since(self.started_at);
        let moment = Moment { local: wall.as_ref(), energy: self.energy, duration, power, current };
        let energy = in_force(&tariff.energy, &moment);
        let time = in_force(&tariff.time, &moment);
        let parking = in_force(&tariff.parking, &moment);
        if self.flat == FlatFee::Due
            && let Some(flat) = in_force(&tariff.flat, &moment)
        {
            self.flat = FlatFee::Billed;
            let place = self.step_of(flat)?;
            if let Some(step) = self.steps.get_mut(usize::from(place)) {
                step.quantity = 1;
            }
        }
        let later = tariff.durations.iter().find(|threshold| **threshold > duration.0);
        let by_duration = later.map(|threshold| self.started_at.plus(Milliseconds(*threshold)));
        let strike = next_strike(tariff.zone, self.now, &tariff.minutes);
        let until = by_duration.map_or(strike, |edge| edge.min(strike));
        let above = tariff.energies.iter().find(|threshold| **threshold > self.energy.0);
        let window = Window {
            until,
            below: above.copied().unwrap_or(i64::MAX),
            power,
            current,
            energy: energy.map(|candidate| self.step_of(candidate)).transpose()?,
            time: time.map(|candidate| self.step_of(candidate)).transpose()?,
            parking: parking.map(|candidate| self.step_of(candidate)).transpose()?,
        };
        self.window = Some(window);
        Ok(window)
    }

    /// The step of a component, made at its first use.
    fn step_of(&mut self, candidate: &Candidate) -> Result<u16, PricingError> {
        let known = self.steps.iter().position(|step| {
            step.element == candidate.element && step.dimension == candidate.component.dimension
        });
        let place = known.unwrap_or(self.steps.len());
        if known.is_none() {
            self.steps.push(PricedStep {
                dimension: candidate.component.dimension,
                element: candidate.element,
                quantity: 0,
                price: candidate.component.price,
                tax: candidate.component.tax,
                step_size: candidate.component.step_size,
                from: self.now,
                to: self.now,
            });
        }
        u16::try_from(place).map_err(|_| PricingError::Overflow)
    }

    fn add(
        &mut self,
        window: Window,
        to: Timestamp,
        energy: MilliwattHours,
        state: ChargingState,
    ) -> Result<(), PricingError> {
        let span = to.since(self.now).0;
        if energy.0 > 0 {
            self.count(window.energy, energy.0, to)?;
        }
        if span > 0 {
            match state {
                ChargingState::Charging => self.count(window.time, span, to)?,
                ChargingState::SuspendedByVehicle
                | ChargingState::Connected
                | ChargingState::Idle => self.count(window.parking, span, to)?,
                // The station gave no power: neither time nor parking time.
                ChargingState::SuspendedByStation => {}
            }
        }
        self.energy = self.energy.plus(energy).ok_or(PricingError::Overflow)?;
        self.now = to;
        Ok(())
    }

    fn count(&mut self, place: Option<u16>, quantity: i64, to: Timestamp) -> Result<(), PricingError> {
        let Some(step) = place.and_then(|place| self.steps.get_mut(usize::from(place))) else {
            return Ok(());
        };
        if step.quantity == 0 {
            step.from = self.now;
        }
        step.quantity = step.quantity.checked_add(quantity).ok_or(PricingError::Overflow)?;
        step.to = to;
        Ok(())
    }

    /// The exact price so far.
    #[must_use]
    pub fn priced(&self, tariff: &CompiledTariff) -> Priced {
        Priced {
            currency: tariff.currency,
            tax_included: tariff.tax_included,
            steps: self.steps.iter().filter(|step| step.quantity != 0).copied().collect(),
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
        let mut ahead = self.clone();
        let window = ahead.look(tariff, None, None).ok()?;
        (window.until.0 < i64::MAX).then_some(window.until)
    }
}

/// The exact cost of one step.
pub fn step_cost(step: &PricedStep) -> Result<ExactCost, PricingError> {
    let cost = match step.dimension {
        Dimension::Energy => ExactCost::of_energy(MilliwattHours(step.quantity), step.price),
        Dimension::Time | Dimension::ParkingTime => {
            ExactCost::of_time(Milliseconds(step.quantity), step.price)
        }
        Dimension::Flat => ExactCost::of_flat(step.price),
    };
    cost.ok_or(PricingError::Overflow)
}

/// `total × part ÷ whole`, rounded down.
fn share(total: i64, part: i64, whole: i64) -> Result<i64, PricingError> {
    if whole == 0 {
        return Ok(0);
    }
    let product = i128::from(total).checked_mul(i128::from(part)).ok_or(PricingError::Overflow)?;
    let share = product.checked_div(i128::from(whole)).ok_or(PricingError::Overflow)?;
    i64::try_from(share).map_err(|_| PricingError::Overflow)
}

/// Energy over time: mWh per ms is 3.6 × 10⁶ mW.
fn mean_power(from: Timestamp, to: Timestamp, energy: i64) -> Option<Milliwatts> {
    let span = i128::from(to.since(from).0);
    let power = i128::from(energy).checked_mul(3_600_000)?.checked_div(span)?;
    i64::try_from(power).ok().map(Milliwatts)
}
