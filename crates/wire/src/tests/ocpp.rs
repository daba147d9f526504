//! OCPP-J message logs become the events that a gateway would have sent.

mod two;

use super::imports::all_are_taken;
use crate::imports::Imported;
use crate::imports::ocpp::{Version, read};
use serde_json::Value;

/// A line of station S1 at a minute after eight.
fn line(minute: &str, message: &str) -> String {
    format!(r#"["2026-05-04T08:{minute}Z","S1",{message}]"#)
}

fn imported(version: Version, lines: &[String]) -> Imported {
    let imported = read(lines.join("\n").as_bytes(), version).unwrap();
    all_are_taken(&imported);
    imported
}

/// Events as `kind time data`, what was refused as `row name: reason`, what was odd with its count.
fn told(imported: &Imported) -> Vec<String> {
    let event = |event: &Value| {
        let kind = event["type"].as_str().unwrap();
        let kind = kind.strip_prefix("wattledger.charging.").unwrap();
        format!(
            "{} {} {}",
            kind.strip_suffix(".v1").unwrap(),
            event["time"].as_str().unwrap(),
            event["data"]
        )
    };
    let mut told: Vec<String> = imported
        .events
        .iter()
        .map(|one| event(&one.event))
        .collect();
    told.extend(imported.refused.iter().map(|refused| {
        let name = refused.name.as_deref().unwrap_or("-");
        format!("row {} {name}: {}", refused.row, refused.reason)
    }));
    let odd = imported.odd.iter();
    told.extend(odd.map(|(what, odd)| format!("{} x {what}", odd.count)));
    told
}

#[track_caller]
fn check(version: Version, lines: &[String], expect: &[&str]) {
    assert_eq!(told(&imported(version, lines)), expect);
}

const START: &str = r#"[2,"7","StartTransaction",{"connectorId":2,"idTag":"ALICE","meterStart":1000,"timestamp":"2026-05-04T08:00:59Z"}]"#;
const STARTED: &str = r#"[3,"7",{"transactionId":42,"idTagInfo":{"status":"Accepted"}}]"#;
const STOP: &str = r#"[2,"9","StopTransaction",{"transactionId":42,"meterStop":9000,"timestamp":"2026-05-04T09:00:00Z","reason":"EVDisconnected","idTag":"BOB",
    "transactionData":[{"timestamp":"2026-05-04T08:59:00Z","sampledValue":[{"value":"8.9","unit":"kWh","context":"Transaction.End"}]}]}]"#;

#[test]
fn a_1_6_start_is_named_by_its_answer_and_an_end_keeps_its_readings() {
    check(
        Version::OneSix,
        &[
            line("01:00", START),
            line("01:01", STARTED),
            line("59:59", &STOP.replace('\n', "")),
        ],
        &[
            r#"session_started 2026-05-04T08:00:59Z {"evse":2,"meterStart":1000,"token":"ALICE","transaction":42}"#,
            r#"session_ended 2026-05-04T09:00:00Z {"meterStop":9000,"reason":"EVDisconnected","samples":[{"context":"Transaction.End","measurand":"Energy.Active.Import.Register","time":"2026-05-04T08:59:00Z","unit":"kWh","value":"8.9"}],"token":"BOB","transaction":42}"#,
        ],
    );
}

#[test]
fn a_1_6_start_that_nobody_answered_is_taken_without_a_transaction() {
    let error = r#"[4,"7","InternalError","",{}]"#;
    check(
        Version::OneSix,
        &[line("01:00", START), line("01:01", error)],
        &[
            r#"session_started 2026-05-04T08:00:59Z {"evse":2,"meterStart":1000,"token":"ALICE"}"#,
            "1 x StartTransaction: answered with InternalError; it has no transaction id",
        ],
    );
}

