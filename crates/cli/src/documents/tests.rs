//! Documents with the lines of their fields.

use super::*;
use serde_json::json;

const SITES: &str = "\
# two sites
kind: Site
id: berlin
spec:
  timeZone: Europe/Berlin
  legalEntity: demo
---
kind: Site
id: oslo
spec:
  timeZone: Europe/Ohslo
  legalEntity: demo
";

fn faults(file: &str, text: &str) -> Vec<String> {
    let faults = check(read_text(file, text).unwrap()).unwrap_err();
    faults.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn refuse(file: &str, text: &str, expect: &str) {
    let error = read_text(file, text).unwrap_err();
    assert_eq!(error.code(), 1);
    assert_eq!(error.to_string(), expect);
}

#[test]
fn a_fault_names_file_line_and_field() {
    let expect = "sites.yaml:11: spec.timeZone: `Europe/Ohslo` is not an IANA zone";
    assert_eq!(faults("sites.yaml", SITES), [expect]);
}

#[test]
fn a_field_that_is_missing_is_told_at_what_should_hold_it() {
    let text = "kind: Site\nid: a\nspec:\n  timeZone: UTC\n";
    assert_eq!(
        faults("a.yaml", text),
        ["a.yaml:3: spec.legalEntity: is required"]
    );
}

#[test]
fn a_fault_inside_a_tariff_names_its_own_line() {
    let text = "\
kind: Tariff
id: t
spec:
  id: t
  currency: EUR
  elements:
    - price_components:
        - { type: ENERGY, price: 0.5, step_size: 1 }
        - { type: STEAM, price: 1, step_size: 1 }
";
    let place = "t.yaml:9: spec.elements[0].price_components[1].type";
    assert_eq!(
        faults("t.yaml", text),
        [format!("{place}: `STEAM` is not a price dimension")]
    );
}

#[test]
fn every_wrong_document_is_told_at_once_and_one_given_twice_too() {
    let text =
        "kind: Mountain\n---\nkind: Policy\nid: p\nspec: {}\n---\nkind: Policy\nid: p\nspec: {}\n";
    let found = faults("x.yaml", &format!("{text}---\nkind: Policy\nid: q\n"));
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(
        found[0].starts_with("x.yaml:1: kind: expected one of"),
        "{found:?}"
    );
    assert_eq!(
        found[1],
        "x.yaml:7: id: Policy `p` stands at x.yaml:3 already"
    );
    assert_eq!(found[2], "x.yaml:11: spec: is required");
}

#[test]
fn text_that_is_no_yaml_or_json_is_refused_with_its_line() {
    refuse(
        "a.yaml",
        "kind: [\n",
        "a.yaml:2: not YAML: while parsing a node, did not find expected node content",
    );
    refuse(
        "a.yaml",
        "a: 1\nb: &x 2\nc: *x\n",
        "a.yaml:3: aliases (`*name`) are not read here: write it out",
    );
    refuse(
        "a.yaml",
        "a: !!int 1\n",
        "a.yaml:1: tags (`!name`) are not read here",
    );
    refuse("a.yaml", "a: 1\na: 2\n", "a.yaml:2: `a` is given twice");
    refuse(
        "a.json",
        "{\n\"a\": }",
        "a.json:2: not JSON: expected value at line 2 column 6",
    );
}

#[test]
fn rubbish_never_panics() {
    for text in [
        "",
        "\0",
        "---\n---\n",
        "- - - -",
        "{{{{",
        "%YAML 9\n",
        "\u{feff}",
        "? ? ?",
        "a: b: c",
        "\t\t",
    ] {
        for name in ["a.yaml", "a.json"] {
            if let Ok(documents) = read_text(name, text) {
                let _ = check(documents);
            }
        }
    }
    let deep = "[".repeat(100_000);
    assert!(read_text("a.yaml", &format!("a: {deep}")).is_err());
    assert!(read_text("a.json", &deep).is_err());
}

#[test]
fn a_number_keeps_its_digits_and_a_word_stays_a_word() {
    let text = "a: 0.10\nb: no\nc: 007\nd: '1'\ne: ~\nf: true\ng: 12:30\n";
    let read = read_text("a.yaml", text).unwrap();
    let value = &read[0].value;
    assert_eq!(value["a"].to_string(), "0.10");
    let words = json!({ "b": "no", "c": "007", "d": "1", "f": true, "g": "12:30" });
    for (name, expect) in words.as_object().unwrap() {
        assert_eq!(&value[name], expect, "{name}");
    }
    assert!(value["e"].is_null());
}

#[test]
fn json_comes_as_one_several_or_an_array_and_knows_its_lines() {
    let text = "[\n  {\"kind\": \"Policy\", \"id\": \"a\", \"spec\": {}},\n  {\n   \"kind\": \"Policy\",\n   \
                \"id\": \"b\",\n   \"spec\": {\"hold\": {\"initialMinor\": -1}}\n  }\n]\n";
    let documents = read_text("a.json", text).unwrap();
    assert_eq!(documents.len(), 2);
    assert_eq!(documents[1].place.line, 3);
    assert_eq!(documents[1].place_of("spec.hold.initialMinor").line, 6);
    let two = read_text("a.json", "{\"id\": 1}\n\n{\"id\": 2}").unwrap();
    assert_eq!((two.len(), two[1].place.line), (2, 3));
}

#[test]
fn folders_are_read_in_order_of_names_and_an_empty_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = read_files(&[folder.path().to_owned()]).unwrap_err();
    assert_eq!(refused.code(), 1);
    std::fs::create_dir(folder.path().join("b")).unwrap();
    for (name, id) in [
        ("b/x.yml", "2"),
        ("a.yaml", "1"),
        ("c.json", "\"3\""),
        ("note.txt", "{"),
    ] {
        let text = if name.ends_with("json") {
            format!("{{\"id\": {id}}}")
        } else {
            format!("id: {id}")
        };
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let read = read_files(&[folder.path().to_owned()]).unwrap();
    let ids: Vec<String> = read
        .iter()
        .map(|found| found.value["id"].to_string())
        .collect();
    assert_eq!(ids, ["1", "2", "\"3\""]);
    let missing = read_files(&[folder.path().join("none.yaml")]).unwrap_err();
    assert_eq!(missing.code(), 2);
    std::fs::write(folder.path().join("c.json"), [0xff, 0xfe]).unwrap();
    assert_eq!(
        read_files(&[folder.path().to_owned()]).unwrap_err().code(),
        1
    );
}

#[test]
fn the_demo_configuration_is_right_and_in_order_of_need() {
    let read = read_text("demo.yaml", include_str!("../../demo/demo.yaml")).unwrap();
    assert_eq!(read.len(), 8);
    let checked = check(read).unwrap();
    let kinds: Vec<&str> = checked
        .iter()
        .map(|document| document.kind.word())
        .collect();
    let expect = [
        "Policy",
        "LegalEntity",
        "Site",
        "Station",
        "Tariff",
        "TariffAssignment",
        "Account",
        "Token",
    ];
    assert_eq!(kinds, expect);
    assert_eq!(checked[7].id, "demo-token");
}

#[test]
fn the_example_of_device_profiles_is_read() {
    let text = include_str!("../../../../examples/device-profile.yaml");
    let read = check(read_text("device-profile.yaml", text).unwrap()).unwrap();
    assert_eq!(read.len(), 2);
}
