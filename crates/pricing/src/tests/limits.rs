//! `min_price` and `max_price`, before and after tax.

use super::scene::*;
use crate::settle;
use wattledger_domain::cost::{LineKind, Rounding, RoundingOrder, Settlement};
use wattledger_domain::tariff::{Component, PriceLimit, Tariff};

/// A session of an hour that costs `components` for 1 kWh.
fn settled(
    components: &[Component],
    min_price: Option<PriceLimit>,
    max_price: Option<PriceLimit>,
) -> Settlement {
    let tariff = Tariff {
        min_price,
        max_price,
        ..tariff(vec![always(components)])
    };
    Scene::new(tariff, "2024-06-03 09:00:00")
        .charge(60, "1")
        .settled()
}

/// Net, tax and gross in cents.
fn cents(settled: &Settlement) -> (i64, i64, i64) {
    (settled.net.minor, settled.tax.minor, settled.gross.minor)
}

/// A price per kWh taxed at 20 %, limits as "before/after", and what comes of it.
#[track_caller]
fn check(amount: &str, min: &str, max: &str, expect: (i64, i64, i64)) {
    let of = |text: &str| match text.split_once('/') {
        None if text.is_empty() => None,
        None => limit(text, None),
        Some((before, after)) => limit(before, Some(after)),
    };
    let settled = settled(&[taxed(energy(amount), "20")], of(min), of(max));
    assert_eq!(cents(&settled), expect, "{amount} within {min} and {max}");
    let lines: i64 = settled.lines.iter().map(|line| line.net.minor).sum();
    assert_eq!(lines, settled.net.minor);
}

#[test]
fn each_limit_binds_by_itself() {
    // Neither binds.
    check("1", "0.5/0.6", "2/2.4", (100, 20, 120));
    // Both of a minimum, both of a maximum.
    check("1", "2/2.2", "", (200, 20, 220));
    check("5", "", "2/2.2", (200, 20, 220));
    // Before tax alone: the total after tax stands where it was.
    check("1", "1.1/1.15", "", (110, 10, 120));
    check("5", "", "4/6.5", (400, 200, 600));
    // After tax alone.
    check("1", "0.9/1.5", "", (100, 50, 150));
    check("5", "", "5.5/5.75", (500, 75, 575));
    // Also where after tax ends lower.
    check("5", "", "5.5/4", (500, -100, 400));
}

#[test]
fn tax_moves_in_proportion_where_the_limit_says_nothing_of_it() {
    check("1", "2", "", (200, 40, 240));
    check("5", "", "2", (200, 40, 240));
    // Also where the limit that does not bind has a value after tax.
    check("5", "0.5/0.6", "2", (200, 40, 240));
    check("5", "0.5/3", "2", (200, 100, 300));
}

#[test]
fn a_maximum_has_the_last_word_and_a_price_below_zero_is_raised_too() {
    check("1", "3/3.6", "2/2.4", (200, 40, 240));
    check("-1", "0", "", (0, 0, 0));
    check("-1", "", "2", (-100, -20, -120));
}

#[test]
fn a_minimum_applies_where_nothing_was_priced() {
    let raised = settled(&[parking("1")], limit("0.5", Some("0.55")), None);
    assert_eq!(cents(&raised), (50, 5, 55));
    assert_eq!(raised.lines[0].kind, LineKind::MinPrice);
    assert_eq!(raised.groups[0].rate.map(|rate| rate.0), Some(100_000));
    assert_eq!(
        cents(&settled(&[parking("1")], limit("0.5", None), None)),
        (50, 0, 50)
    );
    // A minimum after tax alone says nothing of a rate.
    let gross_only = settled(&[parking("1")], limit("0", Some("5")), None);
    assert_eq!(
        (cents(&gross_only), gross_only.groups[0].rate),
        ((0, 500, 500), None)
    );
    let untouched = settled(&[parking("1")], limit("0", Some("0")), limit("5", None));
    assert!(untouched.groups.is_empty() && untouched.lines.is_empty());
}

#[test]
fn a_minimum_above_a_free_session_is_taxed_at_its_rate() {
    let settled = settled(&[taxed(energy("0"), "10")], limit("0.5", None), None);
    assert_eq!(cents(&settled), (50, 5, 55));
}

#[test]
fn a_limit_is_kept_to_the_cent_over_several_rates() {
    let components = [
        taxed(energy("3.33"), "7"),
        taxed(time("3.33"), "19"),
        taxed(flat("3.33"), "0"),
    ];
    for (before, after, expect) in [
        ("9.98", Some("11"), (998, 88, 1_086)),
        ("1", Some("1.01"), (100, 1, 101)),
        ("0.01", Some("0.01"), (1, 0, 1)),
        ("0", Some("0"), (0, 0, 0)),
    ] {
        let settled = settled(&components, None, limit(before, after));
        assert_eq!(cents(&settled), expect, "{before}");
        assert_eq!(settled.lines.last().unwrap().kind, LineKind::MaxPrice);
    }
}

#[test]
fn rounding_of_parts_does_not_pass_a_limit_that_does_not_bind() {
    let components = [
        taxed(energy("3.335"), "7"),
        taxed(time("3.335"), "19"),
        taxed(flat("3.325"), "0"),
    ];
    // 9.995 exactly; its parts round to 3.34 + 3.34 + 3.33.
    let settled = settled(&components, None, limit("10", None));
    assert_eq!(settled.net.minor, 1_000);
}

#[test]
fn a_limit_after_tax_without_any_tax_is_added_once() {
    let components = [taxed(energy("1"), "0"), time("1")];
    let settled = settled(&components, limit("1", Some("3")), None);
    assert_eq!(cents(&settled), (200, 100, 300));
}

#[test]
fn a_difference_is_shared_by_size_where_one_rate_is_below_zero() {
    let components = [taxed(energy("-1"), "7"), taxed(flat("3"), "19")];
    let settled = settled(&components, limit("4", None), None);
    let nets: Vec<i64> = settled.groups.iter().map(|group| group.net.minor).collect();
    assert_eq!(nets, [-50, 450]);
}

#[test]
fn limits_hold_gross_first_too() {
    let tariff = Tariff {
        max_price: limit("2", Some("2.38")),
        ..tariff(vec![always(&[
            taxed(energy("5"), "19"),
            taxed(time("1"), "7"),
        ])])
    };
    let scene = Scene::new(tariff, "2024-06-03 09:00:00").charge(60, "1");
    let rounding = Rounding {
        order: RoundingOrder::GrossFirst,
        ..Rounding::DEFAULT
    };
    assert_eq!(
        cents(&settle(&scene.priced(), &rounding).unwrap()),
        (200, 38, 238)
    );
}

#[test]
fn a_limit_in_a_currency_of_small_value_is_exact() {
    let mut scene = Scene::new(
        Tariff {
            max_price: limit("9500000", None),
            ..tariff(vec![always(&[
                taxed(energy("900000"), "10"),
                taxed(flat("900000"), "20"),
            ])])
        },
        "2024-06-03 09:00:00",
    );
    scene.tariff.currency = wattledger_domain::money::Currency::parse("KRW").unwrap();
    let settled = scene.charge(60, "99").settled();
    assert_eq!(cents(&settled), (9_500_000, 959_500, 10_459_500));
}
