//! `cdr verify`: a partner's record computed again, and the first total that differs.

mod by_tax;

use crate::arguments::{CdrArguments, CdrCommand};
use crate::commands::price::{
    Priced, Request, decimal_trimmed, object, policy_of, published, taxes,
};
use crate::commands::write_json;
use crate::error::CliError;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::str::FromStr as _;
use wattledger_domain::price::ExactCost;
use wattledger_wire::json_tree::JsonTree;
use wattledger_wire::ocpi::Fault;

/// One total: as the record states it, as it should be.
struct Compared {
    path: String,
    stated: Decimal,
    ours: Decimal,
}

impl Compared {
    /// Half of the last place that is stated, at least of the second: no partner can say it finer.
    fn agrees(&self) -> bool {
        let places = self.stated.scale().max(2);
        let tolerance = Decimal::new(5, places.saturating_add(1));
        let difference = self.ours.checked_sub(self.stated).map(|rest| rest.abs());
        difference.is_some_and(|difference| difference <= tolerance)
    }
}

/// Does what is asked with a record.
///
/// # Errors
/// [`CliError::Refused`] for what cannot be read or priced, and where a total differs.
pub fn run(arguments: &CdrArguments, out: &mut dyn Write) -> Result<(), CliError> {
    let CdrCommand::Verify {
        file,
        tariff,
        time_zone,
        policy,
        prices,
        taxes,
        json,
    } = &arguments.command;
    let policy = policy_of(policy.as_deref())?;
    let published = published(prices.as_deref())?;
    let levied = taxes::read(taxes.as_deref())?;
    let record = object(file)?;
    let own = JsonTree::of(&record);
    let agreed = tariff.as_deref().map(object).transpose()?;
    let root = |path: &Path| format!("{}: $", path.display());
    let path = root(file);
    let beside = agreed.as_ref().map(JsonTree::of);
    let given = beside.as_ref().zip(tariff.as_deref());
    let request = Request {
        cdr: (own.root(), &path),
        tariffs: given
            .map(|(tree, path)| (tree.root(), root(path)))
            .into_iter()
            .collect(),
        version: None,
        time_zone: time_zone.as_deref().map(|zone| (zone, "--time-zone")),
        reservation: None,
        published: published.as_ref(),
        taxes: &levied,
    };
    let priced = request
        .price(&policy)
        .map_err(|Fault { path, reason }| CliError::refused(format!("{path}: {reason}")))?;
    let compared = compared(&record, &priced);
    if *json {
        write_json(&told(&compared), out)?;
    } else {
        for one in &compared {
            let verdict = if one.agrees() { "agrees" } else { "DIFFERS" };
            writeln!(
                out,
                "{:<40} {:>14} {:>18} {verdict}",
                one.path, one.stated, one.ours
            )?;
        }
    }
    match compared.iter().find(|one| !one.agrees()) {
        None => Ok(()),
        Some(first) => Err(CliError::refused(format!(
            "{path}.{}: states {}, should be {}",
            first.path, first.stated, first.ours
        ))),
    }
}

fn told(compared: &[Compared]) -> Value {
    let rows = compared.iter().map(|one| {
        json!({ "path": format!("$.{}", one.path), "stated": one.stated.to_string(),
            "ours": one.ours.to_string(), "agrees": one.agrees() })
    });
    json!({ "agrees": compared.iter().all(Compared::agrees), "totals": rows.collect::<Vec<_>>() })
}

/// Quantities first, then their costs, then the sum: the first that differs is the cause.
fn compared(record: &Value, priced: &Priced) -> Vec<Compared> {
    let price = &priced.price;
    let periods = || priced.cdr.periods.iter();
    let energy = periods().filter_map(|period| period.energy);
    let energy = energy.fold(0_i64, |sum, energy| sum.saturating_add(energy.0));
    let parked = periods().filter_map(|period| period.parking_time);
    let parked = parked.fold(0_i64, |sum, time| sum.saturating_add(time.0));
    let hours =
        |milliseconds: i64| Decimal::from(milliseconds).checked_div(Decimal::from(3_600_000));
    let length = priced.cdr.end.since(priced.cdr.start).0;
    let cost =
        |cost: Option<ExactCost>| Decimal::from_str(&crate::commands::price::exact(cost?)).ok();
    let total = |amount: Option<i64>| {
        Decimal::from_str(&decimal_trimmed(
            i128::from(amount?),
            usize::try_from(price.places).ok()?,
        ))
        .ok()
    };
    let rows = [
        ("total_energy", Some(Decimal::new(energy, 6))),
        ("total_time", hours(length)),
        ("total_parking_time", hours(parked)),
        ("total_fixed_cost", cost(price.fixed)),
        ("total_energy_cost", cost(price.energy)),
        ("total_time_cost", cost(price.time)),
        ("total_parking_cost", cost(price.parking_time)),
        ("total_reservation_cost", cost(price.reservation)),
        ("total_cost", total(price.total.before_tax)),
    ];
    let mut found: Vec<Compared> = rows
        .into_iter()
        .filter_map(|(path, ours)| {
            let stated = before_tax(record.get(path)?)?;
            let ours = ours?.normalize();
            let path = path.to_owned();
            Some(Compared { path, stated, ours })
        })
        .collect();
    found.extend(by_tax::compared(priced));
    let after = priced.cdr.total_after_tax.zip(total(price.total.after_tax));
    found.extend(after.map(|(stated, ours)| Compared {
        path: "total_cost, after tax".to_owned(),
        stated,
        ours: ours.normalize(),
    }));
    found
}

/// A number, or the part of a price before tax.
fn before_tax(value: &Value) -> Option<Decimal> {
    let number = match value {
        Value::Object(price) => price
            .get("before_taxes")
            .or_else(|| price.get("excl_vat"))?,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            value
        }
    };
    let text = match number {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    Decimal::from_str(&text)
        .or_else(|_| Decimal::from_scientific(&text))
        .ok()
}

#[cfg(test)]
mod tests;
