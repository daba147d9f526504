//! What a session's readings and its end come to: the same for any order of arrival.

use super::too_dear;
use crate::attribution::CLOSING;
use crate::desk::Desk;
use crate::ledger::{Basis, Flags, Ledger, Rules, Start, align};
use crate::samples::Entry;
use crate::session::{End, Session};
use crate::thinning;
use crate::work::Work;
use wattledger_domain::cost::Priced;
use wattledger_domain::hash::Digest;
use wattledger_domain::money::Money;
use wattledger_domain::quantity::MilliwattHours;
use wattledger_domain::reference::Policy;
use wattledger_domain::session::{ChargingPeriod, EndEvidence, HoldReason, SessionFlag};
use wattledger_domain::time::Timestamp;
use wattledger_pricing::{CompiledTariff, Meter, rate, settle};

/// A record carries no more periods: each takes up to 29 bytes of its 256 KiB.
const PERIODS_MAX: usize = 4_000;

/// What a session comes to.
pub(super) struct Conclusion {
    pub(super) ended_at: Timestamp,
    pub(super) end: EndEvidence,
    pub(super) ledger: Ledger,
    pub(super) periods: Vec<ChargingPeriod>,
    pub(super) flags: Flags,
    /// `None` when nothing prices it.
    pub(super) priced: Option<Priced>,
    pub(super) gross: Option<Money>,
    /// In order of the enum; empty when it can be billed.
    pub(super) held: Vec<HoldReason>,
    basis: Basis,
}

impl Conclusion {
    /// What the bill shows, hashed: a correction follows only when it differs.
    pub(super) fn result(&self) -> Digest {
        let mut numbers = vec![self.ended_at.0, self.ledger.energy.0];
        for step in self.priced.iter().flat_map(|priced| &priced.steps) {
            numbers.push(i64::from(step.element));
            numbers.push(step.quantity);
            numbers.push(step.price.0);
        }
        let bytes: Vec<[u8; 8]> = numbers.into_iter().map(i64::to_be_bytes).collect();
        Digest::of(bytes.as_flattened())
    }

    /// The register at the end; intervals have none.
    pub(super) fn register_end(&self) -> Option<MilliwattHours> {
        match self.basis {
            Basis::Interval => None,
            Basis::Total | Basis::Phases(_) | Basis::Net => {
                self.ledger.base.map(|base| MilliwattHours(base.value))
            }
        }
    }
}

/// Accounts all readings up to the end and prices what they come to.
pub(super) fn conclude(desk: &mut Desk<'_, '_>, work: &mut Work<'_>) -> Conclusion {
    let mut readings = work.readings(desk);
    let session = &work.session;
    let rules = work.rules();
    let start = Start {
        at: session.started_at,
        meter: session.meter_start,
        carried: session.carried,
    };
    let registers = align(&mut readings, &start, &rules);
    let bound = work.bound();
    let span = Span::of(session, readings.iter().copied());
    let (ledger, periods) = account(session, &rules, &span, readings.iter().copied());
    let mut flags = session.flags.and(ledger.flags).and(registers);
    if ledger.unit_suspect() {
        flags.raise(SessionFlag::UnitSuspect);
    }
    if span.end == EndEvidence::Inferred {
        flags.raise(SessionFlag::EndInferred);
    }
    let tariff = bound.as_ref().and_then(|bound| bound.compiled());
    let periods = thinning::periods(periods, session.started_at, tariff, PERIODS_MAX);
    let mut held = doubts(session, &ledger, flags, &span);
    if work.is_full() || periods.len() > PERIODS_MAX {
        held.push(HoldReason::TooLong);
    }
    if bound.is_none() {
        held.push(HoldReason::NoStation);
    } else if tariff.is_none() {
        held.push(HoldReason::NoTariff);
    }
    let mut priced = None;
    let mut gross = None;
    if let (Some(bound), Some(tariff)) = (&bound, tariff) {
        let policy = &bound.policy;
        priced = price(session, &ledger, &periods, tariff, policy);
        gross = priced
            .as_ref()
            .and_then(|priced| Some(settle(priced, &policy.rounding).ok()?.gross));
        held.extend(limits(session, &span, policy, tariff, flags));
        match gross {
            Some(_) => held.extend(too_dear(gross, policy.plausibility.gross_max_minor)),
            // An amount that does not fit is dearer than any policy lets pass.
            None => held.push(HoldReason::TooDear),
        }
    }
    held.sort_unstable();
    held.dedup();
    let (ended_at, end, basis) = (span.ended_at, span.end, rules.seen.basis());
    Conclusion {
        ended_at,
        end,
        ledger,
        periods,
        flags,
        priced,
        gross,
        held,
        basis,
    }
}

