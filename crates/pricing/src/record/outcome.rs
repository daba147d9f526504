//! What a record comes to: totals, per dimension, line by line, and what is to be said of it.

use super::metered::{Metered, UnknownTaxes};
use crate::PricingError;
use crate::settle::Counted;
use wattledger_domain::cost::{LineKind, SettledLine, Settlement, TaxGroup};
use wattledger_domain::money::{Currency, Money};
use wattledger_domain::price::{ExactCost, PriceE8, TaxRate};
use wattledger_domain::tariff::Dimension;
use wattledger_domain::time::Timestamp;

/// What a record comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordPrice {
    /// The currency of all amounts.
    pub currency: Currency,
    /// Decimal places of the totals and the lines' `net`.
    pub places: u32,
    /// Rounded, in units of 10^-places.
    pub total: Amounts<i64>,
    /// Not rounded, after the lowest and highest price.
    pub exact: Amounts<ExactCost>,
    /// Exact, before tax and before the lowest and highest price, blocks counted.
    pub energy: Option<ExactCost>,
    /// As `energy`: charging time.
    pub time: Option<ExactCost>,
    /// As `energy`: parking time.
    pub parking_time: Option<ExactCost>,
    /// As `energy`: start fee.
    pub fixed: Option<ExactCost>,
    /// As `energy`: reservation, its fee included.
    pub reservation: Option<ExactCost>,
    /// One per price that was used, then what a limit moved.
    pub lines: Vec<RecordLine>,
    /// One per tax rate, in order of rate, those without first; in units of 10^-places.
    pub groups: Vec<TaxGroup>,
    /// One per named tax, in the order in which they stack, and one per rate that a price states; they
    /// sum to the tax of `total` where that is known, and change sign with it. None under reverse charge.
    pub taxes: Vec<RecordTax>,
    /// What is to be said of it, in order of finding.
    pub notes: Vec<RecordNote>,
}

/// What a tax comes to, in units of 10^-places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordTax {
    /// As the place calls it; `None` for a rate that prices state.
    pub name: Option<Box<str>>,
    /// Under which number the seller pays it, where the place says so.
    pub account_number: Option<Box<str>>,
    /// Of `base`; `None` for what a limit after tax adds to prices without a rate.
    pub rate: Option<TaxRate>,
    /// What it is levied on.
    pub base: i64,
    /// The tax.
    pub amount: i64,
}

/// An amount before and after tax; `None` where the tax is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amounts<Amount> {
    /// Without tax.
    pub before_tax: Option<Amount>,
    /// With tax.
    pub after_tax: Option<Amount>,
}

/// A line of a record's price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordLine {
    /// What it bills.
    pub kind: RecordLineKind,
    /// Position of the tariff among those given.
    pub tariff: usize,
    /// Position of the tariff's element.
    pub element: u16,
    /// mWh, ms, or 1, with the block's surplus.
    pub quantity: i64,
    /// Per kWh, per hour, or once, as the tariff states it.
    pub price: PriceE8,
    /// The tax rate, where one counts.
    pub tax: Option<TaxRate>,
    /// Exact, before tax; the price as stated where tax is in it and its rate is not known.
    pub exact_net: ExactCost,
    /// Rounded so that the lines of a rate sum to its net, in units of 10^-places.
    pub net: i64,
    /// When its first use was.
    pub from: Timestamp,
    /// When its last use was.
    pub to: Timestamp,
}

/// What a line bills.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordLineKind {
    /// Energy, time, parking time or the start fee.
    Usage(Dimension),
    /// Reserved time, or the fee of a reservation.
    Reservation(Dimension),
    /// What the lowest price adds.
    MinPrice,
    /// What the highest price takes off.
    MaxPrice,
}

/// Something to be said of a priced record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordNote {
    /// No tariff is valid at the start; the first was used.
    NoTariffValid,
    /// A period names a tariff that is not there.
    UnknownTariff {
        /// Its position.
        period: usize,
    },
    /// A period names no tariff where others do: it costs nothing.
    WithoutTariff {
        /// Its position.
        period: usize,
    },
    /// A price depends on power or current and a period states none.
    FlowUnknown {
        /// Its position.
        period: usize,
    },
    /// A price changes within a period: it was divided there, evenly with time.
    SpansPriceChange {
        /// Its position.
        period: usize,
    },
    /// A lowest or highest price moved the total, and the tax on it cannot be known.
    LimitWithoutTax,
}

impl RecordPrice {
    pub(super) fn of(
        (settled, gross): (Settlement, ExactCost),
        metered: &Metered,
        unknown: UnknownTaxes,
        places: u32,
        mut notes: Vec<RecordNote>,
    ) -> Result<Self, PricingError> {
        let lines: Vec<RecordLine> = settled
            .lines
            .iter()
            .enumerate()
            .map(|(place, line)| line_of(place, line, metered))
            .collect();
        let mut unknown = unknown;
        // A limit before tax that moves a total of nothing has no tax to move with it.
        let untaxed = settled.groups.iter().all(|group| group.rate.is_none());
        if unknown.of_nothing && untaxed && settled.exact_net.0 != 0 && settled.exact_net == gross {
            notes.push(RecordNote::LimitWithoutTax);
            unknown.after = true;
        }
        let taxes = taxes_of(&settled);
        let before = |amount: i64| (!unknown.before).then_some(amount);
        let after = |amount: i64| (!unknown.after).then_some(amount);
        let sums = Sums::of(&lines, metered)?;
        Ok(Self {
            currency: settled.net.currency,
            places,
            total: Amounts {
                before_tax: before(settled.net.minor),
                after_tax: after(settled.gross.minor),
            },
            exact: Amounts {
                before_tax: (!unknown.before).then_some(settled.exact_net),
                after_tax: (!unknown.after).then_some(gross),
            },
            energy: sums.energy,
            time: sums.time,
            parking_time: sums.parking_time,
            fixed: sums.fixed,
            reservation: sums.reservation,
            lines,
            groups: settled.groups,
            taxes,
            notes,
        })
    }

