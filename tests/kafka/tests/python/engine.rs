//! Both programs around a live engine on Kafka: what the gateway sends, the ledger has in its books.

use crate::interpreter::{at, direct, done, lines};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use wattledger_kafka_tests::{Broker, of_checkout};
use wattledger_tests_live::{Engine, Place, events, eventually};

const PATIENCE: Duration = Duration::from_secs(60);

/// ledger.py that follows; it ends with its value.
struct Follower {
    child: Child,
    reports: Receiver<Value>,
}

impl Follower {
    fn start(broker: &Broker, place: &Place) -> Self {
        let mut command = direct("ledger.py");
        command.args(["--kafka", broker.bootstrap(), "--json", "--follow"]);
        command.args(["--ledger", &place.path("ledger.db")]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let printed = BufReader::new(child.stdout.take().unwrap());
        let (told, reports) = channel();
        std::thread::spawn(move || {
            for line in printed.lines().map_while(Result::ok) {
                let report: Value = serde_json::from_str(&line).unwrap();
                if told.send(report).is_err() {
                    return;
                }
            }
        });
        Self { child, reports }
    }

    /// The first report of so many documents with every payment fact posted and a capture for each.
    fn report_of(&self, documents: u64) -> Value {
        loop {
            let report = self.reports.recv_timeout(PATIENCE).unwrap();
            assert_eq!(report["holds"], true, "{report}");
            let mut checks = report["checks"].as_array().unwrap().iter();
            let chain = checks.find(|check| check["name"].as_str().unwrap().contains("hashed"));
            let all_paid = account(&report, "ar:driver")["balance"] == 0;
            let posted = report["facts_not_posted"] == json!([]);
            if chain.unwrap()["checked"] == documents && all_paid && posted {
                return report;
            }
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn account<'a>(report: &'a Value, ledger: &str) -> &'a Value {
    let mut lines = report["trial_balance"].as_array().unwrap().iter();
    lines
        .find(|line| line["ledger"] == ledger)
        .unwrap_or(&Value::Null)
}

/// A live engine on the broker's topics with the demo configuration.
fn engine(broker: &Broker, place: &Place) -> Engine {
    let kafka = ["--kafka", broker.bootstrap()];
    let create = ["topics", "create", "--partitions", "4"];
    let _ = place.done(&[&create[..], &kafka[..]].concat());
    let run = ["run", "--listen", "127.0.0.1:0"];
    let engine = place.start_as(place.command(&[&run[..], &kafka[..]].concat()));
    eventually("a ready engine", || engine.is_ready().then_some(()));
    let demo = of_checkout("crates/cli/demo/demo.yaml");
    let _ = place.done(&["apply", "-f", demo.to_str().unwrap()]);
    engine
}

/// The events that gateway.py reports as taken, of half an hour up to `end`.
fn sent(broker: &Broker, end: &str, arguments: &[&str]) -> Vec<Value> {
    let mut gateway = at(broker, "gateway.py");
    gateway.args(["--end", end, "--minutes", "30", "--kwh", "5"]);
    lines(&done(gateway.args(arguments)))
}

#[test]
fn what_a_gateway_sends_is_billed_paid_and_in_the_books() {
    let (broker, place) = (Broker::start(), Place::new());
    let engine = engine(&broker, &place);
    let books = Follower::start(&broker, &place);
    let end = events::ago(60);
    let send = |arguments: &[&str]| sent(&broker, &end, arguments);
    let json = send(&["--transaction", "in-json"]);
    let again = send(&["--transaction", "in-json"]);
    assert_eq!(json.len(), again.len());
    send(&["--transaction", "in-avro", "--format", "avro"]);
    send(&["--transaction", "trusted", "--trusted"]);

    let report = books.report_of(3);
    let taken = account(&report, "psp:simulated:receivable");
    let energy = account(&report, "rev:energy");
    // Three times the same session: the same amounts to the cent, and nothing for what came again.
    assert_eq!(taken["debit"].as_i64().unwrap() % 3, 0, "{report}");
    assert_eq!(energy["credit"].as_i64().unwrap() % 3, 0, "{report}");
    assert_eq!(report["repeats"], 0);

    let id = json[0]["id"].as_str().unwrap();
    let place_of_fate = format!("/v1/events/gateway%3Aexample/{id}");
    let fate = eventually("both arrivals in the views", || {
        let fate = engine.get(&place_of_fate).json();
        (fate["outcomes"].as_array()?.len() == 1).then_some(fate)
    });
    assert_eq!(fate["fate"], "folded", "{fate}");
    assert_eq!(fate["outcomes"][0]["outcome"], "duplicate", "{fate}");

    let bad = ["no event", "{\"specversion\": \"1.0\"}", ""];
    let sends = bad.iter().flat_map(|text| ["--send", text]);
    done(at(&broker, "topics.py").args(sends).arg("gateway.events"));
    let letters = eventually("three dead letters", || {
        let letters = lines(&done(at(&broker, "topics.py").arg("dead-letter")));
        (letters.len() == bad.len()).then_some(letters)
    });
    for letter in letters {
        let headers = &letter["headers"];
        assert_eq!(headers["topic"], "gateway.events", "{letter}");
        assert_eq!(headers["stage"], "intake", "{letter}");
    }
    engine.stop();
    let audit = place.done(&["audit", "--json"]).json();
    assert_eq!(audit["verdict"], "clean", "{audit}");
}
