//! What cannot be priced is refused or an error, and nothing panics.

use super::scene::*;
use crate::{CompiledTariff, Meter, PricingError, Usage, rate, settle};
use proptest::prelude::*;
use wattledger_domain::cost::{Half, Priced, PricedStep, Rounding, RoundingOrder, StepRule};
use wattledger_domain::money::Currency;
use wattledger_domain::price::{PriceE8, TaxRate};
use wattledger_domain::quantity::{Milliseconds, MilliwattHours, Milliwatts};
use wattledger_domain::session::ChargingState;
use wattledger_domain::tariff::{
    Dimension, LocalMinute, PriceLimit, Restrictions, Tariff, TaxIncluded,
};
use wattledger_domain::time::Timestamp;

#[track_caller]
fn refused(tariff: &Tariff, zone: &str, expect: &str) {
    assert_eq!(
        CompiledTariff::compile(tariff, zone)
            .unwrap_err()
            .to_string(),
        expect
    );
}

#[test]
fn a_tariff_that_cannot_be_priced_is_refused_by_place() {
    refused(
        &tariff(vec![always(&[energy("1")])]),
        "Mars/Olympus",
        "time_zone: `Mars/Olympus` is not an IANA zone",
    );
    refused(
        &tariff(vec![]),
        "UTC",
        "elements: a tariff has at least one element",
    );
    refused(
        &tariff(vec![always(&[energy("1")]), always(&[])]),
        "UTC",
        "elements[1].price_components: is empty",
    );
    refused(
        &tariff(vec![always(&[energy("1"), time("1000001")])]),
        "UTC",
        "elements[0].price_components[1].price: is beyond 1,000,000 per unit",
    );
    refused(
        &tariff(vec![always(&[stepped(energy("1"), -1)])]),
        "UTC",
        "elements[0].price_components[0].step_size: is negative",
    );
    refused(
        &tariff(vec![always(&[taxed(energy("1"), "-1")])]),
        "UTC",
        "elements[0].price_components[0].vat: is outside 0 to 1000 %",
    );
    let late = Restrictions {
        end_time: Some(LocalMinute(1_440)),
        ..Restrictions::default()
    };
    refused(
        &tariff(vec![when(&[energy("1")], late)]),
        "UTC",
        "elements[0].restrictions.end_time: is past 23:59",
    );
    let most = Some(PriceLimit {
        before_tax: PriceE8(i64::MAX),
        after_tax: None,
    });
    refused(
        &Tariff {
            max_price: most,
            ..tariff(vec![always(&[energy("1")])])
        },
        "UTC",
        "max_price: is beyond 1,000,000,000",
    );
}

#[test]
fn usage_that_cannot_be_is_an_error() {
    let scene = Scene::new(tariff(vec![always(&[energy("1")])]), "2024-06-03 09:00:00");
    let tariff = scene.compiled();
    let advance = |to: i64, energy: i64| {
        let mut meter = Meter::start(Timestamp(1_000));
        meter.energy = MilliwattHours(1);
        let usage = Usage {
            to: Timestamp(to),
            energy: MilliwattHours(energy),
            state: ChargingState::Charging,
            power: None,
            current: None,
        };
        meter.advance(&tariff, &usage)
    };
    assert_eq!(advance(999, 0), Err(PricingError::TimeBackwards));
    assert_eq!(advance(2_000, -1), Err(PricingError::NegativeEnergy));
    assert_eq!(advance(2_000, i64::MAX), Err(PricingError::Overflow));
    let mut twice = scene.charge(10, "1");
    twice.periods.extend(twice.periods.clone());
    let rated = rate(&tariff, twice.start, &twice.periods);
    assert_eq!(rated, Err(PricingError::TimeBackwards));
}

#[test]
fn a_gap_between_periods_is_not_billed() {
    let mut scene = Scene::new(
        tariff(vec![always(&[time("1"), parking("1")])]),
        "2024-06-03 09:00:00",
    )
    .charge(10, "1")
    .park(10)
    .charge(10, "1");
    scene.periods.remove(1);
    assert_eq!(scene.minutes(Dimension::Time), [(0, 20)]);
    assert_eq!(scene.minutes(Dimension::ParkingTime), []);
}

