//! Transactions: whole or not at all, offsets with them, read in order to the end.

use super::{
    Case, KEPT, OTHER, TestBed, append, append_values, arc, committed, committed_of, first,
    group_offset, opened, outgoing, read, read_from, values,
};
use crate::log::{FetchLimit, LogError, Visibility};
use crate::partitioner;
use crate::record::{Link, Outgoing};

pub(super) const CASES: &[(&str, Case)] = &[
    ("a committed record is read as it was sent", read_as_sent),
    (
        "keys lead to their partition on every topic",
        keys_lead_to_partitions,
    ),
    (
        "open and aborted transactions are invisible",
        open_and_aborted_are_invisible,
    ),
    ("a transaction over topics is seen whole", whole_over_topics),
    (
        "offsets commit only with their transaction",
        offsets_with_their_transaction,
    ),
    ("a transaction of offsets alone commits", offsets_alone),
    (
        "a topic is read to its end in pieces of any size",
        read_to_the_end,
    ),
    (
        "a fetch stops at its limits but returns one record",
        fetch_limits,
    ),
    ("a commit says where its partitions end", ends_of_a_commit),
    ("an unknown topic is refused", unknown_topic),
    ("calls out of turn are refused", calls_out_of_turn),
];

type Make<'a> = &'a dyn Fn() -> Box<dyn TestBed>;

fn read_as_sent(make: Make<'_>) {
    let bed = make();
    let link = Link {
        source: "stage/3".into(),
        epoch: 2,
        sequence: 9,
        event: (77, 1),
    };
    let headers: Vec<(Box<str>, Vec<u8>)> = vec![
        ("code".into(), b"x".to_vec()),
        ("code".into(), vec![0, 255]),
    ];
    let full = Outgoing {
        link: Some(link),
        headers,
        ..Outgoing::keyed(&arc(KEPT), vec![0, 1, 255], vec![7; 1_000]).to_partition(1)
    };
    let bare = Outgoing {
        value: None,
        ..outgoing(KEPT, "", "").to_partition(1)
    };
    append(&*bed.log(), "p", &[full.clone(), bare.clone()]);
    let seen = read(&*bed.log(), KEPT, 1, Visibility::Process);
    assert_eq!(seen.len(), 2);
    for (record, sent) in seen.iter().zip([full, bare]) {
        assert_eq!((&record.key, &record.value), (&sent.key, &sent.value));
        assert_eq!((&record.link, &record.headers), (&sent.link, &sent.headers));
        assert_eq!((&*record.topic, record.partition), (KEPT, 1));
    }
}

fn keys_lead_to_partitions(make: Make<'_>) {
    let bed = make();
    let log = bed.log();
    for topic in [KEPT, OTHER] {
        let partitions = log.partitions(topic).unwrap();
        let records: Vec<_> = (0..20)
            .map(|key| outgoing(topic, &format!("key-{key}"), "v"))
            .collect();
        append(&*log, "p", &records);
        let mut found = 0;
        for partition in 0..partitions {
            for record in read(&*log, topic, partition, Visibility::Process) {
                assert_eq!(partitioner::partition(&record.key, partitions), partition);
                found += 1;
            }
        }
        assert_eq!(found, 20);
    }
}

fn open_and_aborted_are_invisible(make: Make<'_>) {
    let bed = make();
    let log = bed.log();
    let mut producer = opened(&*log, "p", &[first("aborted")]);
    assert!(values(&*log).is_empty(), "an open transaction is visible");
    producer.abort();
    assert!(
        values(&*log).is_empty(),
        "an aborted transaction is visible"
    );
    producer.begin().unwrap();
    producer.send(first("kept")).unwrap();
    producer.commit().unwrap();
    drop(opened(&*log, "q", &[first("dropped")]));
    log.producer("q").unwrap();
    assert_eq!(values(&*log), ["kept"]);
}

fn whole_over_topics(make: Make<'_>) {
    let bed = make();
    let log = bed.log();
    let mut one = opened(
        &*log,
        "one",
        &[first("1a"), outgoing(OTHER, "k", "1b").to_partition(2)],
    );
    let mut two = opened(&*log, "two", &[first("2a")]);
    two.send(outgoing(OTHER, "k", "2b").to_partition(2))
        .unwrap();
    two.abort();
    one.send(first("1c")).unwrap();
    one.commit().unwrap();
    assert_eq!(values(&*log), ["1a", "1c"]);
    let other = read(&*log, OTHER, 2, Visibility::Process);
    assert_eq!(other.len(), 1);
    assert_eq!(
        other.first().and_then(|record| record.value.as_deref()),
        Some(&b"1b"[..])
    );
}

fn offsets_with_their_transaction(make: Make<'_>) {
    let bed = make();
    let log = bed.log();
    append_values(&*log, &["a", "b", "c"]);
    assert_eq!(committed(&*log, "g"), None);
    let mut producer = opened(&*log, "p", &[first("d")]);
    producer.send_offset(group_offset("g", 2)).unwrap();
    assert_eq!(
        committed(&*log, "g"),
        None,
        "an offset is visible before its commit"
    );
    producer.abort();
    assert_eq!(committed(&*log, "g"), None, "an aborted offset is visible");
    producer.begin().unwrap();
    producer.send_offset(group_offset("g", 1)).unwrap();
    producer.send_offset(group_offset("h", 3)).unwrap();
    producer.commit().unwrap();
    assert_eq!(
        (committed(&*log, "g"), committed(&*log, "h")),
        (Some(1), Some(3))
    );
    assert_eq!(
        committed_of(&*log, "g", KEPT, 1),
        None,
        "of another partition"
    );
    assert_eq!(committed_of(&*log, "g", OTHER, 0), None, "of another topic");
}

