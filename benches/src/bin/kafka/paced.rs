//! A gateway writes so many events a second; how long from a session's end to its invoice.

use super::commits::Commits;
use super::drain::{Goals, Mark, folded, show, standings};
use super::{Plan, crew, preload};
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use wattledger_benches::goal::at_most;
use wattledger_benches::scene;
use wattledger_domain::ids::{EvseId, StationId};
use wattledger_engine::service::Service;
use wattledger_kafka_tests::Broker;
use wattledger_runtime::log::kafka::KafkaLog;
use wattledger_runtime::log::{Consumer, FetchLimit};
use wattledger_runtime::{Destination, Log, Outgoing, Visibility};
use wattledger_wire::topics::issued;

/// The gateway sends so often.
const BATCH: Duration = Duration::from_millis(20);
/// Of so many events one ends a session.
const ENDS: usize = 100;
/// The pace lasts so long before anything counts: a broker that has just started compiles its code.
pub const WARMING: Duration = Duration::from_secs(20);
/// A run that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(600);
const INVOICES: &str = "billing.invoices";

/// A session's place: what an invoice names.
type Place = (StationId, EvseId);

/// What is paced.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// Events a second.
    pub events: usize,
    /// For so long, once it is warm.
    pub seconds: usize,
}

/// Runs the engine beside a gateway and prints the figures.
pub fn measure(plan: Plan, rate: Rate, broker: &Broker, log: &KafkaLog, commits: &Commits) {
    let folder = tempfile::tempdir().unwrap();
    let told = folder.path().join("ends");
    let (first, last, heard) = crew::during(plan, "benchmark", log, |service| {
        await_ready(plan, service);
        let mut gateway = gateway(broker, plan, rate, &told);
        let mut invoices = log.consumer(INVOICES, Visibility::Process).unwrap();
        let mut reader = Reader::default();
        let began = Instant::now();
        while began.elapsed() < WARMING {
            reader.read(invoices.as_mut(), log);
        }
        let counts_from = unix_micros();
        commits.take();
        let first = Mark::now(&standings(service), broker);
        while gateway.try_wait().unwrap().is_none() {
            reader.read(invoices.as_mut(), log);
        }
        let last = Mark::now(&standings(service), broker);
        let heard = commits.take();
        let mut ends = ends(&told);
        let began = Instant::now();
        while reader.arrived.len() < ends.len() {
            assert!(
                began.elapsed() < PATIENCE,
                "{} of {} invoices came",
                reader.arrived.len(),
                ends.len()
            );
            reader.read(invoices.as_mut(), log);
        }
        ends.retain(|_, sent| *sent >= counts_from);
        show_latency(&ends, &reader.arrived);
        (first, last, heard)
    });
    // At rest the CPU is nobody's concern, the commits are.
    let busy = rate.events >= 10_000;
    let goals = Goals {
        steady: rate.events as f64,
        client: busy.then_some(74_000.0),
    };
    show(&first, &last, heard, goals);
}

/// Waits until all that comes before the readings is dealt with.
pub fn await_ready(plan: Plan, service: &Service) {
    await_folded(service, preload::opening_records(plan.scene) as u64);
    await_rest(service);
}

/// Starts a gateway in its own process; it notes ends in a file.
pub fn gateway(broker: &Broker, plan: Plan, rate: Rate, told: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["pace", broker.bootstrap()])
        .args([plan.scene.sessions, rate.events, rate.seconds].map(|number| number.to_string()))
        .arg(told)
        .spawn()
        .unwrap()
}

