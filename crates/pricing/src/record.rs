//! Charge detail records: what a partner states of a session, priced by the meter that prices live
//! sessions, under one tariff or several, with its reservation.
//!
//! Invariant: a record of the periods of a session costs what the session costs.

mod assigned;
mod metered;
mod outcome;

use crate::PricingError;
use crate::compile::{CompiledTariff, TariffFault};
use crate::market::MarketSeries;
use crate::occupancy::Occupancy;
use crate::settle::{Bill, Blocks, Limits, Terms};
use assigned::assign;
use metered::Metered;
pub use outcome::{Amounts, RecordLine, RecordLineKind, RecordNote, RecordPrice, RecordTax};
use std::sync::Arc;
use wattledger_domain::cost::{PricedStep, Rounding, RoundingOrder, StepRule, UsageRules};
use wattledger_domain::ids::TariffId;
use wattledger_domain::record::{RecordPeriod, ReservationEnd};
use wattledger_domain::tariff::{Tariff, TaxIncluded};
use wattledger_domain::tax::NamedTax;
pub use wattledger_domain::tax::TaxLiability;
use wattledger_domain::time::Timestamp;

/// A tariff made ready for records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordTariff {
    id: TariffId,
    valid_from: Option<Timestamp>,
    valid_to: Option<Timestamp>,
    charging: CompiledTariff,
    reservation: Option<CompiledTariff>,
}

impl RecordTariff {
    /// Checks a tariff and makes it ready for a site's time zone and for how its reservation ended.
    ///
    /// # Errors
    /// A [`TariffFault`] with the path of what cannot be priced.
    pub fn compile(
        tariff: &Tariff,
        time_zone: &str,
        end: ReservationEnd,
        rules: UsageRules,
    ) -> Result<Self, TariffFault> {
        let reservation = CompiledTariff::compile_reservation(tariff, time_zone, end)?;
        Ok(Self {
            id: tariff.id.clone(),
            valid_from: tariff.valid_from,
            valid_to: tariff.valid_to,
            charging: CompiledTariff::compile(tariff, time_zone)?.with_rules(rules),
            reservation,
        })
    }

    /// The same tariff by what is known of its market.
    #[must_use]
    pub fn with_series(self, series: Arc<MarketSeries>) -> Self {
        Self {
            charging: self.charging.with_series(series),
            ..self
        }
    }

    /// The same tariff by what is known of how busy the record's site was.
    #[must_use]
    pub fn with_occupancy(self, occupancy: Arc<Occupancy>) -> Self {
        Self {
            charging: self.charging.with_occupancy(occupancy),
            ..self
        }
    }

    /// What a place levies. Where nothing was priced, a lowest price bears none if its tariff bears none.
    fn levied<'a>(&self, taxes: &'a [NamedTax], steps: &[PricedStep]) -> Option<&'a [NamedTax]> {
        let bears = !steps.is_empty() || self.charging.tax_included != TaxIncluded::NotApplicable;
        (bears && !taxes.is_empty()).then_some(taxes)
    }

    /// Whether what it bills may bear tax.
    fn taxes(&self, absent: AbsentTax) -> bool {
        match self.charging.tax_included {
            TaxIncluded::NotApplicable => false,
            TaxIncluded::Yes | TaxIncluded::No => {
                absent == AbsentTax::Unknown || self.charging.has_rates()
            }
        }
    }

    /// Whether a session that starts then may use it.
    fn is_valid(&self, at: Timestamp) -> bool {
        self.valid_from.is_none_or(|from| at >= from) && self.valid_to.is_none_or(|to| at < to)
    }
}

/// A record to be priced.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Its start: of the reservation, if there was one.
    pub start: Timestamp,
    /// In order of time; each ends where the next begins.
    pub periods: &'a [RecordPeriod],
    /// How the reservation ended.
    pub reservation: ReservationEnd,
    /// Whether it takes back another: then its totals change sign, and nothing else.
    pub credit: Credit,
}

