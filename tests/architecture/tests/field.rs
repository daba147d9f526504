//! docs/field.md beside the code: each of its rows has a test by its number, all of which it names, and
//! its knobs are the simulator's.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const ROWS: u32 = 25;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).expect("a file of the repository")
}

/// The rows of the first table: number and last column.
fn rows(page: &str) -> BTreeMap<u32, String> {
    let (first, _) = page.split_once("\n## ").expect("sections");
    let rows = first.lines().filter_map(|line| {
        let cells: Vec<&str> = line.trim_matches(['|', ' ']).split(" | ").collect();
        let number = cells.first()?.parse().ok()?;
        Some((number, (*cells.last()?).to_owned()))
    });
    rows.collect()
}

/// Every test of a row, by row: module and name.
fn tests() -> BTreeMap<u32, Vec<String>> {
    let mut found: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for folder in ["crates/sessions/src/tests", "crates/wire/src/tests"] {
        for file in std::fs::read_dir(root().join(folder)).expect("a folder of tests") {
            let path = file.expect("an entry").path();
            if path.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            let module = path.file_stem().expect("a name").to_string_lossy();
            let text = std::fs::read_to_string(&path).expect("a file of tests");
            for line in text.lines() {
                let name = line
                    .strip_prefix("fn ")
                    .and_then(|rest| rest.split('(').next());
                let row = name.and_then(|name| {
                    name.strip_prefix("anomaly_")?
                        .split('_')
                        .next()?
                        .parse()
                        .ok()
                });
                if let (Some(name), Some(row)) = (name, row) {
                    let tests = found.entry(row).or_default();
                    tests.push(format!("{module}::{name}"));
                }
            }
        }
    }
    found.values_mut().for_each(|tests| tests.sort());
    found
}

#[test]
fn every_row_of_the_field_names_its_tests() {
    let page = read("docs/field.md");
    let tests = tests();
    let numbers: Vec<u32> = (1..=ROWS).collect();
    assert_eq!(rows(&page).into_keys().collect::<Vec<u32>>(), numbers);
    assert_eq!(tests.keys().copied().collect::<Vec<u32>>(), numbers);
    let mut table = String::new();
    for (row, tests) in &tests {
        let names = tests.join("`, `");
        writeln!(table, "| {row} | `{names}` |").expect("a text takes what is written");
    }
    assert!(
        page.contains(&table),
        "docs/field.md does not have this table:\n{table}"
    );
}

#[test]
fn every_knob_of_the_field_is_the_simulators_by_its_row() {
    let source = read("crates/simulator/src/day/knob.rs");
    let source: String = source.split_whitespace().collect::<Vec<_>>().join(" ");
    for (row, knobs) in rows(&read("docs/field.md")) {
        let mut names = knobs.split('`').skip(1).step_by(2).peekable();
        assert!(names.peek().is_some(), "row {row} has a knob");
        for name in names {
            let said = format!("\"{name}\", {row},");
            assert!(source.contains(&said), "row {row}: {name} is not a knob");
        }
    }
}
