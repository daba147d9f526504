//! What a session's readings and its end come to: the same for any order of arrival.

use super::cheapest::{ByClock, cheapest};
use super::span::{Backwards, Span};
use super::{moved, suggestion, too_dear};
use crate::desk::Desk;
use crate::lags;
use crate::ledger::{Aligned, Basis, Flags, Ledger, Reading, Rules, Seen, Start, align};
use crate::samples::{Entry, What};
use crate::session::Session;
use crate::thinning;
use crate::work::Work;
use wattledger_domain::cost::{Priced, Settlement};
use wattledger_domain::device::{DeviceFacts, DeviceSuggestion};
use wattledger_domain::hash::Digest;
use wattledger_domain::money::Money;
use wattledger_domain::quantity::{Milliseconds, MilliwattHours, Milliwatts};
use wattledger_domain::reference::Policy;
use wattledger_domain::session::{ChargingPeriod, EndEvidence, Evidence, HoldReason, SessionFlag};
use wattledger_domain::tax::TaxLiability;
use wattledger_domain::time::Timestamp;
use wattledger_pricing::{CompiledTariff, rate, settle_for};

/// A record carries no more periods: each takes up to 29 bytes of its 256 KiB.
pub(super) const PERIODS_MAX: usize = 4_000;

/// What a session comes to.
pub(super) struct Conclusion {
    /// As it was told, or estimated where the clock was behind all along.
    pub(super) started_at: Timestamp,
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
    /// Lines and tax groups of `priced` as an invoice would have them.
    pub(super) settled: Option<Settlement>,
    /// Who owes the tax on it.
    pub(super) tax: TaxLiability,
    /// What a profile of its device should say, by its data.
    pub(super) suggestion: Option<DeviceSuggestion>,
    basis: Basis,
    /// What the register counted on by at its modulus.
    rolled_over: i64,
    /// By how much later everything is than it was told.
    pub(super) later: Milliseconds,
}

/// What a person knows better than the charger.
pub(super) struct Corrected {
    /// The registers at the start and at the end.
    pub(super) registers: Option<(MilliwattHours, MilliwattHours)>,
    pub(super) ended_at: Option<Timestamp>,
}

impl Corrected {
    /// The readings with the corrected registers in place of the charger's.
    fn readings(&self, session: &Session, ended_at: Timestamp, readings: &mut Vec<Entry>) {
        let Some((from, to)) = self.registers else {
            return;
        };
        readings.retain(|entry| match entry.what {
            What::State | What::StatusState | What::Power | What::Current => entry.at <= ended_at,
            What::Interval
            | What::Net
            | What::PhaseOne
            | What::PhaseTwo
            | What::PhaseThree
            | What::Total => false,
        });
        let register = |at, value: MilliwattHours| Entry {
            at,
            what: What::Total,
            value: value.0,
        };
        readings.push(register(session.started_at, from));
        readings.push(register(ended_at, to));
        readings.sort_unstable();
    }

    /// Two registers that count, and no bound on what lies between them: a person vouches.
    fn rules(&self, rules: Rules) -> Rules {
        if self.registers.is_none() {
            return rules;
        }
        Rules {
            max_power: Milliwatts(i64::MAX),
            percent: 100,
            seen: Seen {
                totals: 2,
                ..rules.seen
            },
            ..rules
        }
    }
}

impl Conclusion {
    /// What the bill shows, hashed: a correction follows only when it differs.
    pub(super) fn result(&self) -> Digest {
        let mut numbers = vec![self.told_end(), self.ledger.energy.0];
        for step in self.priced.iter().flat_map(|priced| &priced.steps) {
            numbers.push(i64::from(step.element));
            numbers.push(step.quantity);
            numbers.push(step.price.0);
        }
        if self.tax == TaxLiability::Buyer {
            numbers.push(1);
        }
        let bytes: Vec<[u8; 8]> = numbers.into_iter().map(i64::to_be_bytes).collect();
        Digest::of(bytes.as_flattened())
    }

    /// An estimate that is another one later corrects nothing: the end as told decides.
    const fn told_end(&self) -> i64 {
        self.ended_at.0.saturating_sub(self.later.0)
    }

