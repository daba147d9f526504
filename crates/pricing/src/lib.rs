//! What a session costs: a tariff compiled once, a meter that prices usage as it comes, and one
//! rounding.
//!
//! Live and final are the same: [`rate`] folds the very [`Meter`] that runs while a car charges,
//! over the finished periods. Costs are exact integers; [`settle`] alone makes money of them.
//!
//! Invariant: no IO, no clock, no float; an amount that does not fit is an error, never a wrap.

mod calendar;
mod compile;
mod explain;
mod forecast;
mod lint;
mod market;
mod meter;
mod preview;
mod record;
mod restriction;
mod settle;
mod written;

pub use calendar::local_date;
pub use compile::{CompiledTariff, TariffFault};
pub use explain::{Language, explain, explain_record, explain_tariff};
pub use forecast::{Outlook, cost_at, reaches};
pub use lint::{Finding, LintCode, lint};
pub use market::{MarketSeries, days_of};
pub use meter::{FlatFee, Meter, Usage, rate};
pub use preview::{PriceStretch, prices_between};
pub use record::{
    AbsentTax, Amounts, Credit, Record, RecordError, RecordLine, RecordLineKind, RecordNote,
    RecordPrice, RecordTariff, RecordTerms, TaxLiability, price_record,
};
pub use settle::{settle, settle_for};
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
