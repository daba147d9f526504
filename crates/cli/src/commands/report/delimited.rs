//! Reports as CSV for spreadsheets: a head, decimal points, no thousands separators.
//!
//! Invariant: a text cell that a spreadsheet would run as a formula begins with `'`; figures never do.

use crate::error::CliError;
use crate::figures::{Fields, bare_amount, kwh, percent};
use anyhow::Context as _;
use serde_json::Value;
use std::io::Write;

/// A usage report.
pub fn usage(by: &str, found: &[Value], out: &mut dyn Write) -> Result<(), CliError> {
    let seconds = |ms: i64| format!("{}.{:03}", ms.div_euclid(1_000), ms.rem_euclid(1_000));
    let head = [
        by,
        "sessions",
        "energy_kwh",
        "connected_seconds",
        "charging_seconds",
        "suspended_by_vehicle_seconds",
        "suspended_by_station_seconds",
        "other_seconds",
    ];
    let rows = found.iter().map(Fields).map(|row| {
        let mut cells = vec![
            safe(row.text("key")),
            row.number("sessions").to_string(),
            kwh(row.number("energy")),
        ];
        let spans = super::USAGE_SPANS
            .iter()
            .map(|name| seconds(row.number(name)));
        cells.extend(spans);
        cells
    });
    write(&head, rows, out)
}

/// A revenue report.
pub fn revenue(by: &str, found: &[Value], out: &mut dyn Write) -> Result<(), CliError> {
    let head = [
        by,
        "currency",
        "invoices",
        "credit_notes",
        "energy_kwh",
        "net",
        "tax",
        "gross",
    ];
    let rows = found.iter().map(Fields).map(|row| {
        let currency = row.text("currency");
        let money = |name: &str| bare_amount(row.number(name), currency);
        vec![
            safe(row.text("key")),
            safe(currency),
            row.number("invoices").to_string(),
            row.number("credit_notes").to_string(),
            kwh(row.number("energy")),
            money("net"),
            money("tax"),
            money("gross"),
        ]
    });
    write(&head, rows, out)
}

/// A tax report.
pub fn taxes(found: &[Value], out: &mut dyn Write) -> Result<(), CliError> {
    let head = [
        "legal_entity",
        "country",
        "period",
        "treatment",
        "tax_name",
        "tax_percent",
        "tax_account",
        "ledger",
        "currency",
        "invoices",
        "credit_notes",
        "net",
        "tax",
        "gross",
    ];
    let rows = found.iter().map(Fields).map(|row| {
        let currency = row.text("currency");
        let money = |name: &str| bare_amount(row.number(name), currency);
        let stated = |name: &str| safe(row.stated(name).unwrap_or_default());
        let rate = row
            .stated_number("tax_rate")
            .map(|rate| percent(rate).replace(" %", ""));
        vec![
            safe(row.text("legal_entity")),
            safe(row.text("country")),
            row.text("period").to_owned(),
            row.text("treatment").to_owned(),
            stated("name"),
            rate.unwrap_or_default(),
            stated("account_number"),
            stated("ledger"),
            safe(currency),
            row.number("invoices").to_string(),
            row.number("credit_notes").to_string(),
            money("net"),
            money("tax"),
            money("gross"),
        ]
    });
    write(&head, rows, out)
}

/// What waits for a person.
pub fn review(found: &[Value], out: &mut dyn Write) -> Result<(), CliError> {
    let head = ["by", "of", "sessions", "would_be", "currency"];
    let rows = found.iter().map(Fields).map(|row| {
        let currency = row.stated("currency");
        let would_be = currency.map(|currency| bare_amount(row.number("proposed_minor"), currency));
        vec![
            row.text("by").to_owned(),
            safe(row.text("of")),
            row.number("sessions").to_string(),
            would_be.unwrap_or_default(),
            safe(currency.unwrap_or_default()),
        ]
    });
    write(&head, rows, out)
}

fn write(
    head: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let mut text = csv::Writer::from_writer(Vec::new());
    text.write_record(head).context("failed to write CSV")?;
    for row in rows {
        text.write_record(&row).context("failed to write CSV")?;
    }
    let bytes = text
        .into_inner()
        .map_err(|_| CliError::broken("failed to write CSV"))?;
    out.write_all(&bytes)?;
    Ok(())
}

/// A text that no spreadsheet runs (OWASP, CSV injection).
pub fn safe(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_key_that_is_a_formula_is_defused_and_a_negative_amount_is_not() {
        let rows = [json!({
            "key": "=HYPERLINK(\"x\"),1", "currency": "EUR", "invoices": 0, "credit_notes": 1,
            "energy": -1_500_000, "net": -100, "tax": -19, "gross": -119,
        })];
        let mut out = Vec::new();
        revenue("station", &rows, &mut out).unwrap();
        let expect = "station,currency,invoices,credit_notes,energy_kwh,net,tax,gross\n\
                      \"'=HYPERLINK(\"\"x\"\"),1\",EUR,0,1,-1.500,-1.00,-0.19,-1.19\n";
        assert_eq!(String::from_utf8(out).unwrap(), expect);
    }

    #[test]
    fn only_texts_that_begin_like_a_formula_change() {
        for (text, expect) in [
            ("=1", "'=1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@x", "'@x"),
            ("\tx", "'\tx"),
            ("a=1", "a=1"),
        ] {
            assert_eq!(safe(text), expect);
        }
    }
}
