//! Single steps of the hot path by criterion: what one reading, one price, one record cost.
#![allow(missing_docs, reason = "criterion's macros write public items")]
#![allow(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "a program that measures: what it cannot set up it cannot measure"
)]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use std::time::Duration;
use wattledger_benches::scene;
use wattledger_domain::cost::{Rounding, UsageRules};
use wattledger_domain::quantity::{Milliseconds, MilliwattHours};
use wattledger_domain::record::{RecordPeriod, ReservationEnd};
use wattledger_domain::session::{ChargingPeriod, ChargingState};
use wattledger_domain::tariff::{LocalMinute, Tariff};
use wattledger_domain::time::Timestamp;
use wattledger_pricing::{
    AbsentTax, CompiledTariff, Credit, Meter, Record, RecordTariff, RecordTerms, TaxLiability,
    Usage, price_record, rate, settle,
};
use wattledger_wire::topics::charging;

const MINUTE: i64 = 60_000;

fn compiled() -> CompiledTariff {
    CompiledTariff::compile(&scene::tariff(), "Europe/Berlin").unwrap()
}

/// The usage of a minute at 11 kW.
fn usage(minute: i64) -> Usage {
    Usage {
        to: Timestamp(scene::START.0 + minute * MINUTE),
        energy: MilliwattHours(183_333),
        state: ChargingState::Charging,
        power: None,
        current: None,
    }
}

/// A session of 20 periods of half an hour: it charges over the dear hours, then is parked.
fn periods() -> Vec<ChargingPeriod> {
    let at = |number: i64| Timestamp(scene::START.0 + 8 * 60 * MINUTE + number * 30 * MINUTE);
    let period = |number| ChargingPeriod {
        from: at(number),
        to: at(number + 1),
        energy: MilliwattHours(if number < 16 { 2_750_000 } else { 0 }),
        state: if number < 16 {
            ChargingState::Charging
        } else {
            ChargingState::SuspendedByVehicle
        },
        power: None,
        current: None,
    };
    (0..20).map(period).collect()
}

fn pricing(criterion: &mut Criterion) {
    let tariff = compiled();
    let mut begun = Meter::start(scene::START);
    begun.advance(&tariff, &usage(1)).unwrap();
    criterion.bench_function("pricing: a meter event without a boundary", |bencher| {
        bencher.iter_batched_ref(
            || begun.clone(),
            |meter| meter.advance(&tariff, black_box(&usage(2))),
            BatchSize::SmallInput,
        );
    });
    let periods = periods();
    criterion.bench_function("pricing: a session of 20 periods rated", |bencher| {
        bencher.iter(|| rate(&tariff, periods[0].from, black_box(&periods)).unwrap());
    });
    records(criterion, &periods);
    let priced = rate(&tariff, periods[0].from, &periods).unwrap();
    criterion.bench_function("pricing: settled", |bencher| {
        bencher.iter(|| settle(black_box(&priced), &Rounding::DEFAULT).unwrap());
    });
    criterion.bench_function("pricing: a tariff compiled", |bencher| {
        let tariff = scene::tariff();
        bencher.iter(|| CompiledTariff::compile(black_box(&tariff), "Europe/Berlin").unwrap());
    });
}

/// A tariff of a price for each quarter of an hour.
fn quarters() -> Tariff {
    let scene = scene::tariff();
    let first = scene.elements[0].clone();
    let elements = (0..96_u16).map(|quarter| {
        let mut element = first.clone();
        element.components[0].price.0 += i64::from(quarter) * 10_000;
        element.restrictions.start_time = Some(LocalMinute(quarter * 15));
        element.restrictions.end_time = Some(LocalMinute((quarter + 1) % 96 * 15));
        element
    });
    Tariff {
        elements: elements.collect(),
        ..scene
    }
}

/// A record of the same periods, priced and rounded: with few prices, and with 96 a day.
fn records(criterion: &mut Criterion, periods: &[ChargingPeriod]) {
    let stated = |period: &ChargingPeriod| {
        let span = Milliseconds(period.to.0 - period.from.0);
        let charging = period.state == ChargingState::Charging;
        RecordPeriod {
            from: period.from,
            to: period.to,
            energy: Some(period.energy),
            time: charging.then_some(span),
            parking_time: (!charging).then_some(span),
            reservation_time: None,
            power: None,
            current: None,
            tariff: None,
        }
    };
    let stated: Vec<RecordPeriod> = periods.iter().map(stated).collect();
    let record = Record {
        start: stated[0].from,
        periods: &stated,
        reservation: ReservationEnd::Used,
        credit: Credit::No,
    };
    let terms = RecordTerms {
        rounding: Rounding::DEFAULT,
        places: None,
        absent_tax: AbsentTax::NotApplicable,
        liability: TaxLiability::Seller,
        taxes: &[],
    };
    for (name, tariff) in [
        ("pricing: a record of 20 periods priced", scene::tariff()),
        (
            "pricing: a record of 20 periods at 96 prices a day",
            quarters(),
        ),
    ] {
        let (zone, rules) = ("Europe/Berlin", UsageRules::default());
        let ready = RecordTariff::compile(&tariff, zone, ReservationEnd::Used, rules).unwrap();
        let ready = [ready];
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| price_record(&ready, black_box(&record), &terms).unwrap());
        });
    }
}

fn wire(criterion: &mut Criterion) {
    let record = scene::reading(4_711, 7);
    let bytes = charging::encode(&record);
    criterion.bench_function("wire: a reading encoded", |bencher| {
        bencher.iter(|| charging::encode(black_box(&record)));
    });
    criterion.bench_function("wire: a reading decoded", |bencher| {
        bencher.iter(|| charging::decode(black_box(&bytes)).unwrap());
    });
}

criterion_group! {
    name = steps;
    config = Criterion::default()
        .without_plots()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = pricing, wire
}
criterion_main!(steps);
