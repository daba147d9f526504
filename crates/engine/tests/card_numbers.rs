//! Card numbers at every door, in every text, number, name, key and id: none is ever kept or said.
//!
//! Planted in what gateways, files and operators send, readable or not; looked for in every topic but
//! the gateways' own, in RocksDB's keys and values, in SQLite, in all files, and in what is logged.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test: a panic is a failure"
)]

use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use wattledger_domain::charging::{ChargingRecord, FieldEvent};
use wattledger_domain::control::{ControlRecord, ControlTick, TickedStages};
use wattledger_domain::ids::TokenHash;
use wattledger_domain::time::Timestamp;
use wattledger_engine::directory::Directory;
use wattledger_engine::intake::{self, Door};
use wattledger_engine::opening::{EngineConfig, Opened, open};
use wattledger_engine::pipeline::Pipeline;
use wattledger_engine::project::Projector;
use wattledger_runtime::log::FetchLimit;
use wattledger_runtime::{Outgoing, Record, RocksStore, Store as _, Visibility};
use wattledger_wire::topics::{charging, control};
use wattledger_wire::{documents, imports};

/// 2026-05-04T08:00:00Z.
const NOW: Timestamp = Timestamp(1_777_881_600_000);

/// Numbers and how people write them.
const PLANTED: [&str; 8] = [
    "4242424242424242",
    "5555 5555 5555 4444",
    "3782-822463-10005",
    "6011.1111.1111.1117",
    "4111\u{a0}1111\u{a0}1111\u{a0}1111",
    "3566002020360505",
    "6759649826438453",
    "2223003122003222",
];

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// An event of every type, as gateways send them.
fn events() -> Vec<Value> {
    let doc = include_str!("../../../docs/events.md");
    let blocks = doc
        .split("```json\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next());
    let events: Vec<Value> = blocks
        .filter_map(|block| serde_json::from_str(block).ok())
        .filter(|event: &Value| event["specversion"] == "1.0")
        .collect();
    assert_eq!(events.len(), 6);
    events
}

/// Pointers of every place of a value, inner ones too.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields
            .iter()
            .for_each(|(name, field)| places(field, &format!("{at}/{name}"), found)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(index, item)| places(item, &format!("{at}/{index}"), found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    found.push(at.to_owned());
}

/// A value with a number planted, in every way and place: as a text among others, as a number, as
/// the name of a field.
fn planted(clean: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    places(clean, "", &mut found);
    let mut all = Vec::new();
    for (turn, place) in found.iter().enumerate() {
        let written = PLANTED[turn % PLANTED.len()];
        let mut text = clean.clone();
        *text.pointer_mut(place).unwrap() = format!("about {written} here").into();
        all.push(text);
        let mut number = clean.clone();
        *number.pointer_mut(place).unwrap() =
            digits(written).parse::<u64>().map(Value::from).unwrap();
        all.push(number);
        let mut named = clean.clone();
        if let Some(fields) = named.pointer_mut(place).unwrap().as_object_mut() {
            fields.insert(written.to_owned(), json!({ "x": written }));
            all.push(named);
        }
    }
    all
}

/// What is logged.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<u8>>>);

impl Write for Said {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[track_caller]
fn clean(bytes: &[u8], what: &str) {
    for written in PLANTED {
        for shown in [written.as_bytes(), digits(written).as_bytes()] {
            let found = bytes
                .windows(shown.len())
                .position(|window| window == shown);
            assert_eq!(found, None, "{written} is in {what}");
        }
    }
}

fn record(opened: &Opened, key: &str, value: &[u8], offset: i64) -> Record {
    Record {
        topic: Arc::clone(&opened.topics.gateway_events),
        partition: 0,
        offset,
        key: key.into(),
        value: Some(value.to_vec()),
        link: None,
        headers: Vec::new(),
    }
}

/// What the doors make of everything planted, as records for the log. Faults go to `said`.
fn admitted(opened: &Opened, said: &mut String) -> Vec<Outgoing> {
    let mut directory =
        Directory::open(&opened.log, &opened.topics, opened.secret.clone(), None).unwrap();
    directory.refresh().unwrap();
    let door = Door {
        directory: &directory,
        received_at: NOW,
    };
    let mut out = Vec::new();
    let mut take = |read: Result<Vec<FieldEvent>, String>, out: &mut Vec<Outgoing>| match read {
        Ok(events) => out.extend(
            events
                .into_iter()
                .map(|event| intake::record(&opened.topics, event)),
        ),
        Err(fault) => said.push_str(&fault),
    };
    for clean in events() {
        take(
            door.event(&clean)
                .map(|event| vec![event])
                .map_err(|fault| fault.to_string()),
            &mut out,
        );
        for (number, event) in planted(&clean).into_iter().enumerate() {
            let text = event.to_string();
            let offset = i64::try_from(number).unwrap();
            // HTTP, alone and in a batch; an import.
            let fault = |fault: wattledger_wire::cloud_events::EventFault| fault.to_string();
            take(door.single(text.as_bytes()).map_err(fault), &mut out);
            take(
                door.batch(format!("[{text}]").as_bytes()).map_err(fault),
                &mut out,
            );
            let imported = imports::lines::read(text.as_bytes()).unwrap();
            imported
                .refused
                .iter()
                .for_each(|refused| take(Err(refused.reason.clone()), &mut out));
            // Kafka: whole, cut off, escaped, and with a number for a key.
            let escaped = text.replace('4', "\\u0034");
            for bytes in [
                text.as_bytes(),
                &text.as_bytes()[..text.len() - 2],
                escaped.as_bytes(),
            ] {
                let record = record(opened, PLANTED[number % PLANTED.len()], bytes, offset);
                match door.record(&record) {
                    Ok(event) => take(Ok(event.into_iter().collect()), &mut out),
                    Err(aside) => {
                        out.push(intake::dead_letter(&opened.topics, &record, &aside, NOW));
                    }
                }
            }
        }
    }
    out
}

/// Avro of a gateway: every event with a number in each of its texts, and cut off.
fn in_avro(opened: &Opened) -> Vec<Outgoing> {
    let mut directory =
        Directory::open(&opened.log, &opened.topics, opened.secret.clone(), None).unwrap();
    directory.refresh().unwrap();
    let door = Door {
        directory: &directory,
        received_at: NOW,
    };
    let mut out = Vec::new();
    for (turn, event) in events().iter().enumerate() {
        let mut event = door.event(event).unwrap();
        let written = PLANTED[turn % PLANTED.len()];
        event.station = wattledger_domain::ids::StationId::new(written);
        let bytes = charging::encode(&ChargingRecord::Field(event));
        for bytes in [&bytes[..], &bytes[..bytes.len() - 1]] {
            let record = record(opened, "gateway", bytes, 0);
            let aside = door.record(&record).unwrap_err();
            out.push(intake::dead_letter(&opened.topics, &record, &aside, NOW));
        }
    }
    out
}

/// What a trusted gateway wrote past the door, and no stage can read.
fn trusted(opened: &Opened) -> Vec<Outgoing> {
    let record = |written: &&str| {
        let key = format!("default/{written}");
        let mut bytes = vec![0xC3, 0x01];
        bytes.extend_from_slice(written.as_bytes());
        Outgoing::keyed(&opened.topics.charging_events, key.into(), bytes)
    };
    PLANTED.iter().map(record).collect()
}

/// Documents of an operator.
fn documents(said: &mut String) {
    let document = json!({ "kind": "Account", "id": "driver",
        "spec": { "name": "D", "method": { "token": "tok_visa_ok", "label": "visa" } } });
    for value in planted(&document) {
        let hash = |_: &str| TokenHash([7; 16]);
        match documents::submission(&value, &hash) {
            Ok(submission) => clean(submission.document.text.as_bytes(), "a document"),
            Err(fault) => said.push_str(&fault.to_string()),
        }
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found)
        } else {
            found.push(path)
        }
    }
}

/// Keys and values of a RocksDB, decompressed.
fn looked_into(store: &Path) -> usize {
    let name = store.display().to_string();
    let mut count = 0;
    let store = RocksStore::open(store).unwrap();
    store
        .scan(&[], &mut |key, value| {
            clean(key, &name);
            clean(value, &name);
            count += 1;
        })
        .unwrap();
    count
}

/// Every RocksDB, and every file as it stands.
fn looked_through(folder: &Path) -> usize {
    let mut all = Vec::new();
    files(folder, &mut all);
    let stores = all
        .iter()
        .filter(|path| path.file_name().is_some_and(|name| name == "CURRENT"))
        .filter_map(|path| path.parent());
    let count = stores.map(looked_into).sum();
    let mut all = Vec::new();
    files(folder, &mut all);
    for path in all {
        clean(&std::fs::read(&path).unwrap(), &path.display().to_string());
    }
    count
}

/// Folds and projects records in a directory; what is logged meanwhile.
fn folded(folder: &Path, make: impl FnOnce(&Opened) -> Vec<Outgoing>) -> (Opened, Vec<u8>) {
    let logged = Said::default();
    let sink = logged.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || sink.clone())
        .finish();
    let opened = tracing::subscriber::with_default(subscriber, || {
        let config = EngineConfig::new(folder);
        let opened = open(&config, None, b"secret").unwrap();
        let mut producer = opened.log.producer("test").unwrap();
        producer.begin().unwrap();
        for record in make(&opened) {
            producer.send(record).unwrap();
        }
        producer.commit().unwrap();
        let mut pipeline =
            Pipeline::open(&opened.log, &opened.topics, &config.pipeline(0)).unwrap();
        while pipeline.step().unwrap() {}
        pipeline.settle().unwrap();
        let mut projector = Projector::open(&opened.log, &opened.topics, &opened.views).unwrap();
        while projector.step(&opened.views).unwrap() {}
        opened
    });
    let logged = logged.0.lock().unwrap().clone();
    (opened, logged)
}

