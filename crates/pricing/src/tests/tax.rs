//! Tax contained, added, and not applicable.

use super::scene::*;
use crate::settle;
use wattledger_domain::cost::{Half, Rounding, RoundingOrder, Settlement};
use wattledger_domain::tariff::{Tariff, TaxIncluded};

fn settled(tax_included: TaxIncluded, percent: Option<&str>, order: RoundingOrder) -> Settlement {
    let component = percent.map_or(energy("1.19"), |percent| taxed(energy("1.19"), percent));
    let tariff = Tariff {
        tax_included,
        ..tariff(vec![always(&[component])])
    };
    let scene = Scene::new(tariff, "2024-06-03 09:00:00").charge(60, "1");
    let rounding = Rounding {
        order,
        half: Half::Up,
        ..Rounding::DEFAULT
    };
    settle(&scene.priced(), &rounding).unwrap()
}

#[test]
fn tax_is_contained_added_or_not_applicable() {
    use RoundingOrder::{GrossFirst, NetFirst};
    for (included, percent, cents) in [
        (TaxIncluded::Yes, Some("19"), (100, 19, 119)),
        (TaxIncluded::Yes, Some("0"), (119, 0, 119)),
        (TaxIncluded::Yes, None, (119, 0, 119)),
        (TaxIncluded::No, Some("19"), (119, 23, 142)),
        (TaxIncluded::No, Some("0"), (119, 0, 119)),
        (TaxIncluded::No, None, (119, 0, 119)),
        (TaxIncluded::NotApplicable, Some("19"), (119, 0, 119)),
        (TaxIncluded::NotApplicable, None, (119, 0, 119)),
    ] {
        for order in [NetFirst, GrossFirst] {
            let settled = settled(included, percent, order);
            let found = (settled.net.minor, settled.tax.minor, settled.gross.minor);
            assert_eq!(found, cents, "{included:?} {percent:?} {order:?}");
        }
    }
}

#[test]
fn no_tax_is_not_zero_percent() {
    let components = [taxed(energy("1"), "0"), time("1"), taxed(flat("1"), "0")];
    let scene = Scene::new(tariff(vec![always(&components)]), "2024-06-03 09:00:00");
    let groups = scene.charge(60, "1").settled().groups;
    let found: Vec<_> = groups
        .iter()
        .map(|group| (group.rate.map(|rate| rate.0), group.net.minor))
        .collect();
    assert_eq!(found, [(None, 100), (Some(0), 200)]);
}

#[test]
fn a_contained_tax_never_moves_a_half_of_the_gross() {
    // 0.125 with 19 % inside: no net of it is whole, the gross is a half all the same.
    let component = taxed(flat("0.125"), "19");
    let included = Tariff {
        tax_included: TaxIncluded::Yes,
        ..tariff(vec![always(&[component])])
    };
    let scene = Scene::new(included, "2024-06-03 09:00:00").charge(1, "0");
    for (half, gross) in [(Half::Up, 13), (Half::Even, 12), (Half::Down, 12)] {
        let rounding = Rounding {
            order: RoundingOrder::GrossFirst,
            half,
            ..Rounding::DEFAULT
        };
        assert_eq!(
            settle(&scene.priced(), &rounding).unwrap().gross.minor,
            gross,
            "{half:?}"
        );
    }
}

#[test]
fn a_contained_tax_is_divided_out_of_the_sum_of_its_lines() {
    // 3 × 0.0495833… is 0.14875, of which the net is 0.125 exactly.
    let components = [
        taxed(energy("0.04958333"), "19"),
        taxed(time("0.04958333"), "19"),
        taxed(flat("0.04958334"), "19"),
    ];
    let included = Tariff {
        tax_included: TaxIncluded::Yes,
        ..tariff(vec![always(&components)])
    };
    let settled = Scene::new(included, "2024-06-03 09:00:00")
        .charge(60, "1")
        .settled();
    assert_eq!(exact(settled.exact_net), "0.125");
    assert_eq!(settled.net.minor, 13);
    let lines: i128 = settled.lines.iter().map(|line| line.exact_net.0).sum();
    assert_eq!(lines, settled.exact_net.0);
}
