//! What a running session costs so far, will cost at an instant, and when it comes to an amount.

use super::parameters::{invalid, parameter};
use super::{EngineBackend, broken, of_view};
use crate::commands::price::decimal_trimmed;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde_json::{Value, json};
use wattledger_api::code::Code;
use wattledger_api::fault::Fault;
use wattledger_domain::ids::{SessionId, StationId};
use wattledger_domain::money::{Currency, Money};
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::session::ChargingState;
use wattledger_domain::time::Timestamp;
use wattledger_engine::service::AskError;
use wattledger_pricing::{PricingError, cost_at_for, reaches_for};
use wattledger_sessions::live::{Looked, Running};
use wattledger_wire::times;

/// How far it is looked ahead: sessions of more than a week wait for a person.
const HORIZON: Milliseconds = Milliseconds::minutes(7 * 24 * 60);

impl EngineBackend {
    pub(super) fn running_price(&self, parameters: &[(String, String)]) -> Result<Value, Fault> {
        let known = ["id", "station", "at", "reaches"];
        if let Some((name, _)) = parameters
            .iter()
            .find(|(name, _)| !known.contains(&&**name))
        {
            return Err(invalid(
                name,
                "is not a parameter here; there are at, reaches, station",
            ));
        }
        self.attended()?;
        let id = parameter(parameters, "id").unwrap_or_default();
        let station = match parameter(parameters, "station") {
            Some(station) => station.to_owned(),
            None => self.station_of(id)?,
        };
        let session = SessionId::new(id);
        let looked = self.service.running(&StationId::new(&station), &session);
        match looked.map_err(of_ask)? {
            Looked::Running(running) => answer(id, &station, &running, parameters),
            Looked::Unknown => Err(unknown(id)),
            Looked::Ended => Err(not_running(id, "it has ended")),
            Looked::Unpriced => Err(not_running(id, "no tariff prices it")),
        }
    }

    fn station_of(&self, id: &str) -> Result<String, Fault> {
        let found = self.service.views.station_of(id).map_err(of_view)?;
        found.ok_or_else(|| unknown(id))
    }
}

fn unknown(id: &str) -> Fault {
    Fault::new(Code::Session, format!("there is no session `{id}`"))
}

fn not_running(id: &str, why: &str) -> Fault {
    Fault::new(
        Code::NotRunning,
        format!("session `{id}` has no running price: {why}"),
    )
}

fn of_ask(error: AskError) -> Fault {
    match error {
        AskError::NotHere { .. } => Fault::new(Code::NotHere, error.to_string()),
        AskError::Unreadable(_) | AskError::Log(_) => broken(error),
    }
}

fn of_pricing(error: PricingError) -> Fault {
    broken(format!("it cannot be priced so far ahead: {error}"))
}

fn answer(
    id: &str,
    station: &str,
    running: &Running,
    parameters: &[(String, String)],
) -> Result<Value, Fault> {
    let Running {
        meter,
        tariff,
        tariff_pin,
        time_zone,
        rounding,
        liability,
        energy,
        outlook,
    } = running;
    let terms = (rounding, *liability);
    let total = |at: Timestamp| {
        let settled = cost_at_for(meter, tariff, outlook, at, terms).map_err(of_pricing)?;
        Ok::<Value, Fault>(json!({
            "before_tax": amount(settled.net),
            "tax": amount(settled.tax),
            "after_tax": amount(settled.gross),
        }))
    };
    let as_of = meter.now;
    let horizon = as_of.plus(HORIZON);
    let mut told = json!({
        "session": id,
        "station": station,
        "time_zone": &**time_zone,
        "tariff": { "id": tariff_pin.id.as_str(), "version": tariff_pin.version,
            "hash": tariff_pin.hash.to_string() },
        "currency": tariff.currency().code(),
        "as_of": as_of.to_string(),
        "energy_kwh": decimal_trimmed(i128::from(energy.0), 6),
        "total": total(as_of)?,
        "next_change": meter.next_change(tariff).map(|at| at.to_string()),
        "expected": { "state": word(outlook.state),
            "power_kw": decimal_trimmed(i128::from(outlook.power.0), 6) },
    });
    if let Some(text) = parameter(parameters, "at") {
        let at = instant(text, (as_of, horizon))?;
        told["at"] = json!({ "time": at.to_string(), "total": total(at)? });
    }
    if let Some(text) = parameter(parameters, "reaches") {
        let wanted = money(text, tariff.currency())?;
        let found = reaches_for(meter, tariff, outlook, (wanted, horizon), terms);
        let found = found.map_err(of_pricing)?;
        let seconds = found.map(|at| at.since(as_of).0.div_euclid(1_000));
        told["reaches"] = json!({
            "amount": amount(wanted),
            "time": found.map(|at| at.to_string()),
            "seconds": seconds,
            "looked_until": horizon.to_string(),
        });
    }
    Ok(told)
}

/// An instant from now, as far as it is metered, to the horizon.
fn instant(text: &str, (from, to): (Timestamp, Timestamp)) -> Result<Timestamp, Fault> {
    let at = times::parse(text)
        .ok_or_else(|| invalid("at", format!("`{text}` is not an RFC 3339 time")))?;
    if at < from {
        let reason = format!("`{text}` is before {from}, up to which the session is metered");
        return Err(invalid("at", reason));
    }
    if at > to {
        let reason = format!("`{text}` is after {to}, a week ahead");
        return Err(invalid("at", reason));
    }
    Ok(at)
}

/// An amount after tax in the tariff's currency.
fn money(text: &str, currency: Currency) -> Result<Money, Fault> {
    let per_unit = Decimal::from(currency.minor_per_unit());
    let minor = text
        .parse::<Decimal>()
        .ok()
        .and_then(|amount| amount.checked_mul(per_unit))
        .filter(Decimal::is_integer)
        .and_then(|minor| minor.to_i64())
        .filter(|minor| *minor >= 0);
    let minor = minor.ok_or_else(|| {
        let reason = format!("`{text}` is not an amount of {currency}, such as 20 or 19.90");
        invalid("reaches", reason)
    })?;
    Ok(Money::new(minor, currency))
}

/// With all the places of its currency, without it.
fn amount(money: Money) -> String {
    let text = money.to_string();
    let digits = text.split_once(' ').map(|(digits, _)| digits.to_owned());
    digits.unwrap_or(text)
}

const fn word(state: ChargingState) -> &'static str {
    match state {
        ChargingState::Charging => "charging",
        ChargingState::SuspendedByVehicle => "suspended_by_vehicle",
        ChargingState::SuspendedByStation => "suspended_by_station",
        ChargingState::Connected => "connected",
        ChargingState::Idle => "idle",
    }
}
