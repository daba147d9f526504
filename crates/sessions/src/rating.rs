//! Rating: what a session comes to once it is over, billed, held for a person, or billed again.

mod cheapest;
mod conclusion;
mod decided;
mod moved;
mod proposal;
pub mod rerating;
mod span;
mod suggestion;

use crate::desk::Desk;
use crate::effect::Effect;
use crate::key::{Entity, Key, TimerKind, Value};
use crate::session::{Billed, Held, Origin, Phase, Standing};
use crate::start;
use crate::work::Work;
use conclusion::Conclusion;
use decided::concluded;
pub(crate) use decided::{check_correction, doubts, missing, settled, standing};
use wattledger_domain::accounts::{AccountRecord, SessionBill, SessionHeld};
use wattledger_domain::charging::PayerResolved;
use wattledger_domain::cost::{Priced, Settlement};
use wattledger_domain::ids::{
    AccountId, AuthorizationId, DeviceProfileId, MarketPricesId, SessionId, SiteOccupancyId,
    StationId,
};
use wattledger_domain::money::Money;
use wattledger_domain::outcome::{EventOutcome, Outcome, SessionFact};
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::session::{HoldReason, Pin, SessionRated};
use wattledger_domain::time::Timestamp;

/// How long what was never billed, and the ids of what was, are kept: 400 days.
pub(crate) const MEMORY: Milliseconds = Milliseconds::minutes(400 * 24 * 60);

/// Rates a session at a logical time, not before.
pub(crate) fn settle_at(desk: &mut Desk<'_, '_>, work: &mut Work<'_>, at: Timestamp) {
    unsettle(desk, work);
    work.session.phase = Phase::Settling(at);
    desk.wake(
        at,
        TimerKind::Settle,
        work.station,
        Entity::Session(work.id.clone()),
    );
}

/// Takes back what [`settle_at`] set.
pub(crate) fn unsettle(desk: &mut Desk<'_, '_>, work: &Work<'_>) {
    if let Phase::Settling(at) = work.session.phase {
        desk.cancel_settling(at, work.station, &work.id);
    }
}

/// The grace is over.
pub(crate) fn settle_due(
    desk: &mut Desk<'_, '_>,
    station: &StationId,
    session: &SessionId,
    due: Timestamp,
) {
    let Some(mut work) = Work::take(desk, station, session.clone()) else {
        return;
    };
    if work.session.phase == Phase::Settling(due) {
        rate(desk, &mut work);
    }
    work.put(desk);
}

/// Somebody answers for a session.
pub(crate) fn payer_resolved(desk: &mut Desk<'_, '_>, resolved: &PayerResolved) {
    let Some(mut work) = Work::take(desk, &resolved.station, resolved.session.clone()) else {
        return;
    };
    if work.session.account.is_none() && resolved.token.account.is_some() {
        work.session.account.clone_from(&resolved.token.account);
        work.session.group.clone_from(&resolved.token.group);
        work.session.tax = resolved.token.tax.unwrap_or_default();
        if let Some(opened) = start::opened(&work) {
            desk.emit(Effect::ToAccount(AccountRecord::SessionOpened(Box::new(
                opened,
            ))));
        }
        work.session.unanswered = None;
        if matches!(work.session.phase, Phase::Held(_)) {
            rate(desk, &mut work);
        }
    }
    work.put(desk);
}

/// Bills a session, or holds it for a person. The same result again changes nothing.
pub(crate) fn rate(desk: &mut Desk<'_, '_>, work: &mut Work<'_>) {
    let conclusion = concluded(desk, work);
    let first = work.session.billed.is_none() && !matches!(work.session.phase, Phase::Held(_));
    match (&conclusion.held[..], &conclusion.priced) {
        ([], Some(priced)) => bill(desk, work, &conclusion, priced),
        (_, _) if is_waived(work) => close(desk, work, &conclusion),
        (_, _) => hold(desk, work, &conclusion),
    }
    if first && work.session.billed.is_none() {
        let entity = Entity::Session(work.id.clone());
        desk.wake(
            desk.now.plus(MEMORY),
            TimerKind::Forget,
            work.station,
            entity,
        );
    }
}

/// The same for a session whose prices were pinned anew. What it came to before decides whether its last
/// bill stands: tax, blocks and limits count as well.
pub(crate) fn rate_anew(desk: &mut Desk<'_, '_>, work: &mut Work<'_>, before: Option<&Settlement>) {
    if settled(desk, work).as_ref() != before
        && let Some(billed) = &mut work.session.billed
    {
        billed.result = Billed::OUTDATED;
    }
    rate(desk, work);
}

