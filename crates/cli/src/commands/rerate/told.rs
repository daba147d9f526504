//! What re-rating found, for people and pipes: rows, counts, and sums by currency.

use crate::error::CliError;
use crate::figures::{ABSENT, Fields, amount, bare_amount, local_time};
use crate::table::{Column, table};
use anyhow::Context as _;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use wattledger_domain::money::{Currency, Money};
use wattledger_sessions::rerating::Sum;

/// How sessions are counted, in the order in which they are told.
const STATES: [(&str, &str); 7] = [
    ("cheaper", "cheaper"),
    ("dearer", "dearer"),
    ("other_tax", "other tax, same total"),
    ("unchanged", "unchanged"),
    ("already", "priced by it already"),
    ("cannot", "cannot be corrected"),
    ("not_priced", "not re-ratable"),
];
const RESULTS: [(&str, &str); 6] = [
    ("corrected", "corrected"),
    ("already", "corrected before"),
    ("unchanged", "same bill after all"),
    ("waits", "wait for a person"),
    ("refused", "refused"),
    ("pending", "on their way"),
];

/// What was found so far.
#[derive(Default)]
pub struct Told {
    tariff: String,
    rows: Vec<Value>,
    counts: BTreeMap<String, u64>,
    results: BTreeMap<String, u64>,
    sums: BTreeMap<String, Sum>,
    /// Of those that can be corrected and would change.
    open: BTreeMap<String, Sum>,
}

impl Told {
    /// Which tariff it is about, as the engine knows it.
    pub fn tariff(&mut self, answer: &Value) {
        let told = Fields(answer);
        self.tariff = match told.stated_number("version") {
            Some(version) => format!("{} version {version}", told.text("tariff")),
            None => format!("{} (not applied)", told.text("tariff")),
        };
    }

    /// A session more.
    pub fn take(&mut self, row: &Value) -> Result<(), CliError> {
        let told = Fields(row);
        let count = |counts: &mut BTreeMap<String, u64>, word: &str| {
            let count = counts.entry(word.to_owned()).or_default();
            *count = count.saturating_add(1);
        };
        count(&mut self.counts, counted(told));
        if let Some(result) = told.stated("result") {
            count(&mut self.results, result);
        }
        if told.stated_number("would_be_gross").is_some() {
            add(&mut self.sums, told)?;
            let changes = ["cheaper", "dearer", "other_tax"].contains(&counted(told));
            if changes {
                add(&mut self.open, told)?;
            }
        }
        self.rows.push(row.clone());
        Ok(())
    }

    /// In order of their ends.
    pub fn order(&mut self) {
        self.rows.sort_by_key(|row| {
            let row = Fields(row);
            (row.number("ended_at"), row.text("session").to_owned())
        });
    }

    /// How many corrections were not carried out.
    pub fn undone(&self) -> u64 {
        let of = |word: &str| self.results.get(word).copied().unwrap_or(0);
        of("refused").saturating_add(of("pending"))
    }

    /// For pipes.
    ///
    /// # Errors
    /// [`CliError::Broken`] when a sum does not fit.
    pub fn json(&self) -> Result<Value, CliError> {
        Ok(json!({
            "tariff": self.tariff,
            "rows": self.rows,
            "counts": self.counts,
            "results": self.results,
            "sums": sums_json(&self.sums)?,
            "to_correct": sums_json(&self.open)?,
        }))
    }

    /// For people.
    ///
    /// # Errors
    /// As [`Told::json`].
    pub fn text(&self) -> Result<String, CliError> {
        let mut sections = vec![format!(
            "By tariff {}, before benefits of accounts:",
            self.tariff
        )];
        if self.rows.is_empty() {
            sections
                .push("No session was billed in that span by the tariff it replaces.".to_owned());
            return Ok(sections.join("\n"));
        }
        sections.push(self.table());
        sections.push(self.sums_table()?);
        sections.push(counts(&STATES, &self.counts));
        if !self.results.is_empty() {
            sections.push(format!("Corrections: {}", counts(&RESULTS, &self.results)));
        }
        Ok(sections.join("\n\n"))
    }

