//! A session that never was, priced under a tariff.

use crate::arguments::SimulateTariffArguments;
use crate::commands::price::{Request, answer, policy_of, taxes, text_of};
use crate::commands::published;
use crate::commands::write_json;
use crate::error::CliError;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde_json::{Value, json};
use std::io::Write;
use wattledger_domain::occupancy::BusyShare;
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::time::Timestamp;
use wattledger_wire::json_tree::JsonTree;
use wattledger_wire::ocpi::Fault;

/// Writes the session as a record and prices that: what is shown is what would be billed.
pub fn run(arguments: &SimulateTariffArguments, out: &mut dyn Write) -> Result<(), CliError> {
    let policy = policy_of(arguments.policy.as_deref())?;
    let tariff = crate::commands::price::object(&arguments.file)?;
    let start = start_of(arguments)?;
    let record = record(arguments, start);
    let published = arguments.prices.as_deref().map(published::read);
    // Without --prices it shows what is billed while nobody has published anything.
    let mut published = published.transpose()?.unwrap_or_default();
    if let Some(share) = &arguments.busy {
        published.steadily(busy(share)?, (start, end_of(arguments, start)));
    }
    let levied = taxes::read(arguments.taxes.as_deref())?;
    let (record, tariff) = (JsonTree::of(&record), JsonTree::of(&tariff));
    let request = Request {
        cdr: (record.root(), "the session"),
        tariffs: vec![(tariff.root(), format!("{}: $", arguments.file.display()))],
        version: None,
        time_zone: Some((arguments.time_zone.as_str(), "--time-zone")),
        reservation: None,
        published: Some(&published),
        taxes: &levied,
    };
    let priced = request
        .price(&policy)
        .map_err(|Fault { path, reason }| CliError::refused(format!("{path}: {reason}")))?;
    if arguments.json {
        return write_json(&answer(&Value::Null, &priced), out);
    }
    write!(out, "{}", text_of(&priced))?;
    Ok(())
}

/// The instant that `--start` names.
pub fn start_of(arguments: &SimulateTariffArguments) -> Result<Timestamp, CliError> {
    let text = &arguments.start;
    wattledger_wire::times::parse(text)
        .ok_or_else(|| CliError::refused(format!("--start: `{text}` is not an RFC 3339 time")))
}

/// A share of the site's places, in percent.
fn busy(text: &str) -> Result<BusyShare, CliError> {
    let scaled = text
        .parse::<Decimal>()
        .ok()
        .and_then(|percent| percent.checked_mul(Decimal::TEN))
        .filter(Decimal::is_integer)
        .and_then(|share| BusyShare::of_per_mille(share.to_i64()?));
    scaled.ok_or_else(|| {
        CliError::refused(format!(
            "--busy: `{text}` is not 0 to 100 percent, to a tenth"
        ))
    })
}

fn minutes(minutes: u32) -> Milliseconds {
    Milliseconds(i64::from(minutes).saturating_mul(60_000))
}

fn end_of(arguments: &SimulateTariffArguments, start: Timestamp) -> Timestamp {
    let parked = start.plus(minutes(arguments.charge));
    parked.plus(minutes(arguments.park))
}

fn record(arguments: &SimulateTariffArguments, start: Timestamp) -> Value {
    let parked = start.plus(minutes(arguments.charge));
    let end = end_of(arguments, start);
    let hours = |minutes: u32| {
        // 10^9 / 60 nine-decimal hours a minute, rounded.
        let scaled = u64::from(minutes)
            .saturating_mul(100_000_000)
            .saturating_add(3);
        crate::commands::price::decimal_trimmed(i128::from(scaled.div_euclid(6)), 9)
    };
    let mut periods = vec![json!({
        "start_date_time": start.to_string(),
        "dimensions": [
            { "type": "ENERGY", "volume": arguments.kwh },
            { "type": "TIME", "volume": hours(arguments.charge) },
        ],
    })];
    if arguments.park > 0 {
        periods.push(json!({
            "start_date_time": parked.to_string(),
            "dimensions": [{ "type": "PARKING_TIME", "volume": hours(arguments.park) }],
        }));
    }
    json!({
        "id": "simulated",
        "start_date_time": start.to_string(),
        "end_date_time": end.to_string(),
        "charging_periods": periods,
    })
}
