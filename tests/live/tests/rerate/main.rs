//! A tariff that was wrong, put right: what sessions would have come to, and their corrections, once.
//!
//! All figures are computed by hand. Before: 0.50 EUR a kWh. After: the same up to 3 kWh, 0.30 above;
//! 19 % tax on top of both.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test: a panic is a failure"
)]

mod three;

use serde_json::json;
use three::{
    ELEVEN, FIVE, TWO, after, applied, billed, clean, corrected, decisions, documents, energy,
    flat, nothing_more, rerate, row, sessions_of, shows,
};
use wattledger_tests_live::events::ago;
use wattledger_tests_live::{Place, eventually, of_checkout};

#[test]
fn sessions_are_corrected_by_another_version_once_each_to_the_cent() {
    let place = Place::new();
    let (engine, sessions) = billed(&place);
    let (five, eleven, two) = (&sessions[&5], &sessions[&11], &sessions[&2]);

    // A file that nobody has applied: the figures are the same, nothing can be corrected by it.
    let file = place.write("new.json", after()["spec"].to_string());
    let told = rerate(&place, &file, &["--json"]).json();
    shows(row(&told, eleven), ELEVEN, "cheaper");
    let refused = rerate(&place, &file, &["--apply", "--by", "ada"]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("apply it first"), "{refused:?}");

    applied(&place, &json!([after()]));
    let told = rerate(&place, "flat@2", &["--json"]).json();
    shows(row(&told, five), FIVE, "cheaper");
    shows(row(&told, eleven), ELEVEN, "cheaper");
    shows(row(&told, two), TWO, "unchanged");
    let sum = &told["sums"][0];
    assert_eq!(told["sums"].as_array().unwrap().len(), 1);
    for (name, cents) in [
        ("billed_net", 900),
        ("billed_gross", 1_072),
        ("would_be_net", 700),
        ("would_be_gross", 833),
        ("difference_gross", -239),
    ] {
        assert_eq!(sum[name], cents, "{name}: {sum}");
    }
    assert_eq!(told["counts"], json!({ "cheaper": 2, "unchanged": 1 }));
    let shown = rerate(&place, "flat@2", &[]);
    assert!(shown.out.contains("-1.91 EUR"), "{}", shown.out);
    assert!(shown.out.contains("DE-"), "{}", shown.out);
    assert_eq!(decisions(&place), 0, "nothing is written");

    corrected(&place, "flat", [(five, FIVE), (eleven, ELEVEN)]);
    for session in [five, eleven] {
        let told = place.done(&["session", session]);
        assert!(
            told.out.contains("re-rated by tariff flat version 2"),
            "{told:?}"
        );
    }
    assert_eq!(documents(&place, two), 1);
    clean(&place);

    // The same once more.
    nothing_more(&place, [five, eleven]);
    clean(&place);

    // Without an engine the directory tells, and takes no order.
    engine.stop();
    let told = rerate(&place, "flat@1", &["--json"]).json();
    let back = row(&told, five);
    assert_eq!(
        (&back["billed_gross"], &back["would_be_gross"]),
        (&json!(250), &json!(298))
    );
    let refused = rerate(&place, "flat@1", &["--apply", "--by", "ada"]);
    assert_eq!(refused.code, 1);
    let command = format!("`wattledger run --data-dir {}`", place.data().display());
    assert!(refused.err.contains("no engine runs"), "{refused:?}");
    assert!(refused.err.contains(&command), "{refused:?}");
    // The log folds to the same state, byte for byte.
    let refold = place.ask(&["audit", "--refold", "--json"]);
    assert_eq!(refold.code, 0, "{refold:?}");
}

