//! Laws: order and repetition of events do not matter, energy is conserved, live is final.

use super::live::looked;
use super::world::{World, clock, documents};
use crate::live::Looked;
use proptest::prelude::*;
use wattledger_domain::charging::ChargingRecord;
use wattledger_domain::reference::Content;
use wattledger_domain::session::{ChargingPeriod, SessionRated};
use wattledger_pricing::{CompiledTariff, rate};

/// A day's worth of readings of one session, as lines; registers rise, states change.
fn readings(most: usize) -> impl Strategy<Value = Vec<String>> {
    let reading = (0..60_i64, 0..170_i64, 0..4_u8);
    proptest::collection::vec(reading, 1..most).prop_map(|steps| {
        let (mut minute, mut register) = (0, 1_000);
        let mut lines = Vec::new();
        for (index, (gap, rise, state)) in steps.into_iter().enumerate() {
            let span = 1 + gap % 8;
            minute += span;
            register += rise * span % (180 * span + 1);
            let state = ["", " state=parked", " state=charging", " state=starved"]
                .get(usize::from(state))
                .copied()
                .unwrap_or("");
            let (hour, minute) = (8 + minute / 60, minute % 60);
            let number = index + 1;
            lines.push(format!(
                "{hour:02}:{minute:02} read tx=7 seq={number} total={register}{state}"
            ));
        }
        let end = 8 * 60 + minute + 30;
        lines.push(format!(
            "{}:{:02} end tx=7 meter={register}",
            end / 60,
            end % 60
        ));
        lines
    })
}

/// The usual station, where energy is dearer from 13:00 to 15:00 on its own clock.
fn world() -> World {
    let mut world = World::new();
    let by_time = Content::Tariff(Box::new(documents::by_time("plain")));
    world.fold(&ChargingRecord::Reference(documents::recorded(
        by_time,
        2,
        clock("00:00"),
    )));
    world
}

fn rated(lines: &[String]) -> (World, Option<SessionRated>) {
    let mut world = world();
    for line in lines {
        world.tell(line);
    }
    world.tell("tick 00:02");
    let rated = world.rated().last().map(|rated| (**rated).clone());
    (world, rated)
}

const START: &str = "08:00 start tx=7 token=alice meter=1000 seq=0";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_order_and_any_repetition_give_the_bill_of_the_sorted_events(
        lines in readings(25),
        picks in proptest::collection::vec(any::<prop::sample::Index>(), 0..20),
        seed in any::<prop::sample::Index>(),
        shuffle in proptest::collection::vec(any::<u32>(), 60),
    ) {
        let mut sorted = vec![START.to_owned()];
        sorted.extend(lines.clone());
        let mut told = sorted.clone();
        told.extend(picks.iter().map(|pick| pick.get(&lines).clone()));
        let mut keyed: Vec<(u32, String)> =
            shuffle.iter().cycle().copied().zip(told).collect();
        keyed.sort();
        let mut told: Vec<String> = keyed.into_iter().map(|(_, line)| line).collect();
        let turn = seed.index(told.len());
        told.rotate_left(turn);
        let (_, expect) = rated(&sorted);
        let (_, mut found) = rated(&told);
        if let (Some(found), Some(expect)) = (&mut found, &expect) {
            found.rated_at = expect.rated_at;
        }
        prop_assert_eq!(found, expect);
    }

    #[test]
    fn a_reading_that_comes_last_counts_like_any_other(
        lines in readings(120),
        late in any::<prop::sample::Index>(),
    ) {
        let sorted: Vec<String> = std::iter::once(START.to_owned()).chain(lines).collect();
        let place = late.index(sorted.len() - 1) + 1;
        let mut told = sorted.clone();
        let line = told.remove(place);
        told.push(line);
        prop_assert_eq!(rated(&told).1, rated(&sorted).1);
    }

    #[test]
    fn energy_is_what_the_register_rose_and_periods_leave_no_gap(lines in readings(25)) {
        let mut sorted = vec![START.to_owned()];
        sorted.extend(lines);
        let (_, found) = rated(&sorted);
        let found = found.unwrap();
        let (first, last) =
            (found.evidence.register_start.unwrap(), found.evidence.register_end.unwrap());
        prop_assert_eq!(found.energy, last.minus(first).unwrap());
        let sum: i64 = found.periods.iter().map(|period| period.energy.0).sum();
        prop_assert_eq!(sum, found.energy.0);
        let mut at = found.started_at;
        for period in &found.periods {
            prop_assert_eq!(period.from, at);
            at = period.to;
        }
        prop_assert_eq!(at, found.ended_at);
    }

    #[test]
    fn the_running_price_is_the_price_of_the_periods_whatever_order_readings_came_in(
        lines in readings(25),
        shuffle in proptest::collection::vec(any::<u32>(), 25),
    ) {
        let mut sorted = vec![START.to_owned()];
        sorted.extend(lines);
        let end = sorted.pop();
        let mut told: Vec<_> = shuffle.iter().cycle().zip(sorted.iter().skip(1)).collect();
        told.sort();
        let mut world = world();
        world.tell(START);
        for (_, line) in told {
            world.tell(line);
        }
        let Looked::Running(running) = looked(&world) else {
            panic!("it runs");
        };
        let running = running.meter;
        sorted.extend(end);
        let found = rated(&sorted).1.unwrap();
        let tariff = documents::by_time("plain");
        let tariff = CompiledTariff::compile(&tariff, "Europe/Berlin").unwrap();
        let so_far = found.periods.iter().filter(|period| period.from < running.now);
        let so_far: Vec<_> = so_far
            .map(|period| ChargingPeriod { to: period.to.min(running.now), ..*period })
            .collect();
        let batch = rate(&tariff, found.started_at, &so_far).unwrap();
        prop_assert_eq!(running.priced(&tariff), batch);
    }
}
