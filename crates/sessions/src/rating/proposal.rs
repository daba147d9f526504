//! What a person is shown of a session that waits: all that speaks for and against its bill.

use super::conclusion::Conclusion;
use crate::desk::Desk;
use crate::samples::{Entry, What};
use crate::work::Work;
use wattledger_domain::review::{ReadingKind, ReadingSeen, ReviewProposal};

/// Most readings, and most periods, of each end of a session: a record stays below its bound.
const SHOWN: usize = 250;

/// The proposal of a session that is held.
pub(super) fn of(
    desk: &mut Desk<'_, '_>,
    work: &Work<'_>,
    conclusion: &Conclusion,
) -> ReviewProposal {
    let readings = work.readings(desk);
    let (session, bound) = (&work.session, work.bound());
    let pins = bound.as_ref().and_then(|bound| bound.tariff.as_ref());
    let ledger = &conclusion.ledger;
    let shown: Vec<ReadingSeen> = ends(&readings).map(|entry| seen(*entry)).collect();
    let left_out = readings.len().saturating_sub(shown.len());
    let settled = conclusion.settled.as_ref();
    ReviewProposal {
        round: session.rounds,
        version: session.billed.map_or(0, |billed| billed.version),
        evse: session.evse,
        transaction: session.transaction.clone(),
        evidence: conclusion.evidence(),
        durations: ledger.durations,
        periods: ends(&conclusion.periods).copied().collect(),
        readings: shown,
        readings_left_out: i32::try_from(left_out).unwrap_or(i32::MAX),
        tariff: pins.map(|(pins, _)| pins.tariff.clone()),
        time_zone: bound.as_ref().map(|bound| bound.site.time_zone.clone()),
        lines: settled.map_or_else(Vec::new, |settled| settled.lines.clone()),
        groups: settled.map_or_else(Vec::new, |settled| settled.groups.clone()),
    }
}

/// All of a list, or its first and last where it is long.
fn ends<T>(list: &[T]) -> impl Iterator<Item = &T> {
    let tail = list.len().saturating_sub(SHOWN).max(SHOWN);
    list.iter().take(SHOWN).chain(list.iter().skip(tail))
}

const fn seen(entry: Entry) -> ReadingSeen {
    let kind = match entry.what {
        What::State => ReadingKind::State,
        What::StatusState => ReadingKind::StatusState,
        What::Power => ReadingKind::Power,
        What::Current => ReadingKind::Current,
        What::Interval => ReadingKind::EnergyInterval,
        What::Net => ReadingKind::EnergyNet,
        What::PhaseOne => ReadingKind::EnergyPhaseOne,
        What::PhaseTwo => ReadingKind::EnergyPhaseTwo,
        What::PhaseThree => ReadingKind::EnergyPhaseThree,
        What::Total => ReadingKind::EnergyTotal,
    };
    ReadingSeen {
        at: entry.at,
        kind,
        value: entry.value,
    }
}
