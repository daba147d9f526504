//! What a session will cost, and when.

use super::random::{Kind, a_tariff};
use super::scene::*;
use crate::{CompiledTariff, Meter, Outlook, cost_at, cost_at_for, reaches, reaches_for};
use proptest::prelude::*;
use wattledger_domain::cost::Rounding;
use wattledger_domain::money::{Currency, Money};
use wattledger_domain::price::TaxRate;
use wattledger_domain::quantity::{Milliseconds, Milliwatts};
use wattledger_domain::session::ChargingState;
use wattledger_domain::tariff::{Restrictions, Tariff};
use wattledger_domain::tax::TaxLiability;
use wattledger_domain::time::Timestamp;

const CHARGING: Outlook = Outlook {
    state: ChargingState::Charging,
    power: Milliwatts(11_000_000),
};

fn euros(text: &str) -> Money {
    Money::new(scaled(text, 2), Currency::EUR)
}

#[track_caller]
fn check(tariff: &Tariff, amount: &str, expect: Option<&str>) {
    let start = utc("2024-06-03 16:30:00");
    let compiled = CompiledTariff::compile(tariff, "UTC").unwrap();
    let meter = Meter::start(start);
    let until = utc("2024-06-03 22:00:00");
    let wanted = (euros(amount), until);
    let found = reaches(&meter, &compiled, &CHARGING, wanted, &Rounding::DEFAULT).unwrap();
    let found = found.map(|at| at.to_string());
    let expect = expect.map(|text| format!("{}Z", text.replace(' ', "T")));
    assert_eq!(found, expect, "{amount}");
}

#[test]
fn an_amount_is_reached_across_prices_to_the_millisecond() {
    let tariff = tariff(vec![
        when(&[energy("0.20")], window("00:00", "17:00")),
        always(&[energy("0.40"), flat("1")]),
    ]);
    // 0.5 h × 11 kW × 0.20 = 1.10 until 17:00, the fee of 1.00 from the start; then 4.40 an hour.
    check(&tariff, "0.00", Some("2024-06-03 16:30:00"));
    // 6.495 is 6.50.
    check(&tariff, "6.50", Some("2024-06-03 17:59:55.910"));
    check(&tariff, "99", None);
}

#[test]
fn a_buyer_who_owes_the_tax_comes_to_an_amount_later() {
    let mut taxed = tariff(vec![always(&[energy("0.50")])]);
    taxed.elements[0].components[0].tax = Some(TaxRate(200_000));
    let compiled = CompiledTariff::compile(&taxed, "UTC").unwrap();
    let meter = Meter::start(utc("2024-06-03 16:00:00"));
    let hour = utc("2024-06-03 17:00:00");
    // 11 kWh are 5.50, or 6.60 with tax.
    for (liability, tax, gross, at) in [
        (TaxLiability::Seller, "1.10", "6.60", "17:00:00"),
        (TaxLiability::Buyer, "0.00", "5.50", "17:12:00"),
    ] {
        let terms = (&Rounding::DEFAULT, liability);
        let settled = cost_at_for(&meter, &compiled, &CHARGING, hour, terms).unwrap();
        assert_eq!((settled.tax, settled.gross), (euros(tax), euros(gross)));
        let wanted = (euros("6.60"), utc("2024-06-03 22:00:00"));
        let found = reaches_for(&meter, &compiled, &CHARGING, wanted, terms)
            .unwrap()
            .unwrap();
        // A cent is reached where half of it is.
        let late = utc(&format!("2024-06-03 {at}")).since(found).0;
        assert!((0..4_000).contains(&late), "{found}");
    }
}

#[test]
fn a_threshold_of_energy_ends_a_stretch() {
    let first = Restrictions {
        max_energy: Some(kwh("5.5")),
        ..Restrictions::default()
    };
    let tariff = tariff(vec![when(&[energy("0")], first), always(&[energy("1")])]);
    // Free for half an hour; a cent is half reached 5 Wh later, 1.637 s at 11 kW.
    let compiled = CompiledTariff::compile(&tariff, "UTC").unwrap();
    let meter = Meter::start(utc("2024-06-03 16:30:00"));
    let wanted = (euros("0.01"), utc("2024-06-03 22:00:00"));
    let found = reaches(&meter, &compiled, &CHARGING, wanted, &Rounding::DEFAULT).unwrap();
    let expect = utc("2024-06-03 17:00:00").plus(Milliseconds(1_637));
    assert_eq!(found, Some(expect));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Law: at the instant found the amount is reached, and not before. (Energy comes in whole mWh and
    /// is divided at edges, which may move it by two milliseconds.)
    #[test]
    fn an_amount_is_not_reached_before_it_is(
        tariff in a_tariff(Kind { lowest: 0, step_max: 900 }),
        cents in 1..200_i64,
    ) {
        let compiled = CompiledTariff::compile(&tariff, "UTC").unwrap();
        let meter = Meter::start(utc("2024-06-03 23:58:30"));
        let amount = Money::new(cents, Currency::EUR);
        let until = meter.now.plus(Milliseconds::minutes(30));
        let rounding = Rounding::DEFAULT;
        let gross = |at: Timestamp| {
            cost_at(&meter, &compiled, &CHARGING, at, &rounding).unwrap().gross.minor
        };
        match reaches(&meter, &compiled, &CHARGING, (amount, until), &rounding).unwrap() {
            Some(at) => {
                prop_assert!(gross(at) >= cents);
                let before = at.minus(Milliseconds(3));
                prop_assert!(before < meter.now || gross(before) < cents);
            }
            None => prop_assert!(gross(until) < cents),
        }
    }
}
