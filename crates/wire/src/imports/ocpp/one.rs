//! OCPP 1.6: a start is named by the answer to it, an end says no connector.

use super::readings::{self, Readings};
use super::{Call, Event, Log, Version, Waiting, put, text};
use serde_json::{Value, json};

/// Readings of one event; the rest of a long `transactionData` goes before it.
const READINGS_MAX: usize = 2_000;

impl Log {
    pub(super) fn one(&mut self, call: &Call<'_>) -> Result<(), String> {
        match call.action {
            "StartTransaction" => self.start_transaction(call),
            "StopTransaction" => self.stop_transaction(call),
            "MeterValues" => {
                let transaction = Some(&call.payload["transactionId"]);
                self.meter_values(call, "connectorId", transaction.filter(|id| !id.is_null()))
            }
            "StatusNotification" => self.connector_status(call),
            "BootNotification" => {
                self.boot(
                    call,
                    json!({
                        "vendor": text(call.payload, "chargePointVendor"),
                        "model": text(call.payload, "chargePointModel"),
                        "firmware": text(call.payload, "firmwareVersion"),
                    }),
                );
                Ok(())
            }
            _ => self.authorize(call, text(call.payload, "idTag")),
        }
    }

    fn start_transaction(&mut self, call: &Call<'_>) -> Result<(), String> {
        let payload = call.payload;
        let time = text(payload, "timestamp").ok_or("it has no timestamp")?;
        let mut data = json!({ "evse": payload["connectorId"] });
        put(&mut data, "meterStart", Some(payload["meterStart"].clone()));
        if let Some(token) = text(payload, "idTag") {
            data["token"] = token.into();
            let start = format!("{} {time}", payload["connectorId"]);
            let linked = self.drivers.link(call.station, start, call.at, token);
            put(&mut data, "authorization", linked.map(Value::from));
        }
        let event = Event {
            kind: "session_started",
            part: String::new(),
            time: time.to_owned(),
            data,
        };
        let place = self.add(call, event);
        let key = (call.station.to_owned(), call.id.to_owned());
        self.waiting.insert(key, Waiting::Start(place));
        Ok(())
    }

    /// The answer names the transaction.
    pub(super) fn started(&mut self, station: &str, place: usize, transaction: &Value) {
        let Some(data) = self.data_mut(place) else {
            return;
        };
        data["transaction"] = transaction.clone();
        let token = data["token"].as_str().map(str::to_owned);
        self.drivers.opened(station, transaction, token.as_deref());
    }

    fn stop_transaction(&mut self, call: &Call<'_>) -> Result<(), String> {
        let payload = call.payload;
        let time = text(payload, "timestamp").ok_or("it has no timestamp")?;
        let mut found = Readings::default();
        for element in payload["transactionData"].as_array().into_iter().flatten() {
            if let Err(reason) = readings::of(element, Version::OneSix, &mut found) {
                let name = Some(format!("{} {}", call.station, call.action));
                self.refuse(call.row, name, format!("{reason}: left out"));
            }
        }
        let transaction = &payload["transactionId"];
        let samples = self.split(call, json!({ "transaction": transaction }), time, found);
        let mut data = json!({ "transaction": transaction, "samples": samples });
        put(&mut data, "meterStop", Some(payload["meterStop"].clone()));
        put(
            &mut data,
            "reason",
            text(payload, "reason").map(Value::from),
        );
        put(&mut data, "token", text(payload, "idTag").map(Value::from));
        self.drivers.closed(call.station, transaction);
        let event = Event {
            kind: "session_ended",
            part: String::new(),
            time: time.to_owned(),
            data,
        };
        self.add(call, event);
        Ok(())
    }

