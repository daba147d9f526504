//! The command `invoice` on answers and files made for it.

use super::*;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

const START: i64 = 1_772_359_200_000; // 2026-03-01T10:00:00Z

fn story() -> Value {
    let head = json!({
        "invoice": "inv_1", "number": "DE-2026-000001", "series": "demo/invoice/2026", "sequence": 1,
        "kind": "invoice", "sign": 1, "legal_entity": "demo-energy", "book": "demo-energy",
        "account": "demo", "buyer_name": "Demo customer", "session": "ses_1", "session_version": 1,
        "station": "s1", "evse": 2, "site": "berlin", "tariff": "t", "time_zone": "Europe/Berlin",
        "started_at": START, "ended_at": START + 3_600_000, "energy": 12_345_000,
        "issue_date": "2026-03-01", "issued_at": START + 3_700_000, "currency": "EUR", "net": 642,
        "tax": 122, "gross": 764, "credited_invoice": null, "credited_number": null,
        "hash": "0123456789abcdef", "previous_hash": "fedcba9876543210",
    });
    json!({
        "document": {
            "head": head,
            "lines": [{ "ordinal": 1, "kind": "energy", "element": 0, "quantity": 12_345_000,
                        "price_e8": 52_000_000, "tax_rate": 190_000, "net": 642,
                        "from_at": START, "to_at": START + 3_600_000 },
                      { "ordinal": 2, "kind": "max_price", "element": 0, "quantity": 1,
                        "price_e8": 0, "tax_rate": null, "net": -1, "from_at": START, "to_at": START }],
            "tax_groups": [{ "tax_rate": 190_000, "net": 642, "tax": 122, "gross": 764 }],
        },
        "credited_by": [{ "number": "DC-2026-000001" }],
        "payments": [{ "movement": "captured", "amount": 764, "currency": "EUR", "moved_at": START,
                       "processor": "simulated", "payment": "pay_1" }],
        "entries": [{ "book": "b", "sequence": 4, "cause": "document", "entered_at": START,
                      "postings": [] }],
        "session": { "session": "ses_1", "rated": null, "items": [
            { "at": START, "part": "rated",
              "is": { "session": { "version": 1, "tariff_version": 2 }, "steps": [], "periods": [] } },
        ]},
    })
}

fn told(answer: Value, json: bool) -> Result<String, CliError> {
    let elements =
        r#"{"id":"t","spec":{"elements":[{"restrictions":{"start_time":"07:00","min_kwh":1}}]}}"#;
    let tariffs =
        json!([{ "version": 1, "document": "{}" }, { "version": 2, "document": elements }]);
    let router = Router::new()
        .route(
            "/v1/invoices/{number}",
            get(move || async move { Json(json!({ "invoices": answer })) }),
        )
        .route(
            "/v1/reference/Tariff/{id}",
            get(move || async move { Json(json!({ "documents": tariffs })) }),
        );
    let transport = Transport::in_process(router).unwrap();
    let arguments = InvoiceArguments {
        number: "DE-2026-000001".to_owned(),
        json,
    };
    let mut out = Vec::new();
    run(&arguments, &transport, &mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

#[test]
fn an_invoice_says_what_each_line_counts_and_why() {
    let shown = told(json!([story()]), false).unwrap();
    for part in [
        "Invoice DE-2026-000001 over 7.64 EUR",
        "Demo customer (account demo)",
        "2026-03-01 (2026-03-01 12:01:40 +01:00)",
        "DC-2026-000001",
        "demo/invoice/2026 number 1, hash 0123456789ab…, after fedcba987654…",
        "12.345 kWh × 0.52 EUR/kWh",
        "element 1, min_kwh 1, start_time 07:00; 2026-03-01 11:00:00 +01:00",
        "lowered to the tariff's maximum price",
        "19 % tax   6.42   1.22    7.64",
        "captured 7.64 EUR at simulated (pay_1)",
        "entry 4 of book b, for document",
        "What happened, on the clock of Europe/Berlin:",
    ] {
        assert!(shown.contains(part), "{part} in\n{shown}");
    }
}

#[test]
fn several_stories_follow_each_other_and_json_is_as_it_came() {
    let shown = told(json!([story(), story()]), false).unwrap();
    assert_eq!(shown.matches("Invoice DE").count(), 2);
    let shown = told(json!([story()]), true).unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(&shown).unwrap(),
        json!({ "invoices": [story()] })
    );
}

#[test]
fn an_invoice_that_is_not_there_is_refused_and_rubbish_does_not_panic() {
    let error = told(json!([]), false).unwrap_err();
    assert_eq!(error.to_string(), "there is no invoice `DE-2026-000001`");
    assert_eq!(error.code(), 1);
    for answer in [json!([{}]), json!([1]), json!([{ "document": {} }])] {
        assert!(told(answer, false).is_ok());
    }
}
