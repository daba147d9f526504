//! A text read as one list is what the other way reads, and refuses.

use super::*;
use proptest::prelude::*;

/// Both ways to read come to the same, in what they read and in what they refuse.
#[track_caller]
fn check(text: &str) {
    let read = JsonTree::read(text.as_bytes());
    let expect = unique_keys::read(text.as_bytes());
    let found = read.map(|tree| tree.root().to_value());
    assert_eq!(found, expect, "{text}");
    if let Ok(value) = &expect {
        let again = JsonTree::of(value).root().to_value();
        assert_eq!(&again, value, "{text}");
        assert_eq!(again.to_string(), value.to_string());
    }
}

#[test]
fn a_text_reads_as_the_other_way_reads_it() {
    for text in [
        "null",
        " true ",
        "-0",
        "0.10",
        "1e400",
        "1E+5",
        "12345678901234567890123.450",
        "\"a\\u0000b\"",
        "\"\\/ \\\" \\\\\"",
        "[]",
        "{}",
        "[[[]], {}, [1, {}]]",
        r#"{"a": {"a": [{"a": 1}, {"a": 1.0}]}, "b": "\ud83d\ude97", "é": "ü"}"#,
        "\t{\r\n\"a\" : [ 1 , 2 ] }\n",
    ] {
        assert!(
            scan::nodes(text).is_some(),
            "{text} is left to the slow way"
        );
        check(text);
    }
}

#[test]
fn what_is_no_json_is_refused_with_the_same_words() {
    for text in [
        "",
        " ",
        "{",
        "[1,]",
        "[,1]",
        "{} {}",
        "\u{feff}{}",
        "NaN",
        "{\"a\":}",
        "{\"a\" 1}",
        "{a: 1}",
        "nul",
        "nulll",
        "01",
        "-",
        "1.",
        ".5",
        "1e",
        "1e+",
        "+1",
        "0x1",
        "\"",
        "\"\\\"",
        "\"\\x\"",
        "\"\n\"",
        "\"\\ud83d\"",
        "[1 2]",
        "{\"a\":1,}",
        "'a'",
        "\"a\u{0}b\"",
        "[\u{a0}1]",
        "{\"a\\u000\":1}",
        "tru\u{e9}",
        "1,",
    ] {
        assert!(scan::nodes(text).is_none(), "{text}");
        check(text);
    }
    let cut = JsonTree::read(b"\"\xff\"").unwrap_err();
    assert_eq!(cut, unique_keys::read(b"\"\xff\"").unwrap_err());
}

#[test]
fn a_key_that_stands_twice_is_refused_wherever_it_stands() {
    for text in [
        r#"{"price": 0.39, "price": 0.93}"#,
        r#"{"a": {"b": [1, {"c": 1, "d": [{"c": 1}], "c": 1}]}}"#,
        r#"{"price": 0.39, "\u0070rice": 0.93}"#,
        r#"{"": 1, "": 2}"#,
    ] {
        let fault = JsonTree::read(text.as_bytes()).unwrap_err();
        assert!(fault.reason.contains("is given twice"), "{fault}");
        check(text);
    }
}

#[test]
fn an_object_of_many_keys_is_read_and_its_twice_given_key_found() {
    for count in [63, 64, 65, 3_000] {
        let mut fields: Vec<String> = (0..count)
            .map(|one| format!("\"key{one}\": {one}"))
            .collect();
        check(&format!("{{{}}}", fields.join(",")));
        fields.push("\"key7\": 0".to_owned());
        check(&format!("{{{}}}", fields.join(",")));
    }
}

#[test]
fn a_key_of_serde_is_read_as_the_other_way_reads_it() {
    check(r#"[{"$serde_json::private::Number": "1.50"}]"#);
    check(r#"[{"$serde_json::private::Number": "x"}]"#);
}

#[test]
fn no_depth_of_nesting_takes_the_stack() {
    for depth in [99, 100, 101, 127, 128, 1_000_000] {
        let text = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let read = JsonTree::read(text.as_bytes());
        assert_eq!(
            read.is_ok(),
            unique_keys::read(text.as_bytes()).is_ok(),
            "{depth}"
        );
    }
}

#[test]
fn fields_items_and_words_are_found() {
    let text = br#"{"a": [1, {"b": "c"}, []], "d": null, "e": true, "f": 1.50, "g": {}}"#;
    let tree = JsonTree::read(text).unwrap();
    let root = tree.root();
    let names: Vec<&str> = root.fields().unwrap().map(|(name, _)| name).collect();
    assert_eq!(names, ["a", "d", "e", "f", "g"]);
    let items: Vec<Json<'_>> = root.get("a").unwrap().items().unwrap().collect();
    assert_eq!(items.len(), 3);
    assert_eq!(items[1].get("b").unwrap().text(), Some("c"));
    assert_eq!(items[2].items().unwrap().count(), 0);
    assert!(root.get("d").unwrap().is_null() && root.get("g").unwrap().is_object());
    assert_eq!(root.get("e").unwrap().flag(), Some(true));
    assert_eq!(root.get("f").unwrap().digits(), Some("1.50"));
    assert!(root.get("h").is_none() && items[1].get("a").is_none() && items[0].get("a").is_none());
    assert_eq!(
        (root.text(), root.digits(), root.flag()),
        (None, None, None)
    );
    assert!(root.items().is_none() && items[0].fields().is_none());
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 60, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::btree_map("[a-c]{0,2}|.{0,3}", inner, 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_value_reads_alike(value in value(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value).unwrap() } else { value.to_string() };
        prop_assert!(scan::nodes(&text).is_some());
        check(&text);
    }

    #[test]
    fn a_changed_text_reads_alike_or_is_refused_alike(
        value in value(), place in any::<prop::sample::Index>(), new in prop_oneof![
            "[\\[\\]{}\",:0-9eE.+ntf\\\\-]", any::<char>().prop_map(String::from), Just(String::new()),
        ],
    ) {
        let mut text: Vec<char> = value.to_string().chars().collect();
        let place = place.index(text.len());
        text.splice(place..=place, new.chars());
        check(&text.into_iter().collect::<String>());
    }

    #[test]
    fn any_text_of_its_letters_reads_alike(text in "[\\[\\]{}\",:0-9eE.+a\\\\ -]{0,12}") {
        check(&text);
    }
}
