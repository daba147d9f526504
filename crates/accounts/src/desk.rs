//! The working set of one event: copies of entities, wake-ups and effects, written back together.
//!
//! Invariant: until [`Desk::commit`] the state is as it was: a refused record changes nothing.

use crate::Accounts;
use crate::authorization::Authorization;
use crate::bill::Bill;
use crate::effect::Effect;
use crate::key::{Entity, Key, Timer, TimerKind, Value};
use crate::payment::Payment;
use std::collections::BTreeMap;
use wattledger_domain::ids::{AccountId, AuthorizationId, PaymentId, SessionId, StationId};
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::time::Timestamp;

/// How long after its last change an entity is kept: the correction window, then that of disputes.
const KEPT: Milliseconds = Milliseconds(180 * 86_400_000);

pub(crate) struct Desk<'a, 'b> {
    state: &'a mut Accounts<'b>,
    changed: BTreeMap<Key, Change>,
    wakes: Vec<(Timestamp, Timer)>,
    effects: Vec<Effect>,
}

enum Change {
    Put(Value),
    Remove,
}

impl<'a, 'b> Desk<'a, 'b> {
    pub(crate) fn new(state: &'a mut Accounts<'b>) -> Self {
        Self {
            state,
            changed: BTreeMap::new(),
            wakes: Vec::new(),
            effects: Vec::new(),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.state.now()
    }

    pub(crate) fn emit(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    pub(crate) fn wake(
        &mut self,
        at: Timestamp,
        kind: TimerKind,
        account: &AccountId,
        entity: Entity,
    ) {
        let account = account.clone();
        self.wakes.push((
            at,
            Timer {
                kind,
                account,
                entity,
            },
        ));
    }

    pub(crate) fn get(&mut self, account: &AccountId, entity: Entity) -> Option<Value> {
        let key = Key {
            account: account.clone(),
            entity,
        };
        match self.changed.get(&key) {
            Some(Change::Put(value)) => Some(value.clone()),
            Some(Change::Remove) => None,
            None => self.state.get(&key).cloned(),
        }
    }

    pub(crate) fn put(&mut self, account: &AccountId, entity: Entity, value: Value) {
        let key = Key {
            account: account.clone(),
            entity,
        };
        self.changed.insert(key, Change::Put(value));
    }

    pub(crate) fn authorization(
        &mut self,
        account: &AccountId,
        station: &StationId,
        authorization: &AuthorizationId,
    ) -> Option<Authorization> {
        let entity = Entity::Authorization {
            station: station.clone(),
            authorization: authorization.clone(),
        };
        match self.get(account, entity)? {
            Value::Authorization(found) => Some(*found),
            Value::Account(_) | Value::Session(_) | Value::Payment(_) => None,
        }
    }

    pub(crate) fn bill(&mut self, account: &AccountId, session: &SessionId) -> Option<Bill> {
        match self.get(account, Entity::Session(session.clone()))? {
            Value::Session(found) => Some(*found),
            Value::Account(_) | Value::Authorization(_) | Value::Payment(_) => None,
        }
    }

    pub(crate) fn payment(&mut self, account: &AccountId, payment: &PaymentId) -> Option<Payment> {
        match self.get(account, Entity::Payment(payment.clone()))? {
            Value::Payment(found) => Some(*found),
            Value::Account(_) | Value::Authorization(_) | Value::Session(_) => None,
        }
    }

    pub(crate) fn keep_authorization(&mut self, mut authorization: Authorization) {
        authorization.touched_at = self.now();
        let account = authorization.account.clone();
        let entity = authorization.entity();
        self.remember(&account, &entity);
        self.put(
            &account,
            entity,
            Value::Authorization(Box::new(authorization)),
        );
    }

    pub(crate) fn keep_bill(&mut self, mut bill: Bill) {
        bill.touched_at = self.now();
        let account = bill.account.clone();
        let entity = Entity::Session(bill.session.clone());
        self.remember(&account, &entity);
        self.put(&account, entity, Value::Session(Box::new(bill)));
    }

    pub(crate) fn keep_payment(&mut self, mut payment: Payment) {
        payment.touched_at = self.now();
        let account = payment.account.clone();
        let entity = Entity::Payment(payment.id.clone());
        self.remember(&account, &entity);
        self.put(&account, entity, Value::Payment(Box::new(payment)));
    }

    /// Forgets what has not changed for [`KEPT`]; what has is looked at again later.
    pub(crate) fn forget(&mut self, timer: &Timer) {
        let touched_at = match self.get(&timer.account, timer.entity.clone()) {
            Some(Value::Authorization(authorization)) => authorization.touched_at,
            Some(Value::Session(bill)) => bill.touched_at,
            Some(Value::Payment(payment)) if payment.flight.is_quiet() => payment.touched_at,
            Some(Value::Payment(_)) => self.now(),
            Some(Value::Account(_)) | None => return,
        };
        let until = touched_at.plus(KEPT);
        if until > self.now() {
            self.wakes.push((until, timer.clone()));
        } else {
            let key = Key {
                account: timer.account.clone(),
                entity: timer.entity.clone(),
            };
            self.changed.insert(key, Change::Remove);
        }
    }

    /// Writes everything back and hands over the effects.
    pub(crate) fn commit(self, effects: &mut Vec<Effect>) {
        for (key, change) in self.changed {
            match change {
                Change::Put(value) => self.state.put(key, value),
                Change::Remove => self.state.remove(&key),
            }
        }
        for (at, timer) in self.wakes {
            self.state.wake(at, timer);
        }
        effects.extend(self.effects);
    }

    /// Sets the timer that will forget a new entity.
    fn remember(&mut self, account: &AccountId, entity: &Entity) {
        if self.get(account, entity.clone()).is_none() {
            let at = self.now().plus(KEPT);
            self.wake(at, TimerKind::Forget, account, entity.clone());
        }
    }
}
