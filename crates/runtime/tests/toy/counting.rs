//! A toy of two stages: `in` → first → `middle` → second → `out`.
//!
//! Both count the records of a key, pass every third on and, 10 after a key's first record, a
//! total. The first passes its ticks on, to its own partition as ticks and to all others as beats,
//! so that every partition of `middle` hears from every task of the first stage.

use std::sync::Arc;
use wattledger_runtime::overlay::Budget;
use wattledger_runtime::{
    Class, Cleanup, Consumer, Fold, Log, Outgoing, Record, Refusal, StateFault, Store, Task,
    TaskConfig, TaskError, Timer, TopicSettings, Turn, TurnReport, Visibility, Worker,
};

/// Of every topic, so that a key of `middle` comes from one task of the first stage.
pub const PARTITIONS: u32 = 2;

/// From this logical time on the toy takes poison.
pub const CURE: i64 = 100;

/// The fold of both stages.
pub struct Count {
    output: Arc<str>,
    ticks: Ticks,
}

enum Ticks {
    /// Passed on by the task of this partition.
    PassedOn(u32),
    Kept,
}

/// The state key of a routing key's count.
pub fn state_key(routing: &[u8]) -> Vec<u8> {
    [b"C", routing].concat()
}

impl Count {
    /// The fold of a stage's task.
    pub fn of(stage: &str, partition: u32) -> Self {
        match stage {
            "first" => Self {
                output: "middle".into(),
                ticks: Ticks::PassedOn(partition),
            },
            _ => Self {
                output: "out".into(),
                ticks: Ticks::Kept,
            },
        }
    }

    fn pass(&self, turn: &mut Turn<'_, Self>, key: &[u8], text: String) {
        turn.emit(Outgoing::keyed(
            &self.output,
            key.to_vec(),
            text.into_bytes(),
        ));
    }

    fn pass_tick(&self, turn: &mut Turn<'_, Self>, tick: &[u8]) {
        let Ticks::PassedOn(own) = self.ticks else {
            return;
        };
        let key = format!("beat-{own}").into_bytes();
        for partition in 0..PARTITIONS {
            let value = if partition == own { tick } else { &b"beat"[..] };
            let record = Outgoing::keyed(&self.output, key.clone(), value.to_vec());
            turn.emit(record.to_partition(partition));
        }
    }
}

impl Fold for Count {
    type Value = u64;

    fn version(&self) -> u32 {
        1
    }
    fn decode(key: &[u8], bytes: &[u8]) -> Result<u64, StateFault> {
        let unreadable = |_| StateFault {
            key: key.to_vec(),
            detail: "not 8 bytes".to_owned(),
        };
        bytes.try_into().map(u64::from_be_bytes).map_err(unreadable)
    }
    fn encode(value: &u64, out: &mut Vec<u8>) {
        out.extend_from_slice(&value.to_be_bytes());
    }
    fn memory(_: &u64, _: usize) -> usize {
        0
    }
    fn classify(&mut self, record: &Record) -> Class {
        let unit: Box<[u8]> = record.key.as_slice().into();
        assert!(
            record.value.as_deref() != Some(b"venom"),
            "the toy panics on venom"
        );
        match record.value.as_deref() {
            None => Class::Nothing,
            Some(b"rubbish") => Class::Unreadable(Refusal {
                code: "rubbish",
                message: "unreadable".to_owned(),
            }),
            Some(value) if value.starts_with(b"tick ") => {
                let text = std::str::from_utf8(&value[5..]).unwrap_or("0");
                Class::Tick(text.parse().unwrap_or(0))
            }
            Some(b"release") => Class::Release(unit),
            Some(b"skip") => Class::Skip(unit),
            Some(_) => Class::Data {
                routing: unit.clone(),
                unit,
            },
        }
    }
    fn fold(&mut self, record: &Record, turn: &mut Turn<'_, Self>) -> Result<(), Refusal> {
        let value = record.value.as_deref().unwrap_or_default();
        assert!(value != b"tick 13", "the toy panics on a 13th tick");
        if value.starts_with(b"tick ") {
            self.pass_tick(turn, value);
            return Ok(());
        }
        assert!(
            value != b"poison" || turn.logical_time() >= CURE,
            "the toy panics on poison"
        );
        if value == b"announce" {
            turn.announce_epoch("source", 1);
            return Ok(());
        }
        let key = state_key(&record.key);
        let count = turn.take(&key).unwrap_or(0) + 1;
        turn.put(&key, count);
        if value == b"beat" {
            return Ok(());
        }
        if count == 1 {
            let due = turn.logical_time() + 10;
            let routing: Box<[u8]> = record.key.as_slice().into();
            turn.set_timer(Timer {
                due,
                kind: 1,
                routing,
                entity: Box::from(&b"total"[..]),
            });
        }
        if count.is_multiple_of(3) {
            self.pass(turn, &record.key, format!("{count}"));
        }
        Ok(())
    }
    fn fire(&mut self, timer: &Timer, turn: &mut Turn<'_, Self>) {
        let count = turn.get(&state_key(&timer.routing)).copied().unwrap_or(0);
        self.pass(turn, &timer.routing, format!("total {count}"));
    }
}

