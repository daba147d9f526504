//! What a person is shown of a session that waits: all that speaks for and against its bill.

use super::conclusion::Conclusion;
use crate::desk::Desk;
use crate::devices;
use crate::reference;
use crate::samples::{Entry, What};
use crate::work::Work;
use wattledger_domain::device::Device;
use wattledger_domain::reference::{Content, Kind};
use wattledger_domain::review::{DeviceSeen, ReadingKind, ReadingSeen, ReviewProposal};

/// Most readings, and most periods, of each end of a session: a record stays below its bound.
const SHOWN: usize = 250;

/// The proposal of a session that is held.
pub(super) fn of(
    desk: &mut Desk<'_, '_>,
    work: &Work<'_>,
    conclusion: &Conclusion,
) -> ReviewProposal {
    let readings = work.readings(desk);
    let device = device(desk, work, conclusion);
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
        device,
        taxes: settled
            .filter(|settled| !settled.taxes.is_empty())
            .map(|settled| settled.taxes.clone()),
        rounding: settled
            .map(|settled| settled.rounding)
            .filter(|rounding| !rounding.is_zero()),
    }
}

/// What its charger is, and whether its data fit that; `None` where there is nothing to say.
fn device(desk: &mut Desk<'_, '_>, work: &Work<'_>, conclusion: &Conclusion) -> Option<DeviceSeen> {
    let at = work.session.started_at;
    let version = work.session.pinned.as_ref()?.station;
    let versions = reference::versions(desk, Kind::Station, work.station.as_str());
    let document = versions.numbered(version);
    let document = document.and_then(|version| match &version.recorded.document.content {
        Content::Station(document) => Some(&**document),
        Content::Policy(_)
        | Content::LegalEntity(_)
        | Content::Site(_)
        | Content::Tariff(_)
        | Content::TariffAssignment(_)
        | Content::Account(_)
        | Content::Token(_)
        | Content::MarketPrices(_)
        | Content::DeviceProfile(_)
        | Content::SiteOccupancy(_) => None,
    });
    let device = devices::device(desk, work.station, document, at);
    let (suggestion, profile) = (conclusion.suggestion, super::device_profile(work));
    let told = device != Device::default() || suggestion.is_some();
    told.then_some(DeviceSeen {
        device,
        profile,
        suggestion,
    })
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
