//! A charger gone wild does not keep the others from being taken in.
#![allow(clippy::unwrap_used, reason = "a test: a panic is a failure")]

use serde_json::{Value, json};
use wattledger_domain::time::Timestamp;
use wattledger_engine::opening::{EngineConfig, open};
use wattledger_engine::service::{Service, ServiceError};

/// 2026-05-04T08:00:00Z.
const NOW: i64 = 1_777_881_600_000;

fn send(service: &Service, station: &str, count: usize, at: i64) -> Result<usize, ServiceError> {
    let event = |number: usize| {
        json!({ "specversion": "1.0", "type": "wattledger.charging.connector_status_changed.v1",
            "source": "gateway", "id": format!("{at}-{number}"), "subject": station,
            "time": "2026-05-04T08:00:00Z", "data": { "evse": 1, "status": "Available" } })
    };
    let batch: Vec<Value> = (0..count).map(event).collect();
    let body = Value::from(batch).to_string();
    service.accept(Timestamp(at), |door| door.batch(body.as_bytes()))
}

#[test]
fn a_station_over_its_share_is_told_to_wait_while_the_others_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(&EngineConfig::new(folder.path()), None, b"secret").unwrap();
    let service = Service::new(opened, "test").unwrap();
    for _ in 0..10 {
        assert_eq!(send(&service, "hot", 1_000, NOW).unwrap(), 1_000);
    }
    let refused = send(&service, "hot", 1, NOW);
    assert!(
        matches!(&refused, Err(ServiceError::Hot(station)) if station == "hot"),
        "{refused:?}"
    );
    assert_eq!(send(&service, "calm", 1_000, NOW).unwrap(), 1_000);
    let waited = NOW.saturating_add(10_000);
    assert!(send(&service, "hot", 1_001, waited).is_err());
    assert_eq!(send(&service, "hot", 1_000, waited).unwrap(), 1_000);
}
