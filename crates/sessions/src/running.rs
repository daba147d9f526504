//! The running cost: reported as it nears what is held, and the charger stopped before the limit.
//!
//! Each share of a limit is reported once when it is passed and once when it is about to be, so
//! that neither a flood nor a late increment happens (design §4).

use crate::authorization;
use crate::desk::Desk;
use crate::effect::Effect;
use crate::session::{Phase, Stop, Watch};
use crate::work::Work;
use wattledger_domain::accounts::{AccountRecord, RunningCost};
use wattledger_domain::charging::{ChargingAction, HoldGranted, HoldGrowth, StopReason};
use wattledger_domain::ids::{SessionId, StationId};
use wattledger_domain::money::Money;
use wattledger_domain::price::ExactCost;
use wattledger_domain::quantity::{Milliseconds, MilliwattHours};
use wattledger_domain::session::SessionFlag;
use wattledger_domain::time::Timestamp;
use wattledger_pricing::{Meter, Usage};

/// Shares of what is held at which the account is told, percent.
const SHARES: [i64; 4] = [50, 80, 90, 100];

impl Watch {
    /// Nothing granted yet; the driver's own limit holds from the start.
    #[must_use]
    pub const fn new(driver: Option<Money>) -> Self {
        Self {
            granted: None,
            reserve: None,
            growth: HoldGrowth::MayGrow,
            op: 0,
            driver,
            reported: 0,
            announced: 0,
            stop: Stop::NotOrdered,
            quiet_below: 0,
        }
    }

    /// Takes a newer grant: shares are counted afresh.
    pub fn grant(&mut self, granted: &HoldGranted) {
        if granted.limit != self.granted {
            self.reported = 0;
            self.announced = 0;
            self.stop = Stop::NotOrdered;
        }
        self.granted = granted.limit;
        self.reserve = granted.reserve;
        self.growth = granted.growth;
        self.op = granted.op;
        self.quiet_below = 0;
    }
}

/// More is held, or no more can be: looks at the cost at once.
pub(crate) fn raised(
    desk: &mut Desk<'_, '_>,
    station: &StationId,
    session: &SessionId,
    granted: &HoldGranted,
) {
    let Some(mut work) = Work::take(desk, station, session.clone()) else {
        return;
    };
    if let Some(watch) = &mut work.session.watch {
        watch.grant(granted);
    }
    work.session.tax = granted.tax.unwrap_or(work.session.tax);
    let at = work.session.ledger.closed_to;
    check(desk, &mut work, at);
    work.put(desk);
}

/// What would be billed now and at the next expected reading: with tax, unless the buyer owes it.
struct Cost {
    gross: Money,
    forecast: Money,
}

/// Reports the cost if a share of the limit is passed, and stops the charger before the limit.
pub(crate) fn check(desk: &mut Desk<'_, '_>, work: &mut Work<'_>, at: Timestamp) {
    let Some(watch) = &work.session.watch else {
        return;
    };
    if work.session.phase != Phase::Open || (watch.granted.is_none() && watch.driver.is_none()) {
        return;
    }
    let Some(exact) = exact(work) else { return };
    if exact.0 < watch.quiet_below {
        return;
    }
    let Some(cost) = cost(work) else { return };
    let Some(mut watch) = work.session.watch.take() else {
        return;
    };
    report(desk, work, &mut watch, &cost, at);
    stop(desk, work, &mut watch, &cost);
    watch.quiet_below = quiet_below(&watch, &cost, exact);
    work.session.watch = Some(watch);
}

fn exact(work: &Work<'_>) -> Option<ExactCost> {
    work.session.meter.as_ref()?.exact_cost().ok()
}

fn cost(work: &Work<'_>) -> Option<Cost> {
    let session = &work.session;
    let bound = work.bound()?;
    let (tariff, rounding) = (bound.compiled()?, &bound.policy.rounding);
    let meter = session.meter.as_ref()?;
    let total = |meter: &Meter| meter.total_for(tariff, rounding, session.tax);
    let gross = |meter: &Meter| Some(total(meter).ok()?.gross);
    let now = gross(meter)?;
    let mut ahead = meter.clone();
    let usage = Usage {
        to: meter.now.plus(session.ledger.interval),
        energy: expected(work),
        state: session.ledger.state,
        power: None,
        current: None,
    };
    ahead.advance(tariff, &usage).ok()?;
    Some(Cost {
        gross: now,
        forecast: gross(&ahead)?,
    })
}

