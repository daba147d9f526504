//! Random tariffs and sessions whose energy rises by whole mWh per ms.

use super::scene::*;
use proptest::prelude::*;
use wattledger_domain::price::{PriceE8, TaxRate};
use wattledger_domain::quantity::{Milliamperes, Milliseconds, MilliwattHours, Milliwatts};
use wattledger_domain::session::{ChargingPeriod, ChargingState};
use wattledger_domain::tariff::{
    Component, Dimension, Element, LocalDate, LocalMinute, Restrictions, Tariff, TaxIncluded,
    Weekday,
};
use wattledger_domain::time::Timestamp;

/// Prices from -1 (or 0) to 1 per unit, blocks or none.
#[derive(Clone, Copy)]
pub struct Kind {
    pub lowest: i64,
    pub step_max: i32,
}

fn a_component(kind: Kind) -> impl Strategy<Value = Component> {
    let dimensions = vec![
        Dimension::Energy,
        Dimension::Time,
        Dimension::ParkingTime,
        Dimension::Flat,
    ];
    let taxes = vec![None, Some(0), Some(70_000), Some(190_000), Some(88_750)];
    let price = kind.lowest..=100_000_000_i64;
    let parts = (
        prop::sample::select(dimensions),
        price,
        prop::sample::select(taxes),
        0..=kind.step_max,
    );
    parts.prop_map(|(dimension, price, tax, step_size)| Component {
        dimension,
        price: PriceE8(price),
        tax: tax.map(TaxRate),
        step_size,
    })
}

/// Whole minutes from 23:59 to 00:01, days from Monday 2024-06-03, and what a few minutes bring.
pub fn restrictions() -> impl Strategy<Value = Restrictions> {
    let minute = || prop::option::weighted(0.4, prop::sample::select(vec![1_439_u16, 0, 1]));
    let day = || prop::option::weighted(0.15, 3..=5_u8);
    let amount = |most: i64| prop::option::weighted(0.2, 0..most);
    let days = prop::option::weighted(
        0.2,
        prop::sample::select(vec![Weekday::Monday, Weekday::Tuesday]),
    );
    let clocks = (minute(), minute(), day(), day(), days);
    let session = (
        amount(400_000),
        amount(400_000),
        amount(200_000),
        amount(200_000),
    );
    let idle = || prop::option::weighted(0.15, 0..60_000_i64);
    let idle = (idle(), idle());
    let flows = (
        amount(40_000_000),
        amount(40_000_000),
        amount(32_000),
        amount(32_000),
    );
    let date = |day| LocalDate {
        year: 2024,
        month: 6,
        day,
    };
    (clocks, session, flows, idle).prop_map(move |(clocks, session, flows, idle)| Restrictions {
        start_time: clocks.0.map(LocalMinute),
        end_time: clocks.1.map(LocalMinute),
        start_date: clocks.2.map(date),
        end_date: clocks.3.map(date),
        days: clocks.4.into_iter().collect(),
        min_energy: session.0.map(MilliwattHours),
        max_energy: session.1.map(MilliwattHours),
        min_duration: session.2.map(Milliseconds),
        max_duration: session.3.map(Milliseconds),
        min_idle: idle.0.map(Milliseconds),
        max_idle: idle.1.map(Milliseconds),
        min_power: flows.0.map(Milliwatts),
        max_power: flows.1.map(Milliwatts),
        min_current: flows.2.map(Milliamperes),
        max_current: flows.3.map(Milliamperes),
        reservation: None,
    })
}

pub fn a_tariff(kind: Kind) -> impl Strategy<Value = Tariff> {
    let components = prop::collection::vec(a_component(kind), 1..5);
    let element = (components, restrictions()).prop_map(|(components, restrictions)| Element {
        components,
        restrictions,
    });
    let included = vec![
        TaxIncluded::Yes,
        TaxIncluded::No,
        TaxIncluded::NotApplicable,
    ];
    (
        prop::collection::vec(element, 1..6),
        prop::sample::select(included),
    )
        .prop_map(|(elements, tax_included)| Tariff {
            tax_included,
            ..tariff(elements)
        })
}

/// A session from a little before midnight on Monday.
pub fn a_session(rate_max: i64) -> impl Strategy<Value = (Timestamp, Vec<ChargingPeriod>)> {
    let states = vec![
        ChargingState::Charging,
        ChargingState::Charging,
        ChargingState::SuspendedByVehicle,
        ChargingState::SuspendedByStation,
        ChargingState::Idle,
    ];
    let flow = || prop::option::of(0..40_000_i64);
    let period = (
        0..70_000_i64,
        0..=rate_max,
        prop::sample::select(states),
        flow(),
        flow(),
    );
    let start = 0..90_000_i64;
    (start, prop::collection::vec(period, 1..5)).prop_map(|(start, parts)| {
        let start = utc("2024-06-03 23:58:30").plus(Milliseconds(start));
        let mut from = start;
        let mut periods = Vec::new();
        for (span, rate, state, power, current) in parts {
            let to = from.plus(Milliseconds(span));
            periods.push(ChargingPeriod {
                from,
                to,
                energy: MilliwattHours(span.checked_mul(rate).unwrap()),
                state,
                power: power.map(|power| Milliwatts(power.checked_mul(1_000).unwrap())),
                current: current.map(Milliamperes),
            });
            from = to;
        }
        (start, periods)
    })
}

/// A period cut in two on its line, at a part of 1,000 of its length.
pub fn cut(period: &ChargingPeriod, part: i64) -> [ChargingPeriod; 2] {
    let span = period.to.since(period.from).0;
    let first = span.checked_mul(part).unwrap().checked_div(1_000).unwrap();
    let rate = period.energy.0.checked_div(span.max(1)).unwrap();
    let middle = period.from.plus(Milliseconds(first));
    let energy = MilliwattHours(rate.checked_mul(first).unwrap());
    let rest = period.energy.minus(energy).unwrap();
    [
        ChargingPeriod {
            to: middle,
            energy,
            ..*period
        },
        ChargingPeriod {
            from: middle,
            energy: rest,
            ..*period
        },
    ]
}
