//! A tariff in words that a driver understands, in four languages.

mod words;

use super::{decimal, duration};
use wattledger_domain::market::MarketFormula;
use wattledger_domain::money::Currency;
use wattledger_domain::price::PriceE8;
use wattledger_domain::tariff::{
    Component, Dimension, Element, LocalDate, PriceLimit, Reservation, Restrictions, Tariff,
    TaxIncluded,
};
pub use words::Language;
use words::Words;

/// A sentence per price in the tariff's order, then what holds for all.
#[must_use]
pub fn explain_tariff(tariff: &Tariff, language: Language) -> Vec<String> {
    let words = language.words();
    let mut sentences = Vec::new();
    for (number, element) in tariff.elements.iter().enumerate() {
        let conditions = conditions(&element.restrictions, words);
        for component in &element.components {
            let mut price = price(element, component, tariff, words);
            if component.dimension == Dimension::Energy
                && let Some(formula) = market_of(tariff, number)
            {
                price.push_str(&format!(
                    ", {} {}",
                    words.unless_market,
                    made_of(formula, tariff)
                ));
            }
            let when = if conditions.is_empty() {
                words.always.to_owned()
            } else {
                conditions.join(", ")
            };
            sentences.push(format!("{price} ({when})"));
        }
    }
    if tariff.elements.len() > 1 {
        sentences.push(words.first_counts.to_owned());
    }
    sentences.extend(idle(tariff, words));
    let limits = [
        (words.at_least, tariff.min_price),
        (words.at_most, tariff.max_price),
    ];
    for (name, limit) in limits {
        if let Some(limit) = limit {
            sentences.push(format!(
                "{name} {}",
                amount_of(limit, tariff.currency, words)
            ));
        }
    }
    sentences.push(
        match tariff.tax_included {
            TaxIncluded::Yes => words.tax_included,
            TaxIncluded::No => words.tax_added,
            TaxIncluded::NotApplicable => words.tax_none,
        }
        .to_owned(),
    );
    sentences
}

fn market_of(tariff: &Tariff, element: usize) -> Option<&MarketFormula> {
    let mut formulas = tariff.markets.iter();
    formulas.find(|formula| usize::from(formula.element) == element)
}

/// `DE-LU × 1.02 + 0.0355 + 0.09 (06:00–22:00) ≥ 0 ≤ 0.8 EUR/kWh`: numbers need no language.
fn made_of(formula: &MarketFormula, tariff: &Tariff) -> String {
    let mut text = formula.market.to_string();
    if formula.factor != MarketFormula::ONCE {
        text.push_str(&format!(" × {}", decimal(formula.factor, 6)));
    }
    for added in [formula.markup, formula.levy] {
        if added.0 != 0 {
            text.push_str(&format!(" + {}", decimal(added.0, 8)));
        }
    }
    for (place, fee) in formula.grid_fees.iter().enumerate() {
        let sign = if place == 0 { "+" } else { "|" };
        let when = super::conditions(&fee.when);
        text.push_str(&format!(" {sign} {}", decimal(fee.price.0, 8)));
        if !when.is_empty() {
            text.push_str(&format!(" ({})", when.join(", ")));
        }
    }
    for (sign, bound) in [("≥", formula.floor), ("≤", formula.cap)] {
        if let Some(bound) = bound {
            text.push_str(&format!(" {sign} {}", decimal(bound.0, 8)));
        }
    }
    format!("{text} {}/kWh", tariff.currency)
}

/// What bounds the fees for parking.
fn idle(tariff: &Tariff, words: &Words) -> Vec<String> {
    let fees = tariff.idle_fees;
    let within = fees
        .withdrawn_within
        .map(|span| format!("{} {}", words.idle_withdrawn, duration(span.0)));
    let most = |name: &str, cap: Option<PriceE8>| {
        cap.map(|cap| format!("{name} {} {}", decimal(cap.0, 8), tariff.currency))
    };
    let caps = [
        most(words.idle_session, fees.max_per_session),
        most(words.idle_day, fees.max_per_day),
    ];
    within
        .into_iter()
        .chain(caps.into_iter().flatten())
        .collect()
}