    fn connector_status(&mut self, call: &Call<'_>) -> Result<(), String> {
        let payload = call.payload;
        let status = text(payload, "status").ok_or("it has no status")?;
        let mut data = json!({ "evse": payload["connectorId"], "status": status });
        put(
            &mut data,
            "errorCode",
            text(payload, "errorCode").map(Value::from),
        );
        let vendor = text(payload, "vendorErrorCode").map(Value::from);
        put(&mut data, "vendorError", vendor);
        self.status(call, text(payload, "timestamp"), data);
        Ok(())
    }

    /// A status as it was told; without a time, when the line was written.
    pub(super) fn status(&mut self, call: &Call<'_>, time: Option<&str>, data: Value) {
        let event = Event {
            kind: "connector_status_changed",
            part: String::new(),
            time: time.map_or_else(|| call.at.to_string(), str::to_owned),
            data,
        };
        self.add(call, event);
    }

    /// Tells the readings that are too many for one event before it; gives the rest.
    pub(super) fn split(
        &mut self,
        call: &Call<'_>,
        about: Value,
        time: &str,
        mut found: Readings,
    ) -> Vec<Value> {
        for unused in std::mem::take(&mut found.unused) {
            self.unused(unused, call.station);
        }
        let mut samples = found.samples;
        let mut part: usize = 0;
        while samples.len() > READINGS_MAX {
            let rest = samples.split_off(READINGS_MAX);
            let mut data = about.clone();
            data["samples"] = std::mem::replace(&mut samples, rest).into();
            let event = Event {
                kind: "session_updated",
                part: part.to_string(),
                time: time.to_owned(),
                data,
            };
            self.add(call, event);
            part = part.saturating_add(1);
        }
        samples
    }

    /// `MeterValues` of both versions: an event for each element, so that each goes to the session
    /// of its own time where no transaction is named.
    pub(super) fn meter_values(
        &mut self,
        call: &Call<'_>,
        place: &str,
        transaction: Option<&Value>,
    ) -> Result<(), String> {
        let evse = call.payload[place].as_u64().filter(|evse| *evse > 0);
        if evse.is_none() && transaction.is_none() {
            self.unused(
                "MeterValues: of the station's own meter".to_owned(),
                call.station,
            );
            return Ok(());
        }
        let elements = call.payload["meterValue"].as_array();
        for (index, element) in elements.into_iter().flatten().enumerate() {
            let mut found = Readings::default();
            let time = readings::of(element, self.version, &mut found)?;
            for unused in std::mem::take(&mut found.unused) {
                self.unused(unused, call.station);
            }
            if found.samples.is_empty() {
                continue;
            }
            let mut data = json!({ "samples": found.samples });
            put(&mut data, "evse", evse.map(Value::from));
            put(&mut data, "transaction", transaction.cloned());
            let event = Event {
                kind: "session_updated",
                part: index.to_string(),
                time,
                data,
            };
            self.add(call, event);
        }
        Ok(())
    }

    pub(super) fn boot(&mut self, call: &Call<'_>, data: Value) {
        let event = Event {
            kind: "station_booted",
            part: String::new(),
            time: call.at.to_string(),
            data,
        };
        self.add(call, event);
    }

    /// A driver asks to charge, unless the token is presented to end what it began.
    pub(super) fn authorize(&mut self, call: &Call<'_>, token: Option<&str>) -> Result<(), String> {
        let token = token.ok_or("it names no token")?;
        if self.drivers.is_charging(call.station, token) {
            self.unused(
                "Authorize: of a driver who charges".to_owned(),
                call.station,
            );
            return Ok(());
        }
        let authorization = format!("{}@{}", call.id, call.at);
        let event = Event {
            kind: "authorization_requested",
            part: String::new(),
            time: call.at.to_string(),
            data: json!({ "authorization": authorization, "token": token }),
        };
        let place = self.add(call, event);
        let named = (authorization, place);
        self.drivers.asked(call.station, call.at, token, named);
        let key = (call.station.to_owned(), call.id.to_owned());
        self.waiting.insert(key, Waiting::Request(place));
        Ok(())
    }
}
