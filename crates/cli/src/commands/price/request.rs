//! What is to be priced: a record, its tariffs, its zone, read from JSON and priced.

use super::policy::PricePolicy;
use crate::commands::published::Published;
use std::sync::Arc;
use wattledger_domain::record::ReservationEnd;
use wattledger_domain::tariff::Tariff;
use wattledger_domain::tax::NamedTax;
use wattledger_pricing::{
    AbsentTax, Credit, Record, RecordNote, RecordPrice, RecordTariff, RecordTerms, price_record,
};
use wattledger_wire::json_tree::Json;
use wattledger_wire::ocpi::{self, Fault, OcpiCdr, OwnTariffs, Version, Warning};

/// A record with all that prices it, each with its path.
pub struct Request<'a> {
    /// The record and its path.
    pub cdr: (Json<'a>, &'a str),
    /// The tariffs given beside it; those inside it where there are none.
    pub tariffs: Vec<(Json<'a>, String)>,
    /// The version of record and tariffs.
    pub version: Option<Version>,
    /// IANA zone, where it is said beside the record, and its path.
    pub time_zone: Option<(&'a str, &'a str)>,
    /// Whether the reservation expired, where it is said.
    pub reservation: Option<ReservationEnd>,
    /// What markets and the site have published, as handed in; `None` where nobody handed any in: then a
    /// tariff that follows it is refused.
    pub published: Option<&'a Published>,
    /// What the record's place levies on prices without a rate; empty where nobody says.
    pub taxes: &'a [NamedTax],
}

/// A record, priced.
pub struct Priced {
    /// The record.
    pub cdr: OcpiCdr,
    /// The tariffs that priced it.
    pub tariffs: Vec<Tariff>,
    /// The zone that hours and days were read in.
    pub time_zone: String,
    /// What it comes to.
    pub price: RecordPrice,
    /// What was odd, with paths.
    pub notes: Vec<Warning>,
}

