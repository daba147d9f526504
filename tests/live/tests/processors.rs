//! The engine's own processor and one beside it.

#![allow(
    clippy::unwrap_used,
    reason = "in what tests share too: a failure must fail the test"
)]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use wattledger_tests_live::events::session;
use wattledger_tests_live::{Place, allowed, configured, eventually, of_checkout, program};

/// Bills a session and waits until it is paid.
fn paid(place: &Place, engine: &wattledger_tests_live::Engine, name: &str) {
    allowed(place, engine, name);
    engine.take(&session(name));
    eventually("a paid invoice", || {
        let invoices = place.done(&["get", "invoices", "--json"]).json();
        let items = invoices["items"].as_array()?.clone();
        items.iter().find_map(|invoice| {
            let number = invoice["number"].as_str()?;
            let story = place.done(&["invoice", number, "--json"]).out;
            (story.contains(&format!("auth-{name}")) && story.contains("captured")).then_some(())
        })
    });
}

/// The processes that an engine has started.
fn children(process: u32) -> Vec<String> {
    let tasks = std::fs::read_dir(format!("/proc/{process}/task")).unwrap();
    let lists =
        tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("children")).ok());
    let all: Vec<String> = lists.collect();
    all.join(" ")
        .split_whitespace()
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_processor_comes_back_after_the_program_was_replaced_in_place() {
    let place = Place::new();
    std::fs::create_dir(place.data()).unwrap();
    let copy = std::path::PathBuf::from(place.path("wattledger"));
    std::fs::copy(program(), &copy).unwrap();
    let engine = place.start_as(place.command_of(&copy, &["run", "--listen", "127.0.0.1:0"]));
    eventually("a ready engine", || engine.is_ready().then_some(()));
    let demo = std::fs::read_to_string(of_checkout("crates/cli/demo/demo.yaml")).unwrap();
    let _ = place.done(&["apply", "-f", &place.write("demo.yaml", demo)]);
    paid(&place, &engine, "before");

    // What an upgrade does: another file takes the place of the one that runs.
    let next = place.write("wattledger.new", "not a program at all");
    std::fs::rename(next, &copy).unwrap();
    let before = children(engine.process());
    assert_eq!(before.len(), 1, "{before:?}");
    let killed = Command::new("kill").args(["-KILL", &before[0]]).status();
    assert!(killed.unwrap().success());
    paid(&place, &engine, "after");
    assert_ne!(children(engine.process()), before);
    let audit = place.done(&["audit", "--json"]).json();
    assert_eq!(audit["verdict"], "clean", "{audit}");
    engine.stop();
}

#[test]
fn a_processor_that_cannot_start_says_why() {
    let place = Place::new();
    std::fs::create_dir_all(place.data().join("processor.jsonl")).unwrap();
    let told = place.ask(&["run", "--listen", "127.0.0.1:0"]);
    assert_eq!(told.code, 2, "{told:?}");
    let line = told.err.lines().find(|line| line.starts_with("broken: "));
    let line = line.unwrap_or_else(|| panic!("{told:?}"));
    for part in ["did not start", "processor.jsonl", "directory"] {
        assert!(line.contains(part), "{part}: {line}");
    }
}

/// A processor of its own accord; ended with the test.
struct Beside(Child, String);

impl Beside {
    fn start(place: &Place) -> Self {
        let mut command = Command::new(program());
        let mut child = command
            .args([
                "processor",
                "--listen",
                "127.0.0.1:0",
                "--faults",
                "none",
                "--ledger",
            ])
            .arg(place.path("beside.jsonl"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.trim().rsplit(' ').next().unwrap().to_owned();
        Self(child, format!("http://{address}"))
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn payments_are_made_at_the_processor_that_is_named_and_stay_there() {
    let place = Place::new();
    let beside = Beside::start(&place);
    let run = ["run", "--listen", "127.0.0.1:0", "--processor", &beside.1];
    let engine = place.start_as(place.command(&run));
    eventually("a ready engine", || engine.is_ready().then_some(()));
    let demo = std::fs::read_to_string(of_checkout("crates/cli/demo/demo.yaml")).unwrap();
    let _ = place.done(&["apply", "-f", &place.write("demo.yaml", demo)]);
    paid(&place, &engine, "beside");
    assert!(children(engine.process()).is_empty());
    assert!(!place.data().join("processor.jsonl").exists());
    let audit = place.done(&["audit", "--json"]).json();
    assert_eq!(audit["verdict"], "clean", "{audit}");
    engine.stop();

    // Remembered without the flag, and asked for its ledger while no engine runs.
    let audit = place.done(&["audit", "--json"]).json();
    assert_eq!(audit["verdict"], "clean", "{audit}");
    let engine = place.ready();
    paid(&place, &engine, "again");
    assert!(children(engine.process()).is_empty());
    engine.stop();
}

#[test]
fn a_directory_that_has_paid_at_its_own_processor_takes_no_other() {
    let place = Place::new();
    let engine = configured(&place);
    paid(&place, &engine, "own");
    engine.stop();
    let other = [
        "run",
        "--listen",
        "127.0.0.1:0",
        "--processor",
        "http://127.0.0.1:1",
    ];
    let told = place.ask(&other);
    assert_eq!(told.code, 1, "{told:?}");
    assert!(told.err.contains("of its own"), "{told:?}");

    // The journal of what was billed and paid balances, and can be taken to a bookkeeper.
    let exported = place.done(&["journal", "export", "--csv"]);
    let rows: Vec<&str> = exported.out.lines().collect();
    let head = "date,entry_id,document_number,account,debit,credit,currency,text";
    assert_eq!(rows[0], head);
    let of = |word: &str| rows.iter().filter(|row| row.contains(word)).count();
    assert!(of("DE-") >= 4 && of("captured") >= 2, "{exported:?}");
    assert!(exported.err.contains("EUR debit = "), "{exported:?}");
    let none = place.done(&["journal", "export", "--csv", "--to", "2020-01-01"]);
    assert_eq!(none.out.lines().count(), 1, "{none:?}");
    assert_eq!(place.ask(&["journal", "export"]).code, 1);
}
