//! From an exact price to money: blocks, limits, tax, and the one rounding.
//!
//! Order: quantities → blocks (`step_size`) → costs → limits → tax per rate → rounding once per rate
//! → lines that sum to it. Invariant: Σ lines = group, Σ groups = totals, net + tax = gross.

mod amounts;
mod blocks;
mod groups;
mod limits;
mod lines;
mod quick;
mod rounding;
mod taxes;
mod total;

use crate::PricingError;
use crate::meter::cost_of;
pub use amounts::Terms;
use amounts::round_groups;
pub use blocks::{Blocks, Counted};
use groups::{Group, Groups, Units, group_of, no_groups, units_of};
pub use limits::Limits;
use lines::Lines;
use rounding::{Part, rounded, spread};
use taxes::Taxes;
pub use total::Total;
use wattledger_domain::cost::{
    LineKind, Priced, PricedStep, Rounding, RoundingOrder, SettledLine, Settlement, StepRule,
    TaxGroup,
};
use wattledger_domain::money::{Currency, Money};
use wattledger_domain::price::{ExactCost, TaxRate};
use wattledger_domain::tariff::TaxIncluded;
use wattledger_domain::tax::{NamedTax, TaxLiability};

/// What a price comes to in money.
///
/// # Errors
/// [`PricingError::Overflow`] when an amount does not fit.
pub fn settle(priced: &Priced, rounding: &Rounding) -> Result<Settlement, PricingError> {
    settle_for(priced, rounding, TaxLiability::Seller)
}

/// As [`settle`], where the buyer may owe the tax (reverse charge): then all is billed before tax, in one
/// group without a rate, and limits after tax do not count.
///
/// # Errors
/// As [`settle`].
pub fn settle_for(
    priced: &Priced,
    rounding: &Rounding,
    liability: TaxLiability,
) -> Result<Settlement, PricingError> {
    let blocks = charging_blocks(&priced.steps, rounding)?;
    let terms = terms_of(priced.currency, rounding, liability);
    let bill = Bill {
        currency: priced.currency,
        steps: &priced.steps,
        blocks: &blocks,
        limits: Limits::of(priced.min_price, priced.max_price)?
            .known(false, liability == TaxLiability::Buyer),
        taxes: levied(priced.tax_included, priced.taxes.as_deref()),
    };
    let (mut settled, _) = bill.settle(|_| priced.tax_included, terms)?;
    if liability == TaxLiability::Buyer {
        settled = untaxed(settled);
    }
    in_money(settled, terms)
}

/// The blocks of a session that has no reservation.
fn charging_blocks(steps: &[PricedStep], rounding: &Rounding) -> Result<Blocks, PricingError> {
    match rounding.steps {
        StepRule::OncePerSession => Blocks::of(steps, |_| Counted::Charging),
        StepRule::Off => Ok(Blocks::default()),
    }
}

/// What prices without a rate bear: nothing where no tax applies.
const fn levied(included: TaxIncluded, taxes: Option<&[NamedTax]>) -> Option<&[NamedTax]> {
    match included {
        TaxIncluded::Yes | TaxIncluded::No => taxes,
        TaxIncluded::NotApplicable => None,
    }
}

/// Without tax there is but one order of rounding.
fn terms_of(currency: Currency, rounding: &Rounding, liability: TaxLiability) -> Terms {
    let order = match liability {
        TaxLiability::Buyer => RoundingOrder::NetFirst,
        TaxLiability::Seller => rounding.order,
    };
    Terms::of(currency, &Rounding { order, ..*rounding })
}

/// What is to be settled.
pub struct Bill<'a> {
    pub currency: Currency,
    pub steps: &'a [PricedStep],
    pub blocks: &'a Blocks,
    pub limits: Limits,
    /// What prices bear that state no rate.
    pub taxes: Option<&'a [NamedTax]>,
}

impl Bill<'_> {
    /// Settles; also gives the exact cost after tax. `included` says for each step whether its price
    /// contains tax.
    pub fn settle(
        &self,
        included: impl Fn(usize) -> TaxIncluded,
        terms: Terms,
    ) -> Result<(Settlement, ExactCost), PricingError> {
        let taxes = Taxes::of(self.taxes)?;
        // Room for what a limit may add: a line per rate, of which two are usual.
        let mut lines = Vec::with_capacity(self.steps.len().saturating_add(2));
        let groups = self.sums(included, (terms, taxes), &mut lines)?;
        let groups = groups.as_slice();
        round_lines(&mut lines, groups, terms)?;
        let gross = ExactCost(groups::gross_of(groups)?);
        let mut whole = total(lines, groups, self.currency)?;
        for group in &whole.groups {
            whole.taxes.extend(taxes.lines(group, terms.half)?);
        }
        Ok((whole, gross))
    }

    /// Costs, limits, tax and rounding per rate: all that decides amounts.
    #[inline]
    fn sums<Kept: Lines>(
        &self,
        included: impl Fn(usize) -> TaxIncluded,
        (terms, taxes): (Terms, Taxes<'_>),
        lines: &mut Kept,
    ) -> Result<Groups, PricingError> {
        let mut groups = no_groups();
        let mut added = TaxIncluded::Yes;
        for (place, step) in self.steps.iter().enumerate() {
            if !Kept::KEPT && step.quantity == 0 {
                continue;
            }
            let surplus = self.blocks.surplus_of(place);
            let quantity = step
                .quantity
                .checked_add(surplus)
                .ok_or(PricingError::Overflow)?;
            let included = included(place);
            if included == TaxIncluded::No {
                added = included;
            }
            lines.add(self.line_of::<Kept>((step, quantity), included, taxes, &mut groups)?);
        }
        for group in groups.as_mut_slice() {
            if !Kept::KEPT && added == TaxIncluded::Yes {
                group.divide_out(taxes)?;
            }
            group.find_tax(added, taxes)?;
        }
        let within = (self.currency, taxes);
        let bounds = self.limits.apply(within, lines, &mut groups)?;
        round_groups(groups.as_mut_slice(), (&self.limits, &bounds), terms, taxes)?;
        Ok(groups)
    }

    /// The line of a step. Its cost goes to its group, whose net grows by exactly the line's.
    #[inline]
    fn line_of<Kept: Lines>(
        &self,
        (step, quantity): (&PricedStep, i64),
        included: TaxIncluded,
        taxes: Taxes<'_>,
        groups: &mut Groups,
    ) -> Result<SettledLine, PricingError> {
        let cost = cost_of(step, quantity)?;
        let rate = rate_of(step.tax.or(taxes.rate), included);
        let group = group_of(groups, rate);
        let exact_net = match included {
            TaxIncluded::Yes if Kept::KEPT => group.add_gross(cost, taxes)?,
            TaxIncluded::Yes => group.add_undivided(cost)?,
            TaxIncluded::No | TaxIncluded::NotApplicable => group.add_net(cost)?,
        };
        Ok(SettledLine {
            kind: LineKind::Usage(step.dimension),
            element: step.element,
            quantity,
            price: step.price,
            tax: rate,
            exact_net,
            net: Money::zero(self.currency),
            from: step.from,
            to: step.to,
        })
    }
}

