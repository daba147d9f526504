//! The command `journal export` on pages made for it.

use super::*;
use axum::extract::RawQuery;
use axum::routing::get;
use axum::{Json, Router};

fn entry(number: i64, credit: i64) -> Value {
    let side = |ledger: &str, side: &str, amount: i64| json!({ "ledger": ledger, "side": side, "amount": amount, "currency": "EUR" });
    json!({
        "date": "2026-05-04", "entry": format!("ent-{number}"), "document": "DE-2026-000001",
        "document_kind": "invoice", "cause": if number == 1 { "document" } else { "captured" },
        "payment": if number == 1 { Value::Null } else { "pay-1".into() }, "session": "ses-1",
        "postings": [side("ar:driver", "debit", 1_190), side("revenue", "credit", credit),
                     side("tax:19", "credit", 190)],
    })
}

/// Two pages; the second says what it was asked by.
fn exported(csv: bool, second: Value) -> (Result<(), CliError>, String) {
    let page = move |RawQuery(query): RawQuery| {
        let second = second.clone();
        async move {
            let query = query.unwrap_or_default();
            assert!(
                query.starts_with("from=2026-05-01&entity=demo%20energy&"),
                "{query}"
            );
            Json(if query.ends_with("after_entered_at=5&after=ent-1") {
                json!({ "entries": [second], "next": null })
            } else {
                json!({ "entries": [entry(1, 1_000)],
                        "next": { "after_entered_at": 5, "after": "ent-1" } })
            })
        }
    };
    let router = Router::new().route("/v1/journal", get(page));
    let transport = Transport::in_process(router).unwrap();
    let arguments = JournalArguments {
        action: JournalAction::Export(JournalExport {
            csv,
            json: !csv,
            from: Some("2026-05-01".to_owned()),
            to: None,
            entity: Some("demo energy".to_owned()),
        }),
    };
    let mut out = Vec::new();
    let done = run(&arguments, || Ok(transport), &mut out);
    (done, String::from_utf8(out).unwrap())
}

#[test]
fn a_row_is_one_side_of_an_entry_over_all_pages() {
    let (done, shown) = exported(true, entry(2, 1_000));
    done.unwrap();
    let expect = "\
date,entry_id,document_number,account,debit,credit,currency,text
2026-05-04,ent-1,DE-2026-000001,ar:driver,11.90,,EUR,\"invoice, session ses-1\"
2026-05-04,ent-1,DE-2026-000001,revenue,,10.00,EUR,\"invoice, session ses-1\"
2026-05-04,ent-1,DE-2026-000001,tax:19,,1.90,EUR,\"invoice, session ses-1\"
2026-05-04,ent-2,DE-2026-000001,ar:driver,11.90,,EUR,\"captured, payment pay-1, session ses-1\"
2026-05-04,ent-2,DE-2026-000001,revenue,,10.00,EUR,\"captured, payment pay-1, session ses-1\"
2026-05-04,ent-2,DE-2026-000001,tax:19,,1.90,EUR,\"captured, payment pay-1, session ses-1\"
";
    assert_eq!(shown, expect);
}

#[test]
fn json_has_every_entry_and_the_totals() {
    let (done, shown) = exported(false, entry(2, 1_000));
    done.unwrap();
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["entries"].as_array().unwrap().len(), 2);
    let totals = json!([{ "currency": "EUR", "debit": "23.80 EUR", "credit": "23.80 EUR" }]);
    assert_eq!(shown["totals"], totals);
}

#[test]
fn entries_that_do_not_balance_end_with_one() {
    for csv in [true, false] {
        let (done, _) = exported(csv, entry(2, 999));
        let error = done.unwrap_err();
        assert_eq!(error.code(), 1);
        assert!(error.to_string().contains("does not balance"), "{error}");
    }
}
