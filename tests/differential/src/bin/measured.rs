//! What a session costs to price by wattledger. `scripts/bench-pricing.sh` runs it.

#[path = "../counted.rs"]
mod counted;
#[path = "../scenario.rs"]
mod scenario;

use counted::Work;
use scenario::{Form, SCENARIOS, ZONE};
use std::hint::black_box;
use wattledger_domain::cost::{Rounding, UsageRules};
use wattledger_domain::quantity::{Milliseconds, MilliwattHours};
use wattledger_domain::record::{RecordPeriod, ReservationEnd};
use wattledger_domain::session::ChargingState;
use wattledger_domain::time::Timestamp;
use wattledger_pricing::{
    AbsentTax, CompiledTariff, Credit, Meter, Record, RecordPrice, RecordTariff, RecordTerms,
    TaxLiability, Usage, price_record, settle,
};
use wattledger_wire::ocpi::{self, OcpiCdr};

const TERMS: RecordTerms<'static> = RecordTerms {
    rounding: Rounding::DEFAULT,
    places: None,
    absent_tax: AbsentTax::NotApplicable,
    liability: TaxLiability::Seller,
    taxes: &[],
};

fn main() {
    let texts: Vec<String> = SCENARIOS
        .iter()
        .map(|scenario| scenario::record(scenario, Form::V2_3_0))
        .collect();
    let mut works = Vec::new();
    events(&mut works, &texts[1]);
    for (scenario, text) in SCENARIOS.iter().zip(&texts) {
        let name = |from: &str| format!("wattledger|{}|{from}", scenario.name);
        let cdr = read(text);
        let ready = made_ready(&cdr);
        let periods = cdr.periods.clone();
        let start = cdr.start;
        works.push(Work::new(
            name("typed"),
            move || price(&ready, start, black_box(&periods)),
            total,
        ));
        let from_text = || {
            let cdr = read(black_box(text));
            price(&made_ready(&cdr), cdr.start, &cdr.periods)
        };
        works.push(Work::new(name("json"), from_text, total));
    }
    counted::main(&mut works);
}

fn read(text: &str) -> OcpiCdr {
    let (record, _warnings) = ocpi::cdr(text).expect("a record");
    record
}

fn made_ready(cdr: &OcpiCdr) -> [RecordTariff; 1] {
    let end = ReservationEnd::Used;
    [RecordTariff::compile(&cdr.tariffs[0], ZONE, end, UsageRules::default()).expect("a tariff")]
}

fn price(ready: &[RecordTariff], start: Timestamp, periods: &[RecordPeriod]) -> RecordPrice {
    let (reservation, credit) = (ReservationEnd::Used, Credit::No);
    price_record(
        ready,
        &Record {
            start,
            periods,
            reservation,
            credit,
        },
        &TERMS,
    )
    .expect("a price")
}

/// After tax.
fn total(price: &RecordPrice) -> String {
    price.total.after_tax.map_or_else(String::new, |minor| {
        format!("{}.{:02}", minor / 100, minor % 100)
    })
}

/// A running session: an event, an event and its total.
fn events<'a>(works: &mut Vec<Work<'a>>, text: &str) {
    let cdr = read(text);
    let tariff = CompiledTariff::compile(&cdr.tariffs[0], ZONE).expect("a tariff");
    // 11 kW for an hour, then on by a second at a time for half an hour, and again: no boundary is near.
    let mut begun = Meter::start(cdr.start);
    advance(&mut begun, &tariff, (3_600, 11_000_000));
    let of = |name: &str, step: Step, then: fn(&Meter, &CompiledTariff) -> i64| {
        let (begun, tariff) = (begun.clone(), tariff.clone());
        let end = begun.now.plus(Milliseconds(1_800_000));
        let mut meter = begun.clone();
        let event = move || {
            if meter.now >= end {
                meter.clone_from(&begun);
            }
            step(&mut meter, &tariff, (1, 3_055));
            then(&meter, &tariff)
        };
        Work::new(format!("wattledger|event|{name}"), event, |_| String::new())
    };
    // What the others do as well: a reading made, and nothing done with it.
    works.push(of("nothing", pass, |_, _| 0));
    works.push(of("fold", advance, |_, _| 0));
    works.push(of("fold and running total", advance, |meter, tariff| {
        meter
            .total(tariff, &Rounding::DEFAULT)
            .expect("a total")
            .gross
            .minor
    }));
    works.push(of("fold and bill with lines", advance, |meter, tariff| {
        let bill = settle(&meter.priced(tariff), &Rounding::DEFAULT);
        bill.expect("a settlement").gross.minor
    }));
}

/// What is done with a stretch: how many seconds, and how much energy in it.
type Step = fn(&mut Meter, &CompiledTariff, (i64, i64));

/// Lets it pass.
#[inline(never)]
fn pass(meter: &mut Meter, _: &CompiledTariff, (seconds, energy): (i64, i64)) {
    let usage = usage(meter.now.plus(Milliseconds(seconds * 1_000)), energy);
    meter.now = black_box(&usage).to;
}

/// Charges.
#[inline(never)]
fn advance(meter: &mut Meter, tariff: &CompiledTariff, (seconds, energy): (i64, i64)) {
    let usage = usage(meter.now.plus(Milliseconds(seconds * 1_000)), energy);
    meter.advance(tariff, black_box(&usage)).expect("usage");
}

fn usage(to: Timestamp, energy: i64) -> Usage {
    let (energy, state) = (MilliwattHours(energy), ChargingState::Charging);
    Usage {
        to,
        energy,
        state,
        power: None,
        current: None,
    }
}
