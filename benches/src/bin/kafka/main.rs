//! The engine on a real broker: all stages, in every worker, fold what a gateway has written.
//!
//! Run by `make bench-kafka`, or `kafka [SESSIONS [MINUTES [WORKERS]]]` for what has piled up,
//! `kafka intake [SESSIONS [MINUTES [WORKERS]]]` for what has piled up before the intake, `kafka paced
//! [SESSIONS [RATE [SECONDS]]]` for what comes at a rate, `kafka rebalance [SESSIONS [RATE]]` for a process
//! that joins and is killed meanwhile. The broker, this process and nothing else are
//! measured; what fills the topic is another process that has ended before.
#![allow(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a program that measures: what it cannot set up it cannot measure"
)]

mod commits;
mod crew;
mod drain;
mod paced;
mod preload;
mod rebalance;
mod usage;

use commits::Commits;
use paced::Rate;
use std::path::Path;
use std::process::Command;
use wattledger_benches::scene::Scene;
use wattledger_engine::kafka::topics::plans;
use wattledger_kafka_tests::Broker;
use wattledger_runtime::log::kafka::{KafkaLog, KafkaSettings};

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Partitions of the topics that scale.
const PARTITIONS: u32 = 4;

/// What is measured.
#[derive(Clone, Copy, Debug)]
struct Plan {
    scene: Scene,
    /// Readings of each session, one a minute.
    minutes: usize,
    /// Threads that fold.
    workers: usize,
    /// Where the readings are written.
    door: Door,
}

/// Who writes the readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    /// A trusted gateway, as the sessions stage reads them.
    Stages,
    /// Any gateway, for the intake to look at.
    Intake,
}

impl Door {
    const fn word(self) -> &'static str {
        match self {
            Self::Stages => "stages",
            Self::Intake => "intake",
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize, usual: usize| {
        let given = arguments.get(place).and_then(|text| text.parse().ok());
        given.unwrap_or(usual)
    };
    if let Some((word, brokers)) = arguments.first().zip(arguments.get(1))
        && word == "preload"
    {
        let (sessions, minutes) = (number(2, 0), number(3, 0));
        let door = arguments.get(4).map(String::as_str);
        let intake = door == Some(Door::Intake.word());
        let door = if intake { Door::Intake } else { Door::Stages };
        return preload::fill(&open(brokers), plan(sessions, minutes, 0, door));
    }
    let rate = |place: usize| Rate {
        events: number(place, 24_000),
        seconds: number(place + 1, 60),
    };
    match arguments.first().map(String::as_str) {
        Some("pace") => {
            let plan = plan(number(2, 0), 0, 0, Door::Stages);
            let told = arguments.get(5).unwrap();
            paced::pace(&arguments[1], plan, rate(3), Path::new(told));
        }
        Some("join") => {
            Commits::listen();
            rebalance::join(&arguments[1], plan(0, 0, 1, Door::Stages));
        }
        Some("paced") => measure(plan(number(1, 100_000), 0, 2, Door::Stages), Some(rate(2))),
        Some("rebalance") => {
            let rate = Rate {
                events: number(2, 12_000),
                seconds: 600,
            };
            let plan = plan(number(1, 100_000), 0, 2, Door::Stages);
            Commits::listen();
            let broker = filled(plan);
            rebalance::measure(plan, rate, &broker);
        }
        Some("intake") => {
            let (sessions, minutes, workers) = (number(1, 100_000), number(2, 20), number(3, 2));
            measure(plan(sessions, minutes, workers, Door::Intake), None);
        }
        _ => {
            let (sessions, minutes, workers) = (number(0, 100_000), number(1, 60), number(2, 2));
            measure(plan(sessions, minutes, workers, Door::Stages), None);
        }
    }
}

const fn plan(sessions: usize, minutes: usize, workers: usize, door: Door) -> Plan {
    let scene = Scene { sessions };
    Plan {
        scene,
        minutes,
        workers,
        door,
    }
}

fn open(brokers: &str) -> KafkaLog {
    KafkaLog::open(KafkaSettings::new(brokers)).unwrap()
}

fn measure(plan: Plan, rate: Option<Rate>) {
    let commits = Commits::listen();
    let broker = filled(plan);
    let log = open(broker.bootstrap());
    match rate {
        None => drain::measure(plan, &broker, &log, &commits),
        Some(rate) => paced::measure(plan, rate, &broker, &log, &commits),
    }
}

/// A broker whose topics hold what comes before the readings, and the plan's readings.
fn filled(plan: Plan) -> Broker {
    let broker = Broker::start();
    let log = open(broker.bootstrap());
    let admin = log.admin().unwrap();
    admin.create(&plans(PARTITIONS, 1), 1).unwrap();
    let filled = Command::new(std::env::current_exe().unwrap())
        .args(["preload", broker.bootstrap()])
        .args([plan.scene.sessions.to_string(), plan.minutes.to_string()])
        .arg(plan.door.word())
        .status();
    assert!(filled.unwrap().success(), "the topic could not be filled");
    broker
}
