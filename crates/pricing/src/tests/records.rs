//! Charge detail records: as the meter, under several tariffs, with reservations and exports.

mod book;
mod odd;
mod taxes;

use super::random::{Kind, a_session, a_tariff};
use super::scene::*;
use crate::{
    AbsentTax, CompiledTariff, Credit, Record, RecordNote, RecordTariff, RecordTax, RecordTerms,
    TaxLiability, price_record, rate, settle,
};
use book::{Book, TERMS, check, net};
use proptest::prelude::*;
use wattledger_domain::cost::{Rounding, RoundingOrder, StartFee, UsageRules};
use wattledger_domain::ids::TariffId;
use wattledger_domain::quantity::{Milliamperes, Milliseconds, MilliwattHours, Milliwatts};
use wattledger_domain::record::{Extent, RecordPeriod, ReservationEnd};
use wattledger_domain::session::{ChargingPeriod, ChargingState};
use wattledger_domain::tariff::{Reservation, Restrictions, Tariff, TaxIncluded};

fn reserved(
    components: &[wattledger_domain::tariff::Component],
    kind: Reservation,
) -> wattledger_domain::tariff::Element {
    when(
        components,
        Restrictions {
            reservation: Some(kind),
            ..Restrictions::default()
        },
    )
}

#[test]
fn a_reservation_has_blocks_of_its_own() {
    let tariff = tariff(vec![
        reserved(&[stepped(time("6"), 600)], Reservation::Reservation),
        always(&[stepped(time("1"), 3_600)]),
    ]);
    // 13 minutes reserved are 20, 61 of charging are 120.
    check(
        &Book(Vec::new()).reserve(13).charge(61, "1"),
        &[tariff],
        "4",
    );
}

#[test]
fn durations_count_from_charging_not_from_the_reservation() {
    let late = Restrictions {
        min_duration: Milliseconds::from_seconds(1_800),
        ..Restrictions::default()
    };
    let tariff = tariff(vec![
        when(&[energy("1")], late),
        reserved(&[time("0")], Reservation::Reservation),
    ]);
    check(
        &Book(Vec::new()).reserve(60).charge(60, "10"),
        &[tariff],
        "5",
    );
}

#[test]
fn an_expired_reservation_owes_no_start_fee_but_the_lowest_price() {
    let mut tariff = tariff(vec![
        reserved(&[flat("4")], Reservation::Expires),
        reserved(&[flat("1"), time("2")], Reservation::Reservation),
        always(&[flat("0.50"), energy("0.25")]),
    ]);
    let book = Book(Vec::new()).reserve(60);
    let price = book.price(
        std::slice::from_ref(&tariff),
        ReservationEnd::Expired,
        &TERMS,
    );
    assert_eq!(net(&price), "6");
    assert_eq!(exact(price.fixed.unwrap()), "0");
    assert_eq!(exact(price.reservation.unwrap()), "6");
    tariff.min_price = limit("10", None);
    let price = book.price(&[tariff], ReservationEnd::Expired, &TERMS);
    assert_eq!(net(&price), "10");
}

#[test]
fn each_period_has_the_tariff_it_names_and_blocks_count_at_the_end_only() {
    let of = |id: &str, price: &str, fee: &str| Tariff {
        id: TariffId::new(id),
        ..tariff(vec![always(&[stepped(energy(price), 1_000), flat(fee)])])
    };
    let tariffs = [of("day", "1", "3"), of("NIGHT", "2", "5")];
    let book = Book(Vec::new())
        .charge(60, "1.2")
        .under("day")
        .charge(60, "1.5")
        .under("night")
        .charge(60, "9");
    // One start fee; 2.7 kWh in all are 3, the 0.3 at the last price; the last period has no tariff.
    let price = book.price(&tariffs, ReservationEnd::Used, &TERMS);
    assert_eq!(net(&price), "7.8");
    assert!(
        price
            .notes
            .contains(&RecordNote::WithoutTariff { period: 2 })
    );
}

