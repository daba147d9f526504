//! ACN-Data: the sessions JSON of the Adaptive Charging Network (one array of objects).
//!
//! `doneChargingTime` absent means unknown, not "charged to the end"; it is held at the
//! disconnection where it comes later. `kWhDelivered` with a binary-float tail is rounded to the
//! Wh.

use super::recorded::{self, Charged, Session};
use super::{Imported, Refused};
use crate::times;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Deserialize;
use std::io::Read;
use std::str::FromStr;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    #[serde(rename = "sessionID")]
    session: String,
    #[serde(rename = "stationID")]
    station: String,
    timezone: Option<String>,
    connection_time: String,
    disconnect_time: Option<String>,
    done_charging_time: Option<String>,
    k_wh_delivered: Box<serde_json::value::RawValue>,
    #[serde(rename = "userID")]
    user: Option<String>,
    #[serde(default)]
    user_inputs: Option<Vec<serde::de::IgnoredAny>>,
}

const ROUNDED: &str = "its energy has more than 3 decimals of kWh: rounded to the Wh";
const WISHES: &str = "the driver told several wishes: they are not billed";

/// Reads a whole export.
///
/// # Errors
/// When the file cannot be read or is no JSON array.
pub fn read(mut input: impl Read) -> std::io::Result<Imported> {
    let mut text = String::new();
    input.read_to_string(&mut text)?;
    let rows: Vec<Box<serde_json::value::RawValue>> =
        serde_json::from_str(&text).map_err(std::io::Error::other)?;
    let mut imported = Imported::default();
    let mut sessions = Vec::new();
    for (index, raw) in rows.iter().enumerate() {
        let row = index.saturating_add(1);
        match serde_json::from_str::<Row>(raw.get()) {
            Ok(read) => match session(&mut imported, &read) {
                Ok(session) => sessions.push(session),
                Err(reason) => {
                    let refused = Refused::new(row, Some(&read.session), &reason);
                    imported.refused.push(refused);
                }
            },
            Err(error) => {
                imported
                    .refused
                    .push(Refused::new(row, None, &error.to_string()));
            }
        }
    }
    recorded::tell("import:acn-data", sessions, &mut imported);
    Ok(imported.sorted())
}

fn session(imported: &mut Imported, row: &Row) -> Result<Session, String> {
    let time = |field: &str, text: &str| {
        times::parse_rfc_1123(text)
            .ok_or_else(|| format!("{field} `{text}` is not an RFC 1123 time"))
    };
    let optional = |field: &str, text: &Option<String>| {
        text.as_deref().map(|text| time(field, text)).transpose()
    };
    let stated = row.k_wh_delivered.get();
    let exact = Decimal::from_str(stated)
        .or_else(|_| Decimal::from_scientific(stated))
        .map_err(|_| format!("kWhDelivered `{stated}` is not a number"))?
        .checked_mul(Decimal::ONE_THOUSAND)
        .ok_or_else(|| format!("kWhDelivered `{stated}` is too large"))?;
    let energy = exact.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    let charged_at = optional("doneChargingTime", &row.done_charging_time)?;
    let session = Session {
        name: row.session.clone(),
        station: row.station.clone(),
        zone: row.timezone.clone(),
        token: row.user.clone(),
        started_at: time("connectionTime", &row.connection_time)?,
        charged: charged_at.map_or(Charged::NotTold, Charged::At),
        ended_at: optional("disconnectTime", &row.disconnect_time)?,
        length: None,
        energy_wh: energy,
    };
    session.check()?;
    if exact != energy {
        imported.odd(ROUNDED, &row.session);
    }
    if row
        .user_inputs
        .as_ref()
        .is_some_and(|wishes| wishes.len() > 1)
    {
        imported.odd(WISHES, &row.session);
    }
    Ok(session)
}
