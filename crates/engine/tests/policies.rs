//! What documents say of money, from apply to invoice: policies of a seller, taxes of a place.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test: a panic is a failure"
)]

#[path = "ground/replayed.rs"]
#[allow(dead_code, reason = "each test tells some of it")]
mod replayed;

use replayed::{billed, configuration, event, events};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use wattledger_views::{Period, TaxPeriod};
use wattledger_wire::imports::ImportedEvent;

/// A start fee of 1.00, 3.00 an hour of charging and 6.00 of parking in quarters of an hour, 0.50 per kWh.
fn configured(policy: &Value) -> Vec<Value> {
    let component = |kind: &str, price: f64, step: i32| json!({ "type": kind, "price": price, "vat": 20, "step_size": step });
    let mut documents = configuration(&component("ENERGY", 0.50, 1));
    documents[0]["spec"] = policy.clone();
    documents[4]["spec"]["elements"][0]["price_components"] = json!([
        component("FLAT", 1.00, 1),
        component("TIME", 3.00, 900),
        component("PARKING_TIME", 6.00, 900),
        component("ENERGY", 0.50, 1),
    ]);
    documents
}

/// 20 minutes of charging, 10 in which the station gives nothing, 12 of parking; 5 kWh.
fn paused(kilowatt_hours: i64) -> Vec<ImportedEvent> {
    let told = |id: &str, minute: i64, state: &str, wh: i64| {
        let samples = json!([{ "value": 1_000 + wh }]);
        let data = json!({ "evse": 1, "transaction": 11, "state": state, "samples": samples });
        event("session_updated", id, minute, data)
    };
    let wh = kilowatt_hours * 1_000;
    vec![
        event(
            "session_started",
            "1",
            0,
            json!({ "evse": 1, "transaction": 11, "token": "CARD-1", "meterStart": 1_000 }),
        ),
        told("2", 0, "Charging", 0),
        told("3", 20, "SuspendedEVSE", wh),
        told("4", 30, "SuspendedEV", wh),
        event(
            "session_ended",
            "5",
            42,
            json!({ "evse": 1, "transaction": 11, "meterStop": 1_000 + wh }),
        ),
    ]
}

/// The invoice of a session: each line as kind, quantity and net; then net, tax and gross.
fn invoice(documents: &[Value], events: Vec<ImportedEvent>) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let opened = billed(folder.path(), 500, documents, events);
    let invoices = opened.views.invoices(None, 10).unwrap();
    assert_eq!(invoices.len(), 1, "{invoices:?}");
    let story = opened.views.invoice_story(&invoices[0].invoice).unwrap();
    let document = &story[0].document;
    let lines = document.lines.iter().map(|line| {
        let quantity = match &*line.kind {
            "energy" => format!("{} Wh", line.quantity / 1_000),
            "time" | "parking_time" => format!("{} s", line.quantity / 1_000),
            _ => line.quantity.to_string(),
        };
        format!("{} {quantity} {}", line.kind, line.net)
    });
    let head = &document.head;
    let total = format!(
        "{} + {} = {} {}",
        head.net, head.tax, head.gross, head.currency
    );
    lines.chain([total]).collect()
}

#[track_caller]
fn check(policy: &Value, events: Vec<ImportedEvent>, expect: &[&str]) {
    assert_eq!(invoice(&configured(policy), events), expect, "{policy}");
}

#[test]
fn a_seller_says_whether_blocks_count() {
    // 12 minutes of parking are a quarter of an hour; charging time is exact.
    let counted = [
        "flat 1 100",
        "energy 5000 Wh 250",
        "time 1200 s 100",
        "parking_time 900 s 150",
        "600 + 120 = 720 EUR",
    ];
    check(&json!({}), paused(5), &counted);
    let exact = [
        "flat 1 100",
        "energy 5000 Wh 250",
        "time 1200 s 100",
        "parking_time 720 s 120",
        "570 + 114 = 684 EUR",
    ];
    check(
        &json!({ "rounding": { "steps": "off" } }),
        paused(5),
        &exact,
    );
}

#[test]
fn a_seller_says_what_time_counts_as_in_which_the_station_gave_nothing() {
    let policy = |word: &str| json!({ "rounding": { "steps": "off" }, "usage": { "suspendedByStation": word } });
    let as_time = [
        "flat 1 100",
        "energy 5000 Wh 250",
        "time 1800 s 150",
        "parking_time 720 s 120",
        "620 + 124 = 744 EUR",
    ];
    check(&policy("time"), paused(5), &as_time);
    let as_parking = [
        "flat 1 100",
        "energy 5000 Wh 250",
        "time 1200 s 100",
        "parking_time 1320 s 220",
        "670 + 134 = 804 EUR",
    ];
    check(&policy("parking_time"), paused(5), &as_parking);
}

