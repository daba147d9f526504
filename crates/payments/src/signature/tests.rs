//! Which webhooks are believed.

use super::*;

const NAME: &str = "Test-Signature";
const SIGNED: Timestamp = Timestamp(1_700_000_000_000);

fn secret(text: &str) -> Secret {
    Secret::new(text).unwrap()
}

#[track_caller]
fn check(secrets: &WebhookSecrets, header: &str, after_ms: i64, expect: Result<(), WebhookFault>) {
    let headers = [("test-signature".to_owned(), header.to_owned())];
    let now = SIGNED.plus(Milliseconds(after_ms));
    assert_eq!(verify(secrets, &headers, NAME, b"body", now), expect);
}

#[test]
fn a_signature_is_believed_for_five_minutes_either_way() {
    let secrets = WebhookSecrets::one(secret("one"));
    let header = sign(&secret("one"), SIGNED, b"body");
    check(&secrets, &header, 0, Ok(()));
    check(&secrets, &header, 300_000, Ok(()));
    check(&secrets, &header, -300_000, Ok(()));
    for late in [300_001, -300_001] {
        let stale = WebhookFault::Stale {
            signed_at: SIGNED,
            now: SIGNED.plus(Milliseconds(late)),
            tolerance_seconds: 300,
        };
        check(&secrets, &header, late, Err(stale));
    }
}

#[test]
fn both_live_secrets_are_believed_and_no_third() {
    let secrets = WebhookSecrets {
        current: Some(secret("new")),
        previous: Some(secret("old")),
    };
    check(&secrets, &sign(&secret("new"), SIGNED, b"body"), 0, Ok(()));
    check(&secrets, &sign(&secret("old"), SIGNED, b"body"), 0, Ok(()));
    let third = sign(&secret("third"), SIGNED, b"body");
    check(&secrets, &third, 0, Err(WebhookFault::Forged));
}

#[test]
fn another_body_or_another_time_is_forged() {
    let secrets = WebhookSecrets::one(secret("one"));
    let other = sign(&secret("one"), SIGNED, b"other");
    check(&secrets, &other, 0, Err(WebhookFault::Forged));
    let moved = sign(&secret("one"), SIGNED, b"body").replace("t=1700000000", "t=1700000001");
    check(&secrets, &moved, 0, Err(WebhookFault::Forged));
}

#[test]
fn without_a_secret_nothing_is_believed() {
    let header = sign(&secret("one"), SIGNED, b"body");
    check(
        &WebhookSecrets::default(),
        &header,
        0,
        Err(WebhookFault::NoSecret),
    );
}

#[test]
fn rubbish_is_malformed() {
    let secrets = WebhookSecrets::one(secret("one"));
    for header in [
        "",
        "t=1",
        "v1=00",
        "t=x,v1=00",
        "t=1700000000,v1=0",
        "t=1700000000,v1=zz",
    ] {
        check(&secrets, header, 0, Err(WebhookFault::Malformed(NAME)));
    }
    let unsigned = verify(&secrets, &[], NAME, b"body", SIGNED);
    assert_eq!(unsigned, Err(WebhookFault::Unsigned(NAME)));
}
