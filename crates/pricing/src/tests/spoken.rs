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
            "Energy: 0.45 EUR/kWh + 19 % tax, in blocks of 0.1 kWh (17:00–24:00, Mon, Sun, energy used \
             below 30 kWh, time since the start from 90 min)",
            "Start fee: free (at all times)",
            "Parking after charging: 6.00 EUR/h, in blocks of 5 min (at all times)",
            "Of several prices for the same thing the first that applies counts.",
            "A session costs at most 20.00 EUR before tax, 23.80 EUR after tax",
            "Tax is added to these prices.",
        ],
    );
    check(
        Language::German,
        [
            "Strom: 0,45 EUR/kWh + 19 % MwSt., je angefangene 0,1 kWh (17:00–24:00, Mo, So, geladene \
             Energie unter 30 kWh, Zeit seit dem Start ab 90 min)",
            "Startgebühr: kostenlos (jederzeit)",
            "Standzeit nach dem Laden: 6,00 EUR/h, je angefangene 5 min (jederzeit)",
            "Von mehreren Preisen für dasselbe gilt der erste, der zutrifft.",
            "Ein Ladevorgang kostet höchstens 20,00 EUR netto, 23,80 EUR brutto",
            "Alle Preise zuzüglich Steuern.",
        ],
    );
    check(
        Language::French,
        [
            "Énergie : 0,45 EUR/kWh + 19 % de TVA, par tranche entamée de 0,1 kWh (17:00–24:00, lun, \
             dim, énergie consommée en dessous de 30 kWh, temps depuis le début à partir de 90 min)",
            "Frais de démarrage : gratuit (à tout moment)",
            "Stationnement après la recharge : 6,00 EUR/h, par tranche entamée de 5 min (à tout moment)",
            "Si plusieurs prix concernent la même chose, le premier qui s'applique compte.",
            "Une session coûte au plus 20,00 EUR hors taxes, 23,80 EUR toutes taxes comprises",
            "Les prix s'entendent hors taxes.",
        ],
    );
    check(
        Language::Dutch,
        [
            "Energie: 0,45 EUR/kWh + 19 % btw, per begonnen 0,1 kWh (17:00–24:00, ma, zo, geladen \
             energie onder 30 kWh, tijd sinds de start vanaf 90 min)",
            "Starttarief: gratis (altijd)",
            "Parkeren na het laden: 6,00 EUR/u, per begonnen 5 min (altijd)",
            "Van meerdere prijzen voor hetzelfde geldt de eerste die van toepassing is.",
            "Een sessie kost hoogstens 20,00 EUR exclusief btw, 23,80 EUR inclusief btw",
            "De prijzen zijn exclusief btw.",
        ],
    );
    for language in Language::ALL {
        assert_eq!(Language::of_code(language.code()), Some(language));
        assert_eq!(explain_tariff(&a_tariff(), language).len(), 6);
    }
}

#[test]
fn days_dates_spans_and_currencies_are_written_as_people_do() {
    let weekdays = Restrictions {
        days: vec![
            Weekday::Tuesday,
            Weekday::Monday,
            Weekday::Wednesday,
            Weekday::Thursday,
            Weekday::Friday,
        ],
        start_date: date(2026, 5, 1),
        min_energy: Some(kwh("5.5")),
        max_energy: Some(kwh("30")),
        ..Restrictions::default()
    };
    let mut tariff = tariff(vec![when(&[stepped(time("1234.5"), 5_400)], weekdays)]);
    tariff.currency = wattledger_domain::money::Currency::parse("JPY").unwrap();
    tariff.idle_fees.withdrawn_within = Some(Milliseconds::minutes(10));
    tariff.idle_fees.max_per_session = Some(price("1200"));
    let told = |language| explain_tariff(&tariff, language);
    assert_eq!(
        told(Language::English)[..3],
        [
            "Charging time: 1234.5 JPY/h, in blocks of 1 h 30 min (Mon–Fri, from 2026-05-01, energy \
             used from 5.5 kWh to below 30 kWh)",
            "Parking is free if charging resumes within 10 min.",
            "Parking costs at most 1200 JPY per session.",
        ]
    );
    assert_eq!(
        told(Language::German)[..3],
        [
            "Ladezeit: 1234,5 JPY/h, je angefangene 1 h 30 min (Mo–Fr, ab dem 01.05.2026, geladene \
             Energie ab 5,5 kWh bis unter 30 kWh)",
            "Die Standzeit ist kostenlos, wenn das Laden innerhalb von 10 min weitergeht.",
            "Die Standzeit kostet höchstens 1200 JPY je Ladevorgang.",
        ]
    );
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
        assert!(told.replace(',', ".").contains("12.00 EUR"), "{told}");
    }
}
