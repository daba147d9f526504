//! Whole numbers of JSON answers as people write them: amounts, kWh, spans, prices, local times.
//!
//! Invariant: figures are only shown: no amount or energy is rounded or added up.

use chrono::{DateTime, Offset as _};
use serde_json::Value;
use wattledger_domain::money::{Currency, Money};

/// What stands where something is absent.
pub const ABSENT: &str = "–";

/// Fields of an object in an answer.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a>(pub &'a Value);

impl<'a> Fields<'a> {
    /// A text; empty when there is none.
    #[must_use]
    pub fn text(self, name: &str) -> &'a str {
        self.0[name].as_str().unwrap_or_default()
    }

    /// A text that is there and not empty.
    #[must_use]
    pub fn stated(self, name: &str) -> Option<&'a str> {
        self.0[name].as_str().filter(|text| !text.is_empty())
    }

    /// A whole number; 0 when there is none.
    #[must_use]
    pub fn number(self, name: &str) -> i64 {
        self.0[name].as_i64().unwrap_or_default()
    }

    /// A whole number that is there.
    #[must_use]
    pub fn stated_number(self, name: &str) -> Option<i64> {
        self.0[name].as_i64()
    }

    /// The items of an array; none when there is none.
    #[must_use]
    pub fn items(self, name: &str) -> &'a [Value] {
        self.0[name]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// An object inside; all its fields are absent when there is none.
    #[must_use]
    pub fn inside(self, name: &str) -> Self {
        Self(&self.0[name])
    }

    /// An amount of minor units in a currency field's currency: `12.34 EUR`.
    #[must_use]
    pub fn amount(self, minor: &str, currency: &str) -> String {
        match self.stated_number(minor) {
            Some(minor) => amount(minor, self.text(currency)),
            None => ABSENT.to_owned(),
        }
    }
}

/// `12.34 EUR`.
#[must_use]
pub fn amount(minor: i64, currency: &str) -> String {
    match Currency::recorded(currency) {
        Ok(currency) => Money::new(minor, currency).to_string(),
        Err(_) => format!("{minor} minor units"),
    }
}

/// `12.34`, for a column that has its currency beside it.
#[must_use]
pub fn bare_amount(minor: i64, currency: &str) -> String {
    let text = amount(minor, currency);
    text.split_once(' ')
        .map_or(text.clone(), |(number, _)| number.to_owned())
}

/// mWh as kWh: to the Wh, further only where there is more to say.
#[must_use]
pub fn kwh(mwh: i64) -> String {
    at_least(mwh, 6, 3)
}

/// A unit price of 10⁻⁸, with at least two places.
#[must_use]
pub fn price(e8: i64) -> String {
    at_least(e8, 8, 2)
}

/// A tax rate of 10⁻⁴ percent.
#[must_use]
pub fn percent(rate: i64) -> String {
    format!("{} %", at_least(rate, 4, 0))
}

/// A whole number of 10^-places as a decimal with at least `least` places.
fn at_least(value: i64, places: usize, least: usize) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let digits = format!(
        "{:0>width$}",
        value.unsigned_abs(),
        width = places.saturating_add(1)
    );
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(places));
    let kept = fraction.trim_end_matches('0').len().max(least);
    match fraction.get(..kept) {
        Some(fraction) if !fraction.is_empty() => format!("{sign}{whole}.{fraction}"),
        _ => format!("{sign}{whole}"),
    }
}

/// A span of ms: `2 h 05 min`, `5 min 30 s`, `12 s`, `0.250 s`.
#[must_use]
pub fn span(ms: i64) -> String {
    let sign = if ms < 0 { "-" } else { "" };
    let ms = ms.unsigned_abs();
    let part = |unit: u64, of: u64| {
        ms.checked_div(unit)
            .and_then(|n| n.checked_rem(of))
            .unwrap_or(0)
    };
    let hours = ms.checked_div(3_600_000).unwrap_or(0);
    let (minutes, seconds, rest) = (part(60_000, 60), part(1_000, 60), part(1, 1_000));
    let text = match (hours, minutes, seconds, rest) {
        (0, 0, 0, rest) if rest > 0 => format!("0.{rest:03} s"),
        (0, 0, seconds, _) => format!("{seconds} s"),
        (0, minutes, 0, _) => format!("{minutes} min"),
        (0, minutes, seconds, _) => format!("{minutes} min {seconds:02} s"),
        (hours, minutes, 0, _) => format!("{hours} h {minutes:02} min"),
        (hours, minutes, seconds, _) => format!("{hours} h {minutes:02} min {seconds:02} s"),
    };
    format!("{sign}{text}")
}

