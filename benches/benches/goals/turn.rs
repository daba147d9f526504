//! The whole turn of the sessions stage on the embedded log, its changelog on, as a live engine
//! runs it: 4 partitions in one thread, turns of 500 records, one store following the log every 150
//! turns, so each every 600 (3 s at the goal's rate).

use std::sync::Arc;
use std::time::Duration;
use wattledger_benches::goal::{at_least, at_most, figure, rate, timed};
use wattledger_benches::scene::{self, Scene};
use wattledger_domain::charging::{ChargingRecord, MeterSample};
use wattledger_engine::stage::StageFold;
use wattledger_engine::stage::sessions::Sessions;
use wattledger_engine::topics::{self, Topics};
use wattledger_runtime::overlay::Budget;
use wattledger_runtime::{
    EmbeddedLog, Log, Outgoing, Producer, RocksStore, Task, TaskConfig, Visibility, Worker,
};
use wattledger_sessions::Key;
use wattledger_sessions::samples::{Entry, Samples, What};
use wattledger_sessions::session::Session;
use wattledger_wire::topics::charging;

pub const PARTITIONS: u32 = 4;
const TURN: usize = 500;
const SETTLE: usize = 150;
/// Minutes measured; the first warms up.
const MINUTES: usize = 6;

pub type SessionsTask = Task<StageFold<Sessions>>;

pub fn measure(scene: Scene) {
    let folder = tempfile::tempdir().unwrap();
    let topics = Topics::default();
    let log = EmbeddedLog::open(&folder.path().join("log"), &topics::settings(PARTITIONS)).unwrap();
    let store = |partition: u32| {
        RocksStore::open(&folder.path().join(format!("store-{partition}"))).unwrap()
    };
    let mut tasks: Vec<SessionsTask> = (0..PARTITIONS)
        .map(|partition| open(&log, &topics, partition, store(partition)))
        .collect();
    let mut producer = log.producer("benchmark").unwrap();
    let begun = std::iter::once(scene::tick(0)).chain(scene.openings());
    send(&mut *producer, &topics, scene.documents().chain(begun));
    turns(&mut tasks, &log);
    let (mut folding, mut settling, mut events) = (Duration::ZERO, Duration::ZERO, 0);
    let before = spent_by(&tasks);
    for minute in 1..=MINUTES {
        let records = std::iter::once(scene::tick(minute)).chain(scene.readings(minute));
        send(&mut *producer, &topics, records);
        let spent = turns(&mut tasks, &log);
        if minute > 1 {
            events += scene.sessions;
            folding += spent.folding;
            settling += spent.settling;
        }
    }
    settling += timed(|| tasks.iter_mut().for_each(settle));
    let after = spent_by(&tasks);
    let whole = rate(events, folding + settling);
    at_least(
        "turn loop with changelog and store",
        "events/s/core",
        100_000.0,
        whole,
    );
    figure("  turns alone", "events/s/core", rate(events, folding));
    let each = |time: u64| time as f64 * 1_000.0 / (MINUTES * scene.sessions) as f64;
    figure("  fold, wall clock", "ns/event", each(after.0 - before.0));
    figure("  commit, wall clock", "ns/event", each(after.1 - before.1));
    figure(
        "  store",
        "ns/event",
        settling.as_nanos() as f64 / events as f64,
    );
    state_size(&mut tasks, scene);
}

/// What a live session takes in the store beside its readings, and with all that belongs to it.
fn state_size(tasks: &mut [SessionsTask], scene: Scene) {
    let routing = scene::station(0).as_str().len();
    // The table, the length and the station come before what the entity is, then its value.
    let (mut session, mut all) = (0, 0);
    for (key, value) in tasks.iter_mut().flat_map(|task| task.dump().unwrap()) {
        match (key.first(), key.get(2 + routing)) {
            (Some(b'E'), Some(0)) => all += value.len(),
            (Some(b'E'), Some(2 | 6 | 8)) => all += value.len(),
            (Some(b'E'), Some(4)) => {
                session += value.len();
                all += value.len();
            }
            _ => {}
        }
    }
    let each = |bytes: usize| bytes as f64 / scene.sessions as f64;
    let readings = readings_size(scene);
    at_most(
        "hot state beside readings",
        "bytes/session",
        450.0,
        each(session) - readings,
    );
    figure("  its readings", "bytes/session", readings);
    figure(
        "  with authorisation, station and names",
        "bytes/session",
        each(all) - readings,
    );
    figure(
        "  in memory, before its heap",
        "bytes/session",
        size_of::<Session>() as f64,
    );
}

