//! An import comes to the same however it is cut into turns, killed, repeated or partitioned.

use crate::disturbed::{self, ledger_length};
use crate::outputs::{Outputs, ends};
use crate::program::{Draw, Invocation};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use wattledger_domain::time::Timestamp;
use wattledger_simulator::Scenario;

const PARTITIONS: u32 = 4;
const TURN_RECORDS: &str = "WATTLEDGER_TURN_RECORDS";

/// A day of 10 stations and 40 sessions, as `simulate --out` writes it.
fn events(folder: &Path) -> PathBuf {
    let (from, to) = (Timestamp(1_764_000_000_000), Timestamp(1_764_086_400_000));
    let day = Scenario {
        stations: 10,
        sessions: 40,
        ..Scenario::demo(5, from, to)
    };
    let path = folder.join("events.jsonl");
    let mut file = std::fs::File::create(&path).unwrap();
    for mut event in day.events() {
        let fields = event.as_object_mut().unwrap();
        let received = fields.remove("received_at").unwrap();
        fields.insert("receivedat".to_owned(), received);
        writeln!(file, "{event}").unwrap();
    }
    path
}

/// A folder with the events and a data directory per import.
struct Imports {
    folder: tempfile::TempDir,
    events: PathBuf,
}

impl Imports {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let events = events(folder.path());
        Self { folder, events }
    }

    /// The data directory of a name, made.
    fn directory(&self, name: &str) -> PathBuf {
        let directory = self.folder.path().join(name);
        std::fs::create_dir_all(&directory).unwrap();
        directory
    }

    fn import(&self, directory: &Path) -> Invocation {
        Invocation::new(directory, &["import", self.events.to_str().unwrap()])
    }
}

#[test]
fn the_size_of_turns_shows_nowhere() {
    let imports = Imports::new();
    let outputs = ["500", "7", "1"].map(|records| {
        let directory = imports.directory(records);
        imports
            .import(&directory)
            .with(TURN_RECORDS, records)
            .output();
        Outputs::read(&directory, PARTITIONS)
    });
    let [expected, sevens, ones] = outputs;
    let counts = expected.counts();
    assert!(counts.len() >= 10, "an import fills the topics: {counts:?}");
    expected.assert_same(&sevens, "turns of 500 and 7");
    expected.assert_same(&ones, "turns of 500 and 1");
}

#[test]
fn an_import_killed_at_six_moments_gives_the_same_bytes_and_repeated_changes_nothing() {
    let imports = Imports::new();
    let (undisturbed, killed) = (
        imports.directory("undisturbed"),
        imports.directory("killed"),
    );
    imports.import(&undisturbed).output();
    let moments = (6, ledger_length(&undisturbed));
    disturbed::run(&killed, moments, &mut Draw(11), |number| {
        imports.import(&killed).start(number)
    });
    let expected = Outputs::read(&undisturbed, PARTITIONS);
    expected.assert_same(
        &Outputs::read(&killed, PARTITIONS),
        "undisturbed and killed",
    );

    let before = ends(&killed, PARTITIONS);
    imports.import(&killed).output();
    assert_eq!(before, ends(&killed, PARTITIONS), "the second run wrote");
    expected.assert_same(&Outputs::read(&killed, PARTITIONS), "once and twice");
}

#[test]
fn the_number_of_partitions_changes_no_session_amount_capture_or_posting() {
    let imports = Imports::new();
    let bills = [4, 3, 1].map(|partitions| {
        let directory = imports.directory(&partitions.to_string());
        imports
            .import(&directory)
            .with("WATTLEDGER_PARTITIONS", partitions)
            .output();
        Outputs::read(&directory, partitions).bills()
    });
    let [four, three, one] = bills;
    assert!(
        four.len() > 100,
        "there is something to compare: {}",
        four.len()
    );
    assert_same_bills(&four, &three);
    assert_same_bills(&four, &one);
}

