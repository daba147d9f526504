//! Recorded sessions become the events that a gateway would have sent.

use super::events::read;
use crate::cloud_events;
use crate::imports::sessions_csv::{self, Columns};
use crate::imports::{Imported, acn, lines};
use serde_json::Value;

/// The columns of the Trondheim garages.
pub fn garages() -> Columns {
    Columns {
        source: "import:csv".to_owned(),
        delimiter: b';',
        missing: "NA".to_owned(),
        decimal: ',',
        zone: "Europe/Oslo".to_owned(),
        time_format: "%d.%m.%Y %H:%M".to_owned(),
        session: "session_ID".to_owned(),
        station: "Garage_ID+Shared_ID|User_ID".to_owned(),
        token: Some("User_ID".to_owned()),
        start: "Start_plugin".to_owned(),
        end: "End_plugout".to_owned(),
        energy: "El_kWh".to_owned(),
        duration: None,
    }
}

/// Every event is one that intake takes.
pub fn all_are_taken(imported: &Imported) {
    for one in &imported.events {
        let taken = read(|intake| cloud_events::event(&one.event, intake));
        taken.unwrap_or_else(|fault| panic!("{fault}: {}", one.event));
    }
    assert!(imported.events.is_sorted_by_key(|one| one.received_at));
}

/// An import as lines: id, time, and what matters of the data; then what was refused.
fn told(imported: &Imported) -> Vec<String> {
    all_are_taken(imported);
    let event = |event: &Value| {
        let data = &event["data"];
        let parts = [
            &event["id"],
            &event["time"],
            &data["token"],
            &data["state"],
            &data["meterStop"],
            &data["samples"][0]["value"],
        ];
        parts
            .iter()
            .filter_map(|part| part.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let mut told: Vec<String> = imported
        .events
        .iter()
        .map(|one| event(&one.event))
        .collect();
    told.extend(imported.refused.iter().map(|refused| {
        format!(
            "row {} {}: {}",
            refused.row,
            refused.name.as_deref().unwrap_or("-"),
            refused.reason
        )
    }));
    told
}

fn acn_row(session: &str, done: &str, energy: &str) -> String {
    format!(
        r#"{{"_id":"x","sessionID":"{session}","stationID":"2-39-78-367","timezone":"America/Los_Angeles",
        "connectionTime":"Sat, 01 May 2021 20:42:47 GMT","disconnectTime":"Sat, 01 May 2021 22:00:00 GMT",
        "doneChargingTime":{done},"kWhDelivered":{energy},"userID":"000000743","userInputs":null}}"#
    )
}

#[track_caller]
fn check_acn(rows: &[String], expect: &[&str]) {
    let imported = acn::read(format!("[{}]", rows.join(",")).as_bytes()).unwrap();
    assert_eq!(told(&imported), expect);
}

