//! What holds of every price, whatever the tariff and the session.

use super::random::{Kind, a_session, a_tariff, cut};
use super::scene::*;
use crate::{CompiledTariff, Meter, Usage, rate, settle, settle_for};
use proptest::prelude::*;
use wattledger_domain::cost::{Half, Priced, Rounding, RoundingOrder, Settlement, StepRule};
use wattledger_domain::price::{ExactCost, PriceE8, TaxRate};
use wattledger_domain::session::{ChargingPeriod, ChargingState};
use wattledger_domain::tariff::{Dimension, PriceLimit, Tariff};
use wattledger_domain::tax::{NamedTax, TaxLiability};

const ANY: Kind = Kind {
    lowest: -100_000_000,
    step_max: 900,
};
const NOT_NEGATIVE: Kind = Kind {
    lowest: 0,
    step_max: 900,
};

fn compiled(tariff: &Tariff) -> CompiledTariff {
    CompiledTariff::compile(tariff, "UTC").unwrap()
}

fn usage(period: &ChargingPeriod) -> Usage {
    let ChargingPeriod {
        from: _,
        to,
        energy,
        state,
        power,
        current,
    } = *period;
    Usage {
        to,
        energy,
        state,
        power,
        current,
    }
}

fn halves() -> impl Strategy<Value = Half> {
    prop::sample::select(vec![Half::Up, Half::Even, Half::Down])
}

fn orders() -> impl Strategy<Value = RoundingOrder> {
    prop::sample::select(vec![RoundingOrder::NetFirst, RoundingOrder::GrossFirst])
}

fn limits() -> impl Strategy<Value = Option<PriceLimit>> {
    let amount = || (0..300_000_000_i64).prop_map(PriceE8);
    let limit = (amount(), prop::option::of(amount()));
    prop::option::of(limit.prop_map(|(before_tax, after_tax)| PriceLimit {
        before_tax,
        after_tax,
    }))
}

fn quantity(priced: &Priced, dimension: Dimension) -> i64 {
    priced
        .steps
        .iter()
        .filter(|step| step.dimension == dimension)
        .map(|step| step.quantity)
        .sum()
}