/// What the next interval brings if it is like the session so far.
fn expected(work: &Work<'_>) -> MilliwattHours {
    let ledger = &work.session.ledger;
    let span = ledger.closed_to.since(work.session.started_at);
    let Milliseconds(interval) = ledger.interval;
    let product = i128::from(ledger.energy.0).saturating_mul(i128::from(interval));
    let share = product.checked_div(i128::from(span.0)).unwrap_or(0);
    MilliwattHours(i64::try_from(share).unwrap_or(0).max(0))
}

/// The highest share of a limit that an amount has passed; 0 below the first.
fn share_passed(amount: Money, limit: Money) -> i64 {
    let scaled = i128::from(amount.minor).saturating_mul(100);
    let passed =
        |share: &&i64| scaled >= i128::from(limit.minor).saturating_mul(i128::from(**share));
    SHARES.iter().rev().find(passed).copied().unwrap_or(0)
}

fn report(desk: &mut Desk<'_, '_>, work: &Work<'_>, watch: &mut Watch, cost: &Cost, at: Timestamp) {
    let Some(limit) = watch.granted else { return };
    let passed = share_passed(cost.gross, limit);
    let coming = share_passed(cost.forecast, limit);
    if passed <= watch.reported && coming <= watch.announced.max(watch.reported) {
        return;
    }
    watch.reported = watch.reported.max(passed);
    watch.announced = watch.announced.max(coming);
    let session = &work.session;
    if let (Some(account), Some(authorization)) = (&session.account, &session.authorization) {
        let running = RunningCost {
            session: work.id.clone(),
            account: account.clone(),
            authorization: authorization.clone(),
            at,
            energy: session.ledger.energy,
            gross: cost.gross,
            forecast: cost.forecast,
        };
        desk.emit(Effect::ToAccount(AccountRecord::RunningCost(Box::new(
            running,
        ))));
    }
}

/// The amount at which the charger is stopped, and why.
fn bound_of(watch: &Watch) -> Option<(i64, StopReason)> {
    let held = match (watch.growth, watch.granted) {
        (HoldGrowth::Final, Some(limit)) => {
            let reserve = watch.reserve.map_or(0, |reserve| reserve.minor);
            Some((
                limit.minor.saturating_sub(reserve),
                StopReason::HoldExhausted,
            ))
        }
        (HoldGrowth::Final, None) | (HoldGrowth::MayGrow, _) => None,
    };
    let driver = watch
        .driver
        .map(|limit| (limit.minor, StopReason::DriverLimit));
    match (held, driver) {
        (Some(held), Some(driver)) => Some(if driver.0 < held.0 { driver } else { held }),
        (held, driver) => held.or(driver),
    }
}

fn stop(desk: &mut Desk<'_, '_>, work: &mut Work<'_>, watch: &mut Watch, cost: &Cost) {
    let Some((bound, reason)) = bound_of(watch) else {
        return;
    };
    match watch.stop {
        Stop::Ordered(energy) => {
            if work.session.ledger.energy > energy && cost.gross.minor > bound {
                work.session.flags.raise(SessionFlag::OverranLimit);
            }
        }
        Stop::NotOrdered => {
            if cost.forecast.minor.max(cost.gross.minor) < bound {
                return;
            }
            watch.stop = Stop::Ordered(work.session.ledger.energy);
            let Some(authorization) = &work.session.authorization else {
                return;
            };
            let mut order =
                authorization::command(desk, work.station, authorization, Some(&work.id));
            order.evse = Some(work.session.evse);
            order.transaction = work.session.transaction.clone();
            order.action = ChargingAction::Stop(reason);
            desk.emit(Effect::Command(order));
        }
    }
}

/// The exact cost below which nothing can happen: half of what is left to the nearest amount that
/// matters, since tax and blocks may come on top of the cost.
fn quiet_below(watch: &Watch, cost: &Cost, exact: ExactCost) -> i128 {
    let known = cost.gross.minor.max(cost.forecast.minor);
    let next = watch.granted.and_then(|limit| {
        let mut shares = SHARES
            .iter()
            .map(|share| limit.minor.saturating_mul(*share) / 100);
        shares.find(|amount| *amount > known)
    });
    let bound = bound_of(watch)
        .map(|(bound, _)| bound)
        .filter(|bound| *bound > known);
    let Some(nearest) = next.into_iter().chain(bound).min() else {
        return exact.0;
    };
    let left = i128::from(nearest.saturating_sub(known));
    let per_minor = i128::from(cost.gross.currency.minor_per_unit());
    let unit = ExactCost::PER_UNIT.checked_div(per_minor).unwrap_or(1);
    exact
        .0
        .saturating_add(left.saturating_mul(unit).checked_div(2).unwrap_or(0))
}