/// Whether a record takes back another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Credit {
    /// A record of its own.
    #[default]
    No,
    /// A credit record (OCPI `credit`).
    Credits,
}

/// How records are settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordTerms<'a> {
    /// How totals are rounded.
    pub rounding: Rounding,
    /// Decimal places of the totals, 0 to 8; `None` means those of the currency's minor unit.
    pub places: Option<u32>,
    /// What a price without a rate means where `taxes` is empty.
    pub absent_tax: AbsentTax,
    /// Who owes the tax.
    pub liability: TaxLiability,
    /// What the record's place levies on prices that state no rate, at most [`NamedTax::COUNT_MAX`];
    /// empty where that is not known.
    pub taxes: &'a [NamedTax],
}

/// What a price without tax rate means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AbsentTax {
    /// No tax applies (OCPI 2.2.1).
    NotApplicable,
    /// It is not known: taxes are found elsewhere (OCPI 2.1.1; 2.3.0 in North America).
    Unknown,
}

/// A record that cannot be priced.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Nothing to price it by.
    #[error("no tariff is given")]
    NoTariff,
    /// Its tariffs are in several currencies.
    #[error("its tariffs are in more than one currency")]
    Currencies,
    /// More places than exact costs have.
    #[error("an amount has at most 8 decimal places")]
    Places,
    /// An amount or an order of time.
    #[error(transparent)]
    Pricing(#[from] PricingError),
}

/// Prices a record.
///
/// Where a period names a tariff, those that name none have none; where none does, the first that is
/// valid at the start prices all. Lowest and highest price are those of the first tariff used.
///
/// # Errors
/// [`RecordError`].
pub fn price_record(
    tariffs: &[RecordTariff],
    record: &Record<'_>,
    terms: &RecordTerms<'_>,
) -> Result<RecordPrice, RecordError> {
    let mut notes = Vec::new();
    let assignment = assign(tariffs, record, &mut notes)?;
    let limiting = tariffs
        .get(assignment.limiting)
        .ok_or(RecordError::NoTariff)?;
    let currency = limiting.charging.currency;
    let used = |tariff: &RecordTariff| tariff.charging.currency == currency;
    if !assignment.used(tariffs).all(used) {
        return Err(RecordError::Currencies);
    }
    let buyer_owes = terms.liability == TaxLiability::Buyer;
    let mut metered = Metered::of(tariffs, record, &assignment, &mut notes)?;
    if !terms.taxes.is_empty() {
        metered.levy();
    }
    let unknown = metered.unknown_taxes(terms.absent_tax, limiting);
    let blocks = match terms.rounding.steps {
        StepRule::OncePerSession => Blocks::of(&metered.steps, |place| metered.counted(place))?,
        StepRule::Off => Blocks::default(),
    };
    let (low, high) = (limiting.charging.min_price, limiting.charging.max_price);
    let bill = Bill {
        currency,
        steps: &metered.steps,
        blocks: &blocks,
        limits: Limits::of(low, high)?.known(unknown.before, unknown.after || buyer_owes),
        taxes: limiting.levied(terms.taxes, &metered.steps),
    };
    let places = terms.places.unwrap_or_else(|| currency.minor_places());
    let order = match terms.liability {
        TaxLiability::Seller => terms.rounding.order,
        TaxLiability::Buyer => RoundingOrder::NetFirst,
    };
    let rounding = Rounding {
        order,
        ..terms.rounding
    };
    let rounding = Terms::of(currency, &rounding)
        .with_places(places)
        .ok_or(RecordError::Places)?;
    let settled = bill.settle(|place| metered.included(place), rounding)?;
    let mut price = RecordPrice::of(settled, &metered, unknown, places, notes)?;
    if buyer_owes {
        price = price.reverse_charged();
    }
    Ok(match record.credit {
        Credit::No => price,
        Credit::Credits => price.negated()?,
    })
}
