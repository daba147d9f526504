//! A session taken out to be worked on, with its readings and what its pins refer to.

mod older;

use crate::desk::Desk;
use crate::devices;
use crate::key::{Key, Value};
use crate::ledger::{Ledger, Rules};
use crate::market;
use crate::occupancy;
use crate::pinning::{self, Bound, Waits};
use crate::samples::{Added, Entry, Samples, What};
use crate::series::SeriesKnown;
use crate::session::{End, Phase, Pinned, Session};
use std::collections::BTreeMap;
use std::sync::Arc;
use wattledger_domain::ids::{SessionId, StationId};
use wattledger_domain::session::ChargingPeriod;
use wattledger_pricing::{CompiledTariff, Meter, Usage};

pub(crate) struct Work<'a> {
    pub(crate) station: &'a StationId,
    pub(crate) id: SessionId,
    pub(crate) session: Box<Session>,
    /// Chunks of older readings that were taken out.
    older: BTreeMap<u16, Box<Samples>>,
    /// Whether the running ledger no longer follows from the readings.
    stale: Stale,
}

/// Whether what was published for its price was taken anew.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Prices {
    AsBefore,
    Anew,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stale {
    No,
    Yes,
}

impl<'a> Work<'a> {
    /// Takes a session out; put it back.
    pub(crate) fn take(
        desk: &mut Desk<'_, '_>,
        station: &'a StationId,
        id: SessionId,
    ) -> Option<Self> {
        let key = Key::Session(station.clone(), id);
        let Some(Value::Session(session)) = desk.take(&key) else {
            return None;
        };
        let Key::Session(_, id) = key else {
            return None;
        };
        let mut work = Self {
            station,
            id,
            session,
            older: BTreeMap::new(),
            stale: Stale::No,
        };
        if work.bind(desk) == Prices::Anew && work.session.phase == Phase::Open {
            // Those of before may have been revised for what is metered already.
            work.recompute(desk);
        }
        Some(work)
    }

    /// A session that begins.
    pub(crate) fn begin(
        desk: &mut Desk<'_, '_>,
        station: &'a StationId,
        id: SessionId,
        session: Session,
    ) -> Self {
        let session = Box::new(session);
        let mut work = Self {
            station,
            id,
            session,
            older: BTreeMap::new(),
            stale: Stale::No,
        };
        work.bind(desk);
        work.session.meter = work.meter();
        work.session.ledger.state = work.rules().believed(work.session.first_state);
        work
    }

    pub(crate) fn put(mut self, desk: &mut Desk<'_, '_>) {
        self.put_chunks(desk);
        let key = Key::Session(self.station.clone(), self.id);
        desk.put(key, Value::Session(self.session));
    }

    fn bind(&mut self, desk: &mut Desk<'_, '_>) -> Prices {
        if self.session.bound.is_none()
            && let Some(pinned) = &self.session.pinned
        {
            self.session.bound = pinning::bind(desk, self.station, pinned);
        }
        match (self.follow_market(desk), self.follow_occupancy(desk)) {
            (Prices::AsBefore, Prices::AsBefore) => Prices::AsBefore,
            (Prices::Anew, _) | (_, Prices::Anew) => Prices::Anew,
        }
    }

    /// Takes what its tariff's market has published since it was last looked at.
    fn follow_market(&mut self, desk: &mut Desk<'_, '_>) -> Prices {
        let bound = self.session.bound.as_ref();
        let Some(bound) = bound else {
            return Prices::AsBefore;
        };
        let Some(id) = bound.compiled().and_then(CompiledTariff::market) else {
            return Prices::AsBefore;
        };
        let known = market::known(desk, id);
        let changes = SeriesKnown::changes(known);
        if bound.market_changes == Some(changes) {
            return Prices::AsBefore;
        }
        let series = market::series(desk, id, known, self.session.started_at);
        self.session.bound = Some(Arc::new(bound.following(changes, series)));
        Prices::Anew
    }

    /// Takes what was published of how busy its site is since it was last looked at.
    fn follow_occupancy(&mut self, desk: &mut Desk<'_, '_>) -> Prices {
        let Some(bound) = self.session.bound.as_ref() else {
            return Prices::AsBefore;
        };
        if bound
            .compiled()
            .and_then(CompiledTariff::only_when_busy)
            .is_none()
        {
            return Prices::AsBefore;
        }
        let site = &bound.site.id;
        let known = occupancy::known(desk, site);
        let changes = SeriesKnown::changes(known);
        if bound.occupancy_changes == Some(changes) {
            return Prices::AsBefore;
        }
        let series = occupancy::series(desk, site, known, self.session.started_at);
        self.session.bound = Some(Arc::new(bound.occupied(changes, series)));
        Prices::Anew
    }

