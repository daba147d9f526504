//! The conformance suite on the logs of this crate.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a failed step fails the test, and its numbers are small"
)]

#[path = "disk/power.rs"]
mod power;

use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use wattledger_runtime::conformance::{self, KEPT, TestBed};
use wattledger_runtime::log::simulated::{Faults, Flavour, Mishap, SimulatedLog};
use wattledger_runtime::{EmbeddedLog, Log, LogError};

struct Simulated {
    log: SimulatedLog,
    faults: Faults,
    flavour: Flavour,
}

impl TestBed for Simulated {
    fn log(&self) -> Arc<dyn Log> {
        Arc::new(self.log.clone())
    }
    fn commits_are_durable(&self) -> bool {
        self.flavour == Flavour::Kafka
    }
    fn trim(&self, partition: u32, before: i64) -> Option<Result<i64, LogError>> {
        Some(self.log.trim(KEPT, partition, before))
    }
    fn restart(&mut self) {
        self.faults.kill();
        assert!(self.log.producer("dead").is_err());
        self.faults.revive();
    }
    fn cut_power(&mut self, point: usize) -> bool {
        let possible = self.flavour == Flavour::Embedded && point <= self.log.unsynced();
        if possible {
            self.log.lose(point);
        }
        possible
    }
    fn next_commit(&mut self, mishap: Mishap) -> bool {
        self.faults.next_commit(mishap);
        true
    }
}

fn simulated(flavour: Flavour) -> Box<dyn TestBed> {
    let faults = Faults::none();
    let log = SimulatedLog::new(flavour, &conformance::topics(), faults.clone());
    Box::new(Simulated {
        log,
        faults,
        flavour,
    })
}

#[test]
fn the_simulated_log_conforms_in_both_flavours() {
    conformance::run(&|| simulated(Flavour::Embedded));
    conformance::run(&|| simulated(Flavour::Kafka));
}

/// A power loss is a copy of the directory whose write-ahead log ends early.
struct Embedded {
    folders: Vec<TempDir>,
    log: Option<EmbeddedLog>,
    /// The length of the write-ahead log as of the last sync.
    synced: u64,
}

/// Bytes between two cuts: fewer than the smallest part of a commit's batch, and not a divisor of
/// it.
const STRIDE: u64 = 19;

impl Embedded {
    fn make() -> Box<dyn TestBed> {
        let mut bed = Self {
            folders: vec![tempfile::tempdir().unwrap()],
            log: None,
            synced: 0,
        };
        bed.open();
        Box::new(bed)
    }

    fn path(&self) -> &Path {
        self.folders.last().unwrap().path()
    }

    fn open(&mut self) {
        self.log = None;
        self.log = Some(EmbeddedLog::open(self.path(), &conformance::topics()).unwrap());
        self.synced = power::written(self.path());
    }
}

impl TestBed for Embedded {
    fn log(&self) -> Arc<dyn Log> {
        Arc::new(self.log.clone().unwrap())
    }
    fn sync(&mut self) {
        self.log().sync().unwrap();
        self.synced = power::written(self.path());
    }
    fn commits_are_durable(&self) -> bool {
        false
    }
    fn trim(&self, partition: u32, before: i64) -> Option<Result<i64, LogError>> {
        self.log
            .as_ref()
            .map(|log| log.trim(KEPT, partition, before))
    }
    fn told_the_time(&self) -> Option<EmbeddedLog> {
        self.log.clone()
    }
    /// The files are taken as they stand, as after a kill.
    fn restart(&mut self) {
        let folder = tempfile::tempdir().unwrap();
        power::copy(self.path(), folder.path(), u64::MAX);
        self.folders.push(folder);
        self.open();
    }
    fn cut_power(&mut self, point: usize) -> bool {
        let written = power::written(self.path());
        let end = self.synced + STRIDE * u64::try_from(point).unwrap();
        if end >= written + STRIDE {
            return false;
        }
        let folder = tempfile::tempdir().unwrap();
        power::copy(self.path(), folder.path(), end);
        self.folders.push(folder);
        self.open();
        true
    }
    fn next_commit(&mut self, _mishap: Mishap) -> bool {
        false
    }
}

#[test]
fn the_embedded_log_conforms() {
    conformance::run(&Embedded::make);
}
