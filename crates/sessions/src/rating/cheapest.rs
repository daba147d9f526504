//! The price of a session whose times nobody believes: the lowest that any time of the week before
//! gives, so that it never pays for a dearer hour than it used.
//!
//! The session is moved, as it is, by half hours, and to begin where prices change. Its lines keep the
//! times that were told.

use crate::ledger::Flags;
use crate::session::Session;
use wattledger_domain::cost::{Priced, Rounding};
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::reference::{Policy, UntrustedClock};
use wattledger_domain::session::{ChargingPeriod, SessionFlag};
use wattledger_domain::tax::TaxLiability;
use wattledger_domain::time::Timestamp;
use wattledger_pricing::{CompiledTariff, Meter, rate, settle_for};

/// Prices repeat by the week.
const WEEK: Milliseconds = Milliseconds::minutes(7 * 24 * 60);
/// Prices change at full and half hours mostly; where they do otherwise, a session that fits between
/// two changes is still put there.
const STEP: Milliseconds = Milliseconds::minutes(30);
/// So many changes of price are looked at.
const EDGES: usize = 400;

/// What a clock means for a price.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ByClock {
    /// Nothing: it is believed, or no price depends on it.
    AsTold,
    /// The lowest price that any time of a week gives.
    Cheapest,
    /// A person decides.
    Held,
}

impl ByClock {
    pub(super) fn of(
        session: &Session,
        flags: Flags,
        tariff: &CompiledTariff,
        policy: &Policy,
    ) -> Self {
        let by_time = Meter::start(session.started_at).next_change(tariff);
        if !flags.has(SessionFlag::ClockSuspect) || by_time.is_none() {
            return Self::AsTold;
        }
        match policy.plausibility.untrusted_clock {
            UntrustedClock::Hold => Self::Held,
            UntrustedClock::Cheapest => Self::Cheapest,
        }
    }
}

/// The lowest price; `None` when none can be computed.
pub(super) fn cheapest(
    tariff: &CompiledTariff,
    started_at: Timestamp,
    periods: &[ChargingPeriod],
    (rounding, liability): (&Rounding, TaxLiability),
) -> Option<Priced> {
    let mut best: Option<(i64, Priced)> = None;
    let mut look = |start: Timestamp| {
        let shift = start.since(started_at);
        let Some(priced) = moved(tariff, started_at, periods, shift) else {
            return;
        };
        let Ok(settlement) = settle_for(&priced, rounding, liability) else {
            return;
        };
        let gross = settlement.gross.minor;
        if best.as_ref().is_none_or(|(least, _)| gross < *least) {
            best = Some((gross, priced));
        }
    };
    look(started_at);
    let first = started_at.minus(WEEK);
    let mut begin = first;
    while begin < started_at {
        look(begin);
        begin = begin.plus(STEP);
    }
    let mut edge = first;
    for _ in 0..EDGES {
        let Some(next) = Meter::start(edge).next_change(tariff) else {
            break;
        };
        if next > started_at {
            break;
        }
        look(next);
        edge = next;
    }
    best.map(|(_, priced)| priced)
}

/// What it would have cost so much later; its lines stand where they stood.
fn moved(
    tariff: &CompiledTariff,
    started_at: Timestamp,
    periods: &[ChargingPeriod],
    shift: Milliseconds,
) -> Option<Priced> {
    let periods: Vec<ChargingPeriod> = periods
        .iter()
        .map(|period| ChargingPeriod {
            from: period.from.plus(shift),
            to: period.to.plus(shift),
            ..*period
        })
        .collect();
    let mut priced = rate(tariff, started_at.plus(shift), &periods).ok()?;
    for step in &mut priced.steps {
        step.from = step.from.minus(shift);
        step.to = step.to.minus(shift);
    }
    Some(priced)
}
