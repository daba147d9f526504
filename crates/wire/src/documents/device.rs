//! Documents that say how a model of charger is read.

use super::reader::{Fault, Reader};
use wattledger_domain::device::{DeviceFacts, DeviceProfile, RegisterKind, Scale, TrustedStates};
use wattledger_domain::ids::DeviceProfileId;
use wattledger_domain::quantity::MilliwattHours;
use wattledger_domain::session::ChargingState;

/// The largest register, in Wh: what fits 63 bits of mWh with room to add.
const ROLLOVER_MAX: i64 = 1_000_000_000_000;

/// Charging states by the words that events use.
const STATES: [(&str, ChargingState); 5] = [
    ("EVConnected", ChargingState::Connected),
    ("Charging", ChargingState::Charging),
    ("SuspendedEV", ChargingState::SuspendedByVehicle),
    ("SuspendedEVSE", ChargingState::SuspendedByStation),
    ("Idle", ChargingState::Idle),
];

pub fn profile(id: &str, reader: &mut Reader<'_>) -> Result<DeviceProfile, Fault> {
    let text = |reader: &mut Reader<'_>, name: &'static str| {
        let text = reader.optional_text(name)?;
        Ok::<Option<Box<str>>, Fault>(text.map(Into::into))
    };
    let energy = [
        ("as_labelled", Scale::AsLabelled),
        ("kWh_as_Wh", Scale::Thousandfold),
        ("Wh_as_kWh", Scale::Thousandth),
    ];
    let power = [
        ("as_labelled", Scale::AsLabelled),
        ("kW_as_W", Scale::Thousandfold),
        ("W_as_kW", Scale::Thousandth),
    ];
    let register = [
        ("unknown", None),
        ("lifetime", Some(RegisterKind::Lifetime)),
        ("per_session", Some(RegisterKind::PerSession)),
    ];
    let watt_hours = reader.number("rolloverWh", 0, 1..=ROLLOVER_MAX)?;
    let facts = DeviceFacts {
        energy: reader.word("energyUnit", Scale::AsLabelled, &energy)?,
        power: reader.word("powerUnit", Scale::AsLabelled, &power)?,
        register: reader.word("register", None, &register)?,
        rollover: (watt_hours > 0).then(|| MilliwattHours(watt_hours.saturating_mul(1_000))),
        states: states(reader)?,
    };
    Ok(DeviceProfile {
        id: DeviceProfileId::new(id),
        vendor: reader.text("vendor")?.into(),
        model: text(reader, "model")?,
        firmware_from: text(reader, "firmwareFrom")?,
        firmware_before: text(reader, "firmwareBefore")?,
        facts,
    })
}

/// The states that are believed; all of them unless said.
fn states(reader: &mut Reader<'_>) -> Result<TrustedStates, Fault> {
    if reader.optional("trustedStates").is_none() {
        return Ok(TrustedStates::ALL);
    }
    let mut trusted = TrustedStates::NONE;
    for value in reader.array("trustedStates")? {
        let word = value.as_str().unwrap_or_default();
        let Some((_, state)) = STATES.iter().find(|(known, _)| *known == word) else {
            let known: Vec<&str> = STATES.iter().map(|(word, _)| *word).collect();
            let reason = format!("expected states among {}", known.join(", "));
            return Err(reader.fault("trustedStates", reason));
        };
        trusted = trusted.with(*state);
    }
    Ok(trusted)
}
