//! What is laid out once stays; what is fed again changes nothing.

use super::fixtures::*;
use crate::{By, Period, ViewError, ViewRecord, Views};

fn day(views: &Views) -> Vec<(String, i64, i64)> {
    let rows = views.report_usage(By::Day, Period::default()).unwrap();
    rows.into_iter()
        .map(|row| (row.key, row.sessions, row.energy))
        .collect()
}

fn three() -> Vec<ViewRecord> {
    ["ses_a", "ses_b", "ses_c"]
        .map(|name| Session::new(name, 0).rated())
        .into()
}

#[test]
fn a_batch_fed_again_after_a_crash_changes_nothing() {
    let (directory, views) = fresh();
    let batch = records("charging.sessions", 0, three());
    views
        .apply(&batch[..2], &[next("charging.sessions", 2)])
        .unwrap();
    drop(views);
    let views = reopen(&directory);
    assert_eq!(views.offsets().unwrap(), [next("charging.sessions", 2)]);
    views
        .apply(&batch, &[next("charging.sessions", 3)])
        .unwrap();
    views
        .apply(&batch, &[next("charging.sessions", 3)])
        .unwrap();
    assert_eq!(day(&views), [("1970-01-01".to_owned(), 3, 30_000_000)]);
    assert_eq!(views.offsets().unwrap(), [next("charging.sessions", 3)]);
}

#[test]
fn a_batch_that_fails_leaves_neither_rows_nor_offsets() {
    let (_directory, views) = fresh();
    let nowhere = Session {
        zone: "Europe/Atlantis",
        ..Session::new("ses_b", 0)
    };
    let batch = records(
        "t",
        0,
        vec![Session::new("ses_a", 0).rated(), nowhere.rated()],
    );
    let refused = views.apply(&batch, &[next("t", 2)]);
    assert!(matches!(refused, Err(ViewError::UnknownZone(zone)) if zone == "Europe/Atlantis"));
    assert_eq!(day(&views), []);
    assert_eq!(views.offsets().unwrap(), []);
}

#[test]
fn rows_that_the_database_refuses_take_their_offsets_with_them() {
    let (_directory, views) = fresh();
    views.execute("DROP TABLE view_offsets").unwrap();
    let refused = views.apply(&records("t", 0, three()), &[next("t", 3)]);
    assert!(matches!(refused, Err(ViewError::Database(_))));
    assert_eq!(day(&views), []);
}

#[test]
fn an_offset_never_goes_back() {
    let (_directory, views) = fresh();
    views.apply(&[], &[next("t", 5)]).unwrap();
    views.apply(&[], &[next("t", 3)]).unwrap();
    assert_eq!(views.offsets().unwrap(), [next("t", 5)]);
}

#[test]
fn the_newest_version_of_a_session_counts_in_whatever_order_they_come() {
    let (_directory, views) = fresh();
    let corrected = Session {
        version: 2,
        station: "cp-2",
        ..Session::new("ses_a", 0)
    };
    let first = Session::new("ses_a", 0);
    apply(&views, "t", vec![corrected.rated(), first.rated()]);
    let sessions = views.sessions(None, 10).unwrap();
    let newest: Vec<_> = sessions
        .iter()
        .map(|row| (row.version, &*row.station))
        .collect();
    assert_eq!(newest, [(2, "cp-2")]);
}

#[test]
fn a_view_of_a_newer_version_is_not_touched() {
    let (directory, views) = fresh();
    views
        .execute("INSERT INTO schema_version (version) VALUES (99)")
        .unwrap();
    drop(views);
    let opened = Views::open(&directory.path().join("views.sqlite"));
    assert!(matches!(
        opened,
        Err(ViewError::NewerSchema {
            found: 99,
            known: 6
        })
    ));
}
