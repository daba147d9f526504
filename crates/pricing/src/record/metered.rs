//! A record's volumes, run through a meter per tariff, and one per tariff for its reservation.

use super::assigned::Assignment;
use super::{AbsentTax, Record, RecordNote, RecordTariff};
use crate::PricingError;
use crate::compile::{CompiledTariff, FlowDependence};
use crate::meter::{Course, FlatFee, Flow, Meter, Stretch, Volumes, cost_of};
use crate::settle::Counted;
use wattledger_domain::cost::PricedStep;
use wattledger_domain::quantity::MilliwattHours;
use wattledger_domain::record::{Extent, RecordPeriod, ReservationEnd};
use wattledger_domain::tariff::TaxIncluded;
use wattledger_domain::time::Timestamp;

/// What a record's volumes come to, and where each step is from.
pub struct Metered {
    /// In order of first use.
    pub steps: Vec<PricedStep>,
    /// One per step.
    origins: Vec<Origin>,
}

/// Whose step it is.
#[derive(Clone, Copy)]
struct Origin {
    tariff: usize,
    counted: Counted,
    included: TaxIncluded,
    /// Whether it costs nothing.
    free: bool,
    /// Whether it costs something and states no rate.
    lacks_rate: bool,
}

/// Which totals cannot be known for want of a tax rate.
#[derive(Clone, Copy, Default)]
pub struct UnknownTaxes {
    pub before: bool,
    pub after: bool,
    /// Whether a limit that moves a total of nothing would leave the tax on it open.
    pub of_nothing: bool,
}

/// Prices that a session comes to use; more are made room for.
const STEPS_USUAL: usize = 12;

/// The meters of one tariff.
struct Pair {
    charging: Meter,
    reservation: Meter,
}

impl Metered {
    pub fn of(
        tariffs: &[RecordTariff],
        record: &Record<'_>,
        assignment: &Assignment,
        notes: &mut Vec<RecordNote>,
    ) -> Result<Self, PricingError> {
        let begin = charging_begin(record);
        let mut pairs: Vec<Pair> = tariffs
            .iter()
            .map(|_| Pair {
                charging: Meter::start(record.start),
                reservation: Meter::start(record.start),
            })
            .collect();
        let unused =
            record.reservation == ReservationEnd::Expired && !record.periods.iter().any(charges);
        for pair in &mut pairs {
            pair.charging.started_at = begin;
            pair.reservation.started_at = begin;
            if unused {
                // Nobody came: no session, no start fee.
                pair.charging.flat = FlatFee::Billed;
            }
            pair.charging.steps.reserve(STEPS_USUAL);
        }
        for (index, period) in record.periods.iter().enumerate() {
            let place = assignment.places.get(index).copied().flatten();
            run(tariffs, &mut pairs, (index, period), place, notes)?;
        }
        Self::gathered(tariffs, pairs)
    }

    /// All steps, in order of first use; a reservation comes before what began with its end.
    fn gathered(tariffs: &[RecordTariff], pairs: Vec<Pair>) -> Result<Self, PricingError> {
        let (mut steps, mut origins) = (Vec::new(), Vec::new());
        for (number, (tariff, pair)) in tariffs.iter().zip(pairs).enumerate() {
            let both = [
                (pair.reservation, Counted::Reservation),
                (pair.charging, Counted::Charging),
            ];
            for (meter, counted) in both {
                let mut own = meter.steps;
                own.retain(|step| step.quantity != 0);
                if !own.is_sorted_by_key(|step| step.from) {
                    own.sort_by_key(|step| step.from);
                }
                origins.reserve_exact(own.len());
                for step in &own {
                    let free = cost_of(step, step.quantity)?.0 == 0;
                    origins.push(Origin {
                        tariff: number,
                        counted,
                        included: tariff.charging.tax_included,
                        free,
                        lacks_rate: step.tax.is_none() && !free,
                    });
                }
                // Most records come from one meter, whose list goes on as it is.
                if steps.is_empty() {
                    steps = own;
                } else {
                    steps.append(&mut own);
                }
            }
        }
        if !steps.is_sorted_by_key(|step| step.from) {
            let mut all: Vec<(PricedStep, Origin)> = steps.into_iter().zip(origins).collect();
            all.sort_by_key(|(step, _)| step.from);
            (steps, origins) = all.into_iter().unzip();
        }
        Ok(Self { steps, origins })
    }

    /// Prices without a rate bear what the place levies: no rate is lacking.
    pub fn levy(&mut self) {
        for origin in &mut self.origins {
            origin.lacks_rate = false;
        }
    }

    /// What a step counts towards.
    pub fn counted(&self, place: usize) -> Counted {
        let origin = self.origins.get(place);
        origin.map_or(Counted::Charging, |origin| origin.counted)
    }

    /// Whose step it is.
    pub fn tariff(&self, place: usize) -> usize {
        self.origins.get(place).map_or(0, |origin| origin.tariff)
    }

    /// Whether a step's price contains tax.
    pub fn included(&self, place: usize) -> TaxIncluded {
        let origin = self.origins.get(place);
        origin.map_or(TaxIncluded::No, |origin| origin.included)
    }

