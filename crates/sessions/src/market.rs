//! Market prices as a partition knows them, by day of the market.
//!
//! Invariant: what a session is billed by depends on what was published and on the session's own
//! instants, never on when a publication reached this partition.

use crate::desk::Desk;
use crate::key::{Key, Value};
use std::sync::Arc;
use wattledger_domain::ids::MarketId;
use wattledger_domain::market::{MarketPrices, Publication};
use wattledger_domain::reference::ReferenceRecorded;
use wattledger_domain::time::Timestamp;
use wattledger_pricing::{MarketSeries, days_of};

/// Days after a session's start whose prices it follows; later its components' own prices hold. Sessions
/// of more than a week wait for a person by then.
const DAYS_MAX: i64 = 32;

/// Which days of a market are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketKnown {
    /// Publications so far: those who hold prices of the market take them anew when it rises.
    pub changes: i64,
    /// The last day of any, in days since 1970 in UTC.
    pub last_day: i64,
}

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
    let before = known(desk, market);
    let known = MarketKnown {
        changes: changes(before).saturating_add(1),
        last_day: before.map_or(last_day, |before| before.last_day.max(last_day)),
    };
    desk.put(Key::Market(market.clone()), Value::Market(known));
}

fn day_of(desk: &mut Desk<'_, '_>, market: &MarketId, day: i64) -> Vec<Arc<Publication>> {
    match desk.get(&Key::MarketDay(market.clone(), day)) {
        Some(Value::MarketDay(published)) => published.clone(),
        Some(_) | None => Vec::new(),
    }
}

/// What is known of a market.
pub(crate) fn known(desk: &mut Desk<'_, '_>, market: &MarketId) -> Option<MarketKnown> {
    match desk.get(&Key::Market(market.clone())) {
        Some(Value::Market(known)) => Some(*known),
        Some(_) | None => None,
    }
}

/// How often it has changed; 0 for a market that nobody has published yet.
pub(crate) fn changes(known: Option<MarketKnown>) -> i64 {
    known.map_or(0, |known| known.changes)
}

/// What a session that began then may be billed by.
pub(crate) fn series(
    desk: &mut Desk<'_, '_>,
    market: &MarketId,
    known: Option<MarketKnown>,
    started_at: Timestamp,
) -> MarketSeries {
    let first = started_at.utc_day();
    let last = known.map_or(i64::MIN, |known| known.last_day);
    let last = last.min(first.saturating_add(DAYS_MAX));
    MarketSeries::of((first..=last).flat_map(|day| day_of(desk, market, day)))
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
