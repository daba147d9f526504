//! Documents as ratings pin them, and tariffs made ready from them; each found once a page.

use std::collections::BTreeMap;
use std::sync::Arc;
use wattledger_domain::hash::Digest;
use wattledger_domain::ids::{MarketId, SiteId};
use wattledger_domain::market::Publication;
use wattledger_domain::occupancy::SiteOccupancy;
use wattledger_domain::reference::{Content, Kind, Policy, Site};
use wattledger_domain::session::{Pin, Pins, SessionRated};
use wattledger_domain::tariff::Tariff;
use wattledger_domain::time::Timestamp;
use wattledger_pricing::{CompiledTariff, OccupancyPublication};
use wattledger_sessions::market::series_of;
use wattledger_sessions::occupancy;
use wattledger_views::{ReferenceRow, ViewError, Views};
use wattledger_wire::documents;

pub(super) struct References<'a> {
    views: &'a Views,
    other: &'a Tariff,
    documents: BTreeMap<(Kind, Box<str>, i32), Known>,
    compiled: BTreeMap<Place, Result<Arc<CompiledTariff>, String>>,
    published: BTreeMap<MarketId, Vec<Arc<Publication>>>,
    occupied: BTreeMap<SiteId, Vec<Occupied>>,
}

/// A version of a document; `None` where its text cannot be read.
type Known = Option<(Digest, Content)>;

/// What a tariff is made ready for: a tariff by id and version (none: the other one), a policy and a site by
/// version.
type Place = (
    Option<(Box<str>, i32)>,
    (Box<str>, i32),
    (Box<str>, i32),
    Box<str>,
);

impl<'a> References<'a> {
    pub(super) const fn new(views: &'a Views, other: &'a Tariff) -> Self {
        Self {
            views,
            other,
            documents: BTreeMap::new(),
            compiled: BTreeMap::new(),
            published: BTreeMap::new(),
            occupied: BTreeMap::new(),
        }
    }

    /// The version of a document that a rating pins, by number and hash.
    fn document<Id>(
        &mut self,
        kind: Kind,
        id: &str,
        pin: &Pin<Id>,
    ) -> Result<Option<Content>, ViewError> {
        let key = |version| (kind, Box::<str>::from(id), version);
        if !self.documents.contains_key(&key(pin.version)) {
            for row in self.views.references(kind.word(), Some(id))? {
                let Ok(version) = i32::try_from(row.version) else {
                    continue;
                };
                let content = documents::content(kind, &row.document).ok();
                let hash = Digest::of(row.document.as_bytes());
                let found = content.map(|content| (hash, content));
                self.documents.insert(key(version), found);
            }
        }
        let found = self.documents.get(&key(pin.version));
        Ok(found
            .and_then(Option::as_ref)
            .filter(|(hash, _)| *hash == pin.hash)
            .map(|(_, content)| content.clone()))
    }

    /// The policy that a rating pins.
    pub(super) fn policy(&mut self, pins: &Pins) -> Result<Option<Arc<Policy>>, ViewError> {
        Ok(
            match self.document(Kind::Policy, pins.policy.id.as_str(), &pins.policy)? {
                Some(Content::Policy(policy)) => Some(policy),
                Some(_) | None => None,
            },
        )
    }

    fn site(&mut self, pins: &Pins) -> Result<Option<Arc<Site>>, ViewError> {
        Ok(
            match self.document(Kind::Site, pins.site.id.as_str(), &pins.site)? {
                Some(Content::Site(site)) => Some(site),
                Some(_) | None => None,
            },
        )
    }

    /// The other tariff, made ready for where a session was; else why it cannot be.
    pub(super) fn other(
        &mut self,
        rated: &SessionRated,
    ) -> Result<Result<Arc<CompiledTariff>, String>, ViewError> {
        let other = self.other;
        self.ready(None, other, rated)
    }

    /// The tariff that a session was rated by, made ready likewise; `None` where it cannot be had.
    pub(super) fn pinned(
        &mut self,
        rated: &SessionRated,
    ) -> Result<Option<Arc<CompiledTariff>>, ViewError> {
        let pin = &rated.pins.tariff;
        let Some(Content::Tariff(tariff)) = self.document(Kind::Tariff, pin.id.as_str(), pin)?
        else {
            return Ok(None);
        };
        let named = Some((pin.id.as_str().into(), pin.version));
        Ok(self.ready(named, &tariff, rated)?.ok())
    }

