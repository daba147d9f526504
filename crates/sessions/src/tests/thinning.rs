//! Many readings: few are kept, few periods are told, and the bill is the same to the last digit.

use super::world::{World, clock, documents};
use crate::ledger::{Ledger, Rules, Seen};
use crate::samples::{Entry, What};
use crate::thinning::{By, Reached, periods, readings};
use crate::{Key, Value};
use proptest::prelude::*;
use wattledger_domain::charging::{
    ChargingRecord, FieldBody, Measurand, MeterSample, Phase, ReadingContext,
};
use wattledger_domain::cost::Priced;
use wattledger_domain::quantity::{MilliwattHours, Milliwatts};
use wattledger_domain::reference::Content;
use wattledger_domain::session::{ChargingPeriod, ChargingState, Durations};
use wattledger_domain::tariff::Tariff;
use wattledger_domain::time::Timestamp;
use wattledger_pricing::{CompiledTariff, Meter, rate};

/// A reading a second for so many seconds from eight o'clock, at 11 kW with pauses.
fn told_every_second(seconds: i64) -> World {
    let mut world = World::new();
    let by_time = Content::Tariff(Box::new(documents::by_time("plain")));
    let by_time = documents::recorded(by_time, 2, clock("00:00"));
    world.fold(&ChargingRecord::Reference(by_time));
    world.tell("08:00 start tx=7 token=alice meter=1000 seq=0");
    for minute in 1..=seconds / 60 {
        let (hour, rest) = (8 + minute / 60, minute % 60);
        let line = format!("{hour:02}:{rest:02} read tx=7 seq={minute}");
        let ChargingRecord::Field(mut event) = world.record(&line) else {
            panic!("{line}");
        };
        let ended = event.occurred_at.0;
        if let FieldBody::SessionUpdated(updated) = &mut event.body {
            updated.samples = (0..60)
                .rev()
                .flat_map(|before| both(ended - before * 1_000))
                .collect();
        }
        world.fold(&ChargingRecord::Field(event));
    }
    world
}

/// Register and power at an instant: 3 Wh a second since eight.
fn both(at: i64) -> [MeterSample; 2] {
    let seconds = (at - clock("08:00").0) / 1_000;
    let sample = |measurand, value| MeterSample {
        at: Timestamp(at),
        measurand,
        phase: Phase::Total,
        context: ReadingContext::Periodic,
        value,
    };
    [
        sample(Measurand::EnergyImportRegister, 1_000_000 + seconds * 3_000),
        sample(Measurand::PowerImport, 10_800_000),
    ]
}

fn kept(world: &World) -> usize {
    let bytes = world.state.entities.values().map(|value| match value {
        Value::Samples(chunk) => chunk.bytes().len(),
        _ => 0,
    });
    bytes.sum()
}

#[test]
fn a_reading_a_second_for_hours_is_billed_in_a_record_of_bounded_size() {
    let seconds = 4 * 3_600 + 1_800;
    let mut world = told_every_second(seconds);
    assert!(kept(&world) < 256 * 600, "{} bytes are kept", kept(&world));
    let (total, next) = (1_000 + seconds * 3, seconds / 60 + 1);
    world.tell(&format!("12:30:30 end tx=7 seq={next} meter={total}"));
    world.tell("tick 15:00");
    let rated = world.rated();
    let [rated] = &rated[..] else {
        panic!("{:?}", world.came());
    };
    assert_eq!(rated.energy, MilliwattHours(seconds * 3_000));
    assert!(rated.periods.len() <= 4_000, "{}", rated.periods.len());
    // 13:00 in Berlin is noon in UTC: half an hour is dearer, each second with its energy.
    let by_price: Vec<(i64, i64)> = rated
        .priced
        .steps
        .iter()
        .map(|step| (step.price.0, step.quantity))
        .collect();
    let dear: i64 = 1_800 * 3_000;
    let energy: Vec<_> = by_price
        .iter()
        .filter(|(_, quantity)| quantity % 3_000 == 0)
        .collect();
    assert!(energy.contains(&&(80_000_000, dear)), "{by_price:?}");
    assert!(
        energy.contains(&&(50_000_000, seconds * 3_000 - dear)),
        "{by_price:?}"
    );
    let left = |key: &&Key| matches!(key, Key::Samples(..));
    assert!(world.state.entities.keys().filter(left).count() <= 300);
}

const RULES: Rules = Rules {
    facts: wattledger_domain::device::DeviceFacts::ASSUMED,
    max_power: Milliwatts(22_000_000),
    percent: 110,
    seen: Seen {
        totals: 2,
        phases: 0,
        others: 4,
    },
};

/// What readings come to by nothing but the ledger and the price of a finished session.
fn billed(entries: &[Entry], tariff: &CompiledTariff) -> (MilliwattHours, Durations, Priced) {
    let (ledger, periods) = accounted(entries);
    let priced = rate(tariff, entries[0].at, &periods).unwrap();
    (ledger.energy, ledger.durations, priced)
}

