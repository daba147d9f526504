//! Laws of idle fees that are due only while the site is busy, over random tariffs, sessions and shares.
#![allow(
    clippy::arithmetic_side_effects,
    reason = "a test that overflows fails"
)]

use super::{busy_only, known, usage};
use crate::tests::idle::{capped, parks_alike_below};
use crate::tests::random::{Kind, a_session, a_tariff};
use crate::tests::scene::*;
use crate::{CompiledTariff, Meter, Occupancy, rate};
use proptest::prelude::*;
use std::sync::Arc;
use wattledger_domain::cost::Priced;
use wattledger_domain::occupancy::{BusyShare, SiteOccupancy};
use wattledger_domain::price::PriceE8;
use wattledger_domain::quantity::{Milliseconds, MilliwattHours};
use wattledger_domain::session::ChargingPeriod;
use wattledger_domain::tariff::{Dimension, IdleFees, Tariff};

/// Around the midnight that random sessions are around.
fn any_occupancy() -> impl Strategy<Value = Arc<Occupancy>> {
    let share =
        prop::option::weighted(0.8, prop::sample::select(vec![0_i64, 700, 799, 800, 1_000]));
    prop::collection::vec(share, 1..24).prop_map(|shares| {
        let occupancy = SiteOccupancy {
            slot: Milliseconds::minutes(5),
            shares: shares
                .into_iter()
                .map(|share| BusyShare::of_per_mille(share?))
                .collect(),
            ..super::shares("2024-06-03 23:40:00", &[])
        };
        known(&occupancy)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Laws: where usage is cut changes nothing, and fold = batch, whatever is published; what counts beside
    /// parking is as if the tariff did not ask, and all parking is counted, at its price or at nothing.
    #[test]
    fn being_busy_only_chooses_between_the_price_and_nothing(
        plain in a_tariff(Kind { lowest: -100_000_000, step_max: 60 }),
        (start, periods) in a_session(12),
        occupancy in any_occupancy(),
        cuts in prop::collection::vec(1..400_000_i64, 0..8),
    ) {
        let asked = Tariff {
            idle_fees: IdleFees {
                only_when_busy: BusyShare::of_per_mille(800),
                ..IdleFees::default()
            },
            ..plain.clone()
        };
        let ready = CompiledTariff::compile(&asked, "UTC").unwrap().with_occupancy(occupancy);
        let priced = rate(&ready, start, &periods).unwrap();
        let mut meter = Meter::start(start);
        let mut place = 0;
        for period in &periods {
            let mut left = *period;
            let per_ms = left.energy.0.checked_div(left.to.since(left.from).0).unwrap_or(0);
            while place < cuts.len() && cuts[place] < left.to.since(left.from).0 {
                let to = left.from.plus(Milliseconds(cuts[place]));
                let energy = MilliwattHours(per_ms * cuts[place]);
                let cut = ChargingPeriod { to, energy, ..left };
                meter.advance(&ready, &usage(&cut)).unwrap();
                left.from = to;
                left.energy = MilliwattHours(left.energy.0 - energy.0);
                place += 1;
            }
            meter.advance(&ready, &usage(&left)).unwrap();
        }
        prop_assert_eq!(&meter.priced(&ready), &priced);

        let without = rate(&CompiledTariff::compile(&plain, "UTC").unwrap(), start, &periods).unwrap();
        let rest = |priced: &Priced| {
            let steps = priced.steps.iter().copied();
            steps.filter(|step| step.dimension != Dimension::ParkingTime).collect::<Vec<_>>()
        };
        prop_assert_eq!(rest(&priced), rest(&without));
        for element in 0..asked.elements.len() {
            let of = |priced: &Priced| {
                let steps = priced.steps.iter().filter(|step| {
                    step.dimension == Dimension::ParkingTime && usize::from(step.element) == element
                });
                steps.map(|step| step.quantity).sum::<i64>()
            };
            prop_assert_eq!(of(&priced), of(&without));
        }
    }

    /// Law: caps are kept, and where parking is cut changes nothing, with busy and quiet times in between.
    #[test]
    fn caps_hold_with_busy_and_quiet_times(
        cents in 1..2_000_i64,
        cap in 0..1_000_000_000_i64,
        daily in prop::option::of(0..1_000_000_000_i64),
        start in 0..7_200_000_i64,
        cuts in prop::collection::vec(1..2_000_000_i64, 1..12),
        occupancy in any_occupancy(),
    ) {
        let tariff = busy_only(IdleFees {
            max_per_session: Some(PriceE8(cap)),
            max_per_day: daily.map(PriceE8),
            ..IdleFees::default()
        });
        let ready = CompiledTariff::compile(&capped(tariff, cents), "UTC").unwrap();
        let begin = utc("2024-06-03 23:00:00").plus(Milliseconds(start));
        parks_alike_below(cap, &ready.with_occupancy(occupancy), begin, &cuts);
    }
}