/// An instant on the wall clock of a zone with its offset: `2026-10-25 02:30:00 +01:00`; in UTC when
/// the zone is not known.
#[must_use]
pub fn local_time(ms: i64, zone: &str) -> String {
    let Some(instant) = DateTime::from_timestamp_millis(ms) else {
        return format!("{ms} ms since 1970");
    };
    match zone.parse::<chrono_tz::Tz>() {
        Err(_) => instant.format("%Y-%m-%d %H:%M:%SZ").to_string(),
        Ok(zone) => {
            let local = instant.with_timezone(&zone);
            let seconds = local.offset().fix().local_minus_utc();
            let sign = if seconds < 0 { '-' } else { '+' };
            let minutes = seconds.unsigned_abs().checked_div(60).unwrap_or(0);
            let (hours, minutes) = (minutes.checked_div(60), minutes.checked_rem(60));
            let clock = local.format("%Y-%m-%d %H:%M:%S");
            format!(
                "{clock} {sign}{:02}:{:02}",
                hours.unwrap_or(0),
                minutes.unwrap_or(0)
            )
        }
    }
}

/// A whole number in groups of three digits: `2,114`.
#[must_use]
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        let left = digits.len().saturating_sub(index);
        if index > 0 && left.checked_rem(3) == Some(0) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0 { format!("-{text}") } else { text }
}

/// A decimal, with what follows it, its whole part in groups of three digits: `25,492.42 EUR`.
#[must_use]
pub fn thousands(decimal: &str) -> String {
    let end = decimal
        .find(|letter: char| !letter.is_ascii_digit() && letter != '-')
        .unwrap_or(decimal.len());
    let (whole, rest) = decimal.split_at(end);
    match whole.parse() {
        Ok(number) if whole != "-0" => format!("{}{rest}", grouped(number)),
        Ok(_) | Err(_) => decimal.to_owned(),
    }
}

/// A machine's word for people: `no_payer` is `no payer`.
#[must_use]
pub fn plain(word: &str) -> String {
    word.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_the_places_of_their_currency() {
        assert_eq!(amount(1234, "EUR"), "12.34 EUR");
        assert_eq!(amount(29, "JPY"), "29 JPY");
        assert_eq!(amount(5, "?"), "5 minor units");
        assert_eq!(bare_amount(-5, "EUR"), "-0.05");
    }

    #[test]
    fn energy_shows_more_than_watt_hours_only_where_there_is_more() {
        assert_eq!(kwh(12_345_000), "12.345");
        assert_eq!(kwh(12_345_678), "12.345678");
        assert_eq!(kwh(0), "0.000");
        assert_eq!(kwh(-1_500_000), "-1.500");
        assert_eq!(price(52_000_000), "0.52");
        assert_eq!(price(300_000_000), "3.00");
        assert_eq!(price(52_500_000), "0.525");
        assert_eq!(percent(190_000), "19 %");
        assert_eq!(percent(88_750), "8.875 %");
    }

    #[test]
    fn spans_read_as_hours_minutes_and_seconds() {
        for (ms, expect) in [
            (0, "0 s"),
            (250, "0.250 s"),
            (59_999, "59 s"),
            (330_000, "5 min 30 s"),
            (300_000, "5 min"),
            (7_500_000, "2 h 05 min"),
            (7_501_000, "2 h 05 min 01 s"),
            (-60_000, "-1 min"),
        ] {
            assert_eq!(span(ms), expect);
        }
    }

    #[test]
    fn an_autumn_night_shows_its_two_hours_apart() {
        assert_eq!(
            local_time(1_792_888_200_000, "Europe/Berlin"),
            "2026-10-25 02:30:00 +02:00"
        );
        assert_eq!(
            local_time(1_792_891_800_000, "Europe/Berlin"),
            "2026-10-25 02:30:00 +01:00"
        );
        assert_eq!(
            local_time(1_792_891_800_000, "America/St_Johns"),
            "2026-10-24 23:00:00 -02:30"
        );
        assert_eq!(
            local_time(1_792_891_800_000, "Mars"),
            "2026-10-25 01:30:00Z"
        );
        assert_eq!(
            local_time(i64::MAX, "UTC"),
            "9223372036854775807 ms since 1970"
        );
    }

    #[test]
    fn large_numbers_are_grouped() {
        assert_eq!(grouped(2_114), "2,114");
        assert_eq!(grouped(-1_234_567), "-1,234,567");
        assert_eq!(grouped(999), "999");
        for (plain, expect) in [
            ("25492.42 EUR", "25,492.42 EUR"),
            ("-1234.5", "-1,234.5"),
            ("-0.05", "-0.05"),
            ("999 JPY", "999 JPY"),
            ("37580.968455", "37,580.968455"),
            ("", ""),
        ] {
            assert_eq!(thousands(plain), expect);
        }
    }
}
