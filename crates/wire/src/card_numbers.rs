//! Card numbers must never enter: finds them in any text, and hides them in what is kept or shown
//! (payments §6, reliability §8.1).
//!
//! Digits, in groups with a few separators between, are one when they pass Luhn and begin and are as
//! long as a card brand's numbers. Ids that pass Luhn by chance mostly fail the second, and what has
//! the form of a UUID is none. Digits in the middle of a longer number are no card number.

mod brands;
#[cfg(test)]
mod tests;

use brands::{DIGITS_MAX, DIGITS_MIN, is_card};
use serde_json::Value;
use std::borrow::Cow;

/// So many bytes may stand between two groups of digits: UTF-32 puts three before each.
const SEPARATORS_MAX: usize = 3;
/// Cards show their numbers in groups of four, or of four, six and five; only the last is shorter.
const GROUP_MIN: usize = 4;
/// How many digits stay readable.
const SHOWN: usize = 4;

/// The first card number in a text, masked to its last four digits. What stands beside it, such as
/// an expiry date, does not hide it.
#[must_use]
pub fn find(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let places = Scan::over(bytes)?.next()?;
    Some(mask(bytes, &places))
}

/// The path of the first text, number or field name in a JSON value that holds a card number, with
/// the number masked. Names that hold one are masked in the path too.
#[must_use]
pub fn find_in(value: &Value, path: &str) -> Option<(String, String)> {
    match value {
        Value::String(text) => find(text).map(|masked| (path.to_owned(), masked)),
        Value::Number(number) => find(&number.to_string()).map(|masked| (path.to_owned(), masked)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, item)| find_in(item, &format!("{path}[{index}]"))),
        Value::Object(fields) => fields.iter().find_map(|(name, field)| match find(name) {
            Some(masked) => Some((format!("{path}.{masked}"), masked)),
            None => find_in(field, &format!("{path}.{name}")),
        }),
        Value::Null | Value::Bool(_) => None,
    }
}

/// A text to be shown or kept: every digit of a card number but the last four is `*`.
#[must_use]
pub fn hidden(text: &str) -> Cow<'_, str> {
    match Scan::over(text.as_bytes()).and_then(|mut scan| scan.next()) {
        None => Cow::Borrowed(text),
        // Only ASCII digits are replaced, by ASCII.
        Some(_) => Cow::Owned(String::from_utf8_lossy(&starred(text.as_bytes())).into_owned()),
    }
}

/// What is kept of bytes that nobody could read: every digit of a card number but the last four
/// becomes `*`. Where one shows only once JSON's escapes are undone, nothing is kept.
#[must_use]
pub fn scrubbed(bytes: &[u8]) -> Vec<u8> {
    let kept = starred(bytes);
    let plain = unescaped(&kept);
    let found = Scan::over(&plain).and_then(|mut scan| scan.next());
    if found.is_some() { Vec::new() } else { kept }
}

/// What is kept of bytes that are known to hold a card number. Where none can be found in the bytes
/// as they stand, nothing is kept.
#[must_use]
pub fn masked(bytes: &[u8]) -> Vec<u8> {
    let kept = scrubbed(bytes);
    if kept == bytes { Vec::new() } else { kept }
}

/// The bytes with every digit of a card number but the last four replaced.
fn starred(bytes: &[u8]) -> Vec<u8> {
    let mut kept = bytes.to_vec();
    for places in Scan::over(bytes).into_iter().flatten() {
        let hidden = places.len().saturating_sub(SHOWN);
        for place in places.into_iter().take(hidden) {
            if let Some(byte) = kept.get_mut(place) {
                *byte = b'*';
            }
        }
    }
    kept
}

fn mask(bytes: &[u8], places: &[usize]) -> String {
    let shown = places.len().saturating_sub(SHOWN);
    let last = places
        .iter()
        .skip(shown)
        .filter_map(|place| bytes.get(*place));
    let last: String = last.map(|byte| char::from(*byte)).collect();
    format!("[PAN:{last}]")
}

/// Undoes `\uXXXX` of ASCII characters and `\/`; everything else stays.
fn unescaped(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !bytes.contains(&b'\\') {
        return Cow::Borrowed(bytes);
    }
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'\\' {
            plain.push(*first);
            continue;
        }
        let code = after.strip_prefix(b"u00").and_then(|code| code.get(..2));
        let code =
            code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        match code {
            Some(byte) => {
                plain.push(byte);
                rest = after.get(5..).unwrap_or_default();
            }
            None => plain.extend(after.strip_prefix(b"/").map(|_| b'-')),
        }
    }
    Cow::Owned(plain)
}

