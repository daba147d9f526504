//! What a processor knows after it was killed.

use super::*;
use std::io::Write as _;

/// The ledger as a kill would leave it, copied while the processor runs, with a torn line.
fn killed_copy(from: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("ledger.jsonl");
    std::fs::copy(from.join("ledger.jsonl"), &copy).unwrap();
    let mut file = std::fs::OpenOptions::new().append(true).open(copy).unwrap();
    file.write_all(br#"{"line":"asked","at":17"#).unwrap();
    folder
}

#[test]
fn a_killed_processor_keeps_ledger_and_keys() {
    let folder = tempfile::tempdir().unwrap();
    let before = scene(folder.path(), FaultRates::default());
    before.clock(NOON, 0);
    let payment = pay("kept");
    before.send(&payment, 1, 1, authorize(5_000, "tok_approved"));
    before.send(
        &payment,
        2,
        1,
        Operation::Capture {
            amount: euro(1_998),
        },
    );
    let copy = killed_copy(folder.path());
    let after = scene(copy.path(), FaultRates::default());
    assert_eq!(after.ledger(), before.ledger());
    let again = after.send(
        &payment,
        2,
        1,
        Operation::Capture {
            amount: euro(1_998),
        },
    );
    assert!(matches!(again, OutcomeResult::Captured { .. }), "{again:?}");
    let other = after.send(&payment, 2, 2, Operation::Capture { amount: euro(1) });
    assert!(matches!(other, OutcomeResult::Unknown { .. }), "{other:?}");
    assert_eq!(after.row(&payment)["captured_minor"], 1_998);
}

#[test]
fn a_killed_processor_sends_the_same_webhooks() {
    let folder = tempfile::tempdir().unwrap();
    let before = scene(folder.path(), FaultRates::DEMO);
    before.clock(NOON, 0);
    for number in 0..20 {
        before.send(
            &pay(&format!("hook {number}")),
            1,
            1,
            authorize(5_000, "tok_visa_ok"),
        );
    }
    let copy = killed_copy(folder.path());
    let expect = before.clock(NOON + HOUR, 0);
    let after = scene(copy.path(), FaultRates::DEMO);
    assert_eq!(after.clock(NOON + HOUR, 0), expect);
}

#[test]
fn an_attempt_sent_again_gets_the_very_same_answer() {
    let folder = tempfile::tempdir().unwrap();
    let before = scene(
        folder.path(),
        FaultRates {
            declined_for_now: 500,
            lost_reply: 300,
            ..FaultRates::DEMO
        },
    );
    before.clock(NOON, 0);
    let answers = |scene: &Scene| {
        let number = |number: i32| {
            let payment = pay(&format!("again {number}"));
            (1..4)
                .map(|attempt| scene.send(&payment, 1, attempt, authorize(5_000, "tok_visa_ok")))
                .collect::<Vec<_>>()
        };
        (0..30).map(number).collect::<Vec<_>>()
    };
    let first = answers(&before);
    assert_eq!(answers(&before), first);
    let copy = killed_copy(folder.path());
    let rates = FaultRates {
        declined_for_now: 500,
        lost_reply: 300,
        ..FaultRates::DEMO
    };
    let after = scene(copy.path(), rates);
    assert_eq!(answers(&after), first);
}

#[test]
fn a_key_is_forgotten_after_a_day() {
    let folder = tempfile::tempdir().unwrap();
    let scene = scene(folder.path(), FaultRates::default());
    scene.clock(NOON, 0);
    let payment = pay("old");
    scene.send(&payment, 1, 1, authorize(5_000, "tok_approved"));
    scene.clock(NOON + 24 * HOUR - 1, 0);
    let known = scene.send(&payment, 1, 1, authorize(5_000, "tok_approved"));
    assert!(
        matches!(known, OutcomeResult::Authorized { .. }),
        "{known:?}"
    );
    scene.clock(NOON + 24 * HOUR, 0);
    let fresh = scene.send(&payment, 1, 1, authorize(5_000, "tok_approved"));
    assert!(
        matches!(fresh, OutcomeResult::Declined { .. }),
        "a new request: {fresh:?}"
    );
}

#[test]
fn a_ledger_of_another_seed_or_with_damage_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(scene(folder.path(), FaultRates::default()));
    let path = folder.path().join("ledger.jsonl");
    let config = ProcessorConfig {
        address: SocketAddr::from(([127, 0, 0, 1], 0)),
        ledger_path: path.clone(),
        seed: 43,
        faults: FaultRates::default(),
        secrets: secrets(),
        mode: Mode::Replay,
    };
    let other = Processor::start(config.clone()).unwrap_err();
    assert!(other.to_string().contains("another seed"), "{other}");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{text}rubbish\n")).unwrap();
    let damaged = Processor::start(ProcessorConfig { seed: 42, ..config }).unwrap_err();
    assert!(damaged.to_string().starts_with("line 2 "), "{damaged}");
}
