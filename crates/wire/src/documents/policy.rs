//! Policy documents: everything has a default.

use super::reader::{Fault, Reader};
use wattledger_domain::cost::{
    Half, Rounding, RoundingOrder, StartFee, StepRule, SuspendedByStation, UsageRules,
};
use wattledger_domain::ids::PolicyId;
use wattledger_domain::quantity::{Milliseconds, MilliwattHours};
use wattledger_domain::reference::{
    CollectionPolicy, HoldPolicy, Plausibility, Policy, UntrustedClock,
};

fn seconds(
    reader: &mut Reader<'_>,
    name: &'static str,
    default: i64,
) -> Result<Milliseconds, Fault> {
    let seconds = reader.number(name, default, 0..=31_622_400)?;
    Milliseconds::from_seconds(seconds).ok_or_else(|| reader.fault(name, "is too long"))
}

const MINOR: std::ops::RangeInclusive<i64> = 0..=1_000_000_000;

pub fn policy(id: &str, reader: &mut Reader<'_>) -> Result<Policy, Fault> {
    let nothing = serde_json::json!({});
    Ok(Policy {
        id: PolicyId::new(id),
        rounding: rounding(reader.object_or("rounding", &nothing)?)?,
        usage: usage(reader.object_or("usage", &nothing)?)?,
        hold: hold(reader.object_or("hold", &nothing)?)?,
        collection: collection(reader.object_or("collection", &nothing)?)?,
        plausibility: plausibility(reader.object_or("plausibility", &nothing)?)?,
        settling_grace: seconds(reader, "settlingGraceSeconds", 60)?,
        inferred_end_hold: seconds(reader, "inferredEndHoldSeconds", 86_400)?,
        correction_window: seconds(reader, "correctionWindowSeconds", 3_024_000)?,
    })
}

fn rounding(mut reader: Reader<'_>) -> Result<Rounding, Fault> {
    let orders = [
        ("net_first", RoundingOrder::NetFirst),
        ("gross_first", RoundingOrder::GrossFirst),
    ];
    let halves = [("up", Half::Up), ("even", Half::Even), ("down", Half::Down)];
    let steps = [
        ("once_per_session", StepRule::OncePerSession),
        ("off", StepRule::Off),
    ];
    let places = match reader.optional("places") {
        Some(_) => Some(reader.number("places", 0, 0..=4)?),
        None => None,
    };
    let cash = reader.number("cashMinor", 1, 1..=10_000)?;
    let rounding = Rounding {
        order: reader.word("order", Rounding::DEFAULT.order, &orders)?,
        half: reader.word("half", Rounding::DEFAULT.half, &halves)?,
        steps: reader.word("steps", Rounding::DEFAULT.steps, &steps)?,
        places: places.and_then(|places| u32::try_from(places).ok()),
        cash: (cash > 1).then_some(cash),
    };
    reader.finish()?;
    Ok(rounding)
}

fn usage(mut reader: Reader<'_>) -> Result<UsageRules, Fault> {
    let fees = [
        ("always", StartFee::Always),
        ("with_energy", StartFee::WithEnergy),
    ];
    let times = [
        ("unbilled", SuspendedByStation::Unbilled),
        ("time", SuspendedByStation::Time),
        ("parking_time", SuspendedByStation::ParkingTime),
    ];
    let rules = UsageRules {
        start_fee: reader.word("startFee", StartFee::default(), &fees)?,
        suspended_by_station: reader.word(
            "suspendedByStation",
            SuspendedByStation::default(),
            &times,
        )?,
    };
    reader.finish()?;
    Ok(rules)
}

fn hold(mut reader: Reader<'_>) -> Result<HoldPolicy, Fault> {
    let increments = reader.number("incrementsMax", 10, 0..=100)?;
    let hold = HoldPolicy {
        initial_minor: reader.number("initialMinor", 5_000, MINOR)?,
        floor_minor: reader.number("floorMinor", 500, MINOR)?,
        increment_minor: reader.number("incrementMinor", 2_000, MINOR)?,
        increments_max: i32::try_from(increments).unwrap_or(100),
        reserve_minor: reader.number("reserveMinor", 100, MINOR)?,
        plug_in_timeout: seconds(&mut reader, "plugInTimeoutSeconds", 300)?,
        rotation_margin: seconds(&mut reader, "rotationMarginSeconds", 21_600)?,
    };
    reader.finish()?;
    Ok(hold)
}

fn collection(mut reader: Reader<'_>) -> Result<CollectionPolicy, Fault> {
    let collection = CollectionPolicy {
        charge_minimum_minor: reader.number("chargeMinimumMinor", 50, MINOR)?,
        correction_minimum_minor: reader.number("correctionMinimumMinor", 50, MINOR)?,
    };
    reader.finish()?;
    Ok(collection)
}

fn plausibility(mut reader: Reader<'_>) -> Result<Plausibility, Fault> {
    let waiver_wh = reader.number("waiverEnergyWh", 100, 0..=100_000)?;
    let plausibility = Plausibility {
        power_percent: reader.number("powerPercent", 110, 100..=1_000)?,
        duration_max: seconds(&mut reader, "durationMaxSeconds", 604_800)?,
        gross_max_minor: reader.number("grossMaxMinor", 100_000, MINOR)?,
        waiver_energy: MilliwattHours(waiver_wh.saturating_mul(1_000)),
        waiver_duration: seconds(&mut reader, "waiverDurationSeconds", 180)?,
        untrusted_clock: untrusted_clock(&mut reader)?,
    };
    reader.finish()?;
    Ok(plausibility)
}

fn untrusted_clock(reader: &mut Reader<'_>) -> Result<UntrustedClock, Fault> {
    let words = [
        ("hold", UntrustedClock::Hold),
        ("cheapest", UntrustedClock::Cheapest),
    ];
    reader.word("untrustedClock", UntrustedClock::default(), &words)
}
