//! What charging an electric car costs under an OCPI tariff: a tariff compiled once, a meter that prices
//! usage as it comes, and one rounding. For use on its own: it knows no engine, no topic, no file.
//!
//! - [`CompiledTariff`] checks a tariff of OCPI 2.1.1, 2.2.1 or 2.3.0 and makes it ready for a site's time
//!   zone, a seller's [`UsageRules`] and the taxes of a place. It is immutable and cheap to share.
//! - [`Meter`] prices a running session: [`Usage`] in, exact quantities per price out. It divides usage at
//!   every instant at which a price may change, so how often a charger reports changes nothing.
//! - [`settle`] makes money of it: blocks (`step_size`), limits, tax per rate, one rounding per rate. What a
//!   display shows while the car charges is what is billed in the end.
//! - [`rate`] prices a finished session by the very same meter, [`price_record`] a partner's charge detail
//!   record; [`cost_at`] and [`reaches`] look ahead; [`lint`], [`explain`] and [`explain_tariff`] tell people.
//!
//! Costs are exact integers in 10⁻⁸ / 18,000,000 of the currency ([`ExactCost`]), energy is in milliwatt
//! hours, time in milliseconds. Live and final are the same: [`rate`] folds the very [`Meter`] that runs
//! while a car charges.
//!
//! Invariant: no IO, no clock, no float; an amount that does not fit is an error, never a wrap.
//!
//! # A session, live
//!
//! 0.50 EUR per kWh by day, 0.30 by night, 19 % tax on top. The car charges 10 kWh from 21:30 to 22:30 on
//! the clock of Berlin; nobody needs to say that a price changes at 22:00.
//!
//! ```
//! use wattledger_domain::{cost::Rounding, ids::TariffId, money::Currency};
//! use wattledger_domain::price::{PriceE8, TaxRate};
//! use wattledger_domain::quantity::{Milliseconds, MilliwattHours};
//! use wattledger_domain::session::ChargingState;
//! use wattledger_domain::tariff::{
//!     Component, Dimension, Element, IdleFees, LocalMinute, Restrictions, Tariff, TaxIncluded,
//! };
//! use wattledger_domain::time::Timestamp;
//! use wattledger_pricing::{CompiledTariff, Meter, Usage, settle};
//!
//! let per_kwh = |price_e8: i64| Component {
//!     dimension: Dimension::Energy,
//!     price: PriceE8(price_e8),
//!     tax: Some(TaxRate(190_000)),
//!     step_size: 1,
//! };
//! let by_day = Restrictions {
//!     start_time: Some(LocalMinute(6 * 60)),
//!     end_time: Some(LocalMinute(22 * 60)),
//!     ..Restrictions::default()
//! };
//! let tariff = Tariff {
//!     id: TariffId::new("day-and-night"),
//!     currency: Currency::EUR,
//!     kind: None,
//!     valid_from: None,
//!     valid_to: None,
//!     tax_included: TaxIncluded::No,
//!     elements: vec![
//!         Element { components: vec![per_kwh(50_000_000)], restrictions: by_day },
//!         Element { components: vec![per_kwh(30_000_000)], restrictions: Restrictions::default() },
//!     ],
//!     markets: Vec::new(),
//!     idle_fees: IdleFees::default(),
//!     min_price: None,
//!     max_price: None,
//! };
//! let compiled = CompiledTariff::compile(&tariff, "Europe/Berlin")?;
//!
//! let start = Timestamp(1_717_356_600_000); // 2024-06-02T19:30:00Z
//! let mut meter = Meter::start(start);
//! meter.advance(&compiled, &Usage {
//!     to: start.plus(Milliseconds::minutes(60)),
//!     energy: MilliwattHours(10_000_000),
//!     state: ChargingState::Charging,
//!     power: None,
//!     current: None,
//! })?;
//! let bill = settle(&meter.priced(&compiled), &Rounding::DEFAULT)?;
//! assert_eq!(bill.lines.len(), 2); // 5 kWh at each price
//! assert_eq!(bill.net.to_string(), "4.00 EUR");
//! assert_eq!(bill.gross.to_string(), "4.76 EUR");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # When is the money used up?
//!
//! ```
//! # use wattledger_domain::{cost::Rounding, ids::TariffId, money::{Currency, Money}};
//! # use wattledger_domain::price::PriceE8;
//! # use wattledger_domain::quantity::{Milliseconds, Milliwatts};
//! # use wattledger_domain::session::ChargingState;
//! # use wattledger_domain::tariff::{
//! #     Component, Dimension, Element, IdleFees, Restrictions, Tariff, TaxIncluded,
//! # };
//! # use wattledger_domain::time::Timestamp;
//! # use wattledger_pricing::{CompiledTariff, Meter};
//! use wattledger_pricing::{Outlook, cost_at, reaches};
//! # let energy = Component {
//! #     dimension: Dimension::Energy, price: PriceE8(50_000_000), tax: None, step_size: 0,
//! # };
//! # let tariff = Tariff {
//! #     id: TariffId::new("t"), currency: Currency::EUR, kind: None, valid_from: None, valid_to: None,
//! #     tax_included: TaxIncluded::No,
//! #     elements: vec![Element { components: vec![energy], restrictions: Restrictions::default() }],
//! #     markets: Vec::new(), idle_fees: IdleFees::default(), min_price: None, max_price: None,
//! # };
//!
//! // 0.50 EUR per kWh at 22 kW: what is it in an hour, and when does a hold of 20 EUR end?
//! let compiled = CompiledTariff::compile(&tariff, "Europe/Berlin")?;
//! let start = Timestamp(1_717_356_600_000);
//! let meter = Meter::start(start);
//! let goes_on = Outlook { state: ChargingState::Charging, power: Milliwatts(22_000_000) };
//! let hour = start.plus(Milliseconds::minutes(60));
//! let then = cost_at(&meter, &compiled, &goes_on, hour, &Rounding::DEFAULT)?;
//! assert_eq!(then.gross.to_string(), "11.00 EUR");
//!
//! let hold = (Money::new(2_000, Currency::EUR), start.plus(Milliseconds::minutes(600)));
//! let end = reaches(&meter, &compiled, &goes_on, hold, &Rounding::DEFAULT)?.expect("within 10 h");
//! assert_eq!(end.since(start).0.div_euclid(60_000), 109); // 40 kWh at 22 kW
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Taxes of a place
//!
//! Prices that state no rate bear what the place levies, each tax rounded by itself:
//!
//! ```
//! # use wattledger_domain::{cost::{Priced, PricedStep, Rounding}, money::Currency};
//! # use wattledger_domain::tariff::{Dimension, TaxIncluded};
//! # use wattledger_domain::time::Timestamp;
//! use wattledger_domain::price::{PriceE8, TaxRate};
//! use wattledger_domain::tax::{NamedTax, TaxLiability};
//! use wattledger_pricing::{settle, settle_for};
//!
//! let tax = |name: &str, rate| NamedTax {
//!     name: name.into(),
//!     rate: TaxRate(rate),
//!     stack: 0,
//!     account_number: None,
//! };
//! let priced = Priced {
//!     currency: Currency::parse("CAD")?,
//!     tax_included: TaxIncluded::No,
//!     taxes: Some(vec![tax("GST", 50_000), tax("QST", 99_750)]),
//!     // ...
//! #   steps: vec![PricedStep {
//! #       dimension: Dimension::Flat, element: 0, quantity: 1, price: PriceE8(10_000_000_000),
//! #       tax: None, step_size: 0, from: Timestamp(0), to: Timestamp(0),
//! #   }],
//! #   min_price: None,
//! #   max_price: None,
//! };
//! let bill = settle(&priced, &Rounding::DEFAULT)?;
//! let taxes: Vec<i64> = bill.taxes.iter().map(|line| line.amount.minor).collect();
//! assert_eq!(taxes, [500, 998]); // of 100.00
//! assert_eq!(bill.gross.to_string(), "114.98 CAD");
//!
//! // A business abroad owes the tax itself.
//! let reverse = settle_for(&priced, &Rounding::DEFAULT, TaxLiability::Buyer)?;
//! assert_eq!(reverse.gross.to_string(), "100.00 CAD");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`UsageRules`]: wattledger_domain::cost::UsageRules
//! [`ExactCost`]: wattledger_domain::price::ExactCost

