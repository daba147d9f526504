//! What a log may forget: older records of a compacted key, and what every group has read.

use super::{
    COMPACTED, Case, KEPT, TestBed, append, append_values, committed, group_offset, opened,
    outgoing, read, read_from, text, values,
};
use crate::log::embedded::Clock;
use crate::log::{FetchLimit, Log, LogError, Visibility};
use crate::record::Outgoing;
use std::collections::BTreeMap;

pub(super) const CASES: &[(&str, Case)] = &[
    (
        "the last record of a compacted key is its newest",
        newest_per_key,
    ),
    (
        "a compacted topic is read on from where a reader stands",
        compacted_tail,
    ),
    ("retention never passes the slowest group", slowest_group),
    (
        "an offset that is no longer kept is an error",
        trimmed_is_an_error,
    ),
    ("records go by the time at which the log had them", by_time),
    (
        "time never takes what a group, a floor or the disk still needs",
        by_time_within_bounds,
    ),
    (
        "a deletion goes once it is old; a key that came back stays",
        deletions_by_time,
    ),
    (
        "after a power loss what was forgotten is gone whole or there whole",
        forgetting_without_power,
    ),
];

const NOON: i64 = 1_764_072_000_000;
const HOUR: i64 = 3_600_000;
/// No floor.
const FREELY: i64 = i64::MAX;

type Make<'a> = &'a dyn Fn() -> Box<dyn TestBed>;

fn upsert(key: &str, value: Option<&str>) -> Outgoing {
    let value = value.map(|value| value.as_bytes().to_vec());
    Outgoing {
        value,
        ..outgoing(COMPACTED, key, "")
    }
}

/// The last record seen of each key.
fn newest(log: &dyn Log) -> BTreeMap<String, String> {
    let records = read(log, COMPACTED, 0, Visibility::Process).into_iter();
    records
        .map(|record| (text(Some(&record.key)), text(record.value.as_deref())))
        .collect()
}

#[track_caller]
fn check(log: &dyn Log, expected: &[(&str, &str)]) {
    let expected = expected
        .iter()
        .map(|(key, value)| ((*key).into(), (*value).into()))
        .collect();
    assert_eq!(newest(log), expected);
}

fn newest_per_key(make: Make<'_>) {
    let mut bed = make();
    let first = [("a", "1"), ("b", "1"), ("a", "2")].map(|(key, value)| upsert(key, Some(value)));
    append(&*bed.log(), "p", &first);
    check(&*bed.log(), &[("a", "2"), ("b", "1")]);
    append(
        &*bed.log(),
        "p",
        &[upsert("c", Some("1")), upsert("b", None)],
    );
    check(&*bed.log(), &[("a", "2"), ("b", "-"), ("c", "1")]);
    opened(
        &*bed.log(),
        "q",
        &[upsert("a", Some("aborted")), upsert("c", None)],
    )
    .abort();
    check(&*bed.log(), &[("a", "2"), ("b", "-"), ("c", "1")]);
    append(&*bed.log(), "p", &[upsert("b", Some("3"))]);
    bed.sync();
    bed.restart();
    check(&*bed.log(), &[("a", "2"), ("b", "3"), ("c", "1")]);
}

fn compacted_tail(make: Make<'_>) {
    let bed = make();
    let log = bed.log();
    let ends = append(
        &*log,
        "p",
        &[upsert("a", Some("1")), upsert("b", Some("1"))],
    );
    let next = ends.first().map_or(0, |end| end.next);
    append(&*log, "p", &[upsert("b", Some("2")), upsert("c", None)]);
    let mut consumer = log.consumer(COMPACTED, Visibility::Process).unwrap();
    let tail = read_from(consumer.as_mut(), 0, next, 1);
    let seen: Vec<_> = tail.iter().map(|record| text(Some(&record.key))).collect();
    assert_eq!(seen, ["b", "c"], "only what came after");
    assert!(consumer.end(0).unwrap() > next);
}

