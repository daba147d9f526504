//! A tariff made ready: per dimension its candidates in order, and every edge at which one may
//! change.

mod check;

use crate::market::MarketSeries;
use crate::occupancy::BusyTimes;
use crate::restriction::{Looks, Moment, is_local, strike, window};
use chrono_tz::Tz;
use std::collections::BTreeSet;
use std::sync::Arc;
use wattledger_domain::cost::UsageRules;
use wattledger_domain::market::MarketFormula;
use wattledger_domain::money::Currency;
use wattledger_domain::record::ReservationEnd;
use wattledger_domain::tariff::{
    Component, Dimension, Element, IdleFees, PriceLimit, Reservation, Restrictions, Tariff,
    TaxIncluded,
};
use wattledger_domain::tax::NamedTax;

/// A tariff that has been checked and made ready to price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompiledTariff {
    pub(crate) currency: Currency,
    pub(crate) tax_included: TaxIncluded,
    pub(crate) min_price: Option<PriceLimit>,
    pub(crate) max_price: Option<PriceLimit>,
    pub(crate) zone: Tz,
    pub(crate) rules: UsageRules,
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
    /// Thresholds of time since charging ended in milliseconds, sorted.
    pub(crate) idles: Vec<i64>,
    /// Whether any price depends on power or current.
    pub(crate) flow: FlowDependence,
    /// What bounds the fees for parking.
    pub(crate) idle_fees: IdleFees,
    /// When they are due, where that depends on how busy the site is.
    pub(crate) busy: Option<BusyTimes>,
    /// Prices that follow a market, in order of element.
    pub(crate) markets: Vec<MarketFormula>,
    /// What that market has published.
    pub(crate) series: Arc<MarketSeries>,
    /// What the site's place levies by name; `None` where it levies nothing so.
    pub(crate) taxes: Option<Arc<[NamedTax]>>,
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
    looks: Looks,
    /// Position of the formula that makes its price, if it follows a market.
    pub market: Option<u16>,
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

    /// The same of a part, named from the whole.
    fn under(self, path: &str) -> Self {
        Self {
            path: format!("{path}.{}", self.path),
            ..self
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
        let mut compiled = Self::empty(tariff, time_zone)?;
        let chosen = |element: &&(u16, &Element)| element.1.restrictions.reservation.is_none();
        let numbered = numbered(tariff)?;
        let chosen: Vec<(u16, &Element)> = numbered.iter().filter(chosen).copied().collect();
        compiled.fill(&chosen)?;
        Ok(compiled)
    }

    /// Makes ready what a tariff says of reservations: its TIME and FLAT components, TIME counting
    /// reserved time; `None` where it prices none.
    ///
    /// Where a reservation expired, the components for that come before those for reservations.
    ///
    /// # Errors
    /// As [`CompiledTariff::compile`].
    pub fn compile_reservation(
        tariff: &Tariff,
        time_zone: &str,
        end: ReservationEnd,
    ) -> Result<Option<Self>, TariffFault> {
        let mut compiled = Self::empty(tariff, time_zone)?;
        let numbered = numbered(tariff)?;
        let of = |kind: Reservation| {
            let elements = numbered.iter().copied();
            elements.filter(move |(_, element)| element.restrictions.reservation == Some(kind))
        };
        let chosen: Vec<(u16, &Element)> = match end {
            ReservationEnd::Used => of(Reservation::Reservation).collect(),
            ReservationEnd::Expired => of(Reservation::Expires)
                .chain(of(Reservation::Reservation))
                .collect(),
        };
        compiled.fill(&chosen)?;
        compiled.energy = Candidates::default();
        compiled.parking = Candidates::default();
        let empty = compiled.time.all.is_empty() && compiled.flat.all.is_empty();
        Ok((!empty).then_some(compiled))
    }

    /// The same tariff under a seller's rules.
    #[must_use]
    pub fn with_rules(self, rules: UsageRules) -> Self {
        Self { rules, ..self }
    }

    /// The same tariff at a place that levies taxes by name on prices that state no rate.
    #[must_use]
    pub fn with_taxes(self, taxes: &[NamedTax]) -> Self {
        let taxes = (!taxes.is_empty()).then(|| taxes.into());
        Self { taxes, ..self }
    }

    /// Whether any price states a tax rate.
    pub(crate) fn has_rates(&self) -> bool {
        let dimensions = [&self.energy, &self.time, &self.parking, &self.flat];
        let mut all = dimensions.into_iter().flat_map(|list| &list.all);
        all.any(|candidate| candidate.component.tax.is_some())
    }

    fn empty(tariff: &Tariff, time_zone: &str) -> Result<Self, TariffFault> {
        let zone: Tz = time_zone.parse().map_err(|_| {
            TariffFault::new("time_zone", format!("`{time_zone}` is not an IANA zone"))
        })?;
        check::tariff(tariff)?;
        Ok(Self {
            currency: tariff.currency,
            tax_included: tariff.tax_included,
            min_price: tariff.min_price,
            max_price: tariff.max_price,
            zone,
            rules: UsageRules::default(),
            energy: Candidates::default(),
            time: Candidates::default(),
            parking: Candidates::default(),
            flat: Candidates::default(),
            strikes: Vec::new(),
            energies: Vec::new(),
            durations: Vec::new(),
            idles: Vec::new(),
            flow: FlowDependence::Independent,
            idle_fees: tariff.idle_fees,
            busy: tariff.idle_fees.only_when_busy.map(BusyTimes::unknown),
            markets: tariff.markets.clone(),
            series: Arc::default(),
            taxes: None,
        })
    }

    fn fill(&mut self, elements: &[(u16, &Element)]) -> Result<(), TariffFault> {
        self.collect(elements);
        self.find_edges(elements);
        let strikes = std::mem::take(&mut self.strikes);
        let lists = [
            &mut self.energy,
            &mut self.time,
            &mut self.parking,
            &mut self.flat,
        ];
        for list in lists {
            list.sort_by_stretch(&strikes)?;
        }
        self.strikes = strikes;
        Ok(())
    }

    /// The currency of its prices.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    fn collect(&mut self, elements: &[(u16, &Element)]) {
        for (number, element) in elements {
            for component in &element.components {
                let market = self.formula_of(*number, component.dimension);
                let all = &mut self.list(component.dimension).all;
                // Two of one dimension in one element: the first counts.
                if all.last().is_none_or(|last| last.element != *number) {
                    let when = element.restrictions.clone();
                    all.push(Candidate {
                        element: *number,
                        component: *component,
                        looks: Looks::of(&when),
                        when,
                        market,
                    });
                }
            }
        }
    }

    fn formula_of(&self, element: u16, dimension: Dimension) -> Option<u16> {
        let formulas = self.markets.iter();
        let place = formulas
            .take_while(|formula| formula.element < element)
            .count();
        let found = self.markets.get(place)?;
        let follows = dimension == Dimension::Energy && found.element == element;
        follows.then(|| u16::try_from(place).ok()).flatten()
    }

    fn list(&mut self, dimension: Dimension) -> &mut Candidates {
        match dimension {
            Dimension::Energy => &mut self.energy,
            Dimension::Time => &mut self.time,
            Dimension::ParkingTime => &mut self.parking,
            Dimension::Flat => &mut self.flat,
        }
    }

    fn find_edges(&mut self, elements: &[(u16, &Element)]) {
        let (mut strikes, mut energies) = (BTreeSet::new(), BTreeSet::new());
        let (mut durations, mut idles) = (BTreeSet::new(), BTreeSet::new());
        for (_, element) in elements {
            let when = &element.restrictions;
            strikes.extend(strikes_of(when));
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
            idles.extend(
                [when.min_idle, when.max_idle]
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
        let fees = self.markets.iter().flat_map(|formula| &formula.grid_fees);
        strikes.extend(fees.flat_map(|fee| strikes_of(&fee.when)));
        // A day of the calendar ends at midnight.
        strikes.extend(self.idle_fees.max_per_day.map(|_| 0));
        self.strikes = strikes.into_iter().collect();
        self.energies = energies.into_iter().collect();
        self.durations = durations.into_iter().collect();
        self.idles = idles.into_iter().collect();
    }
}

/// Local times of day at which restrictions begin or end to hold; midnight, where they look at the clock.
fn strikes_of(when: &Restrictions) -> impl Iterator<Item = i64> {
    let midnight = is_local(when).then_some(0);
    let times = [when.start_time, when.end_time];
    midnight
        .into_iter()
        .chain(times.into_iter().flatten().map(strike))
}

/// Elements with their positions.
fn numbered(tariff: &Tariff) -> Result<Vec<(u16, &Element)>, TariffFault> {
    let elements = tariff.elements.iter().enumerate();
    let numbered = elements.map(|(index, element)| Ok((u16::try_from(index)?, element)));
    let numbered: Result<_, std::num::TryFromIntError> = numbered.collect();
    numbered.map_err(|_| TariffFault::new("elements", "more than 65,536 elements"))
}

impl Candidates {
    /// All, in the tariff's order.
    pub fn all(&self) -> &[Candidate] {
        &self.all
    }

    /// The first candidate that holds.
    #[inline]
    pub fn in_force(&self, moment: &Moment<'_>) -> Option<&Candidate> {
        let first = self.all.first()?;
        if first.looks.at_nothing() {
            return Some(first);
        }
        self.first_that_holds(moment)
    }

    fn first_that_holds(&self, moment: &Moment<'_>) -> Option<&Candidate> {
        let places = moment
            .local
            .and_then(|local| self.by_stretch.get(local.stretch));
        let Some(places) = places else {
            let mut all = self.all.iter();
            return all.find(|candidate| candidate.looks.hold(&candidate.when, moment));
        };
        let mut held = places
            .iter()
            .filter_map(|place| self.all.get(usize::from(*place)));
        held.find(|candidate| candidate.looks.hold_in_window(&candidate.when, moment))
    }

    /// Sorts the candidates by the stretches of the day that their windows cover, where any has a window.
    fn sort_by_stretch(&mut self, strikes: &[i64]) -> Result<(), TariffFault> {
        if !self.all.iter().any(|candidate| candidate.looks.at_clock()) {
            return Ok(());
        }
        // Strikes begin with 0, and each window begins and ends at one: stretch n begins with strike n.
        let mut by_stretch = vec![Vec::new(); strikes.len()];
        let from = |time: i64| strikes.partition_point(|strike| *strike < time);
        for (place, candidate) in self.all.iter().enumerate() {
            let place = u16::try_from(place)
                .map_err(|_| TariffFault::new("elements", "more than 65,536 components"))?;
            let (start, end) = window(&candidate.when);
            let covered = if start <= end {
                [from(start)..from(end), 0..0]
            } else {
                [0..from(end), from(start)..strikes.len()]
            };
            for stretches in covered {
                for stretch in by_stretch.get_mut(stretches).into_iter().flatten() {
                    stretch.push(place);
                }
            }
        }
        self.by_stretch = by_stretch;
        Ok(())
    }
}
