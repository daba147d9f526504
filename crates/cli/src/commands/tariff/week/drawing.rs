//! The price of energy over a week, drawn: steps over a grid of local days and round prices.
//!
//! Invariant: the same prices are the same picture, byte for byte.

use crate::commands::price::decimal_trimmed;
use crate::figures::local_time;
use std::fmt::Write as _;
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::time::Timestamp;
use wattledger_pricing::PriceStretch;

/// The picture, and the margins that labels stand in.
const WIDTH: i64 = 1_080;
const HEIGHT: i64 = 340;
const LEFT: i64 = 62;
const RIGHT: i64 = 1_070;
const TOP: i64 = 40;
const BOTTOM: i64 = 306;

/// What the label of a day needs.
const LABEL: i64 = 66;

/// Local days are looked for in steps of this: no zone changes days between.
const QUARTER: i64 = 900_000;

/// Lines of price: at most so many above the lowest.
const LINES_MAX: i64 = 6;

/// Where an instant and a price stand.
struct Scale {
    start: Timestamp,
    span: i64,
    low: i64,
    high: i64,
}

/// `currency` and zone are those of the prices, which cover `span` milliseconds from a start.
pub fn svg(
    prices: &[PriceStretch],
    (start, span): (Timestamp, i64),
    (currency, zone): (&str, &str),
) -> String {
    let energies = || prices.iter().filter_map(|stretch| stretch.energy);
    let low = energies().map(|price| price.0).min().unwrap_or(0).min(0);
    let high = energies().map(|price| price.0).max().unwrap_or(0).max(0);
    let high = if high == low {
        low.saturating_add(100_000_000)
    } else {
        high
    };
    let step = round_step(high.saturating_sub(low));
    let scale = Scale {
        start,
        span,
        low: multiple(low, step, false),
        high: multiple(high, step, true),
    };
    let title = format!(
        "Energy, {currency} per kWh, from {} ({zone})",
        local_time(start.0, zone)
    );
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         font-family=\"sans-serif\" font-size=\"13\" fill=\"#333\">\n<title>{title}</title>\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"24\" font-size=\"15\">{title}</text>\n"
    );
    lines_of_price(&mut text, &scale, step);
    days(&mut text, &scale, zone);
    steps(&mut text, &scale, prices);
    text.push_str("</svg>\n");
    text
}

/// A grid line for each round price, zero darker than the rest.
fn lines_of_price(text: &mut String, scale: &Scale, step: i64) {
    let mut price = scale.low;
    while price <= scale.high {
        let y = scale.down(price);
        let (label, color) = (
            decimal_trimmed(i128::from(price), 8),
            if price == 0 { "#888" } else { "#ddd" },
        );
        let (end, base) = (LEFT.saturating_sub(8), y.saturating_add(4));
        // Writing to a String does not fail.
        let _ = writeln!(
            text,
            "<line x1=\"{LEFT}\" y1=\"{y}\" x2=\"{RIGHT}\" y2=\"{y}\" stroke=\"{color}\"/>\
             <text x=\"{end}\" y=\"{base}\" text-anchor=\"end\">{label}</text>"
        );
        price = price.saturating_add(step);
    }
}

/// A line at each local midnight, with the day that it begins.
fn days(text: &mut String, scale: &Scale, zone: &str) {
    let date = |at: i64| local_time(at, zone).get(..10).map(str::to_owned);
    let end = scale.start.0.saturating_add(scale.span);
    let mut at = scale.start.0;
    let mut known = date(at.saturating_sub(QUARTER));
    while at < end {
        let today = date(at);
        if today != known {
            let x = scale.across(Timestamp(at));
            let room = RIGHT.saturating_sub(x) >= LABEL;
            let label = today.as_deref().filter(|_| room).map(day_label);
            let (label, base) = (label.unwrap_or_default(), BOTTOM.saturating_add(20));
            let _ = writeln!(
                text,
                "<line x1=\"{x}\" y1=\"{TOP}\" x2=\"{x}\" y2=\"{BOTTOM}\" stroke=\"#bbb\" \
                 stroke-dasharray=\"2 3\"/><text x=\"{}\" y=\"{base}\">{label}</text>",
                x.saturating_add(4)
            );
            known = today;
        }
        at = at.saturating_add(QUARTER);
    }
}

/// `Mon 01-05`.
fn day_label(date: &str) -> String {
    let read = chrono::NaiveDate::parse_from_str(date, "%Y-%m-%d");
    read.map_or_else(
        |_| date.to_owned(),
        |day| day.format("%a %m-%d").to_string(),
    )
}

/// The prices, with what is below them filled; a gap where energy has no price.
fn steps(text: &mut String, scale: &Scale, prices: &[PriceStretch]) {
    let ground = scale.down(0);
    for run in prices.chunk_by(|one, next| one.energy.is_some() == next.energy.is_some()) {
        let mut points = String::new();
        for stretch in run {
            let Some(price) = stretch.energy else {
                continue;
            };
            let y = scale.down(price.0);
            let (from, to) = (scale.across(stretch.from), scale.across(stretch.to));
            let _ = write!(points, "{from},{y} {to},{y} ");
        }
        let (Some(first), Some(last), false) = (run.first(), run.last(), points.is_empty()) else {
            continue;
        };
        let (from, to) = (scale.across(first.from), scale.across(last.to));
        let points = points.trim_end();
        let _ = writeln!(
            text,
            "<polygon fill=\"#0a5\" fill-opacity=\"0.15\" points=\"{from},{ground} {points} \
             {to},{ground}\"/>\n<polyline fill=\"none\" stroke=\"#0a5\" stroke-width=\"2\" \
             points=\"{points}\"/>"
        );
    }
}

impl Scale {
    fn across(&self, at: Timestamp) -> i64 {
        let Milliseconds(gone) = at.since(self.start);
        part(gone, self.span, RIGHT.saturating_sub(LEFT)).saturating_add(LEFT)
    }

    fn down(&self, price: i64) -> i64 {
        let above = price.saturating_sub(self.low);
        let range = self.high.saturating_sub(self.low);
        BOTTOM.saturating_sub(part(above, range, BOTTOM.saturating_sub(TOP)))
    }
}

/// A share of a whole as a part of a length.
fn part(share: i64, whole: i64, length: i64) -> i64 {
    let scaled = i128::from(share).saturating_mul(i128::from(length));
    let part = scaled.checked_div(i128::from(whole)).unwrap_or(0);
    i64::try_from(part).unwrap_or(length)
}

/// The least of 1, 2 and 5 × 10^n that needs no more than [`LINES_MAX`] lines over a range.
fn round_step(range: i64) -> i64 {
    let mut unit = 1_i64;
    loop {
        for times in [1, 2, 5] {
            let step = unit.saturating_mul(times);
            if range.checked_div(step).unwrap_or(0) < LINES_MAX {
                return step;
            }
        }
        unit = unit.saturating_mul(10);
    }
}

/// The next multiple of a step, below or above.
fn multiple(price: i64, step: i64, above: bool) -> i64 {
    let below = price.saturating_sub(price.rem_euclid(step));
    if above && below != price {
        below.saturating_add(step)
    } else {
        below
    }
}
