//! The commands around a tariff, on files made for them.

use super::*;
use crate::arguments::SimulateTariffArguments;

const TARIFF: &str = r#"{"country_code": "NL", "party_id": "ABC", "id": "T", "currency": "EUR",
    "elements": [
        {"price_components": [{"type": "ENERGY", "price": 0.5, "vat": 21, "step_size": 1}],
         "restrictions": {"start_time": "08:00", "end_time": "20:00"}},
        {"price_components": [
            {"type": "ENERGY", "price": 0.25, "vat": 21, "step_size": 1},
            {"type": "PARKING_TIME", "price": 6, "vat": 21, "step_size": 60}]}],
    "last_updated": "2026-01-01T00:00:00Z"}"#;

/// What a command says of a tariff.
fn said(tariff: &str, command: impl FnOnce(&Path) -> TariffCommand) -> Result<String, CliError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.json");
    std::fs::write(&file, tariff).unwrap();
    let arguments = TariffArguments {
        command: command(&file),
    };
    let mut out = Vec::new();
    run(&arguments, &mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

fn linted(tariff: &str, strict: bool) -> Result<String, CliError> {
    said(tariff, |file| TariffCommand::Lint {
        file: file.to_owned(),
        strict,
        json: false,
    })
}

/// An evening's session that never was.
fn usual(file: &Path) -> SimulateTariffArguments {
    SimulateTariffArguments {
        file: file.to_owned(),
        time_zone: "Europe/Amsterdam".to_owned(),
        start: "2026-01-05T18:30:00Z".to_owned(),
        kwh: "20".to_owned(),
        charge: 60,
        park: 10,
        busy: None,
        prices: None,
        taxes: None,
        week: false,
        svg: None,
        policy: None,
        json: false,
    }
}

fn simulated(change: impl FnOnce(&mut SimulateTariffArguments)) -> String {
    let told = said(TARIFF, |file| {
        let mut arguments = usual(file);
        change(&mut arguments);
        TariffCommand::Simulate(arguments)
    });
    told.unwrap()
}

#[test]
fn a_sound_tariff_has_no_findings_and_an_odd_one_is_refused_where_asked() {
    assert_eq!(linted(TARIFF, true).unwrap(), "");
    let odd = TARIFF.replace(r#""start_time": "08:00", "end_time": "20:00""#, "");
    let shown = linted(&odd, false).unwrap();
    let expect = "unreachable: $.elements[1].price_components[0]: never counts: elements[0] holds \
                  whenever it does\n";
    assert_eq!(shown, expect);
    assert_eq!(linted(&odd, true).unwrap_err().code(), 1);
    assert_eq!(linted("{}", false).unwrap_err().code(), 1);
}

#[test]
fn each_oddity_of_a_bad_tariff_is_named_with_its_place() {
    let component =
        |kind: &str| serde_json::json!({ "type": kind, "price": 1, "vat": 19, "step_size": 1 });
    let element = |kind: &str, restrictions: Value| serde_json::json!({ "price_components": [component(kind)], "restrictions": restrictions });
    let bad = serde_json::json!({
        "id": "BAD", "currency": "EUR", "tax_included": "NO",
        "min_price": { "before_taxes": 10 }, "max_price": { "before_taxes": 5 },
        "elements": [
            { "price_components": [component("ENERGY"), component("ENERGY")] },
            element("ENERGY", serde_json::json!({ "start_time": "22:00", "end_time": "06:00",
                "day_of_week": ["MONDAY"] })),
            element("TIME", serde_json::json!({ "start_time": "08:00", "end_time": "12:00" })),
            element("TIME", serde_json::json!({ "start_time": "11:00", "end_time": "15:00" })),
            element("PARKING_TIME", serde_json::json!({ "min_duration": 7200, "max_duration": 3600 })),
            element("ENERGY", serde_json::json!({ "reservation": "RESERVATION" })),
        ],
    });
    let found = linted(&bad.to_string(), false).unwrap();
    for expect in [
        "min_above_max: $.min_price: ",
        "duplicate_dimension: $.elements[0].price_components[1]: ",
        "overnight_weekday: $.elements[1].restrictions: ",
        "unreachable: $.elements[1].price_components[0]: ",
        "overlap: $.elements[3].price_components[0]: ",
        "empty_restriction: $.elements[4].restrictions.min_duration: ",
        "reservation_dimension: $.elements[5].price_components[0]: ",
        "missing_fallback: $.elements: TIME ",
        "missing_fallback: $.elements: PARKING_TIME ",
    ] {
        assert!(
            found.lines().any(|line| line.starts_with(expect)),
            "{expect} in\n{found}"
        );
    }
    assert_eq!(found.lines().count(), 9, "{found}");
}

#[test]
fn a_tariff_is_told_in_a_language_there_is() {
    let told = |language: &str| {
        said(TARIFF, |file| TariffCommand::Explain {
            file: file.to_owned(),
            language: language.to_owned(),
        })
    };
    let dutch = told("nl").unwrap();
    assert!(
        dutch.starts_with("Energie: 0,50 EUR/kWh + 21 % btw (08:00–20:00)\n"),
        "{dutch}"
    );
    assert_eq!(told("tlh").unwrap_err().code(), 1);
}

#[test]
fn a_session_that_never_was_has_its_price() {
    // From 19:30 in Amsterdam: half at 0.50, half at 0.25, ten minutes at 6.00 an hour.
    let shown = simulated(|_| ());
    assert!(shown.contains("Total before tax: 8.50 EUR"), "{shown}");
    assert!(
        shown.contains("Parking time 10 min 00 s × 6 EUR/h = 1.00 EUR"),
        "{shown}"
    );
}

#[test]
fn a_week_is_shown_with_bars_and_drawn() {
    let picture = tempfile::NamedTempFile::new().unwrap();
    let shown = simulated(|arguments| {
        arguments.week = true;
        arguments.start = "2026-01-04T23:00:00Z".to_owned();
        arguments.svg = Some(picture.path().to_owned());
    });
    // Two changes a day, and the night over midnight is one.
    assert_eq!(shown.lines().count(), 17, "{shown}");
    assert!(shown.contains("0.5") && shown.contains('█'), "{shown}");
    let drawn = std::fs::read_to_string(picture.path()).unwrap();
    assert!(
        drawn.starts_with("<svg ") && drawn.contains("polyline"),
        "{drawn}"
    );
    for label in [
        "EUR per kWh",
        ">Mon 01-05<",
        ">Sun 01-11<",
        ">0<",
        ">0.1<",
        ">0.5<",
    ] {
        assert!(drawn.contains(label), "{label} in {drawn}");
    }
}

#[test]
fn a_tariff_is_written_in_a_version_that_can_say_it() {
    let written = |to: &str| {
        said(TARIFF, |file| TariffCommand::Compile {
            file: file.to_owned(),
            to: to.to_owned(),
            prices: None,
            time_zone: "UTC".to_owned(),
        })
    };
    let newer: Value = serde_json::from_str(&written("2.3.0").unwrap()).unwrap();
    assert_eq!(newer["tax_included"], "NO");
    assert_eq!(newer["party_id"], "ABC");
    assert_eq!(newer["last_updated"], "2026-01-01T00:00:00Z");
    let refused = written("2.1.1").unwrap_err().to_string();
    assert!(
        refused.contains("$.elements: OCPI 2.1.1 knows no tax rates"),
        "{refused}"
    );
    assert_eq!(written("3.0").unwrap_err().code(), 1);
}

const DYNAMIC: &str = r#"{"id": "T", "currency": "EUR", "elements": [{"price_components": [
    {"type": "ENERGY", "price": 0.6, "step_size": 1,
     "market": {"series": "NL", "factor": 1.1, "markup": 0.02}}]}]}"#;

