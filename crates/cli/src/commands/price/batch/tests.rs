//! Lines in, lines out.

use super::*;
use crate::commands::price::policy::PricePolicy;

const TARIFF: &str = r#"{"id": "T", "currency": "EUR", "elements": [{"price_components": [
    {"type": "FLAT", "price": 0.5, "vat": 20, "step_size": 1},
    {"type": "ENERGY", "price": 0.25, "vat": 10, "step_size": 1},
    {"type": "PARKING_TIME", "price": 2, "vat": 20, "step_size": 900}]}]}"#;

const CDR: &str = r#"{"start_date_time": "2026-03-02T10:00:00Z",
    "end_date_time": "2026-03-02T11:40:00Z", "currency": "EUR", "charging_periods": [
    {"start_date_time": "2026-03-02T10:00:00Z", "dimensions": [
        {"type": "ENERGY", "volume": 20}, {"type": "TIME", "volume": 1}]},
    {"start_date_time": "2026-03-02T11:00:00Z", "dimensions": [
        {"type": "PARKING_TIME", "volume": 0.6667}]}]}"#;

fn line(fields: &str) -> String {
    format!(r#"{{"id": "a", "version": "2.2.1", "time_zone": "UTC", {fields}}}"#)
}

fn with_terms<Found>(work: impl FnOnce(Terms<'_>) -> Found) -> Found {
    let policy = PricePolicy::default();
    work(Terms {
        policy: &policy,
        published: None,
        taxes: &[],
    })
}

fn answer_to(line: &str) -> Value {
    with_terms(|terms| answered(line.as_bytes(), terms)).unwrap()
}

fn run_over(text: &[u8]) -> Vec<Value> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let mut out = Vec::new();
    with_terms(|terms| run(file.path(), terms, &mut out)).unwrap();
    let text = String::from_utf8(out).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_line_is_answered_by_dimension_in_exact_texts() {
    let told = answer_to(&line(&format!(r#""tariff": {TARIFF}, "cdr": {CDR}"#)));
    // tariff_10 of the specification: 40 minutes are billed as 45.
    let expect = [
        ("id", json!("a")),
        ("currency", json!("EUR")),
        (
            "total",
            json!({ "before_tax": "7.00", "after_tax": "7.90" }),
        ),
        ("exact", json!({ "before_tax": "7", "after_tax": "7.9" })),
        ("energy", json!("5")),
        ("time", json!("0")),
        ("parking_time", json!("1.5")),
        ("fixed", json!("0.5")),
        ("reservation", json!("0")),
        ("notes", json!([])),
    ];
    for (name, value) in expect {
        assert_eq!(told[name], value, "{name}");
    }
    assert_eq!(told["lines"].as_array().unwrap().len(), 3);
}

#[test]
fn a_tax_that_nobody_knows_is_null() {
    let tariff = r#"{"id": "T", "currency": "EUR", "tax_included": "INCLUDED", "elements": [
        {"price_components": [{"type": "ENERGY", "price": 0.25, "step_size": 1}]}]}"#;
    let total = |version: &str, included: &str| {
        let tariff = tariff.replace("INCLUDED", included);
        let line = line(&format!(r#""tariffs": [{tariff}], "cdr": {CDR}"#));
        answer_to(&line.replace("2.2.1", version))["total"].clone()
    };
    let known = json!({ "before_tax": "5.00", "after_tax": "5.00" });
    let net_only = json!({ "before_tax": "5.00", "after_tax": null });
    assert_eq!(total("2.1.1", "NO"), net_only);
    assert_eq!(total("2.2.1", "NO"), known);
    assert_eq!(total("2.3.0", "NO"), net_only);
    assert_eq!(total("2.3.0", "N/A"), known);
    let gross_only = json!({ "before_tax": null, "after_tax": "5.00" });
    assert_eq!(total("2.3.0", "YES"), gross_only);
}

#[test]
fn a_bad_line_keeps_its_id_and_the_others_go_on() {
    let good = line(&format!(r#""tariff": {TARIFF}, "cdr": {CDR}"#)).replace('\n', " ");
    let bad = good.replace("0.25", "\"dear\"").replace("\"a\"", "7");
    let text = format!("{good}\n\n{bad}\r\n{}\n[]\n\u{feff}{good}", &good[..90]);
    let told = run_over(text.as_bytes());
    let ids: Vec<&Value> = told.iter().map(|answer| &answer["id"]).collect();
    assert_eq!(
        ids,
        [
            &json!("a"),
            &json!(7),
            &json!("a"),
            &json!(null),
            &json!("a")
        ]
    );
    assert_eq!(
        told[1]["error"]["path"],
        "$.tariff.elements[0].price_components[1].price"
    );
    assert_eq!(told[1]["error"]["reason"], "`dear` is not a decimal number");
    assert!(
        told[2]["error"]["reason"]
            .as_str()
            .unwrap()
            .starts_with("not JSON")
    );
    assert_eq!(told[4], told[0]);
}

#[test]
fn what_is_wrong_is_named_by_its_path() {
    let both = format!(r#""tariff": {TARIFF}, "cdr": {CDR}"#);
    let path = |line: &str| answer_to(line)["error"]["path"].clone();
    assert_eq!(path(&line(r#""tariff": {}"#)), "$");
    assert_eq!(path(&line(&both).replace("2.2.1", "9.9")), "$.version");
    assert_eq!(
        path(&line(&both).replace("UTC", "Mars/Olympus")),
        "$.time_zone"
    );
    assert_eq!(
        path(&line(&both.replacen("EUR", "SEK", 1))),
        "$.cdr.currency"
    );
    assert_eq!(path(&line(&format!(r#""cdr": {CDR}"#))), "$.cdr");
    let steps = both.replace("\"step_size\": 900", "\"step_size\": -1");
    assert_eq!(
        path(&line(&steps)),
        "$.tariff.elements[0].price_components[2].step_size"
    );
}

#[test]
fn a_line_past_the_bound_is_refused_and_the_next_one_answered() {
    let good = line(&format!(r#""tariff": {TARIFF}, "cdr": {CDR}"#)).replace('\n', " ");
    let long = format!(r#"{{"id": "b", "x": "{}"}}"#, "y".repeat(LINE_BYTES_MAX));
    let told = run_over(format!("{long}\n{good}\n").as_bytes());
    assert_eq!(told[0]["id"], "b");
    assert_eq!(told[0]["error"]["path"], "$");
    assert_eq!(told[1]["total"]["after_tax"], "7.90");
}

#[test]
fn policies_are_words_or_refused() {
    let read = |text: &str| PricePolicy::read(text);
    let policy = read("gross_first,half=even,steps=off,places=4,reverse_charge").unwrap();
    assert_eq!(policy.places, Some(4));
    assert_eq!(
        policy.rounding.order,
        wattledger_domain::cost::RoundingOrder::GrossFirst
    );
    assert_eq!(read("net_first").unwrap(), PricePolicy::default());
    for bad in ["net", "half=odd", "places=9", "colour=red"] {
        assert_eq!(read(bad).unwrap_err().code(), 1, "{bad}");
    }
}

#[test]
fn a_credit_record_has_totals_below_zero() {
    let credit = CDR.replacen('{', r#"{"credit": true, "credit_reference_id": "c","#, 1);
    let told = answer_to(&line(&format!(r#""tariff": {TARIFF}, "cdr": {credit}"#)));
    assert_eq!(
        told["total"],
        json!({ "before_tax": "-7.00", "after_tax": "-7.90" })
    );
    assert_eq!(told["energy"], "5");
}

#[test]
fn a_line_may_bring_the_taxes_of_its_place() {
    let tariff = TARIFF.replace(r#""vat": 10, "#, "");
    let line = line(&format!(
        r#""tariff": {tariff}, "cdr": {CDR}, "taxes": [{{"name": "HST", "percent": 13}}]"#
    ));
    let told = answer_to(&line);
    // 2.00 at 20 % and 5.00 at 13 %.
    assert_eq!(told["total"]["after_tax"], "8.05");
    let names: Vec<&Value> = told["taxes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tax| &tax["name"])
        .collect();
    assert_eq!(names, [&json!("HST"), &json!(null)]);
    let path = |taxes: &str| {
        let line = line.replace(r#"[{"name": "HST", "percent": 13}]"#, taxes);
        answer_to(&line)["error"]["path"].clone()
    };
    assert_eq!(
        path(r#"[{"name": "HST", "percent": 130}]"#),
        "$.taxes[0].percent"
    );
    assert_eq!(path(r#"{"HST": 13}"#), "$.taxes");
}

/// The contract of a line, key by key.
#[test]
fn an_answer_is_this_text_to_the_last_place() {
    // A third of an hour, a second more, and tax that nobody knows.
    let tariff = r#"{"id": "T", "currency": "EUR", "elements": [{"price_components": [
        {"type": "TIME", "price": 1, "step_size": 1}]}]}"#;
    let record = r#"{"start_date_time": "2026-03-02T10:00:00Z", "stop_date_time":
        "2026-03-02T10:20:01Z", "charging_periods": [{"start_date_time": "2026-03-02T10:00:00Z",
        "dimensions": [{"type": "TIME", "volume": 0.3336}]}]}"#;
    let line = format!(
        r#"{{"id": {{"any": 1}}, "version": "2.1.1", "time_zone": "UTC", "tariff": {tariff},
            "cdr": {record}}}"#
    );
    let expect = r#"{"currency":"EUR","energy":"0","exact":{"after_tax":null,"before_tax":"0.333611111111111"},"fixed":"0","id":{"any":1},"lines":[{"element":0,"exact":"0.333611111111111","from":"2026-03-02T10:00:00Z","kind":"time","net":"0.33","price":"1","quantity":"1201","tariff":"T","tax_percent":null,"to":"2026-03-02T10:20:01Z","unit":"s","why":"Charging time 20 min 01 s × 1 EUR/h = 0.33 EUR (element 1, always; from 2026-03-02T10:00:00Z to 2026-03-02T10:20:01Z)"}],"notes":[],"parking_time":"0","reservation":"0","time":"0.333611111111111","total":{"after_tax":null,"before_tax":"0.33"}}"#;
    let told = answer_to(&line);
    let sorted: std::collections::BTreeMap<String, Value> =
        serde_json::from_value(told.clone()).unwrap();
    let keys: Vec<&str> = sorted.keys().map(String::as_str).collect();
    let contract = [
        "currency",
        "energy",
        "exact",
        "fixed",
        "id",
        "lines",
        "notes",
        "parking_time",
        "reservation",
        "time",
        "total",
    ];
    assert_eq!(keys, contract);
    assert_eq!(told, serde_json::from_str::<Value>(expect).unwrap());
}

#[test]
fn rubbish_is_answered_line_by_line_with_nothing_but_id_and_error() {
    let good = line(&format!(r#""tariff": {TARIFF}, "cdr": {CDR}"#)).replace('\n', " ");
    let rubbish: Vec<Vec<u8>> = vec![
        b"{".to_vec(),
        b"null".to_vec(),
        b"\"text\"".to_vec(),
        b"{} trailing".to_vec(),
        vec![0xff, 0xfe, 0x00],
        b"\0\0\0".to_vec(),
        "[".repeat(10_000).into_bytes(),
        format!("{{\"cdr\": {}}}", "{\"a\":".repeat(5_000)).into_bytes(),
        br#"{"id": "x", "cdr": {}}"#.to_vec(),
        br#"{"id": "x", "cdr": [], "tariff": 7}"#.to_vec(),
        good.replace("\"id\": \"a\"", "\"id\": \"x\", \"id\": \"y\"")
            .into_bytes(),
        good.replace("2.2.1", "3.0").into_bytes(),
        good.replace("\"2.2.1\"", "2.2").into_bytes(),
        good.replace("\"volume\": 20", "\"volume\": 1e400")
            .into_bytes(),
        good.replace("\"volume\": 20", "\"volume\": \"NaN\"")
            .into_bytes(),
        good.replace("2026-03-02T10:00:00Z", "yesterday")
            .into_bytes(),
        good.replace("\"UTC\"", "[]").into_bytes(),
        good.replace("\"cdr\"", "\"reservation_expired\": 1, \"cdr\"")
            .into_bytes(),
    ];
    let mut text = b"\xef\xbb\xbf".to_vec();
    for line in &rubbish {
        text.extend_from_slice(line);
        text.extend_from_slice(b"\r\n");
        text.extend_from_slice(good.as_bytes());
        text.extend_from_slice(b"\r\n\r\n");
    }
    let told = run_over(&text);
    assert_eq!(told.len(), rubbish.len() * 2);
    for (line, pair) in rubbish.iter().zip(told.chunks(2)) {
        let shown = String::from_utf8_lossy(line)
            .chars()
            .take(80)
            .collect::<String>();
        let keys: Vec<&String> = pair[0].as_object().unwrap().keys().collect();
        assert_eq!(keys, ["error", "id"], "{shown}: {}", pair[0]);
        let error = pair[0]["error"].as_object().unwrap();
        assert_eq!(error.len(), 2, "{shown}");
        let path = error["path"].as_str().unwrap();
        assert!(
            path.starts_with('$') && error["reason"].is_string(),
            "{shown}: {path}"
        );
        assert_eq!(pair[1]["total"]["after_tax"], "7.90", "after {shown}");
    }
}
