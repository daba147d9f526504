//! Every target on its committed corpus and on seeded changes of it: what a fuzzer found stays
//! mended, on any compiler.
//!
//! `FUZZ_SECONDS=600` changes for so long a target, not 1,500 times. `UPDATE_CORPUS=1` writes the
//! state values anew, as is needed when the version of stored state rises.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test that overflows fails, and says how much it tried"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use wattledger_engine::opening::{EngineConfig, open};
use wattledger_fuzzing::{Chance, STAGES, TARGETS, Target, is_read};
use wattledger_malformed::{Among, Run, run};
use wattledger_runtime::Visibility;
use wattledger_runtime::log::FetchLimit;

/// Changed inputs of a target in an ordinary run.
const CHANGES: u64 = 1_500;
/// What all targets together may add to the process, KiB.
const MEMORY_KIB: u64 = 256 << 10;

fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target)
}

/// In order of names, so that a seed is the same everywhere.
fn corpus(target: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = std::fs::read_dir(folder(target)).expect(target);
    let paths = files.map(|file| file.expect(target).path());
    paths
        .map(|path| {
            let bytes = std::fs::read(&path).expect(target);
            (path, bytes)
        })
        .collect()
}

fn passes(target: Target, bytes: &[u8], what: &str) {
    let passed = std::panic::catch_unwind(|| target(bytes));
    assert!(passed.is_ok(), "{what}: {}", String::from_utf8_lossy(bytes));
}

#[test]
fn every_corpus_passes_its_target() {
    for (name, target) in TARGETS {
        let corpus = corpus(name);
        for (path, bytes) in &corpus {
            assert!(bytes.len() <= 65_536, "{} is too large", path.display());
            passes(*target, bytes, &path.display().to_string());
        }
        assert!(corpus.len() >= 3, "{name} has a corpus of {}", corpus.len());
    }
}

#[test]
fn nothing_near_a_corpus_panics_or_takes_memory_without_bound() {
    let seconds = std::env::var("FUZZ_SECONDS").ok();
    let seconds = seconds.map(|text| Duration::from_secs(text.parse().expect("FUZZ_SECONDS")));
    let before = memory_kib();
    for (name, target) in TARGETS {
        let corpus: Vec<Vec<u8>> = corpus(name).into_values().collect();
        let (began, mut number) = (Instant::now(), 0);
        let goes_on = |number| match seconds {
            Some(most) => began.elapsed() < most,
            None => number < CHANGES,
        };
        while goes_on(number) {
            let bytes = Chance::new(number << 32).near(&corpus);
            passes(*target, &bytes, &format!("{name}, change {number}"));
            number += 1;
        }
        println!(
            "{name}: {number} changes in {:.1} s",
            began.elapsed().as_secs_f64()
        );
    }
    let more = memory_kib().saturating_sub(before);
    assert!(more <= MEMORY_KIB, "{more} KiB more");
}

/// The most that this process has had in memory; 0 where the system does not tell.
fn memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let figure = line.and_then(|line| line.split_whitespace().nth(1));
    figure.and_then(|figure| figure.parse().ok()).unwrap_or(0)
}

#[test]
fn every_target_has_its_program() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).expect("fuzz/Cargo.toml");
    for (name, _) in TARGETS {
        assert!(
            folder.join(format!("fuzz_targets/{name}.rs")).exists(),
            "{name}"
        );
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
}

#[test]
fn the_corpus_of_stored_state_is_of_this_version() {
    if std::env::var_os("UPDATE_CORPUS").is_some() {
        write_state();
    }
    for (stage, name) in (0_u8..).zip(STAGES) {
        let corpus = corpus("stored_state");
        let of_stage = corpus
            .values()
            .filter(|bytes| bytes.first() == Some(&stage));
        let read = of_stage.filter(|bytes| is_read(bytes)).count();
        assert!(
            read >= 3,
            "{read} values of {name} are read: UPDATE_CORPUS=1"
        );
    }
}

/// Values that an engine keeps after some sessions, those of each stage that differ most in length.
fn write_state() {
    let target = folder("stored_state");
    drop(std::fs::remove_dir_all(&target));
    std::fs::create_dir_all(&target).expect("a folder");
    let engine = tempfile::tempdir().expect("a folder");
    let asked = Run {
        good: 402,
        malformed: 100,
        among: Among::Good,
    };
    drop(run(engine.path(), asked));
    let opened = open(&EngineConfig::new(engine.path()), None, b"secret").expect("opens");
    for (stage, name) in (0_u8..).zip(STAGES) {
        let mut by_length: BTreeMap<usize, Vec<u8>> = BTreeMap::new();
        let mut consumer = opened.log.consumer(name, Visibility::Process).expect(name);
        let limit = FetchLimit {
            records: 100_000,
            bytes: 64 << 20,
        };
        for partition in 0..opened.log.partitions(name).expect(name) {
            let mut records = Vec::new();
            consumer
                .fetch(partition, 0, limit, &mut records)
                .expect(name);
            for value in records.into_iter().filter_map(|record| record.value) {
                let bytes = [&[stage], &value[..]].concat();
                if is_read(&bytes) && bytes.len() <= 65_536 {
                    by_length.entry(bytes.len() / 4).or_insert(bytes);
                }
            }
        }
        for (number, bytes) in by_length.into_values().take(24).enumerate() {
            let file = target.join(format!("{name}-{number}"));
            std::fs::write(file, bytes).expect(name);
        }
    }
}
