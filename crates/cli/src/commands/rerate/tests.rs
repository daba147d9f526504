//! The command `rerate` on answers made for it.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "a test that overflows fails"
)]

use super::*;
use axum::routing::post;
use axum::{Json, Router};
use clap::Parser as _;

const END: i64 = 1_772_359_200_000; // 2026-03-01T10:00:00Z

fn row(session: &str, billed: (i64, i64), would_be: (i64, i64), more: &Value) -> Value {
    let difference = would_be.1 - billed.1;
    let mut row = json!({
        "session": session, "version": 1, "time_zone": "Europe/Berlin", "ended_at": END,
        "currency": "EUR", "invoice": format!("DE-{session}"), "already": false, "cannot": null,
        "billed_net": billed.0, "billed_gross": billed.1, "would_be_net": would_be.0,
        "would_be_gross": would_be.1, "difference_net": would_be.0 - billed.0,
        "difference_gross": difference, "basis": "exact", "notes": [],
        "state": if difference < 0 { "cheaper" } else { "unchanged" },
    });
    for (name, value) in more.as_object().unwrap() {
        row[name] = value.clone();
    }
    row
}

/// Two pages: the second is asked for with the cursor of the first.
async fn answer(Json(body): Json<Value>) -> Json<Value> {
    let first = body["cursor"].is_null();
    assert_eq!(body["from"], "2026-03-01");
    let rows = if first {
        vec![
            row(
                "ses_b",
                (700, 833),
                (560, 666),
                &json!({ "result": "corrected", "result_reason": "version 2" }),
            ),
            row("ses_c", (500, 595), (500, 595), &json!({})),
        ]
    } else {
        assert_eq!(
            (&body["cursor"], &body["until"]),
            (&json!("2"), &json!("4"))
        );
        let over = "its correction window ended on 2026-02-28";
        let mut unpriced = row(
            "ses_d",
            (0, 0),
            (0, 0),
            &json!({ "cannot": "it was billed in SEK" }),
        );
        for name in [
            "billed_net",
            "billed_gross",
            "would_be_net",
            "would_be_gross",
            "difference_gross",
        ] {
            unpriced.as_object_mut().unwrap().remove(name);
        }
        unpriced["state"] = "not_priced".into();
        vec![
            row(
                "ses_a",
                (100, 119),
                (50, 60),
                &json!({ "cannot": over, "ended_at": END - 1 }),
            ),
            unpriced,
        ]
    };
    Json(
        json!({ "tariff": "ad-hoc", "version": 2, "rows": rows, "read": 2, "of": 4,
                 "cursor": if first { "2" } else { "4" }, "until": "4", "end": !first }),
    )
}

fn told(more: &[&str]) -> (Result<(), CliError>, String) {
    let words = [
        "wattledger",
        "rerate",
        "--tariff",
        "ad-hoc@2",
        "--from",
        "2026-03-01",
        "--to",
        "2026-04-01",
    ];
    let cli = crate::arguments::Cli::try_parse_from([&words, more].concat()).unwrap();
    let crate::arguments::Command::Rerate(arguments) = cli.command else {
        panic!("not rerate");
    };
    let transport = || Transport::in_process(Router::new().route("/v1/rerate", post(answer)));
    let mut out = Vec::new();
    let done = run(&arguments, transport, &mut out);
    (done, String::from_utf8(out).unwrap())
}

#[test]
fn pages_are_one_table_in_order_with_sums_to_the_cent() {
    let (done, out) = told(&[]);
    done.unwrap();
    let line = |word: &str| {
        out.lines()
            .find(|line| line.contains(word))
            .unwrap()
            .to_owned()
    };
    assert!(
        out.find("ses_a").unwrap() < out.find("ses_b").unwrap(),
        "{out}"
    );
    for said in ["DE-ses_b", "7.00", "8.33", "5.60", "6.66", "-1.67 EUR"] {
        assert!(line("ses_b").contains(said), "{said}: {out}");
    }
    assert!(
        line("ses_a").contains("cannot be corrected: its correction window"),
        "{out}"
    );
    assert!(
        line("ses_d").contains("not re-ratable: it was billed in SEK"),
        "{out}"
    );
    // 7.00 + 5.00 + 1.00 and 5.60 + 5.00 + 0.50; with tax 15.47 and 13.21.
    for said in [
        "3",
        "13.00",
        "15.47",
        "11.10",
        "13.21",
        "-1.90",
        "-2.26 EUR",
    ] {
        assert!(line("all of them").contains(said), "{said}: {out}");
    }
    assert!(line("that change").contains("-1.67 EUR"), "{out}");
    let counts = "1 cheaper, 1 unchanged, 1 cannot be corrected, 1 not re-ratable";
    assert!(out.contains(counts), "{out}");
    assert!(out.contains("ad-hoc version 2"), "{out}");
}

#[test]
fn pipes_get_rows_counts_and_sums_in_minor_units() {
    let (done, out) = told(&["--json"]);
    done.unwrap();
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(told["rows"].as_array().unwrap().len(), 4);
    assert_eq!(
        told["counts"],
        json!({ "cannot": 1, "cheaper": 1, "not_priced": 1, "unchanged": 1 })
    );
    let sum = &told["sums"][0];
    assert_eq!(
        (&sum["billed_gross"], &sum["difference_gross"]),
        (&json!(1547), &json!(-226))
    );
    assert_eq!(told["to_correct"][0]["difference_net"], json!(-140));
}

#[test]
fn who_orders_corrections_must_be_named() {
    let words = [
        "wattledger",
        "rerate",
        "--tariff",
        "t",
        "--from",
        "2026-03-01",
        "--to",
        "2026-04-01",
        "--apply",
    ];
    assert!(crate::arguments::Cli::try_parse_from(words).is_err());
}

#[test]
fn a_tariff_is_a_file_where_there_is_one_else_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    assert_eq!(tariff("ad-hoc@2").unwrap(), json!("ad-hoc@2"));
    let ocpi = write(
        "t.json",
        r#"{"id": "T", "currency": "EUR", "elements": []}"#,
    );
    assert_eq!(tariff(&ocpi).unwrap()["id"], "T");
    let one = "kind: Site\nid: s\n---\nkind: Tariff\nid: T\nspec: {}\n";
    assert_eq!(tariff(&write("one.yaml", one)).unwrap()["kind"], "Tariff");
    let none = tariff(&write("none.yaml", "kind: Site\nid: s\n")).unwrap_err();
    assert!(none.to_string().contains("no tariff"), "{none}");
    let two = format!("{one}---\nkind: Tariff\nid: U\nspec: {{}}\n");
    let two = tariff(&write("two.yaml", &two)).unwrap_err();
    assert!(two.to_string().contains("more than one"), "{two}");
}