#[test]
fn an_acn_session_is_start_end_of_charging_and_end() {
    check_acn(
        &[acn_row("s1", r#""Sat, 01 May 2021 21:30:00 GMT""#, "5.257")],
        &[
            "s1/start 2021-05-01T20:42:47Z 000000743",
            "s1/charged 2021-05-01T21:30:00Z SuspendedEV 5257",
            "s1/end 2021-05-01T22:00:00Z 5257",
        ],
    );
}

#[test]
fn anomaly_25_an_absent_end_of_charging_is_unknown_and_not_the_end() {
    check_acn(
        &[acn_row("s1", "null", "5.257")],
        &[
            "s1/start 2021-05-01T20:42:47Z 000000743",
            "s1/end 2021-05-01T22:00:00Z 5257",
        ],
    );
}

#[test]
fn anomaly_25_an_end_of_charging_after_the_disconnection_is_held_at_it() {
    check_acn(
        &[acn_row("s1", r#""Sat, 01 May 2021 22:00:59 GMT""#, "5.257")],
        &[
            "s1/start 2021-05-01T20:42:47Z 000000743",
            "s1/charged 2021-05-01T22:00:00Z SuspendedEV 5257",
            "s1/end 2021-05-01T22:00:00Z 5257",
        ],
    );
}

#[test]
fn a_binary_float_tail_is_rounded_to_the_watt_hour() {
    check_acn(
        &[
            acn_row("s1", "null", "8.366000000000001"),
            acn_row("s2", "null", "7.2849999999999895"),
        ],
        &[
            "s1/start 2021-05-01T20:42:47Z 000000743",
            "s2/start 2021-05-01T20:42:47Z 000000743",
            "s1/end 2021-05-01T22:00:00Z 8366",
            "s2/end 2021-05-01T22:00:00Z 7285",
        ],
    );
}

#[test]
fn acn_rows_that_cannot_be_read_are_named_and_stop_nothing() {
    let backwards = acn_row("s3", "null", "1").replace("22:00:00", "20:00:00");
    let early = acn_row("s4", r#""Sat, 01 May 2021 20:00:00 GMT""#, "1");
    check_acn(
        &[
            "7".to_owned(),
            acn_row("s2", r#""noon""#, "1"),
            backwards,
            early,
            acn_row("s5", "null", "null"),
            acn_row("s6", "null", "-0.5"),
        ],
        &[
            "row 1 -: invalid type: integer `7`, expected struct Row at line 1 column 1",
            "row 2 s2: doneChargingTime `noon` is not an RFC 1123 time",
            "row 3 s3: it ends before it starts",
            "row 4 s4: its charging ends before it starts",
            "row 5 s5: kWhDelivered `null` is not a number",
            "row 6 s6: its energy is -500 Wh, below zero",
        ],
    );
    assert!(acn::read(&b"{}"[..]).is_err());
}

#[track_caller]
fn check_csv(rows: &str, expect: &[&str]) {
    let header = "session_ID;Garage_ID;User_ID;Shared_ID;Start_plugin;End_plugout;El_kWh\r\n";
    let imported = sessions_csv::read(format!("{header}{rows}").as_bytes(), &garages()).unwrap();
    assert_eq!(told(&imported), expect);
}

#[test]
fn csv_rows_are_read_with_decimal_comma_and_local_zone() {
    check_csv(
        "1;AdO3;AdO3-4;NA;21.12.2018 10:20;21.12.2018 10:23;0,3\r\n",
        &[
            "1/start 2018-12-21T09:20:00Z AdO3-4",
            "1/end 2018-12-21T09:23:00Z 300",
        ],
    );
}

#[test]
fn a_csv_row_without_an_end_keeps_its_energy() {
    check_csv(
        "2;AdO3;NA;S1;01.07.2019 10:00;NA;15,56\r\n",
        &[
            "2/start 2019-07-01T08:00:00Z",
            "2/energy 2019-07-01T08:00:00Z 15560",
        ],
    );
}

#[test]
fn sessions_without_an_end_at_evses_of_their_own_are_over_when_their_station_begins_another() {
    check_csv(
        "1;G1;U1;NA;01.01.2019 10:00;NA;5,0\n2;G1;U1;NA;01.01.2019 10:00;NA;20,45\n\
         3;G1;U1;NA;02.01.2019 09:00;02.01.2019 10:00;1,0\n",
        &[
            "1/start 2019-01-01T09:00:00Z U1",
            "1/energy 2019-01-01T09:00:00Z 5000",
            "2/start 2019-01-01T09:00:00Z U1",
            "2/energy 2019-01-01T09:00:00Z 20450",
            "3/start 2019-01-02T08:00:00Z U1",
            "2/free 2019-01-02T08:00:00Z",
            "3/end 2019-01-02T09:00:00Z 1000",
        ],
    );
}

#[test]
fn a_driver_who_charges_twice_at_once_is_said_and_both_are_kept() {
    let header = "session_ID;Garage_ID;User_ID;Shared_ID;Start_plugin;End_plugout;El_kWh\n";
    let rows = "1;G1;U1;NA;01.01.2019 10:00;01.01.2019 12:00;5,0\n\
                2;G1;U1;S1;01.01.2019 11:59;01.01.2019 14:00;2,0\n\
                3;G1;U1;NA;01.01.2019 14:00;01.01.2019 15:00;1,0\n\
                4;G1;U2;S2;01.01.2019 14:30;01.01.2019 15:00;1,0\n\
                5;G1;NA;S3;01.01.2019 14:30;01.01.2019 15:00;1,0\n\
                6;G1;NA;S4;01.01.2019 14:31;01.01.2019 15:00;1,0\n";
    let imported = sessions_csv::read(format!("{header}{rows}").as_bytes(), &garages()).unwrap();
    assert_eq!((imported.events.len(), imported.refused.len()), (12, 0));
    let mut found = imported.odd.iter();
    let busy = found.find(|(what, _)| what.contains("driver's session before"));
    assert_eq!(
        busy.map(|(_, odd)| &*odd.names),
        Some(&["2".to_owned()][..])
    );
}

#[test]
fn anomaly_24_the_hour_that_ran_twice_is_read_as_its_first_run_and_the_skipped_one_refused() {
    check_csv(
        "3;G;U;NA;27.10.2019 01:30;27.10.2019 03:30;1\n4;G;U;NA;31.03.2019 02:30;31.03.2019 04:00;1\n",
        &[
            "3/start 2019-10-26T23:30:00Z U",
            "3/end 2019-10-27T02:30:00Z 1000",
            "row 3 4: Start_plugin `31.03.2019 02:30`: the clocks skipped this time",
        ],
    );
}

#[test]
fn anomaly_24_csv_rows_that_cannot_be_read_are_named_and_stop_nothing() {
    check_csv(
        "1;G;U;NA;01.07.2019 10:00;01.07.2019 09:00;1\n2;G\n3;G;U;NA;1.7.19;NA;1\n\
         4;G;U;NA;01.07.2019 10:00;NA;1.234,5\n5;G;U;NA;01.07.2019 10:00;NA;-1\n;NA;;;;;\n",
        &[
            "row 2 1: it ends before it starts",
            "row 3 2: it has no start",
            "row 4 3: Start_plugin `1.7.19`: not in the form `%d.%m.%Y %H:%M` (premature end of input)",
            "row 5 4: El_kWh `1.234,5` is not a number",
            "row 6 5: its energy is -1000 Wh, below zero",
            "row 7 -: it has no session name",
        ],
    );
}

#[test]
fn a_missing_column_is_named_with_those_there_are() {
    let error = sessions_csv::read(&b"a;b\n1;2\n"[..], &garages())
        .unwrap_err()
        .to_string();
    assert_eq!(error, r#"no column `Start_plugin`; there are ["a", "b"]"#);
}

#[test]
fn event_lines_are_ordered_by_when_they_were_received() {
    let event = |id: &str, time: &str, received: &str| {
        let received = if received.is_empty() {
            String::new()
        } else {
            format!(r#","receivedat":"{received}""#)
        };
        format!(
            r#"{{"specversion":"1.0","type":"wattledger.charging.station_booted.v1","source":"g","id":"{id}",
            "subject":"S1","time":"{time}"{received},"data":{{}}}}"#
        )
        .replace('\n', " ")
    };
    let text = [
        event("late", "2026-05-04T08:00:00Z", "2026-05-04T09:00:00Z"),
        String::new(),
        event("own", "2026-05-04T08:30:00Z", ""),
        "{".to_owned(),
        "[]".to_owned(),
        event("odd", "2026-05-04T08:30:00Z", "soon"),
        r#"{"id":"timeless"}"#.to_owned(),
    ];
    let imported = lines::read(text.join("\r\n").as_bytes()).unwrap();
    assert_eq!(
        told(&imported),
        [
            "own 2026-05-04T08:30:00Z",
            "late 2026-05-04T08:00:00Z",
            "row 4 -: not JSON: EOF while parsing an object at line 1 column 2",
            "row 5 -: not a JSON object",
            "row 6 -: `soon` is not an RFC 3339 time",
            "row 7 -: it has no `time`",
        ]
    );
    assert!(
        imported
            .events
            .iter()
            .all(|one| one.event.get("receivedat").is_none())
    );
    assert_eq!(imported.stations.keys().collect::<Vec<_>>(), ["S1"]);
}
