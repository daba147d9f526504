//! Card numbers are found however they are written, and what is none is left alone.

use super::*;
use proptest::prelude::*;

#[test]
fn card_numbers_are_found_with_and_without_separators_and_masked() {
    for text in [
        "4242424242424242",
        "pay 4242 4242 4242 4242 now",
        "5555-5555-5555-4444",
        "5555.5555.5555.4444",
        "5555  5555 - 5555_4444",
        "5555\u{a0}5555\u{a0}5555\u{a0}4444",
        "x378282246310005y",
        "6445644564456445",
        "2201382000000013",
        "6759649826438453",
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
        "4.242424242424242",
        "41234567.12345678",
        "000000004242424242424242",
        "2_39_81_4550_2021-05-02 15:38:34.361379",
        "2-39-81-4550-2021-05-02",
    ] {
        assert_eq!(find(text), None, "{text}");
    }
}

#[test]
fn the_field_is_named_and_a_name_that_is_a_number_is_masked() {
    let value = serde_json::json!({ "data": { "notes": ["ok", "4242424242424242"] } });
    assert_eq!(
        find_in(&value, "event"),
        Some(("event.data.notes[1]".to_owned(), "[PAN:4242]".to_owned()))
    );
    let value = serde_json::json!({ "data": { "4242 4242 4242 4242": 1 } });
    assert_eq!(
        find_in(&value, "event"),
        Some(("event.data.[PAN:4242]".to_owned(), "[PAN:4242]".to_owned()))
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
    assert_eq!(
        scrubbed(b"no \\number 17"),
        b"no \\number 17",
        "what holds none is kept as it is"
    );
    let wide: Vec<u8> = b"4111111111111111"
        .iter()
        .flat_map(|byte| [*byte, 0])
        .collect();
    assert!(scrubbed(&wide).starts_with(&[b'*', 0, b'*', 0]), "UTF-16");
}

/// Twelve digits to which a last one is added that passes Luhn.
fn with_check_digit(begin: &str) -> String {
    (0..10)
        .map(|digit| format!("{begin}{digit}"))
        .find(|number| find(number).is_some())
        .expect("one of ten passes")
}

proptest! {
    /// Law: no transaction id of OCPP 2.x, a UUID, is taken for a card number.
    #[test]
    fn a_uuid_is_no_card_number(digits in proptest::collection::vec(0..10_u8, 32)) {
        let hex: String = digits.iter().map(u8::to_string).collect();
        let uuid = format!(
            "{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]
        );
        prop_assert_eq!(find(&uuid), None);
        prop_assert_eq!(find(&format!("evt/{uuid}/start")), None);
    }

    /// Law: wherever a card number stands among other text, nothing kept shows it.
    #[test]
    fn no_number_survives_in_what_is_kept(
        body in proptest::collection::vec(0..10_u8, 14),
        before in "[a-zA-Z \"{:,.]{0,20}",
        after in "[a-zA-Z \"}:,.]{0,20}",
        every in 1..17_usize,
    ) {
        let body: String = body.iter().map(u8::to_string).collect();
        let number = with_check_digit(&format!("4{body}"));
        let groups: Vec<&[u8]> = number.as_bytes().chunks(every).collect();
        let written = String::from_utf8(groups.join(&b' ')).unwrap();
        let text = format!("{before}{written}{after}");
        prop_assert!(find(&text).is_some(), "{}", text);
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        prop_assert!(!digits(&hidden(&text)).contains(&number), "{}", hidden(&text));
        let kept = String::from_utf8(scrubbed(text.as_bytes())).unwrap();
        prop_assert!(!digits(&kept).contains(&number), "{}", kept);
    }
}