fn slowest_group(make: Make<'_>) {
    let bed = make();
    let log = bed.log();
    append_values(&*log, &["a", "b", "c", "d", "e"]);
    log.sync().unwrap();
    let offsets: Vec<_> = read(&*log, KEPT, 0, Visibility::Process)
        .iter()
        .map(|record| record.offset)
        .collect();
    let at = |index: usize| offsets.get(index).copied().unwrap_or_default();
    for (group, next) in [("fast", at(4)), ("slow", at(2))] {
        let mut producer = opened(&*log, group, &[]);
        producer.send_offset(group_offset(group, next)).unwrap();
        producer.commit().unwrap();
    }
    let Some(trimmed) = bed.trim(0, i64::MAX) else {
        return;
    };
    assert!(
        trimmed.unwrap() <= at(2),
        "past what the slow group has to read"
    );
    assert_eq!(values(&*log), ["c", "d", "e"]);
    assert_eq!(committed(&*log, "slow"), Some(at(2)));
    assert!(bed.trim(0, 0).unwrap().unwrap() <= at(2), "never back");
    assert_eq!(values(&*log), ["c", "d", "e"]);
}

fn trimmed_is_an_error(make: Make<'_>) {
    let mut bed = make();
    let log = bed.log();
    append_values(&*log, &["a", "b", "c"]);
    log.sync().unwrap();
    let second = read(&*log, KEPT, 0, Visibility::Process)
        .get(1)
        .map_or(0, |record| record.offset);
    let Some(trimmed) = bed.trim(0, second) else {
        return;
    };
    assert_eq!(trimmed.unwrap(), second);
    drop(log);
    for _ in 0..2 {
        let log = bed.log();
        let mut consumer = log.consumer(KEPT, Visibility::Process).unwrap();
        let limit = FetchLimit {
            records: 10,
            bytes: usize::MAX,
        };
        let mut records = Vec::new();
        let error = consumer.fetch(0, 0, limit, &mut records).err();
        assert!(
            matches!(error, Some(LogError::Trimmed { asked: 0, .. })),
            "{error:?}"
        );
        assert!(records.is_empty());
        assert_eq!(consumer.start(0).unwrap(), second);
        assert_eq!(values(&*log), ["b", "c"]);
        drop((consumer, log));
        bed.sync();
        bed.restart();
    }
}

fn by_time(make: Make<'_>) {
    let mut bed = make();
    let Some(log) = bed.told_the_time() else {
        return;
    };
    append_values(&log, &["a", "b"]);
    assert_eq!(log.mark(NOON).unwrap(), Clock::Steady);
    append_values(&log, &["c"]);
    assert_eq!(log.mark(NOON + HOUR).unwrap(), Clock::Steady);
    append_values(&log, &["d"]);
    bed.sync();
    assert_eq!(log.trim_before(KEPT, 0, NOON - 1, FREELY).unwrap(), 0);
    assert_eq!(values(&log), ["a", "b", "c", "d"]);
    assert_eq!(
        log.trim_before(KEPT, 0, NOON + HOUR - 1, FREELY).unwrap(),
        2
    );
    assert_eq!(values(&log), ["c", "d"]);
    drop(log);
    bed.sync();
    bed.restart();
    assert_eq!(values(&*bed.log()), ["c", "d"]);
    let log = bed.told_the_time().unwrap();
    assert_eq!(
        log.trim_before(KEPT, 0, NOON + HOUR, FREELY).unwrap(),
        3,
        "marks survive"
    );
    assert_eq!(log.trim_before(KEPT, 0, i64::MAX, FREELY).unwrap(), 3);
    assert_eq!(values(&log), ["d"], "younger than any mark");
    assert_eq!(log.mark(NOON + 2 * HOUR).unwrap(), Clock::Steady);
    assert_eq!(
        log.trim_before(KEPT, 0, NOON + 2 * HOUR, FREELY).unwrap(),
        4
    );
    let ends = append(&log, "p", &[super::first("e")]);
    assert_eq!(ends.first().map(|end| end.next), Some(5), "offsets go on");
    assert_eq!(values(&log), ["e"]);
}

