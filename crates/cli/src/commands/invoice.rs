//! `invoice`: the whole story of one invoice or credit note.
//!
//! Asks `GET /v1/invoices/{number}`; the answer is `{"invoices": […]}` of the views' stories,
//! several when two sellers use one number. `GET /v1/reference/Tariff/{id}` adds when each price holds.

use super::story::{self, counted, stretch, tax};
use crate::arguments::InvoiceArguments;
use crate::client::{Transport, encoded};
use crate::commands::write_json;
use crate::error::CliError;
use crate::figures::{ABSENT, Fields, bare_amount, kwh, local_time, plain};
use crate::table::{Column, list, table};
use serde_json::Value;
use std::io::Write;

/// Tells the story of an invoice.
///
/// # Errors
/// [`CliError::Refused`] when there is no such invoice.
pub fn run(
    arguments: &InvoiceArguments,
    transport: &Transport,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let answer = transport.get(&format!("/v1/invoices/{}", encoded(&arguments.number)))?;
    let found = Fields(&answer).items("invoices");
    if found.is_empty() {
        return Err(CliError::refused(format!(
            "there is no invoice `{}`",
            arguments.number
        )));
    }
    if arguments.json {
        return write_json(&answer, out);
    }
    for story in found {
        let tariff = tariff_of(Fields(story), transport);
        writeln!(out, "{}", text(Fields(story), &tariff))?;
    }
    Ok(())
}

/// The tariff that the document was priced with, in the version of its session; null when unknown.
fn tariff_of(told: Fields<'_>, transport: &Transport) -> Value {
    let head = told.inside("document").inside("head");
    let versions = told.inside("session").items("items").iter().map(Fields);
    let version = versions
        .filter(|item| item.text("part") == "rated")
        .map(|item| item.inside("is").inside("session"))
        .find(|rated| rated.number("version") == head.number("session_version"))
        .map(|rated| rated.number("tariff_version"));
    let path = format!("/v1/reference/Tariff/{}", encoded(head.text("tariff")));
    // Without it the story is whole but for the conditions of each price.
    let Ok(answer) = transport.get(&path) else {
        return Value::Null;
    };
    let found = Fields(&answer)
        .items("documents")
        .iter()
        .find(|row| version.is_none_or(|version| Fields(row).number("version") == version));
    let text = found
        .map(|row| Fields(row).text("document"))
        .unwrap_or_default();
    serde_json::from_str(text).unwrap_or_default()
}

fn text(told: Fields<'_>, tariff: &Value) -> String {
    let document = told.inside("document");
    let head = document.inside("head");
    let zone = head.text("time_zone");
    let title = match head.text("kind") {
        "credit_note" => "Credit note",
        _ => "Invoice",
    };
    let mut sections = vec![
        format!(
            "{title} {} over {}",
            head.text("number"),
            head.amount("gross", "currency")
        ),
        facts(head, told.items("credited_by")),
        String::new(),
        lines(document, tariff),
        totals(document),
    ];
    let mut section = |title: &str, items: &[Value], line: &dyn Fn(Fields<'_>) -> [String; 2]| {
        if items.is_empty() {
            return;
        }
        sections.push(format!("\n{title}:"));
        let columns = [Column::Name("when"), Column::Text("what")];
        sections.push(list(
            &columns,
            items
                .iter()
                .map(|item| line(Fields(item)).to_vec())
                .collect(),
        ));
    };
    section("Payments", told.items("payments"), &|row| {
        [local_time(row.number("moved_at"), zone), story::moved(row)]
    });
    section("Journal", told.items("entries"), &|row| {
        [
            local_time(row.number("entered_at"), zone),
            story::booked(row),
        ]
    });
    let items = told.inside("session").items("items");
    if !items.is_empty() {
        sections.push(format!("\nWhat happened, on the clock of {zone}:"));
        sections.push(story::told(items, zone));
    }
    sections.join("\n")
}

fn facts(head: Fields<'_>, credited_by: &[Value]) -> String {
    let zone = head.text("time_zone");
    let credits: Vec<&str> = credited_by
        .iter()
        .map(|note| Fields(note).text("number"))
        .collect();
    story::facts(&[
        (
            "Seller",
            format!("{}, book {}", head.text("legal_entity"), head.text("book")),
        ),
        ("Buyer", buyer(head)),
        (
            "Reverse charge",
            head.stated("reverse_charge")
                .map_or_else(String::new, |id| {
                    format!("the buyer owes the tax, VAT id {id}")
                }),
        ),
        (
            "Issued",
            format!(
                "{} ({})",
                head.text("issue_date"),
                local_time(head.number("issued_at"), zone)
            ),
        ),
        (
            "For",
            format!(
                "session {} version {}",
                head.text("session"),
                head.number("session_version")
            ),
        ),
        (
            "Where",
            format!(
                "station {}, EVSE {}, site {}",
                head.text("station"),
                head.number("evse"),
                head.text("site")
            ),
        ),
        (
            "When",
            format!(
                "{} to {}",
                local_time(head.number("started_at"), zone),
                local_time(head.number("ended_at"), zone)
            ),
        ),
        ("Energy", format!("{} kWh", kwh(head.number("energy")))),
        ("Tariff", head.text("tariff").to_owned()),
        ("Credits", head.text("credited_number").to_owned()),
        ("Credited by", credits.join(", ")),
        (
            "Chain",
            format!(
                "{} number {}, hash {}, after {}",
                head.text("series"),
                head.number("sequence"),
                short(head.text("hash")),
                short(head.text("previous_hash"))
            ),
        ),
    ])
}

