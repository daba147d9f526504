//! Binds a pure fold to the runtime: bytes in, words folded, effects out as records.
//!
//! Invariant: a fold that refuses a record has changed nothing; the record goes to the dead letters.

pub mod accounts;
pub mod control;
pub mod invoices;
pub mod sessions;
#[cfg(test)]
mod tests;

use crate::stored::{self, Stored};
use crate::topics;
use wattledger_domain::parking::ParkingAction;
use wattledger_domain::state::State;
use wattledger_domain::time::Timestamp;
use wattledger_runtime::{
    Class, Fold, Outgoing, Record, Refusal, StateFault, Timer as RuntimeTimer, Turn,
};
use wattledger_wire::DecodeError;
use wattledger_wire::avro::{Input, put_bytes};
use wattledger_wire::card_numbers::scrubbed;
use wattledger_wire::topics::parking;

/// The table of entities in a store.
const ENTITIES: u8 = b'E';

/// A fold with its words and how they become bytes.
pub trait Stage: Send + Sized + 'static {
    /// Its name: group, changelog and links carry it.
    const NAME: &'static str;
    /// Rises when equal input would give other output.
    const VERSION: u32;
    /// A record of its input.
    type Record: Send;
    /// What names an entity.
    type Key;
    /// An entity.
    type Value: Stored + Send + 'static;
    /// What names a timer.
    type Timer;
    /// What must happen.
    type Effect: Send;

    /// Reads a record.
    ///
    /// # Errors
    /// [`DecodeError`]: to the dead letters.
    fn decode(bytes: &[u8]) -> Result<Self::Record, DecodeError>;
    /// The time of a tick.
    fn tick(record: &Self::Record) -> Option<Timestamp>;
    /// What is parked if this record makes the fold panic.
    fn unit(record: &Self::Record, routing: &[u8]) -> Box<[u8]>;
    /// Whose an entity is, and its name within.
    fn key<'k>(key: &'k Self::Key, name: &mut Vec<u8>) -> &'k str;
    /// Kind, owner and name of a timer.
    fn timer(timer: &Self::Timer, name: &mut Vec<u8>) -> (u8, Box<str>);
    /// A timer read back.
    fn timer_from(kind: u8, routing: &str, name: &[u8]) -> Option<Self::Timer>;
    /// Folds a record.
    ///
    /// # Errors
    /// Why not; nothing has changed.
    fn fold(
        state: &mut StateOf<'_, Self>,
        record: &Self::Record,
        effects: &mut Vec<Self::Effect>,
    ) -> Result<(), Refusal>;
    /// Fires a timer.
    fn fire(
        state: &mut StateOf<'_, Self>,
        timer: &Self::Timer,
        due: Timestamp,
        effects: &mut Vec<Self::Effect>,
    );
    /// Bytes of an entity behind its boxes, beside what varies with its encoded length.
    fn boxed(value: &Self::Value) -> usize;
    /// The records that an effect is.
    fn emit(&self, effect: Self::Effect, now: Timestamp, out: &mut Vec<Outgoing>);
}

/// A stage's state, as its fold sees it.
pub type StateOf<'a, S> = dyn State<Key = <S as Stage>::Key, Value = <S as Stage>::Value, Timer = <S as Stage>::Timer>
    + 'a;

/// A stage on the runtime.
pub struct StageFold<S: Stage> {
    stage: S,
    read: Option<S::Record>,
    effects: Vec<S::Effect>,
    out: Vec<Outgoing>,
}

impl<S: Stage> StageFold<S> {
    /// Wraps a stage.
    pub const fn new(stage: S) -> Self {
        Self {
            stage,
            read: None,
            effects: Vec::new(),
            out: Vec::new(),
        }
    }

    fn send(&mut self, turn: &mut Turn<'_, Self>) {
        let now = Timestamp(turn.logical_time());
        for effect in self.effects.drain(..) {
            self.stage.emit(effect, now, &mut self.out);
        }
        for record in self.out.drain(..) {
            turn.emit(record);
        }
    }
}

impl<S: Stage> Fold for StageFold<S> {
    type Value = S::Value;

    fn version(&self) -> u32 {
        S::VERSION
    }

    fn decode(key: &[u8], bytes: &[u8]) -> Result<S::Value, StateFault> {
        stored::decode(bytes).map_err(|error| StateFault {
            key: key.to_vec(),
            detail: error.to_string(),
        })
    }

    fn encode(value: &S::Value, out: &mut Vec<u8>) {
        stored::encode(value, out);
    }

    /// Texts and lists take about what they take when encoded; an allocator rounds up by an eighth.
    fn memory(value: &S::Value, encoded: usize) -> usize {
        let takes = S::boxed(value).saturating_add(encoded);
        takes.saturating_add(takes / 8)
    }

    /// No card number.
    fn kept(bytes: &[u8]) -> Vec<u8> {
        scrubbed(bytes)
    }

