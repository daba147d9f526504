//! `review`: what waits for a person, one case, and decisions.
//!
//! Asks `GET /v1/review` and `/v1/review/{session}`; a decision is posted with what was looked at.

use super::story;
use crate::arguments::{
    ReviewArguments, ReviewCommand, ReviewDecideArguments, ReviewListArguments, ReviewListOrder,
    ReviewShowArguments,
};
use crate::client::{Transport, encoded};
use crate::commands::write_json;
use crate::error::CliError;
use crate::figures::{ABSENT, Fields, amount, kwh, local_time, percent, plain, span};
use crate::table::{Column, table};
use serde_json::{Value, json};
use std::io::Write;

/// Works at the review desk.
///
/// # Errors
/// [`CliError::Refused`] when there is no such session or the decision is not carried out.
pub fn run(
    arguments: &ReviewArguments,
    transport: &Transport,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    match &arguments.command {
        ReviewCommand::List(arguments) => list(arguments, transport, out),
        ReviewCommand::Show(arguments) => show(arguments, transport, out),
        ReviewCommand::Decide(arguments) => decide(arguments, transport, out),
    }
}

fn list(
    arguments: &ReviewListArguments,
    transport: &Transport,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let order = match arguments.order {
        ReviewListOrder::Age => "age",
        ReviewListOrder::Money => "money",
    };
    let (limit, skip) = (arguments.limit, arguments.skip);
    let mut path = format!("/v1/review?order={order}&limit={limit}&skip={skip}");
    if let Some(reason) = &arguments.reason {
        path.push_str(&format!("&reason={}", encoded(reason)));
    }
    let answer = transport.get(&path)?;
    if arguments.json {
        return write_json(&answer, out);
    }
    writeln!(out, "{}", list_text(&answer))?;
    Ok(())
}

/// What waits, for people.
pub fn list_text(answer: &Value) -> String {
    let told = Fields(answer);
    let columns = [
        Column::Name("session"),
        Column::Text("station"),
        Column::Figure("waits"),
        Column::Figure("kWh"),
        Column::Figure("would be"),
        Column::Text("because"),
    ];
    let now = told.number("now");
    let rows = told.items("items").iter().map(Fields).map(|row| {
        let waits = now.saturating_sub(row.number("waiting_since"));
        vec![
            row.text("session").to_owned(),
            row.text("station").to_owned(),
            span(waits.max(0)),
            kwh(row.number("energy")),
            row.amount("proposed_minor", "currency"),
            reasons(row),
        ]
    });
    let mut sections = vec![table(&columns, rows.collect())];
    for (title, name) in [
        ("In all", "totals"),
        ("By reason", "by_reason"),
        ("By age", "by_age"),
    ] {
        let columns = [
            Column::Text(title),
            Column::Figure("sessions"),
            Column::Figure("would be"),
        ];
        let rows = told.items(name).iter().map(Fields).map(|row| {
            let would_be = match row.stated("currency") {
                Some(currency) => amount(row.number("proposed_minor"), currency),
                None => ABSENT.to_owned(),
            };
            vec![
                plain(row.text("of")),
                row.number("sessions").to_string(),
                would_be,
            ]
        });
        let rows: Vec<Vec<String>> = rows.collect();
        if !rows.is_empty() {
            sections.push(table(&columns, rows));
        }
    }
    sections.join("\n\n")
}

fn reasons(row: Fields<'_>) -> String {
    let reasons: Vec<String> = row.text("reasons").split(' ').map(plain).collect();
    reasons.join(", ")
}

fn show(
    arguments: &ReviewShowArguments,
    transport: &Transport,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let answer = transport.get(&path(&arguments.session))?;
    if arguments.json {
        return write_json(&answer, out);
    }
    writeln!(out, "{}", case_text(&arguments.session, &answer))?;
    Ok(())
}

fn path(session: &str) -> String {
    format!("/v1/review/{}", encoded(session))
}