/// The rate that counts: none where no tax applies.
const fn rate_of(tax: Option<TaxRate>, included: TaxIncluded) -> Option<TaxRate> {
    match included {
        TaxIncluded::Yes | TaxIncluded::No => tax,
        TaxIncluded::NotApplicable => None,
    }
}

/// Gives the lines of each rate the group's net, by largest remainder.
fn round_lines(
    lines: &mut [SettledLine],
    groups: &[Group],
    terms: Terms,
) -> Result<(), PricingError> {
    let mut parts = Vec::with_capacity(lines.len());
    for group in groups {
        parts.clear();
        for (place, line) in lines
            .iter()
            .enumerate()
            .filter(|(_, line)| line.tax == group.rate)
        {
            parts.push(Part::of(place, line.exact_net.0, terms.unit)?);
        }
        spread(&mut parts, i128::from(group.rounded.net), |place, minor| {
            if let Some(line) = lines.get_mut(place) {
                line.net.minor = minor;
            }
        })?;
    }
    Ok(())
}

fn total(
    lines: Vec<SettledLine>,
    groups: &[Group],
    currency: Currency,
) -> Result<Settlement, PricingError> {
    let Units { net, tax, gross } = units_of(groups)?;
    let money = |minor: i64| Money::new(minor, currency);
    Ok(Settlement {
        lines,
        groups: groups.iter().map(|group| group.settled(currency)).collect(),
        net: money(net),
        taxes: Vec::new(),
        tax: money(tax),
        rounding: money(0),
        gross: money(gross),
        exact_net: ExactCost(groups::net_of(groups)?),
    })
}

/// A settlement in units of a rounding as one in minor units, rounded for cash.
fn in_money(settled: Settlement, terms: Terms) -> Result<Settlement, PricingError> {
    let mut settled = settled;
    if terms.step != 1 {
        let amounts = settled.lines.iter_mut().map(|line| &mut line.net);
        let groups = settled.groups.iter_mut();
        let groups = groups.flat_map(|group| [&mut group.net, &mut group.tax, &mut group.gross]);
        let taxes = settled.taxes.iter_mut();
        let taxes = taxes.flat_map(|line| [&mut line.base, &mut line.amount]);
        let totals = [&mut settled.net, &mut settled.tax, &mut settled.gross];
        for amount in amounts.chain(groups).chain(taxes).chain(totals) {
            let minor = amount.minor.checked_mul(terms.step);
            amount.minor = minor.ok_or(PricingError::Overflow)?;
        }
    }
    let gross = settled.gross;
    settled.gross = in_cash(gross, terms)?;
    settled.rounding = minus(settled.gross, gross)?;
    Ok(settled)
}

/// What is owed where only multiples of an amount are paid.
fn in_cash(gross: Money, terms: Terms) -> Result<Money, PricingError> {
    let Some(cash) = terms.cash else {
        return Ok(gross);
    };
    let multiples = rounded(i128::from(gross.minor), i128::from(cash), terms.half)?;
    let minor = multiples.checked_mul(cash).ok_or(PricingError::Overflow)?;
    Ok(Money::new(minor, gross.currency))
}

/// The same before tax, in one group that bears none.
fn untaxed(settled: Settlement) -> Settlement {
    let (net, zero) = (settled.net, Money::zero(settled.net.currency));
    let group = TaxGroup {
        rate: None,
        net,
        tax: zero,
        gross: net,
    };
    let lines = settled.lines.into_iter();
    Settlement {
        lines: lines
            .map(|line| SettledLine { tax: None, ..line })
            .collect(),
        groups: settled.groups.first().map(|_| group).into_iter().collect(),
        taxes: Vec::new(),
        tax: zero,
        gross: net,
        ..settled
    }
}

fn plus(one: Money, other: Money) -> Result<Money, PricingError> {
    one.plus(other).map_err(|_| PricingError::Overflow)
}

fn minus(one: Money, other: Money) -> Result<Money, PricingError> {
    one.minus(other).map_err(|_| PricingError::Overflow)
}
