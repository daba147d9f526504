//! The command `report` on answers and files made for it.

use super::*;
use crate::arguments::ReportBy;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

fn reported(report: ReportKind, format: &str, answer: Value) -> Result<String, CliError> {
    let route = get(move || async move { Json(json!({ "rows": answer })) });
    let router = Router::new().route("/v1/reports/{report}", route);
    let transport = Transport::in_process(router).unwrap();
    let arguments = ReportArguments {
        report,
        by: match report {
            ReportKind::Usage | ReportKind::Revenue => Some(ReportBy::Hour),
            ReportKind::Taxes => Some(ReportBy::Quarter),
            ReportKind::Review => None,
        },
        from: None,
        to: None,
        json: format == "json",
        csv: format == "csv",
    };
    let mut out = Vec::new();
    run(&arguments, || Ok(transport), &mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

fn revenue_rows() -> Value {
    let row = |key: &str, currency: &str, net: i64, gross: i64| {
        json!({ "key": key, "currency": currency, "invoices": 2, "credit_notes": 0,
                "energy": 12_345_000, "net": net, "tax": 19, "gross": gross })
    };
    json!([
        row("2026-10-25T02+120", "EUR", 100, 119),
        row("2026-10-25T02+60", "EUR", 200, 219),
        row("2026-10-25T02+60", "JPY", 300, 319),
    ])
}

#[test]
fn revenue_sums_each_currency_by_itself() {
    let shown = reported(ReportKind::Revenue, "table", revenue_rows()).unwrap();
    let expect = [
        " hour                      invoices   credit notes      kWh    net    tax   gross   currency",
        "─────────────────────────────────────────────────────────────────────────────────────────────",
        " 2026-10-25 02:00 +02:00          2              0   12.345   1.00   0.19    1.19   EUR",
        " 2026-10-25 02:00 +01:00          2              0   12.345   2.00   0.19    2.19   EUR",
        " 2026-10-25 02:00 +01:00          2              0   12.345    300     19     319   JPY",
        " all                              4              0   24.690   3.00   0.38    3.38   EUR",
        " all                              2              0   12.345    300     19     319   JPY",
    ];
    assert_eq!(shown.lines().collect::<Vec<_>>(), expect);
}

#[test]
fn usage_shows_hours_and_csv_seconds() {
    let rows = json!([{ "key": "a", "sessions": 1000, "energy": 1_500_000, "connected_ms": 7_500_250,
                        "charging_ms": 3_600_000, "suspended_by_vehicle_ms": 0,
                        "suspended_by_station_ms": 500, "other_ms": 0 }]);
    let shown = reported(ReportKind::Usage, "table", rows.clone()).unwrap();
    assert!(
        shown.contains("1,000   1.500   2 h 05 min   1 h 00 min"),
        "{shown}"
    );
    let csv = reported(ReportKind::Usage, "csv", rows).unwrap();
    assert_eq!(
        csv.lines().nth(1),
        Some("a,1000,1.500,7500.250,3600.000,0.000,0.500,0.000")
    );
}

#[test]
fn json_is_the_answer_as_it_came() {
    let shown = reported(ReportKind::Revenue, "json", revenue_rows()).unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(&shown).unwrap(),
        json!({ "rows": revenue_rows() })
    );
}

#[test]
fn an_empty_report_writes_no_data_and_rubbish_no_panic() {
    assert_eq!(reported(ReportKind::Usage, "table", json!([])).unwrap(), "");
    for answer in [json!([{}]), json!([1, "x"]), json!("x"), json!(null)] {
        for format in ["table", "csv"] {
            assert!(reported(ReportKind::Revenue, format, answer.clone()).is_ok());
            assert!(reported(ReportKind::Usage, format, answer.clone()).is_ok());
        }
    }
}

#[test]
fn a_period_that_ends_before_it_begins_is_refused() {
    let arguments = ReportArguments {
        report: ReportKind::Usage,
        by: Some(ReportBy::Day),
        from: Some("2026-04-01".to_owned()),
        to: Some("2026-04-01".to_owned()),
        json: false,
        csv: false,
    };
    let never = || -> Result<Transport, CliError> { panic!("nothing is asked") };
    let error = run(&arguments, never, &mut Vec::new()).unwrap_err();
    assert_eq!(error.code(), 1);
    assert!(path(&arguments, "day").ends_with("by=day&from=2026-04-01&to=2026-04-01"));
}

#[test]
fn keys_that_only_look_like_hours_stay() {
    for key in ["T", "ST01", "2026-10-25", "2026-10-25Txx+1", "ÄT€€"] {
        assert_eq!(key_in_words(key), key);
    }
    assert_eq!(key_in_words("2026-10-25T23-570"), "2026-10-25 23:00 -09:30");
}

fn waiting_rows() -> Value {
    let row = |by: &str, of: &str, sessions: i64, minor: i64, currency: Option<&str>| {
        json!({ "by": by, "of": of, "sessions": sessions, "proposed_minor": minor,
                "currency": currency })
    };
    json!([
        row("reason", "no_payer", 2, 1_190, Some("EUR")),
        row("reason", "times_implausible", 1, 595, Some("EUR")),
        row("reason", "no_tariff", 1, 0, None),
        row("age", "above 30 days", 1, 595, Some("EUR")),
        row("age", "below 1 day", 1, 595, Some("EUR")),
        row("all", "all", 2, 1_190, Some("EUR")),
        row("all", "all", 1, 0, None),
    ])
}

#[test]
fn what_waits_is_told_by_reason_by_age_and_in_all() {
    let shown = reported(ReportKind::Review, "table", waiting_rows()).unwrap();
    let lines: Vec<&str> = shown.lines().map(str::trim).collect();
    assert_eq!(
        lines.iter().filter(|line| line.starts_with("all")).count(),
        4
    );
    assert!(shown.contains("no payer"), "{shown}");
    assert!(shown.contains("11.90   EUR"), "{shown}");
    assert!(shown.contains("above 30 days"), "{shown}");
    let csv = reported(ReportKind::Review, "csv", waiting_rows()).unwrap();
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "by,of,sessions,would_be,currency");
    assert_eq!(lines[1], "reason,no_payer,2,11.90,EUR");
    assert_eq!(lines[3], "reason,no_tariff,1,,");
}

