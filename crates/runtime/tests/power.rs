//! The toy on the embedded log and real stores, whose power fails: every write-ahead log loses a
//! part of its end that was not synced, each another one. What is left in the end is what an
//! undisturbed run leaves.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a failed step fails the test, and its numbers are small"
)]

#[path = "toy/counting.rs"]
mod counting;
#[path = "simulation/outcome.rs"]
mod outcome;
#[path = "disk/power.rs"]
mod power;

use counting::{PARTITIONS, Turned, input, topics};
use outcome::Outcome;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use wattledger_runtime::log::simulated::Random;
use wattledger_runtime::{EmbeddedLog, Log, Outgoing, RocksStore};

/// The process of four tasks on a folder.
struct Process {
    log: EmbeddedLog,
    tasks: BTreeMap<(&'static str, u32), Turned>,
}

impl Process {
    fn start(folder: &Path) -> Self {
        let log = EmbeddedLog::open(&folder.join("log"), &topics()).unwrap();
        let mut tasks = BTreeMap::new();
        for stage in ["first", "second"] {
            for partition in 0..PARTITIONS {
                let store = RocksStore::open(&store(folder, stage, partition)).unwrap();
                let task = Turned::open(stage, partition, Arc::new(log.clone()), Box::new(store));
                tasks.insert((stage, partition), task.unwrap());
            }
        }
        Self { log, tasks }
    }

    fn append(&self, records: &[(Vec<u8>, Vec<u8>)]) {
        let topic: Arc<str> = "in".into();
        let mut producer = self.log.producer("driver").unwrap();
        producer.begin().unwrap();
        for (key, value) in records {
            producer
                .send(Outgoing::keyed(&topic, key.clone(), value.clone()))
                .unwrap();
        }
        producer.commit().unwrap();
        self.log.sync().unwrap();
    }

    fn turn_all(&mut self, records_max: usize) {
        for task in self.tasks.values_mut() {
            task.turn(records_max).unwrap();
        }
    }

    fn settle_all(&mut self) {
        self.log.sync().unwrap();
        self.tasks
            .values_mut()
            .for_each(|task| task.task.settle().unwrap());
    }

    fn outcome(mut self) -> Outcome {
        while self.tasks.values_mut().any(|task| task.lag().unwrap() > 0) {
            self.turn_all(5);
        }
        self.settle_all();
        let mut outcome = Outcome::default();
        for ((stage, partition), task) in &mut self.tasks {
            outcome.state(stage, *partition, task.task.dump().unwrap());
        }
        for topic in ["middle", "out", "dead-letter"] {
            outcome.outputs(&self.log, topic).unwrap();
        }
        outcome
    }
}

fn store(folder: &Path, stage: &str, partition: u32) -> std::path::PathBuf {
    folder.join(format!("{stage}-{partition}"))
}

/// A copy of the folder after the power has failed: the log keeps at least `synced` bytes of its
/// write-ahead log, the stores any part of theirs.
fn without_power(folder: &Path, synced: u64, random: &mut Random) -> TempDir {
    let after = tempfile::tempdir().unwrap();
    let written = power::written(&folder.join("log"));
    let kept = synced + random.below(written - synced + 1);
    power::copy(&folder.join("log"), &after.path().join("log"), kept);
    for stage in ["first", "second"] {
        for partition in 0..PARTITIONS {
            let from = store(folder, stage, partition);
            let kept = match random.below(2) {
                0 => u64::MAX,
                _ => random.below(power::written(&from) + 1),
            };
            power::copy(&from, &store(after.path(), stage, partition), kept);
        }
    }
    after
}

#[test]
fn a_power_loss_leaves_what_can_be_brought_to_the_same_end() {
    let records = input(11, 120);
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path());
    process.append(&records);
    let undisturbed = process.outcome();
    undisturbed.says_enough();
    let mut random = Random::new(11);
    let mut folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path());
    process.append(&records);
    drop(process);
    for loss in 0..8 {
        let mut process = Process::start(folder.path());
        for _ in 0..1 + random.below(3) {
            process.turn_all(2);
            process.settle_all();
        }
        let synced = power::written(&folder.path().join("log"));
        for _ in 0..2 {
            process.turn_all(2);
        }
        let after = without_power(folder.path(), synced, &mut random);
        drop(process);
        folder = after;
        if loss == 3 {
            std::fs::remove_dir_all(store(folder.path(), "first", 0)).unwrap();
        }
    }
    let disturbed = Process::start(folder.path()).outcome();
    assert!(
        disturbed == undisturbed,
        "{}",
        disturbed.difference(&undisturbed)
    );
}