#[test]
fn without_names_the_first_that_is_valid_at_the_start_prices_all() {
    let until = |price: &str, to: &str| Tariff {
        valid_to: Some(utc(to)),
        ..tariff(vec![always(&[energy(price)])])
    };
    let tariffs = [
        until("1", "2024-06-03 10:00:00"),
        until("2", "2024-06-03 10:00:01"),
    ];
    let book = Book(Vec::new()).charge(60, "1");
    check(&book, &tariffs, "2");
    let price = book.price(&tariffs[..1], ReservationEnd::Used, &TERMS);
    assert_eq!(price.notes, [RecordNote::NoTariffValid]);
    assert_eq!(net(&price), "1");
}

#[test]
fn of_a_power_that_moved_the_greatest_reaches_a_minimum_and_the_least_a_maximum() {
    let at_least = |kilowatts: &str| Restrictions {
        min_power: Some(Milliwatts(scaled(kilowatts, 6))),
        ..Restrictions::default()
    };
    let tariff = tariff(vec![
        when(&[energy("3")], at_least("20")),
        when(
            &[energy("2")],
            Restrictions {
                max_power: Some(Milliwatts(scaled("10", 6))),
                ..Restrictions::default()
            },
        ),
        always(&[energy("1")]),
    ]);
    let book = |least: i64, greatest: i64| {
        Book(Vec::new()).then(60, |period| {
            period.energy = Some(kwh("1"));
            period.power = Some(Extent {
                least: Milliwatts(least.checked_mul(1_000_000).unwrap()),
                greatest: Milliwatts(greatest.checked_mul(1_000_000).unwrap()),
            });
        })
    };
    check(&book(5, 20), std::slice::from_ref(&tariff), "3");
    check(&book(9, 19), std::slice::from_ref(&tariff), "2");
    check(&book(10, 19), std::slice::from_ref(&tariff), "1");
    // Not stated: 1 kWh in an hour is 1 kW.
    check(&Book(Vec::new()).charge(60, "1"), &[tariff], "2");
}

#[test]
fn a_current_that_nobody_states_holds_in_no_bounds_and_is_noted() {
    let slow = Restrictions {
        max_current: Some(Milliamperes(32_000)),
        ..Restrictions::default()
    };
    let tariff = tariff(vec![when(&[energy("1")], slow), always(&[energy("2")])]);
    let price = Book(Vec::new()).charge(60, "1");
    let price = price.price(&[tariff], ReservationEnd::Used, &TERMS);
    assert_eq!(net(&price), "2");
    assert_eq!(price.notes, [RecordNote::FlowUnknown { period: 0 }]);
}

#[test]
fn energy_fed_back_is_credited_at_the_price_of_its_level_and_has_no_blocks() {
    let first = Restrictions {
        max_energy: Some(kwh("2")),
        ..Restrictions::default()
    };
    let tariff = tariff(vec![
        when(&[stepped(energy("1"), 1_000)], first),
        always(&[stepped(energy("3"), 1_000)]),
    ]);
    let back = |book: Book, amount: &str| {
        let energy = kwh(amount).0.checked_neg().map(MilliwattHours);
        book.then(60, |period| period.energy = energy)
    };
    let book = |used: &str, returned: &str| back(Book(Vec::new()).charge(60, used), returned);
    // 2 × 1 + 1 × 3, back down to 1.5: 1 × 3 and 0.5 × 1.
    let rounded = RecordTerms {
        rounding: Rounding {
            steps: wattledger_domain::cost::StepRule::Off,
            ..Rounding::DEFAULT
        },
        ..TERMS
    };
    let price = book("3", "1.5").price(
        std::slice::from_ref(&tariff),
        ReservationEnd::Used,
        &rounded,
    );
    assert_eq!(net(&price), "1.5");
    // More back than taken: no blocks on it.
    let one = std::slice::from_ref(&tariff);
    let price = book("1", "1.25").price(one, ReservationEnd::Used, &TERMS);
    assert_eq!(net(&price), "-0.25");
    // An mWh above the edge is the edge's price, and what is below it the other's.
    let price = book("2.000001", "1.000001").price(
        std::slice::from_ref(&tariff),
        ReservationEnd::Used,
        &rounded,
    );
    assert_eq!(net(&price), "1");
}

