//! A story in lines: when, what, and the facts of it, on the wall clock of the site.

mod money;

pub use money::{booked, moved};

use crate::figures::{ABSENT, Fields, kwh, local_time, percent, plain, price, span};
use crate::table::{Column, list};
use serde_json::Value;

/// Everything that happened, a line or more each.
pub fn told(items: &[Value], zone: &str) -> String {
    let columns = [
        Column::Name("when"),
        Column::Name("what"),
        Column::Text("facts"),
    ];
    let rows = items.iter().map(|item| {
        let when = local_time(Fields(item).number("at"), zone);
        let (what, facts) = part(Fields(item), zone);
        vec![when, what, facts]
    });
    list(&columns, rows.collect())
}

/// What happened, in two words and its facts.
fn part(item: Fields<'_>, zone: &str) -> (String, String) {
    let is = item.inside("is");
    let (what, facts) = match item.text("part") {
        "event" => ("heard".to_owned(), event(is, zone)),
        "outcome" => (
            "not folded".to_owned(),
            format!(
                "{}: {} ({})",
                plain(is.text("outcome")),
                is.text("detail"),
                named(is)
            ),
        ),
        "authorization" => ("authorised".to_owned(), authorization(is)),
        "opened" => (
            "session opened".to_owned(),
            format!("for account {}", is.text("account")),
        ),
        "command" => ("charger told".to_owned(), command(is)),
        "running_cost" => ("cost so far".to_owned(), running_cost(is)),
        "held" => ("held".to_owned(), held(is)),
        "decided" => ("decided".to_owned(), decided(is, zone)),
        "rated" => ("priced".to_owned(), rated(is, zone)),
        "payment_command" => ("processor asked".to_owned(), money::asked(is)),
        "payment_outcome" => ("processor answered".to_owned(), money::answered(is, zone)),
        "document" => {
            let head = is.inside("head");
            let kind = plain(head.text("kind"));
            let gross = head.amount("gross", "currency");
            (
                format!("{kind} issued"),
                format!("{} over {gross}", head.text("number")),
            )
        }
        "payment" => ("money moved".to_owned(), money::moved(is)),
        "entry" => ("booked".to_owned(), money::booked(is)),
        other => (plain(other), is.0.to_string()),
    };
    (what, facts)
}

/// The source's name of an event.
fn named(is: Fields<'_>) -> String {
    format!("{} {}", is.text("source"), is.text("id"))
}

fn event(is: Fields<'_>, zone: &str) -> String {
    let mut facts = format!("{} from {}", plain(is.text("kind")), named(is));
    if let Some(evse) = is.stated_number("evse") {
        facts.push_str(&format!(", EVSE {evse}"));
    }
    for (name, field) in [
        ("authorisation", "auth_id"),
        ("transaction", "transaction_id"),
    ] {
        if let Some(text) = is.stated(field) {
            facts.push_str(&format!(", {name} {text}"));
        }
    }
    let late = is
        .number("received_at")
        .saturating_sub(is.number("occurred_at"));
    if late.unsigned_abs() >= 60_000 {
        facts.push_str(&format!(
            ", received {}",
            local_time(is.number("received_at"), zone)
        ));
    }
    facts
}

fn authorization(is: Fields<'_>) -> String {
    let mut facts = format!(
        "account {}, tariff {} version {}, policy {} version {}",
        is.text("account"),
        is.text("tariff"),
        is.number("tariff_version"),
        is.text("policy"),
        is.number("policy_version")
    );
    if let Some(method) = is.stated("method") {
        facts.push_str(&format!(", pays with {method}"));
    }
    if is.inside("limit").0.is_object() {
        facts.push_str(&format!(", up to {}", money::amount_of(is.inside("limit"))));
    }
    facts
}

fn command(is: Fields<'_>) -> String {
    let mut facts = plain(is.text("action"));
    if let Some(reason) = is.stated("reason") {
        facts.push_str(&format!(": {}", plain(reason)));
    }
    if is.stated_number("amount").is_some() {
        facts.push_str(&format!(" {}", is.amount("amount", "currency")));
    }
    facts
}

