//! What a session costs, exact with its reasons, and what that settles to in money.
//!
//! Invariant: a [`Priced`] is exact. Money appears only in a [`Settlement`], made by
//! `pricing::settle`, the one rounding (design §4).

use crate::money::{Currency, Money};
use crate::price::{ExactCost, PriceE8, TaxRate};
use crate::tariff::{Dimension, PriceLimit, TaxIncluded};
use crate::tax::{NamedTax, TaxLine};
use crate::time::Timestamp;

/// One stretch of one dimension at one price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PricedStep {
    /// What is counted.
    pub dimension: Dimension,
    /// Position of the tariff's element, from 0, for explanations.
    pub element: u16,
    /// Milliwatt hours, milliseconds, or 1 for a flat price.
    pub quantity: i64,
    /// Per kWh, per hour, or once.
    pub price: PriceE8,
    /// The tax of this step; absent means that none applies.
    pub tax: Option<TaxRate>,
    /// Billing block in whole Wh or seconds, once per session; 0 means none, 1 rounds up to a
    /// whole Wh or second, [`PricedStep::OUTSIDE_BLOCKS`] that the quantity is told, not billed.
    pub step_size: i32,
    /// When the first of this quantity was used.
    pub from: Timestamp,
    /// When the last of this quantity was used.
    pub to: Timestamp,
}

impl PricedStep {
    /// The `step_size` of a quantity that counts towards no block: parking while the site was not busy.
    pub const OUTSIDE_BLOCKS: i32 = -1;
}

/// A session priced exactly, before blocks (`step_size`), limits and rounding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Priced {
    /// The currency of all prices.
    pub currency: Currency,
    /// Whether prices contain tax.
    pub tax_included: TaxIncluded,
    /// In order of first use; the last of a dimension is its last active component.
    pub steps: Vec<PricedStep>,
    /// The tariff's lower bound.
    pub min_price: Option<PriceLimit>,
    /// The tariff's upper bound.
    pub max_price: Option<PriceLimit>,
    /// What the site's place levies on prices that state no rate; absent where it levies nothing by
    /// name.
    pub taxes: Option<Vec<NamedTax>>,
}

/// How a legal entity rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rounding {
    /// Which of net and gross is rounded first.
    pub order: RoundingOrder,
    /// What becomes of a half.
    pub half: Half,
    /// Whether blocks of a tariff count.
    pub steps: StepRule,
    /// Decimal places of every amount, fewer than the currency's minor unit has (HUF 0); absent means
    /// those.
    pub places: Option<u32>,
    /// What is owed is a multiple of this many minor units, above zero (CHF 5); absent means any amount.
    pub cash: Option<i64>,
}

impl Rounding {
    /// `net_first`, half-up, blocks as OCPI 2.2.1 says (design §4).
    pub const DEFAULT: Self = Self {
        order: RoundingOrder::NetFirst,
        half: Half::Up,
        steps: StepRule::OncePerSession,
        places: None,
        cash: None,
    };
}

/// Which amount of a tax group is rounded from the exact cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoundingOrder {
    /// net = round(exact net), tax = round(net × rate), gross = net + tax (EN 16931).
    NetFirst,
    /// gross = round(exact gross), tax = round(exact tax), net the remainder.
    GrossFirst,
}

/// What becomes of a half minor unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Half {
    /// Away from zero.
    Up,
    /// To the even neighbour.
    Even,
    /// Towards zero.
    Down,
}

/// Whether a tariff's `step_size` counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StepRule {
    /// Once per session for energy, once for time and parking together (OCPI 2.2.1).
    OncePerSession,
    /// Never (OCPI 3.0 has dropped it).
    Off,
}

/// What of a session counts where OCPI leaves it to the seller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsageRules {
    /// What time counts as in which the station gave no power though the car asked.
    pub suspended_by_station: SuspendedByStation,
    /// When the start fee is due.
    pub start_fee: StartFee,
}

/// What time counts as in which the station gave no power though the car asked (OCPP
/// `SuspendedEVSE`). OCPI took it out of `PARKING_TIME` in 2026 and gave it no other name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum SuspendedByStation {
    /// Nothing.
    #[default]
    Unbilled,
    /// Charging time.
    Time,
    /// Parking time.
    ParkingTime,
}

/// When a FLAT price is due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum StartFee {
    /// As soon as it is in force.
    #[default]
    Always,
    /// As soon as it is in force and energy flows: who could not charge pays no fee.
    WithEnergy,
}

/// What a cost comes to in money. Sums hold exactly: lines per group, groups in all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// One per step, plus one per adjustment by a limit.
    pub lines: Vec<SettledLine>,
    /// One per tax rate, in order of rate, those without tax first.
    pub groups: Vec<TaxGroup>,
    /// Sum of the groups before tax.
    pub net: Money,
    /// What the named taxes came to; empty where taxes have no names.
    pub taxes: Vec<TaxLine>,
    /// Sum of the groups' tax.
    pub tax: Money,
    /// What cash rounding adds, or takes off (EN 16931 BT-114); it bears no tax.
    pub rounding: Money,
    /// net + tax + rounding: what the driver owes.
    pub gross: Money,
    /// The exact cost before tax, after blocks and limits.
    pub exact_net: ExactCost,
}

/// A line of a bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettledLine {
    /// What the line bills.
    pub kind: LineKind,
    /// Position of the tariff's element, from 0; 0 for adjustments.
    pub element: u16,
    /// Milliwatt hours, milliseconds or 1, with the block's surplus.
    pub quantity: i64,
    /// Per kWh, per hour, or once, as the tariff states it.
    pub price: PriceE8,
    /// The tax rate of its group.
    pub tax: Option<TaxRate>,
    /// Exact, before tax.
    pub exact_net: ExactCost,
    /// Before tax, rounded so that the lines of a group sum to its net.
    pub net: Money,
    /// When its first use was.
    pub from: Timestamp,
    /// When its last use was.
    pub to: Timestamp,
}

/// What a line of a bill is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LineKind {
    /// A priced dimension of the tariff.
    Usage(Dimension),
    /// What lifts the session to the tariff's minimum.
    MinPrice,
    /// What lowers the session to the tariff's maximum (negative).
    MaxPrice,
}

/// The total of one tax rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaxGroup {
    /// Absent means that no tax applies, which is not 0 %.
    pub rate: Option<TaxRate>,
    /// Before tax.
    pub net: Money,
    /// The tax.
    pub tax: Money,
    /// net + tax.
    pub gross: Money,
}
