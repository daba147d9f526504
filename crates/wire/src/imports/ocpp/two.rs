//! OCPP 2.0.1 and 2.1: one message for start, change and end. A start may not know its EVSE or its
//! driver yet; what comes later of the same transaction completes it.

use super::drivers::word;
use super::readings::{self, Readings};
use super::{Call, Event, Log, Version, put, text};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What is known of the transactions and connectors of a log.
#[derive(Default)]
pub struct Transactions {
    known: BTreeMap<(String, String), Transaction>,
    /// The connector in use, by station and EVSE.
    in_use: BTreeMap<(String, u64), u64>,
    /// The status of each connector, by station, EVSE and connector.
    connectors: BTreeMap<(String, u64), BTreeMap<u64, String>>,
}

#[derive(Default)]
struct Transaction {
    /// Where its start stands; one that is told again stands there too.
    starts: Vec<usize>,
    evse: Option<u64>,
    driver: Driver,
}

#[derive(Default, PartialEq)]
enum Driver {
    #[default]
    Unknown,
    Known,
}

/// One TransactionEvent.
struct Told<'a> {
    transaction: String,
    time: &'a str,
    token: Option<&'a str>,
    data: Value,
}

impl Log {
    pub(super) fn two(&mut self, call: &Call<'_>) -> Result<(), String> {
        match call.action {
            "TransactionEvent" => self.transaction_event(call),
            "MeterValues" => self.meter_values(call, "evseId", None),
            "StatusNotification" => self.evse_status(call),
            "BootNotification" => {
                let station = &call.payload["chargingStation"];
                self.boot(
                    call,
                    json!({
                        "reason": text(call.payload, "reason"),
                        "vendor": text(station, "vendorName"),
                        "model": text(station, "model"),
                        "firmware": text(station, "firmwareVersion"),
                    }),
                );
                Ok(())
            }
            _ => self.authorize(call, token(call.payload)),
        }
    }

    fn transaction_event(&mut self, call: &Call<'_>) -> Result<(), String> {
        let payload = call.payload;
        let time = text(payload, "timestamp").ok_or("it has no timestamp")?;
        let info = &payload["transactionInfo"];
        let transaction = word(&info["transactionId"]).ok_or("it has no transactionId")?;
        let kind = text(payload, "eventType").ok_or("it has no eventType")?;
        let place = &payload["evse"];
        let evse = place["id"].as_u64().filter(|evse| *evse > 0);
        let mut found = Readings::default();
        for element in payload["meterValue"].as_array().into_iter().flatten() {
            if let Err(reason) = readings::of(element, Version::Two, &mut found) {
                let name = Some(format!("{} {}", call.station, call.action));
                self.refuse(call.row, name, format!("{reason}: left out"));
            }
        }
        let mut about = json!({ "transaction": transaction });
        put(&mut about, "evse", evse.map(Value::from));
        let samples = self.split(call, about.clone(), time, found);
        let mut data = about;
        data["samples"] = samples.into();
        put(&mut data, "sequence", Some(payload["seqNo"].clone()));
        self.located(call.station, &transaction, evse);
        if let (Some(evse), Some(connector)) = (evse, place["connectorId"].as_u64()) {
            let key = (call.station.to_owned(), evse);
            match kind {
                "Ended" => self.transactions.in_use.remove(&key),
                _ => self.transactions.in_use.insert(key, connector),
            };
        }
        let told = Told {
            transaction,
            time,
            token: token(payload),
            data,
        };
        match kind {
            "Started" => self.transaction_started(call, told),
            "Updated" => self.transaction_updated(call, told),
            "Ended" => self.transaction_ended(call, told),
            other => return Err(format!("its eventType is `{other}`")),
        }
        Ok(())
    }

    fn transaction(&mut self, station: &str, transaction: &str) -> &mut Transaction {
        let key = (station.to_owned(), transaction.to_owned());
        self.transactions.known.entry(key).or_default()
    }

    fn transaction_started(&mut self, call: &Call<'_>, told: Told<'_>) {
        let payload = call.payload;
        let mut data = told.data;
        let known = self.transaction(call.station, &told.transaction);
        if data["evse"].is_null() {
            put(&mut data, "evse", known.evse.map(Value::from));
        }
        put(&mut data, "state", state(payload));
        put(&mut data, "offline", Some(payload["offline"].clone()));
        if let Some(token) = told.token {
            data["token"] = token.into();
            let start = told.transaction.clone();
            let linked = self.drivers.link(call.station, start, call.at, token);
            put(&mut data, "authorization", linked.map(Value::from));
        }
        let event = Event {
            kind: "session_started",
            part: String::new(),
            time: told.time.to_owned(),
            data,
        };
        let place = self.add(call, event);
        let known = self.transaction(call.station, &told.transaction);
        known.starts.push(place);
        if told.token.is_some() {
            known.driver = Driver::Known;
        }
        let id = Value::from(told.transaction);
        self.drivers.opened(call.station, &id, told.token);
    }

