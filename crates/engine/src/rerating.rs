//! Rated sessions priced again by another tariff: found in `charging.sessions`, page by page.
//!
//! Documents are taken as the ratings pin them, by version and hash; the pricing is the fold's own
//! ([`wattledger_sessions::rerating`]). Invariant: nothing is written here.

mod references;

use crate::service::Service;
use references::References;
use wattledger_domain::hash::Digest;
use wattledger_domain::ids::{EventId, SourceId, TariffId};
use wattledger_domain::review::{ReviewDecided, ReviewVerdict, Seen};
use wattledger_domain::session::{Pin, SessionRated};
use wattledger_domain::tariff::{LocalDate, Tariff};
use wattledger_domain::tax::TaxLiability;
use wattledger_domain::time::Timestamp;
use wattledger_pricing::local_date;
use wattledger_runtime::LogError;
use wattledger_sessions::rerating::{Basis, By, Rerated, rerate};
use wattledger_views::{BilledSession, ViewError};
use wattledger_wire::topics as wire;

/// The source of every decision that re-rating makes.
pub const SOURCE: &str = "rerate";
/// Records of `charging.sessions` that one page looks at, at most.
const RECORDS_MAX: u64 = 20_000;
/// Records that are read at once.
const RECORDS_AT_ONCE: usize = 500;

/// Which sessions are priced again, and by what.
#[derive(Clone, Debug)]
pub struct RerateAsk {
    /// By this.
    pub tariff: Tariff,
    /// The newest version that was applied with this content; `None` where none was.
    pub applied: Option<Pin<TariffId>>,
    /// Those that ended then or later.
    pub from: Option<Edge>,
    /// Those that ended before.
    pub to: Option<Edge>,
    /// Only at this site.
    pub site: Option<Box<str>>,
    /// Only at this station.
    pub station: Option<Box<str>>,
    /// Only this one.
    pub session: Option<Box<str>>,
    /// Priced by which tariff so far.
    pub replaces: Replaces,
    /// Correction windows are over or not at this time.
    pub now: Timestamp,
}

/// Where a span of sessions' ends begins or is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// At an instant.
    At(Timestamp),
    /// With a day, on the clock of each session's site.
    Day(LocalDate),
}

/// By which tariff sessions were priced that are priced again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replaces {
    /// By any version of this one.
    Tariff(TariffId),
    /// By whichever.
    Any,
}

/// A session that was looked at.
#[derive(Clone, Debug)]
pub struct RerateRow {
    /// Its newest rating.
    pub rated: Box<SessionRated>,
    /// Its invoice, and how far it is.
    pub standing: BilledSession,
    /// What it would be billed; the words say why it cannot be told.
    pub rerated: Result<Rerated, String>,
    /// Why it cannot be corrected; `None` where it can.
    pub cannot: Option<String>,
    /// Whether it is priced by the tariff's applied version already.
    pub already: Already,
}

/// Whether a session is priced by a version already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Already {
    /// By another.
    No,
    /// Its newest rating says so.
    Yes,
}

/// What one look at `charging.sessions` found.
#[derive(Debug, Default)]
pub struct ReratePage {
    /// Sessions, in the order of their newest ratings.
    pub rows: Vec<RerateRow>,
    /// How many records were read.
    pub read: u64,
}

/// Why nothing was found.
#[derive(Debug, thiserror::Error)]
pub enum RerateError {
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The views.
    #[error(transparent)]
    Views(#[from] ViewError),
}

impl RerateRow {
    /// Whether a correction would change its bill, as far as that is known beforehand.
    #[must_use]
    pub fn is_to_be_corrected(&self) -> bool {
        let Ok(rerated) = &self.rerated else {
            return false;
        };
        let may_differ = match rerated.basis {
            Basis::Exact => !rerated.is_unchanged(),
            Basis::Waived => false,
            Basis::Thinned | Basis::Clock | Basis::Otherwise => true,
        };
        self.already == Already::No && self.cannot.is_none() && may_differ
    }

