//! A bounded sample of what `make malformed` does with a million of each.

use wattledger_malformed::{Among, CLASSES, EVENTS_OF_A_SESSION, Run, framed_sessions, run};

#[test]
fn every_malformed_record_has_its_one_outcome_and_the_good_ones_are_billed() {
    let folder = tempfile::tempdir().expect("a folder");
    let asked = Run {
        good: 1_000,
        malformed: 1_000,
        among: Among::Good,
    };
    let found = run(folder.path(), asked);
    assert!(found.wrong.is_empty(), "{:#?}", found.wrong);
    assert_eq!(found.right, asked.malformed);
    // 6 kWh at 0.50, 19 % on it: 3.57 each.
    assert_eq!((found.invoices, found.gross), (250, 250 * 357));
    assert!(CLASSES.len() >= 24);
    // What waited for its registry is billed once it is configured, once however often it is asked for.
    let sessions = framed_sessions(asked.malformed);
    assert!(sessions >= 8, "{sessions}");
    let redriven = found.redriven;
    assert!(
        redriven.letters >= sessions * EVENTS_OF_A_SESSION,
        "{redriven:?}"
    );
    assert_eq!(redriven.again, 0);
    let gross = i64::try_from(sessions * 357).expect("small");
    assert_eq!((redriven.invoices, redriven.gross), (sessions, gross));
}