/// The mean of what the readings of the sessions take.
fn readings_size(scene: Scene) -> f64 {
    let some = (0..scene.sessions).step_by(97);
    let count = some.len();
    let sizes = some.map(|session| {
        let mut samples = Samples::default();
        for minute in 0..=MINUTES {
            let MeterSample { at, value, .. } = scene::sample(session, minute);
            samples.add(Entry {
                at,
                what: What::Total,
                value,
            });
        }
        samples.bytes().len()
    });
    sizes.sum::<usize>() as f64 / count as f64
}

pub fn open(log: &EmbeddedLog, topics: &Topics, partition: u32, store: RocksStore) -> SessionsTask {
    let config = TaskConfig {
        stage: "sessions".into(),
        input: Arc::clone(&topics.charging_events),
        group: "wattledger.sessions".into(),
        partition,
        changelog: Some(Arc::clone(&topics.sessions_changelog)),
        dead_letter: Arc::clone(&topics.dead_letter),
        timers_per_record: 0,
        cache: Budget::of(288 << 20),
        parked_max: 10_000,
    };
    let fold = StageFold::new(Sessions {
        topics: topics.clone(),
    });
    Task::open(config, fold, Arc::new(log.clone()), Box::new(store)).unwrap()
}

pub fn send(
    producer: &mut dyn Producer,
    topics: &Topics,
    records: impl Iterator<Item = ChargingRecord>,
) {
    producer.begin().unwrap();
    for (place, record) in records.enumerate() {
        if place % 10_000 == 9_999 {
            producer.commit().unwrap();
            producer.begin().unwrap();
        }
        let value = charging::encode(&record);
        let to = |routing| Outgoing::keyed(&topics.charging_events, topics::key(routing), value);
        if let Some(station) = scene::station_of(&record) {
            producer.send(to(station.as_str())).unwrap();
            continue;
        }
        let everywhere = to(Key::REFERENCE);
        for partition in 0..PARTITIONS {
            producer
                .send(everywhere.clone().to_partition(partition))
                .unwrap();
        }
    }
    producer.commit().unwrap();
}

fn settle(task: &mut SessionsTask) {
    task.settle().unwrap();
}

#[derive(Default)]
pub struct Spent {
    folding: Duration,
    settling: Duration,
}

/// Folds all there is; what another thread does in a live engine (syncing the log) is not counted.
pub fn turns(tasks: &mut [SessionsTask], log: &EmbeddedLog) -> Spent {
    let shared: Arc<dyn Log> = Arc::new(log.clone());
    let mut worker = Worker::open(&shared, "benchmark-stages").unwrap();
    let mut input = log
        .consumer("charging.events", Visibility::Process)
        .unwrap();
    let mut spent = Spent::default();
    let mut worked = true;
    while worked {
        worked = false;
        for _ in 0..SETTLE {
            let mut waiting = tasks
                .iter_mut()
                .filter_map(|task| (task.lag(&mut *input).unwrap() > 0).then_some(task));
            let Some(task) = waiting.next() else {
                break;
            };
            worked = true;
            spent.folding += timed(|| {
                worker.turn(task, &mut *input, TURN).unwrap();
            });
        }
        log.sync().unwrap();
        tasks.rotate_left(1);
        spent.settling += timed(|| tasks.iter_mut().take(1).for_each(settle));
    }
    spent
}

/// Microseconds of the wall clock in folds and in commits.
fn spent_by(tasks: &[SessionsTask]) -> (u64, u64) {
    tasks
        .iter()
        .map(Task::counters)
        .fold((0, 0), |(fold, commit), counters| {
            (fold + counters.fold_micros, commit + counters.commit_micros)
        })
}
