//! Which webhooks come, when and in which order.

use super::*;

fn headers(webhook: &Value) -> Vec<(String, String)> {
    serde_json::from_value(webhook["headers"].clone()).unwrap()
}

#[test]
fn webhooks_are_signed_numbered_and_the_same_when_asked_again() {
    let folder = tempfile::tempdir().unwrap();
    let scene = scene(folder.path(), FaultRates::default());
    scene.clock(NOON, 0);
    for number in 0..5 {
        scene.send(
            &pay(&format!("signed {number}")),
            1,
            1,
            authorize(5_000, "tok_approved"),
        );
    }
    let at = NOON + 60_000;
    let first = scene.clock(at, 0);
    let webhooks = first["webhooks"].as_array().unwrap();
    assert_eq!(webhooks.len(), 5);
    for (webhook, sequence) in webhooks.iter().zip(1..) {
        assert_eq!(webhook["sequence"], sequence);
        let body = webhook["body"].as_str().unwrap().as_bytes();
        let verified = scene
            .connector
            .verify_webhook(&headers(webhook), body, Timestamp(at));
        assert_eq!(verified, Ok(()));
        let outcomes = scene.connector.parse_webhook(body).unwrap();
        assert!(matches!(
            outcomes[0].result,
            OutcomeResult::Authorized { .. }
        ));
        assert_eq!(outcomes[0].account, AccountId::new("guest:s:1"));
    }
    assert_eq!(scene.clock(at, 0), first, "asked again");
    assert_eq!(scene.clock(at, 3)["webhooks"].as_array().unwrap().len(), 2);
    scene.clock(at + HOUR, 5);
    assert_eq!(scene.clock(at, 0), first, "asked for an earlier time");
}

#[test]
fn webhooks_come_twice_late_and_out_of_order_with_one_id_each() {
    let folder = tempfile::tempdir().unwrap();
    let rates = FaultRates {
        webhook_twice: 300,
        webhook_late: 300,
        ..FaultRates::default()
    };
    let scene = scene(folder.path(), rates);
    scene.clock(NOON, 0);
    let names: Vec<PaymentId> = (0..40)
        .map(|number| pay(&format!("mixed {number}")))
        .collect();
    for payment in &names {
        scene.send(payment, 1, 1, authorize(5_000, "tok_visa_ok"));
        scene.send(payment, 2, 1, Operation::Capture { amount: euro(900) });
    }
    let soon = scene.clock(NOON + 6_000, 0)["webhooks"]
        .as_array()
        .unwrap()
        .len();
    let all = scene.clock(NOON + 3 * HOUR, 0);
    let bodies: Vec<Value> = all["webhooks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|webhook| serde_json::from_str(webhook["body"].as_str().unwrap()).unwrap())
        .collect();
    let ids: std::collections::BTreeSet<&str> = bodies
        .iter()
        .map(|body| body["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), 80, "an authorisation and a capture each");
    assert!(
        bodies.len() > 90 && bodies.len() < 120,
        "{} in all",
        bodies.len()
    );
    assert!(soon < 80, "{soon} at once");
    let ops: Vec<i64> = names
        .iter()
        .map(|payment| {
            let first = bodies
                .iter()
                .find(|body| body["payment"] == payment.as_str());
            first.unwrap()["op"].as_i64().unwrap()
        })
        .collect();
    assert!(
        ops.contains(&2),
        "some capture is told before its authorisation"
    );
}

#[test]
fn a_pending_operation_is_told_by_its_webhook() {
    let folder = tempfile::tempdir().unwrap();
    let scene = scene(folder.path(), FaultRates::default());
    scene.clock(NOON, 0);
    let payment = pay("pending");
    let answer = scene.send(&payment, 1, 1, authorize(5_000, "tok_pending"));
    assert_eq!(answer, OutcomeResult::Pending);
    let told = scene.clock(NOON + 5_000, 0);
    let body = told["webhooks"][0]["body"].as_str().unwrap().as_bytes();
    let outcomes = scene.connector.parse_webhook(body).unwrap();
    assert!(matches!(
        outcomes[0].result,
        OutcomeResult::Authorized { .. }
    ));
}

#[test]
fn faults_come_at_about_their_rates() {
    let folder = tempfile::tempdir().unwrap();
    let rates = FaultRates {
        declined: 100,
        lost_reply: 100,
        ..FaultRates::default()
    };
    let scene = scene(folder.path(), rates);
    scene.clock(NOON, 0);
    let results: Vec<OutcomeResult> = (0..400)
        .map(|number| {
            scene.send(
                &pay(&format!("rate {number}")),
                1,
                1,
                authorize(5_000, "tok_visa_ok"),
            )
        })
        .collect();
    let declined = results
        .iter()
        .filter(|result| matches!(result, OutcomeResult::Declined { .. }))
        .count();
    let lost = results
        .iter()
        .filter(|result| matches!(result, OutcomeResult::Unknown { .. }))
        .count();
    assert!((20..60).contains(&declined), "{declined} declined");
    assert!((20..65).contains(&lost), "{lost} lost");
}
