//! What the review desk is told over HTTP: one decision about one session.

use super::fields::Fields;
use super::{EventFault, optional_time, refuse_card_numbers, samples};
use serde_json::Value;
use wattledger_domain::hash::Digest;
use wattledger_domain::ids::{AccountId, EventId, SessionId, SourceId, StationId};
use wattledger_domain::quantity::MilliwattHours;
use wattledger_domain::review::{CorrectedReading, ReviewDecided, ReviewVerdict, Seen};
use wattledger_domain::time::Timestamp;

/// The source of every decision that comes over HTTP.
pub const DESK: &str = "desk";

/// What a decision is about, as the desk knows it.
pub struct Subject<'a> {
    /// The session.
    pub session: &'a SessionId,
    /// Where it was.
    pub station: &'a StationId,
    /// The desk's time.
    pub decided_at: Timestamp,
}

/// Reads a decision. Without an `id` it has one that is made of all that it says, so that the same
/// decision sent twice is one.
///
/// # Errors
/// An [`EventFault`] that names the field.
pub fn decision(value: &Value, subject: &Subject<'_>) -> Result<ReviewDecided, EventFault> {
    refuse_card_numbers(value)?;
    let fields = Fields::new(value, "")?;
    let id = match fields.optional_text("id")? {
        Some(id) => EventId::new(id),
        None => {
            let said = value.to_string();
            let digest = Digest::of_parts(&[subject.session.as_str().as_bytes(), said.as_bytes()]);
            let digest = digest.to_string();
            EventId::new(digest.get(..32).unwrap_or(&digest))
        }
    };
    Ok(ReviewDecided {
        source: SourceId::new(DESK),
        id,
        station: subject.station.clone(),
        session: subject.session.clone(),
        seen: seen(&fields)?,
        verdict: verdict(&fields)?,
        reason: words(&fields, "reason")?.into(),
        decided_by: words(&fields, "decidedBy")?.into(),
        decided_at: subject.decided_at,
    })
}

/// What a person says for the record: more than blanks.
fn words<'a>(fields: &Fields<'a>, name: &str) -> Result<&'a str, EventFault> {
    let said = fields.text(name)?;
    if said.trim().is_empty() {
        return Err(fields.fault(name, "field", "is required, and holds only blanks"));
    }
    Ok(said)
}

fn verdict(fields: &Fields<'_>) -> Result<ReviewVerdict, EventFault> {
    const WORDS: [&str; 5] = ["bill", "correct", "set_payer", "waive", "reprice"];
    let word = fields.text("verdict")?;
    match word {
        "bill" => Ok(ReviewVerdict::BillAsProposed),
        "correct" => corrected(fields).map(ReviewVerdict::BillCorrected),
        "set_payer" => Ok(ReviewVerdict::SetPayer(AccountId::new(
            fields.text("account")?,
        ))),
        "waive" => Ok(ReviewVerdict::Waive),
        "reprice" => Ok(ReviewVerdict::Reprice(None)),
        _ => Err(fields.fault(
            "verdict",
            "word",
            format!("`{word}` is not one of {WORDS:?}"),
        )),
    }
}

fn corrected(fields: &Fields<'_>) -> Result<CorrectedReading, EventFault> {
    let reading = CorrectedReading {
        meter_start: samples::register(fields, "meterStart")?.map(MilliwattHours),
        meter_stop: samples::register(fields, "meterStop")?.map(MilliwattHours),
        ended_at: optional_time(fields, "endedAt")?,
    };
    let CorrectedReading {
        meter_start: None,
        meter_stop: None,
        ended_at: None,
    } = reading
    else {
        return Ok(reading);
    };
    let reason = "expected at least one of meterStart, meterStop and endedAt";
    Err(fields.fault("meterStop", "field", reason))
}

/// What was looked at: both or neither.
fn seen(fields: &Fields<'_>) -> Result<Option<Seen>, EventFault> {
    let number = |name: &str| {
        let whole = fields.optional_whole(name, 0..=i64::from(i32::MAX))?;
        Ok(whole.and_then(|whole| i32::try_from(whole).ok()))
    };
    match (number("round")?, number("version")?) {
        (None, None) => Ok(None),
        (Some(round), Some(version)) => Ok(Some(Seen { round, version })),
        (Some(_), None) => Err(fields.fault("version", "field", "is required with round")),
        (None, Some(_)) => Err(fields.fault("round", "field", "is required with version")),
    }
}
