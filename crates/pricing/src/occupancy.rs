//! How busy a site is known to be, and when parking there costs for that.
//!
//! Invariant: what counts for an instant is the newest share that was known when its five minutes began, in
//! whichever order publications came and whenever it is computed: live and final agree.

use crate::compile::{Candidate, CompiledTariff};
use std::collections::BTreeMap;
use std::sync::Arc;
use wattledger_domain::cost::PricedStep;
use wattledger_domain::hash::Digest;
use wattledger_domain::ids::SiteOccupancyId;
use wattledger_domain::occupancy::{BusyShare, SiteOccupancy};
use wattledger_domain::price::PriceE8;
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::session::Pin;
use wattledger_domain::tariff::Dimension;
use wattledger_domain::time::Timestamp;

const DAY: i64 = 86_400_000;
/// The five minutes of a day.
const CELLS: usize = 288;

/// A version of a published occupancy, with when it holds.
#[derive(Clone, Copy, Debug)]
pub struct OccupancyPublication<'a> {
    /// What it says.
    pub occupancy: &'a SiteOccupancy,
    /// Its version, from 1.
    pub version: i32,
    /// The hash of its canonical text.
    pub hash: Digest,
    /// First instant at which it is known.
    pub known_from: Timestamp,
    /// First instant at which it is withdrawn.
    pub known_to: Option<Timestamp>,
    /// Logical time at which it was accepted: of two that are known, the one accepted later counts.
    pub recorded_at: Timestamp,
}

impl OccupancyPublication<'_> {
    fn is_known(&self, at: Timestamp) -> bool {
        self.known_from <= at && self.known_to.is_none_or(|to| at < to)
    }

    /// The UTC days that it touches, in days since 1970.
    #[must_use]
    pub fn days(&self) -> std::ops::RangeInclusive<i64> {
        let last = self.occupancy.end().0.saturating_sub(1);
        self.occupancy.start.utc_day()..=last.div_euclid(DAY)
    }

    fn document(&self) -> OccupancyDocument {
        OccupancyDocument {
            pin: Pin {
                id: self.occupancy.id.clone(),
                version: self.version,
                hash: self.hash,
            },
            recorded_at: self.recorded_at,
        }
    }
}

/// A document that a day's shares come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OccupancyDocument {
    /// Which, in which version.
    pub pin: Pin<SiteOccupancyId>,
    /// Logical time at which it was accepted.
    pub recorded_at: Timestamp,
}

impl OccupancyDocument {
    fn rank(&self) -> (Timestamp, &SiteOccupancyId, i32) {
        (self.recorded_at, &self.pin.id, self.pin.version)
    }
}

/// What counts of all that was published of a site for one day in UTC: a share per five minutes, however
/// often it was revised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OccupancyDay {
    /// From midnight on, with the place of its document; empty, or 288 of them.
    pub cells: Vec<Option<(BusyShare, u16)>>,
    /// The documents that the cells come from, in the order in which they count.
    pub documents: Vec<OccupancyDocument>,
}

/// Whether a publication changed what is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// Some share counts now that did not before, or rests on another document.
    Counts,
    /// All as before: known already, too late, or nothing of this day.
    ChangesNothing,
}

impl OccupancyDay {
    /// Takes what a publication says of a day, given in days since 1970: for each five minutes at whose
    /// beginning it is known, unless one that was accepted later is known then as well. The order of
    /// publications does not matter, nor does one that comes twice.
    pub fn publish(&mut self, day: i64, publication: &OccupancyPublication<'_>) -> Published {
        let document = publication.document();
        let mut cells = self.owned();
        let (mut changed, mut at) = (
            Published::ChangesNothing,
            Timestamp(day.saturating_mul(DAY)),
        );
        for cell in &mut cells {
            let share = publication.occupancy.at(at);
            if let Some(share) = share.filter(|_| publication.is_known(at))
                && cell.is_none_or(|(_, known)| known.rank() < document.rank())
            {
                *cell = Some((share, &document));
                changed = Published::Counts;
            }
            at = at.plus(SiteOccupancy::GRID);
        }
        if changed == Published::Counts {
            *self = Self::of_cells(&cells);
        }
        changed
    }

    fn owned(&self) -> Vec<Option<(BusyShare, &OccupancyDocument)>> {
        let known = |place: usize| {
            let (share, document) = (*self.cells.get(place)?)?;
            Some((share, self.documents.get(usize::from(document))?))
        };
        (0..CELLS).map(known).collect()
    }

    fn of_cells(cells: &[Option<(BusyShare, &OccupancyDocument)>]) -> Self {
        let used = cells.iter().flatten().map(|(_, document)| *document);
        let mut documents: Vec<&OccupancyDocument> = used.collect();
        documents.sort_by_key(|document| document.rank());
        documents.dedup();
        let place = |wanted: &OccupancyDocument| {
            let place = documents.partition_point(|document| document.rank() < wanted.rank());
            u16::try_from(place).unwrap_or(u16::MAX)
        };
        let cells = cells.iter();
        Self {
            cells: cells
                .map(|cell| cell.map(|(share, document)| (share, place(document))))
                .collect(),
            documents: documents.into_iter().cloned().collect(),
        }
    }
}

/// How busy a site is known to be, found by day. Shared: sessions at a site hold the same days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Occupancy {
    /// Days since 1970 in UTC, in order.
    days: Vec<(i64, Arc<OccupancyDay>)>,
}

