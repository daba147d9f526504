//! The summary as a person reads it.

use super::*;
use serde_json::json;

fn written(totals: &Value, audit: Option<&Value>, next: &[(String, String)]) -> String {
    let wall_time = Duration::from_millis(42_360);
    let mut out = Vec::new();
    write(
        &Summary {
            totals,
            audit,
            wall_time,
            next,
        },
        &mut out,
    )
    .unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_run_is_summed_up_for_a_person() {
    let totals = json!({
        "events": 24_310, "sessions": 1_987, "energy": 45_678_900_000_i64,
        "series": [
            { "series": "a", "kind": "credit_note", "documents": 1,
              "first_number": "DC-2026-000001", "last_number": "DC-2026-000001" },
            { "series": "b", "kind": "invoice", "documents": 1_980,
              "first_number": "DE-2026-000001", "last_number": "DE-2026-001980" },
        ],
        "money": [{ "currency": "EUR", "net": 100_000, "tax": 19_000, "gross": 119_000,
                    "captured": 118_000, "refunded": 0, "written_off": 40, "disputes_lost": 0,
                    "receivable": 960 }],
        "held": 13,
        "held_by_reason": [{ "reason": "no_payer", "count": 11 }, { "reason": "too_long", "count": 2 }],
        "refused_by_reason": [{ "reason": "declined", "count": 31 }],
        "outcomes": [{ "reason": "duplicate", "count": 1_204 }],
        "dead_letters": [],
    });
    let audit = json!({ "verdict": "clean", "checks": [] });
    let next = [(
        "wattledger audit".to_owned(),
        "check every promise".to_owned(),
    )];
    let shown = written(&totals, Some(&audit), &next);
    let expect = [
        "",
        " Events                    24,310",
        " Sessions                  1,987 rated, 13 held",
        " Energy                    45,678.900 kWh",
        " Credit notes              1: DC-2026-000001",
        " Invoices                  1,980: DE-2026-000001 … DE-2026-001980",
        " Revenue                   1,190.00 EUR (1,000.00 EUR net + 190.00 EUR tax)",
        " Captured                  1,180.00 EUR",
        " Written off               0.40 EUR",
        " Receivable                9.60 EUR",
        " Held for review           13: 11 no payer, 2 too long",
        " Authorisations refused    31: 31 declined",
        " Events not simply folded  1,204: 1,204 duplicate",
        " Records set aside         none",
        " Wall time                 42.3 s",
        " Audit                     clean",
        "",
        "Try next:",
        " wattledger audit  check every promise",
    ];
    assert_eq!(shown.lines().collect::<Vec<_>>(), expect);
}

#[test]
fn a_broken_audit_is_told_and_rubbish_does_not_panic() {
    let audit = json!({ "checks": [{ "name": "books", "ok": false, "detail": "b is off" }] });
    let shown = written(&json!({}), Some(&audit), &[]);
    assert!(shown.contains("broken: books: b is off"), "{shown}");
    assert!(shown.contains("Invoices                  none"), "{shown}");
    for totals in [
        json!(null),
        json!([1]),
        json!({ "money": [{}], "series": [3], "held": "x" }),
    ] {
        written(&totals, None, &[]);
    }
}
