//! Whether what a draft says adds up, to the minor unit.

use std::collections::BTreeMap;
use wattledger_domain::document::{DraftFault, InvoiceDraft};
use wattledger_domain::money::{Money, MoneyError};
use wattledger_domain::price::TaxRate;
use wattledger_domain::tax::TaxLine;

/// All amounts are in the document's currency.
pub(super) fn check_currency(draft: &InvoiceDraft) -> Result<(), DraftFault> {
    let lines = draft.lines.iter().map(|line| line.net);
    let groups = draft
        .groups
        .iter()
        .flat_map(|group| [group.net, group.tax, group.gross]);
    let mut amounts = lines
        .chain(groups)
        .chain([draft.net, draft.tax, draft.gross])
        .chain(taxes(draft).iter().flat_map(|tax| [tax.base, tax.amount]))
        .chain(draft.rounding);
    if amounts.all(|amount| amount.currency == draft.currency) {
        Ok(())
    } else {
        Err(DraftFault::MixedCurrencies)
    }
}

/// Lines per rate make the groups, groups make the totals, named taxes make their group's, net, tax and
/// rounding make gross; what the buyer owes the tax on bears none.
pub(super) fn check(draft: &InvoiceDraft) -> Result<(), DraftFault> {
    let zero = Money::zero(draft.currency);
    let mut nets: BTreeMap<Option<TaxRate>, Money> = BTreeMap::new();
    for line in &draft.lines {
        let net = nets.entry(line.tax).or_insert(zero);
        *net = net.plus(line.net).map_err(differ)?;
    }
    let (mut net, mut tax) = (zero, zero);
    for group in &draft.groups {
        let untaxed = group.rate.is_none() && !group.tax.is_zero();
        let lines = nets.remove(&group.rate).ok_or(DraftFault::SumsDiffer)?;
        let gross = group.net.plus(group.tax).map_err(differ)?;
        if untaxed || lines != group.net || gross != group.gross {
            return Err(DraftFault::SumsDiffer);
        }
        net = net.plus(group.net).map_err(differ)?;
        tax = tax.plus(group.tax).map_err(differ)?;
    }
    let rounding = draft.rounding.unwrap_or(zero);
    let gross = net.plus(tax).and_then(|sum| sum.plus(rounding));
    let gross = gross.map_err(differ)?;
    check_taxes(draft)?;
    let same = net == draft.net && tax == draft.tax && gross == draft.gross;
    if nets.is_empty() && same {
        Ok(())
    } else {
        Err(DraftFault::SumsDiffer)
    }
}

/// The named taxes of a document; none where taxes have no names.
pub(super) fn taxes(draft: &InvoiceDraft) -> &[TaxLine] {
    draft.taxes.as_deref().unwrap_or_default()
}

fn check_taxes(draft: &InvoiceDraft) -> Result<(), DraftFault> {
    let mut sums: BTreeMap<TaxRate, Money> = BTreeMap::new();
    for line in taxes(draft) {
        let sum = sums
            .entry(line.group)
            .or_insert(Money::zero(draft.currency));
        *sum = sum.plus(line.amount).map_err(differ)?;
    }
    for (rate, sum) in sums {
        let mut groups = draft.groups.iter();
        let group = groups.find(|group| group.rate == Some(rate));
        if group.is_none_or(|group| group.tax != sum) {
            return Err(DraftFault::SumsDiffer);
        }
    }
    let taxed = draft.groups.iter().any(|group| group.rate.is_some());
    if draft.reverse_charge.is_some() && taxed {
        return Err(DraftFault::SumsDiffer);
    }
    Ok(())
}

fn differ(_: MoneyError) -> DraftFault {
    DraftFault::SumsDiffer
}