fn buyer(head: Fields<'_>) -> String {
    match head.stated("buyer_name") {
        Some(name) => format!("{name} (account {})", head.text("account")),
        None => format!("account {}", head.text("account")),
    }
}

fn short(hash: &str) -> String {
    hash.get(..12)
        .map_or_else(|| ABSENT.to_owned(), |start| format!("{start}…"))
}

fn lines(document: Fields<'_>, tariff: &Value) -> String {
    let head = document.inside("head");
    let (zone, currency) = (head.text("time_zone"), head.text("currency"));
    let columns = [
        Column::Figure("#"),
        Column::Name("for"),
        Column::Text("counted"),
        Column::Text("because"),
        Column::Name("tax"),
        Column::Figure("net"),
    ];
    let rows = document.items("lines").iter().map(Fields).map(|line| {
        let kind = line.text("kind");
        let counts = counted(
            kind,
            line.number("quantity"),
            line.number("price_e8"),
            currency,
        );
        let because = match kind {
            "min_price" => "raised to the tariff's minimum price".to_owned(),
            "max_price" => "lowered to the tariff's maximum price".to_owned(),
            _ => {
                let element = line.number("element");
                let number = element.saturating_add(1);
                format!(
                    "element {number}{}; {}",
                    conditions(tariff, element),
                    stretch(line, zone)
                )
            }
        };
        vec![
            line.number("ordinal").to_string(),
            plain(kind),
            counts,
            because,
            tax(line.stated_number("tax_rate")),
            bare_amount(line.number("net"), currency),
        ]
    });
    table(&columns, rows.collect())
}

/// When an element of the tariff holds, in OCPI's own words: `, start_time 07:00, end_time 22:00`.
fn conditions(tariff: &Value, element: i64) -> String {
    let place = usize::try_from(element).unwrap_or(usize::MAX);
    let found = tariff["spec"]["elements"].get(place);
    match found.and_then(|element| element["restrictions"].as_object()) {
        Some(restrictions) if !restrictions.is_empty() => {
            let words = restrictions
                .iter()
                .map(|(name, value)| match value.as_str() {
                    Some(text) => format!(", {name} {text}"),
                    None => format!(", {name} {value}"),
                });
            words.collect()
        }
        Some(_) => ", always".to_owned(),
        None if found.is_some() => ", always".to_owned(),
        None => String::new(),
    }
}

fn totals(document: Fields<'_>) -> String {
    let head = document.inside("head");
    let currency = head.text("currency");
    let columns = [
        Column::Text("tax rate"),
        Column::Figure("net"),
        Column::Figure("tax"),
        Column::Figure("gross"),
    ];
    let line = |name: String, row: Fields<'_>| {
        let mut cells = vec![name];
        cells.extend(["net", "tax", "gross"].map(|part| bare_amount(row.number(part), currency)));
        cells
    };
    let groups = document.items("tax_groups").iter().map(Fields);
    let mut rows: Vec<Vec<String>> = Vec::new();
    for group in groups {
        let rate = group.stated_number("tax_rate");
        rows.push(line(tax(rate), group));
        rows.extend(named_taxes(document, rate, currency));
    }
    if head.number("rounding") != 0 {
        let rounding = bare_amount(head.number("rounding"), currency);
        rows.push(vec![
            "rounding".to_owned(),
            String::new(),
            String::new(),
            rounding,
        ]);
    }
    rows.push(line(format!("all, {currency}"), head));
    format!("\n{}", table(&columns, rows))
}

/// The taxes by name within a group: `GST 5 % (123 RT0001)`, what each is levied on, and itself.
fn named_taxes(document: Fields<'_>, group: Option<i64>, currency: &str) -> Vec<Vec<String>> {
    let all = document.items("taxes").iter().map(Fields);
    let own = all.filter(|row| group.is_some() && row.stated_number("group_rate") == group);
    own.map(|row| {
        let number = row.stated("account_number");
        let number = number.map_or_else(String::new, |number| format!(" ({number})"));
        let rate = tax(row.stated_number("tax_rate"));
        vec![
            format!("  {} {rate}{number}", row.text("name")),
            bare_amount(row.number("base"), currency),
            bare_amount(row.number("amount"), currency),
            String::new(),
        ]
    })
    .collect()
}

#[cfg(test)]
mod tests;
