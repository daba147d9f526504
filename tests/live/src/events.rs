//! Events of one session at the demo station.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use std::time::{Duration, SystemTime};

/// The source of every event here.
pub const SOURCE: &str = "gateway:live/1";

/// A time so many seconds ago, RFC 3339.
#[must_use]
pub fn ago(seconds: u64) -> String {
    let at = SystemTime::now().checked_sub(Duration::from_secs(seconds));
    DateTime::<Utc>::from(at.unwrap_or(SystemTime::UNIX_EPOCH))
        .to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// An event of the demo station.
#[must_use]
pub fn event(kind: &str, id: &str, seconds_ago: u64, data: &Value) -> Value {
    json!({
        "specversion": "1.0",
        "type": format!("wattledger.charging.{kind}.v1"),
        "source": SOURCE,
        "id": id,
        "subject": "demo-station",
        "time": ago(seconds_ago),
        "data": data,
    })
}

/// A guest asks to charge with a card.
#[must_use]
pub fn asked(name: &str) -> Value {
    let method = json!({ "token": "tok_visa_ok", "label": "visa 4242" });
    let data = json!({ "authorization": format!("auth-{name}"), "evse": 1, "method": method });
    event(
        "authorization_requested",
        &format!("{name}-ask"),
        1_860,
        &data,
    )
}

/// The session's start, two readings and end: 5 kWh in half an hour, with a gapless sequence.
#[must_use]
pub fn session(name: &str) -> Vec<Value> {
    let authorization = format!("auth-{name}");
    let started = json!({
        "evse": 1, "transaction": name, "sequence": 0, "authorization": authorization,
        "meterStart": 100_000, "state": "Charging",
    });
    let updated = |sequence: u8, register: u32| {
        json!({
            "evse": 1, "transaction": name, "sequence": sequence, "state": "Charging",
            "samples": [{ "value": register }],
        })
    };
    let ended = json!({
        "evse": 1, "transaction": name, "sequence": 3, "meterStop": 105_000,
        "reason": "EVDisconnected",
    });
    vec![
        event("session_started", &format!("{name}-0"), 1_830, &started),
        event(
            "session_updated",
            &format!("{name}-1"),
            1_230,
            &updated(1, 101_500),
        ),
        event(
            "session_updated",
            &format!("{name}-2"),
            630,
            &updated(2, 103_500),
        ),
        event("session_ended", &format!("{name}-3"), 30, &ended),
    ]
}
