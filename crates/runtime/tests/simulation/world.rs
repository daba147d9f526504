//! A machine with a process of four tasks on a log, and what befalls them.

use crate::counting::{CURE, PARTITIONS, Turned, input, topics};
use crate::outcome::{Outcome, records};
use crate::planted::{Bug, Planted};
use std::collections::BTreeMap;
use std::sync::Arc;
use wattledger_runtime::log::simulated::{Faults, Flavour, Random, SimulatedLog, SimulatedStore};
use wattledger_runtime::{CommitError, Log, Outgoing, Record, TaskError, Visibility};

/// What the harness itself does to a world, by name.
pub const DEEDS: [&str; 6] = [
    "killed",
    "power lost",
    "store lost",
    "paused and fenced",
    "turned after an error",
    "settled",
];

/// Whether the power goes with the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    Stays,
    Goes,
}

impl Power {
    pub fn of(goes: bool) -> Self {
        if goes { Self::Goes } else { Self::Stays }
    }
}

type Name = (&'static str, u32);

/// A log, stores and the process that runs on them.
pub struct World {
    faults: Faults,
    /// As the tasks see it.
    log: SimulatedLog,
    planted: Planted,
    bug: Option<Bug>,
    /// As a driver on another machine sees it.
    outside: SimulatedLog,
    stores: BTreeMap<Name, SimulatedStore>,
    tasks: BTreeMap<Name, Turned>,
    paused: Vec<Turned>,
    /// What a durable reader has seen of `out`.
    seen: Vec<Record>,
    random: Random,
    /// What the harness itself has seen go wrong.
    violation: Option<String>,
    deeds: BTreeMap<&'static str, u64>,
}

/// After this many turns a healed world must be at rest.
const DRAIN_MAX: usize = 2_000;

impl World {
    /// A world with the input of a seed.
    pub fn new(flavour: Flavour, seed: u64, faults: Faults) -> Self {
        let mut records = input(seed, 24);
        let key = |name: &str| name.as_bytes().to_vec();
        let ticks = |at: i64| -> Vec<_> {
            (0..6)
                .map(|n| (key(&format!("key-{n}")), key(&format!("tick {at}"))))
                .collect()
        };
        records.push((key("key-1"), key("poison")));
        records.extend(input(seed ^ 1, 8));
        records.extend(ticks(CURE));
        records.push((key("key-1"), key("release")));
        records.extend(input(seed ^ 2, 8));
        records.extend(ticks(CURE + 20));
        Self::with(flavour, seed, faults, &records)
    }

    /// A world with a short input.
    pub fn small(flavour: Flavour, faults: Faults) -> Self {
        let key = |name: &str| name.as_bytes().to_vec();
        let mut records = input(4, 9);
        records.extend((0..3).map(|n| (key(&format!("key-{n}")), key("tick 30"))));
        Self::with(flavour, 4, faults, &records)
    }

    fn with(flavour: Flavour, seed: u64, faults: Faults, records: &[(Vec<u8>, Vec<u8>)]) -> Self {
        let log = SimulatedLog::new(flavour, &topics(), faults.clone());
        let outside = log.seen_by(Faults::none());
        let names = ["first", "second"].into_iter();
        let names = names.flat_map(|stage| (0..PARTITIONS).map(move |number| (stage, number)));
        let stores = names
            .map(|name| (name, SimulatedStore::new(faults.clone())))
            .collect();
        let mut world = Self {
            planted: Planted::over(Arc::new(log.clone()), None),
            bug: None,
            faults,
            log,
            outside,
            stores,
            tasks: BTreeMap::new(),
            paused: Vec::new(),
            seen: Vec::new(),
            random: Random::new(seed ^ 0xf00d),
            violation: None,
            deeds: BTreeMap::new(),
        };
        world.append(records);
        world
    }

    /// What the harness has done to it, and how often.
    pub fn deeds(&self) -> BTreeMap<&'static str, u64> {
        self.deeds.clone()
    }

    /// Cuts the end of a topic's partition off that two tasks write to or read.
    pub fn truncate(&mut self, topic: &str, partition: u32, lost: i64) {
        self.tasks.clear();
        let mut consumer = self.outside.consumer(topic, Visibility::Process).unwrap();
        let end = consumer.end(partition).unwrap();
        self.outside.truncate(topic, partition, end - lost);
    }

    /// Turns a task of the first stage until it has read everything.
    pub fn drained_first(&mut self, partition: u32) -> Result<(), TaskError> {
        let task = self.opened(("first", partition))?;
        while task.lag()? > 0 {
            task.turn(2)?;
        }
        Ok(())
    }

    /// Adds records to the input.
    pub fn append(&mut self, records: &[(Vec<u8>, Vec<u8>)]) {
        let topic: Arc<str> = "in".into();
        let mut producer = self.outside.producer("driver").unwrap();
        producer.begin().unwrap();
        for (key, value) in records {
            producer
                .send(Outgoing::keyed(&topic, key.clone(), value.clone()))
                .unwrap();
        }
        producer.commit().unwrap();
        self.outside.sync().unwrap();
    }

    /// Plants a bug.
    pub fn plant(&mut self, bug: Bug) {
        self.bug = Some(bug);
        self.planted = Planted::over(Arc::new(self.log.clone()), Some(bug));
    }

    /// Runs to the end of the input, three records a turn, each settled.
    pub fn drained(&mut self) -> Result<Outcome, String> {
        self.drain(3).map_err(|error| error.to_string())?;
        self.outcome()
    }

    /// The same for a world whose process dies once on its way.
    pub fn drained_through_death(&mut self, power: Power) -> Result<Outcome, String> {
        let died = self.drain(3);
        if let Err(error) = died {
            legitimate(&error)?;
            self.end_process(power);
        }
        self.faults.heal();
        self.drained()
    }

    /// So many deeds drawn from the seed, then a healed run to the end.
    pub fn disturbed(&mut self, deeds: u64) -> Result<Outcome, String> {
        for _ in 0..deeds {
            let done = self.any_deed();
            if let Err(error) = done {
                legitimate(&error)?;
            }
            if self.faults.is_dead() {
                let power = Power::of(self.random.below(2) == 0);
                self.end_process(power);
            }
            self.look()?;
            self.violation.take().map_or(Ok(()), Err)?;
        }
        self.faults.heal();
        self.end_process(Power::Stays);
        self.drained()
    }

    fn any_deed(&mut self) -> Result<(), TaskError> {
        match self.random.below(40) {
            0 => {
                self.did("killed");
                self.end_process(Power::Stays);
                Ok(())
            }
            1 => {
                self.end_process(Power::Goes);
                Ok(())
            }
            2 => {
                self.did("store lost");
                let name = self.any_task();
                self.tasks.remove(&name);
                if let Some(store) = self.stores.get(&name) {
                    store.wipe();
                }
                Ok(())
            }
            3 => self.pause(),
            4..8 => self.settle_all(),
            _ => self.any_turn(),
        }
    }

    fn any_task(&mut self) -> Name {
        let stage = if self.random.below(2) == 0 {
            "first"
        } else {
            "second"
        };
        (stage, self.random.below(u64::from(PARTITIONS)) as u32)
    }

    fn any_turn(&mut self) -> Result<(), TaskError> {
        let name = self.any_task();
        let records_max = 1 + self.random.below(5) as usize;
        let mut turned = self.opened(name)?.turn(records_max).map(|_| ());
        if matches!(turned, Err(TaskError::Commit(CommitError::Aborted(_))))
            && self.random.below(2) == 0
        {
            self.did("committed again");
            let Turned { worker, task, .. } = self.opened(name)?;
            turned = worker.commit(&mut [task]);
        }
        if turned.is_err() && self.random.below(2) == 0 && !self.faults.is_dead() {
            // A failed task must neither go on nor write anything, whoever asks.
            self.did("turned after an error");
            let task = self.opened(name)?;
            let again = task.turn(records_max);
            if matches!(again, Err(TaskError::Failed { .. })) && task.task.settle().is_ok() {
                self.violation = Some("a failed task wrote its store".to_owned());
            }
            self.tasks.remove(&name);
            return turned;
        }
        if turned.is_err() {
            self.tasks.remove(&name);
        }
        turned
    }

    /// Pauses a task, lets another take over with an older store, and wakes it again.
    fn pause(&mut self) -> Result<(), TaskError> {
        let name = self.any_task();
        self.opened(name)?;
        let Some(task) = self.tasks.remove(&name) else {
            return Ok(());
        };
        if let Some(store) = self.stores.get_mut(&name) {
            *store = store.copied();
        }
        self.paused.push(task);
        let turned = self.opened(name)?.turn(2);
        self.tasks.remove(&name);
        turned?;
        let Some(mut zombie) = self.paused.pop() else {
            return Ok(());
        };
        let before = zombie.task.counters().turns;
        let outcome = zombie.turn(3);
        if zombie.task.counters().turns != before {
            self.violation = Some(format!("a fenced task has committed: {outcome:?}"));
        }
        self.did("paused and fenced");
        Ok(())
    }

    fn settle_all(&mut self) -> Result<(), TaskError> {
        if self.bug != Some(Bug::StoreBeforeSync) {
            self.log.sync()?;
        }
        for name in self.tasks.keys().copied().collect::<Vec<_>>() {
            if let Err(error) = self.opened(name)?.task.settle() {
                self.tasks.remove(&name);
                return Err(error);
            }
        }
        self.did("settled");
        Ok(())
    }

    fn opened(&mut self, name: Name) -> Result<&mut Turned, TaskError> {
        if !self.tasks.contains_key(&name) {
            let (stage, partition) = name;
            let store = self.stores.get(&name).cloned();
            let store = store.unwrap_or_else(|| SimulatedStore::new(self.faults.clone()));
            let log = Arc::new(self.planted.clone());
            let task = Turned::open(stage, partition, log, Box::new(store))?;
            self.tasks.insert(name, task);
        }
        Ok(self.tasks.get_mut(&name).expect("it was put there"))
    }

    fn end_process(&mut self, power: Power) {
        self.tasks.clear();
        self.paused.clear();
        self.planted.forget();
        if power == Power::Goes {
            self.did("power lost");
            self.log.power_loss();
            self.stores.values().for_each(SimulatedStore::power_loss);
        }
        self.faults.revive();
    }

    /// Turns and settles every task until nothing is left to fold.
    fn drain(&mut self, records_max: usize) -> Result<(), TaskError> {
        for _ in 0..DRAIN_MAX {
            let mut lag = 0;
            for name in self.stores.keys().copied().collect::<Vec<_>>() {
                let task = self.opened(name)?;
                task.turn(records_max)?;
                lag += task.lag()?;
            }
            self.settle_all()?;
            if lag == 0 {
                return Ok(());
            }
        }
        panic!("the world does not come to rest");
    }

    /// A durable reader looks at `out`: what it has seen once must stay.
    fn look(&mut self) -> Result<(), String> {
        let now = records(&self.outside, "out", Visibility::Durable);
        if let Some(gone) = self.seen.iter().find(|record| !now.contains(record)) {
            return Err(format!("a durable reader has seen what is gone: {gone:?}"));
        }
        self.seen = now;
        Ok(())
    }

    fn outcome(&mut self) -> Result<Outcome, String> {
        self.look()?;
        let mut outcome = Outcome::default();
        for ((stage, partition), task) in &mut self.tasks {
            if !task.task.parked().is_empty() {
                return Err(format!("{stage}/{partition} has still something parked"));
            }
            outcome.state(
                stage,
                *partition,
                task.task.dump().map_err(|error| error.to_string())?,
            );
        }
        for topic in ["middle", "out", "dead-letter"] {
            outcome.outputs(&self.outside, topic)?;
        }
        Ok(outcome)
    }

    fn did(&mut self, deed: &'static str) {
        *self.deeds.entry(deed).or_insert(0) += 1;
    }
}

/// Errors that the faults explain; the others are loud stops: something is lost, doubled or
/// foreign.
fn legitimate(error: &TaskError) -> Result<(), String> {
    use TaskError::{Commit, Log, Store, Turn};
    let explained = matches!(error, Log(_) | Store(_) | Commit(_) | Turn { .. });
    if explained {
        Ok(())
    } else {
        Err(error.to_string())
    }
}