fn by_time_within_bounds(make: Make<'_>) {
    let mut bed = make();
    let Some(log) = bed.told_the_time() else {
        return;
    };
    append_values(&log, &["a", "b", "c", "d"]);
    log.mark(NOON).unwrap();
    assert_eq!(
        log.trim_before(KEPT, 0, NOON, FREELY).unwrap(),
        0,
        "nothing is durable yet"
    );
    bed.sync();
    assert_eq!(log.trim_before(KEPT, 0, NOON, 1).unwrap(), 1, "the floor");
    let mut producer = opened(&log, "slow", &[]);
    producer.send_offset(group_offset("slow", 3)).unwrap();
    producer.commit().unwrap();
    assert_eq!(
        log.trim_before(KEPT, 0, NOON, FREELY).unwrap(),
        3,
        "the group"
    );
    assert_eq!(values(&log), ["d"]);
}

fn deletions_by_time(make: Make<'_>) {
    let mut bed = make();
    let Some(log) = bed.told_the_time() else {
        return;
    };
    let born = ["a", "b", "c"].map(|key| upsert(key, Some("1")));
    append(&log, "p", &born);
    append(&log, "p", &[upsert("a", None), upsert("b", None)]);
    append(&log, "p", &[upsert("b", Some("2"))]);
    log.mark(NOON).unwrap();
    append(&log, "p", &[upsert("c", None)]);
    bed.sync();
    let expected = [("a", "-"), ("b", "2"), ("c", "-")];
    assert_eq!(log.purge_before(COMPACTED, 0, NOON - 1).unwrap(), 0);
    check(&log, &expected);
    assert_eq!(log.purge_before(COMPACTED, 0, NOON).unwrap(), 1);
    check(&log, &[("b", "2"), ("c", "-")]);
    drop(log);
    bed.sync();
    bed.restart();
    let log = bed.told_the_time().unwrap();
    check(&log, &[("b", "2"), ("c", "-")]);
    assert_eq!(log.purge_before(COMPACTED, 0, NOON).unwrap(), 0);
    let mut consumer = log.consumer(COMPACTED, Visibility::Process).unwrap();
    assert_eq!(
        consumer.deletions_from(0).unwrap(),
        5,
        "a copy up to 4 has missed one"
    );
    assert_eq!(consumer.end(0).unwrap(), 7);
}

fn forgetting_without_power(make: Make<'_>) {
    let mut points = 0;
    for point in 0.. {
        let mut bed = make();
        let Some(log) = bed.told_the_time() else {
            return;
        };
        append_values(&log, &["a", "b", "c", "d"]);
        append(&log, "p", &[upsert("x", Some("1")), upsert("y", Some("1"))]);
        append(&log, "p", &[upsert("x", None)]);
        bed.sync();
        log.mark(NOON).unwrap();
        log.trim_before(KEPT, 0, NOON, 3).unwrap();
        log.purge_before(COMPACTED, 0, NOON).unwrap();
        append_values(&log, &["e"]);
        drop(log);
        if !bed.cut_power(point) {
            break;
        }
        points += 1;
        let log = bed.log();
        let kept = values(&*log).concat();
        assert!(["abcd", "d", "de"].contains(&&*kept), "{point}: {kept}");
        let deleted = newest(&*log).remove("x");
        let mut consumer = log.consumer(COMPACTED, Visibility::Process).unwrap();
        let gone = consumer.deletions_from(0).unwrap() == 3;
        assert_eq!(deleted.as_deref(), (!gone).then_some("-"), "{point}");
    }
    assert!(points > 3, "the power was cut in {points} places");
}
