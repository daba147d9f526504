//! Taxes by name, reverse charge, fewer places, cash rounding.

use super::scene::*;
use crate::{settle, settle_for};
use proptest::prelude::*;
use wattledger_domain::cost::{Half, Priced, Rounding, RoundingOrder, Settlement};
use wattledger_domain::money::Currency;
use wattledger_domain::price::TaxRate;
use wattledger_domain::tariff::{Component, Tariff, TaxIncluded};
use wattledger_domain::tax::{NamedTax, TaxLiability};

fn levies(name: &str, percent: &str, stack: i32) -> NamedTax {
    NamedTax {
        name: name.into(),
        rate: TaxRate(scaled(percent, 4)),
        stack,
        account_number: None,
    }
}

fn quebec() -> Vec<NamedTax> {
    vec![levies("GST", "5", 0), levies("QST", "9.975", 0)]
}

/// An hour, a kWh, at a place with these taxes.
fn priced(included: TaxIncluded, components: &[Component], taxes: Vec<NamedTax>) -> Priced {
    let tariff = Tariff {
        tax_included: included,
        ..tariff(vec![always(components)])
    };
    let scene = Scene::new(tariff, "2024-06-03 09:00:00").charge(60, "1");
    Priced {
        taxes: (!taxes.is_empty()).then_some(taxes),
        ..scene.priced()
    }
}

/// Net, each tax by name, gross, in minor units.
fn told(settled: &Settlement) -> String {
    let taxes = settled.taxes.iter();
    let taxes = taxes.map(|tax| format!(" {} {}/{}", tax.name, tax.amount.minor, tax.base.minor));
    let (net, gross) = (settled.net.minor, settled.gross.minor);
    format!("{net}{} = {gross}", taxes.collect::<String>())
}

#[track_caller]
fn check(priced: &Priced, order: RoundingOrder, expect: &str) {
    let rounding = Rounding {
        order,
        ..Rounding::DEFAULT
    };
    let settled = settle(priced, &rounding).unwrap();
    assert_eq!(told(&settled), expect);
    assert_adds_up(&settled);
}

fn assert_adds_up(settled: &Settlement) {
    for group in &settled.groups {
        let own = settled
            .taxes
            .iter()
            .filter(|tax| Some(tax.group) == group.rate);
        let amounts: Vec<i64> = own.map(|tax| tax.amount.minor).collect();
        if !amounts.is_empty() {
            assert_eq!(amounts.iter().sum::<i64>(), group.tax.minor, "{settled:?}");
        }
        let lines = settled.lines.iter().filter(|line| line.tax == group.rate);
        assert_eq!(
            lines.map(|line| line.net.minor).sum::<i64>(),
            group.net.minor
        );
    }
    let parts = [settled.net, settled.tax, settled.rounding].map(|part| part.minor);
    assert_eq!(parts.iter().sum::<i64>(), settled.gross.minor);
}

#[test]
fn each_tax_of_a_place_is_rounded_by_itself_on_what_is_net_of_all() {
    let priced = priced(TaxIncluded::No, &[flat("100")], quebec());
    check(
        &priced,
        RoundingOrder::NetFirst,
        "10000 GST 500/10000 QST 998/10000 = 11498",
    );
    let settled = settle(&priced, &Rounding::DEFAULT).unwrap();
    assert_eq!(settled.groups[0].rate, Some(TaxRate(149_750)));
}

#[test]
fn a_tax_that_stacks_is_levied_on_those_below_it() {
    let taxes = vec![levies("PST", "10", 1), levies("GST", "5", 0)];
    let priced = priced(TaxIncluded::No, &[flat("100")], taxes);
    check(
        &priced,
        RoundingOrder::NetFirst,
        "10000 GST 500/10000 PST 1050/10500 = 11550",
    );
}

#[test]
fn taxes_that_prices_contain_are_divided_out_stack_by_stack() {
    let taxes = vec![levies("GST", "5", 0), levies("PST", "10", 1)];
    let contained = priced(TaxIncluded::Yes, &[flat("115.50")], taxes);
    for order in [RoundingOrder::NetFirst, RoundingOrder::GrossFirst] {
        check(
            &contained,
            order,
            "10000 GST 500/10000 PST 1050/10500 = 11550",
        );
    }
}

#[test]
fn where_the_gross_is_rounded_first_its_tax_is_shared_out() {
    // Each tax is 0.025, which alone rounds to 0.03; both are 0.05.
    let taxes = vec![levies("state", "2.5", 0), levies("county", "2.5", 0)];
    let priced = priced(TaxIncluded::No, &[flat("1")], taxes);
    check(
        &priced,
        RoundingOrder::NetFirst,
        "100 state 3/100 county 3/100 = 106",
    );
    check(
        &priced,
        RoundingOrder::GrossFirst,
        "100 state 3/100 county 2/100 = 105",
    );
}

