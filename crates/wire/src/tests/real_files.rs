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
            // An end by the length told comes beside the end told.
            FieldBody::SessionEnded(_) if taken.id.as_str().ends_with("/length") => 0,
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

/// What was odd is this and no more, but for sessions that go on past midnight, which is no wonder.
#[track_caller]
fn all_odd(imported: &Imported, expect: &[(u64, &str)]) {
    let mut odd: Vec<(u64, &str)> = imported
        .odd
        .iter()
        .map(|(what, odd)| (odd.count, what.as_str()))
        .filter(|(count, what)| *count < 1_000 || !what.contains("midnight"))
        .collect();
    let mut expect = expect.to_vec();
    odd.sort_unstable();
    expect.sort_unstable();
    assert_eq!(odd, expect);
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
            .all(|named| named.zone.as_deref() == Some("America/Los_Angeles") && named.evses == 1)
    );
    assert_eq!(energy(&imported), 26_217_094_000);
    let expect = [
        (
            6,
            "its energy has more than 3 decimals of kWh: rounded to the Wh",
        ),
        (
            686,
            "tells no end of charging: it counts as charging to the end",
        ),
        (19, "its charging ends after it was unplugged: cut there"),
        (203, "names no driver: whoever answers for the import pays"),
        (103, "the driver told several wishes: they are not billed"),
        (46, "crosses local midnight: one session, one bill"),
        (
            5,
            "begins while its driver's session before goes on: two cars or chargers, both are kept",
        ),
        (
            2,
            "more than 500 kW on average: it cannot be, and what cannot be proven is not billed by itself",
        ),
    ];
    all_odd(&imported, &expect);
    let impossible = expect.last().unwrap().1;
    assert_eq!(
        imported.odd[impossible].names,
        [
            "2_39_81_4550_2021-06-03 03:59:13.764668",
            "2_39_78_367_2021-08-19 16:44:22.654999"
        ]
    );
}

#[test]
fn all_garage_sessions_are_taken() {
    let Some(file) = open("trondheim_sessions.csv") else {
        return;
    };
    let columns = sessions_csv::Columns {
        duration: Some("Duration_hours".to_owned()),
        ..garages()
    };
    let imported = sessions_csv::read(file, &columns).unwrap();
    all_are_taken(&imported);
    assert_eq!(imported.refused, []);
    // A start and an end or a register each; 11 have two ends. Six without an end stand at EVSEs of
    // their own, which are free when their station begins another.
    assert_eq!(imported.events.len(), 2 * 6_878 + 11 + 6);
    assert_eq!(imported.stations.len(), 69);
    let suspect = "tells another length, by more than 2 minutes: suspect, both ends are told and it waits for a person";
    let expect = [
        (
            34,
            "tells no end: the next start at its station ends it, and it waits for a person but for a few Wh",
        ),
        (17, "begins and ends at the same time"),
        (
            10,
            "same station, driver and start as another: both are kept",
        ),
        (
            14,
            "overlaps another at its station: it counts at an EVSE of its own",
        ),
        (
            18,
            "begins while its driver's session before goes on: two cars or chargers, both are kept",
        ),
        (
            17,
            "the clocks went back while it ran: longer than they show",
        ),
        (
            6,
            "the clocks went forward while it ran: shorter than they show",
        ),
        (11, suspect),
        (90, "less than 0.1 kWh"),
    ];
    all_odd(&imported, &expect);
    let names = [
        "539", "540", "541", "543", "544", "545", "1368", "1369", "1370", "1371", "1372",
    ];
    assert_eq!(imported.odd[suspect].names, names);
}
