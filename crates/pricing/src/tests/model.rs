//! A second, naive price: every millisecond and every mWh by itself, under rules written anew.

use super::random::{Kind, a_session, a_tariff};
use crate::{CompiledTariff, rate};
use proptest::prelude::*;
use std::collections::BTreeMap;
use wattledger_domain::session::{ChargingPeriod, ChargingState};
use wattledger_domain::tariff::{Dimension, Restrictions, Tariff, Weekday};
use wattledger_domain::time::Timestamp;

/// Quantities per dimension and element.
type Used = BTreeMap<(Dimension, usize), i64>;

/// What is known at one instant.
struct Instant {
    at: i64,
    since_start: i64,
    /// Since charging ended; none while it goes on.
    idle: Option<i64>,
    energy: i64,
    power: Option<i64>,
    current: Option<i64>,
}

fn naive(tariff: &Tariff, start: Timestamp, periods: &[ChargingPeriod]) -> Used {
    let mut used = Used::new();
    let (mut energy, mut flat) = (0_i64, false);
    let mut idle: Option<i64> = None;
    for period in periods {
        let span = period.to.0.checked_sub(period.from.0).unwrap();
        // At most one mWh per ms.
        let rises = span > 0 && period.energy.0 == span;
        let mean = (span > 0).then_some(if rises { 3_600_000 } else { 0 });
        let parked = matches!(
            period.state,
            ChargingState::SuspendedByVehicle | ChargingState::Idle | ChargingState::Connected
        );
        if span > 0 {
            idle = parked.then(|| idle.unwrap_or(0));
        }
        for at in period.from.0..period.to.0 {
            let now = Instant {
                at,
                since_start: at.checked_sub(start.0).unwrap(),
                idle,
                energy,
                power: period.power.map(|power| power.0).or(mean),
                current: period.current.map(|current| current.0),
            };
            let mut count = |dimension| {
                let found = first(tariff, dimension, &now);
                if let Some(element) = found {
                    let counted = used.entry((dimension, element)).or_insert(0);
                    *counted = counted.checked_add(1).unwrap();
                }
                found.is_some()
            };
            flat = flat || count(Dimension::Flat);
            if rises {
                count(Dimension::Energy);
                energy = energy.checked_add(1).unwrap();
            }
            match period.state {
                ChargingState::Charging => count(Dimension::Time),
                ChargingState::SuspendedByVehicle
                | ChargingState::Idle
                | ChargingState::Connected => count(Dimension::ParkingTime),
                ChargingState::SuspendedByStation => false,
            };
            idle = idle.and_then(|idle| idle.checked_add(1));
        }
    }
    used
}

fn first(tariff: &Tariff, dimension: Dimension, now: &Instant) -> Option<usize> {
    tariff.elements.iter().position(|element| {
        element
            .components
            .iter()
            .any(|component| component.dimension == dimension)
            && matches(&element.restrictions, now)
    })
}

fn matches(when: &Restrictions, now: &Instant) -> bool {
    // Everything happens around the midnight of 2024-06-03, a Monday, in UTC.
    let midnight = 1_717_459_200_000;
    let (day, weekday) = if now.at < midnight {
        (3, Weekday::Monday)
    } else {
        (4, Weekday::Tuesday)
    };
    let minute = now.at.rem_euclid(86_400_000).checked_div(60_000).unwrap();
    let start = when.start_time.map_or(0, |minute| i64::from(minute.0));
    let end = when.end_time.map_or(1_440, |minute| i64::from(minute.0));
    let end = if end == 0 { 1_440 } else { end };
    if start <= end && (minute < start || minute >= end) {
        return false;
    }
    if start > end && minute < start && minute >= end {
        return false;
    }
    if when.start_date.is_some_and(|date| day < date.day) {
        return false;
    }
    if when.end_date.is_some_and(|date| day >= date.day) {
        return false;
    }
    if !when.days.is_empty() && !when.days.contains(&weekday) {
        return false;
    }
    within(
        Some(now.energy),
        when.min_energy.map(|e| e.0),
        when.max_energy.map(|e| e.0),
    ) && within(
        Some(now.since_start),
        when.min_duration.map(|d| d.0),
        when.max_duration.map(|d| d.0),
    ) && within(
        now.idle,
        when.min_idle.map(|d| d.0),
        when.max_idle.map(|d| d.0),
    ) && within(
        now.power,
        when.min_power.map(|p| p.0),
        when.max_power.map(|p| p.0),
    ) && within(
        now.current,
        when.min_current.map(|c| c.0),
        when.max_current.map(|c| c.0),
    )
}

fn within(value: Option<i64>, low: Option<i64>, high: Option<i64>) -> bool {
    match value {
        Some(value) => low.unwrap_or(i64::MIN) <= value && value < high.unwrap_or(i64::MAX),
        None => low.is_none() && high.is_none(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn the_meter_agrees_with_a_count_of_every_millisecond(
        tariff in a_tariff(Kind { lowest: 0, step_max: 0 }),
        (start, periods) in a_session(1),
    ) {
        let compiled = CompiledTariff::compile(&tariff, "UTC").unwrap();
        let priced = rate(&compiled, start, &periods).unwrap();
        let metered: Used = priced
            .steps
            .iter()
            .map(|step| ((step.dimension, usize::from(step.element)), step.quantity))
            .collect();
        prop_assert_eq!(metered, naive(&tariff, start, &periods));
    }
}