/// Whether a session that was billed or held would now be so otherwise: energy, times or price.
pub(crate) fn differs(desk: &mut Desk<'_, '_>, work: &mut Work<'_>) -> bool {
    let now = concluded(desk, work);
    match (&work.session.phase, work.session.billed) {
        (Phase::Held(held), _) => held.reasons != now.held || held.result != now.result(),
        (Phase::Open | Phase::Settling(_) | Phase::Rated, Some(billed)) => {
            !now.held.is_empty() || billed.result != now.result()
        }
        (Phase::Open | Phase::Settling(_) | Phase::Rated, None) => true,
    }
}

/// What a session comes to now, gross; `None` when nothing prices it.
pub(crate) fn comes_to(desk: &mut Desk<'_, '_>, work: &mut Work<'_>) -> Option<Money> {
    concluded(desk, work).gross
}

fn is_waived(work: &Work<'_>) -> bool {
    let decided = work.session.decided.as_deref();
    decided.is_some_and(|decided| decided.standing == Standing::Waived)
}

/// Waived, and nobody or nothing to bill it by: it waits no longer, and has no invoice.
fn close(desk: &mut Desk<'_, '_>, work: &mut Work<'_>, conclusion: &Conclusion) {
    work.session.phase = Phase::Rated;
    let version = work.session.billed.map_or(0, |billed| billed.version);
    let fact = SessionFact {
        held: Vec::new(),
        ..fact(work, conclusion, version)
    };
    desk.emit(Effect::Fact(Box::new(fact)));
}

fn bill(desk: &mut Desk<'_, '_>, work: &mut Work<'_>, conclusion: &Conclusion, priced: &Priced) {
    let result = conclusion.result();
    let before = work.session.billed;
    work.session.phase = Phase::Rated;
    let same_payer = work.session.billed_to == work.session.account;
    if same_payer && before.is_some_and(|billed| billed.result == result) {
        return;
    }
    let version = before.map_or(1, |billed| billed.version.saturating_add(1));
    let forget_at = before.map_or_else(
        || desk.now.plus(work.waits().correction),
        |billed| billed.forget_at,
    );
    let Some(rated) = rated(work, conclusion, priced, version, desk.now) else {
        return;
    };
    let Some(terms) = work.bound().and_then(|bound| bound.terms()) else {
        return;
    };
    work.session.billed_to.clone_from(&work.session.account);
    work.session.billed = Some(Billed {
        version,
        result,
        forget_at,
    });
    if before.is_none() {
        let entity = Entity::Session(work.id.clone());
        desk.wake(forget_at, TimerKind::Forget, work.station, entity);
    }
    desk.emit(Effect::Rated(Box::new(rated.clone())));
    desk.emit(Effect::Fact(Box::new(fact(work, conclusion, version))));
    let bill = SessionBill { rated, terms };
    desk.emit(Effect::ToAccount(AccountRecord::SessionRated(Box::new(
        bill,
    ))));
}

fn rated(
    work: &Work<'_>,
    conclusion: &Conclusion,
    priced: &Priced,
    version: i32,
    now: Timestamp,
) -> Option<SessionRated> {
    let session = &work.session;
    let ledger = &conclusion.ledger;
    Some(SessionRated {
        session: work.id.clone(),
        version,
        account: session.account.clone()?,
        authorization: session.authorization.clone(),
        transaction: session.transaction.clone(),
        evse: session.evse,
        group: session.group.clone(),
        started_at: conclusion.started_at,
        ended_at: conclusion.ended_at,
        energy: ledger.energy,
        durations: ledger.durations,
        pins: work.bound()?.tariff.as_ref()?.0.clone(),
        periods: conclusion.periods.clone(),
        priced: priced.clone(),
        market_prices: market_prices(work, conclusion.ended_at.minus(conclusion.later)),
        site_occupancy: site_occupancy(work, conclusion.ended_at.minus(conclusion.later)),
        device_profile: device_profile(work),
        evidence: conclusion.evidence(),
        rated_at: now,
    })
}

/// What was published that a price rests on; `None` where the tariff follows no market.
fn market_prices(work: &Work<'_>, ended_at: Timestamp) -> Option<Vec<Pin<MarketPricesId>>> {
    let bound = work.bound()?;
    let tariff = bound.compiled()?;
    tariff.market()?;
    Some(tariff.publications_used((work.session.started_at, ended_at)))
}

/// What was published of how busy the site was, where a price looks at it.
fn site_occupancy(work: &Work<'_>, ended_at: Timestamp) -> Option<Vec<Pin<SiteOccupancyId>>> {
    let bound = work.bound()?;
    let tariff = bound.compiled()?;
    tariff.only_when_busy()?;
    Some(tariff.occupancy_used((work.session.started_at, ended_at)))
}

