//! Rubbish on every endpoint and command: a clear error each, and the engine goes on.

use serde_json::{Value, json};
use wattledger_tests_live::events::{asked, session};
use wattledger_tests_live::{Answer, Place, configured};

const ONE: &str = "application/cloudevents+json";
const MANY: &str = "application/cloudevents-batch+json";

fn check(answer: &Answer, status: u16, code: &str, about: &str) {
    let error = &answer.json()["error"];
    assert_eq!(
        (answer.status, error["code"].as_str()),
        (status, Some(code)),
        "{about}: {answer:?}"
    );
    assert!(
        error["message"].as_str().is_some_and(|text| text.len() > 5),
        "{about}: {answer:?}"
    );
}

/// An event with one of its fields changed.
fn with(mut event: Value, path: &str, value: Value) -> String {
    *event
        .pointer_mut(path)
        .unwrap_or_else(|| panic!("no {path}")) = value;
    event.to_string()
}

#[test]
fn events_that_cannot_be_taken_are_named_by_field_and_nothing_is_kept() {
    let place = Place::new();
    let engine = place.ready();
    let deep = "[".repeat(100_000);
    let bodies: [(&str, &str, u16, &str); 7] = [
        (ONE, "nope", 400, "json"),
        (ONE, "[]", 422, "field"),
        (ONE, "null", 422, "field"),
        (MANY, "{}", 422, "batch"),
        (MANY, "[7]", 422, "field"),
        (MANY, &deep, 400, "json"),
        ("text/csv", "a,b", 400, "content_type"),
    ];
    for (content_type, body, status, code) in bodies {
        let answer = engine.post("/v1/events", content_type, body);
        check(&answer, status, code, body.get(..20).unwrap_or(body));
    }
    let large = "x".repeat(1_100_000);
    check(
        &engine.post("/v1/events", MANY, large),
        413,
        "too_large",
        "large",
    );
    check(
        &engine.post("/v1/events", ONE, [0xff, 0xfe]),
        400,
        "json",
        "no text",
    );

    let start = || session("bad")[0].clone();
    let end = || session("bad")[3].clone();
    let changed = [
        (with(start(), "/type", json!("moon.landed")), "type"),
        (with(start(), "/source", json!(7)), "field"),
        (with(start(), "/id", json!("")), "field"),
        (with(start(), "/specversion", Value::Null), "field"),
        (with(start(), "/time", json!("yesterday")), "time"),
        (
            with(start(), "/time", json!("9999-01-01T00:00:00Z")),
            "time",
        ),
        (with(start(), "/data", json!([])), "field"),
        (with(start(), "/data/evse", json!("one")), "field"),
        (with(start(), "/data/evse", json!(-1)), "field"),
        (with(start(), "/data/state", json!("Flying")), "word"),
        (with(end(), "/data/meterStop", json!(-5)), "energy"),
        (with(end(), "/data/meterStop", json!(1e300)), "number"),
        (
            with(end(), "/data/reason", json!("4242 4242 4242 4242")),
            "card_data_refused",
        ),
        (
            with(
                asked("bad"),
                "/data/method/token",
                json!("4242424242424242"),
            ),
            "card_data_refused",
        ),
        (with(asked("bad"), "/data/method", Value::Null), "payer"),
    ];
    for (body, code) in changed {
        let answer = engine.post("/v1/events", ONE, body.clone());
        let found = answer.json()["error"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert_eq!(answer.status, 422, "{body}: {answer:?}");
        assert_eq!(found, code, "{body}: {answer:?}");
        assert!(!answer.text.contains("4242424242424242"), "{answer:?}");
    }
    let mut batch = session("batch");
    batch[2]["data"]["state"] = json!("Flying");
    let answer = engine.post("/v1/events", MANY, Value::from(batch).to_string());
    check(&answer, 422, "word", "batch");
    assert_eq!(answer.json()["error"]["index"], 2);
    let kept = place.done(&[
        "tail",
        "charging.events",
        "--from",
        "earliest",
        "--until-end",
        "--json",
    ]);
    assert!(
        !kept.out.contains("batch-0") && !kept.out.contains("bad-0"),
        "{kept:?}"
    );
    assert!(engine.is_ready());
    assert!(!place.words().contains("panicked"), "{}", place.words());
}

#[test]
fn questions_without_sense_are_refused_with_the_right_status() {
    let place = Place::new();
    let engine = configured(&place);
    let asked = [
        ("/v1/sessions/nope", 404, "session"),
        ("/v1/sessions/%ff", 400, "request"),
        ("/v1/sessions?limit=abc", 400, "parameter"),
        ("/v1/sessions?limit=-1", 400, "parameter"),
        ("/v1/sessions?limit=99999999999999999999", 400, "parameter"),
        ("/v1/sessions?after_started_at=zz&after=x", 400, "parameter"),
        ("/v1/sessions?held=maybe", 400, "parameter"),
        ("/v1/invoices/nope", 404, "invoice"),
        ("/v1/invoices?limit=0", 400, "parameter"),
        ("/v1/reports/usage?from=2026-02-30", 400, "parameter"),
        ("/v1/reports/revenue?by=moon", 400, "parameter"),
        ("/v1/reports/losses", 404, "report"),
        ("/v1/reference/Moon", 404, "kind"),
        ("/v1/reference/Site/nope", 404, "document"),
        ("/v1/topics/nope", 404, "topic"),
        ("/v1/topics/event.outcomes?cursor=zz", 400, "parameter"),
        (
            "/v1/topics/event.outcomes?cursor=-5.0.0.0",
            400,
            "parameter",
        ),
        ("/v1/topics/event.outcomes?cursor=0", 400, "parameter"),
        (
            "/v1/topics/event.outcomes?cursor=9223372036854775807.0.0.0",
            400,
            "parameter",
        ),
        ("/v1/topics/event.outcomes?wait_ms=x", 400, "parameter"),
        ("/v1/events/nobody/nothing", 404, "event"),
        ("/v1/audit", 405, "method"),
        ("/nowhere", 404, "path"),
    ];
    for (path, status, code) in asked {
        check(&engine.get(path), status, code, path);
    }
    let posted = [
        ("/v1/reference", "nope", 400, "json"),
        ("/v1/reference", "{}", 400, "parameter"),
        ("/v1/webhooks/simulated", "{}", 401, "signature"),
        ("/v1/webhooks/nobody", "{}", 404, "processor"),
        ("/v1/sessions", "{}", 405, "method"),
    ];
    for (path, body, status, code) in posted {
        check(
            &engine.post(path, "application/json", body),
            status,
            code,
            path,
        );
    }
    for body in [r#"[1,null,{}]"#, r#"[{"kind":"Moon","id":"x","spec":{}}]"#] {
        let answer = engine
            .post("/v1/reference", "application/json", body)
            .json();
        let documents = answer["documents"].as_array().unwrap();
        assert!(!documents.is_empty(), "{answer}");
        assert!(
            documents
                .iter()
                .all(|document| document["result"] == "refused"),
            "{answer}"
        );
    }
    assert!(engine.is_ready());
    assert!(!place.words().contains("panicked"), "{}", place.words());
    engine.stop();
}

#[test]
fn commands_without_sense_end_with_one_and_a_sentence() {
    let place = Place::new();
    let engine = configured(&place);
    let binary = place.write("binary.yaml", [0xff, 0x00, 0xfe]);
    let cut = place.write("cut.yaml", "kind: [\n");
    let deep = place.write("deep.json", "[".repeat(100_000));
    let object = place.write("object.json", r#"{"a": 1}"#);
    let aliases = place.write("aliases.yaml", "a: &a [x, x]\nb: [*a, *a]\n");
    let empty = place.write("empty.yaml", "");
    let card = "kind: Account\nid: x\nspec:\n  name: X\n  standing: active\n  \
                method: { processor: simulated, token: \"4242 4242 4242 4242\" }\n";
    let card = place.write("card.yaml", card);
    let unknown = "kind: Site\nid: z\nspec: { name: Z, timeZone: Europe/Berlin, legalEntity: q }\n";
    let unknown = place.write("unknown.yaml", unknown);
    let refused: [&[&str]; 27] = [
        &["apply", "-f", &binary],
        &["apply", "-f", &cut],
        &["apply", "-f", &deep],
        &["apply", "-f", &object],
        &["apply", "-f", &aliases],
        &["apply", "-f", &empty],
        &["apply", "-f", &card],
        &["apply", "-f", &unknown],
        &["get", "moon"],
        &["get", "tariff", "nope"],
        &["get", "sessions", "--limit", "0"],
        &["session", "nope"],
        &["session", ""],
        &["invoice", "../x"],
        &["report", "moon"],
        &["report", "usage", "--from", "2026-13-01"],
        &[
            "report",
            "usage",
            "--from",
            "2026-05-01",
            "--to",
            "2026-04-01",
        ],
        &["tail", "nope", "--until-end"],
        &["run", "--listen", "nowhere"],
        &["run", "--listen", "127.0.0.1:0"],
        &["price", "--cdr", &object],
        &["price", "--cdr", &deep],
        &["import", &binary],
        &["import", &object],
        &["import", &empty],
        &["simulate", "--sessions", "0"],
        &["nonsense"],
    ];
    for arguments in refused {
        let told = place.ask(arguments);
        assert_eq!(told.code, 1, "{arguments:?}: {told:?}");
        assert!(
            told.err.len() > 10 || told.out.contains("refused"),
            "{arguments:?}: {told:?}"
        );
        assert!(!told.err.contains("4242 4242"), "{told:?}");
    }
    assert!(engine.is_ready());
    engine.stop();
}

#[test]
fn a_folder_without_an_engine_stays_as_it_was() {
    let place = Place::new();
    std::fs::create_dir(place.data()).unwrap();
    let told = place.ask(&["audit"]);
    assert_eq!(told.code, 2, "{told:?}");
    assert!(told.err.contains("no engine directory"), "{told:?}");
    assert_eq!(std::fs::read_dir(place.data()).unwrap().count(), 0);
    let told = place.ask(&["apply", "-f", &place.path("missing.yaml")]);
    assert_eq!(told.code, 2, "{told:?}");
    let mut run = place.command(&["run", "--listen", "127.0.0.1:0"]);
    let told = run.env("WATTLEDGER_PARTITIONS", "many").output().unwrap();
    assert_eq!(told.status.code(), Some(1), "{told:?}");
}