    fn table(&self) -> String {
        let columns = [
            Column::Name("session"),
            Column::Name("ended"),
            Column::Name("invoice"),
            Column::Figure("billed net"),
            Column::Figure("with tax"),
            Column::Figure("would be net"),
            Column::Figure("with tax"),
            Column::Figure("difference"),
            Column::Text("and"),
        ];
        let rows = self.rows.iter().map(Fields).map(|row| {
            let currency = row.text("currency");
            let minor = |name: &str| match row.stated_number(name) {
                Some(minor) => bare_amount(minor, currency),
                None => ABSENT.to_owned(),
            };
            vec![
                row.text("session").to_owned(),
                local_time(row.number("ended_at"), row.text("time_zone")),
                row.stated("invoice").unwrap_or(ABSENT).to_owned(),
                minor("billed_net"),
                minor("billed_gross"),
                minor("would_be_net"),
                minor("would_be_gross"),
                row.amount("difference_gross", "currency"),
                remarks(row),
            ]
        });
        table(&columns, rows.collect())
    }

    fn sums_table(&self) -> Result<String, CliError> {
        let columns = [
            Column::Text("in all"),
            Column::Figure("sessions"),
            Column::Figure("billed net"),
            Column::Figure("with tax"),
            Column::Figure("would be net"),
            Column::Figure("with tax"),
            Column::Figure("difference net"),
            Column::Figure("with tax"),
        ];
        let mut rows = Vec::new();
        for (title, sums) in [("all of them", &self.sums), ("that change", &self.open)] {
            for (currency, sum) in sums {
                let shown = |money: Money| bare_amount(money.minor, currency);
                let (net, gross) = sum.difference().context("the sums do not fit")?;
                rows.push(vec![
                    title.to_owned(),
                    sum.sessions.to_string(),
                    shown(sum.billed.0),
                    shown(sum.billed.1),
                    shown(sum.would_be.0),
                    shown(sum.would_be.1),
                    shown(net),
                    amount(gross.minor, currency),
                ]);
            }
        }
        Ok(table(&columns, rows))
    }
}

/// As what a session counts: whether it can be corrected decides before what it would be.
fn counted(row: Fields<'_>) -> &str {
    match row.text("state") {
        "not_priced" => "not_priced",
        _ if row.0["already"] == true => "already",
        "unchanged" => "unchanged",
        _ if row.stated("cannot").is_some() => "cannot",
        state => state,
    }
}

fn remarks(row: Fields<'_>) -> String {
    let mut said: Vec<String> = Vec::new();
    if row.0["already"] == true {
        said.push("priced by it already".to_owned());
    } else if let Some(why) = row.stated("cannot") {
        said.extend(match row.text("state") {
            "not_priced" => Some(format!("not re-ratable: {why}")),
            // There is nothing to correct.
            "unchanged" => None,
            _ => Some(format!("cannot be corrected: {why}")),
        });
    }
    if let Some(result) = row.stated("result") {
        let known = RESULTS.iter().find(|(word, _)| *word == result);
        let word = known.map_or(result, |(_, told)| told);
        match row.stated("result_reason") {
            Some(reason) => said.push(format!("{word}: {reason}")),
            None => said.push(word.to_owned()),
        }
    }
    let notes = row.items("notes").iter().filter_map(Value::as_str);
    said.extend(notes.map(str::to_owned));
    said.join("; ")
}

fn counts(words: &[(&str, &str)], counts: &BTreeMap<String, u64>) -> String {
    let told = words.iter().filter_map(|(word, told)| {
        let count = counts.get(*word)?;
        Some(format!("{count} {told}"))
    });
    let told: Vec<String> = told.collect();
    told.join(", ")
}

fn add(sums: &mut BTreeMap<String, Sum>, row: Fields<'_>) -> Result<(), CliError> {
    let code = row.text("currency");
    let currency = Currency::recorded(code).context("an amount without a currency")?;
    let money = |net: &str, gross: &str| {
        (
            Money::new(row.number(net), currency),
            Money::new(row.number(gross), currency),
        )
    };
    let before = sums.get(code).copied().unwrap_or(Sum::nothing(currency));
    let (billed, would_be) = (
        money("billed_net", "billed_gross"),
        money("would_be_net", "would_be_gross"),
    );
    let sum = before
        .plus(billed, would_be)
        .context("the sums do not fit")?;
    sums.insert(code.to_owned(), sum);
    Ok(())
}

fn sums_json(sums: &BTreeMap<String, Sum>) -> Result<Vec<Value>, CliError> {
    let mut shown = Vec::new();
    for (currency, sum) in sums {
        let (net, gross) = sum.difference().context("the sums do not fit")?;
        shown.push(json!({
            "currency": currency,
            "sessions": sum.sessions,
            "billed_net": sum.billed.0.minor,
            "billed_gross": sum.billed.1.minor,
            "would_be_net": sum.would_be.0.minor,
            "would_be_gross": sum.would_be.1.minor,
            "difference_net": net.minor,
            "difference_gross": gross.minor,
        }));
    }
    Ok(shown)
}
