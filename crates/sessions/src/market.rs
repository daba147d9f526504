//! Market prices as a partition knows them, by day of the market.
//!
//! Invariant: what a session is billed by depends on what was published and on the session's own
//! instants, never on when a publication reached this partition.

use crate::desk::Desk;
use crate::key::{Key, Value};
use crate::series::{DAYS_MAX, SeriesKnown};
use std::sync::Arc;
use wattledger_domain::ids::MarketId;
use wattledger_domain::market::{MarketPrices, Publication};
use wattledger_domain::reference::ReferenceRecorded;
use wattledger_domain::time::Timestamp;
use wattledger_pricing::{MarketSeries, days_of};

/// Keeps published prices; a version that is known changes nothing.
pub(crate) fn recorded(
    desk: &mut Desk<'_, '_>,
    recorded: &ReferenceRecorded,
    prices: &MarketPrices,
) {
    let publication = Arc::new(Publication {
        prices: prices.clone(),
        version: recorded.version,
        hash: recorded.document.hash,
        known_from: recorded.valid_from,
        known_to: recorded.valid_to,
        recorded_at: recorded.recorded_at,
    });
    let market = &prices.market;
    let mut last_day = i64::MIN;
    for day in days_of(prices) {
        let mut published = day_of(desk, market, day);
        if published
            .iter()
            .any(|known| known.rank() == publication.rank())
        {
            return;
        }
        published.push(publication.clone());
        desk.put(
            Key::MarketDay(market.clone(), day),
            Value::MarketDay(published),
        );
        last_day = day;
    }
    let known = SeriesKnown::after(known(desk, market), last_day);
    desk.put(Key::Market(market.clone()), Value::Market(known));
}

fn day_of(desk: &mut Desk<'_, '_>, market: &MarketId, day: i64) -> Vec<Arc<Publication>> {
    match desk.get(&Key::MarketDay(market.clone(), day)) {
        Some(Value::MarketDay(published)) => published.clone(),
        Some(_) | None => Vec::new(),
    }
}

/// What is known of a market.
pub(crate) fn known(desk: &mut Desk<'_, '_>, market: &MarketId) -> Option<SeriesKnown> {
    match desk.get(&Key::Market(market.clone())) {
        Some(Value::Market(known)) => Some(*known),
        Some(_) | None => None,
    }
}

/// What a session that began then may be billed by.
pub(crate) fn series(
    desk: &mut Desk<'_, '_>,
    market: &MarketId,
    known: Option<SeriesKnown>,
    started_at: Timestamp,
) -> MarketSeries {
    let days = SeriesKnown::days(known, started_at);
    MarketSeries::of(days.flat_map(|day| day_of(desk, market, day)))
}

/// The same of all that was ever published for a market, in any order.
#[must_use]
pub fn series_of(published: &[Arc<Publication>], started_at: Timestamp) -> MarketSeries {
    let first = started_at.utc_day();
    let last = first.saturating_add(DAYS_MAX);
    let touches = |publication: &&Arc<Publication>| {
        let days = days_of(&publication.prices);
        *days.start() <= last && first <= *days.end()
    };
    MarketSeries::of(published.iter().filter(touches).cloned())
}
