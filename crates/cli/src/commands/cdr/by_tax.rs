//! The taxes that a record of 2.3.0 states, each beside ours: by name where the place's taxes are known,
//! else by rate.

use super::Compared;
use crate::commands::price::{Priced, taxes};
use rust_decimal::Decimal;
use wattledger_pricing::RecordTax;
use wattledger_wire::ocpi::StatedTax;

/// One row per tax that either side has, in the record's order, then ours that it does not state; none
/// where the record states no taxes or ours are not known.
pub fn compared(priced: &Priced) -> Vec<Compared> {
    let (stated, price) = (&priced.cdr.taxes, &priced.price);
    if stated.is_empty() || price.total.before_tax.is_none() || price.total.after_tax.is_none() {
        return Vec::new();
    }
    let amount = |tax: &RecordTax| Decimal::new(tax.amount, price.places).normalize();
    let mut rows = Vec::new();
    let mut open: Vec<&RecordTax> = price.taxes.iter().collect();
    let mut unmatched = Vec::new();
    for (place, tax) in stated.iter().enumerate() {
        let ours = open.iter().position(|ours| is_named(ours, tax));
        let ours = ours.or_else(|| open.iter().position(|ours| is_rated(ours, tax)));
        match ours {
            Some(ours) => rows.push(row(place, tax, amount(open.remove(ours)))),
            None => unmatched.push((place, tax)),
        }
    }
    // One tax without a rate is the sum of ours where those have no names, as cdr_example of 2.3.0 has it.
    if let [(place, tax)] = unmatched.as_slice()
        && tax.percentage.is_none()
        && rows.is_empty()
        && open.iter().all(|ours| ours.name.is_none())
    {
        let sum = open.iter().map(|tax| amount(tax)).sum();
        return vec![row(*place, tax, sum)];
    }
    rows.extend(
        unmatched
            .iter()
            .map(|(place, tax)| row(*place, tax, Decimal::ZERO)),
    );
    let missing = open
        .iter()
        .filter(|tax| tax.amount != 0)
        .map(|tax| Compared {
            path: format!("total_cost.taxes, {}", taxes::name(tax)),
            stated: Decimal::ZERO,
            ours: amount(tax),
        });
    rows.extend(missing);
    rows
}

fn row(place: usize, tax: &StatedTax, ours: Decimal) -> Compared {
    Compared {
        path: format!("total_cost.taxes[{place}], {}", tax.name),
        stated: tax.amount,
        ours,
    }
}

/// Whether a tax of the place is what the record calls so; capital letters do not matter.
fn is_named(ours: &RecordTax, stated: &StatedTax) -> bool {
    let name = ours.name.as_deref();
    name.is_some_and(|name| name.eq_ignore_ascii_case(stated.name.trim()))
}

/// Whether a tax without a name has the rate that the record states.
fn is_rated(ours: &RecordTax, stated: &StatedTax) -> bool {
    let rate = ours.rate.map(|rate| Decimal::new(rate.0, 4));
    ours.name.is_none() && stated.percentage.is_some() && rate == stated.percentage
}