    /// The decision that prices it by a version. Its id is made of the rating that it replaces and the
    /// version, so that the same cause is one decision, however often it is sent.
    #[must_use]
    pub fn decision(&self, by: &Pin<TariffId>, order: &RerateOrder) -> ReviewDecided {
        let Self {
            rated, standing, ..
        } = self;
        let (version, of_tariff) = (standing.version.to_string(), by.version.to_string());
        let cause = Digest::of_parts(&[
            SOURCE.as_bytes(),
            rated.session.as_str().as_bytes(),
            version.as_bytes(),
            by.id.as_str().as_bytes(),
            of_tariff.as_bytes(),
            &by.hash.0,
        ]);
        let cause = cause.to_string();
        let number = |number: i64| i32::try_from(number).unwrap_or(i32::MAX);
        let what = format!("re-rated by tariff {} version {}", by.id, by.version);
        let reason = match order.reason.as_deref() {
            Some(reason) => format!("{what}: {reason}"),
            None => what,
        };
        ReviewDecided {
            source: SourceId::new(SOURCE),
            id: EventId::new(cause.get(..32).unwrap_or(&cause)),
            station: rated.pins.station.id.clone(),
            session: rated.session.clone(),
            seen: Some(Seen {
                round: number(standing.round),
                version: number(standing.version),
            }),
            verdict: ReviewVerdict::Reprice(Some(by.clone())),
            reason: reason.into(),
            decided_by: order.by.clone(),
            decided_at: order.at,
        }
    }
}

/// Who orders corrections, why, and when.
#[derive(Clone, Debug)]
pub struct RerateOrder {
    /// Who.
    pub by: Box<str>,
    /// Why, in their words.
    pub reason: Option<Box<str>>,
    /// When.
    pub at: Timestamp,
}

impl Service {
    /// Looks at ratings from `positions` on, up to `until`, until so many sessions are found; moves
    /// `positions` on. Only the newest rating of a session counts.
    ///
    /// # Errors
    /// [`RerateError`].
    pub fn rerate(
        &self,
        ask: &RerateAsk,
        positions: &mut [i64],
        until: &[i64],
        limit: usize,
    ) -> Result<ReratePage, RerateError> {
        let topic = &self.topics.charging_sessions;
        let mut references = References::new(&self.views, &ask.tariff);
        let mut page = ReratePage::default();
        for ((partition, position), end) in (0_u32..).zip(positions.iter_mut()).zip(until) {
            while *position < *end {
                let full = page.rows.len() >= limit || page.read >= RECORDS_MAX;
                if full {
                    return Ok(page);
                }
                let records = self.records(topic, partition, *position, RECORDS_AT_ONCE)?;
                if records.is_empty() {
                    // What is left are marks of transactions.
                    *position = *end;
                }
                for record in records {
                    if record.offset >= *end || page.rows.len() >= limit {
                        *position = record.offset.min(*end);
                        break;
                    }
                    *position = record.offset.saturating_add(1);
                    page.read = page.read.saturating_add(1);
                    // What cannot be read is the audit's affair.
                    if let Some(Ok(rated)) = record.value.as_deref().map(wire::rated::decode)
                        && let Some(row) = self.rerated(ask, rated, &mut references)?
                    {
                        page.rows.push(row);
                    }
                }
            }
        }
        Ok(page)
    }

    /// A session priced again; `None` where it was not asked for, or was rated anew since.
    fn rerated(
        &self,
        ask: &RerateAsk,
        rated: SessionRated,
        references: &mut References<'_>,
    ) -> Result<Option<RerateRow>, RerateError> {
        if !ask.is_about(&rated) {
            return Ok(None);
        }
        let Some(standing) = self.views.billed_session(rated.session.as_str())? else {
            return Ok(None);
        };
        if standing.rated != i64::from(rated.version) {
            return Ok(None);
        }
        let already = if ask.applied.as_ref() == Some(&rated.pins.tariff) {
            Already::Yes
        } else {
            Already::No
        };
        let priced = price(&rated, &standing, references)?;
        let cannot = match &priced {
            Err(why) => Some(why.clone()),
            Ok(_) => cannot(ask, &rated, &standing, references)?,
        };
        Ok(Some(RerateRow {
            rated: Box::new(rated),
            standing,
            rerated: priced,
            cannot,
            already,
        }))
    }
}

impl RerateAsk {
    fn is_about(&self, rated: &SessionRated) -> bool {
        let pins = &rated.pins;
        let is = |asked: &Option<Box<str>>, found: &str| {
            asked.as_deref().is_none_or(|asked| asked == found)
        };
        let zone = &*pins.time_zone;
        let reaches = |edge: Edge| match edge {
            Edge::At(at) => at <= rated.ended_at,
            Edge::Day(day) => local_date(zone, rated.ended_at).is_some_and(|date| day <= date),
        };
        let replaced = match &self.replaces {
            Replaces::Any => true,
            Replaces::Tariff(id) => {
                pins.tariff.id == *id || self.applied.as_ref() == Some(&pins.tariff)
            }
        };
        is(&self.session, rated.session.as_str())
            && is(&self.site, pins.site.id.as_str())
            && is(&self.station, pins.station.id.as_str())
            && self.from.is_none_or(reaches)
            && !self.to.is_some_and(reaches)
            && replaced
    }
}

fn price(
    rated: &SessionRated,
    standing: &BilledSession,
    references: &mut References<'_>,
) -> Result<Result<Rerated, String>, ViewError> {
    let Some(policy) = references.policy(&rated.pins)? else {
        return Ok(Err("its seller's policy is not among the views".to_owned()));
    };
    let tariff = match references.other(rated)? {
        Ok(tariff) => tariff,
        Err(why) => return Ok(Err(why)),
    };
    let pinned = references.pinned(rated)?;
    let by = By {
        pinned: pinned.as_deref(),
        tariff: &tariff,
        policy: &policy,
        liability: match standing.reverse_charge {
            Some(_) => TaxLiability::Buyer,
            None => TaxLiability::Seller,
        },
    };
    Ok(rerate(rated, &by).map_err(|why| why.to_string()))
}

/// Why a session that was priced again cannot be billed so.
fn cannot(
    ask: &RerateAsk,
    rated: &SessionRated,
    standing: &BilledSession,
    references: &mut References<'_>,
) -> Result<Option<String>, ViewError> {
    if standing.waits != 0 {
        let session = &rated.session;
        return Ok(Some(format!(
            "it waits for a person: decide about it first (`wattledger review show {session}`)"
        )));
    }
    let Some(policy) = references.policy(&rated.pins)? else {
        return Ok(None);
    };
    let over = Timestamp(standing.first_rated_at).plus(policy.correction_window);
    let day = local_date(&rated.pins.time_zone, over).filter(|_| over <= ask.now);
    Ok(day.map(|LocalDate { year, month, day }| {
        format!("its correction window ended on {year:04}-{month:02}-{day:02}")
    }))
}
