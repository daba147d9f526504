//! The command `audit` on answers and files made for it.

use super::*;
use axum::routing::post;
use axum::{Json, Router};

fn audited(answer: Value) -> (Result<(), CliError>, String) {
    let route = post(move || async move { Json(answer) });
    let transport = Transport::in_process(Router::new().route("/v1/audit", route)).unwrap();
    let mut out = Vec::new();
    let done = run(
        &AuditArguments {
            refold: false,
            json: false,
        },
        &transport,
        &mut out,
    );
    (done, String::from_utf8(out).unwrap())
}

#[test]
fn a_clean_audit_is_done_and_names_what_is_in_flight() {
    let (done, shown) = audited(json!({
        "verdict": "clean",
        "checks": [{ "name": "numbers_gapless", "checked": 1998, "ok": true, "detail": "1..1998" }],
        "in_flight": ["payment pay_1 until 2026-03-01T00:00:00Z", { "payment": "pay_2", "op": 3 }],
    }));
    assert!(done.is_ok());
    let expect = [
        "numbers gapless     1,998   yes     1..1998",
        "  payment pay_1 until 2026-03-01T00:00:00Z",
        "  op 3, payment pay_2",
        "Verdict: clean",
    ];
    for line in expect {
        assert!(shown.contains(line), "{line} in\n{shown}");
    }
}

#[test]
fn a_broken_promise_ends_with_1_and_the_first_offender() {
    let (done, shown) = audited(json!({
        "verdict": "broken",
        "checks": [
            { "name": "a", "checked": 1, "ok": true, "detail": "" },
            { "name": "hash_chain", "checked": 7, "ok": false, "detail": "inv_7 breaks the chain" },
            { "name": "c", "checked": 7, "ok": false, "detail": "x" },
        ],
        "in_flight": [],
    }));
    let error = done.unwrap_err();
    assert_eq!(error.code(), 1);
    assert_eq!(
        error.to_string(),
        "broken: hash chain: inv_7 breaks the chain"
    );
    assert!(shown.contains("NO"));
}

#[test]
fn an_answer_without_a_verdict_is_not_clean() {
    for answer in [
        json!({}),
        json!([]),
        json!(null),
        json!({ "checks": 3, "verdict": 1 }),
    ] {
        assert_eq!(audited(answer).0.unwrap_err().code(), 1);
    }
}