#[test]
fn card_numbers_are_never_kept_and_never_said() {
    let folder = tempfile::tempdir().unwrap();
    let mut said = String::new();
    let (opened, logged) = folded(folder.path(), |opened| {
        let mut records = admitted(opened, &mut said);
        records.extend(in_avro(opened));
        records.push(tick(opened));
        assert!(records.len() > 500, "{}", records.len());
        records
    });
    documents(&mut said);
    drop(opened);
    assert!(said.contains("[PAN:4242]"), "nothing was refused");
    clean(said.as_bytes(), "what is answered");
    clean(&logged, "what is logged");
    let count = looked_through(folder.path());
    assert!(count > 500, "only {count} entries were looked at");
}

#[test]
fn what_a_trusted_gateway_wrote_past_the_door_goes_no_further() {
    let folder = tempfile::tempdir().unwrap();
    let (opened, logged) = folded(folder.path(), trusted);
    let mut letters = opened
        .log
        .consumer("dead-letter", Visibility::Process)
        .unwrap();
    let (limit, mut found) = (
        FetchLimit {
            records: 100,
            bytes: 1 << 20,
        },
        Vec::new(),
    );
    for partition in 0..opened.log.partitions("dead-letter").unwrap() {
        letters.fetch(partition, 0, limit, &mut found).unwrap();
    }
    assert_eq!(found.len(), PLANTED.len());
    for letter in found {
        let shown = format!("{letter:?}");
        clean(shown.as_bytes(), "a dead letter");
        clean(&letter.value.unwrap(), "a dead letter");
        letter
            .headers
            .iter()
            .for_each(|(_, value)| clean(value, "a header"));
    }
    clean(&logged, "what is logged");
    drop((letters, opened));
    looked_through(&folder.path().join("state"));
    clean(
        &std::fs::read(folder.path().join("views.sqlite")).unwrap(),
        "the views",
    );
}

/// A tick of control.
fn tick(opened: &Opened) -> Outgoing {
    let tick = ControlRecord::Tick(ControlTick {
        at: NOW,
        stages: TickedStages::All,
    });
    let key = wattledger_engine::topics::key("tick");
    Outgoing::keyed(&opened.topics.control_events, key, control::encode(&tick))
}
