//! A second process joins under load and is killed: how long those partitions wait that stay where they
//! are, and those that move.

use super::paced::{Rate, await_ready, gateway};
use super::{Plan, crew};
use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use wattledger_benches::goal::{at_most, figure};
use wattledger_engine::service::Service;
use wattledger_engine::task::StageName;
use wattledger_engine::topics::Topics;
use wattledger_kafka_tests::Broker;
use wattledger_runtime::log::kafka::{KafkaLog, KafkaSettings};
use wattledger_runtime::log::{Consumer, FetchLimit};
use wattledger_runtime::{Log as _, Visibility};

/// Whose partitions are watched: the gateway keeps all of these busy. Invoices of one legal entity are one
/// partition's.
const STAGES: [StageName; 2] = [StageName::Sessions, StageName::Accounts];
/// How often is looked.
const LOOK: Duration = Duration::from_millis(5);
/// How long is looked: at nobody's coming, at a coming, and at a going, which others learn of after
/// [`SESSION_MS`].
const WATCHED: Duration = Duration::from_secs(20);
const SESSION_MS: &str = "6000";

type Place = (StageName, u32);

/// Runs two workers beside a gateway, has a third join in its own process, kills that.
pub fn measure(plan: Plan, rate: Rate, broker: &Broker) {
    let log = open(broker.bootstrap());
    let folder = tempfile::tempdir().unwrap();
    crew::during(plan, "benchmark", &log, |service| {
        await_ready(plan, service);
        let mut gateway = gateway(broker, plan, rate, &folder.path().join("ends"));
        std::thread::sleep(super::paced::WARMING);
        Watched::now(service, &log).show("nobody comes or goes");
        let mut second = Command::new(std::env::current_exe().unwrap())
            .args(["join", broker.bootstrap()])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        Watched::now(service, &log).show("a process joins");
        second.kill().unwrap();
        second.wait().unwrap();
        Watched::now(service, &log).show("it is killed; its session lasts 6 s");
        let revoke = service.revoke_max().as_secs_f64() * 1e3;
        at_most("letting go of partitions, longest", "ms", 1_000.0, revoke);
        gateway.kill().unwrap();
        gateway.wait().unwrap();
    });
}

/// The process that joins: a worker of all stages, until it is killed or its parent has ended.
pub fn join(brokers: &str, plan: Plan) {
    crew::during(plan, "second", &open(brokers), |_| {
        std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).unwrap();
    });
}

fn open(brokers: &str) -> KafkaLog {
    let settings = KafkaSettings::new(brokers)
        .with("session.timeout.ms", SESSION_MS)
        .with("heartbeat.interval.ms", "1000");
    KafkaLog::open(settings).unwrap()
}

/// What was seen of every partition for a while.
struct Watched {
    /// The longest that nothing was committed.
    waited: BTreeMap<Place, Duration>,
    before: BTreeMap<Place, Arc<str>>,
    after: BTreeMap<Place, Arc<str>>,
}

impl Watched {
    fn now(service: &Service, log: &KafkaLog) -> Self {
        let before = owners(service);
        let mut seen = STAGES.map(|stage| Seen::of(stage, log));
        let began = Instant::now();
        while began.elapsed() < WATCHED {
            for stage in &mut seen {
                stage.look();
            }
            std::thread::sleep(LOOK);
        }
        let waited = seen.iter().flat_map(Seen::waited).collect();
        let after = owners(service);
        Self {
            waited,
            before,
            after,
        }
    }

    fn show(&self, title: &str) {
        let stays = |place: &Place| {
            let before = self.before.get(place);
            before.is_some() && before == self.after.get(place)
        };
        let of = |stage: StageName, staying: bool| {
            let waited = self.waited.iter();
            waited.filter_map(move |(place, waited)| {
                (place.0 == stage && stays(place) == staying).then_some(*waited)
            })
        };
        println!("{title}: partitions stay and move, the longest without a commit");
        for stage in STAGES {
            let longest = |waited: Option<Duration>| waited.unwrap_or_default().as_secs_f64() * 1e3;
            let name = format!("  {}, {} that stay", stage.word(), of(stage, true).count());
            at_most(&name, "ms", 200.0, longest(of(stage, true).max()));
            let name = format!("  {}, {} that move", stage.word(), of(stage, false).count());
            figure(&name, "ms", longest(of(stage, false).max()));
        }
    }
}

/// A stage's changelog, as a reader of committed records sees it grow.
struct Seen {
    stage: StageName,
    changelog: Box<dyn Consumer>,
    /// By partition: the next offset, when it grew last, the longest that it did not.
    partitions: Vec<(i64, Instant, Duration)>,
}

impl Seen {
    fn of(stage: StageName, log: &KafkaLog) -> Self {
        let topics = Topics::default();
        let topic = stage.changelog(&topics);
        let mut changelog = log.consumer(topic, Visibility::Process).unwrap();
        let ends = changelog.ends().unwrap();
        let partitions = ends
            .into_iter()
            .map(|end| (end, Instant::now(), Duration::ZERO));
        Self {
            stage,
            changelog,
            partitions: partitions.collect(),
        }
    }

    fn look(&mut self) {
        let limit = FetchLimit {
            records: 10_000,
            bytes: 16 << 20,
        };
        for (partition, (next, grew, longest)) in (0..).zip(&mut self.partitions) {
            let mut records = Vec::new();
            self.changelog
                .fetch(partition, *next, limit, &mut records)
                .unwrap();
            *longest = grew.elapsed().max(*longest);
            if let Some(last) = records.last() {
                (*next, *grew) = (last.offset + 1, Instant::now());
            }
        }
    }

    fn waited(&self) -> impl Iterator<Item = (Place, Duration)> {
        let of = |(partition, (_, _, longest)): (u32, &(i64, Instant, Duration))| {
            ((self.stage, partition), *longest)
        };
        (0..).zip(&self.partitions).map(of)
    }
}

/// Who of this process folds what.
fn owners(service: &Service) -> BTreeMap<Place, Arc<str>> {
    let mut owners = BTreeMap::new();
    for (worker, owned) in service.ownership() {
        for task in owned.ready {
            let stage = STAGES
                .into_iter()
                .find(|stage| stage.word() == &*task.stage);
            if let Some(stage) = stage {
                owners.insert((stage, task.partition), Arc::clone(&worker));
            }
        }
    }
    owners
}