impl Request<'_> {
    /// Reads and prices.
    ///
    /// # Errors
    /// A [`Fault`] with the path of what cannot be read or priced.
    pub fn price(&self, policy: &PricePolicy) -> Result<Priced, Fault> {
        let (cdr, path) = self.cdr;
        let version = self.version.unwrap_or_else(|| self.guess());
        let mut notes = Vec::new();
        let own = if self.tariffs.is_empty() {
            OwnTariffs::Read
        } else {
            OwnTariffs::Skip
        };
        let mut cdr = ocpi::cdr_under(cdr, path, (version, own), &mut notes)?;
        let mut tariffs = std::mem::take(&mut cdr.tariffs);
        let mut paths: Vec<String> = (0..tariffs.len())
            .map(|index| format!("{path}.tariffs[{index}]"))
            .collect();
        for (value, path) in &self.tariffs {
            tariffs.push(ocpi::tariff_under(*value, path, version, &mut notes)?);
            paths.push(path.clone());
        }
        let time_zone = self.zone(&cdr, &mut notes);
        let end = self.reservation.unwrap_or(cdr.reservation);
        let mut compiled = Vec::with_capacity(tariffs.len());
        for (tariff, path) in tariffs.iter().zip(&paths) {
            let ready = RecordTariff::compile(tariff, &time_zone, end, policy.rules);
            let ready = ready.map_err(|fault| self.located(fault.path, fault.reason, path))?;
            let ready = self.following(ready, tariff, path)?;
            compiled.push(self.occupied(ready, tariff, path)?);
        }
        let record = Record {
            start: cdr.start,
            periods: &cdr.periods,
            reservation: end,
            credit: if cdr.credit {
                Credit::Credits
            } else {
                Credit::No
            },
        };
        let terms = RecordTerms {
            rounding: policy.rounding,
            places: policy.places,
            absent_tax: match version {
                Version::V2_2_1 => AbsentTax::NotApplicable,
                Version::V2_1_1 | Version::V2_3_0 => AbsentTax::Unknown,
            },
            liability: policy.liability,
            taxes: self.taxes,
        };
        let price = price_record(&compiled, &record, &terms).map_err(|error| Fault {
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
        if let Some(currency) = cdr.currency.filter(|currency| *currency != price.currency) {
            return Err(Fault {
                path: format!("{path}.currency"),
                reason: format!("is {currency}, the tariff is in {}", price.currency),
            });
        }
        notes.extend(
            price
                .notes
                .iter()
                .map(|note| said(*note, path, &cdr.places)),
        );
        Ok(Priced {
            cdr,
            tariffs,
            time_zone,
            price,
            notes,
        })
    }

    /// A tariff by what its market has published.
    fn following(
        &self,
        ready: RecordTariff,
        tariff: &Tariff,
        path: &str,
    ) -> Result<RecordTariff, Fault> {
        let Some(formula) = tariff.markets.first() else {
            return Ok(ready);
        };
        let market = &formula.market;
        let refuse = |reason: String| Fault {
            path: path.to_owned(),
            reason,
        };
        let published = self.published.ok_or_else(|| {
            refuse(format!(
                "follows the market {market}: name its MarketPrices documents with --prices"
            ))
        })?;
        let mut all = published.prices.iter();
        let said = all.any(|publication| publication.prices.market == *market);
        if !said && !published.prices.is_empty() {
            return Err(refuse(format!(
                "follows the market {market}, of which --prices says nothing"
            )));
        }
        Ok(ready.with_series(Arc::new(published.series(tariff))))
    }

    /// A tariff by what is known of how busy the site was.
    fn occupied(
        &self,
        ready: RecordTariff,
        tariff: &Tariff,
        path: &str,
    ) -> Result<RecordTariff, Fault> {
        if tariff.idle_fees.only_when_busy.is_none() {
            return Ok(ready);
        }
        let refuse = |reason: String| Fault {
            path: path.to_owned(),
            reason,
        };
        let published = self.published.ok_or_else(|| {
            let reason =
                "asks how busy the site was: name its SiteOccupancy documents with --prices";
            refuse(reason.to_owned())
        })?;
        let known = published.occupancy().map_err(refuse)?;
        Ok(ready.with_occupancy(Arc::new(known.unwrap_or_default())))
    }

    fn guess(&self) -> Version {
        let own = self.cdr.0.get("tariffs").and_then(Json::items);
        let given = self.tariffs.iter().map(|(value, _)| *value);
        Version::guess(self.cdr.0, given.chain(own.into_iter().flatten()))
    }

    fn zone(&self, cdr: &OcpiCdr, notes: &mut Vec<Warning>) -> String {
        if let Some((zone, _)) = self.time_zone {
            return zone.to_owned();
        }
        cdr.time_zone.clone().unwrap_or_else(|| {
            notes.push(Warning {
                path: self.cdr.1.to_owned(),
                message: "no time zone is known: hours and days of the tariff are read in UTC"
                    .to_owned(),
            });
            "UTC".to_owned()
        })
    }

    /// A fault of a tariff, or of the zone that it was compiled for, where it stands.
    fn located(&self, path: String, reason: String, tariff: &str) -> Fault {
        if path != "time_zone" {
            return Fault {
                path: format!("{tariff}.{path}"),
                reason,
            };
        }
        let path = match self.time_zone {
            Some((_, path)) => path.to_owned(),
            None => format!("{}.cdr_location.time_zone", self.cdr.1),
        };
        Fault { path, reason }
    }
}

/// What pricing has to say, with the place it says it of.
fn said(note: RecordNote, path: &str, places: &[usize]) -> Warning {
    let period = |index: usize| {
        let place = places.get(index).copied().unwrap_or(index);
        format!("{path}.charging_periods[{place}]")
    };
    let (path, message) = match note {
        RecordNote::NoTariffValid => (
            path.to_owned(),
            "no tariff is valid at its start; the first was used",
        ),
        RecordNote::UnknownTariff { period: index } => {
            (period(index), "names a tariff that is not given")
        }
        RecordNote::WithoutTariff { period: index } => (
            period(index),
            "names no tariff where others do: it costs nothing",
        ),
        RecordNote::FlowUnknown { period: index } => (
            period(index),
            "states no power or current, on which a price depends: such prices do not hold",
        ),
        RecordNote::SpansPriceChange { period: index } => (
            period(index),
            "a price changes within it: it was divided there, evenly with time",
        ),
        RecordNote::LimitWithoutTax => (
            path.to_owned(),
            "a limit moved a total of nothing: the tax on it is not known",
        ),
    };
    Warning {
        path,
        message: message.to_owned(),
    }
}
