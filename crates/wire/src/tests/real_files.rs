//! Real recorded sessions, where they are at hand (they may not be redistributed).

use super::events::read;
use super::imports::{all_are_taken, garages};
use crate::cloud_events;
use crate::imports::{Imported, acn, sessions_csv};
use std::fs::File;
use std::path::Path;
use wattledger_domain::charging::FieldBody;

#[allow(clippy::print_stderr, reason = "a test that checked nothing says so")]
fn open(name: &str) -> Option<File> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data")
        .join(name);
    let file = File::open(&path).ok();
    if file.is_none() {
        eprintln!("skipped: {} is not there", path.display());
    }
    file
}

/// Energy of all ends and of readings of sessions without one, in mWh.
fn energy(imported: &Imported) -> i64 {
    let energies = imported.events.iter().map(|one| {
        let taken = read(|intake| cloud_events::event(&one.event, intake)).unwrap();
        match taken.body {
            FieldBody::SessionEnded(end) => end.meter_stop.unwrap().0,
            FieldBody::SessionUpdated(update) if taken.id.as_str().ends_with("/energy") => {
                update.samples[0].value
            }
            FieldBody::AuthorizationRequested(_)
            | FieldBody::SessionStarted(_)
            | FieldBody::SessionUpdated(_)
            | FieldBody::ConnectorStatusChanged(_)
            | FieldBody::StationBooted(_) => 0,
        }
    });
    energies.sum()
}

#[test]
fn all_acn_sessions_are_taken() {
    let Some(file) = open("acn_sessions.json") else {
        return;
    };
    let imported = acn::read(file).unwrap();
    all_are_taken(&imported);
    assert_eq!(imported.refused, []);
    assert_eq!(imported.events.len(), 2 * 2_114 + 1_428);
    assert_eq!(imported.stations.len(), 42);
    assert!(
        imported
            .stations
            .values()
            .all(|zone| zone.as_deref() == Some("America/Los_Angeles"))
    );
    assert_eq!(energy(&imported), 26_217_094_000);
}

#[test]
fn all_garage_sessions_are_taken() {
    let Some(file) = open("trondheim_sessions.csv") else {
        return;
    };
    let imported = sessions_csv::read(file, &garages()).unwrap();
    all_are_taken(&imported);
    assert_eq!(imported.refused, []);
    assert_eq!(imported.events.len(), 2 * 6_878);
    assert_eq!(energy(&imported), 87_493_280_000);
}