impl Occupancy {
    /// Of days in any order, each once.
    #[must_use]
    pub fn of(days: impl IntoIterator<Item = (i64, Arc<OccupancyDay>)>) -> Self {
        let mut days: Vec<_> = days.into_iter().collect();
        days.sort_by_key(|(day, _)| *day);
        Self { days }
    }

    /// Of publications of one site, in any order, for some days since 1970.
    #[must_use]
    pub fn of_publications<'a>(
        publications: impl IntoIterator<Item = OccupancyPublication<'a>>,
        wanted: std::ops::RangeInclusive<i64>,
    ) -> Self {
        let mut days: BTreeMap<i64, OccupancyDay> = BTreeMap::new();
        for publication in publications {
            for day in publication.days().filter(|day| wanted.contains(day)) {
                days.entry(day).or_default().publish(day, &publication);
            }
        }
        Self::of(days.into_iter().map(|(day, known)| (day, Arc::new(known))))
    }

    /// What counts at an instant.
    fn at(&self, at: Timestamp) -> Option<(BusyShare, &OccupancyDocument)> {
        let day = at.utc_day();
        let place = self.days.binary_search_by_key(&day, |(day, _)| *day).ok()?;
        let (_, known) = self.days.get(place)?;
        let of_day = at.0.rem_euclid(DAY);
        let cell = of_day.checked_div(SiteOccupancy::GRID.0)?;
        let (share, document) = (*known.cells.get(usize::try_from(cell).ok()?)?)?;
        Some((share, known.documents.get(usize::from(document))?))
    }

    /// When at least a share of the places is taken: spans that do not touch, in order.
    fn busy(&self, limit: BusyShare) -> Vec<(Timestamp, Timestamp)> {
        let mut spans: Vec<(Timestamp, Timestamp)> = Vec::new();
        for (day, known) in &self.days {
            let mut at = Timestamp(day.saturating_mul(DAY));
            for cell in &known.cells {
                let next = at.plus(SiteOccupancy::GRID);
                if cell.is_some_and(|(share, _)| share >= limit) {
                    match spans.last_mut() {
                        Some((_, to)) if *to == at => *to = next,
                        _ => spans.push((at, next)),
                    }
                }
                at = next;
            }
        }
        spans
    }
}

/// When parking costs under a tariff that looks at how busy the site is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusyTimes {
    pub limit: BusyShare,
    /// In order; they do not touch.
    spans: Vec<(Timestamp, Timestamp)>,
    occupancy: Arc<Occupancy>,
}

impl BusyTimes {
    /// While nothing is known of the site.
    pub fn unknown(limit: BusyShare) -> Self {
        Self {
            limit,
            spans: Vec::new(),
            occupancy: Arc::default(),
        }
    }

    /// The first span that has not ended at an instant.
    fn span_at(&self, at: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let place = self.spans.partition_point(|(_, to)| *to <= at);
        self.spans.get(place).copied()
    }

    /// Whether the site is known to be so busy.
    pub fn is_busy(&self, at: Timestamp) -> bool {
        self.span_at(at).is_some_and(|(from, _)| from <= at)
    }

    /// When that changes next.
    pub fn next_change(&self, at: Timestamp) -> Option<Timestamp> {
        let (from, to) = self.span_at(at)?;
        Some(if at < from { from } else { to })
    }
}

impl CompiledTariff {
    /// The share of a site's places from which on parking costs; `None` where that does not matter.
    #[must_use]
    pub fn only_when_busy(&self) -> Option<BusyShare> {
        self.busy.as_ref().map(|busy| busy.limit)
    }

    /// The same tariff by what is known of how busy the site is. One that does not look at it stays as it is.
    #[must_use]
    pub fn with_occupancy(&self, occupancy: Arc<Occupancy>) -> Self {
        let busy = self.only_when_busy().map(|limit| BusyTimes {
            limit,
            spans: occupancy.busy(limit),
            occupancy,
        });
        Self {
            busy,
            ..self.clone()
        }
    }

    /// Price and block of a component at an instant. While the site is not as busy as the tariff asks for,
    /// parking costs nothing and counts towards no block: it is only told.
    pub(crate) fn billed_at(
        &self,
        candidate: &Candidate,
        price: PriceE8,
        at: Timestamp,
    ) -> (PriceE8, i32) {
        let component = &candidate.component;
        match &self.busy {
            Some(busy)
                if component.dimension == Dimension::ParkingTime
                    && price.0 != 0
                    && !busy.is_busy(at) =>
            {
                (PriceE8(0), PricedStep::OUTSIDE_BLOCKS)
            }
            Some(_) | None => (price, component.step_size),
        }
    }

    /// The documents that say how busy the site was between two instants, in order of first use; none
    /// where the tariff does not look at it.
    #[must_use]
    pub fn occupancy_used(&self, (from, to): (Timestamp, Timestamp)) -> Vec<Pin<SiteOccupancyId>> {
        let mut used: Vec<Pin<SiteOccupancyId>> = Vec::new();
        let Some(busy) = &self.busy else {
            return used;
        };
        let grid = SiteOccupancy::GRID.0;
        let mut at = from;
        while at < to {
            if let Some((_, document)) = busy.occupancy.at(at)
                && !used.contains(&document.pin)
            {
                used.push(document.pin.clone());
            }
            let gone = at.0.rem_euclid(grid);
            at = at.plus(Milliseconds(grid.saturating_sub(gone)));
        }
        used
    }
}
