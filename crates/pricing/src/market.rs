//! Published market prices, and what a tariff makes of them at an instant.
//!
//! Invariant: a price depends on what was known by an instant that the session itself names, never on
//! when it is computed: live and final agree.

use crate::calendar::Local;
use crate::compile::{Candidate, CompiledTariff};
use crate::restriction::holds_locally;
use std::collections::BTreeMap;
use std::sync::Arc;
use wattledger_domain::ids::MarketPricesId;
use wattledger_domain::market::{Fixing, MarketFormula, MarketPrices, Publication};
use wattledger_domain::money::Currency;
use wattledger_domain::price::PriceE8;
use wattledger_domain::session::Pin;
use wattledger_domain::time::Timestamp;

const DAY: i64 = 86_400_000;

/// Publications of one market, found by day. Shared: sessions hold the same one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MarketSeries {
    /// Days since 1970 in UTC, in order, each with what touches it, that which counts first.
    days: Vec<(i64, Vec<Arc<Publication>>)>,
}

impl MarketSeries {
    /// Of publications in any order; the same one twice counts once.
    #[must_use]
    pub fn of(publications: impl IntoIterator<Item = Arc<Publication>>) -> Self {
        let mut days: BTreeMap<i64, Vec<Arc<Publication>>> = BTreeMap::new();
        for publication in publications {
            for day in days_of(&publication.prices) {
                let known = days.entry(day).or_default();
                let place = known.partition_point(|known| known.rank() > publication.rank());
                if known
                    .get(place)
                    .is_none_or(|known| known.rank() != publication.rank())
                {
                    known.insert(place, publication.clone());
                }
            }
        }
        Self {
            days: days.into_iter().collect(),
        }
    }

    /// Price and publication of the slot that an instant is in, as it was known: when the slot began
    /// or, with `also`, at that instant first.
    fn at(
        &self,
        at: Timestamp,
        currency: Currency,
        also: Option<Timestamp>,
    ) -> Option<(PriceE8, &Publication)> {
        let day = at.0.div_euclid(DAY);
        let place = self.days.binary_search_by_key(&day, |(day, _)| *day).ok()?;
        let (_, publications) = self.days.get(place)?;
        let of_slot = |known_by: Option<Timestamp>| {
            let mut found = publications.iter().filter_map(|publication| {
                let (begin, price) = publication.prices.at(at)?;
                let known = publication.is_known(known_by.unwrap_or(begin));
                let fits = known && publication.prices.currency == currency;
                fits.then_some((price, &**publication))
            });
            found.next()
        };
        also.and_then(|plugged| of_slot(Some(plugged)))
            .or_else(|| of_slot(None))
    }
}

/// The UTC days that published prices touch.
pub fn days_of(prices: &MarketPrices) -> std::ops::RangeInclusive<i64> {
    let last = prices.end().0.saturating_sub(1);
    prices.start.0.div_euclid(DAY)..=last.div_euclid(DAY)
}

/// The next instant at which a slot may begin.
pub fn next_slot(at: Timestamp) -> Timestamp {
    let grid = MarketPrices::GRID.0;
    let gone = at.0.rem_euclid(grid);
    Timestamp(at.0.saturating_sub(gone).saturating_add(grid))
}

impl CompiledTariff {
    /// The same tariff by what is known of its market.
    #[must_use]
    pub fn with_series(&self, series: Arc<MarketSeries>) -> Self {
        Self {
            series,
            ..self.clone()
        }
    }

    /// The market that its prices follow, if any does.
    #[must_use]
    pub fn market(&self) -> Option<&wattledger_domain::ids::MarketId> {
        self.markets.first().map(|formula| &formula.market)
    }

    /// What a component costs at an instant of a session.
    pub(crate) fn price_of(
        &self,
        candidate: &Candidate,
        (at, started_at): (Timestamp, Timestamp),
        local: Option<&Local>,
    ) -> PriceE8 {
        let formula = candidate
            .market
            .and_then(|place| self.markets.get(usize::from(place)));
        let Some(formula) = formula else {
            return candidate.component.price;
        };
        let spot = self
            .series
            .at(at, self.currency, plugged(formula, started_at));
        spot.and_then(|(spot, _)| made_of(formula, spot, local))
            .unwrap_or(candidate.component.price)
    }

    /// The publications that prices between two instants of a session rest on, in order of first use:
    /// from its start to its end.
    #[must_use]
    pub fn publications_used(
        &self,
        (from, to): (Timestamp, Timestamp),
    ) -> Vec<Pin<MarketPricesId>> {
        let mut used: Vec<Pin<MarketPricesId>> = Vec::new();
        let Some(formula) = self.markets.first() else {
            return used;
        };
        let mut at = from;
        while at < to {
            let found = self.series.at(at, self.currency, plugged(formula, from));
            if let Some((_, publication)) = found {
                let pin = publication.pin();
                if !used.contains(&pin) {
                    used.push(pin);
                }
            }
            at = next_slot(at);
        }
        used
    }
}

/// When a session began, where that fixes its prices.
const fn plugged(formula: &MarketFormula, started_at: Timestamp) -> Option<Timestamp> {
    match formula.fixing {
        Fixing::PlugIn => Some(started_at),
        Fixing::Floating => None,
    }
}

/// Spot × factor + markup + grid fee + levy, within floor and cap; the product is rounded to 10⁻⁸ of the
/// currency per kWh, half away from zero. `None` past 64 bits, which checked tariffs never reach.
fn made_of(formula: &MarketFormula, spot: PriceE8, local: Option<&Local>) -> Option<PriceE8> {
    let product = i128::from(spot.0).checked_mul(i128::from(formula.factor))?;
    let once = i128::from(MarketFormula::ONCE);
    let half = once.checked_div(2)?.checked_mul(product.signum())?;
    let scaled = product.checked_add(half)?.checked_div(once)?;
    let fee = formula
        .grid_fees
        .iter()
        .find(|fee| holds_locally(&fee.when, local))
        .map_or(0, |fee| fee.price.0);
    let added = [formula.markup.0, fee, formula.levy.0];
    let price = added
        .into_iter()
        .try_fold(scaled, |sum, more| sum.checked_add(i128::from(more)))?;
    let price = PriceE8(i64::try_from(price).ok()?);
    let raised = formula.floor.map_or(price, |floor| price.max(floor));
    Some(formula.cap.map_or(raised, |cap| raised.min(cap)))
}
