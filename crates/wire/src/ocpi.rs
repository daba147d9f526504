//! OCPI JSON: tariffs and charge detail records, read tolerantly, numbers as exact decimals.
//!
//! Tariffs and records of 2.1.1, 2.2.1 and 2.3.0, whatever a version calls a field.
//! What is odd but readable is a [`Warning`] with its path; what cannot be read is a [`Fault`].

mod cdr;
mod export;
mod market;
mod number;
mod periods;
mod tariff;
mod value;

pub use cdr::{OcpiCdr, OwnTariffs, StatedTax, cdr, cdr_under};
pub use export::{Owner, RecordExport, RecordTotals, TaxAmount, record_json, tariff_json};
pub(crate) use market::{prices as market_prices, scaled_number};
pub use tariff::{tariff, tariff_under, tariff_value};

use crate::json_tree::{Json, JsonTree};

/// A version of OCPI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// 2.1.1: prices without tax, and nothing said of tax.
    V2_1_1,
    /// 2.2 and 2.2.1: prices without tax, a rate per price; none means that no tax applies.
    V2_2_1,
    /// 2.3.0: prices with or without tax; no rate means that taxes come from elsewhere.
    V2_3_0,
}

impl Version {
    /// The version of a number such as `2.2.1`; a patch that is not known counts as its minor.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let number = text.trim().trim_start_matches(['v', 'V']);
        let is = |minor: &str| {
            let rest = number.strip_prefix(minor);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
        };
        match () {
            () if is("2.1") => Some(Self::V2_1_1),
            () if is("2.2") => Some(Self::V2_2_1),
            () if is("2.3") => Some(Self::V2_3_0),
            () => None,
        }
    }

    /// The version that the form of a record and its tariffs speaks for.
    #[must_use]
    pub fn guess<'t>(record: Json<'t>, tariffs: impl IntoIterator<Item = Json<'t>>) -> Self {
        let cost = record.get("total_cost");
        let has = |value: Option<Json<'_>>, name: &str| {
            value.is_some_and(|value| value.get(name).is_some())
        };
        let mut tariffs = tariffs.into_iter();
        if has(cost, "before_taxes") || tariffs.any(|tariff| has(Some(tariff), "tax_included")) {
            Self::V2_3_0
        } else if has(Some(record), "stop_date_time") || cost.is_some_and(|cost| !cost.is_object())
        {
            Self::V2_1_1
        } else {
            Self::V2_2_1
        }
    }
}

/// JSON that is no OCPI object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct Fault {
    /// JSON path.
    pub path: String,
    /// What is wrong.
    pub reason: String,
}

fn json(text: &str) -> Result<JsonTree<'_>, Fault> {
    JsonTree::read(text.as_bytes()).map_err(|fault| Fault {
        path: fault.from_root(),
        reason: fault.reason,
    })
}

/// Something odd that was read all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// JSON path.
    pub path: String,
    /// What is odd and how it was read.
    pub message: String,
}

#[cfg(test)]
mod tests;
