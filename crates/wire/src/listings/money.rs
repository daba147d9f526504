//! Money, priced steps and settled lines.

use crate::{record, symbols, union};
use wattledger_domain::cost::{LineKind, Priced, PricedStep, SettledLine, TaxGroup};
use wattledger_domain::money::Money;
use wattledger_domain::tariff::{Dimension, LocalDate, PriceLimit, TaxIncluded};
use wattledger_domain::tax::{NamedTax, TaxLine};

record! { "wattledger.Money", "An amount.", Money {
    minor: "Minor units of the currency by ISO 4217: cents for EUR, yen for JPY.",
    currency: "ISO 4217 code.",
} }
symbols! { "wattledger.Dimension", "What a price counts.", Dimension {
    0 => Energy "ENERGY", 1 => Time "TIME", 2 => ParkingTime "PARKING_TIME", 3 => Flat "FLAT",
} }
symbols! { "wattledger.TaxIncluded", "Whether prices contain tax.", TaxIncluded {
    0 => Yes "YES", 1 => No "NO", 2 => NotApplicable "NOT_APPLICABLE",
} }
record! { "wattledger.PriceLimit", "A bound on a session's total.", PriceLimit {
    before_tax: "10^-8 of the currency, before tax.",
    after_tax: "10^-8 of the currency, after tax; null means unbounded.",
} }
record! { "wattledger.PricedStep", "One stretch of one dimension at one price.", PricedStep {
    dimension: "What is counted.",
    element: "Position of the tariff's element, from 0.",
    quantity: "Milliwatt hours, milliseconds, or 1 for a flat price.",
    price: "10^-8 of the currency per kWh, per hour, or once.",
    tax: "Tax rate in 10^-4 percent; null means that none applies.",
    step_size: "Billing block in Wh or seconds; 0 or 1 means none, -1 that this quantity is told and not billed.",
    from: "First use.",
    to: "Last use.",
} }
record! { "wattledger.NamedTax", "A tax that a site's place levies.", NamedTax {
    name: "As it stands on documents.",
    rate: "10^-4 percent.",
    stack: "0: on the price; n: on the price and all taxes of lower stacks.",
    account_number: "Under which number the seller pays it.",
} }
record! { "wattledger.TaxLine", "What a named tax came to on a document.", TaxLine {
    group: "The tax group that it is part of, by its rate in 10^-4 percent.",
    name: "As it stands on documents.",
    account_number: "Under which number the seller pays it.",
    rate: "10^-4 percent of the base.",
    base: "What it is levied on.",
    amount: "The tax; those of a group sum to the group's.",
} }
record! { "wattledger.Priced", "An exact price before blocks, limits and rounding.", Priced {
    currency: "ISO 4217 code of all prices.",
    tax_included: "Whether prices contain tax.",
    steps: "In order of first use.",
    min_price: "Lower bound of the session.",
    max_price: "Upper bound of the session.",
    taxes: "What the place levies by name on prices without a rate; null where nothing.",
} }
record! { "wattledger.TaxGroup", "The total of one tax rate.", TaxGroup {
    rate: "Tax rate in 10^-4 percent; null means that none applies, which is not 0 %.",
    net: "Before tax.",
    tax: "The tax.",
    gross: "Net and tax.",
} }
record! { "wattledger.LocalDate", "A calendar date without a zone.", LocalDate {
    year: "Gregorian year.",
    month: "1 to 12.",
    day: "1 to 31.",
} }
union! { LineKind {
    0 => Usage "wattledger.UsageLine" (dimension: "The priced dimension."),
    1 => MinPrice "wattledger.MinPriceLine",
    2 => MaxPrice "wattledger.MaxPriceLine",
} }
record! { "wattledger.SettledLine", "A line of a bill.", SettledLine {
    kind: "What the line bills.",
    element: "Position of the tariff's element, from 0; 0 for adjustments.",
    quantity: "Milliwatt hours, milliseconds or 1, with the block's surplus.",
    price: "10^-8 of the currency per kWh, per hour, or once.",
    tax: "Tax rate in 10^-4 percent; null means that none applies.",
    exact_net: "Exact, before tax.",
    net: "Before tax; the lines of a rate sum to its group.",
    from: "First use.",
    to: "Last use.",
} }