/// From where to where a session is accounted.
struct Span {
    ended_at: Timestamp,
    end: EndEvidence,
    /// Readings after this are not the session's.
    cutoff: Timestamp,
    backwards: Backwards,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Backwards {
    No,
    Yes,
}

impl Span {
    /// The first of end, free EVSE; an inferred end without a free EVSE is at the last reading.
    fn of(session: &Session, entries: impl Iterator<Item = Entry>) -> Self {
        let started_at = session.started_at;
        let Some(End {
            at,
            evidence,
            meter_stop,
            event: _,
        }) = session.end
        else {
            let ended_at = session.ledger.closed_to;
            let end = EndEvidence::Open;
            return Self {
                ended_at,
                end,
                cutoff: ended_at,
                backwards: Backwards::No,
            };
        };
        let told = match (evidence, session.free_at) {
            (EndEvidence::Inferred, None) => entries
                .map(|entry| entry.at)
                .filter(|last| *last <= at)
                .last()
                .unwrap_or(started_at),
            (EndEvidence::Inferred, Some(free_at)) => free_at,
            (EndEvidence::Reported | EndEvidence::Open, free_at) => {
                free_at.map_or(at, |free_at| free_at.min(at))
            }
        };
        let cutoff = match (evidence, meter_stop) {
            (EndEvidence::Reported, None) => at.plus(CLOSING),
            (EndEvidence::Reported | EndEvidence::Inferred | EndEvidence::Open, _) => at,
        };
        let backwards = if at < started_at {
            Backwards::Yes
        } else {
            Backwards::No
        };
        let ended_at = told.max(started_at);
        Self {
            ended_at,
            end: evidence,
            cutoff: cutoff.max(ended_at),
            backwards,
        }
    }
}

fn account(
    session: &Session,
    rules: &Rules,
    span: &Span,
    entries: impl Iterator<Item = Entry>,
) -> (Ledger, Vec<ChargingPeriod>) {
    let mut ledger = Ledger::start(session.started_at, session.first_state);
    let mut periods: Vec<ChargingPeriod> = Vec::new();
    let mut keep = |period: &ChargingPeriod| match periods.last_mut() {
        Some(last) if goes_on(last, period) => last.to = period.to,
        Some(_) | None => periods.push(*period),
    };
    for entry in entries.take_while(|entry| entry.at <= span.cutoff) {
        let at = entry.at.min(span.ended_at);
        ledger.feed(Entry { at, ..entry }, rules, &mut keep);
    }
    ledger.finish(span.ended_at, &mut keep);
    (ledger, periods)
}

/// Whether two stretches without energy are one: no price can tell them apart.
fn goes_on(last: &ChargingPeriod, next: &ChargingPeriod) -> bool {
    last.energy.0 == 0
        && next.energy.0 == 0
        && (last.state, last.power, last.current) == (next.state, next.power, next.current)
}

/// What speaks against billing, whatever the policy.
fn doubts(session: &Session, ledger: &Ledger, flags: Flags, span: &Span) -> Vec<HoldReason> {
    let mut held = Vec::new();
    if session.account.is_none() {
        held.push(HoldReason::NoPayer);
    }
    if let (Some(pending), Some(base)) = (ledger.pending, ledger.base) {
        held.push(if pending.value < base.value {
            HoldReason::RegisterBackwards
        } else {
            HoldReason::EnergyImplausible
        });
    }
    if flags.has(SessionFlag::PowerImplausible) || flags.has(SessionFlag::UnitSuspect) {
        held.push(HoldReason::EnergyImplausible);
    }
    if flags.has(SessionFlag::ConflictingEnd) {
        held.push(HoldReason::ConflictingEnd);
    }
    if span.backwards == Backwards::Yes {
        held.push(HoldReason::TimesImplausible);
    }
    held
}

fn limits(
    session: &Session,
    span: &Span,
    policy: &Policy,
    tariff: &CompiledTariff,
    flags: Flags,
) -> Vec<HoldReason> {
    let mut held = Vec::new();
    if span.ended_at.since(session.started_at) > policy.plausibility.duration_max {
        held.push(HoldReason::TooLong);
    }
    let by_time = Meter::start(session.started_at)
        .next_change(tariff)
        .is_some();
    if flags.has(SessionFlag::ClockSuspect) && by_time {
        held.push(HoldReason::TimesImplausible);
    }
    held
}

/// The exact price; nothing of it where the policy waives the session.
fn price(
    session: &Session,
    ledger: &Ledger,
    periods: &[ChargingPeriod],
    tariff: &CompiledTariff,
    policy: &Policy,
) -> Option<Priced> {
    let mut priced = rate(tariff, session.started_at, periods).ok()?;
    let span = ledger.closed_to.since(session.started_at);
    let bounds = &policy.plausibility;
    if ledger.energy < bounds.waiver_energy && span < bounds.waiver_duration {
        priced.steps.clear();
        priced.min_price = None;
    }
    Some(priced)
}