mod calendar;
mod compile;
mod explain;
mod few;
mod forecast;
mod lint;
mod market;
mod meter;
mod occupancy;
mod preview;
mod record;
mod restriction;
mod settle;
mod written;

pub use calendar::local_date;
pub use compile::{CompiledTariff, TariffFault};
pub use explain::{Language, explain, explain_record, explain_tariff};
pub use forecast::{Outlook, cost_at, cost_at_for, reaches, reaches_for};
pub use lint::{Finding, LintCode, lint};
pub use market::{MarketSeries, days_of};
pub use meter::{FlatFee, Meter, Usage, rate};
pub use occupancy::{Occupancy, OccupancyDay, OccupancyDocument, OccupancyPublication, Published};
pub use preview::{PriceStretch, prices_between};
pub use record::{
    AbsentTax, Amounts, Credit, Record, RecordError, RecordLine, RecordLineKind, RecordNote,
    RecordPrice, RecordTariff, RecordTax, RecordTerms, TaxLiability, price_record,
};
pub use settle::{Total, settle, settle_for};
pub use written::{LostPrice, WrittenOut, written_out};

/// A cost that cannot be computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PricingError {
    /// A product or sum does not fit.
    #[error("the cost does not fit its type")]
    Overflow,
    /// Usage that ends before it begins.
    #[error("usage goes back in time")]
    TimeBackwards,
    /// Energy below zero.
    #[error("usage has negative energy")]
    NegativeEnergy,
}

#[cfg(test)]
mod tests;
