//! The command `get` on answers and files made for it.

use super::*;
use axum::routing::get;
use axum::{Json, Router};

fn got(kind: &str, id: Option<&str>, path: &str, answer: Value) -> Result<String, CliError> {
    let name = if path.contains("reference") {
        "documents"
    } else {
        "items"
    };
    let route = get(move || async move { Json(json!({ name: answer })) });
    let transport = Transport::in_process(Router::new().route(path, route)).unwrap();
    let id = id.map(str::to_owned);
    let arguments = GetArguments {
        kind: kind.to_owned(),
        id,
        limit: 2,
        json: false,
    };
    let mut out = Vec::new();
    run(&arguments, || Ok(transport), &mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

fn site(version: i64) -> Value {
    json!({ "kind": "Site", "id": "a", "version": version, "valid_from": 0, "valid_to": null,
            "recorded_at": 0, "hash": "00", "document": "{\"id\":\"a\",\"spec\":{\"name\":\"A\"}}" })
}

#[test]
fn kinds_are_found_in_any_case_and_number() {
    for word in ["Policy", "policies", "POLICY"] {
        assert_eq!(listed(word).unwrap(), Listed::Reference(Kind::Policy));
    }
    for word in [
        "tariff-assignments",
        "TariffAssignment",
        "legal_entity",
        "LegalEntities",
    ] {
        assert!(
            matches!(listed(word).unwrap(), Listed::Reference(_)),
            "{word}"
        );
    }
    let error = listed("ghost").unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("`ghost` is not a kind: there are Policy,")
    );
    assert_eq!(error.code(), 1);
}

#[test]
fn documents_are_listed_with_their_text_and_told_in_every_version() {
    let shown = got("sites", None, "/v1/reference/Site", json!([site(2)])).unwrap();
    assert!(
        shown.contains("1970-01-01 00:00:00Z") && shown.contains("{\"name\":\"A\"}"),
        "{shown}"
    );
    let shown = got(
        "site",
        Some("a"),
        "/v1/reference/Site/{id}",
        json!([site(1), site(2)]),
    )
    .unwrap();
    assert!(
        shown.contains("Version 2:\n{\n  \"name\": \"A\"\n}"),
        "{shown}"
    );
}

#[test]
fn what_is_not_there_is_refused() {
    let error = got("site", Some("b"), "/v1/reference/Site/{id}", json!([])).unwrap_err();
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        (1, "there is no site `b`")
    );
    let error = got("sessions", Some("ses_1"), "/", json!([])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "ask `wattledger session ses_1` for the story of one"
    );
}

#[test]
fn held_sessions_say_why_they_wait() {
    let row = json!({ "session": "ses_1", "station": "s", "started_at": 0, "energy": 9_900_000,
                      "proposed_minor": 515, "currency": "EUR", "reasons": "no_payer too_long" });
    let shown = got("held", None, "/v1/sessions", json!([row])).unwrap();
    for part in ["9.900", "5.15 EUR", "no payer, too long"] {
        assert!(shown.contains(part), "{part} in\n{shown}");
    }
}

#[test]
fn rows_without_their_fields_do_not_panic() {
    for kind in ["sessions", "held", "invoices"] {
        let path = if kind == "invoices" {
            "/v1/invoices"
        } else {
            "/v1/sessions"
        };
        assert!(got(kind, None, path, json!([{}, 3, null])).is_ok());
    }
    assert!(
        got(
            "token",
            None,
            "/v1/reference/Token",
            json!([{ "document": "{" }])
        )
        .is_ok()
    );
}
