//! Records as people read them.

use super::samples;
use crate::json::render;

#[track_caller]
fn first(name: &str) -> serde_json::Value {
    let sample = samples::all()
        .into_iter()
        .find(|sample| sample.name == name)
        .unwrap();
    let rendered = render(&sample.bytes).unwrap();
    assert_eq!(rendered["type"], name);
    rendered["data"].clone()
}

#[test]
fn every_sample_renders() {
    for sample in samples::all() {
        let rendered = render(&sample.bytes).unwrap();
        assert!(rendered["data"].is_object(), "{}", sample.name);
    }
}

#[test]
fn amounts_say_themselves() {
    let grant = first("wattledger.charging.HoldGranted");
    assert_eq!(grant["limit"]["text"], "50.00 EUR");
    assert_eq!(grant["limit"]["minor"], 5_000);
}

#[test]
fn times_hashes_and_exact_costs_are_readable() {
    let issued = first("wattledger.billing.IssuedDocument");
    assert_eq!(issued["issued_at"], "2025-11-25T12:00:00Z");
    assert_eq!(issued["previous_hash"], "0".repeat(64));
    assert_eq!(
        issued["draft"]["lines"][0]["exact_net"],
        i128::MAX.to_string()
    );
    let resolved = first("wattledger.charging.PayerResolved");
    assert_eq!(resolved["token"]["hash"], "fe".repeat(16));
}

#[test]
fn a_variant_says_which_it_is() {
    let entry = first("wattledger.billing.JournalEntry");
    assert_eq!(entry["cause"]["is"], "CausePayment");
    assert_eq!(entry["cause"]["movement"], "WRITTEN_OFF");
    let command = first("wattledger.payments.PaymentCommand");
    assert_eq!(command["operation"]["is"], "Authorize");
}

#[test]
fn a_document_is_shown_as_json() {
    let recorded = first("wattledger.control.ReferenceRecorded");
    assert!(
        recorded["document"]["text"]["spec"].is_object(),
        "{recorded}"
    );
}