fn assert_same_bills(one: &BTreeSet<String>, other: &BTreeSet<String>) {
    let (left, right): (Vec<_>, Vec<_>) = (
        one.difference(other).take(2).collect(),
        other.difference(one).take(2).collect(),
    );
    assert!(left.is_empty() && right.is_empty(), "{left:#?}\n{right:#?}");
}

/// The sessions of the ACN-Data file that no charger can have metered.
const IMPOSSIBLE: [&str; 2] = [
    "2_39_78_367_2021-08-19 16:44:22.654999",
    "2_39_81_4550_2021-06-03 03:59:13.764668",
];

#[test]
fn the_sessions_of_a_real_network_are_billed_and_the_impossible_ones_held() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/acn_sessions.json");
    let Ok(text) = std::fs::read_to_string(&file) else {
        eprintln!("{} is not here: left out", file.display());
        return;
    };
    let sessions: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(sessions.len(), 2_114);
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path();
    Invocation::new(directory, &["import", file.to_str().unwrap()]).output();

    let audit = printed(directory, &["audit", "--json"]);
    assert_eq!(audit["verdict"], "clean", "{audit:#}");
    let held = printed(directory, &["get", "held", "--json"]);
    assert_eq!(held["items"].as_array().unwrap().len(), 2, "{held:#}");
    let usage = total(directory, "usage", &["sessions", "energy"]);
    let revenue = total(
        directory,
        "revenue",
        &["invoices", "energy", "net", "tax", "gross"],
    );

    let outputs = Outputs::read(directory, PARTITIONS);
    let billed = outputs.billed_names();
    let named = sessions
        .iter()
        .map(|session| session["sessionID"].as_str().unwrap());
    let unbilled: Vec<&str> = named.filter(|name| !billed.contains(*name)).collect();
    assert_eq!(sorted(unbilled), IMPOSSIBLE);
    let sums = outputs.sums();
    assert_eq!(usage, [2_112, sums.energy]);
    let expected = [sums.invoices, sums.energy, sums.net, sums.tax, sums.gross];
    assert_eq!(revenue, expected);
    assert_eq!(sums.invoices, 2_112);
}

/// How the garages' file is read, as docs/field.md has it.
const GARAGES: [&str; 22] = [
    "--delimiter",
    ";",
    "--decimal",
    ",",
    "--missing",
    "NA",
    "--zone",
    "Europe/Oslo",
    "--time-format",
    "%d.%m.%Y %H:%M",
    "--session",
    "session_ID",
    "--station",
    "Garage_ID+Shared_ID|User_ID",
    "--token",
    "User_ID",
    "--start",
    "Start_plugin",
    "--end",
    "End_plugout",
    "--energy",
    "El_kWh",
];

/// Its rows whose length contradicts their ends.
const SUSPECT: [&str; 11] = [
    "1368", "1369", "1370", "1371", "1372", "539", "540", "541", "543", "544", "545",
];
/// Rows without an end whose 0.01 to 0.06 kWh may have come in the second of their start.
const FEW_WH: [&str; 4] = ["5339", "5340", "5342", "5343"];

/// Rows around everything that is odd; all of them with FIELD_FULL=1.
fn is_read(number: u32) -> bool {
    std::env::var_os("FIELD_FULL").is_some()
        || [530..550, 1_360..1_380, 3_140..3_230, 5_045..6_000]
            .iter()
            .any(|rows| rows.contains(&number))
}

/// How many sessions of an import were odd in some way.
fn odd(imported: &Value, what: &str) -> u64 {
    let all = imported["odd"].as_array().unwrap().iter();
    let mut like = all.filter(|odd| odd["what"].as_str().unwrap().contains(what));
    like.next().unwrap_or_else(|| panic!("no {what}"))["count"]
        .as_u64()
        .unwrap()
}

