//! ledger.py: comes to the engine's figures, killed or not, and finds what is planted.

use crate::billed::{Billed, FACT_ID, billed, publishing};
use crate::interpreter::{direct, done, ended, lines, program, with_kafka};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use wattledger_kafka_tests::{Broker, of_checkout};
use wattledger_tests_live::{Place, eventually};

/// A schema registry of one schema, for as long as this process lives.
fn registry() -> &'static str {
    static ADDRESS: OnceLock<String> = OnceLock::new();
    ADDRESS.get_or_init(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let file = of_checkout("schemas/billing/payment_fact.v1.avsc");
        let schema = std::fs::read_to_string(file).unwrap();
        let body = json!({ "schema": schema }).to_string();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let mut asked = String::new();
                BufReader::new(&stream).read_line(&mut asked).unwrap();
                let known = asked.contains(&format!("/schemas/ids/{FACT_ID} "));
                let status = if known { "200 OK" } else { "404 Not Found" };
                let head = format!(
                    "HTTP/1.0 {status}\r\nContent-Length: {}\r\n\r\n",
                    body.len()
                );
                (&stream).write_all((head + &body).as_bytes()).unwrap();
            }
        });
        address
    })
}

/// ledger.py on a file, reading what was published.
fn reading(file: &str) -> Command {
    let mut command = with_kafka("ledger.py");
    command.args(["--json", "--registry", registry(), "--ledger"]);
    command.arg(file);
    command
}

fn proving(file: &str) -> Output {
    let mut command = program("ledger.py");
    command.args([
        "--json",
        "--prove-only",
        "--registry",
        registry(),
        "--ledger",
    ]);
    ended(command.arg(file))
}

/// Names of the proofs that do not hold.
fn broken(report: &Value) -> Vec<&str> {
    let checks = report["checks"].as_array().unwrap().iter();
    let broken = checks.filter(|check| check["offenders"] != json!([]));
    broken
        .map(|check| check["name"].as_str().unwrap())
        .collect()
}

fn report(output: &Output) -> Value {
    let printed = String::from_utf8_lossy(&output.stdout);
    let words = String::from_utf8_lossy(&output.stderr);
    lines(&printed).pop().unwrap_or_else(|| panic!("{words}"))
}

fn rows(file: &str) -> String {
    done(program("plant.py").arg("--dump").arg(file))
}

fn assert_whole(billed: &Billed, report: &Value) {
    assert_eq!(broken(report), Vec::<&str>::new(), "{report}");
    assert_eq!(report["holds"], true);
    assert_eq!(report["repeats"], 0);
    assert_eq!(report["facts_not_posted"], json!([]));
    assert_eq!(report["trial_balance"], billed.trial_balance());
    let checks = report["checks"].as_array().unwrap();
    for check in checks {
        assert!(
            check["checked"].as_u64() > Some(0),
            "nothing looked at: {check}"
        );
    }
    let chain = checks
        .iter()
        .find(|check| check["name"].as_str().unwrap().contains("hashed"));
    assert_eq!(chain.unwrap()["checked"], billed.documents);
}

/// A ledger that was read in one go, once for all tests.
fn whole() -> &'static str {
    static WHOLE: OnceLock<String> = OnceLock::new();
    WHOLE.get_or_init(|| {
        let file = billed().place.path("ledger.db");
        let output = ended(&mut reading(&file));
        assert_whole(billed(), &report(&output));
        file
    })
}

#[test]
fn a_ledger_comes_to_the_engines_figures_and_again_to_the_same() {
    let before = rows(whole());
    let output = ended(&mut reading(whole()));
    assert_whole(billed(), &report(&output));
    assert_eq!(rows(whole()), before, "a second run changed something");
}

#[test]
fn a_ledger_killed_at_work_is_the_same_ledger() {
    let (place, expected) = (Place::new(), rows(whole()));
    let (file, log) = (place.path("ledger.db"), place.path("ledger.db-wal"));
    for _ in 0..4 {
        let length = || std::fs::metadata(&log).map_or(0, |log| log.len());
        let before = length();
        let mut command = direct("ledger.py");
        command.args(["--batch", "1", "--registry", registry()]);
        command.args(["--kafka", Broker::shared().bootstrap(), "--ledger", &file]);
        let mut child = command.stdout(Stdio::null()).spawn().unwrap();
        // A few dozen records further of some hundreds, about 20 kB each in SQLite's log.
        eventually("the ledger to go on", || {
            let ended = child.try_wait().unwrap();
            assert_eq!(ended, None, "it came to its end before it could be killed");
            (length() > before + 300_000).then_some(())
        });
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let output = ended(&mut reading(&file));
    assert_whole(billed(), &report(&output));
    assert_eq!(rows(&file), expected);
}

#[test]
fn a_transaction_that_stays_open_stops_no_ledger_and_shows_nothing() {
    let mut open = publishing(billed());
    open.args(["--from-line", &billed().records.to_string(), "--leave-open"]);
    open.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = open.spawn().unwrap();
    let mut said = String::new();
    let mut printed = BufReader::new(child.stdout.take().unwrap());
    printed.read_line(&mut said).unwrap();
    assert_eq!(said, "open\n");

    let place = Place::new();
    let output = ended(&mut reading(&place.path("ledger.db")));
    assert_whole(billed(), &report(&output));

    drop(child.stdin.take());
    printed.read_to_string(&mut said).unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn what_is_aborted_stops_a_reader_that_does_not_leave_it_out() {
    let place = Place::new();
    billed();
    let mut command = reading(&place.path("ledger.db"));
    let output = ended(command.args(["--setting", "isolation.level=read_uncommitted"]));
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{words}");
    assert!(words.contains("billing."), "the record is named: {words}");
}

#[test]
fn a_record_of_a_registry_that_is_not_named_is_not_skipped() {
    let place = Place::new();
    billed();
    let mut command = with_kafka("ledger.py");
    let output = ended(command.arg("--ledger").arg(place.path("ledger.db")));
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{words}");
    assert!(words.contains("--registry"), "{words}");
}

#[test]
fn every_planted_fault_is_found_by_its_proof() {
    let expected: &[(&str, &str)] = &[
        ("a cent more", "each entry's debits equal"),
        ("an entry less", "the entries of each book are numbered"),
        (
            "a document less",
            "the documents of each series are numbered",
        ),
        ("a document sold to another", "is what was hashed"),
        ("a document in another place", "hashes the one before it"),
        ("another total", "each document adds up"),
        ("revenue as a receivable", "charge to receivables"),
        ("tax as revenue", "credit to VAT"),
        ("a capture posted twice", "at most once"),
        ("a capture of another amount", "with its amount"),
        ("a capture that nobody made", "has its fact"),
    ];
    let names = done(&mut program("plant.py"));
    let names: Vec<&str> = names.lines().collect();
    let listed: Vec<&str> = expected.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, listed);
    let place = Place::new();
    for (name, proof) in expected {
        let copy = place.path("spoilt.db");
        done(program("plant.py").arg(name).arg(whole()).arg(&copy));
        let output = proving(&copy);
        let report = report(&output);
        assert_eq!(output.status.code(), Some(1), "{name}: {report}");
        let found = broken(&report);
        assert!(
            found.iter().any(|found| found.contains(proof)),
            "{name}: {found:?}"
        );
    }
}