#[test]
fn a_period_over_a_price_change_is_divided_and_noted() {
    let tariff = tariff(vec![
        when(&[energy("1")], window("00:00", "10:15")),
        always(&[energy("2")]),
    ]);
    let price = Book(Vec::new()).charge(60, "4");
    let price = price.price(&[tariff], ReservationEnd::Used, &TERMS);
    assert_eq!(net(&price), "7");
    assert_eq!(price.notes, [RecordNote::SpansPriceChange { period: 0 }]);
}

#[test]
fn who_could_not_charge_pays_no_start_fee_where_the_seller_says_so() {
    let tariff = [tariff(vec![always(&[flat("1")])])];
    let rules = UsageRules {
        start_fee: StartFee::WithEnergy,
        ..UsageRules::default()
    };
    let fee = |amount: &str, rules| {
        let book = Book(Vec::new()).charge(5, "0").charge(5, amount);
        net(&book.price_by(&tariff, ReservationEnd::Used, &TERMS, rules))
    };
    assert_eq!(fee("0", rules), "0");
    assert_eq!(fee("0", UsageRules::default()), "1");
    assert_eq!(fee("0.001", rules), "1");
}

#[test]
fn what_is_not_known_is_neither_limited_nor_guessed() {
    let unknown = RecordTerms {
        absent_tax: AbsentTax::Unknown,
        ..TERMS
    };
    let mut tariff = tariff(vec![always(&[energy("1")])]);
    tariff.max_price = limit("3", Some("3.50"));
    let book = Book(Vec::new()).charge(60, "5");
    let price = book.price(
        std::slice::from_ref(&tariff),
        ReservationEnd::Used,
        &unknown,
    );
    assert_eq!(
        (price.total.before_tax, price.total.after_tax),
        (Some(300), None)
    );
    tariff.tax_included = TaxIncluded::Yes;
    let price = book.price(
        std::slice::from_ref(&tariff),
        ReservationEnd::Used,
        &unknown,
    );
    assert_eq!(
        (price.total.before_tax, price.total.after_tax),
        (None, Some(350))
    );
    assert_eq!(price.energy, None);
    // A cost of nothing has no tax that could be missing.
    let price = Book(Vec::new()).charge(60, "0");
    let price = price.price(&[tariff], ReservationEnd::Used, &unknown);
    assert_eq!(
        (price.total.before_tax, price.total.after_tax),
        (Some(0), Some(0))
    );
}

#[test]
fn a_lowest_price_of_nothing_leaves_its_tax_open() {
    let mut tariff = tariff(vec![always(&[taxed(energy("1"), "19")])]);
    tariff.min_price = limit("2", None);
    let price = Book(Vec::new()).then(5, |_| ());
    let price = price.price(std::slice::from_ref(&tariff), ReservationEnd::Used, &TERMS);
    assert_eq!(
        (price.total.before_tax, price.total.after_tax),
        (Some(200), None)
    );
    assert_eq!(price.notes, [RecordNote::LimitWithoutTax]);
    // A price of nothing without a rate tells no more.
    tariff.elements[0].components.push(flat("0"));
    let price = Book(Vec::new()).charge(5, "0");
    let price = price.price(std::slice::from_ref(&tariff), ReservationEnd::Used, &TERMS);
    assert_eq!(price.total.after_tax, None);
    // One with a rate does.
    tariff.elements[0].components[1] = taxed(flat("0"), "10");
    let price = Book(Vec::new()).charge(5, "0");
    let price = price.price(&[tariff], ReservationEnd::Used, &TERMS);
    assert_eq!(price.total.after_tax, Some(220));
}

