//! Reports: usage, revenue, taxes.

use super::parameters::{by, date, tax_period};
use super::{of_view, to_json};
use serde_json::{Value, json};
use wattledger_api::fault::Fault;
use wattledger_views::{Period, Views};

/// The rows of a report over a period.
pub(super) fn report(
    views: &Views,
    name: &str,
    parameters: &[(String, String)],
) -> Result<Value, Fault> {
    let period = Period {
        from: date(parameters, "from")?,
        to: date(parameters, "to")?,
    };
    let rows = match name {
        "usage" => to_json(
            &views
                .report_usage(by(parameters)?, period)
                .map_err(of_view)?,
        )?,
        "taxes" => {
            let by = tax_period(parameters)?;
            to_json(&views.report_taxes(by, period).map_err(of_view)?)?
        }
        _ => to_json(
            &views
                .report_revenue(by(parameters)?, period)
                .map_err(of_view)?,
        )?,
    };
    Ok(json!({ "rows": rows }))
}
