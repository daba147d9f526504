//! The one rounding: halves, currencies, orders, and lines that sum.

use super::scene::*;
use crate::settle;
use wattledger_domain::cost::{Half, Rounding, RoundingOrder, Settlement};
use wattledger_domain::money::Currency;
use wattledger_domain::tariff::Component;

fn settled(components: &[Component], code: &str, rounding: Rounding) -> Settlement {
    let mut tariff = tariff(vec![always(components)]);
    tariff.currency = Currency::parse(code).unwrap();
    let scene = Scene::new(tariff, "2024-06-03 09:00:00").charge(60, "1");
    settle(&scene.priced(), &rounding).unwrap()
}

#[test]
fn a_half_goes_where_the_legal_entity_says() {
    for (amount, up, even, down) in [
        ("0.125", 13, 12, 12),
        ("0.135", 14, 14, 13),
        ("0.1250001", 13, 13, 13),
        ("0.1249999", 12, 12, 12),
        ("-0.125", -13, -12, -12),
        ("-0.135", -14, -14, -13),
        ("-0.1250001", -13, -13, -13),
    ] {
        for (half, expect) in [(Half::Up, up), (Half::Even, even), (Half::Down, down)] {
            let rounding = Rounding {
                half,
                ..Rounding::DEFAULT
            };
            let net = settled(&[energy(amount)], "EUR", rounding).net.minor;
            assert_eq!(net, expect, "{amount} {half:?}");
        }
    }
}

#[test]
fn a_currency_has_its_own_places() {
    for (amount, code, expect) in [
        ("29.5", "JPY", "30 JPY"),
        ("29.4999", "JPY", "29 JPY"),
        ("0.1235", "KWD", "0.124 KWD"),
        ("0.1234", "KWD", "0.123 KWD"),
        ("0.12345", "CLF", "0.1235 CLF"),
    ] {
        let net = settled(&[energy(amount)], code, Rounding::DEFAULT).net;
        assert_eq!(net.to_string(), expect, "{amount}");
    }
}

#[test]
fn net_first_taxes_the_rounded_net_and_gross_first_keeps_the_shown_price() {
    use RoundingOrder::{GrossFirst, NetFirst};
    // 0.105 + 10 %: 0.1155 in all, of which 0.0105 is tax.
    for (order, expect) in [(NetFirst, (11, 1, 12)), (GrossFirst, (11, 1, 12))] {
        check(&[taxed(energy("0.105"), "10")], order, expect);
    }
    // 0.504 + 19 %: 0.59976, tax 0.09576.
    check(&[taxed(energy("0.504"), "19")], NetFirst, (50, 10, 60));
    // 0.304 + 19 %: 0.36176 of which 0.05776 is tax; net 0.30 + 0.06.
    check(&[taxed(energy("0.304"), "19")], NetFirst, (30, 6, 36));
    // 0.244 + 25 %: 0.305, tax 0.061: gross 0.31 and net what is left, against 0.24 + 0.06.
    check(&[taxed(energy("0.244"), "25")], NetFirst, (24, 6, 30));
    check(&[taxed(energy("0.244"), "25")], GrossFirst, (25, 6, 31));
}

#[track_caller]
fn check(components: &[Component], order: RoundingOrder, expect: (i64, i64, i64)) {
    let settled = settled(
        components,
        "EUR",
        Rounding {
            order,
            ..Rounding::DEFAULT
        },
    );
    let found = (settled.net.minor, settled.tax.minor, settled.gross.minor);
    assert_eq!(found, expect, "{order:?}");
}

/// Lines of one rate, in cents.
#[track_caller]
fn check_lines(components: &[Component], expect: &[i64]) {
    let settled = settled(components, "EUR", Rounding::DEFAULT);
    let lines: Vec<i64> = settled.lines.iter().map(|line| line.net.minor).collect();
    assert_eq!(lines, expect);
}

#[test]
fn the_largest_remainders_of_the_lines_are_rounded_up() {
    // 0.334 + 0.333 + 0.333: a cent is missing, and the first has the largest remainder.
    check_lines(
        &[flat("0.333"), energy("0.334"), time("0.333")],
        &[33, 34, 33],
    );
    // Equal remainders: the earlier line first (start fee, energy, time).
    check_lines(
        &[flat("0.335"), energy("0.335"), time("0.33")],
        &[34, 33, 33],
    );
    // 0.006 + 0.006 + 0.006 = 0.018.
    check_lines(&[flat("0.006"), energy("0.006"), time("0.006")], &[1, 1, 0]);
    // Below zero as well: −0.006 + 0.013 − 0.001 = 0.006.
    check_lines(
        &[flat("-0.006"), energy("0.013"), time("-0.001")],
        &[0, 1, 0],
    );
}

#[test]
fn a_price_below_zero_is_a_credit() {
    let settled = settled(
        &[taxed(energy("-0.25"), "10"), flat("0.10")],
        "EUR",
        Rounding::DEFAULT,
    );
    assert_eq!(
        (settled.net.minor, settled.tax.minor, settled.gross.minor),
        (-15, -3, -18)
    );
}

/// Amounts past 64 bits of exact units, from about 5,124 of a currency on, round like those below.
#[test]
fn halves_on_both_sides_of_64_bits_go_alike() {
    for (amount, up, down) in [
        ("5124.095", 512_410, 512_409),
        ("5124.105", 512_411, 512_410),
        ("-5124.095", -512_410, -512_409),
        ("-5124.105", -512_411, -512_410),
    ] {
        for (half, expect) in [(Half::Up, up), (Half::Down, down)] {
            let rounding = Rounding {
                half,
                ..Rounding::DEFAULT
            };
            let net = settled(&[energy(amount)], "EUR", rounding).net.minor;
            assert_eq!(net, expect, "{amount} {half:?}");
        }
    }
}
