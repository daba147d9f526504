//! Prices in words.

use super::scene::*;
use crate::explain;
use wattledger_domain::tariff::{Restrictions, Tariff, TaxIncluded, Weekday};

#[track_caller]
fn check(scene: &Scene, expect: &[&str]) {
    assert_eq!(explain(&scene.tariff, &scene.settled()), expect);
}

#[test]
fn every_line_says_what_it_counts_at_which_price_and_why() {
    let evening = Restrictions {
        days: vec![Weekday::Monday, Weekday::Tuesday],
        max_energy: Some(kwh("30.5")),
        ..window("17:00", "20:00")
    };
    let tariff = Tariff {
        max_price: limit("8", None),
        ..tariff(vec![
            when(&[taxed(energy("0.45"), "19")], evening),
            always(&[
                flat("1"),
                taxed(energy("0.35"), "19"),
                stepped(parking("6"), 900),
            ]),
        ])
    };
    let scene = Scene::new(tariff, "2024-06-03 16:30:00")
        .charge(60, "20")
        .park(20);
    check(
        &scene,
        &[
            "Start fee 1 EUR = 1.00 EUR (element 2, always; from 2024-06-03T16:30:00Z to \
             2024-06-03T16:30:00Z)",
            "Energy 10 kWh × 0.35 EUR/kWh = 3.50 EUR + 19 % tax (element 2, always; from \
             2024-06-03T16:30:00Z to 2024-06-03T17:00:00Z)",
            "Energy 10 kWh × 0.45 EUR/kWh = 4.50 EUR + 19 % tax (element 1, 17:00–20:00, \
             Monday/Tuesday, energy below 30.5 kWh; from 2024-06-03T17:00:00Z to \
             2024-06-03T17:30:00Z)",
            "Parking time 30 min 00 s × 6 EUR/h = 3.00 EUR (element 2, always; from \
             2024-06-03T17:30:00Z to 2024-06-03T17:50:00Z)",
            "Lowered to the tariff's maximum price = -1.33 EUR",
            "Lowered to the tariff's maximum price = -2.67 EUR + 19 % tax",
            "no tax: net 2.67 EUR, tax 0.00 EUR, gross 2.67 EUR",
            "19 % tax: net 5.33 EUR, tax 1.01 EUR, gross 6.34 EUR",
            "Total: net 8.00 EUR, tax 1.01 EUR, gross 9.01 EUR",
        ],
    );
}

#[test]
fn a_tax_inside_the_price_is_said_to_be_inside() {
    let tariff = Tariff {
        tax_included: TaxIncluded::Yes,
        ..tariff(vec![always(&[taxed(time("1.19"), "19")])])
    };
    let scene = Scene::new(tariff, "2024-06-03 16:30:00").charge(60, "20");
    check(
        &scene,
        &[
            "Charging time 1 h 00 min 00 s × 1.19 EUR/h = 1.00 EUR + 19 % tax that the price \
             contains (element 1, always; from 2024-06-03T16:30:00Z to 2024-06-03T17:30:00Z)",
            "19 % tax: net 1.00 EUR, tax 0.19 EUR, gross 1.19 EUR",
            "Total: net 1.00 EUR, tax 0.19 EUR, gross 1.19 EUR",
        ],
    );
}
