//! A tariff in words, and its prices over a span.

use super::scene::*;
use crate::{CompiledTariff, Language, explain_tariff, prices_between};
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::tariff::{Restrictions, Tariff, Weekday};

fn a_tariff() -> Tariff {
    let dear = Restrictions {
        days: vec![Weekday::Monday, Weekday::Sunday],
        max_energy: Some(kwh("30")),
        min_duration: Some(Milliseconds::minutes(90)),
        ..window("17:00", "00:00")
    };
    let mut tariff = tariff(vec![
        when(&[taxed(stepped(energy("0.45"), 100), "19")], dear),
        always(&[flat("0"), stepped(parking("6"), 300)]),
    ]);
    tariff.max_price = limit("20", Some("23.80"));
    tariff
}

#[track_caller]
fn check(language: Language, expect: [&str; 6]) {
    assert_eq!(explain_tariff(&a_tariff(), language), expect);
}

#[test]
fn a_tariff_is_told_in_four_languages() {
    check(
        Language::English,
        [
            "Energy: 0.45 EUR/kWh + 19 % tax, in blocks of 0.1 kWh (17:00–24:00, Mon Sun, energy used \
             below 30 kWh, time since the start from 90 min)",
            "Start fee: free (at all times)",
            "Parking after charging: 6 EUR/h, in blocks of 5 min 00 s (at all times)",
            "Of several prices for the same thing the first that applies counts.",
            "A session costs at most 20 EUR before tax, 23.8 EUR after tax",
            "Tax is added to the prices.",
        ],
    );
    check(
        Language::German,
        [
            "Strom: 0.45 EUR/kWh + 19 % Steuer, abgerechnet je 0.1 kWh (17:00–24:00, Mo So, geladene \
             Energie unter 30 kWh, Zeit seit dem Start ab 90 min)",
            "Startgebühr: kostenlos (jederzeit)",
            "Standzeit nach dem Laden: 6 EUR/h, abgerechnet je 5 min 00 s (jederzeit)",
            "Von mehreren Preisen für dasselbe gilt der erste, der zutrifft.",
            "Ein Ladevorgang kostet höchstens 20 EUR netto, 23.8 EUR brutto",
            "Zu den Preisen kommt die Steuer hinzu.",
        ],
    );
    for language in Language::ALL {
        assert_eq!(Language::of_code(language.code()), Some(language));
        assert_eq!(explain_tariff(&a_tariff(), language).len(), 6);
    }
}

#[test]
fn prices_over_a_day_change_where_the_clock_says_also_when_it_is_put_forward() {
    let tariff = tariff(vec![
        when(&[energy("2")], window("06:00", "22:00")),
        always(&[energy("1"), time("3")]),
    ]);
    let compiled = CompiledTariff::compile(&tariff, "Europe/Berlin").unwrap();
    // 2026-03-29 has 23 hours there.
    let day = (utc("2026-03-28 23:00:00"), utc("2026-03-29 22:00:00"));
    let told: Vec<String> = prices_between(&compiled, day)
        .iter()
        .map(|stretch| {
            let price = stretch.energy.unwrap().0.checked_div(100_000_000).unwrap();
            format!("{} {price}", stretch.from)
        })
        .collect();
    assert_eq!(
        told,
        [
            "2026-03-28T23:00:00Z 1",
            "2026-03-29T04:00:00Z 2",
            "2026-03-29T20:00:00Z 1"
        ]
    );
}

#[test]
fn a_market_and_bounds_of_idle_fees_are_told_in_every_language() {
    let mut formula = super::market::formula();
    formula.factor = 1_020_000;
    formula.markup = price("0.015");
    formula.cap = Some(price("0.8"));
    let mut tariff = super::market::following(formula);
    tariff.idle_fees.max_per_day = Some(price("12"));
    for language in Language::ALL {
        let told = explain_tariff(&tariff, language).join("\n");
        assert!(
            told.contains("DE-LU × 1.02 + 0.015 ≤ 0.8 EUR/kWh"),
            "{told}"
        );
        assert!(told.contains("12 EUR"), "{told}");
    }
}