/// Lines sum to groups and groups to totals, before tax and after.
fn assert_sums(settled: &Settlement) {
    for group in &settled.groups {
        let of_group = settled.lines.iter().filter(|line| line.tax == group.rate);
        assert_eq!(
            of_group.map(|line| line.net.minor).sum::<i64>(),
            group.net.minor
        );
        assert_eq!(group.net.plus(group.tax), Ok(group.gross));
    }
    assert_eq!(
        settled
            .groups
            .iter()
            .map(|group| group.net.minor)
            .sum::<i64>(),
        settled.net.minor
    );
    assert_eq!(
        settled
            .groups
            .iter()
            .map(|group| group.tax.minor)
            .sum::<i64>(),
        settled.tax.minor
    );
    assert_eq!(settled.net.plus(settled.tax), Ok(settled.gross));
    assert_eq!(
        settled
            .lines
            .iter()
            .map(|line| line.exact_net.0)
            .sum::<i128>(),
        settled.exact_net.0
    );
    assert!(
        settled
            .lines
            .iter()
            .all(|line| settled.groups.iter().any(|g| g.rate == line.tax))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_redundant_period_changes_nothing(
        tariff in a_tariff(ANY),
        (start, periods) in a_session(12),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0..=1_000_i64), 1..12),
    ) {
        let tariff = compiled(&tariff);
        let whole = rate(&tariff, start, &periods).unwrap();
        let mut finer = periods;
        for (place, part) in cuts {
            let place = place.index(finer.len());
            let halves = cut(&finer[place], part);
            finer.splice(place..=place, halves);
        }
        prop_assert_eq!(rate(&tariff, start, &finer).unwrap(), whole);
    }

    #[test]
    fn how_often_a_meter_is_read_changes_nothing(
        tariff in a_tariff(ANY),
        (start, periods) in a_session(12),
        cadence in prop::sample::select(vec![1_000_i64, 7_000, 15_000, 56_000]),
    ) {
        let tariff = compiled(&tariff);
        let mut meter = Meter::start(start);
        for period in &periods {
            let mut left = *period;
            while left.to.since(left.from).0 > cadence {
                let span = left.to.since(left.from).0;
                let per_ms = left.energy.0.checked_div(span).unwrap();
                let to = left.from.plus(wattledger_domain::quantity::Milliseconds(cadence));
                let energy = per_ms.checked_mul(cadence).unwrap();
                let energy = wattledger_domain::quantity::MilliwattHours(energy);
                meter.advance(&tariff, &usage(&ChargingPeriod { to, energy, ..left })).unwrap();
                left.energy = left.energy.minus(energy).unwrap();
                left.from = to;
            }
            meter.advance(&tariff, &usage(&left)).unwrap();
        }
        prop_assert_eq!(meter.priced(&tariff), rate(&tariff, start, &periods).unwrap());
    }

    #[test]
    fn a_running_meter_written_down_and_read_back_ends_as_the_batch_does(
        tariff in a_tariff(ANY),
        (start, periods) in a_session(12),
        forget in any::<u8>(),
    ) {
        let tariff = compiled(&tariff);
        let mut meter = Meter::start(start);
        for (place, period) in periods.iter().enumerate() {
            if forget.checked_shr(u32::try_from(place).unwrap()).unwrap_or(0) & 1 == 1 {
                meter.window = None;
            }
            meter.advance(&tariff, &usage(period)).unwrap();
        }
        prop_assert_eq!(meter.priced(&tariff), rate(&tariff, start, &periods).unwrap());
    }

    #[test]
    fn energy_and_time_are_conserved(
        tariff in a_tariff(ANY),
        (start, periods) in a_session(12),
    ) {
        let mut tariff = tariff;
        tariff.elements.push(always(&[energy("1"), time("1"), parking("1")]));
        let priced = rate(&compiled(&tariff), start, &periods).unwrap();
        let energy: i64 = periods.iter().map(|period| period.energy.0).sum();
        let time = |states: &[ChargingState]| -> i64 {
            let of_state = periods.iter().filter(|period| states.contains(&period.state));
            of_state.map(|period| period.to.since(period.from).0).sum()
        };
        prop_assert_eq!(quantity(&priced, Dimension::Energy), energy);
        prop_assert_eq!(quantity(&priced, Dimension::Time), time(&[ChargingState::Charging]));
        let parked = time(&[ChargingState::SuspendedByVehicle, ChargingState::Idle]);
        prop_assert_eq!(quantity(&priced, Dimension::ParkingTime), parked);
        prop_assert!(quantity(&priced, Dimension::Flat) <= 1);
    }

    #[test]
    fn sums_and_limits_hold_to_the_cent(
        tariff in a_tariff(ANY),
        (start, periods) in a_session(1_000),
        (min_price, max_price) in (limits(), limits()),
        (order, half) in (orders(), halves()),
    ) {
        let tariff = Tariff { min_price, max_price, ..tariff };
        let priced = rate(&compiled(&tariff), start, &periods).unwrap();
        let rounding = Rounding { order, half, ..Rounding::DEFAULT };
        let settled = settle(&priced, &rounding).unwrap();
        assert_sums(&settled);
        let cents = |limit: PriceE8| limit.0.checked_div(1_000_000).unwrap();
        let lowest = min_price.map(|limit| cents(limit.before_tax));
        let highest = max_price.map(|limit| cents(limit.before_tax).checked_add(1).unwrap());
        let price = |limit: Option<PriceLimit>| limit.map(|limit| limit.before_tax);
        // Where a minimum is above the maximum, the maximum has the last word.
        if price(max_price).is_none_or(|most| price(min_price).is_none_or(|least| least <= most)) {
            prop_assert!(lowest.is_none_or(|lowest| settled.net.minor >= lowest));
        }
        prop_assert!(highest.is_none_or(|highest| settled.net.minor <= highest));
    }

    #[test]
    fn a_cost_never_falls_where_no_price_is_below_zero(
        tariff in a_tariff(NOT_NEGATIVE),
        (start, periods) in a_session(12),
    ) {
        let tariff = compiled(&tariff);
        let off = Rounding { steps: StepRule::Off, ..Rounding::DEFAULT };
        let mut meter = Meter::start(start);
        let (mut before, mut net_before) = (ExactCost::ZERO, 0);
        for period in &periods {
            meter.advance(&tariff, &usage(period)).unwrap();
            let cost = meter.exact_cost().unwrap();
            let net = settle(&meter.priced(&tariff), &off).unwrap().exact_net.0;
            prop_assert!(cost >= before && net >= net_before);
            (before, net_before) = (cost, net);
        }
    }
}

proptest! {
    /// Law: the running total is what the bill says, whatever the tariff, its limits and the rounding.
    #[test]
    fn the_running_total_is_the_total_of_the_bill(
        tariff in a_tariff(ANY), low in limits(), high in limits(), (start, periods) in a_session(400),
        (half, order) in (halves(), orders()), (places, cash) in (prop::option::of(0..2_u32), prop::option::of(2..50_i64)),
        steps in prop::sample::select(vec![StepRule::OncePerSession, StepRule::Off]),
        liability in prop::sample::select(vec![TaxLiability::Seller, TaxLiability::Buyer]),
        named in prop::collection::vec((0..200_000_i64, 0..3_i32), 0..3),
    ) {
        let tariff = Tariff { min_price: low, max_price: high, ..tariff };
        let named: Vec<NamedTax> = named
            .into_iter()
            .enumerate()
            .map(|(number, (rate, stack))| NamedTax {
                name: number.to_string().into(), rate: TaxRate(rate), stack, account_number: None,
            })
            .collect();
        let compiled = compiled(&tariff).with_taxes(&named);
        let rounding = Rounding { order, half, steps, places, cash };
        let mut meter = Meter::start(start);
        for period in &periods {
            meter.advance(&compiled, &usage(period)).unwrap();
            let bill = settle_for(&meter.priced(&compiled), &rounding, liability).unwrap();
            let total = meter.total_for(&compiled, &rounding, liability).unwrap();
            prop_assert_eq!(
                (total.net, total.tax, total.rounding, total.gross),
                (bill.net, bill.tax, bill.rounding, bill.gross)
            );
        }
    }
}