#[test]
fn an_answer_to_the_central_systems_own_call_of_the_same_id_names_no_transaction() {
    let remote = r#"[2,"7","RemoteStartTransaction",{"idTag":"ALICE"}]"#;
    check(
        Version::OneSix,
        &[
            line("01:00", START),
            line("01:01", remote),
            line("01:02", r#"[3,"7",{"status":"Accepted"}]"#),
            line("01:03", STARTED),
        ],
        &[
            r#"session_started 2026-05-04T08:00:59Z {"evse":2,"meterStart":1000,"token":"ALICE","transaction":42}"#,
            "1 x RemoteStartTransaction: says nothing that is billed",
        ],
    );
}

#[test]
fn a_1_6_request_is_linked_to_the_start_it_allows_and_dropped_where_it_was_refused() {
    let ask = |id: &str, token: &str| format!(r#"[2,"{id}","Authorize",{{"idTag":"{token}"}}]"#);
    check(
        Version::OneSix,
        &[
            line("00:10", &ask("4", "EVE")),
            line("00:11", r#"[3,"4",{"idTagInfo":{"status":"Blocked"}}]"#),
            line("00:20", &ask("5", "ALICE")),
            line("00:21", r#"[3,"5",{"idTagInfo":{"status":"Accepted"}}]"#),
            line("01:00", START),
            line("01:01", STARTED),
            line("40:00", &ask("8", "ALICE")),
        ],
        &[
            r#"authorization_requested 2026-05-04T08:00:20Z {"authorization":"5@2026-05-04T08:00:20Z","token":"ALICE"}"#,
            r#"session_started 2026-05-04T08:00:59Z {"authorization":"5@2026-05-04T08:00:20Z","evse":2,"meterStart":1000,"token":"ALICE","transaction":42}"#,
            "1 x Authorize: answered with Blocked",
            "1 x Authorize: of a driver who charges",
        ],
    );
}

#[test]
fn a_start_that_is_sent_again_says_the_same_under_another_id() {
    let again = START.replace("\"7\"", "\"70\"");
    let imported = imported(
        Version::OneSix,
        &[
            line("00:20", r#"[2,"5","Authorize",{"idTag":"ALICE"}]"#),
            line("01:00", START),
            line("06:00", &again),
            line(
                "06:01",
                r#"[3,"70",{"transactionId":42,"idTagInfo":{"status":"Accepted"}}]"#,
            ),
        ],
    );
    let [_, first, second] = &imported.events[..] else {
        panic!("{:?}", imported.events)
    };
    assert_eq!(
        first.event["data"]["authorization"],
        second.event["data"]["authorization"]
    );
    assert_eq!(second.event["data"]["transaction"], 42);
    assert_eq!(first.event["id"], "7@2026-05-04T08:01:00Z");
    assert_eq!(second.event["id"], "70@2026-05-04T08:06:00Z");
    assert_eq!(first.event["source"], "ocpp16:S1");
}

#[test]
fn readings_keep_measurand_unit_phase_and_context_and_only_the_outlets_count() {
    let values = r#"[2,"8","MeterValues",{"connectorId":2,"transactionId":42,"meterValue":[
        {"timestamp":"2026-05-04T08:15:00Z","sampledValue":[
          {"value":"1500"},
          {"value":"1511","location":"Inlet"},
          {"value":"1.499","unit":"kWh","location":"EV","phase":"L1"},
          {"value":"10.8","unit":"kW","measurand":"Power.Active.Import","context":"Sample.Clock","phase":"L1"},
          {"value":"31","unit":"Celsius","measurand":"Temperature","location":"Body"},
          {"value":"4F434D46","format":"SignedData"}]},
        {"timestamp":"2026-05-04T08:20:00Z","sampledValue":[{"value":"2000","location":"Inlet"},{"value":"nonsense","phase":"L2"}]}]}]"#;
    check(
        Version::OneSix,
        &[line("20:00", &values.replace('\n', ""))],
        &[
            r#"session_updated 2026-05-04T08:15:00Z {"evse":2,"samples":[{"measurand":"Energy.Active.Import.Register","time":"2026-05-04T08:15:00Z","value":"1500"},{"context":"Sample.Clock","measurand":"Power.Active.Import","phase":"L1","time":"2026-05-04T08:15:00Z","unit":"kW","value":"10.8"}],"transaction":42}"#,
            r#"session_updated 2026-05-04T08:20:00Z {"evse":2,"samples":[{"measurand":"Energy.Active.Import.Register","time":"2026-05-04T08:20:00Z","value":"2000"}],"transaction":42}"#,
            "row 1 S1 MeterValues: the reading of 2026-05-04T08:20:00Z: `nonsense` is not a decimal number; left out",
            "1 x Energy.Active.Import.Register: a signed record, not read here",
            "1 x Energy.Active.Import.Register: measured at EV, not the outlet",
            "1 x Energy.Active.Import.Register: measured at Inlet, not the outlet",
            "1 x Temperature: no price depends on it",
        ],
    );
}

#[test]
fn a_long_transaction_data_is_told_in_parts_and_loses_nothing() {
    let readings: Vec<String> = (0..4_500)
        .map(|second| {
            format!(
                r#"{{"timestamp":"2026-05-04T0{}:{:02}:{:02}Z","sampledValue":[{{"value":"{second}"}}]}}"#,
                8 + second / 3_600,
                second / 60 % 60,
                second % 60
            )
        })
        .collect();
    let stop = format!(
        r#"[2,"9","StopTransaction",{{"transactionId":42,"meterStop":4500,"timestamp":"2026-05-04T09:20:00Z","transactionData":[{}]}}]"#,
        readings.join(",")
    );
    let imported = imported(Version::OneSix, &[line("59:00", &stop)]);
    let counts = imported.events.iter().map(|one| {
        let data = &one.event["data"];
        assert_eq!(data["transaction"], 42);
        data["samples"].as_array().unwrap().len()
    });
    assert_eq!(counts.collect::<Vec<_>>(), [2_000, 2_000, 500]);
    assert_eq!(imported.refused, []);
}

#[test]
fn status_and_boot_of_1_6_say_what_they_say() {
    check(
        Version::OneSix,
        &[
            line(
                "00:00",
                r#"[2,"1","BootNotification",{"chargePointVendor":"ACME","chargePointModel":"AC22","firmwareVersion":""}]"#,
            ),
            line(
                "00:01",
                r#"[2,"2","StatusNotification",{"connectorId":0,"status":"Available","errorCode":"NoError"}]"#,
            ),
            line(
                "00:02",
                r#"[2,"3","StatusNotification",{"connectorId":1,"status":"Faulted","errorCode":"GroundFailure","vendorErrorCode":"E7","timestamp":"2026-05-04T07:59:00Z"}]"#,
            ),
            line("00:03", r#"[2,"3b","Heartbeat",{}]"#),
            line(
                "00:04",
                r#"[2,"4","MeterValues",{"connectorId":0,"meterValue":[]}]"#,
            ),
        ],
        &[
            r#"station_booted 2026-05-04T08:00:00Z {"firmware":null,"model":"AC22","vendor":"ACME"}"#,
            r#"connector_status_changed 2026-05-04T08:00:01Z {"errorCode":"NoError","evse":0,"status":"Available"}"#,
            r#"connector_status_changed 2026-05-04T07:59:00Z {"errorCode":"GroundFailure","evse":1,"status":"Faulted","vendorError":"E7"}"#,
            "1 x Heartbeat: says nothing that is billed",
            "1 x MeterValues: of the station's own meter",
        ],
    );
}

/// A TransactionEvent; `more` goes behind its required fields.
fn event(minute: &str, kind: &str, trigger: &str, number: u32, more: &str) -> String {
    line(
        minute,
        &format!(
            r#"[2,"{kind}{number}","TransactionEvent",{{"eventType":"{kind}","timestamp":"2026-05-04T08:{minute}Z","triggerReason":"{trigger}","seqNo":{number}{more}}}]"#
        ),
    )
}

#[test]
fn lines_that_are_no_messages_are_named_and_stop_nothing() {
    let lines = [
        "{".to_owned(),
        r#"["2026-05-04T08:00:00Z","S1"]"#.to_owned(),
        r#"["soon","S1",[2,"1","Heartbeat",{}]]"#.to_owned(),
        r#"["2026-05-04T08:00:00Z","",[2,"1","Heartbeat",{}]]"#.to_owned(),
        line("00:00", r#"[9,"1","Heartbeat",{}]"#),
        line("00:00", r#"[2,"1","StopTransaction",{"transactionId":7}]"#),
        line("00:00", r#"[2,"2","StartTransaction",{"connectorId":1,"idTag":"4242424242424242","timestamp":"2026-05-04T08:00:00Z"}]"#),
        line("00:00", r#"[2,"3","StartTransaction",{"connectorId":1,"idTag":"A","meterStart":-1,"timestamp":"2026-05-04T08:00:00Z"}]"#),
        r#"{"station":"S1","time":"2026-05-04T08:00:00Z","message":"[2,\"4\",\"BootNotification\",{}]"}"#.to_owned(),
    ];
    check(
        Version::OneSix,
        &lines,
        &[
            r#"station_booted 2026-05-04T08:00:00Z {"firmware":null,"model":null,"vendor":null}"#,
            "row 1 -: not JSON: EOF while parsing an object at line 1 column 1",
            "row 2 -: expected [time, station, message], found 2 parts",
            "row 3 -: its time `soon` is not RFC 3339",
            "row 4 -: its station is no text",
            "row 5 -: its message is of kind 9, not 2 to 6",
            "row 6 S1 StopTransaction: it has no timestamp",
            "row 7 S1 StartTransaction: data.token: holds a card number ([PAN:4242]): send a processor's token instead",
            "row 8 S1 StartTransaction: data.meterStart: expected 0 to 1 GWh, in Wh",
        ],
    );
}

#[test]
fn the_order_of_lines_does_not_matter_and_the_version_is_seen() {
    let lines = [
        line("01:00", START),
        line("01:01", STARTED),
        line("59:59", &STOP.replace('\n', "")),
    ];
    let mut other = lines.clone();
    other.reverse();
    assert_eq!(
        told(&imported(Version::OneSix, &lines)),
        told(&imported(Version::OneSix, &other))
    );
    assert_eq!(
        Version::of(lines.join("\n").as_bytes()),
        Some(Version::OneSix)
    );
    let two = event("01:00", "Started", "Authorized", 0, "");
    assert_eq!(Version::of(two.as_bytes()), Some(Version::Two));
    assert_eq!(Version::of(br#"{"specversion":"1.0"}"#), None);
}