    fn transaction_updated(&mut self, call: &Call<'_>, told: Told<'_>) {
        if let Some(token) = told.token.filter(|_| begins(call.payload)) {
            self.identified(call, &told, token);
        }
        let mut data = told.data;
        put(&mut data, "state", state(call.payload));
        let event = Event {
            kind: "session_updated",
            part: String::new(),
            time: told.time.to_owned(),
            data,
        };
        self.add(call, event);
    }

    fn transaction_ended(&mut self, call: &Call<'_>, told: Told<'_>) {
        let mut data = told.data;
        let reason = text(&call.payload["transactionInfo"], "stoppedReason");
        put(&mut data, "reason", reason.map(Value::from));
        put(&mut data, "token", told.token.map(Value::from));
        let id = Value::from(told.transaction);
        self.drivers.closed(call.station, &id);
        let event = Event {
            kind: "session_ended",
            part: String::new(),
            time: told.time.to_owned(),
            data,
        };
        self.add(call, event);
    }

    /// A start without an EVSE takes the first that its transaction names.
    fn located(&mut self, station: &str, transaction: &str, evse: Option<u64>) {
        let known = self.transaction(station, transaction);
        let (Some(evse), None) = (evse, known.evse) else {
            return;
        };
        known.evse = Some(evse);
        for start in known.starts.clone() {
            if let Some(data) = self.data_mut(start)
                && data["evse"].is_null()
            {
                data["evse"] = evse.into();
            }
        }
    }

    /// The driver is known after the start: the start is given a request that names who pays. Only
    /// a token that lets a transaction go on does; one that stops it never pays.
    fn identified(&mut self, call: &Call<'_>, told: &Told<'_>, token: &str) {
        let known = self.transaction(call.station, &told.transaction);
        if known.starts.is_empty() || known.driver == Driver::Known {
            return;
        }
        known.driver = Driver::Known;
        for start in known.starts.clone() {
            if let Some(data) = self.data_mut(start) {
                data["authorization"] = told.transaction.clone().into();
            }
        }
        let id = Value::from(told.transaction.clone());
        self.drivers.opened(call.station, &id, Some(token));
        let event = Event {
            kind: "authorization_requested",
            part: "driver".to_owned(),
            time: told.time.to_owned(),
            data: json!({ "authorization": told.transaction, "token": token }),
        };
        self.add(call, event);
    }

    /// An EVSE is free when no connector of it is in use; only one connector is told of.
    fn evse_status(&mut self, call: &Call<'_>) -> Result<(), String> {
        let payload = call.payload;
        let evse = payload["evseId"].as_u64().ok_or("it has no evseId")?;
        let connector = payload["connectorId"].as_u64().unwrap_or(1);
        let status = text(payload, "connectorStatus").ok_or("it has no connectorStatus")?;
        let key = (call.station.to_owned(), evse);
        let charging = self.transactions.in_use.get(&key);
        let connectors = self.transactions.connectors.entry(key).or_default();
        connectors.insert(connector, status.to_owned());
        let mut others = connectors.iter().filter(|(known, _)| **known != connector);
        let in_use = others.any(|(_, status)| status == "Occupied");
        let elsewhere = charging.is_some_and(|charging| *charging != connector);
        if in_use || elsewhere {
            let what = "StatusNotification: of a connector whose EVSE charges at another";
            self.unused(what.to_owned(), call.station);
            return Ok(());
        }
        let data = json!({ "evse": evse, "status": status });
        self.status(call, text(payload, "timestamp"), data);
        Ok(())
    }
}

/// The token of a message; an empty one says that nobody identified themselves.
fn token(payload: &Value) -> Option<&str> {
    text(&payload["idToken"], "idToken")
}

/// Whether a token in an update is the one that lets it charge.
fn begins(payload: &Value) -> bool {
    !matches!(
        payload["triggerReason"].as_str(),
        Some("StopAuthorized" | "Deauthorized" | "RemoteStop")
    )
}

/// The charging state; where none is told, what the trigger says of the cable.
fn state(payload: &Value) -> Option<Value> {
    let told = text(&payload["transactionInfo"], "chargingState");
    let by_trigger = match payload["triggerReason"].as_str() {
        Some("CablePluggedIn") => Some("EVConnected"),
        Some("EVDeparted") => Some("Idle"),
        _ => None,
    };
    told.or(by_trigger).map(Value::from)
}
