//! Fencing, and commits of which nobody knows what became of them.

use super::{
    Case, TestBed, append_values, committed, first, group_offset, opened, refused, values,
};
use crate::log::simulated::Mishap;
use crate::log::{CommitError, Log, LogError};

pub(super) const CASES: &[(&str, Case)] = &[
    (
        "a newer producer fences the commit of an older one",
        fences_commit,
    ),
    (
        "a newer producer fences what an older one begins",
        fences_begin,
    ),
    ("producers of other ids are left alone", other_ids),
    (
        "an indefinite commit is decided by the committed offset",
        indefinite_is_decided,
    ),
    (
        "a late commit is fenced by the next producer of its id",
        late_is_fenced,
    ),
    ("an aborted commit never shows", aborted_never_shows),
];

type Make<'a> = &'a dyn Fn() -> Box<dyn TestBed>;

fn fences_commit(make: Make<'_>) {
    let bed = make();
    let log = bed.log();
    let mut zombie = opened(&*log, "worker", &[first("zombie")]);
    zombie.send_offset(group_offset("g", 9)).unwrap();
    let mut owner = opened(&*log, "worker", &[first("owner")]);
    refused(zombie.commit());
    zombie.abort();
    owner.send_offset(group_offset("g", 1)).unwrap();
    owner.commit().unwrap();
    assert_eq!(values(&*log), ["owner"]);
    assert_eq!(committed(&*log, "g"), Some(1));
}

/// The older one may learn of it at any call, at its commit at the latest.
fn fences_begin(make: Make<'_>) {
    let bed = make();
    let log = bed.log();
    let mut zombie = opened(&*log, "worker", &[first("before")]);
    zombie.commit().unwrap();
    let mut owner = log.producer("worker").unwrap();
    let attempt = |zombie: &mut dyn crate::log::Producer| -> Result<(), LogError> {
        zombie.begin()?;
        zombie.send(first("zombie"))?;
        zombie.send_offset(group_offset("g", 9))
    };
    if attempt(zombie.as_mut()).is_ok() {
        refused(zombie.commit());
    }
    owner.begin().unwrap();
    owner.send(first("owner")).unwrap();
    owner.commit().unwrap();
    assert!(
        attempt(zombie.as_mut()).is_err() || zombie.commit().is_err(),
        "fenced for good"
    );
    assert_eq!(values(&*log), ["before", "owner"]);
    assert_eq!(committed(&*log, "g"), None);
}

fn other_ids(make: Make<'_>) {
    let bed = make();
    let log = bed.log();
    let mut one = opened(&*log, "one", &[first("one")]);
    let mut two = opened(&*log, "two", &[first("two")]);
    two.commit().unwrap();
    one.commit().unwrap();
    let mut seen = values(&*log);
    seen.sort();
    assert_eq!(seen, ["one", "two"]);
}

/// A worker that handles one input: it sends its output and the offset after it.
fn work(log: &dyn Log, value: &str) -> Result<(), CommitError> {
    let mut producer = opened(log, "worker", &[first(value)]);
    producer.send_offset(group_offset("g", 1)).unwrap();
    producer.commit().map(|_| ())
}

/// What every worker does after an indefinite commit: a new producer, the committed offset, and the
/// work again only if it did not happen.
fn resolve(log: &dyn Log, value: &str) {
    log.producer("worker").unwrap();
    if committed(log, "g").is_none() {
        work(log, value).unwrap();
    }
}

fn indefinite_is_decided(make: Make<'_>) {
    for mishap in [None, Some(Mishap::ReplyLost), Some(Mishap::CommitLost)] {
        let mut bed = make();
        if let Some(mishap) = mishap
            && !bed.next_commit(mishap)
        {
            continue;
        }
        let outcome = work(&*bed.log(), "output");
        let indefinite = matches!(outcome, Err(CommitError::Indefinite(_)));
        assert_eq!(indefinite, mishap.is_some(), "{outcome:?}");
        let log = bed.log();
        resolve(&*log, "output");
        assert_eq!(values(&*log), ["output"], "{mishap:?}");
        assert_eq!(committed(&*log, "g"), Some(1));
    }
    let bed = make();
    let log = bed.log();
    let mut dropped = opened(&*log, "worker", &[first("output")]);
    dropped.send_offset(group_offset("g", 1)).unwrap();
    drop(dropped);
    resolve(&*log, "output");
    assert_eq!(values(&*log), ["output"]);
}

fn late_is_fenced(make: Make<'_>) {
    let mut bed = make();
    if !bed.next_commit(Mishap::CommitLate) {
        return;
    }
    let log = bed.log();
    let outcome = work(&*log, "output");
    assert!(
        matches!(outcome, Err(CommitError::Indefinite(_))),
        "{outcome:?}"
    );
    resolve(&*log, "output");
    for _ in 0..200 {
        assert_eq!(values(&*log), ["output"], "it came after all");
    }
    assert_eq!(committed(&*log, "g"), Some(1));
}

fn aborted_never_shows(make: Make<'_>) {
    let mut bed = make();
    if !bed.next_commit(Mishap::Aborted) {
        return;
    }
    let log = bed.log();
    let outcome = work(&*log, "output");
    assert!(
        matches!(outcome, Err(CommitError::Aborted(_))),
        "{outcome:?}"
    );
    append_values(&*log, &["next"]);
    assert_eq!(values(&*log), ["next"]);
    assert_eq!(committed(&*log, "g"), None);
}