/// What its readings were read by.
fn device_profile(work: &Work<'_>) -> Option<Pin<DeviceProfileId>> {
    let bound = work.bound()?;
    bound.profile.as_ref().map(|(profile, _)| profile.clone())
}

fn hold(desk: &mut Desk<'_, '_>, work: &mut Work<'_>, conclusion: &Conclusion) {
    let reasons = conclusion.held.clone();
    let held = Phase::Held(Held {
        reasons: reasons.clone(),
        result: conclusion.result(),
    });
    if work.session.phase == held {
        return;
    }
    work.session.phase = held;
    work.session.rounds = work.session.rounds.saturating_add(1);
    let version = work.session.billed.map_or(0, |billed| billed.version);
    desk.emit(Effect::Fact(Box::new(fact(work, conclusion, version))));
    let held = SessionHeld {
        session: work.id.clone(),
        account: would_pay(work),
        authorization: work.session.authorization.clone(),
        station: work.station.clone(),
        reasons,
        started_at: conclusion.started_at,
        ended_at: conclusion.ended_at,
        energy: conclusion.ledger.energy,
        proposed: conclusion.gross,
        held_at: desk.now,
        proposal: Some(Box::new(proposal::of(desk, work, conclusion))),
    };
    desk.emit(Effect::ToAccount(AccountRecord::SessionHeld(Box::new(
        held,
    ))));
}

/// Where a held session is kept: with its payer, its token, its authorisation, or its station.
pub(crate) fn would_pay(work: &Work<'_>) -> AccountId {
    let session = &work.session;
    match (&session.account, &session.token, &session.authorization) {
        (Some(account), _, _) => account.clone(),
        (None, Some(token), _) => AccountId::unknown(token),
        (None, None, Some(authorization)) => AccountId::guest(work.station, authorization),
        (None, None, None) => {
            AccountId::guest(work.station, &AuthorizationId::new(work.id.as_str()))
        }
    }
}

fn fact(work: &Work<'_>, conclusion: &Conclusion, version: i32) -> SessionFact {
    let session = &work.session;
    SessionFact {
        session: work.id.clone(),
        version,
        station: work.station.clone(),
        site: session.bound.as_ref().map(|bound| bound.site.id.clone()),
        evse: session.evse,
        account: session.account.clone(),
        started_at: conclusion.started_at,
        ended_at: conclusion.ended_at,
        energy: conclusion.ledger.energy,
        durations: conclusion.ledger.durations,
        flags: conclusion.flags.list(),
        held: conclusion.held.clone(),
        end: conclusion.end,
    }
}

/// The correction window is over: only the id stays, so that the same start bills nothing again.
pub(crate) fn forget(
    desk: &mut Desk<'_, '_>,
    station: &StationId,
    session: &SessionId,
    due: Timestamp,
) {
    let Some(mut work) = Work::take(desk, station, session.clone()) else {
        return;
    };
    if work
        .session
        .billed
        .is_some_and(|billed| billed.forget_at > due)
    {
        // Billed after it had been held: its own window counts.
        work.put(desk);
        return;
    }
    unsettle(desk, &work);
    desk.remove(&Key::Session(station.clone(), session.clone()));
    for chunk in 0..work.session.chunks {
        desk.remove(&Key::Samples(station.clone(), session.clone(), chunk));
    }
    for transaction in work.session.transaction.iter().chain(&work.session.also) {
        let key = Key::Transaction(station.clone(), transaction.clone());
        if let Some(Value::Transaction(mut sessions)) = desk.take(&key) {
            sessions.retain(|known| known != session);
            if !sessions.is_empty() {
                desk.put(key, Value::Transaction(sessions));
            }
        }
    }
    let mut live = desk.take_live(station);
    live.sessions.retain(|known| known.session != *session);
    desk.put_live(station, live);
    if let Some(origin) = work.session.unanswered.take() {
        nobody_answered(desk, &work, *origin);
    }
}

fn nobody_answered(desk: &mut Desk<'_, '_>, work: &Work<'_>, origin: Origin) {
    desk.emit(Effect::Outcome(EventOutcome {
        source: origin.source,
        id: origin.id,
        station: Some(work.station.clone()),
        outcome: Outcome::Unresolved,
        session: Some(work.id.clone()),
        detail: "nobody answered for it in 400 days: forgotten, never billed".into(),
        at: desk.now,
    }));
}

/// Whether an amount is more than a policy lets pass without a look.
fn too_dear(gross: Option<Money>, most: i64) -> Option<HoldReason> {
    gross
        .filter(|gross| gross.minor > most)
        .map(|_| HoldReason::TooDear)
}