fn any_of<T: Clone + std::fmt::Debug + 'static>(values: Vec<T>) -> impl Strategy<Value = T> {
    prop::sample::select(values)
}

fn any_step() -> impl Strategy<Value = PricedStep> {
    let dimensions = vec![
        Dimension::Energy,
        Dimension::Time,
        Dimension::ParkingTime,
        Dimension::Flat,
    ];
    let tax = prop::option::of(any::<i64>().prop_map(TaxRate));
    (
        any_of(dimensions),
        extreme(),
        extreme(),
        tax,
        any::<i32>(),
        extreme(),
    )
        .prop_map(
            |(dimension, quantity, price, tax, step_size, to)| PricedStep {
                dimension,
                element: 0,
                quantity,
                price: PriceE8(price),
                tax,
                step_size,
                from: Timestamp(0),
                to: Timestamp(to),
            },
        )
}

/// Any number, the ends of the range more often than by chance.
fn extreme() -> impl Strategy<Value = i64> {
    prop_oneof![
        any::<i64>(),
        -1_000_000..1_000_000_i64,
        Just(i64::MAX),
        Just(i64::MIN),
        Just(0)
    ]
}

fn any_limit() -> impl Strategy<Value = Option<PriceLimit>> {
    let limit = (extreme(), prop::option::of(extreme())).prop_map(|(before, after)| PriceLimit {
        before_tax: PriceE8(before),
        after_tax: after.map(PriceE8),
    });
    prop::option::of(limit)
}

fn any_rounding() -> impl Strategy<Value = Rounding> {
    (
        any_of(vec![RoundingOrder::NetFirst, RoundingOrder::GrossFirst]),
        any_of(vec![Half::Up, Half::Even, Half::Down]),
        any_of(vec![StepRule::OncePerSession, StepRule::Off]),
    )
        .prop_map(|(order, half, steps)| Rounding {
            order,
            half,
            steps,
            ..Rounding::DEFAULT
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn settling_anything_is_an_answer_or_an_error(
        steps in prop::collection::vec(any_step(), 0..6),
        tax_included in any_of(vec![
            TaxIncluded::Yes, TaxIncluded::No, TaxIncluded::NotApplicable,
        ]),
        min_price in any_limit(),
        max_price in any_limit(),
        rounding in any_rounding(),
    ) {
        let currency = Currency::EUR;
        let priced = Priced { currency, tax_included, steps, min_price, max_price, taxes: None };
        let _ = settle(&priced, &rounding);
    }

    #[test]
    fn metering_anything_is_an_answer_or_an_error(
        start in extreme(),
        duration in extreme(),
        threshold in extreme(),
        power in prop::option::of(extreme()),
        stretches in prop::collection::vec((extreme(), extreme()), 0..6),
    ) {
        let restrictions = Restrictions {
            min_energy: Some(MilliwattHours(threshold)),
            max_duration: Some(Milliseconds(duration)),
            min_power: Some(Milliwatts(threshold)),
            ..window("20:00", "06:30")
        };
        let components = [energy("1000000"), time("-1000000"), parking("1"), flat("1")];
        let tariff = tariff(vec![when(&components, restrictions), always(&[energy("1")])]);
        let tariff = CompiledTariff::compile(&tariff, "Europe/Berlin").unwrap();
        let mut meter = Meter::start(Timestamp(start));
        for (to, energy) in stretches {
            let usage = Usage {
                to: Timestamp(to),
                energy: MilliwattHours(energy),
                state: ChargingState::Charging,
                power: power.map(Milliwatts),
                current: None,
            };
            // Days of a century would each be an edge: real sessions last less.
            if to.saturating_sub(meter.now.0).saturating_abs() < 1_000_000_000_000 || to < start {
                let _ = meter.advance(&tariff, &usage);
            }
            let _ = meter.next_change(&tariff);
            let _ = meter.exact_cost();
        }
    }
}
