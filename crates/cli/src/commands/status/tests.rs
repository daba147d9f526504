//! The command `status` on answers made for it.

use super::*;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

fn asked(answer: Value, json: bool) -> (Result<(), CliError>, String) {
    let route = get(move || async move { Json(answer) });
    let transport = Transport::in_process(Router::new().route("/v1/status", route)).unwrap();
    let mut out = Vec::new();
    let done = run(&StatusArguments { json }, &transport, &mut out);
    (done, String::from_utf8(out).unwrap())
}

fn partition(stage: &str, lag: i64, task: Value) -> Value {
    json!({ "stage": stage, "partition": 1, "position": 1_234, "end": lag.saturating_add(1_234), "lag": lag,
            "task": task })
}

#[test]
fn partitions_stand_with_the_instance_that_folds_them() {
    let task = json!({ "logical_time": 0, "timers": 7, "parked": 0, "dead_letters": 2 });
    let answer = json!({
        "state": "ready", "detail": "live", "version": "0.1.0",
        "instances": [{ "instance": "process 7", "since": 0,
                        "partitions": [partition("sessions", 3, task)] }],
        "unowned": [partition("accounts", 4, Value::Null)],
        "workers": [{ "worker": "payments", "lag": 5 }],
    });
    let (done, shown) = asked(answer.clone(), false);
    done.unwrap();
    let lines: Vec<String> = shown
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    for expect in [
        "Records to fold 7",
        "Records to do: payments 5",
        "process 7, since 1970-01-01 00:00:00Z:",
        "sessions 1 1,234 1,237 3 7 0 2",
        "Folded by nobody:",
        "accounts 1 1,234 1,238 4 – – –",
    ] {
        assert!(lines.iter().any(|line| line == expect), "{expect}: {shown}");
    }
    let (_, shown) = asked(answer.clone(), true);
    assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), answer);
}

#[test]
fn a_broken_engine_is_shown_and_ends_with_two() {
    let answer = json!({ "state": "broken", "detail": "disk full", "version": "0.1.0" });
    let (done, shown) = asked(answer, true);
    let error = done.unwrap_err();
    assert_eq!(error.code(), 2);
    assert!(error.to_string().contains("disk full") && shown.contains("disk full"));
}
