//! The command `price` on answers and files made for it.

use super::*;
use std::path::PathBuf;
use tempfile::TempDir;

const TARIFF: &str = r#"{
  "id": "t", "country_code": "DE", "party_id": "DEM", "currency": "EUR",
  "elements": [
    { "price_components": [{ "type": "ENERGY", "price": 0.50, "vat": 19.0, "step_size": 1 }],
      "restrictions": { "start_time": "08:00", "end_time": "20:00" } },
    { "price_components": [{ "type": "ENERGY", "price": 0.30, "vat": 19.0 }] }
  ]
}"#;

fn cdr(total: &str) -> String {
    format!(
        r#"{{
  "id": "c1", "currency": "EUR",
  "start_date_time": "2026-03-01T10:00:00Z", "end_date_time": "2026-03-01T11:00:00Z",
  "charging_periods": [{{ "start_date_time": "2026-03-01T10:00:00Z",
    "dimensions": [{{ "type": "ENERGY", "volume": 10.0 }}] }}],
  "total_cost": {{ "excl_vat": {total}, "incl_vat": 5.95 }}
}}"#
    )
}

/// A file of a folder, with this text.
fn written(folder: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn priced(tariff: Option<&str>, cdr: &str, json: bool) -> Result<String, CliError> {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| written(&folder, name, text);
    let arguments = PriceArguments {
        tariff: tariff.map(|text| file("t.json", text)),
        cdr: Some(file("c.json", cdr)),
        time_zone: Some("Europe/Berlin".to_owned()),
        json,
        ..PriceArguments::default()
    };
    let mut out = Vec::new();
    run(&arguments, &mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

#[test]
fn a_record_is_priced_explained_and_compared() {
    let shown = priced(Some(TARIFF), &cdr("5.10"), false).unwrap();
    let first = "Record c1: 2026-03-01 11:00:00 +01:00 to 2026-03-01 12:00:00 +01:00 \
                 (Europe/Berlin), tariff t";
    assert_eq!(shown.lines().next(), Some(first));
    for part in [
        "Energy 10 kWh × 0.5 EUR/kWh = 5.00 EUR",
        "element 1, 08:00–20:00",
        "The record states 5.10 EUR before tax: ours is 0.1 EUR less",
        "The record states 5.95 EUR after tax: as priced",
    ] {
        assert!(shown.contains(part), "{part} in\n{shown}");
    }
}

#[test]
fn json_holds_amounts_differences_and_notes_with_paths() {
    let shown = priced(Some(TARIFF), &cdr("4.99"), true).unwrap();
    let told: Value = serde_json::from_str(&shown).unwrap();
    let total = json!({ "before_tax": "5.00", "after_tax": "5.95" });
    assert_eq!(told["total"], total);
    assert_eq!(told["stated"]["before_tax"]["difference"], "0.01");
    assert_eq!(told["lines"][0]["quantity"], "10");
    let warning = told["notes"][0]["path"].as_str().unwrap();
    assert!(
        warning.ends_with("t.json: $.elements[1].price_components[0].step_size"),
        "{warning}"
    );
}

#[track_caller]
fn refuse(tariff: Option<&str>, cdr: &str, expect: &str) {
    let error = priced(tariff, cdr, false).unwrap_err();
    assert_eq!(error.code(), 1, "{error}");
    assert!(error.to_string().contains(expect), "{error}");
}

#[test]
fn rubbish_is_refused_with_file_and_path() {
    let good = cdr("1");
    refuse(None, &good, "c.json: $: no tariff is given");
    refuse(Some("{"), &good, "t.json: $: not JSON");
    refuse(Some("{}"), &good, "t.json: $: `currency` is required");
    refuse(
        Some(&TARIFF.replace("EUR", "SEK")),
        &good,
        "c.json: $.currency: is EUR, the tariff is in SEK",
    );
    refuse(
        Some(&TARIFF.replace("\"elements\": [", "\"elements\": [], \"x\": [")),
        &good,
        "elements",
    );
    refuse(Some(TARIFF), "[]", "c.json: $: ");
    refuse(
        Some(TARIFF),
        &good.replace("11:00:00Z", "noon"),
        "c.json: $.end_date_time",
    );
    refuse(Some(TARIFF), &good.replace("10.0", "1e30"), "volume");
}

#[test]
fn an_unknown_zone_is_refused_and_a_missing_file_is_broken() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let (tariff, record) = (write("t.json", TARIFF), write("c.json", &cdr("1")));
    let mut arguments = PriceArguments {
        tariff: Some(tariff),
        cdr: Some(record),
        time_zone: Some("Mars/Olympus".to_owned()),
        ..PriceArguments::default()
    };
    let error = run(&arguments, &mut Vec::new()).unwrap_err();
    assert_eq!(error.code(), 1);
    assert!(
        error
            .to_string()
            .contains("`Mars/Olympus` is not an IANA zone"),
        "{error}"
    );
    arguments.cdr = Some(folder.path().join("none.json"));
    assert_eq!(run(&arguments, &mut Vec::new()).unwrap_err().code(), 2);
}

#[test]
fn a_tariff_that_follows_a_market_needs_its_prices() {
    let dynamic = TARIFF.replace(
        r#""price": 0.50,"#,
        r#""price": 0.50, "market": { "series": "NL", "markup": 0.02 },"#,
    );
    let refused = priced(Some(&dynamic), &cdr("5.10"), false).unwrap_err();
    let expect = "t.json: $: follows the market NL: name its MarketPrices documents with --prices";
    assert!(refused.to_string().ends_with(expect), "{refused}");
    let folder = tempfile::tempdir().unwrap();
    let of = |market: &str| {
        let file = |name: &str, text: &str| written(&folder, name, text);
        let published = format!(
            "kind: MarketPrices\nid: day\nspec:\n  market: {market}\n  currency: EUR\n  \
             start: 2026-03-01T10:00:00Z\n  prices: [400]\n"
        );
        let arguments = PriceArguments {
            tariff: Some(file("t.json", &dynamic)),
            cdr: Some(file("c.json", &cdr("5.10"))),
            prices: Some(file("p.yaml", &published)),
            time_zone: Some("Europe/Berlin".to_owned()),
            json: true,
            ..PriceArguments::default()
        };
        let mut out = Vec::new();
        run(&arguments, &mut out).map(|()| serde_json::from_slice::<Value>(&out).unwrap())
    };
    // 0.40 + 0.02 per kWh; without prices it would have been 0.50.
    assert_eq!(of("NL").unwrap()["total"]["before_tax"], "4.20");
    let refused = of("BE").unwrap_err().to_string();
    assert!(
        refused.ends_with("of which --prices says nothing"),
        "{refused}"
    );
}

#[test]
fn a_tariff_that_asks_how_busy_the_site_was_needs_to_be_told() {
    let asking = TARIFF.replacen(
        r#""currency""#,
        r#""idle_fees": { "only_when_busy": 80 }, "currency""#,
        1,
    );
    let refused = priced(Some(&asking), &cdr("5.10"), false).unwrap_err();
    let expect =
        "t.json: $: asks how busy the site was: name its SiteOccupancy documents with --prices";
    assert!(refused.to_string().ends_with(expect), "{refused}");
    let folder = tempfile::tempdir().unwrap();
    let of = |sites: &[&str]| {
        let file = |name: &str, text: &str| written(&folder, name, text);
        let documents = sites.iter().map(|site| {
            format!(
                "---\nkind: SiteOccupancy\nid: {site}/day\nspec:\n  site: {site}\n  \
                 start: 2026-03-01T10:00:00Z\n  busyPercent: [100]\n"
            )
        });
        let arguments = PriceArguments {
            tariff: Some(file("t.json", &asking)),
            cdr: Some(file("c.json", &cdr("5.10"))),
            prices: Some(file("p.yaml", &documents.collect::<String>())),
            time_zone: Some("Europe/Berlin".to_owned()),
            json: true,
            ..PriceArguments::default()
        };
        let mut out = Vec::new();
        run(&arguments, &mut out).map(|()| serde_json::from_slice::<Value>(&out).unwrap())
    };
    assert_eq!(of(&["one"]).unwrap()["total"]["before_tax"], "5.00");
    let refused = of(&["one", "other"]).unwrap_err().to_string();
    assert!(
        refused.contains("several sites are, one and other"),
        "{refused}"
    );
}

#[test]
fn taxes_of_a_place_are_levied_by_name() {
    let tariff = TARIFF.replace(r#", "vat": 19.0"#, "").replace("EUR", "CAD");
    let record = cdr("5").replace("EUR", "CAD").replace("5.95", "5.75");
    let site = "kind: Policy\nid: p\nspec: {}\n---\nkind: Site\nid: montreal\nspec:\n  \
        legalEntity: le\n  timeZone: America/Toronto\n  taxes:\n    \
        - { name: GST, percent: 5, accountNumber: \"123456789 RT0001\" }\n    \
        - { name: QST, percent: 9.975 }\n";
    let list = r#"[{"name": "GST", "percent": 5, "accountNumber": "123456789 RT0001"},
        {"name": "QST", "percent": 9.975}]"#;
    let of = |name: &str, taxes: &str, json: bool| {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| written(&folder, name, text);
        let arguments = PriceArguments {
            tariff: Some(file("t.json", &tariff)),
            cdr: Some(file("c.json", &record)),
            taxes: Some(file(name, taxes)),
            time_zone: Some("Europe/Berlin".to_owned()),
            json,
            ..PriceArguments::default()
        };
        let mut out = Vec::new();
        run(&arguments, &mut out).map(|()| String::from_utf8(out).unwrap())
    };
    let shown = of("site.yaml", site, false).unwrap();
    for line in [
        "Tax GST 5 % (account 123456789 RT0001) on 5.00 = 0.25 CAD",
        "Tax QST 9.975 % on 5.00 = 0.50 CAD",
        "Total after tax: 5.75 CAD",
        "The record states 5.75 CAD after tax: as priced",
    ] {
        assert!(
            shown.lines().any(|shown| shown == line),
            "{line} in\n{shown}"
        );
    }
    let yaml = list.replace("}]", "}\n  ]");
    for (name, text) in [
        ("site.yaml", site),
        ("list.json", list),
        ("list.yaml", &yaml),
    ] {
        let told: Value = serde_json::from_str(&of(name, text, true).unwrap()).unwrap();
        let expect = serde_json::json!([
            { "name": "GST", "account_number": "123456789 RT0001", "percent": "5",
              "base": "5.00", "amount": "0.25" },
            { "name": "QST", "account_number": null, "percent": "9.975", "base": "5.00",
              "amount": "0.50" }]);
        assert_eq!(told["taxes"], expect, "{name}");
        assert_eq!(told["total"]["after_tax"], "5.75");
    }
    let refused = |name: &str, text: &str| {
        let error = of(name, text, true).unwrap_err();
        assert_eq!(error.code(), 1);
        let error = error.to_string();
        error.rsplit('/').next().unwrap().to_owned()
    };
    let bad = list.replace("9.975", "\"much\"");
    assert_eq!(
        refused("list.json", &bad),
        "list.json:2: [1].percent: `much` is not a decimal number"
    );
    let twice = list.replace("QST", "GST");
    assert!(refused("list.json", &twice).contains("[1].name: expected a name of its own"));
    assert_eq!(refused("list.json", "[]"), "list.json` names no tax");
    let none = site.split("  taxes").next().unwrap();
    assert_eq!(refused("s.yaml", none), "s.yaml:5: the Site names no taxes");
    let two = format!("{site}---\n{}", site.split("---\n").nth(1).unwrap());
    assert_eq!(
        refused("s.yaml", &two),
        "s.yaml:14: a second Site: name a file with one"
    );
    let other = "kind: Policy\nid: p\nspec: {}\n";
    assert_eq!(refused("p.yaml", other), "p.yaml` holds no Site document");
}