/// A case, for people.
pub fn case_text(session: &str, answer: &Value) -> String {
    let case = Fields(answer);
    let (waits, proposal) = (case.inside("waits"), case.inside("proposal"));
    let zone = proposal.text("time_zone");
    let head = if waits.0.is_object() {
        format!("Session {session} waits for a person: {}", reasons(waits))
    } else {
        format!("Session {session} does not wait")
    };
    let mut sections = vec![head, facts(case, waits, proposal, zone)];
    if proposal.0.is_object() {
        sections.push(lines(waits, proposal, zone));
        sections.push(readings(proposal, zone));
    }
    let clock = if zone.is_empty() { "UTC" } else { zone };
    sections.push(format!("What happened, on the clock of {clock}:"));
    sections.push(story::told(case.items("story"), zone));
    sections.join("\n")
}

fn facts(case: Fields<'_>, waits: Fields<'_>, proposal: Fields<'_>, zone: &str) -> String {
    let register = |name: &str| proposal.stated_number(name).map_or_else(String::new, kwh);
    let (start, end) = (waits.number("started_at"), waits.number("ended_at"));
    let when = if waits.0.is_object() {
        format!(
            "{} to {} ({}), end {}",
            local_time(start, zone),
            local_time(end, zone),
            span(end.saturating_sub(start)),
            plain(proposal.text("end"))
        )
    } else {
        String::new()
    };
    let flags = proposal.items("flags").iter().filter_map(Value::as_str);
    let flags: Vec<String> = flags.map(plain).collect();
    story::facts(&[
        (
            "Looked at",
            format!(
                "round {}, version {}",
                case.number("round"),
                case.number("version")
            ),
        ),
        ("Where", format!("station {}", case.text("station"))),
        ("When", when),
        ("Would pay", waits.text("account").to_owned()),
        ("Register at start", register("register_start")),
        ("Register at end", register("register_end")),
        (
            "Energy",
            waits.stated_number("energy").map_or_else(String::new, kwh),
        ),
        ("Odd", flags.join(", ")),
        ("Tariff", proposal.text("tariff").to_owned()),
        ("Charger", charger(proposal.inside("device"))),
        ("Profile", profile(proposal.inside("device"))),
    ])
}

/// Maker, model and firmware, as far as they are known.
fn charger(device: Fields<'_>) -> String {
    let names = ["vendor", "model", "firmware"].map(|name| device.text(name));
    let names: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
    names.join(" ")
}

/// Which device profile its readings are read by, and what one should say by the data.
fn profile(device: Fields<'_>) -> String {
    let read_by = match device.stated_number("profile_version") {
        Some(version) => format!("{} version {version}", device.text("profile")),
        None => "none".to_owned(),
    };
    match device.text("suggestion") {
        "" if device.text("profile").is_empty() => String::new(),
        "" => read_by,
        suggestion => format!(
            "{read_by}; the data say `{suggestion}`: apply a DeviceProfile that says so, then decide `reprice`"
        ),
    }
}

fn lines(waits: Fields<'_>, proposal: Fields<'_>, zone: &str) -> String {
    let currency = waits.text("currency");
    if currency.is_empty() {
        return "Nothing prices it: there is no proposed bill.".to_owned();
    }
    let columns = [
        Column::Name("proposed bill"),
        Column::Text("counted"),
        Column::Text("when"),
        Column::Figure("net"),
    ];
    let rows = proposal.items("lines").iter().map(Fields).map(|line| {
        let kind = line.text("kind");
        let (quantity, price) = (line.number("quantity"), line.number("price_e8"));
        vec![
            plain(kind),
            story::counted(kind, quantity, price, currency),
            story::stretch(line, zone),
            amount(line.number("net"), currency),
        ]
    });
    let summed = |name: String, of: String, amount: String| vec![name, of, String::new(), amount];
    let taxes = proposal.items("groups").iter().map(Fields);
    let taxes = taxes.flat_map(|group| taxes_of(group, proposal, currency));
    let rounding = proposal.stated_number("rounding").map(|rounding| {
        let rounding = amount(rounding, currency);
        summed("rounding".to_owned(), String::new(), rounding)
    });
    let total = waits.amount("proposed_minor", "currency");
    let total = summed("total".to_owned(), String::new(), total);
    let rows = rows.chain(taxes.map(|[name, of, amount]| summed(name, of, amount)));
    table(&columns, rows.chain(rounding).chain([total]).collect())
}

