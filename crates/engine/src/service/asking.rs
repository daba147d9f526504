//! Questions to the state of a task, answered by the worker that owns it between two of its turns.
//!
//! Invariant: a question sees what whole turns have left, and changes nothing.

use super::Service;
use crate::stage::sessions::Sessions;
use crate::stage::state_key;
use crate::stored;
use crate::task::StageName;
use crate::topics;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use wattledger_domain::ids::{SessionId, StationId};
use wattledger_domain::state::State;
use wattledger_domain::time::Timestamp;
use wattledger_runtime::partitioner::partition;
use wattledger_runtime::{LogError, Turns};
use wattledger_sessions::live::{Looked, look};
use wattledger_sessions::{Key, Timer, Value};

/// How long a question waits for the worker that owns the task.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a worker answers one of them at most, and waits for its next word: its turns wait meanwhile.
const HELD: Duration = Duration::from_millis(250);
const WORD: Duration = Duration::from_millis(50);

/// What is done with a task that was found.
pub(crate) type Visit<'v> = dyn FnMut(&mut dyn Turns) + 'v;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// No worker of this process owns the partition, or it is busy with a long turn.
    #[error(
        "no worker of this process answers for partition {partition} of the sessions stage now"
    )]
    NotHere {
        /// Which.
        partition: u32,
    },
    /// The state cannot be read.
    #[error("the state cannot be read: {0}")]
    Unreadable(String),
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// Questions that wait.
#[derive(Default)]
pub(super) struct Asked {
    /// Whether there is any: looked at before each turn.
    any: AtomicBool,
    waiting: Mutex<Vec<Question>>,
}

struct Question {
    /// Nobody waits for the answer after that.
    until: Instant,
    place: (StageName, u32),
    answer: Answer,
}

/// What is read of a task.
type Answer = Box<dyn FnOnce(&mut dyn Turns) + Send>;

impl Asked {
    fn waiting(&self) -> MutexGuard<'_, Vec<Question>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, place: (StageName, u32), answer: Answer) {
        let now = Instant::now();
        let mut waiting = self.waiting();
        waiting.retain(|question| now < question.until);
        waiting.push(Question {
            until: now.checked_add(PATIENCE).unwrap_or(now),
            place,
            answer,
        });
        self.any.store(true, Ordering::Release);
    }
}

impl Service {
    /// Looks at a session that runs at a station. It is looked at here: the worker only reads what is asked
    /// for, and waits for the next word for so long as that does no harm.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn running(&self, station: &StationId, session: &SessionId) -> Result<Looked, AskError> {
        let partitions = self.log.partitions(&self.topics.charging_events)?;
        let partition = partition(&topics::key(station.as_str()), partitions);
        let (begun, begins) = mpsc::channel();
        let (wanted, wants) = mpsc::channel::<Vec<u8>>();
        let (told, found) = mpsc::channel();
        self.asked.ask(
            (StageName::Sessions, partition),
            Box::new(move |task| {
                let began = Instant::now();
                // Whoever asked may have given up.
                let _ = begun.send(Timestamp(task.standing().logical_time));
                while began.elapsed() < HELD
                    && let Ok(name) = wants.recv_timeout(WORD)
                {
                    let bytes = task.peek(&name).map_err(|error| error.to_string());
                    if told.send(bytes).is_err() {
                        return;
                    }
                }
            }),
        );
        let Ok(now) = begins.recv_timeout(PATIENCE) else {
            return Err(AskError::NotHere { partition });
        };
        let mut state = Peeked {
            wanted,
            found,
            now,
            known: BTreeMap::new(),
            fault: None,
        };
        let looked = look(&mut state, station, session);
        match state.fault {
            None => Ok(looked),
            Some(Fault::Gone) => Err(AskError::NotHere { partition }),
            Some(Fault::Unreadable(reason)) => Err(AskError::Unreadable(reason)),
        }
    }

    /// Answers what waits for tasks of a worker, which finds them by stage and partition.
    pub(crate) fn answer(&self, find: &mut dyn FnMut((StageName, u32), &mut Visit<'_>)) {
        if !self.asked.any.load(Ordering::Acquire) {
            return;
        }
        let all = std::mem::take(&mut *self.asked.waiting());
        let now = Instant::now();
        let mut left = Vec::new();
        for question in all.into_iter().filter(|question| now < question.until) {
            let mut answer = Some(question.answer);
            let mut visit = |task: &mut dyn Turns| {
                if let Some(answer) = answer.take() {
                    answer(task);
                }
            };
            find(question.place, &mut visit);
            if let Some(answer) = answer {
                left.push(Question { answer, ..question });
            }
        }
        let mut waiting = self.asked.waiting();
        waiting.extend(left);
        self.asked.any.store(!waiting.is_empty(), Ordering::Release);
    }
}

/// A task's state as it stands, and over it what looking at it would write.
struct Peeked {
    wanted: Sender<Vec<u8>>,
    found: Receiver<Result<Option<Vec<u8>>, String>>,
    now: Timestamp,
    /// What was read or written; `None` where there is nothing.
    known: BTreeMap<Vec<u8>, Option<Value>>,
    fault: Option<Fault>,
}

/// Why what was seen counts for nothing.
enum Fault {
    /// The worker has gone on.
    Gone,
    /// Bytes that are none of ours, or a disk that refuses.
    Unreadable(String),
}

impl Peeked {
    fn entry(&mut self, key: &Key) -> &mut Option<Value> {
        let name = state_key::<Sessions>(key);
        if !self.known.contains_key(&name) {
            let read = self.read(&name).unwrap_or_else(|fault| {
                self.fault = Some(fault);
                None
            });
            self.known.insert(name.clone(), read);
        }
        self.known.entry(name).or_default()
    }

    fn read(&self, name: &[u8]) -> Result<Option<Value>, Fault> {
        self.wanted.send(name.to_vec()).map_err(|_| Fault::Gone)?;
        let found = self.found.recv().map_err(|_| Fault::Gone)?;
        let bytes = found.map_err(Fault::Unreadable)?;
        let value = bytes.map(|bytes| stored::decode(&bytes)).transpose();
        value.map_err(|error| Fault::Unreadable(error.to_string()))
    }
}

impl State for Peeked {
    type Key = Key;
    type Value = Value;
    type Timer = Timer;

    fn now(&self) -> Timestamp {
        self.now
    }
    fn get(&mut self, key: &Key) -> Option<&Value> {
        self.entry(key).as_ref()
    }
    fn take(&mut self, key: &Key) -> Option<Value> {
        self.entry(key).take()
    }
    fn put(&mut self, key: Key, value: Value) {
        self.known.insert(state_key::<Sessions>(&key), Some(value));
    }
    fn remove(&mut self, key: &Key) {
        self.known.insert(state_key::<Sessions>(key), None);
    }
    fn wake(&mut self, _: Timestamp, _: Timer) {}
    fn cancel(&mut self, _: Timestamp, _: &Timer) {}
}
