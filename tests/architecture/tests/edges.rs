//! The table of crates and what each may depend on, compared with cargo's own metadata.
//!
//! Invariant: a crate uses lower floors only. A new edge is a new line here and an ADR.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// (crate, our crates it may use, outside crates it may use; `*` = free).
const TABLE: &[(&str, &[&str], &[&str])] = &[
    ("domain", &[], &["rust_decimal", "sha2", "thiserror"]),
    (
        "pricing",
        &["domain"],
        &["chrono", "chrono-tz", "thiserror"],
    ),
    ("catalog", &["domain", "pricing"], &["thiserror"]),
    (
        "sessions",
        &["domain", "pricing"],
        &["smallvec", "thiserror"],
    ),
    ("accounts", &["domain", "pricing"], &["thiserror"]),
    ("invoices", &["domain"], &["thiserror"]),
    ("runtime", &[], &["*"]),
    ("wire", &["domain"], &["*"]),
    ("payments", &["domain"], &["*"]),
    ("views", &["domain"], &["*"]),
    (
        "engine",
        &[
            "domain", "pricing", "catalog", "sessions", "accounts", "invoices", "runtime", "wire",
            "payments", "views",
        ],
        &["*"],
    ),
    ("api", &["wire"], &["*"]),
    ("simulator", &["domain", "payments", "wire"], &["*"]),
    ("cli", &["*"], &["*"]),
];

/// Crates of the pure core: they may not reach a clock, a socket, a disk or chance.
const PURE: &[&str] = &[
    "domain", "pricing", "catalog", "sessions", "accounts", "invoices",
];

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .output()
        .expect("cargo runs");
    serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON")
}

/// Crate (without prefix) → names of its normal dependencies.
fn edges() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().expect("packages");
    let of_ours = packages.iter().filter(|package| {
        package["manifest_path"]
            .as_str()
            .is_some_and(|path| path.contains("/crates/"))
    });
    of_ours
        .map(|package| {
            let name = package["name"].as_str().expect("name");
            let name = name
                .strip_prefix("wattledger-")
                .expect("every package has the prefix");
            let dependencies = package["dependencies"].as_array().expect("dependencies");
            let normal = dependencies
                .iter()
                .filter(|dependency| dependency["kind"].is_null())
                .filter_map(|dependency| dependency["name"].as_str().map(str::to_owned));
            (name.to_owned(), normal.collect())
        })
        .collect()
}

#[test]
fn every_crate_stands_in_the_table() {
    let listed: BTreeSet<&str> = TABLE.iter().map(|(name, _, _)| *name).collect();
    for name in edges().keys() {
        assert!(
            listed.contains(name.as_str()),
            "crate `{name}` is not in the table"
        );
    }
}

#[test]
fn no_crate_uses_what_the_table_does_not_give_it() {
    let edges = edges();
    let mut wrong = Vec::new();
    for (name, ours, outside) in TABLE {
        for dependency in edges.get(*name).into_iter().flatten() {
            let allowed = match dependency.strip_prefix("wattledger-") {
                Some(internal) => ours.contains(&internal) || ours.contains(&"*"),
                None => outside.contains(&dependency.as_str()) || outside.contains(&"*"),
            };
            if !allowed {
                wrong.push(format!("{name} -> {dependency}"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "edges that the table does not allow: {wrong:?}"
    );
}

#[test]
fn every_crate_has_content_and_takes_the_workspace_lints() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../crates");
    for name in edges().keys() {
        let manifest =
            std::fs::read_to_string(format!("{root}/{name}/Cargo.toml")).expect("manifest");
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{name} sets lints of its own"
        );
        let sources = std::fs::read_dir(format!("{root}/{name}/src"))
            .expect("sources")
            .count();
        assert!(sources > 1, "{name} has no content");
    }
}

#[test]
fn the_pure_core_bans_clocks_floats_and_unordered_maps() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../crates");
    for name in PURE {
        let bans =
            std::fs::read_to_string(format!("{root}/{name}/clippy.toml")).expect("clippy.toml");
        for banned in ["HashMap", "SystemTime", "Instant", "f64"] {
            assert!(bans.contains(banned), "{name} does not ban {banned}");
        }
    }
}

#[test]
fn runtime_knows_nothing_of_billing() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../crates/runtime/src");
    let mut pending = vec![std::path::PathBuf::from(root)];
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(folder).expect("folder") {
            let path = entry.expect("entry").path();
            if path.is_dir() {
                pending.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path)
                .expect("source")
                .to_lowercase();
            for word in ["money", "tariff", "invoice", "charging session"] {
                assert!(!text.contains(word), "{} says `{word}`", path.display());
            }
        }
    }
}
