//! What survives a process, and what survives a power loss: whole commits, a prefix of them.

use super::{
    Case, KEPT, OTHER, TestBed, append, append_values, committed, first, group_offset, opened,
    outgoing, read, values, values_seen,
};
use crate::log::{Log, Visibility};

pub(super) const CASES: &[(&str, Case)] = &[
    (
        "durable readers see what is durable, others what is committed",
        durable_readers,
    ),
    (
        "a sync that returns has made durable what was committed before it",
        sync_waits,
    ),
    (
        "a process that dies loses no commit and shows nothing open",
        process_dies,
    ),
    (
        "a power loss leaves whole commits, the synced ones among them",
        power_loss,
    ),
];

type Make<'a> = &'a dyn Fn() -> Box<dyn TestBed>;

fn durable_readers(make: Make<'_>) {
    let mut bed = make();
    append_values(&*bed.log(), &["a"]);
    let log = bed.log();
    assert_eq!(values_seen(&*log, Visibility::Process), ["a"]);
    let unsynced = values_seen(&*log, Visibility::Durable);
    assert_eq!(unsynced.len(), usize::from(bed.commits_are_durable()));
    bed.sync();
    assert_eq!(values_seen(&*log, Visibility::Durable), ["a"]);
    append_values(&*log, &["b"]);
    let mut durable = log.consumer(KEPT, Visibility::Durable).unwrap();
    let mut process = log.consumer(KEPT, Visibility::Process).unwrap();
    assert!(durable.end(0).unwrap() <= process.end(0).unwrap());
    bed.sync();
    assert_eq!(durable.end(0).unwrap(), process.end(0).unwrap());
    assert_eq!(values_seen(&*log, Visibility::Durable), ["a", "b"]);
}

/// Whoever else is syncing at the moment.
fn sync_waits(make: Make<'_>) {
    let bed = make();
    let (log, durable_by_itself) = (bed.log(), bed.commits_are_durable());
    let work = |id: usize| {
        let id = id.to_string();
        let mut durable = log.consumer(KEPT, Visibility::Durable).unwrap();
        for _ in 0..8 {
            let ends = append(&*log, &id, &[first(&id)]);
            log.sync().unwrap();
            let wanted = ends.first().map_or(0, |end| end.next);
            let end = if durable_by_itself {
                // Other transactions that are still open hold back what readers see.
                durable.undecided_end(0).unwrap()
            } else {
                durable.end(0).unwrap()
            };
            assert!(
                end >= wanted,
                "synced, and durable only up to {end} of {wanted}"
            );
        }
    };
    std::thread::scope(|threads| {
        let work = &work;
        let workers: Vec<_> = (0..3).map(|id| threads.spawn(move || work(id))).collect();
        workers
            .into_iter()
            .for_each(|worker| worker.join().unwrap());
    });
    assert_eq!(values(&*log).len(), 24);
}

fn process_dies(make: Make<'_>) {
    let mut bed = make();
    let log = bed.log();
    append_values(&*log, &["synced"]);
    bed.sync();
    append_values(&*log, &["unsynced"]);
    let mut open = opened(&*log, "p", &[first("open")]);
    open.send_offset(group_offset("g", 1)).unwrap();
    drop((open, log));
    bed.restart();
    let log = bed.log();
    log.producer("p").unwrap();
    assert_eq!(values(&*log), ["synced", "unsynced"]);
    assert_eq!(committed(&*log, "g"), None);
    append_values(&*log, &["after"]);
    assert_eq!(values(&*log), ["synced", "unsynced", "after"]);
}

/// Commit `number` writes to two topics and moves a group.
fn commit(log: &dyn Log, number: i64) {
    let value = number.to_string();
    let other = outgoing(OTHER, &value, &value).to_partition(1);
    let mut producer = opened(log, "p", &[first(&value), other, first(&value)]);
    producer.send_offset(group_offset("g", number)).unwrap();
    producer.commit().unwrap();
}

const SYNCED: i64 = 3;
const ALL: i64 = 6;

fn power_loss(make: Make<'_>) {
    let mut fewest = ALL;
    let mut most = 0;
    for point in 0.. {
        let mut bed = make();
        let log = bed.log();
        (1..=SYNCED).for_each(|number| commit(&*log, number));
        bed.sync();
        (SYNCED + 1..=ALL).for_each(|number| commit(&*log, number));
        drop(log);
        if !bed.cut_power(point) {
            let every = point == 0 || (fewest, most) == (SYNCED, ALL);
            assert!(every, "the cuts left {fewest} to {most} commits");
            return;
        }
        let kept = whole_commits(&*bed.log(), point);
        assert!(
            (SYNCED..=ALL).contains(&kept),
            "{kept} commits are left, cut at {point}"
        );
        fewest = fewest.min(kept);
        most = most.max(kept);
        commit(&*bed.log(), kept + 1);
        assert_eq!(
            whole_commits(&*bed.log(), point),
            kept + 1,
            "it goes on, cut at {point}"
        );
    }
}

/// How many commits are there; all that they wrote must be, and nothing else.
fn whole_commits(log: &dyn Log, point: usize) -> i64 {
    let kept = committed(log, "g").unwrap_or(0);
    let numbers = || (1..=kept).map(|number| number.to_string());
    let twice: Vec<_> = numbers()
        .flat_map(|number| [number.clone(), number])
        .collect();
    assert_eq!(values(log), twice, "cut at {point}");
    assert_eq!(values_seen(log, Visibility::Process), twice);
    let other = read(log, OTHER, 1, Visibility::Process);
    let other: Vec<_> = other
        .iter()
        .filter_map(|record| record.value.clone())
        .collect();
    assert_eq!(
        other,
        numbers().map(String::into_bytes).collect::<Vec<_>>(),
        "cut at {point}"
    );
    kept
}