    fn ready(
        &mut self,
        named: Option<(Box<str>, i32)>,
        tariff: &Tariff,
        rated: &SessionRated,
    ) -> Result<Result<Arc<CompiledTariff>, String>, ViewError> {
        let pins = &rated.pins;
        let place = (
            named,
            (pins.policy.id.as_str().into(), pins.policy.version),
            (pins.site.id.as_str().into(), pins.site.version),
            pins.time_zone.clone(),
        );
        let known = self.compiled.get(&place).cloned();
        let compiled = match known {
            Some(known) => known,
            None => {
                let made = self.made(tariff, pins)?;
                self.compiled.insert(place, made.clone());
                made
            }
        };
        let Ok(compiled) = compiled else {
            return Ok(compiled);
        };
        let compiled = self.by_occupancy(compiled, rated)?;
        let Some(market) = compiled.market() else {
            return Ok(Ok(compiled));
        };
        let published = self.published(&market.clone())?;
        let series = series_of(&published, rated.started_at);
        Ok(Ok(Arc::new(compiled.with_series(Arc::new(series)))))
    }

    /// A tariff by what is known of how busy a session's site was, where it looks at that.
    fn by_occupancy(
        &mut self,
        compiled: Arc<CompiledTariff>,
        rated: &SessionRated,
    ) -> Result<Arc<CompiledTariff>, ViewError> {
        if compiled.only_when_busy().is_none() {
            return Ok(compiled);
        }
        let site = &rated.pins.site.id;
        if !self.occupied.contains_key(site) {
            let kind = Kind::SiteOccupancy;
            let rows = every_version(self.views, kind)?;
            let all = rows.iter().filter_map(occupied);
            let own = all.filter(|occupied| occupied.occupancy.site == *site);
            self.occupied.insert(site.clone(), own.collect());
        }
        let own = self.occupied.get(site).into_iter().flatten();
        let known = occupancy::series_of(own.map(Occupied::publication), rated.started_at);
        Ok(Arc::new(compiled.with_occupancy(Arc::new(known))))
    }

    fn made(
        &mut self,
        tariff: &Tariff,
        pins: &Pins,
    ) -> Result<Result<Arc<CompiledTariff>, String>, ViewError> {
        let (Some(policy), Some(site)) = (self.policy(pins)?, self.site(pins)?) else {
            return Ok(Err(
                "its site or its seller's policy is not among the views".to_owned(),
            ));
        };
        let compiled = CompiledTariff::compile(tariff, &pins.time_zone).map_err(|fault| {
            format!(
                "the tariff cannot price it: {}: {}",
                fault.path, fault.reason
            )
        });
        Ok(compiled
            .map(|compiled| Arc::new(compiled.with_rules(policy.usage).with_taxes(&site.taxes))))
    }

    /// All that was ever published for a market.
    fn published(&mut self, market: &MarketId) -> Result<Vec<Arc<Publication>>, ViewError> {
        if let Some(published) = self.published.get(market) {
            return Ok(published.clone());
        }
        let rows = every_version(self.views, Kind::MarketPrices)?;
        let all = rows.iter().filter_map(publication);
        let own = all.filter(|found| found.prices.market == *market);
        let published: Vec<Arc<Publication>> = own.map(Arc::new).collect();
        self.published.insert(market.clone(), published.clone());
        Ok(published)
    }
}

/// All versions of all documents of a kind.
fn every_version(views: &Views, kind: Kind) -> Result<Vec<ReferenceRow>, ViewError> {
    let mut rows = Vec::new();
    for newest in views.references(kind.word(), None)? {
        rows.extend(views.references(kind.word(), Some(&newest.id))?);
    }
    Ok(rows)
}

/// A published occupancy, kept while a page is priced.
struct Occupied {
    occupancy: Box<SiteOccupancy>,
    version: i32,
    hash: Digest,
    known_from: Timestamp,
    known_to: Option<Timestamp>,
    recorded_at: Timestamp,
}

impl Occupied {
    fn publication(&self) -> OccupancyPublication<'_> {
        let Self {
            ref occupancy,
            version,
            hash,
            known_from,
            known_to,
            recorded_at,
        } = *self;
        OccupancyPublication {
            occupancy,
            version,
            hash,
            known_from,
            known_to,
            recorded_at,
        }
    }
}

fn occupied(row: &ReferenceRow) -> Option<Occupied> {
    let Ok(Content::SiteOccupancy(occupancy)) =
        documents::content(Kind::SiteOccupancy, &row.document)
    else {
        return None;
    };
    Some(Occupied {
        occupancy,
        version: i32::try_from(row.version).ok()?,
        hash: Digest::of(row.document.as_bytes()),
        known_from: Timestamp(row.valid_from),
        known_to: row.valid_to.map(Timestamp),
        recorded_at: Timestamp(row.recorded_at?),
    })
}

fn publication(row: &ReferenceRow) -> Option<Publication> {
    let Ok(Content::MarketPrices(prices)) = documents::content(Kind::MarketPrices, &row.document)
    else {
        return None;
    };
    Some(Publication {
        prices: *prices,
        version: i32::try_from(row.version).ok()?,
        hash: Digest::of(row.document.as_bytes()),
        known_from: Timestamp(row.valid_from),
        known_to: row.valid_to.map(Timestamp),
        recorded_at: Timestamp(row.recorded_at?),
    })
}
