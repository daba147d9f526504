//! Message logs of 2.0.1 and 2.1.

use super::{check, event, imported, line, told};
use crate::imports::ocpp::Version;

#[test]
fn a_2_0_1_transaction_keeps_sequence_states_and_who_stopped_it() {
    check(
        Version::Two,
        &[
            event("01:00", "Started", "Authorized", 0, r#","offline":true,"transactionInfo":{"transactionId":"T1"},"evse":{"id":2,"connectorId":1},"idToken":{"idToken":"ALICE","type":"ISO14443"},
                "meterValue":[{"timestamp":"2026-05-04T08:01:00Z","sampledValue":[{"value":1.2,"context":"Transaction.Begin","unitOfMeasure":{"unit":"Wh","multiplier":3}}]}]"#).replace('\n', "").as_str().into(),
            event("05:00", "Updated", "ChargingStateChanged", 1, r#","transactionInfo":{"transactionId":"T1","chargingState":"SuspendedEV"}"#),
            event("06:00", "Updated", "EVDeparted", 2, r#","transactionInfo":{"transactionId":"T1"}"#),
            event("07:00", "Ended", "StopAuthorized", 3, r#","transactionInfo":{"transactionId":"T1","stoppedReason":"Local"},"idToken":{"idToken":"BOB","type":"ISO14443"}"#),
        ],
        &[
            r#"session_started 2026-05-04T08:01:00Z {"evse":2,"offline":true,"samples":[{"context":"Transaction.Begin","measurand":"Energy.Active.Import.Register","multiplier":3,"time":"2026-05-04T08:01:00Z","unit":"Wh","value":1.2}],"sequence":0,"token":"ALICE","transaction":"T1"}"#,
            r#"session_updated 2026-05-04T08:05:00Z {"samples":[],"sequence":1,"state":"SuspendedEV","transaction":"T1"}"#,
            r#"session_updated 2026-05-04T08:06:00Z {"samples":[],"sequence":2,"state":"Idle","transaction":"T1"}"#,
            r#"session_ended 2026-05-04T08:07:00Z {"reason":"Local","samples":[],"sequence":3,"token":"BOB","transaction":"T1"}"#,
        ],
    );
}

#[test]
fn what_a_2_0_1_start_does_not_know_yet_is_completed_and_a_token_that_stops_never_pays() {
    let info = r#","transactionInfo":{"transactionId":"T1"}"#;
    let who =
        |token: &str| format!(r#"{info},"idToken":{{"idToken":"{token}","type":"ISO14443"}}"#);
    check(
        Version::Two,
        &[
            event(
                "01:00",
                "Started",
                "CablePluggedIn",
                0,
                &format!(r#"{info},"idToken":{{"idToken":"","type":"NoAuthorization"}}"#),
            ),
            event("02:00", "Updated", "StopAuthorized", 1, &who("EVE")),
            event(
                "03:00",
                "Updated",
                "Authorized",
                2,
                &format!(r#"{},"evse":{{"id":2}}"#, who("ALICE")),
            ),
            event("04:00", "Updated", "Authorized", 3, &who("BOB")),
        ],
        &[
            r#"session_started 2026-05-04T08:01:00Z {"authorization":"T1","evse":2,"samples":[],"sequence":0,"state":"EVConnected","transaction":"T1"}"#,
            r#"session_updated 2026-05-04T08:02:00Z {"samples":[],"sequence":1,"transaction":"T1"}"#,
            r#"authorization_requested 2026-05-04T08:03:00Z {"authorization":"T1","token":"ALICE"}"#,
            r#"session_updated 2026-05-04T08:03:00Z {"evse":2,"samples":[],"sequence":2,"transaction":"T1"}"#,
            r#"session_updated 2026-05-04T08:04:00Z {"samples":[],"sequence":3,"transaction":"T1"}"#,
        ],
    );
}

#[test]
fn a_start_whose_evse_nobody_names_is_refused_and_not_put_anywhere() {
    let info = r#","transactionInfo":{"transactionId":"T1"}"#;
    check(
        Version::Two,
        &[event("01:00", "Started", "Authorized", 0, info)],
        &["row 1 S1 TransactionEvent: no message of its transaction names its EVSE"],
    );
}

#[test]
fn another_connector_of_an_evse_that_charges_does_not_free_it() {
    let status = |minute: &str, connector: u32, status: &str| {
        line(
            minute,
            &format!(
                r#"[2,"s{minute}","StatusNotification",{{"timestamp":"2026-05-04T08:{minute}Z","connectorStatus":"{status}","evseId":1,"connectorId":{connector}}}]"#
            ),
        )
    };
    let more = r#","transactionInfo":{"transactionId":"T1"},"evse":{"id":1,"connectorId":1}"#;
    let told = told(&imported(
        Version::Two,
        &[
            event("01:00", "Started", "CablePluggedIn", 0, more),
            status("02:00", 2, "Available"),
            event("03:00", "Ended", "EVDeparted", 1, more),
            status("04:00", 2, "Available"),
        ],
    ));
    let statuses: Vec<&String> = told
        .iter()
        .filter(|line| line.contains("onnector"))
        .collect();
    assert_eq!(
        statuses,
        [
            r#"connector_status_changed 2026-05-04T08:04:00Z {"evse":1,"status":"Available"}"#,
            "1 x StatusNotification: of a connector whose EVSE charges at another",
        ]
    );
}

#[test]
fn what_2_1_adds_stops_nothing() {
    let more = r#","transactionInfo":{"transactionId":"T1","tariffId":"T"},"costDetails":{"totalCost":{}},"meterValue":[{"timestamp":"2026-05-04T08:05:00Z","sampledValue":[
        {"value":7,"measurand":"Energy.Active.Import.CableLoss"},
        {"value":1500.5,"signedMeterValue":{"signedMeterData":"x","encodingMethod":"OCMF"}}]}]"#;
    check(
        Version::Two,
        &[
            event(
                "05:00",
                "Updated",
                "RunningCost",
                4,
                &more.replace('\n', ""),
            ),
            line("06:00", r#"[6,"1","NotifyPeriodicEventStream",{}]"#),
            line(
                "07:00",
                r#"[2,"2","MeterValues",{"evseId":1,"meterValue":[{"timestamp":"2026-05-04T08:07:00Z","sampledValue":[{"value":1600}]}]}]"#,
            ),
        ],
        &[
            r#"session_updated 2026-05-04T08:05:00Z {"samples":[{"measurand":"Energy.Active.Import.Register","time":"2026-05-04T08:05:00Z","value":1500.5}],"sequence":4,"transaction":"T1"}"#,
            r#"session_updated 2026-05-04T08:07:00Z {"evse":1,"samples":[{"measurand":"Energy.Active.Import.Register","time":"2026-05-04T08:07:00Z","value":1600}]}"#,
            "1 x Energy.Active.Import.CableLoss: no price depends on it",
            "1 x NotifyPeriodicEventStream: says nothing that is billed",
        ],
    );
}