const PUBLISHED: &str = "kind: MarketPrices\nid: NL/day\nspec:\n  market: NL\n  currency: EUR\n  \
     start: 2026-10-24T22:00:00Z\n  prices: [100, 200, 300, -50, 100, 100]\n";

fn with_prices(command: impl FnOnce(&Path, &Path) -> TariffCommand) -> String {
    let prices = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
    std::fs::write(prices.path(), PUBLISHED).unwrap();
    said(DYNAMIC, |file| command(file, prices.path())).unwrap()
}

#[test]
fn a_tariff_that_follows_a_market_is_written_out_as_elements() {
    let refused = said(DYNAMIC, |file| TariffCommand::Compile {
        file: file.to_owned(),
        to: "2.2.1".to_owned(),
        prices: None,
        time_zone: "UTC".to_owned(),
    });
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("follows a market")
    );
    let written = with_prices(|file, prices| TariffCommand::Compile {
        file: file.to_owned(),
        to: "2.2.1".to_owned(),
        prices: Some(prices.to_owned()),
        time_zone: "Europe/Amsterdam".to_owned(),
    });
    let written: Value = serde_json::from_str(&written).unwrap();
    let elements = written["elements"].as_array().unwrap();
    let prices = elements
        .iter()
        .map(|element| element["price_components"][0]["price"].to_string());
    // The clock shows 02:00 to 03:00 twice; two hours at one price are one element; the last is for all else.
    let expect = ["0.13", "0.24", "0.35", "-0.035", "0.13", "0.6"];
    assert_eq!(prices.collect::<Vec<_>>(), expect);
    assert_eq!(elements[0]["restrictions"]["start_date"], "2026-10-25");
}

#[test]
fn a_session_that_never_was_follows_its_market() {
    let shown = with_prices(|file, prices| {
        TariffCommand::Simulate(SimulateTariffArguments {
            start: "2026-10-24T23:30:00Z".to_owned(),
            park: 0,
            prices: Some(prices.to_owned()),
            ..usual(file)
        })
    });
    // 10 kWh at 0.24 and 10 at 0.35.
    assert!(shown.contains("Total before tax: 5.90 EUR"), "{shown}");
}

const BUSY_ONLY: &str = r#"{"id": "T", "currency": "EUR", "idle_fees": {"only_when_busy": 80},
    "elements": [{"price_components": [
        {"type": "ENERGY", "price": 0.5, "step_size": 1}, {"type": "PARKING_TIME", "price": 6, "step_size": 1}]}]}"#;

#[test]
fn a_session_that_never_was_parks_at_a_site_as_busy_as_is_supposed() {
    let shown = |busy: Option<&str>| {
        said(BUSY_ONLY, |file| {
            TariffCommand::Simulate(SimulateTariffArguments {
                time_zone: "UTC".to_owned(),
                start: "2026-10-24T23:30:00Z".to_owned(),
                park: 30,
                busy: busy.map(str::to_owned),
                ..usual(file)
            })
        })
    };
    let total = |busy, total: &str| {
        let shown = shown(busy).unwrap();
        assert!(
            shown.contains(&format!("Total before tax: {total} EUR")),
            "{shown}"
        );
    };
    total(Some("80"), "13.00");
    total(Some("79.9"), "10.00");
    total(None, "10.00");
    assert!(
        shown(None)
            .unwrap()
            .contains("site not known to be 80 % busy")
    );
    assert!(
        shown(Some("100.05"))
            .unwrap_err()
            .to_string()
            .contains("--busy")
    );
    assert!(
        shown(Some("101"))
            .unwrap_err()
            .to_string()
            .contains("--busy")
    );
}
