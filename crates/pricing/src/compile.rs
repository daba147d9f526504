//! A tariff made ready: per dimension its candidates in order, and every edge at which one may change.

use crate::calendar::Local;
use chrono_tz::Tz;
use std::collections::BTreeSet;
use wattledger_domain::money::Currency;
use wattledger_domain::price::PriceE8;
use wattledger_domain::quantity::{Milliamperes, Milliseconds, Milliwatts, MilliwattHours};
use wattledger_domain::tariff::{
    Component, Dimension, LocalDate, PriceLimit, Restrictions, Tariff, TaxIncluded, Weekday,
};

/// Prices, quantities and their products stay far inside 128 bits below this (10⁶ per kWh or hour).
const PRICE_E8_MAX: i64 = 100_000_000_000_000;

/// A tariff that has been checked and made ready to price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompiledTariff {
    pub(crate) currency: Currency,
    pub(crate) tax_included: TaxIncluded,
    pub(crate) min_price: Option<PriceLimit>,
    pub(crate) max_price: Option<PriceLimit>,
    pub(crate) zone: Tz,
    pub(crate) energy: Vec<Candidate>,
    pub(crate) time: Vec<Candidate>,
    pub(crate) parking: Vec<Candidate>,
    pub(crate) flat: Vec<Candidate>,
    /// Local minutes at which a window begins or ends, sorted.
    pub(crate) minutes: Vec<i64>,
    /// Energy thresholds, sorted.
    pub(crate) energies: Vec<i64>,
    /// Duration thresholds in milliseconds, sorted.
    pub(crate) durations: Vec<i64>,
    /// Whether any price depends on power or current.
    pub(crate) by_power: Dependence,
}

/// Whether prices depend on power or current.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dependence {
    /// No.
    Independent,
    /// Yes.
    Dependent,
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

/// What a restriction can look at.
pub struct Moment<'a> {
    pub local: Option<&'a Local>,
    pub energy: MilliwattHours,
    pub duration: Milliseconds,
    pub power: Option<Milliwatts>,
    pub current: Option<Milliamperes>,
}

impl CompiledTariff {
    /// Checks a tariff and makes it ready for a site's time zone.
    ///
    /// # Errors
    /// A [`TariffFault`] with the path of what cannot be priced.
    pub fn compile(tariff: &Tariff, time_zone: &str) -> Result<Self, TariffFault> {
        let fault = |path: String, reason: String| TariffFault { path, reason };
        let zone: Tz = time_zone
            .parse()
            .map_err(|_| fault("time_zone".into(), format!("`{time_zone}` is not an IANA zone")))?;
        if tariff.elements.is_empty() {
            return Err(fault("elements".into(), "a tariff has at least one element".into()));
        }
        let mut compiled = Self {
            currency: tariff.currency,
            tax_included: tariff.tax_included,
            min_price: tariff.min_price,
            max_price: tariff.max_price,
            zone,
            energy: Vec::new(),
            time: Vec::new(),
            parking: Vec::new(),
            flat: Vec::new(),
            minutes: Vec::new(),
            energies: Vec::new(),
            durations: Vec::new(),
            by_power: Dependence::Independent,
        };
        for (index, element) in tariff.elements.iter().enumerate() {
            let path = format!("elements[{index}]");
            let number = u16::try_from(index)
                .map_err(|_| fault("elements".into(), "more than 65,535 elements".into()))?;
            if element.components.is_empty() {
                return Err(fault(format!("{path}.price_components"), "is empty".into()));
            }
            if element.restrictions.reservation.is_some() {
                // Reservations are priced apart from charging: such an element never holds here.
                continue;
            }
            for (place, component) in element.components.iter().enumerate() {
                check(component, &format!("{path}.price_components[{place}]"))?;
                let when = element.restrictions.clone();
                let list = compiled.list(component.dimension);
                // Two of one dimension in one element: the first counts.
                if list.last().is_none_or(|last| last.element != number) {
                    list.push(Candidate { element: number, component: *component, when });
                }
            }
        }
        compiled.find_edges(tariff);
        Ok(compiled)
    }