    /// Which totals cannot be known: a price with tax tells no net without a rate, one without tax no
    /// gross unless no tax applies. A cost of nothing has no tax.
    pub fn unknown_taxes(&self, absent: AbsentTax, limiting: &RecordTariff) -> UnknownTaxes {
        let lacking = |included: TaxIncluded| {
            let mut origins = self.origins.iter();
            origins.any(|origin| origin.lacks_rate && origin.included == included)
        };
        UnknownTaxes {
            before: lacking(TaxIncluded::Yes),
            after: absent == AbsentTax::Unknown && lacking(TaxIncluded::No),
            of_nothing: self.origins.iter().all(|origin| origin.free) && limiting.taxes(absent),
        }
    }

    /// Whether the cost before tax of a step cannot be known.
    pub fn lacks_net(&self, place: usize) -> bool {
        let origin = self.origins.get(place);
        origin.is_some_and(|origin| origin.lacks_rate && origin.included == TaxIncluded::Yes)
    }
}

/// Whether a period has anything to do with charging.
fn charges(period: &RecordPeriod) -> bool {
    let volumes = volumes(period);
    !volumes.is_zero()
}

/// Whether a period is one of a reservation alone.
fn only_reserves(period: &RecordPeriod) -> bool {
    period.reservation_time.is_some() && !charges(period)
}

/// When charging began: durations count from there, not from a reservation.
fn charging_begin(record: &Record<'_>) -> Timestamp {
    if !record.periods.iter().any(only_reserves) {
        return record.start;
    }
    let mut charging = record
        .periods
        .iter()
        .filter(|period| !only_reserves(period));
    let last = record.periods.last().map_or(record.start, |last| last.to);
    charging.next().map_or(last, |period| period.from)
}

fn volumes(period: &RecordPeriod) -> Volumes {
    Volumes {
        energy: period.energy.map_or(0, |energy| energy.0),
        time: period.time.map_or(0, |time| time.0),
        parking: period.parking_time.map_or(0, |time| time.0),
    }
}

fn flow(period: &RecordPeriod) -> Flow {
    match (period.power, period.energy) {
        (Some(power), _) => Flow::Metered(Extent {
            least: power.least.0,
            greatest: power.greatest.0,
        }),
        (None, Some(_)) if period.to > period.from => Flow::Mean,
        (None, _) => Flow::Unknown,
    }
}

fn run(
    tariffs: &[RecordTariff],
    pairs: &mut [Pair],
    (index, period): (usize, &RecordPeriod),
    place: Option<usize>,
    notes: &mut Vec<RecordNote>,
) -> Result<(), PricingError> {
    let mut flat = None;
    for (number, (tariff, pair)) in tariffs.iter().zip(pairs.iter_mut()).enumerate() {
        if period.from < pair.charging.now {
            return Err(PricingError::TimeBackwards);
        }
        pair.charging.pass(period.from, 0)?;
        pair.reservation.pass(period.from, 0)?;
        if place != Some(number) {
            pair.charging.pass(period.to, volumes(period).energy)?;
            continue;
        }
        if let (Some(reserved), Some(rules)) = (period.reservation_time, &tariff.reservation) {
            let volumes = Volumes {
                time: reserved.0,
                ..Volumes::default()
            };
            price(
                rules,
                &mut pair.reservation,
                (index, period),
                volumes,
                notes,
            )?;
        }
        if only_reserves(period) {
            pair.charging.pass(period.to, 0)?;
        } else {
            let used = volumes(period);
            price(
                &tariff.charging,
                &mut pair.charging,
                (index, period),
                used,
                notes,
            )?;
            flat = Some(pair.charging.flat);
        }
    }
    // One start fee a session, whichever tariff asked for it.
    if flat == Some(FlatFee::Billed) {
        for pair in pairs {
            pair.charging.flat = FlatFee::Billed;
        }
    }
    Ok(())
}

fn price(
    tariff: &CompiledTariff,
    meter: &mut Meter,
    (index, period): (usize, &RecordPeriod),
    volumes: Volumes,
    notes: &mut Vec<RecordNote>,
) -> Result<(), PricingError> {
    let current = period.current.map(|current| Extent {
        least: current.least.0,
        greatest: current.greatest.0,
    });
    let stretch = Stretch {
        to: period.to,
        volumes,
        power: flow(period),
        current,
    };
    let blind = match tariff.flow {
        FlowDependence::Independent => false,
        FlowDependence::Current => current.is_none(),
        FlowDependence::Power => stretch.power == Flow::Unknown,
    };
    if blind && (volumes.energy != 0 || volumes.time != 0) {
        notes.push(RecordNote::FlowUnknown { period: index });
    }
    if period.to == meter.now && volumes.is_zero() {
        // A period without length or volume: a start fee is due all the same.
        meter.look(tariff, &stretch, None)?;
    }
    let energy_before = meter.energy;
    let course = meter.advance_stretch(tariff, &stretch)?;
    if course == Course::Switched {
        notes.push(RecordNote::SpansPriceChange { period: index });
    }
    debug_assert_eq!(
        meter.energy,
        MilliwattHours(energy_before.0.saturating_add(volumes.energy))
    );
    Ok(())
}