/// Goes through bytes and tells where the digits of each card number stand.
struct Scan<'a> {
    bytes: &'a [u8],
    next: usize,
}

impl<'a> Scan<'a> {
    /// `None` where there are too few digits for a card number.
    fn over(bytes: &'a [u8]) -> Option<Self> {
        let digits = bytes.iter().filter(|byte| byte.is_ascii_digit());
        (digits.take(DIGITS_MIN).count() == DIGITS_MIN).then_some(Self { bytes, next: 0 })
    }

    fn is_digit(&self, place: usize) -> bool {
        self.bytes.get(place).is_some_and(u8::is_ascii_digit)
    }

    /// The longest card number that begins here.
    fn number_at(&self, start: usize) -> Option<Vec<usize>> {
        let mut places: Vec<usize> = Vec::with_capacity(DIGITS_MAX);
        let mut digits: Vec<u8> = Vec::with_capacity(DIGITS_MAX);
        let mut gaps = Gaps::default();
        let mut group: usize = 0;
        let mut longest = None;
        for (place, byte) in self.bytes.iter().enumerate().skip(start) {
            if byte.is_ascii_digit() {
                if digits.len() == DIGITS_MAX {
                    break;
                }
                digits.push(byte.saturating_sub(b'0'));
                places.push(place);
                group = if gaps.end() {
                    1
                } else {
                    group.saturating_add(1)
                };
                let ends = !self.is_digit(place.saturating_add(1));
                if ends && !gaps.decimal() && is_card(&digits) {
                    longest = Some(places.clone());
                }
            } else if !gaps.take(*byte, group) {
                break;
            }
        }
        longest
    }

    /// The end of a UUID that begins here, standing by itself.
    fn uuid_at(&self, start: usize) -> Option<usize> {
        const DASHES: [usize; 4] = [8, 13, 18, 23];
        let end = start.saturating_add(36);
        let text = self.bytes.get(start..end)?;
        let joined = |place: usize| self.bytes.get(place).is_some_and(u8::is_ascii_alphanumeric);
        let formed = text.iter().enumerate().all(|(place, byte)| {
            if DASHES.contains(&place) {
                *byte == b'-'
            } else {
                byte.is_ascii_hexdigit()
            }
        });
        let alone = !joined(end) && !start.checked_sub(1).is_some_and(joined);
        (formed && alone).then_some(end)
    }
}

impl Iterator for Scan<'_> {
    type Item = Vec<usize>;

    fn next(&mut self) -> Option<Vec<usize>> {
        while self.next < self.bytes.len() {
            let here = self.next;
            self.next = here.saturating_add(1);
            if let Some(end) = self.uuid_at(here) {
                self.next = end;
                continue;
            }
            if !self.is_digit(here)
                || here
                    .checked_sub(1)
                    .is_some_and(|place| self.is_digit(place))
            {
                continue;
            }
            if let Some(places) = self.number_at(here) {
                self.next = places
                    .last()
                    .map_or(self.next, |last| last.saturating_add(1));
                return Some(places);
            }
        }
        None
    }
}

/// What stands between the groups of a number.
#[derive(Default)]
struct Gaps {
    /// Bytes of the gap that is open.
    open: usize,
    /// How many have been closed.
    closed: usize,
    /// Whether one of them was a lone point.
    point: bool,
}

impl Gaps {
    /// Whether this byte may stand there. Spaces may stand anywhere, anything else behind a whole
    /// group of a card: dates and ids like `2_39_81_4550` (ACN) are no card numbers.
    fn take(&mut self, byte: u8, group: usize) -> bool {
        // 0xC2 0xA0 is a space that does not break, 0 stands before digits in UTF-16.
        let space = matches!(byte, b' ' | 0 | 0xC2 | 0xA0);
        let mark = matches!(byte, b'-' | b'.' | b'_') && group >= GROUP_MIN;
        self.open = self.open.saturating_add(1);
        self.point |= byte == b'.';
        (space || mark) && self.open <= SEPARATORS_MAX
    }

    /// A digit follows; whether a gap lay before it.
    const fn end(&mut self) -> bool {
        let was_open = self.open > 0;
        if was_open {
            self.closed = self.closed.saturating_add(1);
            self.open = 0;
        }
        was_open
    }

    /// One point and nothing else: a number with decimals.
    const fn decimal(&self) -> bool {
        self.point && self.closed == 1
    }
}