    /// Tax is owed by the buyer: what is billed is the cost before tax.
    pub(super) fn reverse_charged(self) -> Self {
        let untaxed = |group: TaxGroup| TaxGroup {
            tax: Money::zero(group.net.currency),
            gross: group.net,
            ..group
        };
        Self {
            total: Amounts {
                after_tax: self.total.before_tax,
                ..self.total
            },
            exact: Amounts {
                after_tax: self.exact.before_tax,
                ..self.exact
            },
            groups: self.groups.into_iter().map(untaxed).collect(),
            taxes: Vec::new(),
            ..self
        }
    }

    /// A credit record: its totals change sign and nothing else.
    pub(super) fn negated(self) -> Result<Self, PricingError> {
        let minor = |amount: Option<i64>| {
            amount
                .map(|amount| amount.checked_neg().ok_or(PricingError::Overflow))
                .transpose()
        };
        let exact = |amount: Option<ExactCost>| {
            amount
                .map(|amount| amount.0.checked_neg().ok_or(PricingError::Overflow))
                .transpose()
                .map(|amount| amount.map(ExactCost))
        };
        let mut taxes = self.taxes;
        for amount in taxes
            .iter_mut()
            .flat_map(|tax| [&mut tax.base, &mut tax.amount])
        {
            *amount = amount.checked_neg().ok_or(PricingError::Overflow)?;
        }
        Ok(Self {
            taxes,
            total: Amounts {
                before_tax: minor(self.total.before_tax)?,
                after_tax: minor(self.total.after_tax)?,
            },
            exact: Amounts {
                before_tax: exact(self.exact.before_tax)?,
                after_tax: exact(self.exact.after_tax)?,
            },
            ..self
        })
    }
}

/// The named taxes of each rate, or the rate itself.
fn taxes_of(settled: &Settlement) -> Vec<RecordTax> {
    let mut all = Vec::with_capacity(settled.groups.len().saturating_add(settled.taxes.len()));
    for group in &settled.groups {
        let named = settled.taxes.iter();
        let known = all.len();
        all.extend(
            named
                .filter(|line| Some(line.group) == group.rate)
                .map(|line| RecordTax {
                    name: Some(line.name.clone()),
                    account_number: line.account_number.clone(),
                    rate: Some(line.rate),
                    base: line.base.minor,
                    amount: line.amount.minor,
                }),
        );
        if all.len() == known && (group.rate.is_some() || !group.tax.is_zero()) {
            all.push(RecordTax {
                name: None,
                account_number: None,
                rate: group.rate,
                base: group.net.minor,
                amount: group.tax.minor,
            });
        }
    }
    all
}

fn line_of(place: usize, line: &SettledLine, metered: &Metered) -> RecordLine {
    let kind = match line.kind {
        LineKind::Usage(dimension) => match metered.counted(place) {
            Counted::Charging => RecordLineKind::Usage(dimension),
            Counted::Reservation => RecordLineKind::Reservation(dimension),
        },
        LineKind::MinPrice => RecordLineKind::MinPrice,
        LineKind::MaxPrice => RecordLineKind::MaxPrice,
    };
    RecordLine {
        kind,
        tariff: metered.tariff(place),
        element: line.element,
        quantity: line.quantity,
        price: line.price,
        tax: line.tax,
        exact_net: line.exact_net,
        net: line.net.minor,
        from: line.from,
        to: line.to,
    }
}

/// The exact costs of lines before tax; `None` where one of them is not known.
struct Sums {
    energy: Option<ExactCost>,
    time: Option<ExactCost>,
    parking_time: Option<ExactCost>,
    fixed: Option<ExactCost>,
    reservation: Option<ExactCost>,
}

impl Sums {
    fn of(lines: &[RecordLine], metered: &Metered) -> Result<Self, PricingError> {
        let nothing = Some(ExactCost::ZERO);
        let mut sums = Self {
            energy: nothing,
            time: nothing,
            parking_time: nothing,
            fixed: nothing,
            reservation: nothing,
        };
        for (place, line) in lines.iter().enumerate() {
            let sum = match line.kind {
                RecordLineKind::Usage(Dimension::Energy) => &mut sums.energy,
                RecordLineKind::Usage(Dimension::Time) => &mut sums.time,
                RecordLineKind::Usage(Dimension::ParkingTime) => &mut sums.parking_time,
                RecordLineKind::Usage(Dimension::Flat) => &mut sums.fixed,
                RecordLineKind::Reservation(_) => &mut sums.reservation,
                RecordLineKind::MinPrice | RecordLineKind::MaxPrice => continue,
            };
            if metered.lacks_net(place) {
                *sum = None;
            }
            if let Some(known) = sum {
                *known = known.plus(line.exact_net).ok_or(PricingError::Overflow)?;
            }
        }
        Ok(sums)
    }
}