#[test]
fn a_stated_rate_stands_and_no_tax_is_none() {
    let components = [taxed(energy("1"), "19"), flat("1")];
    let mixed = priced(TaxIncluded::No, &components, quebec());
    check(
        &mixed,
        RoundingOrder::NetFirst,
        "200 GST 5/100 QST 10/100 = 234",
    );
    let exempt = priced(TaxIncluded::NotApplicable, &components, quebec());
    check(&exempt, RoundingOrder::NetFirst, "200 = 200");
}

#[test]
fn a_limit_after_tax_moves_taxes_by_name_too() {
    let mut priced = priced(TaxIncluded::No, &[flat("100")], quebec());
    priced.max_price = limit("100", Some("110"));
    check(
        &priced,
        RoundingOrder::NetFirst,
        "10000 GST 334/10000 QST 666/10000 = 11000",
    );
}

#[test]
fn a_buyer_who_owes_the_tax_pays_the_net() {
    let components = [taxed(energy("1.19"), "19"), flat("1")];
    let mut contained = priced(TaxIncluded::Yes, &components, Vec::new());
    contained.min_price = limit("0", Some("5"));
    let settled = settle_for(&contained, &Rounding::DEFAULT, TaxLiability::Buyer).unwrap();
    assert_eq!(told(&settled), "200 = 200");
    assert_eq!(settled.groups.len(), 1);
    assert_eq!(settled.groups[0].rate, None);
    assert_adds_up(&settled);
    let named = priced(TaxIncluded::No, &[flat("100")], quebec());
    let settled = settle_for(&named, &Rounding::DEFAULT, TaxLiability::Buyer).unwrap();
    assert_eq!(told(&settled), "10000 = 10000");
}

#[test]
fn amounts_may_have_fewer_places_than_the_currency() {
    let components = [taxed(energy("99.40"), "27"), taxed(flat("100.30"), "27")];
    let forint = Priced {
        currency: Currency::parse("HUF").unwrap(),
        ..priced(TaxIncluded::No, &components, Vec::new())
    };
    let whole = Rounding {
        places: Some(0),
        ..Rounding::DEFAULT
    };
    let settled = settle(&forint, &whole).unwrap();
    // 199.70 is 200, of which 27 % is 54.
    assert_eq!(told(&settled), "20000 = 25400");
    let lines: Vec<i64> = settled.lines.iter().map(|line| line.net.minor).collect();
    assert_eq!(lines, [10_000, 10_000]);
    assert_adds_up(&settled);
}

#[test]
fn what_is_owed_is_rounded_for_cash_and_bears_no_tax() {
    for (amount, rounding, gross) in [
        ("9.27", -2, 1_000),
        ("9.28", 2, 1_005),
        ("9.30", 0, 1_005),
        ("-9.27", 2, -1_000),
    ] {
        let francs = priced(TaxIncluded::No, &[taxed(flat(amount), "8.1")], Vec::new());
        let five = Rounding {
            cash: Some(5),
            ..Rounding::DEFAULT
        };
        let settled = settle(&francs, &five).unwrap();
        let found = (settled.rounding.minor, settled.gross.minor);
        assert_eq!(found, (rounding, gross), "{amount}");
        assert_adds_up(&settled);
    }
}

proptest! {
    /// Law: named taxes of a group sum to its tax, and each stands on what lies below it.
    #[test]
    fn taxes_by_name_sum_to_the_tax(
        rates in prop::collection::vec((0_i64..=250_000, 0_i32..=3), 1..=8),
        amounts in prop::collection::vec(-50_000_000_000_i64..=50_000_000_000, 1..=4),
        (included, order, half) in (0_usize..3, any::<bool>(), 0_usize..3),
        (places, cash) in (prop::option::of(0_u32..=2), prop::option::of(1_i64..=50)),
        most in prop::option::of(0_i64..=5_000_000_000),
    ) {
        let taxes = rates.iter().enumerate().map(|(place, (rate, stack))| NamedTax {
            rate: TaxRate(*rate),
            ..levies(&place.to_string(), "0", *stack)
        });
        let components: Vec<Component> = amounts
            .iter()
            .zip([flat("0"), energy("0"), time("0"), parking("0")])
            .map(|(amount, component)| Component {
                price: wattledger_domain::price::PriceE8(*amount),
                ..component
            })
            .collect();
        let included =
            [TaxIncluded::Yes, TaxIncluded::No, TaxIncluded::NotApplicable][included];
        let mut priced = priced(included, &components, taxes.collect());
        priced.max_price = most.map(|most| wattledger_domain::tariff::PriceLimit {
            before_tax: wattledger_domain::price::PriceE8(most),
            after_tax: Some(wattledger_domain::price::PriceE8(most)),
        });
        let rounding = Rounding {
            order: if order { RoundingOrder::NetFirst } else { RoundingOrder::GrossFirst },
            half: [Half::Up, Half::Even, Half::Down][half],
            places,
            cash,
            ..Rounding::DEFAULT
        };
        assert_adds_up(&settle(&priced, &rounding).unwrap());
        let untaxed = settle_for(&priced, &rounding, TaxLiability::Buyer).unwrap();
        assert_adds_up(&untaxed);
        prop_assert_eq!(untaxed.tax.minor, 0);
    }
}
