//! A tariff that was wrong, put right on a real broker: what sessions would have come to, and their corrections,
//! once. The sessions and all figures are those of the same test without a broker.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test: a panic is a failure"
)]

#[path = "../../live/tests/rerate/three.rs"]
#[allow(dead_code, reason = "the other test uses all of it")]
mod three;

use serde_json::json;
use three::{
    ELEVEN, FIVE, TWO, after, applied, clean, corrected, decisions, documents, nothing_more,
    rerate, row, sessions_of, shows,
};
use wattledger_kafka_tests::{Broker, of_checkout};
use wattledger_tests_live::{Engine, Place, eventually};

/// A live engine on the broker with the demo's configuration.
fn engine(broker: &Broker, place: &Place) -> Engine {
    let brokers = ["--kafka", broker.bootstrap()];
    let create = ["topics", "create", "--partitions", "2"];
    let _ = place.done(&[&create[..], &brokers].concat());
    let engine = started(place, &brokers);
    let demo = of_checkout("crates/cli/demo/demo.yaml");
    let _ = place.done(&["apply", "-f", demo.to_str().unwrap()]);
    engine
}

fn started(place: &Place, more: &[&str]) -> Engine {
    let run = ["run", "--listen", "127.0.0.1:0"];
    let engine = place.start_as(place.command(&[&run[..], more].concat()));
    eventually("a ready engine", || engine.is_ready().then_some(()));
    engine
}

#[test]
fn sessions_on_a_broker_are_corrected_by_another_version_once_each_to_the_cent() {
    let (broker, place) = (Broker::start(), Place::new());
    let running = engine(&broker, &place);
    let sessions = sessions_of(&place, &running);
    let (five, eleven, two) = (&sessions[&5], &sessions[&11], &sessions[&2]);
    applied(&place, &json!([after()]));

    // What it would come to, for each and in sum; nothing is written.
    let told = rerate(&place, "flat@2", &["--json"]).json();
    shows(row(&told, five), FIVE, "cheaper");
    shows(row(&told, eleven), ELEVEN, "cheaper");
    shows(row(&told, two), TWO, "unchanged");
    for (name, cents) in [
        ("billed_gross", 1_072),
        ("would_be_gross", 833),
        ("difference_gross", -239),
    ] {
        assert_eq!(told["sums"][0][name], cents, "{name}: {told}");
    }
    assert_eq!(told["counts"], json!({ "cheaper": 2, "unchanged": 1 }));
    assert_eq!(decisions(&place), 0, "nothing is written");

    // Without an engine the directory tells the same, and names the command that carries it out.
    running.stop();
    let idle = rerate(&place, "flat@2", &["--json"]).json();
    assert_eq!(idle["sums"], told["sums"]);
    let refused = rerate(&place, "flat@2", &["--apply", "--by", "ada"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    let directory = place.data().display().to_string();
    let command = format!("`wattledger run --data-dir {directory}`");
    assert!(refused.err.contains(&command), "{refused:?}");
    assert_eq!(decisions(&place), 0, "nothing was ordered");

    // That command: the directory remembers its broker.
    let running = started(&place, &[]);
    corrected(&place, "flat@2", [(five, FIVE), (eleven, ELEVEN)]);
    assert_eq!(documents(&place, two), 1);

    // Once more: nothing more.
    nothing_more(&place, [five, eleven]);
    running.stop();
    clean(&place);
}
