//! The newcomer's path: apply, post a session, read its invoice, stop, read it again.

use serde_json::{Value, json};
use std::time::Duration;
use wattledger_tests_live::events::session;
use wattledger_tests_live::{Place, allowed, configured, eventually, of_checkout};

const DEMO: &str = "crates/cli/demo/demo.yaml";

/// The result of each document of a file.
fn results(place: &Place, file: &str) -> Vec<String> {
    let told = place.ask(&["apply", "-f", file, "--json"]).json();
    let documents = told["documents"].as_array().expect("documents").iter();
    documents
        .filter_map(|document| Some(document["result"].as_str()?.to_owned()))
        .collect()
}

#[test]
fn documents_are_recorded_once_changed_once_and_refused_with_file_and_line() {
    let place = Place::new();
    let engine = configured(&place);
    let demo = std::fs::read_to_string(of_checkout(DEMO)).unwrap();
    let file = place.write("demo.yaml", &demo);
    assert_eq!(results(&place, &file), ["unchanged"; 8]);

    let file = place.write("changed.yaml", demo.replace("price: 0.52", "price: 0.53"));
    let dry = place
        .done(&["apply", "-f", &file, "--json", "--dry-run"])
        .json();
    let dry: Vec<&Value> = dry["documents"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|document| document["result"] == "recorded")
        .map(|d| &d["kind"])
        .collect();
    assert_eq!(dry, [&json!("Tariff")]);
    let results_now = results(&place, &file);
    let recorded = results_now.iter().filter(|result| *result == "recorded");
    assert_eq!((recorded.count(), results_now.len()), (1, 8));
    let tariff = place
        .done(&["get", "tariff", "demo-tariff", "--json"])
        .json();
    let versions: Vec<i64> = tariff["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["version"].as_i64().unwrap())
        .collect();
    assert_eq!(versions.len(), 2, "{tariff}");

    let broken = demo.replace(
        "timeZone: Europe/Berlin\n  currency",
        "timeZone: Europe/Berlyn\n  currency",
    );
    let line = broken
        .lines()
        .position(|line| line.contains("Berlyn"))
        .unwrap()
        + 1;
    let file = place.write("broken.yaml", broken);
    let told = place.ask(&["apply", "-f", &file]);
    assert_eq!(told.code, 1, "{told:?}");
    assert!(told.err.contains(&format!("{file}:{line}")), "{told:?}");
    engine.stop();
}

#[test]
fn what_became_of_a_document_before_does_not_colour_what_becomes_of_it_now() {
    let place = Place::new();
    let engine = configured(&place);
    let site = "kind: Site\nid: north\n\
                spec: { name: North, timeZone: Europe/Berlin, legalEntity: n }\n";
    let site = place.write("site.yaml", site);
    assert_eq!(results(&place, &site), ["refused"]);
    let demo = std::fs::read_to_string(of_checkout(DEMO)).unwrap();
    let seller = demo
        .split("---")
        .nth(1)
        .unwrap()
        .replace("demo-energy", "n");
    let seller = place.write("seller.yaml", seller);
    assert_eq!(results(&place, &seller), ["recorded"]);
    assert_eq!(results(&place, &site), ["recorded"]);
    assert_eq!(results(&place, &site), ["unchanged"]);
    engine.stop();
}

#[test]
fn a_session_becomes_an_invoice_that_reads_the_same_with_and_without_the_engine() {
    let place = Place::new();
    let engine = configured(&place);
    allowed(&place, &engine, "first");
    let events = session("first");
    engine.take(&events);
    engine.take(&events[..2]);

    let invoice = eventually("a paid invoice", || {
        let invoices = place.done(&["get", "invoices", "--json"]).json();
        let number = invoices["items"][0]["number"].as_str()?.to_owned();
        let story = place.done(&["invoice", &number, "--json"]).json();
        story.to_string().contains("captured").then_some(number)
    });
    assert!(
        invoice.starts_with("DE-") && invoice.ends_with("-000001"),
        "{invoice}"
    );
    let sessions = place.done(&["get", "sessions", "--json"]).json();
    assert_eq!(
        sessions["items"].as_array().unwrap().len(),
        1,
        "one session: {sessions}"
    );
    let id = sessions["items"][0]["session"].as_str().unwrap().to_owned();

    let fate = |id: &str| engine.get(&format!("/v1/events/gateway%3Alive%2F1/{id}"));
    let report = eventually("the duplicate's outcome", || {
        let report = fate("first-0").json();
        (report["outcomes"]
            .to_string()
            .to_lowercase()
            .contains("duplicate"))
        .then_some(report)
    });
    assert_eq!(report["arrivals"].as_array().unwrap().len(), 2, "{report}");
    let report = fate("first-3").json();
    assert_eq!(report["fate"], "folded", "{report}");
    assert_eq!(fate("never-seen").status, 404);

    // The processor tells of the hold and of the capture by itself too, a moment later.
    eventually("both notices of the processor", || {
        let story = place.done(&["session", &id, "--json"]).out;
        (story.matches("\"webhook\"").count() >= 2).then_some(())
    });
    let asked: [&[&str]; 7] = [
        &["get", "invoices", "--json"],
        &["session", &id, "--json"],
        &["invoice", &invoice, "--json"],
        &["report", "revenue", "--by", "station", "--json"],
        &["report", "usage", "--by", "day", "--json"],
        &["get", "sessions", "--json"],
        &["get", "Account", "--json"],
    ];
    let running: Vec<Value> = asked
        .iter()
        .map(|question| place.done(question).json())
        .collect();
    let audit = place.done(&["audit", "--json"]).json();
    assert_eq!(audit["verdict"], "clean", "{audit}");
    engine.stop();
    assert!(!place.data().join("engine.json").exists());
    let offline: Vec<Value> = asked
        .iter()
        .map(|question| place.done(question).json())
        .collect();
    assert_eq!(running, offline);
    let audit = place.done(&["audit", "--json"]).json();
    assert_eq!(audit["verdict"], "clean", "{audit}");
    assert_eq!(place.words().matches("panicked").count(), 0);
}

#[test]
fn an_engine_with_a_reader_and_half_a_request_on_its_line_ends_when_told() {
    use std::io::Write as _;
    let place = Place::new();
    let mut engine = place.ready();
    let mut half = std::net::TcpStream::connect(engine.address()).unwrap();
    half.write_all(b"POST /v1/events HTTP/1.1\r\nhost: here\r\ncontent-length: 10\r\n\r\n")
        .unwrap();
    let waiting = format!(
        "http://{}/v1/topics/charging.events?cursor=latest&wait_ms=30000",
        engine.address()
    );
    let reader = std::thread::spawn(move || {
        let client = reqwest::blocking::Client::builder()
            .no_proxy()
            .build()
            .unwrap();
        let _ = client.get(waiting).send();
    });
    assert!(engine.is_ready());
    engine.terminate();
    let status = engine.ended(Duration::from_secs(10));
    assert_eq!(status.code(), Some(0), "{}", place.words());
    reader.join().unwrap();
}