#[test]
fn the_garages_of_trondheim_are_billed_and_what_is_suspect_or_never_ended_waits() {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/trondheim_sessions.csv");
    let Ok(text) = std::fs::read_to_string(&file) else {
        eprintln!("{} is not here: left out", file.display());
        return;
    };
    let (head, rows) = text.split_once('\n').unwrap();
    let number = |row: &str| row.split(';').next().unwrap().parse::<u32>().unwrap();
    let rows: Vec<&str> = rows.lines().filter(|row| is_read(number(row))).collect();
    let endless = rows
        .iter()
        .filter(|row| row.split(';').nth(8) == Some("NA"));
    let endless: BTreeSet<String> = endless.map(|row| number(row).to_string()).collect();
    assert_eq!(endless.len(), 34);
    let folder = tempfile::tempdir().unwrap();
    let part = folder.path().join("garages.csv");
    std::fs::write(&part, format!("{head}\n{}\n", rows.join("\n"))).unwrap();
    let directory = folder.path().join("data");
    std::fs::create_dir(&directory).unwrap();
    let mut words = vec!["import", part.to_str().unwrap(), "--json"];
    words.extend(GARAGES);
    words.extend(["--duration", "Duration_hours"]);
    let imported = printed(&directory, &words);
    assert_eq!(
        (&imported["refused"], &imported["audit"]["verdict"]),
        (&0.into(), &"clean".into())
    );
    for (what, count) in [
        ("no end", 34),
        ("another length", 11),
        ("clocks went back", 17),
        ("clocks went forward", 6),
    ] {
        assert_eq!(odd(&imported, what), count, "{what}");
    }
    if std::env::var_os("FIELD_FULL").is_some() {
        for (what, count) in [
            ("begins and ends at the same time", 17),
            ("same station, driver and start", 10),
            ("driver's session before", 18),
            ("less than 0.1 kWh", 90),
        ] {
            assert_eq!(odd(&imported, what), count, "{what}");
        }
    }

    // Each is billed once, or waits for a person who sees why.
    let billed = Outputs::read(&directory, PARTITIONS).billed_names();
    let report = printed(&directory, &["report", "review", "--json"]);
    let waiting = |reason: &str| {
        let mut rows = report["rows"].as_array().unwrap().iter();
        let found = rows.find(|row| row["of"] == reason);
        found.map_or(0, |row| row["sessions"].as_u64().unwrap())
    };
    let (conflicting, implausible, long) = (
        waiting("conflicting_end"),
        waiting("energy_implausible"),
        waiting("too_long"),
    );
    assert_eq!((conflicting, implausible), (11, 30), "{report:#}");
    let names = rows.iter().map(|row| number(row).to_string());
    let unbilled: BTreeSet<String> = names.filter(|name| !billed.contains(name)).collect();
    assert_eq!(
        u64::try_from(unbilled.len()),
        Ok(waiting("all")),
        "{unbilled:?}"
    );
    assert_eq!(waiting("all"), conflicting + implausible + long);
    assert!(SUSPECT.iter().all(|name| unbilled.contains(*name)));
    let ended = endless.iter().filter(|name| !unbilled.contains(*name));
    assert_eq!(ended.collect::<Vec<_>>(), FEW_WH);

    // The story of one says why.
    let list = printed(
        &directory,
        &["review", "list", "--json", "--reason", "conflicting_end"],
    );
    let session = list["items"][0]["session"].as_str().unwrap();
    let told = Invocation::new(&directory, &["session", session]).output();
    assert!(told.contains("another end was told before"), "{told}");
    assert!(told.contains("for review: conflicting end"), "{told}");
    assert!(told.contains("on the clock of Europe/Oslo"), "{told}");
}

fn sorted(mut names: Vec<&str>) -> Vec<&str> {
    names.sort_unstable();
    names
}

fn printed(directory: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&Invocation::new(directory, arguments).output()).unwrap()
}

/// Adds up columns of a report by station.
fn total(directory: &Path, report: &str, columns: &[&str]) -> Vec<i64> {
    let report = printed(directory, &["report", report, "--by", "station", "--json"]);
    let rows = report["rows"].as_array().unwrap();
    let sum = |column: &&str| rows.iter().map(|row| row[*column].as_i64().unwrap()).sum();
    columns.iter().map(sum).collect()
}
