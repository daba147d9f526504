//! Meter samples in OCPP's words: measurand, unit, multiplier, phase, context.

use super::EventFault;
use super::fields::Fields;
use crate::times;
use wattledger_domain::charging::{Measurand, MeterSample, Phase, ReadingContext};
use wattledger_domain::time::Timestamp;

/// No event tells more readings.
pub const SAMPLES_MAX: usize = 10_000;
/// 1 GWh: no register of a charging station shows more.
pub const REGISTER_MAX: i64 = 1_000_000_000_000;

const MEASURANDS: [(&str, Option<Measurand>); 16] = [
    (
        "Energy.Active.Import.Register",
        Some(Measurand::EnergyImportRegister),
    ),
    (
        "Energy.Active.Import.Interval",
        Some(Measurand::EnergyImportInterval),
    ),
    (
        "Energy.Active.Export.Register",
        Some(Measurand::EnergyExportRegister),
    ),
    ("Energy.Active.Net", Some(Measurand::EnergyNet)),
    ("Power.Active.Import", Some(Measurand::PowerImport)),
    ("Power.Offered", Some(Measurand::PowerOffered)),
    ("Current.Import", Some(Measurand::CurrentImport)),
    ("Voltage", Some(Measurand::Voltage)),
    ("SoC", Some(Measurand::StateOfCharge)),
    ("Energy.Active.Export.Interval", None),
    ("Energy.Reactive.Import.Register", None),
    ("Current.Offered", None),
    ("Current.Export", None),
    ("Power.Active.Export", None),
    ("Frequency", None),
    ("Temperature", None),
];

/// Words of units, with the power of ten to thousandths of the base unit.
const UNITS: [(&str, i64); 13] = [
    ("Wh", 3),
    ("kWh", 6),
    ("W", 3),
    ("kW", 6),
    ("A", 3),
    ("V", 3),
    ("Percent", 3),
    ("mWh", 0),
    ("MWh", 9),
    ("Celsius", 3),
    ("K", 3),
    ("Hertz", 3),
    ("varh", 3),
];

const PHASES: [(&str, Phase); 10] = [
    ("L1", Phase::L1),
    ("L2", Phase::L2),
    ("L3", Phase::L3),
    ("L1-N", Phase::L1),
    ("L2-N", Phase::L2),
    ("L3-N", Phase::L3),
    ("N", Phase::Other),
    ("L1-L2", Phase::Other),
    ("L2-L3", Phase::Other),
    ("L3-L1", Phase::Other),
];

const CONTEXTS: [(&str, ReadingContext); 8] = [
    ("Transaction.Begin", ReadingContext::Begin),
    ("Transaction.End", ReadingContext::End),
    ("Sample.Periodic", ReadingContext::Periodic),
    ("Sample.Clock", ReadingContext::Clock),
    ("Interruption.Begin", ReadingContext::Other),
    ("Interruption.End", ReadingContext::Other),
    ("Trigger", ReadingContext::Other),
    ("Other", ReadingContext::Other),
];

/// Reads an object's `samples`; measurands that billing cannot use are left out.
pub fn read(data: &Fields<'_>, occurred_at: Timestamp) -> Result<Vec<MeterSample>, EventFault> {
    let mut samples = Vec::new();
    for fields in data.children("samples", SAMPLES_MAX)? {
        if let Some(sample) = sample(&fields, occurred_at)? {
            samples.push(sample);
        }
    }
    Ok(samples)
}

fn sample(fields: &Fields<'_>, occurred_at: Timestamp) -> Result<Option<MeterSample>, EventFault> {
    let measurand = fields
        .word("measurand", &MEASURANDS)?
        .unwrap_or(Some(Measurand::EnergyImportRegister));
    let power = fields.word("unit", &UNITS)?.unwrap_or(3);
    let multiplier = fields.optional_whole("multiplier", -9..=9)?.unwrap_or(0);
    let at = match fields.optional_text("time")? {
        None => occurred_at,
        Some(text) => times::parse(text).ok_or_else(|| {
            fields.fault("time", "time", format!("`{text}` is not an RFC 3339 time"))
        })?,
    };
    let value = fields
        .optional_decimal("value", power.saturating_add(multiplier))?
        .ok_or_else(|| fields.fault("value", "field", "is required"))?;
    let phase = fields.word("phase", &PHASES)?.unwrap_or(Phase::Total);
    let context = fields
        .word("context", &CONTEXTS)?
        .unwrap_or(ReadingContext::Periodic);
    let Some(measurand) = measurand else {
        return Ok(None);
    };
    let energy = matches!(
        measurand,
        Measurand::EnergyImportRegister
            | Measurand::EnergyImportInterval
            | Measurand::EnergyExportRegister
    );
    if energy && !(0..=REGISTER_MAX).contains(&value) {
        return Err(fields.fault("value", "energy", "expected 0 to 1 GWh"));
    }
    Ok(Some(MeterSample {
        at,
        measurand,
        phase,
        context,
        value,
    }))
}

/// A register in Wh, as a number or text.
pub fn register(data: &Fields<'_>, name: &str) -> Result<Option<i64>, EventFault> {
    let value = data.optional_decimal(name, 3)?;
    match value {
        Some(value) if !(0..=REGISTER_MAX).contains(&value) => {
            Err(data.fault(name, "energy", "expected 0 to 1 GWh, in Wh"))
        }
        other => Ok(other),
    }
}