    /// The currency of its prices.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    pub(crate) fn list(&mut self, dimension: Dimension) -> &mut Vec<Candidate> {
        match dimension {
            Dimension::Energy => &mut self.energy,
            Dimension::Time => &mut self.time,
            Dimension::ParkingTime => &mut self.parking,
            Dimension::Flat => &mut self.flat,
        }
    }

    fn find_edges(&mut self, tariff: &Tariff) {
        let (mut minutes, mut energies, mut durations) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for element in &tariff.elements {
            let when = &element.restrictions;
            for minute in [when.start_time, when.end_time].into_iter().flatten() {
                minutes.insert(i64::from(minute.0));
            }
            let by_day = !when.days.is_empty() || when.start_date.is_some() || when.end_date.is_some();
            if by_day || when.start_time.is_some() || when.end_time.is_some() {
                minutes.insert(0);
            }
            for energy in [when.min_energy, when.max_energy].into_iter().flatten() {
                energies.insert(energy.0);
            }
            for duration in [when.min_duration, when.max_duration].into_iter().flatten() {
                durations.insert(duration.0);
            }
            let by_power = when.min_power.is_some() || when.max_power.is_some();
            if by_power || when.min_current.is_some() || when.max_current.is_some() {
                self.by_power = Dependence::Dependent;
            }
        }
        self.minutes = minutes.into_iter().collect();
        self.energies = energies.into_iter().collect();
        self.durations = durations.into_iter().collect();
    }
}

fn check(component: &Component, path: &str) -> Result<(), TariffFault> {
    let PriceE8(price) = component.price;
    if price.saturating_abs() > PRICE_E8_MAX {
        let reason = "is beyond 1,000,000 per unit".to_owned();
        return Err(TariffFault { path: format!("{path}.price"), reason });
    }
    if component.step_size < 0 {
        return Err(TariffFault { path: format!("{path}.step_size"), reason: "is negative".into() });
    }
    if component.tax.is_some_and(|rate| !(0..=10_000_000).contains(&rate.0)) {
        let reason = "is outside 0 to 1000 %".to_owned();
        return Err(TariffFault { path: format!("{path}.vat"), reason });
    }
    Ok(())
}

/// The first candidate that holds.
pub fn in_force<'a>(candidates: &'a [Candidate], moment: &Moment<'_>) -> Option<&'a Candidate> {
    candidates.iter().find(|candidate| holds(&candidate.when, moment))
}

/// Whether all of an element's restrictions hold (OCPI 2.2.1 `TariffRestrictions`; edges inclusive at
/// the lower and exclusive at the upper end).
fn holds(when: &Restrictions, moment: &Moment<'_>) -> bool {
    let between = |value: i64, low: Option<i64>, high: Option<i64>| {
        low.is_none_or(|low| value >= low) && high.is_none_or(|high| value < high)
    };
    let known = |value: Option<i64>, low: Option<i64>, high: Option<i64>| {
        (low.is_none() && high.is_none()) || value.is_some_and(|value| between(value, low, high))
    };
    between(moment.energy.0, when.min_energy.map(|e| e.0), when.max_energy.map(|e| e.0))
        && between(moment.duration.0, when.min_duration.map(|d| d.0), when.max_duration.map(|d| d.0))
        && known(moment.power.map(|p| p.0), when.min_power.map(|p| p.0), when.max_power.map(|p| p.0))
        && known(moment.current.map(|c| c.0), when.min_current.map(|c| c.0), when.max_current.map(|c| c.0))
        && holds_locally(when, moment.local)
}

fn holds_locally(when: &Restrictions, local: Option<&Local>) -> bool {
    let bare = when.start_time.is_none()
        && when.end_time.is_none()
        && when.start_date.is_none()
        && when.end_date.is_none()
        && when.days.is_empty();
    let Some(local) = local else { return bare };
    in_window(when, local.time_of_day)
        && in_dates(when.start_date, when.end_date, local.date)
        && on_day(&when.days, local.day)
}

fn in_window(when: &Restrictions, time_of_day: i64) -> bool {
    let ms = |minute: u16| i64::from(minute).saturating_mul(60_000);
    let start = when.start_time.map_or(0, |minute| ms(minute.0));
    // 00:00 as an end is the end of the day, also alone and also when the start is 00:00.
    let end = when.end_time.map_or(86_400_000, |minute| if minute.0 == 0 { 86_400_000 } else { ms(minute.0) });
    if start == end {
        false
    } else if start < end {
        (start..end).contains(&time_of_day)
    } else {
        time_of_day >= start || time_of_day < end
    }
}

fn in_dates(start: Option<LocalDate>, end: Option<LocalDate>, date: LocalDate) -> bool {
    start.is_none_or(|start| date >= start) && end.is_none_or(|end| date < end)
}

fn on_day(days: &[Weekday], day: Weekday) -> bool {
    days.is_empty() || days.contains(&day)
}