/// The taxes of a group by name, what each would be levied on, and what it comes to; else its rate.
fn taxes_of(group: Fields<'_>, proposal: Fields<'_>, currency: &str) -> Vec<[String; 3]> {
    let rate = group.stated_number("tax_rate");
    let all = proposal.items("taxes").iter().map(Fields);
    let own = all.filter(|tax| rate.is_some() && tax.stated_number("group_rate") == rate);
    let named: Vec<[String; 3]> = own
        .map(|tax| {
            let number = tax.stated("account_number");
            let number = number.map_or_else(String::new, |number| format!(" ({number})"));
            let name = format!(
                "{} {}{number}",
                tax.text("name"),
                percent(tax.number("tax_rate"))
            );
            let on = format!("on {}", amount(tax.number("base"), currency));
            [name, on, amount(tax.number("amount"), currency)]
        })
        .collect();
    if named.is_empty() {
        let tax = amount(group.number("tax"), currency);
        return vec![[story::tax(rate), String::new(), tax]];
    }
    named
}

fn readings(proposal: Fields<'_>, zone: &str) -> String {
    let columns = [
        Column::Name("when"),
        Column::Text("the charger said"),
        Column::Figure("value"),
    ];
    let rows = proposal.items("readings").iter().map(Fields).map(|row| {
        let kind = row.text("kind");
        let value = match row.stated("value") {
            Some(state) => plain(state),
            None if kind.starts_with("energy") => format!("{} kWh", kwh(row.number("value"))),
            None if kind == "power" => format!("{} mW", row.number("value")),
            None => format!("{} mA", row.number("value")),
        };
        vec![local_time(row.number("at"), zone), plain(kind), value]
    });
    let mut text = table(&columns, rows.collect());
    let left_out = proposal.number("readings_left_out");
    if left_out > 0 {
        text.push_str(&format!("\n({left_out} readings in between are not shown)"));
    }
    text
}

fn decide(
    arguments: &ReviewDecideArguments,
    transport: &Transport,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let body = body(arguments, transport)?;
    let answer = transport.post(&format!("{}/decisions", path(&arguments.session)), &body)?;
    if arguments.json {
        return write_json(&answer, out);
    }
    writeln!(out, "{}", decided_text(&answer))?;
    Ok(())
}

/// What is posted: the decision, and what was looked at: stated, else what it is now.
fn body(arguments: &ReviewDecideArguments, transport: &Transport) -> Result<Value, CliError> {
    let (round, version) = match (arguments.round, arguments.version) {
        (Some(round), Some(version)) => (round.into(), version.into()),
        (round, version) => {
            let case = transport.get(&path(&arguments.session))?;
            let shown = Fields(&case);
            (
                round.map_or_else(|| shown.number("round"), i64::from),
                version.map_or_else(|| shown.number("version"), i64::from),
            )
        }
    };
    let mut body = json!({
        "verdict": arguments.verdict.word(),
        "reason": arguments.reason,
        "decidedBy": arguments.by,
        "round": round,
        "version": version,
    });
    for (name, given) in [
        ("id", &arguments.id),
        ("meterStart", &arguments.meter_start),
        ("meterStop", &arguments.meter_stop),
        ("endedAt", &arguments.ended_at),
        ("account", &arguments.account),
    ] {
        if let Some(text) = given {
            body[name] = text.clone().into();
        }
    }
    Ok(body)
}

/// What became of a decision, for people.
pub fn decided_text(answer: &Value) -> String {
    let told = Fields(answer);
    let done = told.inside("decision");
    if !done.0.is_object() {
        let (source, id) = (told.text("source"), told.text("id"));
        return format!(
            "Taken, not folded yet: GET /v1/events/{source}/{id} tells what becomes of it."
        );
    }
    let gross = done.amount("gross_minor", "currency");
    let waits = done.number("waits");
    match (waits, done.number("version")) {
        (0, 0) => "Carried out: nothing is billed.".to_owned(),
        (0, version) => format!(
            "Carried out: version {version}, {gross}, billed to {}.",
            done.text("account")
        ),
        (round, _) => format!(
            "Carried out, but it still waits (round {round}): `wattledger review show {}`.",
            done.text("session")
        ),
    }
}

#[cfg(test)]
mod tests;