fn await_folded(service: &Service, wanted: u64) {
    let began = Instant::now();
    while folded(&standings(service)) < wanted {
        assert!(began.elapsed() < PATIENCE, "stuck at the openings");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Waits until every stage has folded what there is: the openings make work for the later ones.
fn await_rest(service: &Service) {
    let began = Instant::now();
    loop {
        let status = service.status(None).unwrap();
        if status.unowned.iter().all(|partition| partition.lag() == 0) {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "stuck after the openings");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Invoices by session, and when each was seen.
#[derive(Default)]
struct Reader {
    next: BTreeMap<u32, i64>,
    arrived: BTreeMap<Place, i64>,
}

impl Reader {
    fn read(&mut self, invoices: &mut dyn Consumer, log: &KafkaLog) {
        let limit = FetchLimit {
            records: 1_000,
            bytes: 1 << 20,
        };
        let mut came = 0;
        for partition in 0..log.partitions(INVOICES).unwrap() {
            let mut records = Vec::new();
            let next = self.next.entry(partition).or_default();
            invoices
                .fetch(partition, *next, limit, &mut records)
                .unwrap();
            let now = unix_micros();
            for record in records {
                *next = record.offset + 1;
                let document = issued::decode(&record.value.unwrap()).unwrap();
                let supply = document.draft.supply;
                self.arrived.insert((supply.station, supply.evse), now);
                came += 1;
            }
        }
        if came == 0 {
            invoices.wait(Duration::from_millis(2));
        }
    }
}

fn unix_micros() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_micros() as i64
}

/// What the gateway has told: a session and when its end was sent, a line each.
fn ends(told: &Path) -> BTreeMap<Place, i64> {
    let text = std::fs::read_to_string(told).unwrap();
    let number = |word: Option<&str>| word.unwrap().parse::<i64>().unwrap();
    let line = |line: &str| {
        let mut words = line.split(' ');
        let session = number(words.next()) as usize;
        (
            (scene::station(session), scene::evse(session)),
            number(words.next()),
        )
    };
    text.lines().map(line).collect()
}

fn show_latency(ends: &BTreeMap<Place, i64>, invoiced: &BTreeMap<Place, i64>) {
    let mut took: Vec<i64> = ends
        .iter()
        .map(|(place, sent)| invoiced[place] - sent)
        .collect();
    took.sort_unstable();
    let of = |share: usize| took[(took.len() * share / 1_000).min(took.len() - 1)] as f64 / 1e3;
    println!(
        "from a session's end to its invoice, of {} sessions:",
        took.len()
    );
    at_most("  median", "ms", 250.0, of(500));
    at_most("  99th percentile", "ms", 700.0, of(990));
    at_most("  longest", "ms", 2_000.0, of(1_000));
}

/// The gateway: readings of all sessions in turn, one in a hundred events an end. It has an idempotent
/// producer and no transactions, as gateways do.
pub fn pace(brokers: &str, plan: Plan, rate: Rate, told: &Path) {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers);
    config.set("enable.idempotence", "true");
    config.set("compression.codec", "lz4");
    config.set("partitioner", "murmur2_random");
    let producer: ThreadedProducer<DefaultProducerContext> = config.create().unwrap();
    let mut events = (1..).flat_map(|minute| {
        let sessions = (0..plan.scene.sessions).map(move |place| (place, minute));
        std::iter::once((usize::MAX, minute)).chain(sessions)
    });
    let mut ended = vec![false; plan.scene.sessions];
    let mut lines = String::new();
    let (began, mut sent) = (Instant::now(), 0);
    let all = WARMING + Duration::from_secs(rate.seconds as u64);
    while began.elapsed() < all {
        let due = (began.elapsed() + BATCH).as_millis() as usize * rate.events / 1_000;
        while sent < due {
            let (place, minute) = events.next().unwrap();
            let record = if place == usize::MAX {
                scene::tick(minute)
            } else {
                let session = plan.scene.scattered(place, minute);
                if std::mem::replace(&mut ended[session], sent % ENDS == 0) {
                    ended[session] = true;
                    continue;
                }
                if ended[session] {
                    lines.push_str(&format!("{session} {}\n", unix_micros()));
                    scene::ended(session, minute)
                } else {
                    scene::reading(session, minute)
                }
            };
            sent += 1;
            for record in preload::written(&record) {
                write(&producer, &record);
            }
        }
        let next = Duration::from_millis((sent * 1_000 / rate.events) as u64);
        std::thread::sleep(next.saturating_sub(began.elapsed()));
    }
    producer.flush(PATIENCE).unwrap();
    std::fs::write(told, lines).unwrap();
}

fn write(producer: &ThreadedProducer<DefaultProducerContext>, record: &Outgoing) {
    let mut sent = BaseRecord::to(&record.topic).key(&record.key);
    sent.payload = record.value.as_ref();
    if let Destination::Partition(partition) = record.to {
        sent = sent.partition(partition as i32);
    }
    producer.send(sent).map_err(|(error, _)| error).unwrap();
}