#[test]
fn a_seller_says_whether_who_could_not_charge_pays_the_start_fee() {
    let policy =
        |word: &str| json!({ "rounding": { "steps": "off" }, "usage": { "startFee": word } });
    let idle = "parking_time 720 s 120";
    let always = ["flat 1 100", "time 1200 s 100", idle, "320 + 64 = 384 EUR"];
    check(&policy("always"), paused(0), &always);
    let with_energy = ["time 1200 s 100", idle, "220 + 44 = 264 EUR"];
    check(&policy("with_energy"), paused(0), &with_energy);
}

#[test]
fn a_seller_may_bill_whole_units_of_a_currency_that_has_cents() {
    let bill = |policy: &Value| {
        let mut documents = configured(policy);
        documents[1]["spec"]["currency"] = json!("HUF");
        documents[4]["spec"]["currency"] = json!("HUF");
        for component in documents[4]["spec"]["elements"][0]["price_components"]
            .as_array_mut()
            .unwrap()
        {
            component["vat"] = json!(27);
        }
        invoice(&documents, paused(5)).pop().unwrap()
    };
    // 5.70 and 1.54 of tax, in minor units; then 6 and 2.
    let exact = json!({ "rounding": { "steps": "off" } });
    assert_eq!(bill(&exact), "570 + 154 = 724 HUF");
    let whole = json!({ "rounding": { "steps": "off", "places": 0 } });
    assert_eq!(bill(&whole), "600 + 200 = 800 HUF");
}

/// From documents to what finance reads: named taxes, reverse charge and cash rounding.
#[test]
fn taxes_of_a_place_reach_invoices_journal_and_views() {
    let price = json!({ "type": "ENERGY", "price": 0.51, "step_size": 1 });
    let mut documents = configuration(&price);
    documents[0]["spec"] = json!({ "rounding": { "cashMinor": 5 } });
    documents[2]["spec"]["taxes"] = json!([
        { "name": "GST", "percent": 5, "accountNumber": "123 RT0001" },
        { "name": "QST", "percent": 9.975 },
    ]);
    documents[6]["spec"]["vatId"] = json!("ATU12345678");
    documents[6]["spec"]["tax"] = json!("buyer");
    let folder = tempfile::tempdir().unwrap();
    // The driver owes the tax on 5.10; the guest pays 10.20 + 0.51 + 1.02, rounded to 11.75.
    let opened = billed(folder.path(), 500, &documents, events());
    assert_eq!(opened.views.totals().unwrap().money[0].gross, 1_685);
    let mut ledgers = BTreeMap::new();
    for invoice in opened.views.invoices(None, 10).unwrap() {
        let found = opened.views.invoice_story(&invoice.invoice).unwrap();
        let document = &found[0].document;
        let told = document
            .taxes
            .iter()
            .map(|tax| (&*tax.name, tax.base, tax.amount));
        let taxes: Vec<_> = told.collect();
        let head = &document.head;
        match head.reverse_charge.as_deref() {
            Some("ATU12345678") => assert_eq!((head.gross, &taxes[..]), (510, &[][..])),
            _ => {
                assert_eq!(taxes, [("GST", 1_020, 51), ("QST", 1_020, 102)]);
                assert_eq!((head.net, head.tax, head.rounding), (1_020, 153, 2));
            }
        }
        for posting in found[0].entries.iter().flat_map(|entry| &entry.postings) {
            *ledgers.entry(posting.ledger.clone()).or_insert(0) += posting.amount;
        }
    }
    let named = ["tax:DE:GST", "tax:DE:QST", "rounding"].map(|name| ledgers.get(name).copied());
    assert_eq!(named, [Some(51), Some(102), Some(2)], "{ledgers:?}");
    // The tax report says of each account what is posted to it.
    let rows = opened
        .views
        .report_taxes(TaxPeriod::Quarter, Period::default())
        .unwrap();
    let told = rows.iter().map(|row| {
        let name = row.name.as_deref().unwrap_or(&row.treatment);
        (name, &*row.period, row.net, row.tax, row.ledger.as_deref())
    });
    let told: Vec<_> = told.collect();
    assert_eq!(
        told,
        [
            ("reverse_charge", "2024-Q2", 510, 0, None),
            ("GST", "2024-Q2", 1_020, 51, Some("tax:DE:GST")),
            ("QST", "2024-Q2", 1_020, 102, Some("tax:DE:QST")),
        ]
    );
    for row in rows {
        let posted = row.ledger.and_then(|ledger| ledgers.get(&ledger).copied());
        assert_eq!(posted.unwrap_or(0), row.tax);
    }
}
