//! The meter: prices usage as it comes, splitting it at every instant at which a price may change.
//!
//! Invariant: energy and time are conserved exactly, and a cut that lies on the line between two
//! readings changes nothing: edges are found on that line, never on what an earlier cut left.

mod counting;
mod edges;
mod idle;
mod line;
mod priced;
mod stretch;
mod window;

use crate::PricingError;
use crate::compile::{Candidate, CompiledTariff, FlowDependence};
use crate::restriction::Moment;
use edges::{above, at_most};
use line::Line;
pub use priced::cost_of;
pub use stretch::{Flow, Stretch, Volumes};
use wattledger_domain::cost::{Priced, PricedStep, StartFee};
use wattledger_domain::quantity::{Milliamperes, MilliwattHours, Milliwatts};
use wattledger_domain::record::Extent;
use wattledger_domain::session::{ChargingPeriod, ChargingState};
use wattledger_domain::tariff::LocalDate;
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
    /// One per component and price that has been in force, in that order.
    pub steps: Vec<PricedStep>,
    /// Whether the start fee is still to come.
    pub flat: FlatFee,
    /// When charging ended, while the vehicle asks for no power.
    pub idle_since: Option<Timestamp>,
    /// Quantities and ends of the parking steps when charging ended, where fees may be withdrawn.
    pub stay: Vec<(u16, i64, Timestamp)>,
    /// The day of the site's calendar, and what parking had cost when it began, exactly; where a day's
    /// fees are bounded.
    pub day: Option<(LocalDate, i128)>,
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

