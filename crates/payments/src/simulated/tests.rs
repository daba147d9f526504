//! What the simulated processor's JSON means.

use super::dialect::Status;
use super::*;
use crate::secret::Secret;
use wattledger_domain::money::{Currency, Money};
use wattledger_domain::payment::{OutcomeResult, Retry};

#[track_caller]
fn check(json: &str, expect: OutcomeResult) {
    let status: Status = serde_json::from_str(json).unwrap();
    assert_eq!(status.into_result().unwrap(), expect);
}

#[test]
fn a_status_reads_as_its_result() {
    check(
        r#"{"status":"refunded","refunded":{"minor":5,"currency":"EUR"}}"#,
        OutcomeResult::Refunded {
            refunded: Money::new(5, Currency::EUR),
        },
    );
    check(r#"{"status":"not_found"}"#, OutcomeResult::NotFound);
}

#[test]
fn an_unknown_status_is_pending() {
    check(
        r#"{"status":"under_review","since":1}"#,
        OutcomeResult::Pending,
    );
}

#[test]
fn a_code_with_digits_or_a_message_stays_out_of_logs() {
    for code in ["4242424242424242", "Card 42 refused", ""] {
        check(
            &format!(r#"{{"status":"declined","code":"{code}","retry_later":false}}"#),
            OutcomeResult::Declined {
                code: "unreadable_code".into(),
                retry: Retry::Never,
            },
        );
    }
}

fn connector() -> SimulatedConnector {
    let secrets = WebhookSecrets::one(Secret::new("hush").unwrap());
    let nowhere = "http://127.0.0.1:1/";
    SimulatedConnector::new(nowhere, secrets, Duration::from_secs(1)).unwrap()
}

#[test]
fn webhooks_become_outcomes_and_rubbish_an_error_without_its_content() {
    let body = br#"{"id":"evt_1","payment":"pay_1","account":"a","op":2,"reference":"r","at":7,
        "result":{"status":"voided"}}"#;
    let outcomes = connector().parse_webhook(body).unwrap();
    assert_eq!(outcomes.len(), 1);
    assert_eq!(outcomes[0].via, OutcomeVia::Webhook("evt_1".into()));
    assert_eq!((outcomes[0].op, outcomes[0].attempt), (2, 0));
    let error = connector().parse_webhook(b"4242424242424242").unwrap_err();
    assert!(!error.to_string().contains("4242"), "{error}");
}

#[test]
fn a_webhook_of_a_newer_version_says_nothing() {
    let body = br#"{"id":"evt_1","payment":"pay_1","account":"a","op":2,"reference":"r","at":7,
        "result":{"status":"sparkling"}}"#;
    assert_eq!(connector().parse_webhook(body).unwrap(), []);
}

#[test]
fn debug_does_not_show_the_secret() {
    assert!(!format!("{:?}", connector()).contains("hush"));
}
