//! A tariff made ready: per dimension its candidates in order, and every edge at which one may
//! change.

mod check;

use crate::restriction::{Moment, holds, in_window, is_local, strike};
use chrono_tz::Tz;
use std::collections::BTreeSet;
use wattledger_domain::money::Currency;
use wattledger_domain::tariff::{
    Component, Dimension, PriceLimit, Restrictions, Tariff, TaxIncluded,
};

/// A tariff that has been checked and made ready to price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompiledTariff {
    pub(crate) currency: Currency,
    pub(crate) tax_included: TaxIncluded,
    pub(crate) min_price: Option<PriceLimit>,
    pub(crate) max_price: Option<PriceLimit>,
    pub(crate) zone: Tz,
    pub(crate) energy: Candidates,
    pub(crate) time: Candidates,
    pub(crate) parking: Candidates,
    pub(crate) flat: Candidates,
    /// Local times of day, in milliseconds, at which a window begins or ends, sorted.
    pub(crate) strikes: Vec<i64>,
    /// Energy thresholds, sorted.
    pub(crate) energies: Vec<i64>,
    /// Duration thresholds in milliseconds, sorted.
    pub(crate) durations: Vec<i64>,
    /// Whether any price depends on power or current.
    pub(crate) flow: FlowDependence,
}

/// Whether prices depend on power or current.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FlowDependence {
    /// On neither.
    Independent,
    /// On current alone.
    Current,
    /// On power, and maybe on current.
    Power,
}

/// The components of one dimension.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidates {
    /// In the tariff's order.
    all: Vec<Candidate>,
    /// Per stretch of the day between two strikes, those whose window holds then, in order.
    by_stretch: Vec<Vec<u16>>,
}

/// A component that may be in force, with when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub element: u16,
    pub component: Component,
    pub when: Restrictions,
}

/// A tariff that cannot be priced.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct TariffFault {
    /// Where, such as `elements[2].price_components[0].price`.
    pub path: String,
    /// What is wrong.
    pub reason: String,
}

impl TariffFault {
    fn new(path: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            reason: reason.into(),
        }
    }
}

impl CompiledTariff {
    /// Checks a tariff and makes it ready for a site's time zone.
    ///
    /// Reservations are priced apart from charging: an element that names one never holds here.
    ///
    /// # Errors
    /// A [`TariffFault`] with the path of what cannot be priced.
    pub fn compile(tariff: &Tariff, time_zone: &str) -> Result<Self, TariffFault> {
        let zone: Tz = time_zone.parse().map_err(|_| {
            TariffFault::new("time_zone", format!("`{time_zone}` is not an IANA zone"))
        })?;
        check::tariff(tariff)?;
        let mut compiled = Self {
            currency: tariff.currency,
            tax_included: tariff.tax_included,
            min_price: tariff.min_price,
            max_price: tariff.max_price,
            zone,
            energy: Candidates::default(),
            time: Candidates::default(),
            parking: Candidates::default(),
            flat: Candidates::default(),
            strikes: Vec::new(),
            energies: Vec::new(),
            durations: Vec::new(),
            flow: FlowDependence::Independent,
        };
        compiled.collect(tariff)?;
        compiled.find_edges(tariff);
        for dimension in [
            Dimension::Energy,
            Dimension::Time,
            Dimension::ParkingTime,
            Dimension::Flat,
        ] {
            let strikes = compiled.strikes.clone();
            compiled.list(dimension).sort_by_stretch(&strikes)?;
        }
        Ok(compiled)
    }

    /// The currency of its prices.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    fn collect(&mut self, tariff: &Tariff) -> Result<(), TariffFault> {
        for (index, element) in tariff.elements.iter().enumerate() {
            if element.restrictions.reservation.is_some() {
                continue;
            }
            let number = u16::try_from(index)
                .map_err(|_| TariffFault::new("elements", "more than 65,536 elements"))?;
            for component in &element.components {
                let all = &mut self.list(component.dimension).all;
                // Two of one dimension in one element: the first counts.
                if all.last().is_none_or(|last| last.element != number) {
                    let when = element.restrictions.clone();
                    all.push(Candidate {
                        element: number,
                        component: *component,
                        when,
                    });
                }
            }
        }
        Ok(())
    }

    fn list(&mut self, dimension: Dimension) -> &mut Candidates {
        match dimension {
            Dimension::Energy => &mut self.energy,
            Dimension::Time => &mut self.time,
            Dimension::ParkingTime => &mut self.parking,
            Dimension::Flat => &mut self.flat,
        }
    }

    fn find_edges(&mut self, tariff: &Tariff) {
        let (mut strikes, mut energies, mut durations) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for element in &tariff.elements {
            let when = &element.restrictions;
            if when.reservation.is_some() {
                continue;
            }
            if is_local(when) {
                strikes.insert(0);
            }
            strikes.extend(
                [when.start_time, when.end_time]
                    .into_iter()
                    .flatten()
                    .map(strike),
            );
            energies.extend(
                [when.min_energy, when.max_energy]
                    .into_iter()
                    .flatten()
                    .map(|e| e.0),
            );
            durations.extend(
                [when.min_duration, when.max_duration]
                    .into_iter()
                    .flatten()
                    .map(|d| d.0),
            );
            if when.min_power.is_some() || when.max_power.is_some() {
                self.flow = FlowDependence::Power;
            } else if when.min_current.is_some() || when.max_current.is_some() {
                self.flow = self.flow.max(FlowDependence::Current);
            }
        }
        self.strikes = strikes.into_iter().collect();
        self.energies = energies.into_iter().collect();
        self.durations = durations.into_iter().collect();
    }
}

impl Candidates {
    /// The first candidate that holds.
    pub fn in_force(&self, moment: &Moment<'_>) -> Option<&Candidate> {
        let places = moment
            .local
            .and_then(|local| self.by_stretch.get(local.stretch));
        let Some(places) = places else {
            return self
                .all
                .iter()
                .find(|candidate| holds(&candidate.when, moment));
        };
        let mut held = places
            .iter()
            .filter_map(|place| self.all.get(usize::from(*place)));
        held.find(|candidate| holds(&candidate.when, moment))
    }

    fn sort_by_stretch(&mut self, strikes: &[i64]) -> Result<(), TariffFault> {
        let mut by_stretch = Vec::with_capacity(strikes.len());
        // Strikes begin with 0 if there are any: stretch n begins with strike n.
        for begin in strikes {
            let mut places = Vec::new();
            for (place, candidate) in self.all.iter().enumerate() {
                if in_window(&candidate.when, *begin) {
                    let place = u16::try_from(place);
                    places.push(place.map_err(|_| {
                        TariffFault::new("elements", "more than 65,536 components")
                    })?);
                }
            }
            by_stretch.push(places);
        }
        self.by_stretch = by_stretch;
        Ok(())
    }
}