    /// Takes other pins from here on.
    pub(crate) fn pin_again(&mut self, desk: &mut Desk<'_, '_>, pinned: Option<Pinned>) {
        self.session.pinned = pinned;
        self.session.bound = None;
        self.bind(desk);
        self.recompute(desk);
    }

    pub(crate) fn bound(&self) -> Option<Arc<Bound>> {
        self.session.bound.clone()
    }

    pub(crate) fn waits(&self) -> Waits {
        pinning::waits(self.session.bound.as_deref())
    }

    pub(crate) fn rules(&self) -> Rules {
        let session = &self.session;
        let (max_power, percent) = pinning::power_bound(session.bound.as_deref(), session.evse);
        Rules {
            max_power,
            percent,
            seen: session.seen,
            facts: devices::facts(session.bound.as_deref()),
        }
    }

    fn meter(&self) -> Option<Meter> {
        self.session.bound.as_ref()?.compiled()?;
        Some(Meter::start(self.session.started_at))
    }

    /// Adds a reading; whether it was new. In order, it is accounted at once.
    pub(crate) fn add(&mut self, desk: &mut Desk<'_, '_>, entry: Entry) -> bool {
        let added = self.keep(desk, entry);
        if added == Added::Known {
            return false;
        }
        let before = self.session.seen;
        self.session.seen.note(entry.what);
        let same_basis = before.basis() == self.session.seen.basis()
            && before.has_own_states() == self.session.seen.has_own_states();
        if added == Added::Last && same_basis && self.stale == Stale::No {
            self.feed(entry);
        } else {
            self.stale = Stale::Yes;
        }
        true
    }

    fn feed(&mut self, entry: Entry) {
        if self.session.phase != Phase::Open {
            return;
        }
        let rules = self.rules();
        let session = &mut *self.session;
        let tariff = session.bound.as_ref().and_then(|bound| bound.compiled());
        feed(
            &mut session.ledger,
            &mut session.meter,
            tariff,
            entry,
            &rules,
        );
    }

    /// Accounts all readings again if some came out of order.
    pub(crate) fn bring_up_to_date(&mut self, desk: &mut Desk<'_, '_>) {
        if self.stale == Stale::Yes {
            self.recompute(desk);
        }
    }

    /// Accounts all readings again.
    pub(crate) fn recompute(&mut self, desk: &mut Desk<'_, '_>) {
        self.stale = Stale::No;
        let rules = self.rules();
        let mut meter = self.meter();
        let first_state = rules.believed(self.session.first_state);
        let mut ledger = Ledger::start(self.session.started_at, first_state);
        let bound = self.session.bound.clone();
        let tariff = bound.as_ref().and_then(|bound| bound.compiled());
        for entry in self.readings(desk) {
            feed(&mut ledger, &mut meter, tariff, entry, &rules);
        }
        self.session.ledger = ledger;
        self.session.meter = meter;
    }

    /// Notes an end; a reported one brings its register along.
    pub(crate) fn end(&mut self, desk: &mut Desk<'_, '_>, end: End) {
        self.session.end = Some(end);
        if let Some(meter) = end.meter_stop {
            self.add(
                desk,
                Entry {
                    at: end.at,
                    what: What::Total,
                    value: meter.0,
                },
            );
        }
    }
}

/// Accounts one reading and prices what it closes. A price that cannot be computed ends pricing:
/// the rating says why.
pub(crate) fn feed(
    ledger: &mut Ledger,
    meter: &mut Option<Meter>,
    tariff: Option<&CompiledTariff>,
    entry: Entry,
    rules: &Rules,
) {
    let mut failed = false;
    ledger.feed(entry, rules, &mut |period| {
        if let (Some(meter), Some(tariff)) = (meter.as_mut(), tariff) {
            failed |= meter.advance(tariff, &usage(period)).is_err();
        }
    });
    if failed {
        *meter = None;
    }
}

/// A charging period as the meter takes it.
pub(crate) const fn usage(period: &ChargingPeriod) -> Usage {
    Usage {
        to: period.to,
        energy: period.energy,
        state: period.state,
        power: period.power,
        current: period.current,
    }
}
