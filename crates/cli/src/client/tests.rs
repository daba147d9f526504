//! How answers become results and exit codes, and how paths are encoded.

use super::*;
use axum::Json;
use axum::routing::post;
use serde_json::json;

fn transport(router: Router) -> Transport {
    Transport::in_process(router).unwrap()
}

#[test]
fn a_router_answers_in_this_process() {
    let echo = post(|Json(body): Json<Value>| async move { Json(json!({ "got": body })) });
    let transport = transport(Router::new().route("/v1/echo", echo));
    let answer = transport.post("/v1/echo", &json!([1])).unwrap();
    assert_eq!(answer, json!({ "got": [1] }));
    assert!(!transport.is_live());
}

#[track_caller]
fn check(status: u16, body: &str, code: u8, expect: &str) {
    let error = answer("/x", StatusCode::from_u16(status).unwrap(), body.as_bytes()).unwrap_err();
    assert_eq!((error.code(), error.to_string().as_str()), (code, expect));
}

#[test]
fn a_refusal_ends_with_1_and_a_broken_engine_with_2() {
    let fault = |message: &str| json!({ "error": { "code": "x", "message": message } }).to_string();
    check(
        404,
        &fault("there is no session `a`"),
        1,
        "there is no session `a`",
    );
    check(503, &fault("starting"), 2, "starting");
    check(429, &fault("later"), 2, "later");
    check(
        500,
        "<html>",
        2,
        "the engine answered 500 Internal Server Error to `/x`",
    );
    let placed = json!({ "error": { "message": "is required", "index": 3, "field": "spec.site" } });
    check(422, &placed.to_string(), 1, "[3] spec.site: is required");
}

#[test]
fn an_answer_that_is_no_json_is_a_sentence() {
    let error = answer("/x", StatusCode::OK, b"<html>").unwrap_err();
    assert_eq!(error.to_string(), "the answer to `/x` is not JSON");
}

#[test]
fn a_file_that_an_engine_left_behind_counts_as_none() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(running_engine(folder.path()).unwrap(), None);
    for text in [
        "rubbish",
        "{}",
        r#"{"pid": 4194399, "address": "127.0.0.1:1"}"#,
        r#"{"address": "127.0.0.1:1"}"#,
    ] {
        std::fs::write(folder.path().join(ENGINE_FILE), text).unwrap();
        assert_eq!(running_engine(folder.path()).unwrap(), None, "{text}");
    }
}

#[test]
fn a_directory_that_is_not_there_is_said_to_be_missing() {
    let error = Transport::open(Path::new("/nowhere/at/all")).err().unwrap();
    assert_eq!(error.code(), 2);
    assert!(error.to_string().contains("--data-dir"), "{error}");
}

#[test]
fn names_are_encoded_for_a_path() {
    assert_eq!(encoded("guest:a/b c"), "guest%3Aa%2Fb%20c");
}