    /// What was metered, hashed: end and energy, whatever they cost.
    pub(super) fn data(&self) -> Digest {
        let numbers = [self.told_end(), self.ledger.energy.0].map(i64::to_be_bytes);
        Digest::of(numbers.as_flattened())
    }

    /// The same, billed in spite of doubts: only what makes a bill impossible still holds it.
    pub(super) fn accepted(mut self) -> Self {
        let settles = self.gross.is_some();
        self.held.retain(|reason| match reason {
            HoldReason::NoPayer | HoldReason::NoTariff | HoldReason::NoStation => true,
            HoldReason::TooDear => !settles,
            HoldReason::EnergyImplausible
            | HoldReason::RegisterBackwards
            | HoldReason::ConflictingEnd
            | HoldReason::TooLong
            | HoldReason::AfterCorrectionWindow
            | HoldReason::TimesImplausible => false,
        });
        self
    }

    /// The same, for nothing.
    pub(super) fn waived(mut self) -> Self {
        if let Some(priced) = &mut self.priced {
            priced.steps.clear();
            priced.min_price = None;
            self.gross = Some(Money::zero(priced.currency));
        }
        self.settled = None;
        self.accepted()
    }

    /// What the bill rests on.
    pub(super) fn evidence(&self) -> Evidence {
        Evidence {
            register_start: self.ledger.first.map(MilliwattHours),
            register_end: self.register_end(),
            readings: self.ledger.readings,
            end: self.end,
            flags: self.flags.list(),
        }
    }

    /// The register at the end; intervals have none.
    pub(super) fn register_end(&self) -> Option<MilliwattHours> {
        match self.basis {
            Basis::Interval => None,
            Basis::Total | Basis::Phases(_) | Basis::Net => {
                let shown = |base: Reading| base.value.saturating_sub(self.rolled_over);
                self.ledger.base.map(|base| MilliwattHours(shown(base)))
            }
        }
    }
}

/// Accounts all readings up to the end and prices what they come to.
///
/// What a person corrected takes the place of what the charger said.
pub(super) fn conclude(
    desk: &mut Desk<'_, '_>,
    work: &mut Work<'_>,
    corrected: Option<&Corrected>,
) -> Conclusion {
    let mut readings = work.readings(desk);
    let session = &work.session;
    let mut rules = work.rules();
    let start = Start::of(session, &rules);
    let facts = rules.facts;
    rules.read_all(&mut readings);
    let aligned = align(&mut readings, &start, &rules);
    let bound = work.bound();
    let mut span = Span::of(session, readings.iter().copied());
    let behind = behind(desk, work);
    let session = &work.session;
    let later = behind.map_or(Milliseconds::ZERO, lags::put_right);
    if let Some(corrected) = corrected {
        span = span.corrected(session, corrected, later);
        corrected.readings(session, span.ended_at, &mut readings);
        rules = corrected.rules(rules);
    }
    let (ledger, periods) = account(session, &rules, &span, readings.iter().copied());
    let mut flags = session.flags.and(ledger.flags).and(aligned.flags);
    if ledger.unit_suspect() {
        flags.raise(SessionFlag::UnitSuspect);
    }
    if behind.is_some() {
        flags.raise(SessionFlag::ClockSuspect);
    }
    if span.end == EndEvidence::Inferred {
        flags.raise(SessionFlag::EndInferred);
    }
    let tariff = bound.as_ref().and_then(|bound| bound.compiled());
    let periods = thinning::periods(periods, session.started_at, tariff, PERIODS_MAX);
    let mut held = doubts(session, &ledger, flags, &span);
    held.extend(contradicted(&aligned));
    if work.is_full() || periods.len() > PERIODS_MAX {
        held.push(HoldReason::TooLong);
    }
    if bound.is_none() {
        held.push(HoldReason::NoStation);
    } else if tariff.is_none() {
        held.push(HoldReason::NoTariff);
    }
    let (mut priced, mut settled) = (None, None);
    if let (Some(bound), Some(tariff)) = (&bound, tariff) {
        let policy = &bound.policy;
        let clock = ByClock::of(session, flags, tariff, policy);
        priced = price(session, &ledger, &periods, tariff, policy, clock);
        moved::steps(priced.as_mut(), later);
        settled = priced
            .as_ref()
            .and_then(|priced| settle_for(priced, &policy.rounding, session.tax).ok());
        let gross = settled.as_ref().map(|settled| settled.gross);
        held.extend(limits(session, &span, policy));
        if clock == ByClock::Held {
            held.push(HoldReason::TimesImplausible);
        }
        match gross {
            Some(_) => held.extend(too_dear(gross, policy.plausibility.gross_max_minor)),
            // An amount that does not fit is dearer than any policy lets pass.
            None => held.push(HoldReason::TooDear),
        }
    }
    held.sort_unstable();
    held.dedup();
    let by_units = || suggestion::of_units(&ledger, &readings, &rules, facts);
    let suggestion = aligned.contradiction.or_else(by_units);
    Conclusion {
        started_at: session.started_at.plus(later),
        ended_at: span.ended_at.plus(later),
        end: span.end,
        ledger,
        periods: moved::periods(periods, later),
        flags,
        priced,
        gross: settled.as_ref().map(|settled| settled.gross),
        held,
        settled,
        tax: session.tax,
        suggestion,
        basis: rules.seen.basis(),
        rolled_over: rolled_over(&aligned, facts),
        later,
    }
}

