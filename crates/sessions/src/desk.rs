//! The desk at which one event is worked on: the state, typed, and the effects so far.

use crate::Sessions;
use crate::effect::Effect;
use crate::key::{Entity, Key, Timer, TimerKind, Value};
use crate::station::StationLive;
use wattledger_domain::charging::FieldEvent;
use wattledger_domain::ids::{SessionId, StationId};
use wattledger_domain::outcome::{EventOutcome, Outcome};
use wattledger_domain::time::Timestamp;

pub(crate) struct Desk<'d, 's> {
    state: &'d mut Sessions<'s>,
    effects: &'d mut Vec<Effect>,
    pub(crate) now: Timestamp,
}

impl<'d, 's> Desk<'d, 's> {
    pub(crate) fn new(state: &'d mut Sessions<'s>, effects: &'d mut Vec<Effect>) -> Self {
        let now = state.now();
        Self {
            state,
            effects,
            now,
        }
    }

    pub(crate) fn get(&mut self, key: &Key) -> Option<&Value> {
        self.state.get(key)
    }

    pub(crate) fn take(&mut self, key: &Key) -> Option<Value> {
        self.state.take(key)
    }

    pub(crate) fn put(&mut self, key: Key, value: Value) {
        self.state.put(key, value);
    }

    pub(crate) fn remove(&mut self, key: &Key) {
        self.state.remove(key);
    }

    pub(crate) fn emit(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    pub(crate) fn wake(&mut self, at: Timestamp, kind: TimerKind, station: &StationId, of: Entity) {
        let station = station.clone();
        self.state.wake(
            at,
            Timer {
                kind,
                station,
                entity: of,
            },
        );
    }

    pub(crate) fn cancel_settling(&mut self, at: Timestamp, station: &StationId, of: &SessionId) {
        let timer = Timer {
            kind: TimerKind::Settle,
            station: station.clone(),
            entity: Entity::Session(of.clone()),
        };
        self.state.cancel(at, &timer);
    }

    /// What is going on at a station, to read.
    pub(crate) fn live(&mut self, station: &StationId) -> Option<&StationLive> {
        match self.state.get(&Key::Station(station.clone())) {
            Some(Value::Station(live)) => Some(live),
            Some(_) | None => None,
        }
    }

    pub(crate) fn take_live(&mut self, station: &StationId) -> Box<StationLive> {
        match self.state.take(&Key::Station(station.clone())) {
            Some(Value::Station(live)) => live,
            Some(_) | None => Box::default(),
        }
    }

    pub(crate) fn put_live(&mut self, station: &StationId, live: Box<StationLive>) {
        self.state
            .put(Key::Station(station.clone()), Value::Station(live));
    }

    /// Says what became of an event that was not simply folded.
    pub(crate) fn became(
        &mut self,
        event: &FieldEvent,
        outcome: Outcome,
        session: Option<&SessionId>,
        detail: &str,
    ) {
        self.effects.push(Effect::Outcome(EventOutcome {
            source: event.source.clone(),
            id: event.id.clone(),
            station: Some(event.station.clone()),
            outcome,
            session: session.cloned(),
            detail: detail.into(),
            at: self.now,
        }));
    }
}