fn accounted(entries: &[Entry]) -> (Ledger, Vec<ChargingPeriod>) {
    let mut ledger = Ledger::start(entries[0].at, ChargingState::Charging);
    let mut periods = Vec::new();
    for entry in entries {
        ledger.feed(*entry, &RULES, &mut |period| periods.push(*period));
    }
    (ledger, periods)
}

/// Readings some seconds apart from before one o'clock on, with states, powers, pauses, odd ones.
fn any_readings() -> impl Strategy<Value = Vec<Entry>> {
    let step = (1..40_i64, 0..100_i64, 0..24_u8);
    proptest::collection::vec(step, 200..420).prop_map(|steps| {
        let mut at = clock("11:30").0;
        let mut register = 5_000_000_i64;
        let mut entries = vec![Entry {
            at: Timestamp(at),
            what: What::Total,
            value: register,
        }];
        for (seconds, share, kind) in steps {
            at += seconds * 1_000;
            let (rise, state) = match kind {
                0 => (0, Some(2)),
                1 => (0, Some(1)),
                2 => (0, None),
                _ => (seconds * 6_000 * share / 100, None),
            };
            register += rise;
            let entry = |what, value| Entry {
                at: Timestamp(at),
                what,
                value,
            };
            entries.extend(state.map(|code| entry(What::State, code)));
            if kind % 3 == 0 {
                entries.push(entry(What::Power, rise * 3_600 / seconds));
            }
            let shown = if kind == 23 {
                register + 900_000_000
            } else {
                register
            };
            entries.push(entry(What::Total, shown));
        }
        entries.sort_unstable();
        entries
    })
}

/// Flat, by time of day, by energy from 3 kWh on, by power from 8 kW on.
fn any_tariff() -> impl Strategy<Value = Tariff> {
    (0..4_u8).prop_map(|kind| {
        let mut tariff = documents::by_time("plain");
        let restrictions = &mut tariff.elements[0].restrictions;
        if kind != 1 {
            restrictions.start_time = None;
            restrictions.end_time = None;
        }
        match kind {
            2 => restrictions.min_energy = Some(MilliwattHours(3_000_000)),
            3 => restrictions.min_power = Some(Milliwatts(8_000_000)),
            _ => {}
        }
        tariff
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Law: thinned readings come to the same energy, times and price, and so do more after them.
    #[test]
    fn thinned_readings_bill_as_all_of_them(entries in any_readings(), tariff in any_tariff()) {
        let tariff = CompiledTariff::compile(&tariff, "Europe/Berlin").unwrap();
        let started_at = entries[0].at;
        let begin = Reached {
            ledger: Ledger::start(started_at, ChargingState::Charging),
            meter: Some(Meter::start(started_at)),
        };
        let by = By { rules: &RULES, tariff: Some(&tariff) };
        let Some(mut fewer) = readings(&entries, &begin, by) else { return Ok(()) };
        prop_assert_eq!(billed(&fewer, &tariff), billed(&entries, &tariff));
        let mut more = entries.clone();
        let (last, ends) = (more[more.len() - 1], 3_600_000);
        for later in 1..4_i64 {
            let entry = Entry {
                at: Timestamp(last.at.0 + later * ends),
                what: What::Total,
                value: more.iter().map(|entry| entry.value).max().unwrap_or(0) + later * 400_000,
            };
            more.push(entry);
            fewer.push(entry);
        }
        prop_assert_eq!(billed(&fewer, &tariff), billed(&more, &tariff));
    }

    /// Law: fewer periods come to the same price, without a gap, and lose no energy.
    #[test]
    fn merged_periods_price_as_all_of_them(entries in any_readings(), tariff in any_tariff()) {
        let tariff = CompiledTariff::compile(&tariff, "Europe/Berlin").unwrap();
        let started_at = entries[0].at;
        let (_, all) = accounted(&entries);
        let fewer = periods(all.clone(), started_at, Some(&tariff), 20);
        prop_assert!(fewer.len() <= all.len());
        let priced = |periods: &[ChargingPeriod]| rate(&tariff, started_at, periods).unwrap();
        prop_assert_eq!(priced(&fewer), priced(&all));
        let energy = |periods: &[ChargingPeriod]| periods.iter().map(|one| one.energy.0).sum::<i64>();
        prop_assert_eq!(energy(&fewer), energy(&all));
        for pair in fewer.windows(2) {
            prop_assert_eq!(pair[0].to, pair[1].from);
        }
    }
}

#[test]
fn where_no_price_changes_half_and_half_again_can_go() {
    let tariff = CompiledTariff::compile(&documents::tariff("plain", 50), "Europe/Berlin").unwrap();
    let at = |minute: i64| Timestamp(clock("08:00").0 + minute * 60_000);
    let period = |minute: i64| ChargingPeriod {
        from: at(minute),
        to: at(minute + 1),
        energy: MilliwattHours(100_000 + minute),
        state: ChargingState::Charging,
        power: None,
        current: None,
    };
    let all: Vec<ChargingPeriod> = (0..100).map(period).collect();
    let fewer = periods(all.clone(), at(0), Some(&tariff), 30);
    assert_eq!(fewer.len(), 25);
    let price = |periods: &[ChargingPeriod]| rate(&tariff, at(0), periods).unwrap();
    assert_eq!(price(&fewer), price(&all));
}
