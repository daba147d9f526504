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