#[test]
fn under_reverse_charge_the_price_before_tax_is_billed() {
    let terms = RecordTerms {
        liability: TaxLiability::Buyer,
        rounding: Rounding {
            order: RoundingOrder::GrossFirst,
            ..Rounding::DEFAULT
        },
        ..TERMS
    };
    let mut tariff = tariff(vec![always(&[taxed(energy("1.19"), "19")])]);
    tariff.tax_included = TaxIncluded::Yes;
    let price = Book(Vec::new()).charge(60, "10");
    let price = price.price(&[tariff], ReservationEnd::Used, &terms);
    assert_eq!(
        (price.total.before_tax, price.total.after_tax),
        (Some(1_000), Some(1_000))
    );
}

fn stated(period: &ChargingPeriod) -> RecordPeriod {
    let span = period.to.since(period.from);
    let of = |states: &[ChargingState]| states.contains(&period.state).then_some(span);
    RecordPeriod {
        from: period.from,
        to: period.to,
        energy: Some(period.energy),
        time: of(&[ChargingState::Charging]),
        parking_time: of(&[ChargingState::SuspendedByVehicle, ChargingState::Idle]),
        reservation_time: None,
        power: period.power.map(Extent::steady),
        current: period.current.map(Extent::steady),
        tariff: None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Law: a record of the periods of a session costs what the session costs.
    #[test]
    fn a_record_costs_what_its_session_costs(
        tariff in a_tariff(Kind { lowest: -100_000_000, step_max: 900 }),
        (start, periods) in a_session(12),
        levied in any::<bool>(),
    ) {
        let taxes = if levied { taxes::quebec() } else { Vec::new() };
        let compiled = CompiledTariff::compile(&tariff, "UTC").unwrap().with_taxes(&taxes);
        let live = settle(&rate(&compiled, start, &periods).unwrap(), &Rounding::DEFAULT).unwrap();
        let rules = UsageRules::default();
        let ready = RecordTariff::compile(&tariff, "UTC", ReservationEnd::Used, rules).unwrap();
        let periods: Vec<RecordPeriod> = periods
            .iter()
            .filter(|period| period.to > period.from)
            .map(stated)
            .collect();
        prop_assume!(!periods.is_empty());
        let record = Record {
            start,
            periods: &periods,
            reservation: ReservationEnd::Used,
            credit: Credit::No,
        };
        let terms = RecordTerms { taxes: &taxes, ..TERMS };
        let priced = price_record(&[ready], &record, &terms).unwrap();
        if levied {
            prop_assert!(priced.total.before_tax.is_some() && priced.total.after_tax.is_some());
        }
        if let (Some(net), Some(gross)) = (priced.total.before_tax, priced.total.after_tax) {
            let taxes: i64 = priced.taxes.iter().map(|tax| tax.amount).sum();
            prop_assert_eq!(net.checked_add(taxes), Some(gross));
        }
        let named = |tax: &&RecordTax| tax.name.is_some();
        let named: Vec<i64> = priced.taxes.iter().filter(named).map(|tax| tax.amount).collect();
        let of_live: Vec<i64> = live.taxes.iter().map(|tax| tax.amount.minor).collect();
        prop_assert_eq!(named, of_live);
        let known = |amount: Option<i64>, live: i64| amount.is_none_or(|amount| amount == live);
        prop_assert!(known(priced.total.before_tax, live.net.minor));
        prop_assert!(known(priced.total.after_tax, live.gross.minor));
        let nets: Vec<i64> = priced.lines.iter().map(|line| line.net).collect();
        let live: Vec<i64> = live.lines.iter().map(|line| line.net.minor).collect();
        prop_assert_eq!(nets, live);
    }
}
