//! Records in a line, pages to their end, and unknown topics.

use super::*;
use axum::extract::Query;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Two pages and an end.
fn transport() -> Transport {
    let route = get(|Query(asked): Query<BTreeMap<String, String>>| async move {
        assert_eq!(asked["wait_ms"], "0");
        let record = |offset: u32, link: Value| {
            json!({ "partition": 0, "offset": offset, "key": "station-1", "link": link,
                    "type": "SessionStarted", "data": { "evse": 1 } })
        };
        Json(match asked["cursor"].as_str() {
            "earliest" => {
                json!({ "records": [record(7, Value::Null)], "cursor": "0:8", "end": false })
            }
            "0:8" => {
                json!({ "records": [record(8, json!("sessions/0#12"))], "cursor": "0:9", "end": true })
            }
            other => json!({ "records": [], "cursor": other, "end": true }),
        })
    });
    Transport::in_process(Router::new().route("/v1/topics/{topic}", route)).unwrap()
}

fn tailed(from: TailFrom, json: bool) -> String {
    let topic = "charging.events".to_owned();
    let arguments = TailArguments {
        topic,
        from: Some(from),
        until_end: true,
        json,
    };
    let mut out = Vec::new();
    run(&arguments, &transport(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn pages_follow_each_other_until_the_end() {
    let expect = "\
0:7         station-1                 SessionStarted            {\"evse\":1}
0:8         station-1                 SessionStarted            {\"evse\":1}  [sessions/0#12]
";
    assert_eq!(tailed(TailFrom::Earliest, false), expect);
    let lines = tailed(TailFrom::Earliest, true);
    assert!(
        lines
            .lines()
            .all(|line| serde_json::from_str::<Value>(line).is_ok())
    );
    assert_eq!(tailed(TailFrom::Latest, false), "");
}

#[test]
fn an_unknown_topic_is_refused() {
    let transport = Transport::in_process(Router::new()).unwrap();
    let topic = "no/such?topic".to_owned();
    let arguments = TailArguments {
        topic,
        from: Some(TailFrom::Latest),
        until_end: false,
        json: false,
    };
    assert_eq!(
        run(&arguments, &transport, &mut Vec::new())
            .unwrap_err()
            .code(),
        1
    );
}
