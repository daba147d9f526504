//! What is odd about a tariff that can be priced: prices that never hold, gaps, contradictions.
//!
//! Invariant: a finding is about the tariff alone; nothing here changes what is billed.

mod element;

use wattledger_domain::tariff::{
    Dimension, PriceLimit, Reservation, Restrictions, Tariff, TaxIncluded,
};

/// Something odd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its kind, by which it can be counted and silenced.
    pub code: LintCode,
    /// Where, such as `elements[2].restrictions`.
    pub path: String,
    /// What is odd, in a sentence.
    pub message: String,
}

/// The kinds of findings. Their words are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LintCode {
    /// Earlier elements hold whenever this one does.
    Unreachable,
    /// Two elements of one dimension hold together; the earlier counts.
    Overlap,
    /// A dimension is priced under conditions only, and free without them.
    MissingFallback,
    /// A window over midnight with weekdays: the weekday is that of the instant.
    OvernightWeekday,
    /// A lower bound above its upper one, or a window of no length.
    EmptyRestriction,
    /// A lowest price above the highest.
    MinAboveMax,
    /// Two components of one dimension in one element; the first counts.
    DuplicateDimension,
    /// A reservation that prices more than TIME and FLAT.
    ReservationDimension,
    /// A rate where no tax applies, or none where tax is in the price.
    Tax,
    /// A block that takes more than an hour or a kWh for a second or a watt hour.
    LargeStep,
    /// Ends before it begins.
    Validity,
    /// Read and not priced.
    NotPriced,
    /// Idle fees only while the site is busy, and no price that this bears on.
    BusyLimit,
}

impl LintCode {
    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Overlap => "overlap",
            Self::MissingFallback => "missing_fallback",
            Self::OvernightWeekday => "overnight_weekday",
            Self::EmptyRestriction => "empty_restriction",
            Self::MinAboveMax => "min_above_max",
            Self::DuplicateDimension => "duplicate_dimension",
            Self::ReservationDimension => "reservation_dimension",
            Self::Tax => "tax",
            Self::LargeStep => "large_step",
            Self::Validity => "validity",
            Self::NotPriced => "not_priced",
            Self::BusyLimit => "busy_limit",
        }
    }
}

/// All findings, in the tariff's order.
#[must_use]
pub fn lint(tariff: &Tariff) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let (Some(from), Some(to)) = (tariff.valid_from, tariff.valid_to)
        && to <= from
    {
        let message = "ends before it begins: no session can use it";
        push(&mut findings, LintCode::Validity, "end_date_time", message);
    }
    limits(tariff.min_price, tariff.max_price, &mut findings);
    busy_limit(tariff, &mut findings);
    for (index, element) in tariff.elements.iter().enumerate() {
        element::check(element, index, tariff.tax_included, &mut findings);
        for dimension in DIMENSIONS {
            reach(tariff, index, dimension, &mut findings);
        }
    }
    for dimension in DIMENSIONS {
        fallback(tariff, dimension, &mut findings);
    }
    findings
}

const DIMENSIONS: [Dimension; 4] = [
    Dimension::Energy,
    Dimension::Time,
    Dimension::ParkingTime,
    Dimension::Flat,
];

fn push(findings: &mut Vec<Finding>, code: LintCode, path: impl Into<String>, message: &str) {
    findings.push(Finding {
        code,
        path: path.into(),
        message: message.to_owned(),
    });
}

fn limits(low: Option<PriceLimit>, high: Option<PriceLimit>, findings: &mut Vec<Finding>) {
    let (Some(low), Some(high)) = (low, high) else {
        return;
    };
    let after = low.after_tax.zip(high.after_tax);
    if low.before_tax > high.before_tax || after.is_some_and(|(low, high)| low > high) {
        let message = "is above max_price: the highest price has the last word";
        push(findings, LintCode::MinAboveMax, "min_price", message);
    }
}

fn busy_limit(tariff: &Tariff, findings: &mut Vec<Finding>) {
    let mut elements = tariff.elements.iter().filter(|element| {
        let reserved = element.restrictions.reservation.is_some();
        let mut components = element.components.iter();
        let costs = components.any(|component| {
            component.dimension == Dimension::ParkingTime && component.price.0 != 0
        });
        costs && !reserved
    });
    if tariff.idle_fees.only_when_busy.is_some() && elements.next().is_none() {
        let message = "changes nothing: no PARKING_TIME has a price";
        let path = "idle_fees.only_when_busy";
        push(findings, LintCode::BusyLimit, path, message);
    }
}

/// Restrictions of the elements that price a dimension, with their positions, of one context.
fn pricing(
    tariff: &Tariff,
    dimension: Dimension,
    reservation: Option<Reservation>,
) -> impl Iterator<Item = (usize, &Restrictions)> {
    let elements = tariff.elements.iter().enumerate();
    elements.filter_map(move |(index, element)| {
        let mut components = element.components.iter();
        let prices = components.any(|component| component.dimension == dimension);
        let same = element.restrictions.reservation == reservation;
        (prices && same).then_some((index, &element.restrictions))
    })
}

/// Whether what an element says of a dimension can ever count.
fn reach(tariff: &Tariff, index: usize, dimension: Dimension, findings: &mut Vec<Finding>) {
    let Some(element) = tariff.elements.get(index) else {
        return;
    };
    let mut components = element.components.iter();
    let Some(place) = components.position(|component| component.dimension == dimension) else {
        return;
    };
    let here = &element.restrictions;
    let earlier = pricing(tariff, dimension, here.reservation).take_while(|(at, _)| *at < index);
    for (at, when) in earlier {
        let path = format!("elements[{index}].price_components[{place}]");
        if element::covers(when, here) {
            let message = format!("never counts: elements[{at}] holds whenever it does");
            push(findings, LintCode::Unreachable, path, &message);
            return;
        }
        // An exception before its rule is how tariffs are meant to be written.
        if !element::covers(here, when) && element::meet(when, here) {
            let message = format!("may hold together with elements[{at}], which then counts");
            push(findings, LintCode::Overlap, path, &message);
        }
    }
}

fn fallback(tariff: &Tariff, dimension: Dimension, findings: &mut Vec<Finding>) {
    let mut any = pricing(tariff, dimension, None).peekable();
    if any.peek().is_none() || dimension == Dimension::Flat {
        return;
    }
    if any.all(|(_, when)| *when != Restrictions::default()) {
        let name = element::name(dimension);
        let message = format!(
            "{name} is priced under conditions only: where none holds it is free; a last element \
             without restrictions would say so"
        );
        push(findings, LintCode::MissingFallback, "elements", &message);
    }
}

/// What a rate means where no tax applies, and its absence where tax is in the price.
const fn odd_tax(included: TaxIncluded, has_rate: bool) -> Option<&'static str> {
    match (included, has_rate) {
        (TaxIncluded::NotApplicable, true) => Some("does not count: no tax applies to this tariff"),
        (TaxIncluded::Yes, false) => {
            Some("is not given though tax is in the price: the cost before tax is not known")
        }
        (TaxIncluded::Yes | TaxIncluded::No, true)
        | (TaxIncluded::No | TaxIncluded::NotApplicable, false) => None,
    }
}
