//! Thinning: fewer readings, fewer periods, and the same energy, times and price to the last digit.
//!
//! What is left out is tried first: the ledger and the meter must come to the same without it, so
//! that a change of state, a price boundary and an edge of energy all keep the readings beside them.
//! Invariant: what is thinned bills as what was not.

use crate::ledger::{Ledger, Rules};
use crate::samples::Entry;
use crate::work::{feed, usage};
use wattledger_domain::session::ChargingPeriod;
use wattledger_domain::time::Timestamp;
use wattledger_pricing::{CompiledTariff, Meter, rate};

/// The first readings of a session say what its register counts from; they stay.
const FIRST: usize = 64;
/// The newest stay, too: they are what the next is measured by.
const NEWEST: usize = 64;

/// What readings are accounted and priced by.
#[derive(Clone, Copy)]
pub(crate) struct By<'a> {
    pub(crate) rules: &'a Rules,
    pub(crate) tariff: Option<&'a CompiledTariff>,
}

/// What readings have come to.
#[derive(Clone)]
pub(crate) struct Reached {
    pub(crate) ledger: Ledger,
    pub(crate) meter: Option<Meter>,
}

impl Reached {
    fn after(&self, group: &[Entry], by: By<'_>) -> Self {
        let mut next = self.clone();
        for entry in group {
            feed(
                &mut next.ledger,
                &mut next.meter,
                by.tariff,
                *entry,
                by.rules,
            );
        }
        next
    }

    /// Whether whatever comes next comes to the same after both.
    fn goes_on_like(&self, other: &Self) -> bool {
        let Ledger {
            energy,
            base,
            pending,
            first,
            readings: _,
            rises,
            interval: _,
            partial,
            flags,
            closed_to,
            state,
            changes,
            power,
            current,
            durations,
            by_power: _,
            beside_power: _,
        } = &self.ledger;
        let ledger = &other.ledger;
        (energy, base, pending, first)
            == (&ledger.energy, &ledger.base, &ledger.pending, &ledger.first)
            && (*rises > 0) == (ledger.rises > 0)
            && (partial, flags, closed_to) == (&ledger.partial, &ledger.flags, &ledger.closed_to)
            && (state, changes) == (&ledger.state, &ledger.changes)
            && (power, current, durations) == (&ledger.power, &ledger.current, &ledger.durations)
            && match (&self.meter, &other.meter) {
                (Some(one), Some(other)) => meters_alike(one, other),
                (None, None) => true,
                (Some(_), None) | (None, Some(_)) => false,
            }
    }

    /// Whether both have come to the same, spans of the steps included.
    fn is_like(&self, other: &Self) -> bool {
        let steps = |reached: &Self| reached.meter.as_ref().map(|meter| meter.steps.clone());
        self.goes_on_like(other)
            && steps(self) == steps(other)
            && self.ledger.unit_suspect() == other.ledger.unit_suspect()
    }
}

/// Whether two meters go on alike. A step's end moves on with its next quantity.
fn meters_alike(one: &Meter, other: &Meter) -> bool {
    let Meter {
        started_at,
        now,
        energy,
        steps,
        flat,
        idle_since,
        stay,
        day,
        window: _,
    } = one;
    (started_at, now, energy) == (&other.started_at, &other.now, &other.energy)
        && (flat, idle_since) == (&other.flat, &other.idle_since)
        && (stay, day) == (&other.stay, &other.day)
        && steps.len() == other.steps.len()
        && steps.iter().zip(&other.steps).all(|(one, other)| {
            let other = wattledger_domain::cost::PricedStep {
                to: one.to,
                ..*other
            };
            *one == other
        })
}

/// The readings without every second one that nothing depends on; `None` where what is left would
/// come to anything else.
pub(crate) fn readings(entries: &[Entry], begin: &Reached, by: By<'_>) -> Option<Vec<Entry>> {
    let groups: Vec<&[Entry]> = entries.chunk_by(|one, next| one.at == next.at).collect();
    let middle = FIRST..groups.len().saturating_sub(NEWEST);
    let mut kept: Vec<Entry> = Vec::new();
    // After the last group kept, and after all groups.
    let (mut short, mut whole) = (begin.clone(), begin.clone());
    let mut left_out: Option<&[Entry]> = None;
    for (place, group) in groups.iter().enumerate() {
        let next = whole.after(group, by);
        let last = left_out.take();
        let spared = last.is_some() && short.after(group, by).goes_on_like(&next);
        if let Some(last) = last.filter(|_| !spared) {
            kept.extend_from_slice(last);
            short = whole;
        }
        if middle.contains(&place) && !spared {
            left_out = Some(group);
        } else {
            kept.extend_from_slice(group);
            short = next.clone();
        }
        whole = next;
    }
    let again = begin.after(&kept, by);
    again.is_like(&whole).then_some(kept)
}

/// A session's periods, at most `most` of them where their price allows it.
pub(crate) fn periods(
    all: Vec<ChargingPeriod>,
    started_at: Timestamp,
    tariff: Option<&CompiledTariff>,
    most: usize,
) -> Vec<ChargingPeriod> {
    let priced =
        |periods: &[ChargingPeriod]| tariff.map(|tariff| rate(tariff, started_at, periods));
    let mut best = all;
    while best.len() > most {
        let price = priced(&best);
        let fewer = [Ends::Moving, Ends::Fixed].into_iter().find_map(|ends| {
            let fewer = halved(&best, started_at, tariff, ends)?;
            (fewer.len() < best.len() && priced(&fewer) == price).then_some(fewer)
        });
        match fewer {
            Some(fewer) => best = fewer,
            None => break,
        }
    }
    best
}

/// Whether the ends of steps count when two meters are compared: one moves on with its step's next
/// quantity, but the last one stays.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    Moving,
    Fixed,
}

/// Two neighbours as one, where the meter comes to the same.
fn halved(
    all: &[ChargingPeriod],
    started_at: Timestamp,
    tariff: Option<&CompiledTariff>,
    ends: Ends,
) -> Option<Vec<ChargingPeriod>> {
    let advance = |meter: &Meter, period: &ChargingPeriod| {
        let mut meter = meter.clone();
        if let Some(tariff) = tariff {
            meter.advance(tariff, &usage(period)).ok()?;
        }
        Some(meter)
    };
    let mut fewer: Vec<ChargingPeriod> = Vec::new();
    let (mut before, mut whole) = (Meter::start(started_at), Meter::start(started_at));
    let mut single = false;
    for period in all {
        let next = advance(&whole, period)?;
        let joined = fewer
            .last()
            .filter(|_| single)
            .and_then(|last| joined(last, period))
            .filter(|joined| {
                let one = advance(&before, joined);
                one.is_some_and(|one| {
                    meters_alike(&one, &next) && (ends == Ends::Moving || one.steps == next.steps)
                })
            });
        match (joined, fewer.last_mut()) {
            (Some(joined), Some(last)) => {
                *last = joined;
                single = false;
            }
            (_, _) => {
                fewer.push(*period);
                before = whole;
                single = true;
            }
        }
        whole = next;
    }
    Some(fewer)
}

/// Two periods in a row as one; powers that differ become the mean, as where none was metered.
fn joined(one: &ChargingPeriod, next: &ChargingPeriod) -> Option<ChargingPeriod> {
    if one.state != next.state || one.to != next.from {
        return None;
    }
    Some(ChargingPeriod {
        from: one.from,
        to: next.to,
        energy: one.energy.plus(next.energy)?,
        state: one.state,
        power: one.power.filter(|power| next.power == Some(*power)),
        current: one.current.filter(|current| next.current == Some(*current)),
    })
}
