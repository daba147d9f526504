//! Taxes by name: what a place levies on prices that state no rate of their own, what that came to,
//! and who owes it.

use crate::money::Money;
use crate::price::TaxRate;

/// A tax that a site's place levies, such as GST and QST, or the shares of state and county.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedTax {
    /// As it stands on documents.
    pub name: Box<str>,
    /// Of what it is levied on.
    pub rate: TaxRate,
    /// 0: levied on the price; n: on the price and all taxes of lower stacks (OCPP 2.1 `stack`).
    pub stack: i32,
    /// Under which number the seller pays it.
    pub account_number: Option<Box<str>>,
}

impl NamedTax {
    /// No place levies more.
    pub const COUNT_MAX: usize = 8;
    /// The highest stack.
    pub const STACK_MAX: i32 = 7;
}

/// What a named tax came to on a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxLine {
    /// The tax group that it is part of, by its rate: all named taxes together.
    pub group: TaxRate,
    /// As it stands on documents.
    pub name: Box<str>,
    /// Under which number the seller pays it.
    pub account_number: Option<Box<str>>,
    /// Of `base`.
    pub rate: TaxRate,
    /// What it is levied on: the group's net, and lower taxes where it stacks.
    pub base: Money,
    /// The tax; those of a group sum to the group's.
    pub amount: Money,
}

/// Who owes the tax on a supply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum TaxLiability {
    /// The seller, who bills it.
    #[default]
    Seller,
    /// The buyer (reverse charge, EN 16931 category AE): it is not billed, and rates only take it out
    /// of prices that contain it.
    Buyer,
}