/// Whether prices changed within a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Course {
    /// The same components were in force all along.
    Steady,
    /// Others came into force on the way.
    Switched,
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
        meter.advance_stretch(tariff, &Stretch::nothing(period.from))?;
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
            idle_since: None,
            stay: Vec::new(),
            day: None,
            window: None,
        }
    }

    /// Adds a stretch of usage. One without time and energy changes nothing.
    ///
    /// # Errors
    /// [`PricingError::TimeBackwards`], [`PricingError::NegativeEnergy`], or
    /// [`PricingError::Overflow`]. After an overflow the meter may have counted a part of the stretch.
    #[inline]
    pub fn advance(&mut self, tariff: &CompiledTariff, usage: &Usage) -> Result<(), PricingError> {
        if usage.to < self.now {
            return Err(PricingError::TimeBackwards);
        }
        if usage.energy.0 < 0 {
            return Err(PricingError::NegativeEnergy);
        }
        if let Some(places) = self.charging_on(tariff, usage) {
            let volumes = Volumes {
                energy: usage.energy.0,
                time: usage.to.since(self.now).0,
                parking: 0,
            };
            return self.add(tariff, places, (usage.to, volumes));
        }
        let stretch = Stretch::of(usage, self.now, tariff.rules.suspended_by_station);
        self.advance_stretch(tariff, &stretch)?;
        Ok(())
    }

    /// What is in force all along the usual reading: the car charges as it did and nothing is near. All
    /// else is for [`Meter::advance_stretch`], which would say the same of this.
    #[inline]
    fn charging_on(&self, tariff: &CompiledTariff, usage: &Usage) -> Option<Places> {
        let window = self.window.as_ref()?;
        let steady = usage.state == ChargingState::Charging
            && self.idle_since.is_none()
            && tariff.flow == FlowDependence::Independent
            && self.now < window.until
            && usage.to <= window.until
            && (self.flat == FlatFee::Billed || tariff.rules.start_fee == StartFee::Always);
        if !steady {
            return None;
        }
        if let Some(edge) = window.energy {
            let end = self.energy.0.checked_add(usage.energy.0)?;
            if self.energy.0 >= edge || end > edge {
                return None;
            }
        }
        Some(window.places)
    }

    /// As [`Meter::advance`], for volumes as a record states them: energy may be below zero, and
    /// times need not be the length of the stretch. Says whether prices changed on the way.
    ///
    /// # Errors
    /// [`PricingError::TimeBackwards`] or [`PricingError::Overflow`].
    #[inline]
    pub(crate) fn advance_stretch(
        &mut self,
        tariff: &CompiledTariff,
        stretch: &Stretch,
    ) -> Result<Course, PricingError> {
        let end = self
            .energy
            .0
            .checked_add(stretch.volumes.energy)
            .ok_or(PricingError::Overflow)?;
        self.notice_idleness(tariff, stretch)?;
        // An edge that has been reached ends the window: edges are inclusive from below.
        if let Some(window) = &self.window
            && self.now < window.until
            && stretch.to <= window.until
            && stretch.volumes.energy >= 0
            && window
                .energy
                .is_none_or(|edge| self.energy.0 < edge && end <= edge)
            && window.flows_alike(tariff.flow, stretch)
            && !self.starts_with_energy(tariff, stretch)
        {
            self.add(tariff, window.places, (stretch.to, stretch.volumes))?;
            return Ok(Course::Steady);
        }
        if stretch.to == self.now && stretch.volumes.is_zero() {
            return Ok(Course::Steady);
        }
        self.advance_over_edges(tariff, stretch)
    }

    /// Whether a fee that waits for energy may be due in a stretch.
    #[inline]
    fn starts_with_energy(&self, tariff: &CompiledTariff, stretch: &Stretch) -> bool {
        stretch.volumes.energy > 0
            && self.flat == FlatFee::Due
            && tariff.rules.start_fee == StartFee::WithEnergy
    }

    #[inline(never)]
    fn advance_over_edges(
        &mut self,
        tariff: &CompiledTariff,
        stretch: &Stretch,
    ) -> Result<Course, PricingError> {
        let line = Line {
            from: self.now,
            to: stretch.to,
            volumes: stretch.volumes,
        };
        let base = self.energy.0;
        let power = match stretch.power {
            Flow::Metered(power) => Some(power),
            Flow::Mean => line.mean_power().map(Extent::steady),
            Flow::Unknown => None,
        };
        let mut counted = Volumes::default();
        let (mut course, mut last) = (Course::Steady, None);
        loop {
            let window = self.look(tariff, stretch, power)?;
            let here = (window.places, self.flat);
            if last.is_some_and(|last| last != here) {
                course = Course::Switched;
            }
            last = Some(here);
            let edge = window.energy.and_then(|edge| edge.checked_sub(base));
            let Some((to, volumes)) = line.cut(window.until, edge)? else {
                let rest = line.volumes.minus(counted)?;
                self.add(tariff, window.places, (stretch.to, rest))?;
                return Ok(course);
            };
            self.add(tariff, window.places, (to, volumes.minus(counted)?))?;
            counted = volumes;
        }
    }

    /// Lets usage pass that another tariff prices, or none.
    pub(crate) fn pass(&mut self, to: Timestamp, energy: i64) -> Result<(), PricingError> {
        if to == self.now && energy == 0 {
            return Ok(());
        }
        let energy = self.energy.0.checked_add(energy);
        self.energy = MilliwattHours(energy.ok_or(PricingError::Overflow)?);
        self.now = to;
        self.window = None;
        Ok(())
    }

    /// Finds what is in force from here on.
    pub(crate) fn look(
        &mut self,
        tariff: &CompiledTariff,
        stretch: &Stretch,
        power: Option<Extent<i64>>,
    ) -> Result<Window, PricingError> {
        let wall = self.wall(tariff);
        self.notice_day(tariff.idle_fees, wall.as_ref())?;
        let falls = stretch.volumes.energy < 0;
        // Energy that falls is below an edge as soon as it has left it.
        let level = self.energy.0.saturating_sub(i64::from(falls));
        let moment = Moment {
            local: wall.as_ref(),
            energy: MilliwattHours(level),
            duration: self.now.since(self.started_at),
            idle: self.idle_since.map(|since| self.now.since(since)),
            power,
            current: stretch.current,
        };
        self.charge_start_fee(tariff, stretch, &moment)?;
        let times = (self.now, self.started_at);
        let before = self.window.map(|window| window.places);
        let mut place = |candidate: Option<&Candidate>, before: Option<u16>| {
            candidate
                .map(|candidate| {
                    let price = tariff.price_of(candidate, times, wall.as_ref());
                    let billed = tariff.billed_at(candidate, price, self.now);
                    self.step_of(candidate, billed, before)
                })
                .transpose()
        };
        let of = |chosen: fn(Places) -> Option<u16>| before.and_then(chosen);
        let places = Places {
            energy: place(tariff.energy.in_force(&moment), of(|places| places.energy))?,
            time: place(tariff.time.in_force(&moment), of(|places| places.time))?,
            parking: place(
                tariff.parking.in_force(&moment),
                of(|places| places.parking),
            )?,
        };
        let window = Window {
            until: self.next_edge(tariff, wall.as_ref()),
            energy: if falls {
                at_most(&tariff.energies, level)
            } else {
                above(&tariff.energies, level)
            },
            power: stretch.power,
            current: stretch.current,
            places,
            offset: wall.map(|wall| wall.offset),
        };
        self.window = (!falls).then_some(window);
        Ok(window)
    }

    fn charge_start_fee(
        &mut self,
        tariff: &CompiledTariff,
        stretch: &Stretch,
        moment: &Moment<'_>,
    ) -> Result<(), PricingError> {
        let due = self.flat == FlatFee::Due
            && match tariff.rules.start_fee {
                StartFee::Always => true,
                StartFee::WithEnergy => self.energy.0 > 0 || stretch.volumes.energy > 0,
            };
        if due && let Some(flat) = tariff.flat.in_force(moment) {
            self.flat = FlatFee::Billed;
            let billed = (flat.component.price, flat.component.step_size);
            let place = self.step_of(flat, billed, None)?;
            if let Some(step) = self.steps.get_mut(usize::from(place)) {
                step.quantity = 1;
            }
        }
        Ok(())
    }
}
