//! Card numbers must never enter: finds them in any text (payments §6).
//!
//! Digits, in groups with single spaces or dashes between, are one when they pass Luhn and begin
//! and are as long as a card brand's numbers. Ids that pass Luhn by chance mostly fail the second.

use serde_json::Value;

/// No card number is longer (ISO/IEC 7812).
const DIGITS_MAX: usize = 19;

/// The first card number in a text, masked to its last four digits. What stands beside it, such as
/// an expiry date, does not hide it.
#[must_use]
pub fn find(text: &str) -> Option<String> {
    let mut groups: Vec<Vec<u8>> = Vec::new();
    let mut group: Vec<u8> = Vec::new();
    for character in text.chars().chain(std::iter::once('\n')) {
        if let Some(digit) = character
            .to_digit(10)
            .and_then(|digit| u8::try_from(digit).ok())
        {
            group.push(digit);
            continue;
        }
        let joins = matches!(character, ' ' | '-') && !group.is_empty();
        groups.push(std::mem::take(&mut group));
        if !joins {
            if let Some(masked) = among(&groups) {
                return Some(masked);
            }
            groups.clear();
        }
    }
    None
}

/// A card number made of some neighbouring groups.
fn among(groups: &[Vec<u8>]) -> Option<String> {
    (0..groups.len()).find_map(|start| {
        let mut digits: Vec<u8> = Vec::new();
        for group in groups.iter().skip(start) {
            digits.extend(group);
            if digits.len() > DIGITS_MAX {
                return None;
            }
            if let Some(masked) = card(&digits) {
                return Some(masked);
            }
        }
        None
    })
}

/// What is kept of bytes that hold a card number: every digit of one but the last four becomes `*`.
/// Where none can be found in the bytes as they stand (it was escaped), nothing is kept.
#[must_use]
pub fn masked(bytes: &[u8]) -> Vec<u8> {
    let mut kept = bytes.to_vec();
    let mut found = false;
    for start in 0..bytes.len() {
        let before = start.checked_sub(1).and_then(|place| bytes.get(place));
        if before.is_some_and(u8::is_ascii_digit) {
            continue;
        }
        let Some(places) = number_at(bytes, start) else {
            continue;
        };
        found = true;
        let hidden = places.len().saturating_sub(4);
        for place in places.into_iter().take(hidden) {
            if let Some(byte) = kept.get_mut(place) {
                *byte = b'*';
            }
        }
    }
    if found { kept } else { Vec::new() }
}

/// Where the digits of a card number that begins here stand.
fn number_at(bytes: &[u8], start: usize) -> Option<Vec<usize>> {
    let mut digits: Vec<u8> = Vec::new();
    let mut places = Vec::new();
    let mut longest = None;
    for (place, byte) in bytes.iter().enumerate().skip(start) {
        match byte {
            b'0'..=b'9' if digits.len() < DIGITS_MAX => {
                digits.push(byte.saturating_sub(b'0'));
                places.push(place);
                let ends = !bytes
                    .get(place.saturating_add(1))
                    .is_some_and(u8::is_ascii_digit);
                if ends && card(&digits).is_some() {
                    longest = Some(places.clone());
                }
            }
            b' ' | b'-' if !digits.is_empty() => {}
            _ => break,
        }
    }
    longest
}

/// The path of the first string in a JSON value that holds a card number, with the number masked.
#[must_use]
pub fn find_in(value: &Value, path: &str) -> Option<(String, String)> {
    match value {
        Value::String(text) => find(text).map(|masked| (path.to_owned(), masked)),
        Value::Number(number) => find(&number.to_string()).map(|masked| (path.to_owned(), masked)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, item)| find_in(item, &format!("{path}[{index}]"))),
        Value::Object(fields) => fields
            .iter()
            .find_map(|(name, field)| find_in(field, &format!("{path}.{name}"))),
        Value::Null | Value::Bool(_) => None,
    }
}

fn card(digits: &[u8]) -> Option<String> {
    if !brand(digits) || !luhn(digits) {
        return None;
    }
    let last: String = digits
        .iter()
        .rev()
        .take(4)
        .rev()
        .map(u8::to_string)
        .collect();
    Some(format!("[PAN:{last}]"))
}

/// Whether digits begin and are as long as a brand's numbers.
fn brand(digits: &[u8]) -> bool {
    let first = |count: usize| {
        digits.iter().take(count).fold(0_u32, |number, digit| {
            number.saturating_mul(10).saturating_add(u32::from(*digit))
        })
    };
    match digits.len() {
        13 => first(1) == 4,
        14 => matches!(first(2), 36 | 38 | 39) || (300..=305).contains(&first(3)),
        15 => matches!(first(2), 34 | 37),
        16 => {
            first(1) == 4
                || (51..=55).contains(&first(2))
                || (2_221..=2_720).contains(&first(4))
                || first(4) == 6_011
                || first(2) == 65
                || (3_528..=3_589).contains(&first(4))
                || first(2) == 62
        }
        17..=19 => first(1) == 4 || first(2) == 62,
        _ => false,
    }
}

fn luhn(digits: &[u8]) -> bool {
    let sum = digits
        .iter()
        .rev()
        .enumerate()
        .fold(0_u32, |sum, (place, digit)| {
            let value = u32::from(*digit);
            let value = if place % 2 == 1 {
                value.saturating_mul(2)
            } else {
                value
            };
            sum.saturating_add(if value > 9 {
                value.saturating_sub(9)
            } else {
                value
            })
        });
    sum % 10 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn card_numbers_are_found_with_and_without_separators_and_masked() {
        for text in [
            "4242424242424242",
            "pay 4242 4242 4242 4242 now",
            "5555-5555-5555-4444",
            "378282246310005",
            "nr 12 4242 4242 4242 4242 12/29 123",
        ] {
            let masked = find(text).expect(text);
            assert!(
                masked.starts_with("[PAN:") && masked.len() == 10,
                "{masked}"
            );
        }
    }

    #[test]
    fn ids_meters_and_times_are_left_alone() {
        for text in [
            "4242424242424241",
            "2026-11-25T11:27:23Z",
            "DE*ABC*E0001234567",
            "9223372036854775807",
            "1619901767042",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }

    #[test]
    fn the_field_is_named() {
        let value = serde_json::json!({ "data": { "notes": ["ok", "4242424242424242"] } });
        assert_eq!(
            find_in(&value, "event"),
            Some(("event.data.notes[1]".to_owned(), "[PAN:4242]".to_owned()))
        );
    }

    #[test]
    fn what_is_kept_of_bytes_shows_no_number() {
        let text = |bytes: &[u8]| String::from_utf8_lossy(&masked(bytes)).into_owned();
        assert_eq!(
            text(b"{\"t\":\"4111 1111-1111 1111\"}"),
            "{\"t\":\"**** ****-**** 1111\"}"
        );
        assert_eq!(
            text(b"x 4111111111111111, 5555555555554444"),
            "x ************1111, ************4444"
        );
        assert_eq!(
            text(b"4111\\u00311111111 1111"),
            "",
            "escaped: nothing is kept"
        );
    }
}