    fn classify(&mut self, record: &Record) -> Class {
        self.read = None;
        let Some(bytes) = record.value.as_deref() else {
            return Class::Nothing;
        };
        match S::decode(bytes) {
            Ok(read) => {
                let routing = topics::id_of(&record.key);
                let class = match S::tick(&read) {
                    Some(at) => Class::Tick(at.0),
                    None => Class::Data {
                        unit: S::unit(&read, routing),
                        routing: routing.into(),
                    },
                };
                self.read = Some(read);
                class
            }
            Err(error) => ordered(bytes).unwrap_or_else(|| {
                Class::Unreadable(Refusal {
                    code: error.code(),
                    message: error.to_string(),
                })
            }),
        }
    }

    fn fold(&mut self, _: &Record, turn: &mut Turn<'_, Self>) -> Result<(), Refusal> {
        let Some(read) = self.read.take() else {
            return Ok(());
        };
        self.effects.clear();
        let mut adapter = Adapter::<'_, '_, S>::new(turn);
        S::fold(&mut adapter, &read, &mut self.effects)?;
        self.send(turn);
        Ok(())
    }

    fn fire(&mut self, timer: &RuntimeTimer, turn: &mut Turn<'_, Self>) {
        let routing = std::str::from_utf8(&timer.routing).unwrap_or_default();
        let Some(named) = S::timer_from(timer.kind, routing, &timer.entity) else {
            return;
        };
        self.effects.clear();
        let mut adapter = Adapter::<'_, '_, S>::new(turn);
        S::fire(
            &mut adapter,
            &named,
            Timestamp(timer.due),
            &mut self.effects,
        );
        self.send(turn);
    }
}

/// What people ordered about what is held back: it may stand on every stage's input.
fn ordered(bytes: &[u8]) -> Option<Class> {
    let order = parking::decode(bytes).ok()?;
    let unit = order.unit.as_bytes().into();
    Some(match order.action {
        ParkingAction::Release => Class::Release(unit),
        ParkingAction::Skip => Class::Skip(unit),
    })
}

/// The runtime's turn, as a fold's state.
struct Adapter<'a, 'b, S: Stage> {
    turn: &'a mut Turn<'b, StageFold<S>>,
    bytes: Vec<u8>,
    entity: Vec<u8>,
}

impl<'a, 'b, S: Stage> Adapter<'a, 'b, S> {
    fn new(turn: &'a mut Turn<'b, StageFold<S>>) -> Self {
        Self {
            turn,
            bytes: Vec::with_capacity(128),
            entity: Vec::with_capacity(128),
        }
    }

    fn name(&mut self, key: &S::Key) {
        put_state_key::<S>(key, &mut self.bytes, &mut self.entity);
    }
}

/// What an entity is called in the store.
pub(crate) fn state_key<S: Stage>(key: &S::Key) -> Vec<u8> {
    let mut bytes = Vec::new();
    put_state_key::<S>(key, &mut bytes, &mut Vec::new());
    bytes
}

fn put_state_key<S: Stage>(key: &S::Key, bytes: &mut Vec<u8>, entity: &mut Vec<u8>) {
    bytes.clear();
    bytes.push(ENTITIES);
    entity.clear();
    let routing = S::key(key, entity);
    put_bytes(bytes, routing.as_bytes());
    bytes.extend_from_slice(entity);
}

fn timer_of<S: Stage>(at: Timestamp, timer: &S::Timer) -> RuntimeTimer {
    let mut name = Vec::new();
    let (kind, routing) = S::timer(timer, &mut name);
    RuntimeTimer {
        due: at.0,
        kind,
        routing: routing.as_bytes().into(),
        entity: name.into(),
    }
}

impl<S: Stage> State for Adapter<'_, '_, S> {
    type Key = S::Key;
    type Value = S::Value;
    type Timer = S::Timer;

    fn now(&self) -> Timestamp {
        Timestamp(self.turn.logical_time())
    }
    fn get(&mut self, key: &S::Key) -> Option<&S::Value> {
        self.name(key);
        self.turn.get(&self.bytes)
    }
    fn take(&mut self, key: &S::Key) -> Option<S::Value> {
        self.name(key);
        self.turn.take(&self.bytes)
    }
    fn put(&mut self, key: S::Key, value: S::Value) {
        self.name(&key);
        self.turn.put(&self.bytes, value);
    }
    fn remove(&mut self, key: &S::Key) {
        self.name(key);
        self.turn.remove(&self.bytes);
    }
    fn wake(&mut self, at: Timestamp, timer: S::Timer) {
        self.turn.set_timer(timer_of::<S>(at, &timer));
    }
    fn cancel(&mut self, at: Timestamp, timer: &S::Timer) {
        self.turn.cancel_timer(&timer_of::<S>(at, timer));
    }
}

/// Reads what [`Stored::put`] wrote as a name.
pub(crate) fn named<T: Stored>(name: &[u8]) -> Option<T> {
    let mut input = Input::new(name);
    let value = T::take(&mut input).ok()?;
    input.finish().ok()?;
    Some(value)
}