fn offsets_alone(make: Make<'_>) {
    let bed = make();
    let log = bed.log();
    let mut producer = opened(&*log, "p", &[]);
    producer.send_offset(group_offset("g", 0)).unwrap();
    assert!(producer.commit().unwrap().is_empty());
    assert_eq!(committed(&*log, "g"), Some(0));
    producer.begin().unwrap();
    assert!(
        producer.commit().unwrap().is_empty(),
        "an empty transaction commits"
    );
}

fn read_to_the_end(make: Make<'_>) {
    let bed = make();
    let log = bed.log();
    let mut expected = Vec::new();
    for batch in 0..4 {
        let records: Vec<_> = (0..3).map(|index| format!("{batch}.{index}")).collect();
        append_values(
            &*log,
            &records.iter().map(String::as_str).collect::<Vec<_>>(),
        );
        expected.extend(records);
        opened(&*log, "aborter", &[first("x"), first("y")]).abort();
    }
    for at_once in [1, 2, 5, 100] {
        let mut consumer = log.consumer(KEPT, Visibility::Process).unwrap();
        let seen = read_from(consumer.as_mut(), 0, 0, at_once);
        let values: Vec<_> = seen
            .iter()
            .filter_map(|record| record.value.clone())
            .collect();
        let wanted: Vec<_> = expected
            .iter()
            .map(|value| value.clone().into_bytes())
            .collect();
        assert_eq!(values, wanted, "in pieces of {at_once}");
        let last = seen.last().map_or(0, |record| record.offset);
        let end = consumer.end(0).unwrap();
        assert!(
            end > last,
            "the end {end} is not past the last record {last}"
        );
        assert!(read_from(consumer.as_mut(), 0, end, at_once).is_empty());
        for offset in 0..end {
            let from_here = seen.iter().filter(|record| record.offset >= offset).count();
            let found = read_from(consumer.as_mut(), 0, offset, 100).len();
            assert_eq!(found, from_here, "from {offset}, be it in a gap");
        }
        assert_eq!(consumer.end(1).unwrap(), 0, "another partition is empty");
    }
}

fn fetch_limits(make: Make<'_>) {
    let bed = make();
    let log = bed.log();
    append_values(&*log, &["0123456789", "0123456789", "0123456789"]);
    let mut consumer = log.consumer(KEPT, Visibility::Process).unwrap();
    let end = consumer.end(0).unwrap();
    let mut fetched = |records, bytes| {
        let mut found = Vec::new();
        assert!(!consumer.is_empty(0, 0, end).unwrap());
        consumer
            .fetch(0, 0, FetchLimit { records, bytes }, &mut found)
            .unwrap();
        found.len()
    };
    assert_eq!(fetched(2, usize::MAX), 2);
    assert_eq!(fetched(100, 1), 1);
    assert_eq!(fetched(100, usize::MAX), 3);
}

fn ends_of_a_commit(make: Make<'_>) {
    let bed = make();
    let log = bed.log();
    append_values(&*log, &["a"]);
    let to_both = [
        first("b"),
        outgoing(OTHER, "k", "o").to_partition(1),
        first("c"),
    ];
    let ends = append(&*log, "p", &to_both);
    assert_eq!(ends.len(), 2, "{ends:?}");
    append_values(&*log, &["d"]);
    for end in ends {
        let expected = if &*end.topic == KEPT { 1 } else { 0 };
        let mut consumer = log.consumer(&end.topic, Visibility::Process).unwrap();
        let after = read_from(consumer.as_mut(), end.partition, end.next, 100);
        assert_eq!(after.len(), expected, "{end:?}");
    }
}

fn unknown_topic(make: Make<'_>) {
    let bed = make();
    let log = bed.log();
    assert!(matches!(
        log.partitions("none"),
        Err(LogError::UnknownTopic(_))
    ));
    assert!(log.consumer("none", Visibility::Process).is_err());
    let mut producer = opened(&*log, "p", &[]);
    assert!(producer.send(outgoing("none", "k", "v")).is_err());
    let far = log.partitions(KEPT).unwrap();
    assert!(
        producer.send(first("v").to_partition(far)).is_err(),
        "no such partition"
    );
}

fn calls_out_of_turn(make: Make<'_>) {
    let bed = make();
    let log = bed.log();
    let mut producer = log.producer("p").unwrap();
    assert!(
        producer.send(first("v")).is_err(),
        "sent without a transaction"
    );
    assert!(producer.send_offset(group_offset("g", 1)).is_err());
    assert!(
        producer.commit().is_err(),
        "committed without a transaction"
    );
    producer.abort();
    producer.begin().unwrap();
    assert!(producer.begin().is_err(), "a transaction in a transaction");
    producer.abort();
    assert!(values(&*log).is_empty());
    assert_eq!(committed(&*log, "g"), None);
}
