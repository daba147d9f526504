//! What goes wrong and when: drawn from a seed, so that a run can be had again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A place where a process can die or be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A producer is made, older ones are fenced.
    Initialise,
    /// Committed offsets are read.
    Committed,
    /// A partition's end or start is asked for.
    Ends,
    /// Records are fetched.
    Fetch,
    /// A transaction begins.
    Begin,
    /// A record is sent.
    Send,
    /// An offset is sent.
    SendOffset,
    /// A transaction commits.
    Commit,
    /// Commits are made durable.
    Sync,
    /// The store is read.
    StoreRead,
    /// The store takes a batch.
    StoreWrite,
}

/// Something that went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mishap {
    /// The step failed and had no effect; the process lives.
    Refused,
    /// The process died before the step had its effect.
    DiedBefore,
    /// The process died after the step had its effect.
    DiedAfter,
    /// A commit happened, its reply was lost.
    ReplyLost,
    /// A commit was lost on its way: it never happens.
    CommitLost,
    /// A commit is under way: it happens later, unless its producer is fenced first.
    CommitLate,
    /// A late commit arrived, and its producer had not been fenced.
    ArrivedLate,
    /// The log aborted the transaction and said so.
    Aborted,
}

/// How often what happens, in 10,000 steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// Any step is refused.
    pub refused: u64,
    /// The process dies at a step, before or after its effect.
    pub died: u64,
    /// A commit meets each of its four mishaps.
    pub commit: u64,
}

impl Rates {
    /// Each kind of fault on or off, and how often, drawn from a seed.
    #[must_use]
    pub fn drawn(seed: u64) -> Self {
        let mut random = Random::new(seed ^ 0x5eed);
        let mut rate = |most: u64| {
            if random.below(4) == 0 {
                0
            } else {
                1 + random.below(most)
            }
        };
        Self {
            refused: rate(60),
            died: rate(120),
            commit: rate(700),
        }
    }
}

/// The plan of what goes wrong, shared by a log and the stores of one process.
#[derive(Clone, Debug)]
pub struct Faults(Arc<Mutex<Plan>>);

#[derive(Debug)]
struct Plan {
    random: Random,
    rates: Rates,
    /// The process dies at this step, before or after its effect.
    dies_at: Option<(u64, Mishap)>,
    steps: u64,
    dead: bool,
    next_commit: Option<Mishap>,
    happened: BTreeMap<(Step, Mishap), u64>,
}

/// How a step ends that had its effect.
#[derive(Debug)]
#[must_use]
pub(crate) enum Fate {
    Lives,
    DiesAfter,
}

impl Fate {
    pub(crate) fn end(self) -> Result<(), Box<str>> {
        match self {
            Self::Lives => Ok(()),
            Self::DiesAfter => Err("the process died after it".into()),
        }
    }
}

impl Faults {
    /// Faults at these rates.
    #[must_use]
    pub fn new(seed: u64, rates: Rates) -> Self {
        Self::planned(seed, rates, None)
    }

    /// Nothing goes wrong.
    #[must_use]
    pub fn none() -> Self {
        Self::new(0, Rates::default())
    }

    /// Only one thing goes wrong: the process dies before or after a step, numbered from 0.
    #[must_use]
    pub fn dying_at(step: u64, mishap: Mishap) -> Self {
        Self::planned(step, Rates::default(), Some((step, mishap)))
    }

    fn planned(seed: u64, rates: Rates, dies_at: Option<(u64, Mishap)>) -> Self {
        Self(Arc::new(Mutex::new(Plan {
            random: Random::new(seed),
            rates,
            dies_at,
            steps: 0,
            dead: false,
            next_commit: None,
            happened: BTreeMap::new(),
        })))
    }

    /// How many steps were made so far.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.lock().steps
    }

    /// Whether the process has died: every step fails until it is started again.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.lock().dead
    }

    /// Ends the process here.
    pub fn kill(&self) {
        self.lock().dead = true;
    }

    /// Starts the process again.
    pub fn revive(&self) {
        self.lock().dead = false;
    }

    /// From here on nothing goes wrong any more.
    pub fn heal(&self) {
        let mut plan = self.lock();
        plan.rates = Rates::default();
        plan.dies_at = None;
        plan.next_commit = None;
        plan.dead = false;
    }

    /// What the next commit meets.
    pub fn next_commit(&self, mishap: Mishap) {
        self.lock().next_commit = Some(mishap);
    }

    /// What went wrong so far, and how often.
    #[must_use]
    pub fn happened(&self) -> BTreeMap<(Step, Mishap), u64> {
        self.lock().happened.clone()
    }

    /// A number below `bound`, from the same seed.
    #[must_use]
    pub fn below(&self, bound: u64) -> u64 {
        self.lock().random.below(bound)
    }

    pub(crate) fn meet(&self, step: Step) -> Result<Fate, Box<str>> {
        let mut plan = self.lock();
        if plan.dead {
            return Err("the process is dead".into());
        }
        let number = plan.steps;
        plan.steps += 1;
        let drawn = plan.random.below(10_000);
        let Rates {
            refused,
            died,
            commit: _,
        } = plan.rates;
        let mishap = match plan.dies_at {
            Some((at, mishap)) if at == number => Some(mishap),
            _ if drawn < refused => Some(Mishap::Refused),
            _ if drawn < refused + died / 2 => Some(Mishap::DiedBefore),
            _ if drawn < refused + died => Some(Mishap::DiedAfter),
            _ => None,
        };
        let Some(mishap) = mishap else {
            return Ok(Fate::Lives);
        };
        *plan.happened.entry((step, mishap)).or_insert(0) += 1;
        plan.dead = mishap != Mishap::Refused;
        if mishap == Mishap::DiedAfter {
            return Ok(Fate::DiesAfter);
        }
        Err(format!("{step:?} {mishap:?}").into())
    }

    pub(crate) fn meet_commit(&self) -> Option<Mishap> {
        let mut plan = self.lock();
        let all = [
            Mishap::ReplyLost,
            Mishap::CommitLost,
            Mishap::CommitLate,
            Mishap::Aborted,
        ];
        let drawn = plan.random.below(10_000);
        let which = plan.random.below(4) as usize;
        let by_chance = (drawn < plan.rates.commit)
            .then(|| all.get(which).copied())
            .flatten();
        let mishap = plan.next_commit.take().or(by_chance)?;
        *plan.happened.entry((Step::Commit, mishap)).or_insert(0) += 1;
        Some(mishap)
    }

    pub(crate) fn arrived_late(&self, commits: u64) {
        if commits > 0 {
            let key = (Step::Commit, Mishap::ArrivedLate);
            *self.lock().happened.entry(key).or_insert(0) += commits;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Plan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Splitmix64: small, and the same on every computer.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Numbers of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound`; 0 for a bound of 0.
    pub const fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        if bound == 0 { 0 } else { mixed % bound }
    }
}