/// By how much a session's clock was behind all along, judged with what its station told around it.
fn behind(desk: &mut Desk<'_, '_>, work: &Work<'_>) -> Option<Milliseconds> {
    let (lags, started_at) = (work.session.lags?, work.session.started_at);
    let heard = match lags.is_brief(started_at) {
        true => desk.live(work.station).map(|live| &*live.heard),
        false => None,
    };
    lags.behind(started_at, heard.unwrap_or_default())
}

fn account(
    session: &Session,
    rules: &Rules,
    span: &Span,
    entries: impl Iterator<Item = Entry>,
) -> (Ledger, Vec<ChargingPeriod>) {
    let first_state = rules.believed(session.first_state);
    let mut ledger = Ledger::start(session.started_at, first_state);
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

/// Why registers that contradict the device's profile are not billed by.
fn contradicted(aligned: &Aligned) -> Option<HoldReason> {
    aligned.contradiction.map(|suggestion| match suggestion {
        DeviceSuggestion::RegisterPerSession => HoldReason::RegisterBackwards,
        DeviceSuggestion::RegisterLifetime
        | DeviceSuggestion::EnergyAsLabelled
        | DeviceSuggestion::EnergyThousandfold
        | DeviceSuggestion::EnergyThousandth
        | DeviceSuggestion::PowerAsLabelled
        | DeviceSuggestion::PowerThousandfold
        | DeviceSuggestion::PowerThousandth => HoldReason::EnergyImplausible,
    })
}

fn rolled_over(aligned: &Aligned, facts: DeviceFacts) -> i64 {
    let modulus = facts.rollover.map_or(0, |modulus| modulus.0);
    modulus.saturating_mul(i64::from(aligned.rollovers))
}

fn limits(session: &Session, span: &Span, policy: &Policy) -> Option<HoldReason> {
    let length = span.ended_at.since(session.started_at);
    (length > policy.plausibility.duration_max).then_some(HoldReason::TooLong)
}

/// The exact price; nothing of it where the policy waives the session.
fn price(
    session: &Session,
    ledger: &Ledger,
    periods: &[ChargingPeriod],
    tariff: &CompiledTariff,
    policy: &Policy,
    clock: ByClock,
) -> Option<Priced> {
    let mut priced = match clock {
        ByClock::AsTold | ByClock::Held => rate(tariff, session.started_at, periods).ok()?,
        ByClock::Cheapest => cheapest(
            tariff,
            session.started_at,
            periods,
            (&policy.rounding, session.tax),
        )?,
    };
    let span = ledger.closed_to.since(session.started_at);
    waive_little(&mut priced, (ledger.energy, span), policy);
    Some(priced)
}

/// Nothing is charged for what is below both of a policy's bounds.
pub(super) fn waive_little(
    priced: &mut Priced,
    (energy, span): (MilliwattHours, Milliseconds),
    policy: &Policy,
) {
    let bounds = &policy.plausibility;
    if energy < bounds.waiver_energy && span < bounds.waiver_duration {
        priced.steps.clear();
        priced.min_price = None;
    }
}