#[test]
fn filters_choose_sessions_and_what_is_odd_is_named() {
    let place = Place::new();
    let (engine, sessions) = billed(&place);
    let five = &sessions[&5];
    let count = |tariff: &str, more: &[&str]| {
        let told = rerate(&place, tariff, &[more, &["--json"]].concat());
        assert_eq!(told.code, 0, "{told:?}");
        told.json()["rows"].as_array().unwrap().len()
    };
    assert_eq!(count("flat@1", &[]), 3);
    assert_eq!(count("flat", &["--session", five]), 1);
    assert_eq!(count("flat", &["--site", "demo-site"]), 3);
    assert_eq!(count("flat", &["--site", "elsewhere"]), 0);
    assert_eq!(count("flat", &["--station", "demo-station"]), 3);
    // Other tariffs replace only what is named, or all.
    assert_eq!(count("demo-tariff", &[]), 0);
    assert_eq!(count("demo-tariff", &["--replaces", "flat"]), 3);
    assert_eq!(count("demo-tariff", &["--all-tariffs"]), 3);
    let words = [
        "rerate",
        "--tariff",
        "flat",
        "--from",
        &ago(50),
        "--to",
        &ago(35),
    ];
    let told = place.done(&[&words[..], &["--json"]].concat()).json();
    assert_eq!(told["rows"].as_array().unwrap().len(), 1, "{told}");

    // Over HTTP, a session a page.
    let mut body = json!({ "tariff": "flat@1", "from": ago(86_400), "to": ago(0), "limit": 1 });
    let mut pages: Vec<String> = Vec::new();
    loop {
        let answer = engine.post("/v1/rerate", "application/json", body.to_string());
        assert_eq!(answer.status, 200, "{answer:?}");
        let told = answer.json();
        let rows = told["rows"].as_array().unwrap();
        assert!(rows.len() <= 1, "{told}");
        pages.extend(
            rows.iter()
                .map(|row| row["session"].as_str().unwrap().to_owned()),
        );
        if told["end"] == true {
            break;
        }
        for name in ["cursor", "until"] {
            body[name] = told[name].clone();
        }
    }
    pages.sort_unstable();
    let mut all: Vec<String> = sessions.values().cloned().collect();
    all.sort_unstable();
    assert_eq!(pages, all);
    for (wrong, status, code) in [
        (json!({ "tariff": "nothing" }), 404, "document"),
        (json!({}), 422, "field"),
        (json!({ "tariff": "flat", "to": "tomorrow" }), 422, "field"),
        (
            json!({ "tariff": "flat", "cursor": "9.9.9.9" }),
            422,
            "field",
        ),
        (json!({ "tariff": "flat", "apply": true }), 422, "field"),
        (
            json!({ "tariff": "flat", "sight": "demo-site" }),
            422,
            "field",
        ),
    ] {
        let answer = engine.post("/v1/rerate", "application/json", wrong.to_string());
        let found = answer.json()["error"]["code"].clone();
        assert_eq!(
            (answer.status, found),
            (status, json!(code)),
            "{wrong}: {answer:?}"
        );
    }

    let refused = rerate(&place, "nothing@7", &[]);
    assert_eq!(refused.code, 1);
    assert!(
        refused.err.contains("no tariff `nothing@7` is applied"),
        "{refused:?}"
    );

    let words = [
        "rerate",
        "--tariff",
        "flat",
        "--from",
        "2026-04-01",
        "--to",
        "2026-04-01",
    ];
    let refused = place.ask(&words);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("is not after"), "{refused:?}");

    let crowns = json!({ "id": "flat", "currency": "SEK", "elements": [{ "price_components": energy(5.0) }],
                         "country_code": "DE", "party_id": "DEM", "last_updated": "2020-01-01T00:00:00Z" });
    let file = place.write("crowns.json", crowns.to_string());
    let told = rerate(&place, &file, &["--json"]).json();
    assert_eq!(told["counts"], json!({ "not_priced": 3 }));
    assert_eq!(
        row(&told, five)["cannot"],
        "it was billed in EUR, the tariff is in SEK"
    );
    engine.stop();
}

/// 0.10 EUR a kWh at the exchange and 0.05 on top: 5 kWh are 0.75 and 0.1425 tax.
#[test]
fn a_tariff_that_follows_a_market_shows_beforehand_what_is_then_billed() {
    let place = Place::new();
    let (engine, sessions) = billed(&place);
    let five = &sessions[&5];
    let begin = format!("{}T00:00:00Z", &ago(86_400)[..10]);
    let prices = json!({ "kind": "MarketPrices", "id": "DE-LU/days", "validFrom": begin, "spec": {
        "market": "DE-LU", "currency": "EUR", "unit": "MWh", "slotMinutes": 60, "start": begin,
        "prices": vec![100.0; 72] } });
    let mut components = energy(0.90);
    components[0]["market"] = json!({ "series": "DE-LU", "markup": 0.05 });
    let market = flat(&json!([{ "price_components": components }]));
    applied(&place, &json!([prices, market]));
    let expect = (250, 298, 75, 89);
    let told = rerate(&place, "flat@2", &["--json"]).json();
    shows(row(&told, five), expect, "cheaper");
    let done = rerate(
        &place,
        "flat@2",
        &["--apply", "--by", "ada", "--session", five],
    );
    assert_eq!(done.code, 0, "{done:?}");
    let told = rerate(&place, "flat@2", &["--json"]).json();
    let now = row(&told, five);
    assert_eq!(now["already"], true, "{now}");
    assert_eq!(
        (&now["billed_net"], &now["billed_gross"]),
        (&json!(75), &json!(89))
    );
    eventually("the documents", || {
        (documents(&place, five) == 3).then_some(())
    });
    clean(&place);
    engine.stop();
}

/// The seller lets bills be corrected for two seconds only.
#[test]
fn a_session_outside_its_correction_window_is_named_and_left_alone() {
    let place = Place::new();
    let engine = place.ready();
    let demo = std::fs::read_to_string(of_checkout("crates/cli/demo/demo.yaml")).unwrap();
    let brief = "id: default\nspec: { correctionWindowSeconds: 2 }";
    let demo = demo.replacen("id: default\nspec: {}", brief, 1);
    assert!(demo.contains(brief));
    let told = place.done(&["apply", "-f", &place.write("demo.yaml", demo)]);
    assert!(!told.out.contains("refused"), "{told:?}");
    let sessions = sessions_of(&place, &engine);
    let five = &sessions[&5];
    applied(&place, &json!([after()]));
    let told = eventually("the end of the window", || {
        let told = rerate(&place, "flat@2", &["--json"]).json();
        (told["counts"]["cannot"] == 2).then_some(told)
    });
    shows(row(&told, five), FIVE, "cheaper");
    let done = rerate(&place, "flat@2", &["--apply", "--by", "ada"]);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.out.contains("cannot be"), "{}", done.out);
    assert!(done.out.contains("2 cannot be corrected"), "{}", done.out);
    assert_eq!((decisions(&place), documents(&place, five)), (0, 1));
    clean(&place);
    engine.stop();
}