fn running_cost(is: Fields<'_>) -> String {
    format!(
        "{} kWh, {}; {} expected by the next look",
        kwh(is.number("energy_mwh")),
        money::amount_of(is.inside("gross")),
        money::amount_of(is.inside("forecast"))
    )
}

fn held(is: Fields<'_>) -> String {
    let reasons: Vec<String> = is.text("reasons").split(' ').map(plain).collect();
    let proposed = match is.stated_number("proposed_minor") {
        Some(_) => format!("; would be {}", is.amount("proposed_minor", "currency")),
        None => String::new(),
    };
    format!(
        "for review: {} ({} kWh{proposed})",
        reasons.join(", "),
        kwh(is.number("energy"))
    )
}

/// Who decided what, why, and what came of it.
fn decided(is: Fields<'_>, zone: &str) -> String {
    let mut what = plain(is.text("verdict"));
    for (name, field) in [
        ("register at start", "meter_start"),
        ("at end", "meter_stop"),
    ] {
        if let Some(register) = is.stated_number(field) {
            what.push_str(&format!(", {name} {} kWh", kwh(register)));
        }
    }
    if let Some(end) = is.stated_number("corrected_end") {
        what.push_str(&format!(", ended {}", local_time(end, zone)));
    }
    if let Some(payer) = is.stated("payer") {
        what.push_str(&format!(" {payer}"));
    }
    format!("{what} by {}: {}", is.text("decided_by"), is.text("reason"))
}

fn rated(is: Fields<'_>, zone: &str) -> String {
    let session = is.inside("session");
    let mut lines = vec![format!(
        "version {}, tariff {} version {}: {} kWh in {}",
        session.number("version"),
        session.text("tariff"),
        session.number("tariff_version"),
        kwh(session.number("energy")),
        span(
            session
                .number("ended_at")
                .saturating_sub(session.number("started_at"))
        )
    )];
    for step in is.items("steps").iter().map(Fields) {
        let counted = counted(
            step.text("dimension"),
            step.number("quantity"),
            step.number("price_e8"),
            session.text("currency"),
        );
        let told = if step.number("step_size") < 0 {
            "; not billed, the site was not known to be busy enough"
        } else {
            ""
        };
        lines.push(format!(
            "  {} {counted}, {} (element {}, {}{told})",
            plain(step.text("dimension")),
            tax(step.stated_number("tax_rate")),
            step.number("element").saturating_add(1),
            stretch(step, zone)
        ));
    }
    lines.join("\n")
}

/// From when to when, the date of the end only where it is another.
pub fn stretch(row: Fields<'_>, zone: &str) -> String {
    let (from, to) = (
        local_time(row.number("from_at"), zone),
        local_time(row.number("to_at"), zone),
    );
    match (from.split_once(' '), to.split_once(' ')) {
        (Some((day, _)), Some((other, clock))) if day == other => format!("{from} to {clock}"),
        _ => format!("{from} to {to}"),
    }
}

/// A quantity at a price: `12.345 kWh × 0.52 EUR/kWh`.
pub fn counted(kind: &str, quantity: i64, price_e8: i64, currency: &str) -> String {
    let each = price(price_e8);
    match kind {
        "energy" => format!("{} kWh × {each} {currency}/kWh", kwh(quantity)),
        "time" | "parking_time" => format!("{} × {each} {currency}/h", span(quantity)),
        "flat" => format!("{each} {currency} once"),
        _ => String::new(),
    }
}

/// A tax rate in words.
pub fn tax(rate: Option<i64>) -> String {
    rate.map_or_else(
        || "no tax".to_owned(),
        |rate| format!("{} tax", percent(rate)),
    )
}

/// Facts under each other: a name and a value a line; absent ones left out.
pub fn facts(facts: &[(&str, String)]) -> String {
    let stated = facts
        .iter()
        .filter(|(_, value)| !value.is_empty() && value != ABSENT);
    let rows = stated.map(|(name, value)| vec![(*name).to_owned(), value.clone()]);
    list(&[Column::Name("fact"), Column::Text("is")], rows.collect())
}
