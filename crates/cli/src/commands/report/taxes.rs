//! The tax report as a table.

use crate::figures::{ABSENT, Fields, bare_amount, grouped, percent, plain};
use crate::table::{Column, table};
use serde_json::Value;
use std::collections::BTreeMap;

/// A line per tax, then the tax of each currency in all. (What taxes are levied on does not add up: two
/// taxes may be levied on the same.)
pub fn shown(found: &[Value]) -> String {
    let columns = [
        Column::Text("seller"),
        Column::Text("country"),
        Column::Text("period"),
        Column::Text("tax"),
        Column::Figure("rate"),
        Column::Figure("invoices"),
        Column::Figure("credit notes"),
        Column::Figure("net"),
        Column::Figure("tax"),
        Column::Figure("gross"),
        Column::Name("currency"),
        Column::Text("account"),
    ];
    let mut all: BTreeMap<&str, i64> = BTreeMap::new();
    let mut lines: Vec<Vec<String>> = Vec::with_capacity(found.len().saturating_add(1));
    for row in found.iter().map(Fields) {
        let currency = row.text("currency");
        let money = |name: &str| bare_amount(row.number(name), currency);
        let sum = all.entry(currency).or_default();
        *sum = sum.saturating_add(row.number("tax"));
        lines.push(vec![
            row.text("legal_entity").to_owned(),
            row.text("country").to_owned(),
            row.text("period").to_owned(),
            name(row),
            row.stated_number("tax_rate")
                .map_or_else(|| ABSENT.to_owned(), percent),
            grouped(row.number("invoices")),
            grouped(row.number("credit_notes")),
            money("net"),
            money("tax"),
            money("gross"),
            currency.to_owned(),
            row.stated("ledger").unwrap_or(ABSENT).to_owned(),
        ]);
    }
    for (currency, tax) in all {
        let mut line = vec![String::new(); columns.len()];
        for (place, text) in [
            (0, "all".to_owned()),
            (8, bare_amount(tax, currency)),
            (10, currency.to_owned()),
        ] {
            if let Some(cell) = line.get_mut(place) {
                *cell = text;
            }
        }
        lines.push(line);
    }
    table(&columns, lines)
}

/// Its name, or what becomes of what has none.
fn name(row: Fields<'_>) -> String {
    match (row.stated("name"), row.text("treatment")) {
        (Some(name), _) => name.to_owned(),
        (None, "taxed") => "VAT".to_owned(),
        (None, other) => plain(other),
    }
}
