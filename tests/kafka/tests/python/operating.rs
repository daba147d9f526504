//! What operators do, on a real broker with a real schema registry beside it: topics, the desk, dead
//! letters, and a second process that only looks.

use crate::interpreter::{at, done};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::Stdio;
use wattledger_kafka_tests::{Broker, SchemaRegistry, of_checkout};
use wattledger_runtime::log::kafka::{KafkaLog, KafkaSettings, TopicPlan};
use wattledger_tests_live::{Engine, Place, Told, allowed, events, eventually};

const REGISTRY: &str = "WATTLEDGER_SCHEMA_REGISTRY";

fn create(place: &Place, broker: &Broker, partitions: &str) -> Told {
    let words = ["topics", "create", "--partitions", partitions];
    place.ask(&[&words[..], &["--kafka", broker.bootstrap()]].concat())
}

#[test]
fn topics_are_made_once_checked_by_name_and_keep_their_partitions() {
    let (broker, place) = (Broker::start(), Place::new());
    // Somebody has made one of them by hand.
    let log = KafkaLog::open(KafkaSettings::new(broker.bootstrap())).unwrap();
    let by_hand = TopicPlan {
        name: "sessions-changelog".into(),
        partitions: 4,
        settings: BTreeMap::from([
            ("cleanup.policy", "compact".to_owned()),
            ("delete.retention.ms", "1000".to_owned()),
        ]),
        groups: Vec::new(),
    };
    log.admin().unwrap().create(&[by_hand], 1).unwrap();

    assert_ne!(create(&place, &broker, "4").code, 255);
    let check = [
        "topics",
        "check",
        "--partitions",
        "4",
        "--kafka",
        broker.bootstrap(),
    ];
    let told = place.ask(&check);
    assert_eq!(told.code, 1, "{told:?}");
    for said in [
        "sessions-changelog",
        "delete.retention.ms",
        "86400000",
        "1000",
    ] {
        assert!(told.out.contains(said), "{said}: {told:?}");
    }

    let other = create(&place, &broker, "8");
    assert_eq!(other.code, 1, "{other:?}");
    let words = format!("{}{}", other.out, other.err);
    for said in ["charging.events", "partitions", "8", "4"] {
        assert!(words.contains(said), "{said}: {other:?}");
    }
}

/// A live engine on the broker and the registry with the demo configuration.
fn engine(broker: &Broker, registry: &SchemaRegistry, place: &Place) -> Engine {
    assert_eq!(create(place, broker, "4").code, 0);
    let run = [
        "run",
        "--listen",
        "127.0.0.1:0",
        "--kafka",
        broker.bootstrap(),
    ];
    let mut command = place.command(&run);
    command.env(REGISTRY, registry.address());
    let engine = place.start_as(command);
    eventually("a ready engine", || engine.is_ready().then_some(()));
    let demo = of_checkout("crates/cli/demo/demo.yaml");
    let _ = place.done(&["apply", "-f", demo.to_str().unwrap()]);
    engine
}

/// Waits until the desk lists so many sessions.
fn waiting(place: &Place, count: usize) -> Vec<Value> {
    eventually("what waits", || {
        let list = place.done(&["review", "list", "--json"]).json();
        let items = list["items"].as_array().unwrap().clone();
        (items.len() == count).then_some(items)
    })
}

/// Documents that a session's story names.
fn documents(place: &Place, session: &str) -> usize {
    let story = place.done(&["session", session, "--json"]).json();
    let items = story["items"].as_array().unwrap();
    items
        .iter()
        .filter(|item| item["part"] == "document")
        .count()
}

#[test]
fn a_desk_and_dead_letters_work_on_a_broker_with_a_registry() {
    let (broker, registry, place) = (Broker::start(), SchemaRegistry::start(), Place::new());
    let engine = engine(&broker, &registry, &place);

    // A register that cannot be, decided by a person.
    allowed(&place, &engine, "jump");
    let mut jumped = events::session("jump");
    jumped[3]["data"]["meterStop"] = json!(1_000_000);
    engine.take(&jumped);
    let session = waiting(&place, 1)[0]["session"]
        .as_str()
        .unwrap()
        .to_owned();
    let decide = [
        "review",
        "decide",
        &session,
        "correct",
        "--meter-stop",
        "105000",
    ];
    let why = ["--reason", "photo of the meter", "--by", "ada"];
    let decided = place.done(&[&decide[..], &why].concat());
    assert!(decided.out.contains("Carried out"), "{decided:?}");
    waiting(&place, 0);
    eventually("its invoice", || {
        (documents(&place, &session) == 1).then_some(())
    });

    // An end that the gateway has garbled, mended and driven in again.
    allowed(&place, &engine, "garbled");
    let garbled = events::session("garbled");
    engine.take(&garbled[..3]);
    let mut text = garbled[3].clone();
    text["data"]["evse"] = json!("one");
    let text = text.to_string();
    done(
        at(&broker, "topics.py")
            .args(["--send", &text])
            .arg("gateway.events"),
    );
    let letter = eventually("a dead letter", || {
        let list = place.done(&["dead-letter", "list", "--json"]).json();
        let letter = list["items"].as_array()?.first()?.clone();
        Some(format!(
            "{}/{}/{}",
            letter["topic"].as_str()?,
            letter["partition_number"],
            letter["record_offset"]
        ))
    });
    let mended = place.write("end.json", garbled[3].to_string());
    let redrive = ["dead-letter", "redrive", &letter, "--event", &mended];
    let why = ["--reason", "the gateway was mended", "--by", "ada"];
    let _ = place.done(&[&redrive[..], &why].concat());
    eventually("both invoices", || {
        let list = place.done(&["get", "sessions", "--json"]).json();
        let sessions = list["items"].as_array().unwrap().clone();
        let ids = sessions.iter().map(|session| session["session"].as_str());
        let billed = ids.flatten().filter(|id| documents(&place, id) == 1);
        (billed.count() == 2).then_some(())
    });

    engine.stop();
    let audit = |registry: &str| {
        let mut command = place.command(&["audit", "--json"]);
        command.env(REGISTRY, registry).stderr(Stdio::inherit());
        let output = command.output().unwrap();
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let found = audit(registry.address());
    assert_eq!(found["verdict"], "clean", "{found}");
}
