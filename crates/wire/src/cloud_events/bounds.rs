//! What holds for an event however it came: JSON is held to it field by field while it is read, Avro
//! here.

use super::EventFault;
use super::fields::TEXT_BYTES_MAX;
use super::samples::{REGISTER_MAX, SAMPLES_MAX};
use crate::times;
use wattledger_domain::charging::{
    FieldBody, FieldEvent, Measurand, MeterSample, PayerRequest, SessionEnded, SessionStarted,
    SessionUpdated,
};
use wattledger_domain::ids::EvseId;
use wattledger_domain::money::Money;
use wattledger_domain::quantity::MilliwattHours;
use wattledger_domain::time::Timestamp;

/// Checks an event that was read from Avro.
///
/// # Errors
/// The first [`EventFault`], with the code that JSON would have had.
pub fn check(event: &FieldEvent) -> Result<(), EventFault> {
    text("source", Some(event.source.as_str()))?;
    text("id", Some(event.id.as_str()))?;
    text("subject", Some(event.station.as_str()))?;
    time("time", event.occurred_at)?;
    match &event.body {
        FieldBody::AuthorizationRequested(asked) => {
            text("data.authorization", Some(asked.authorization.as_str()))?;
            evse(asked.evse)?;
            limit(asked.limit)?;
            match &asked.payer {
                PayerRequest::Token(_) => Ok(()),
                PayerRequest::Account(account) => text("data.account", Some(account.as_str())),
                PayerRequest::Method(method) => text("data.method.token", Some(&method.token)),
            }
        }
        FieldBody::SessionStarted(started) => begun(started),
        FieldBody::SessionUpdated(updated) => {
            let SessionUpdated {
                evse: place,
                transaction,
                sequence: _,
                state: _,
                samples,
            } = updated;
            evse(*place)?;
            text(
                "data.transaction",
                transaction.as_ref().map(|id| id.as_str()),
            )?;
            readings(samples)
        }
        FieldBody::SessionEnded(ended) => over(ended),
        FieldBody::ConnectorStatusChanged(changed) => {
            evse(Some(changed.evse))?;
            text("data.errorCode", changed.error_code.as_deref())?;
            text("data.vendorError", changed.vendor_error.as_deref())
        }
        FieldBody::StationBooted(booted) => {
            text("data.reason", booted.reason.as_deref())?;
            text("data.vendor", booted.vendor.as_deref())?;
            text("data.model", booted.model.as_deref())?;
            text("data.firmware", booted.firmware.as_deref())
        }
    }
}

fn begun(started: &SessionStarted) -> Result<(), EventFault> {
    evse(Some(started.evse))?;
    let transaction = started.transaction.as_ref();
    text("data.transaction", transaction.map(|id| id.as_str()))?;
    let authorization = started.authorization.as_ref();
    text("data.authorization", authorization.map(|id| id.as_str()))?;
    register("data.meterStart", started.meter_start)?;
    readings(&started.samples)
}

fn over(ended: &SessionEnded) -> Result<(), EventFault> {
    evse(ended.evse)?;
    let transaction = ended.transaction.as_ref();
    text("data.transaction", transaction.map(|id| id.as_str()))?;
    text("data.reason", ended.reason.as_deref())?;
    register("data.meterStop", ended.meter_stop)?;
    readings(&ended.samples)
}

fn fault(path: &str, code: &'static str, reason: &str) -> EventFault {
    EventFault {
        index: None,
        path: path.to_owned(),
        code,
        reason: reason.to_owned(),
    }
}

fn text(path: &str, text: Option<&str>) -> Result<(), EventFault> {
    match text {
        Some(text) if text.is_empty() || text.len() > TEXT_BYTES_MAX => {
            Err(fault(path, "field", "expected 1 to 4096 bytes"))
        }
        Some(_) | None => Ok(()),
    }
}

fn time(path: &str, at: Timestamp) -> Result<(), EventFault> {
    match times::bounded(at.0) {
        Some(_) => Ok(()),
        None => Err(fault(path, "time", "expected a time between 1970 and 2100")),
    }
}

fn evse(evse: Option<EvseId>) -> Result<(), EventFault> {
    match evse {
        Some(EvseId(number)) if !(0..=1_000).contains(&number) => Err(fault(
            "data.evse",
            "field",
            "expected a whole number from 0 to 1000",
        )),
        Some(_) | None => Ok(()),
    }
}

fn limit(limit: Option<Money>) -> Result<(), EventFault> {
    match limit {
        Some(Money { currency, .. }) if !currency.is_known() => {
            let reason = format!("`{currency}` is no currency of ISO 4217");
            Err(fault("data.limit.currency", "field", &reason))
        }
        Some(_) | None => Ok(()),
    }
}

fn register(path: &str, value: Option<MilliwattHours>) -> Result<(), EventFault> {
    match value {
        Some(MilliwattHours(value)) if !(0..=REGISTER_MAX).contains(&value) => {
            Err(fault(path, "energy", "expected 0 to 1 GWh"))
        }
        Some(_) | None => Ok(()),
    }
}

fn readings(samples: &[MeterSample]) -> Result<(), EventFault> {
    if samples.len() > SAMPLES_MAX {
        return Err(fault("data.samples", "field", "at most 10000 are read"));
    }
    for (index, sample) in samples.iter().enumerate() {
        let named = |fault: EventFault| EventFault {
            path: format!("data.samples[{index}].{}", fault.path),
            ..fault
        };
        time("time", sample.at).map_err(named)?;
        let energy = matches!(
            sample.measurand,
            Measurand::EnergyImportRegister
                | Measurand::EnergyImportInterval
                | Measurand::EnergyExportRegister
        );
        if energy {
            let value = Some(MilliwattHours(sample.value));
            register("value", value).map_err(named)?;
        }
    }
    Ok(())
}
