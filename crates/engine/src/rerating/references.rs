//! Documents as ratings pin them, and tariffs made ready from them; each found once a page.

use std::collections::BTreeMap;
use std::sync::Arc;
use wattledger_domain::hash::Digest;
use wattledger_domain::ids::MarketId;
use wattledger_domain::market::Publication;
use wattledger_domain::reference::{Content, Kind, Policy, Site};
use wattledger_domain::session::{Pin, Pins, SessionRated};
use wattledger_domain::tariff::Tariff;
use wattledger_domain::time::Timestamp;
use wattledger_pricing::CompiledTariff;
use wattledger_sessions::market::series_of;
use wattledger_views::{ReferenceRow, ViewError, Views};
use wattledger_wire::documents;

pub(super) struct References<'a> {
    views: &'a Views,
    other: &'a Tariff,
    documents: BTreeMap<(Kind, Box<str>, i32), Known>,
    compiled: BTreeMap<Place, Result<Arc<CompiledTariff>, String>>,
    published: BTreeMap<MarketId, Vec<Arc<Publication>>>,
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
        let Some(market) = compiled.market() else {
            return Ok(Ok(compiled));
        };
        let published = self.published(&market.clone())?;
        let series = series_of(&published, rated.started_at);
        Ok(Ok(Arc::new(compiled.with_series(Arc::new(series)))))
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
        let kind = Kind::MarketPrices;
        let mut published = Vec::new();
        for newest in self.views.references(kind.word(), None)? {
            for row in self.views.references(kind.word(), Some(&newest.id))? {
                published.extend(publication(&row).filter(|found| found.prices.market == *market));
            }
        }
        let published: Vec<Arc<Publication>> = published.into_iter().map(Arc::new).collect();
        self.published.insert(market.clone(), published.clone());
        Ok(published)
    }
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
