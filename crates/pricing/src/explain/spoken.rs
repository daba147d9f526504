//! A tariff in words that a driver understands, in four languages.

mod words;

use super::{decimal, fixed};
use wattledger_domain::market::MarketFormula;
use wattledger_domain::money::Currency;
use wattledger_domain::price::PriceE8;
use wattledger_domain::tariff::{
    Component, Dimension, Element, LocalDate, PriceLimit, Reservation, Restrictions, Tariff,
    TaxIncluded, Weekday,
};
pub use words::Language;
use words::Words;

const WEEK: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

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
    let (before, after) = words.idle_withdrawn;
    let within = fees.withdrawn_within.map(|span| {
        format!("{before} {} {after}", lasting(span.0))
            .trim_end()
            .to_owned()
    });
    let most = |within: &str, cap: Option<PriceE8>| {
        let cost = |cap| money(cap, tariff.currency, words);
        cap.map(|cap| format!("{} {} {within}", words.idle_at_most, cost(cap)))
    };
    let caps = [
        most(words.in_session, fees.max_per_session),
        most(words.in_day, fees.max_per_day),
    ];
    let (before, after) = words.idle_only_when_busy;
    let busy = fees.only_when_busy.map(|share| {
        let percent = number(i64::from(share.per_mille()), 1, words);
        format!("{before} {percent} {after}")
    });
    let bounds = [busy, within].into_iter().chain(caps);
    let sentences = bounds.flatten();
    sentences.map(|sentence| sentence + ".").collect()
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
    let colon = words.colon;
    let mut text = if component.price.0 == 0 {
        format!("{name}{colon}{}", words.free)
    } else {
        let price = money(component.price, tariff.currency, words);
        format!("{name}{colon}{price}{unit}")
    };
    if let Some(rate) = component.tax.filter(|_| component.price.0 != 0) {
        let percent = number(rate.0, 4, words);
        text.push_str(&format!(" + {percent} % {}", words.tax));
    }
    if component.step_size > 1 {
        let step = i64::from(component.step_size);
        let block = match component.dimension {
            Dimension::Energy => Some(format!("{} kWh", number(step, 3, words))),
            Dimension::Time | Dimension::ParkingTime => step.checked_mul(1_000).map(lasting),
            Dimension::Flat => None,
        };
        if let Some(block) = block {
            text.push_str(&format!(", {} {block}", words.in_blocks));
        }
    }
    text
}

fn amount_of(limit: PriceLimit, currency: Currency, words: &Words) -> String {
    let before = money(limit.before_tax, currency, words);
    let mut text = format!("{before} {}", words.before_tax);
    if let Some(after) = limit.after_tax {
        let after = money(after, currency, words);
        text.push_str(&format!(", {after} {}", words.after_tax));
    }
    text
}

/// `0,50 EUR`: at least the places of the currency, and as many as the price has.
fn money(price: PriceE8, currency: Currency, words: &Words) -> String {
    let places = usize::try_from(currency.minor_places()).unwrap_or(2);
    let shortest = decimal(price.0, 8);
    let fraction = shortest
        .split_once('.')
        .map_or(0, |(_, fraction)| fraction.len());
    let text = if fraction >= places {
        shortest
    } else {
        // The digits that are cut off are zeros.
        let digits = fixed(price.0, 8);
        let cut = 8_usize
            .saturating_sub(places)
            .saturating_add(usize::from(places == 0));
        let kept = digits.len().saturating_sub(cut);
        digits.get(..kept).unwrap_or(&digits).to_owned()
    };
    format!("{} {currency}", marked(&text, words))
}

/// A whole number of 10^-places without trailing zeros, as the language writes it.
fn number(value: i64, places: usize, words: &Words) -> String {
    marked(&decimal(value, places), words)
}

fn marked(text: &str, words: &Words) -> String {
    text.replace('.', words.decimal_mark.encode_utf8(&mut [0; 4]))
}

/// `1 h 30 min`, `5 min`, `45 s`: the parts that are not nothing.
fn lasting(milliseconds: i64) -> String {
    let seconds = milliseconds.div_euclid(1_000);
    let parts = [
        (seconds.div_euclid(3_600), "h"),
        (seconds.div_euclid(60).rem_euclid(60), "min"),
        (seconds.rem_euclid(60), "s"),
    ];
    let told = parts.iter().filter(|(count, _)| *count != 0);
    let told: Vec<String> = told
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect();
    if told.is_empty() {
        return "0 s".to_owned();
    }
    told.join(" ")
}

/// `Mon–Fri` where three or more follow each other, else `Mon, Wed`.
fn weekdays(days: &[Weekday], words: &Words) -> String {
    let mut sorted = days.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let run = WEEK.windows(sorted.len().max(1)).any(|run| run == sorted);
    if let ([first, _, _, ..], Some(last), true) = (sorted.as_slice(), sorted.last(), run) {
        return format!("{}–{}", words.day(*first), words.day(*last));
    }
    let days: Vec<&str> = sorted.iter().map(|day| words.day(*day)).collect();
    days.join(", ")
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
        found.push(weekdays(&when.days, words));
    }
    let date = |LocalDate { year, month, day }| match words.date_mark {
        None => format!("{year:04}-{month:02}-{day:02}"),
        Some(mark) => format!("{day:02}{mark}{month:02}{mark}{year:04}"),
    };
    if let Some(start) = when.start_date {
        found.push(format!("{} {}", words.from_date, date(start)));
    }
    if let Some(end) = when.end_date {
        found.push(format!("{} {}", words.before_date, date(end)));
    }
    let mut range = |what: &str, unit: &str, places: usize, bounds: (Option<i64>, Option<i64>)| {
        let text = |value: i64| format!("{} {unit}", number(value, places, words));
        match bounds {
            (None, None) => {}
            (Some(low), None) => found.push(format!("{what} {} {}", words.from, text(low))),
            (None, Some(high)) => found.push(format!("{what} {} {}", words.below, text(high))),
            (Some(low), Some(high)) => found.push(format!(
                "{what} {} {} {} {}",
                words.from,
                text(low),
                words.to_below,
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