/// All topics of the toy.
pub fn topics() -> Vec<(&'static str, TopicSettings)> {
    let kept = TopicSettings {
        partitions: PARTITIONS,
        cleanup: Cleanup::Retain(1_000),
    };
    let compact = TopicSettings {
        partitions: PARTITIONS,
        cleanup: Cleanup::Compact,
    };
    vec![
        ("in", kept),
        ("middle", kept),
        ("out", kept),
        ("dead-letter", kept),
        ("first-changelog", compact),
        ("second-changelog", compact),
    ]
}

/// A task of the toy.
pub fn config(stage: &str, partition: u32) -> TaskConfig {
    TaskConfig {
        stage: stage.into(),
        input: if stage == "first" {
            "in".into()
        } else {
            "middle".into()
        },
        group: format!("test.{stage}").into(),
        partition,
        changelog: Some(format!("{stage}-changelog").into()),
        dead_letter: "dead-letter".into(),
        timers_per_record: 0,
        // Some four objects.
        cache: Budget::of(750),
        parked_max: 100,
    }
}

/// Records of six keys with ticks and rubbish between, the same for a seed.
pub fn input(seed: u64, count: u64) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut random = wattledger_runtime::log::simulated::Random::new(seed);
    (0..count)
        .map(|index| {
            let key = format!("key-{}", random.below(6)).into_bytes();
            let value = match random.below(10) {
                0 => format!("tick {}", index / 2),
                1 => "rubbish".to_owned(),
                _ => "one".to_owned(),
            };
            (key, value.into_bytes())
        })
        .collect()
}

/// A task of the toy with a worker and a reader of its own.
pub struct Turned {
    pub worker: Worker,
    input: Box<dyn Consumer>,
    pub task: Task<Count>,
}

impl Turned {
    /// Fences the task's older workers, then opens it.
    pub fn open(
        stage: &str,
        partition: u32,
        log: Arc<dyn Log>,
        store: Box<dyn Store>,
    ) -> Result<Self, TaskError> {
        let worker = Worker::open(&log, &format!("{stage}/{partition}"))?;
        let config = config(stage, partition);
        let input = log.consumer(&config.input, Visibility::Process)?;
        let task = Task::open(config, Count::of(stage, partition), log, store)?;
        Ok(Self {
            worker,
            input,
            task,
        })
    }

    pub fn turn(&mut self, records_max: usize) -> Result<TurnReport, TaskError> {
        self.worker
            .turn(&mut self.task, self.input.as_mut(), records_max)
    }

    pub fn lag(&mut self) -> Result<i64, TaskError> {
        self.task.lag(self.input.as_mut())
    }
}