fn price(element: &Element, component: &Component, tariff: &Tariff, words: &Words) -> String {
    let reserved = element.restrictions.reservation;
    let (name, unit) = match (component.dimension, reserved) {
        (Dimension::Energy, _) => (words.energy, "/kWh"),
        (Dimension::ParkingTime, _) => (words.parking, words.per_hour),
        (Dimension::Time, None) => (words.charging_time, words.per_hour),
        (Dimension::Flat, None) => (words.start_fee, ""),
        (Dimension::Time, Some(_)) => (words.reserved_time, words.per_hour),
        (Dimension::Flat, Some(_)) => (words.reservation_fee, ""),
    };
    let PriceE8(price) = component.price;
    let mut text = if price == 0 {
        format!("{name}: {}", words.free)
    } else {
        format!("{name}: {} {}{unit}", decimal(price, 8), tariff.currency)
    };
    if let Some(rate) = component.tax.filter(|_| price != 0) {
        let percent = decimal(rate.0, 4);
        text.push_str(&format!(" + {percent} % {}", words.tax));
    }
    if component.step_size > 1 {
        let step = i64::from(component.step_size);
        let block = match component.dimension {
            Dimension::Energy => Some(format!("{} kWh", decimal(step, 3))),
            Dimension::Time | Dimension::ParkingTime => step.checked_mul(1_000).map(duration),
            Dimension::Flat => None,
        };
        if let Some(block) = block {
            text.push_str(&format!(", {} {block}", words.in_blocks));
        }
    }
    text
}

fn amount_of(limit: PriceLimit, currency: Currency, words: &Words) -> String {
    let before = decimal(limit.before_tax.0, 8);
    let mut text = format!("{before} {currency} {}", words.before_tax);
    if let Some(after) = limit.after_tax {
        text.push_str(&format!(
            ", {} {currency} {}",
            decimal(after.0, 8),
            words.after_tax
        ));
    }
    text
}

fn conditions(when: &Restrictions, words: &Words) -> Vec<String> {
    let mut found = Vec::new();
    let clock = |minute: u16| format!("{:02}:{:02}", minute.div_euclid(60), minute.rem_euclid(60));
    if when.start_time.is_some() || when.end_time.is_some() {
        let start = when.start_time.map_or(0, |start| start.0);
        let end = when.end_time.map_or(0, |end| end.0);
        let end = if end == 0 {
            "24:00".to_owned()
        } else {
            clock(end)
        };
        found.push(format!("{}–{end}", clock(start)));
    }
    if !when.days.is_empty() {
        let days: Vec<&str> = when.days.iter().map(|day| words.day(*day)).collect();
        found.push(days.join(" "));
    }
    let date = |LocalDate { year, month, day }| format!("{year:04}-{month:02}-{day:02}");
    if let Some(start) = when.start_date {
        found.push(format!("{} {}", words.from, date(start)));
    }
    if let Some(end) = when.end_date {
        found.push(format!("{} {}", words.before, date(end)));
    }
    let mut range = |what: &str, unit: &str, places: usize, bounds: (Option<i64>, Option<i64>)| {
        let text = |value: i64| format!("{} {unit}", decimal(value, places));
        match bounds {
            (None, None) => {}
            (Some(low), None) => found.push(format!("{what} {} {}", words.from, text(low))),
            (None, Some(high)) => found.push(format!("{what} {} {}", words.below, text(high))),
            (Some(low), Some(high)) => found.push(format!(
                "{what} {} {} {} {}",
                words.from,
                text(low),
                words.below,
                text(high)
            )),
        }
    };
    let (low, high) = (when.min_energy, when.max_energy);
    range(
        words.energy_used,
        "kWh",
        6,
        (low.map(|e| e.0), high.map(|e| e.0)),
    );
    let (low, high) = (when.min_power, when.max_power);
    range(words.power, "kW", 6, (low.map(|p| p.0), high.map(|p| p.0)));
    let (low, high) = (when.min_current, when.max_current);
    range(words.current, "A", 3, (low.map(|c| c.0), high.map(|c| c.0)));
    // Milliseconds as minutes, to a thousandth.
    let minutes = |span: wattledger_domain::quantity::Milliseconds| span.0.div_euclid(60);
    let (low, high) = (
        when.min_duration.map(minutes),
        when.max_duration.map(minutes),
    );
    range(words.session_time, "min", 3, (low, high));
    let (low, high) = (when.min_idle.map(minutes), when.max_idle.map(minutes));
    range(words.idle_time, "min", 3, (low, high));
    match when.reservation {
        None | Some(Reservation::Reservation) => {}
        Some(Reservation::Expires) => found.push(words.expired.to_owned()),
        Some(
            Reservation::Booking
            | Reservation::BookingExpires
            | Reservation::BookingCancellationFees
            | Reservation::BookingOvertime,
        ) => found.push(words.booking.to_owned()),
    }
    found
}
