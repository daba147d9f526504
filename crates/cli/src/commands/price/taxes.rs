//! Taxes that a place levies, by name: from a Site document, or a list.

use super::answer::{decimal, decimal_trimmed};
use crate::documents::{Located, read_files};
use crate::error::CliError;
use serde_json::{Value, json};
use std::path::Path;
use wattledger_domain::ids::TokenHash;
use wattledger_domain::reference::Content;
use wattledger_domain::tax::NamedTax;
use wattledger_pricing::{RecordPrice, RecordTax};
use wattledger_wire::documents::{named_taxes, submission};

/// The taxes of `--taxes`: those of its Site document, or the list itself. Documents of other kinds are
/// left out.
///
/// # Errors
/// [`CliError`] with file and line for what is no tax, and for a file that holds none or several Sites.
pub fn read(file: Option<&Path>) -> Result<Vec<NamedTax>, CliError> {
    let Some(file) = file else {
        return Ok(Vec::new());
    };
    let name = file.display();
    let documents = read_files(&[file.to_owned()])?;
    let kind = |document: &&Located| document.value.get("kind").and_then(Value::as_str).is_some();
    if documents.iter().any(|document| kind(&document)) {
        let is_site = |document: &&Located| document.value["kind"] == "Site";
        let mut sites = documents.iter().filter(is_site);
        return match (sites.next(), sites.next()) {
            (Some(site), None) => of_site(site),
            (None, _) => Err(CliError::refused(format!(
                "`{name}` holds no Site document"
            ))),
            (Some(_), Some(second)) => Err(CliError::refused(format!(
                "{}: a second Site: name a file with one",
                second.place
            ))),
        };
    }
    // A list in YAML is one document, in JSON one per item.
    let (list, place) = match documents.as_slice() {
        [one] if one.value.is_array() => (one.value.as_array().cloned(), Some(one)),
        all => (
            Some(all.iter().map(|one| one.value.clone()).collect()),
            None,
        ),
    };
    let taxes = named_taxes(&list.unwrap_or_default(), "").map_err(|fault| {
        let index = fault.path.trim_start_matches('[').split(']').next();
        let item = index.and_then(|index| index.parse::<usize>().ok());
        let item = place.or_else(|| documents.get(item?));
        let place = item.map_or(name.to_string(), |item| {
            item.place_of(&fault.path).to_string()
        });
        CliError::refused(format!("{place}: {}: {}", fault.path, fault.reason))
    })?;
    if taxes.is_empty() {
        return Err(CliError::refused(format!("`{name}` names no tax")));
    }
    Ok(taxes)
}

fn of_site(site: &Located) -> Result<Vec<NamedTax>, CliError> {
    let read = submission(&site.value, &|_| TokenHash([0; 16]))
        .map_err(|fault| CliError::refused(format!("{}: {fault}", site.place_of(&fault.path))))?;
    let Content::Site(found) = read.document.content else {
        return Err(CliError::refused(format!("{}: no Site", site.place)));
    };
    let taxes = found.taxes.clone();
    if taxes.is_empty() {
        let place = &site.place;
        return Err(CliError::refused(format!(
            "{place}: the Site names no taxes"
        )));
    }
    Ok(taxes)
}

/// A line per tax, for a person.
pub fn lines(price: &RecordPrice) -> Vec<String> {
    let places = usize::try_from(price.places).unwrap_or(2);
    let amount = |amount: i64| decimal(i128::from(amount), places);
    let taxes = price.taxes.iter().map(|tax| {
        let mut line = format!("Tax {}", name(tax));
        if let Some(account) = &tax.account_number {
            line.push_str(&format!(" (account {account})"));
        }
        let (base, tax) = (amount(tax.base), amount(tax.amount));
        line.push_str(&format!(" on {base} = {tax} {}", price.currency));
        line
    });
    taxes.collect()
}

/// `GST 5 %`, or the rate alone.
pub fn name(tax: &RecordTax) -> String {
    let rate = tax.rate.map(|rate| decimal_trimmed(i128::from(rate.0), 4));
    match (&tax.name, rate) {
        (Some(name), Some(rate)) => format!("{name} {rate} %"),
        (Some(name), None) => name.to_string(),
        (None, Some(rate)) => format!("{rate} %"),
        (None, None) => "without a rate".to_owned(),
    }
}

/// The taxes as JSON.
pub fn told(price: &RecordPrice) -> Vec<Value> {
    let places = usize::try_from(price.places).unwrap_or(2);
    let taxes = price.taxes.iter().map(|tax| {
        json!({
            "name": tax.name,
            "account_number": tax.account_number,
            "percent": tax.rate.map(|rate| decimal_trimmed(i128::from(rate.0), 4)),
            "base": decimal(i128::from(tax.base), places),
            "amount": decimal(i128::from(tax.amount), places),
        })
    });
    taxes.collect()
}
