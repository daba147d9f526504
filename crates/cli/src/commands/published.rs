//! What markets and sites have published, read from `MarketPrices` and `SiteOccupancy` documents.

use crate::documents::{Located, read_files};
use crate::error::CliError;
use std::path::Path;
use std::sync::Arc;
use wattledger_domain::hash::Digest;
use wattledger_domain::ids::{SiteId, SiteOccupancyId, TokenHash};
use wattledger_domain::market::Publication;
use wattledger_domain::occupancy::{BusyShare, SiteOccupancy};
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::reference::Content;
use wattledger_domain::tariff::Tariff;
use wattledger_domain::time::Timestamp;
use wattledger_pricing::{MarketSeries, Occupancy, OccupancyPublication};
use wattledger_wire::documents::{Submission, submission};

/// All that was handed in; later documents revise earlier ones.
#[derive(Default)]
pub struct Published {
    /// Prices of markets.
    pub prices: Vec<Arc<Publication>>,
    occupancy: Vec<Shares>,
}

/// How busy a site was, with when that was known.
struct Shares {
    occupancy: SiteOccupancy,
    hash: Digest,
    known_from: Timestamp,
    known_to: Option<Timestamp>,
}

/// Reads a file; documents of other kinds are left out.
///
/// # Errors
/// [`CliError`] for a file that cannot be read or holds none of both kinds.
pub fn read(file: &Path) -> Result<Published, CliError> {
    let mut found = Published::default();
    for document in read_files(&[file.to_owned()])? {
        let kind = document
            .value
            .get("kind")
            .and_then(serde_json::Value::as_str);
        if matches!(kind, Some("MarketPrices" | "SiteOccupancy")) {
            found.add(&document)?;
        }
    }
    if found.prices.is_empty() && found.occupancy.is_empty() {
        let name = file.display();
        return Err(CliError::refused(format!(
            "`{name}` holds no MarketPrices and no SiteOccupancy document"
        )));
    }
    Ok(found)
}

impl Published {
    fn add(&mut self, document: &Located) -> Result<(), CliError> {
        let Submission {
            document: read,
            valid_from,
            valid_to,
        } = submission(&document.value, &|_| TokenHash([0; 16])).map_err(|fault| {
            CliError::refused(format!("{}: {fault}", document.place_of(&fault.path)))
        })?;
        let (known_from, known_to) = (valid_from.unwrap_or_default(), valid_to);
        match read.content {
            Content::MarketPrices(prices) => {
                let place = self.prices.len();
                self.prices.push(Arc::new(Publication {
                    prices: *prices,
                    version: i32::try_from(place).unwrap_or(i32::MAX),
                    hash: read.hash,
                    known_from,
                    known_to,
                    recorded_at: accepted(place),
                }));
            }
            Content::SiteOccupancy(occupancy) => self.occupancy.push(Shares {
                occupancy: *occupancy,
                hash: read.hash,
                known_from,
                known_to,
            }),
            Content::Policy(_)
            | Content::LegalEntity(_)
            | Content::Site(_)
            | Content::Station(_)
            | Content::Tariff(_)
            | Content::TariffAssignment(_)
            | Content::Account(_)
            | Content::Token(_)
            | Content::DeviceProfile(_) => {}
        }
        Ok(())
    }

    /// A site at which one share of the places is taken all along.
    pub fn steadily(&mut self, share: BusyShare, (from, to): (Timestamp, Timestamp)) {
        const HOUR: i64 = 3_600_000;
        let mut start = Timestamp(from.0.saturating_sub(from.0.rem_euclid(HOUR)));
        while start < to {
            let occupancy = SiteOccupancy {
                id: SiteOccupancyId::new("supposed"),
                site: SiteId::new("supposed"),
                start,
                slot: Milliseconds(HOUR),
                shares: vec![Some(share); SiteOccupancy::SLOTS_MAX],
            };
            start = occupancy.end();
            self.occupancy.push(Shares {
                occupancy,
                hash: Digest::of(b"supposed"),
                known_from: Timestamp(i64::MIN),
                known_to: None,
            });
        }
    }

    /// What the market that a tariff follows has published.
    pub fn series(&self, tariff: &Tariff) -> MarketSeries {
        let followed = tariff.markets.first().map(|formula| &formula.market);
        let own = self.prices.iter();
        let own = own.filter(|publication| Some(&publication.prices.market) == followed);
        MarketSeries::of(own.cloned())
    }

    /// How busy the site was; `None` where nothing says so.
    ///
    /// # Errors
    /// Why it cannot be said: the documents are of several sites.
    pub fn occupancy(&self) -> Result<Option<Occupancy>, String> {
        let mut sites = self.occupancy.iter().map(|shares| &shares.occupancy.site);
        let Some(site) = sites.next() else {
            return Ok(None);
        };
        if let Some(other) = sites.find(|other| *other != site) {
            return Err(format!(
                "--prices says how busy several sites are, {site} and {other}: it takes one"
            ));
        }
        let publications = self.occupancy.iter().enumerate();
        let publications = publications.map(|(place, shares)| OccupancyPublication {
            occupancy: &shares.occupancy,
            version: i32::try_from(place).unwrap_or(i32::MAX),
            hash: shares.hash,
            known_from: shares.known_from,
            known_to: shares.known_to,
            recorded_at: accepted(place),
        });
        Ok(Some(Occupancy::of_publications(
            publications,
            i64::MIN..=i64::MAX,
        )))
    }
}

/// Later documents revise earlier ones.
fn accepted(place: usize) -> Timestamp {
    Timestamp(i64::try_from(place).unwrap_or(i64::MAX))
}