#[test]
fn a_report_is_only_by_what_it_knows() {
    let asked = |report, by, from: Option<&str>| ReportArguments {
        report,
        by,
        from: from.map(str::to_owned),
        to: None,
        json: false,
        csv: false,
    };
    let of = |arguments: ReportArguments| arguments.by_word().map_err(|error| error.to_string());
    assert_eq!(of(asked(ReportKind::Usage, None, None)), Ok("day"));
    assert_eq!(of(asked(ReportKind::Review, None, None)), Ok("all"));
    assert_eq!(
        of(asked(ReportKind::Review, Some(ReportBy::Age), None)),
        Ok("age")
    );
    for wrong in [
        asked(ReportKind::Usage, Some(ReportBy::Age), None),
        asked(ReportKind::Revenue, Some(ReportBy::Reason), None),
        asked(ReportKind::Review, Some(ReportBy::Site), None),
        asked(ReportKind::Review, None, Some("2026-03-01")),
    ] {
        assert!(of(wrong).is_err());
    }
}

fn tax_rows() -> Value {
    let row = |name: Value, treatment: &str, ledger: Value, rate: Value, tax: i64| {
        json!({ "legal_entity": "north", "country": "CA", "period": "2026-Q1", "currency": "CAD",
            "treatment": treatment, "name": name, "tax_rate": rate, "account_number": "123 RT",
            "ledger": ledger, "invoices": 3, "credit_notes": 1, "net": 100_000, "tax": tax,
            "gross": tax.saturating_add(100_000) })
    };
    let ledger = |name: &str| json!(format!("tax:CA:{name}"));
    json!([
        row(json!(null), "reverse_charge", json!(null), json!(null), 0),
        row(json!("GST"), "taxed", ledger("GST"), json!(50_000), 5_000),
        row(json!("QST"), "taxed", ledger("QST"), json!(99_750), 9_975),
        row(
            json!(null),
            "taxed",
            json!("vat:CA:130000"),
            json!(130_000),
            13_000
        ),
    ])
}

#[test]
fn taxes_are_shown_by_name_with_their_accounts_and_only_tax_is_summed() {
    let shown = reported(ReportKind::Taxes, "table", tax_rows()).unwrap();
    let expect = [
        " seller   country   period    tax                 rate   invoices   credit notes       net      tax     gross   currency   account",
        "─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────",
        " north    CA        2026-Q1   reverse charge         –          3              1   1000.00     0.00   1000.00   CAD        –",
        " north    CA        2026-Q1   GST                  5 %          3              1   1000.00    50.00   1050.00   CAD        tax:CA:GST",
        " north    CA        2026-Q1   QST              9.975 %          3              1   1000.00    99.75   1099.75   CAD        tax:CA:QST",
        " north    CA        2026-Q1   VAT                 13 %          3              1   1000.00   130.00   1130.00   CAD        vat:CA:130000",
        " all                                                                                         279.75             CAD",
    ];
    assert_eq!(shown.lines().collect::<Vec<_>>(), expect);
    let csv = reported(ReportKind::Taxes, "csv", tax_rows()).unwrap();
    assert_eq!(
        csv.lines().nth(3),
        Some("north,CA,2026-Q1,taxed,QST,9.975,123 RT,tax:CA:QST,CAD,3,1,1000.00,99.75,1099.75")
    );
    for format in ["table", "csv"] {
        assert!(reported(ReportKind::Taxes, format, json!([{}, 1])).is_ok());
    }
}
