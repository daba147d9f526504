//! The journal templates and what money does to open items.

use super::*;
use wattledger_domain::document::EntryCause;

/// After an invoice over 11.90 of draft `a`, the movement posts exactly this.
#[track_caller]
fn check(movement: Movement, draft: Option<&str>, expect: [&str; 2], receivable: i64) {
    let mut bench = Bench::new();
    bench.draft(invoice("a"));
    bench.fact(fact(movement, 1, draft, 500));
    assert_eq!(bench.last_entry(), expect);
    let item = bench.item("a").unwrap();
    assert_eq!(item.receivable(), Ok(euro(receivable)));
}

#[test]
fn each_movement_has_its_template() {
    let (receivable, ledger) = (Some("a"), "psp:psp:receivable");
    let (debit, credit) = (
        format!("D {ledger} 5.00 EUR"),
        format!("C {ledger} 5.00 EUR"),
    );
    let (debit, credit) = (debit.as_str(), credit.as_str());
    let (claim, paid) = ("D ar:driver 5.00 EUR", "C ar:driver 5.00 EUR");
    let (disputed, settled) = ("D dispute:held 5.00 EUR", "C dispute:held 5.00 EUR");
    let held = ["D memo:held 5.00 EUR", "C memo:held_contra 5.00 EUR"];
    let released = ["C memo:held 5.00 EUR", "D memo:held_contra 5.00 EUR"];
    check(Movement::Held, receivable, held, 1_190);
    check(Movement::Released, receivable, released, 1_190);
    check(Movement::Captured, receivable, [paid, debit], 690);
    check(
        Movement::CaptureReversed,
        receivable,
        [claim, credit],
        1_690,
    );
    check(Movement::Refunded, receivable, [claim, credit], 1_690);
    check(
        Movement::DisputeOpened,
        receivable,
        [disputed, credit],
        1_190,
    );
    check(Movement::DisputeWon, receivable, [settled, debit], 1_190);
    let lost = [settled, "D loss:chargeback 5.00 EUR"];
    check(Movement::DisputeLost, receivable, lost, 1_190);
    let written_off = [paid, "D loss:bad_debt 5.00 EUR"];
    check(Movement::WrittenOff, receivable, written_off, 690);
}

#[test]
fn an_invoice_debits_the_driver_and_credits_each_revenue_and_tax() {
    let mut bench = Bench::new();
    let usage = LineKind::Usage;
    bench.draft(InvoiceDraft {
        lines: vec![
            line(ENERGY, VAT, 800),
            line(usage(Dimension::Time), VAT, 200),
            line(usage(Dimension::ParkingTime), VAT, 300),
            line(usage(Dimension::Flat), None, 50),
            line(LineKind::MaxPrice, VAT, -300),
        ],
        groups: vec![group(None, 50, 0), group(VAT, 1_000, 190)],
        net: euro(1_050),
        gross: euro(1_240),
        ..invoice("a")
    });
    let expect = [
        "D ar:driver 12.40 EUR",
        "D rev:adjustment 3.00 EUR",
        "C rev:energy 8.00 EUR",
        "C rev:fee 0.50 EUR",
        "C rev:idle 3.00 EUR",
        "C rev:time 2.00 EUR",
        "C vat:DE:190000 1.90 EUR",
    ];
    assert_eq!(bench.last_entry(), expect);
}

#[test]
fn taxes_by_name_and_cash_rounding_have_ledgers_of_their_own() {
    let mut bench = Bench::new();
    let taxed = InvoiceDraft {
        gross: euro(1_191),
        taxes: Some(vec![tax("state", 60), tax("county", 130)]),
        rounding: Some(euro(1)),
        ..invoice("a")
    };
    bench.draft(taxed.clone());
    let expect = [
        "D ar:driver 11.91 EUR",
        "C rev:energy 10.00 EUR",
        "C rounding 0.01 EUR",
        "C tax:DE:county 1.30 EUR",
        "C tax:DE:state 0.60 EUR",
    ];
    assert_eq!(bench.last_entry(), expect);
    bench.draft(InvoiceDraft {
        gross: euro(1_191),
        taxes: taxed.taxes,
        rounding: taxed.rounding,
        ..credit_note("b", "a")
    });
    let expect = [
        "C ar:driver 11.91 EUR",
        "D rev:energy 10.00 EUR",
        "D rounding 0.01 EUR",
        "D tax:DE:county 1.30 EUR",
        "D tax:DE:state 0.60 EUR",
    ];
    assert_eq!(bench.last_entry(), expect);
}

#[test]
fn a_credit_note_posts_the_invoice_the_other_way_round() {
    let mut bench = Bench::new();
    bench.draft(invoice("a"));
    bench.draft(credit_note("b", "a"));
    let expect = [
        "C ar:driver 11.90 EUR",
        "D rev:energy 10.00 EUR",
        "D vat:DE:190000 1.90 EUR",
    ];
    assert_eq!(bench.last_entry(), expect);
}

#[test]
fn a_document_over_nothing_has_a_number_but_no_entry() {
    let mut bench = Bench::new();
    bench.draft(InvoiceDraft {
        lines: vec![],
        groups: vec![],
        net: euro(0),
        tax: euro(0),
        gross: euro(0),
        ..invoice("a")
    });
    assert_eq!(bench.numbers(), ["RE-2025-0001"]);
    assert!(bench.entries().is_empty());
}

#[test]
fn a_capture_before_its_invoice_is_unallocated_until_the_issue_moves_it() {
    let mut bench = Bench::new();
    bench.fact(fact(Movement::Captured, 1, Some("a"), 1_190));
    let unallocated = ["D psp:psp:receivable 11.90 EUR", "C unallocated 11.90 EUR"];
    assert_eq!(bench.last_entry(), unallocated);
    bench.draft(invoice("a"));
    let moved = ["C ar:driver 11.90 EUR", "D unallocated 11.90 EUR"];
    assert_eq!(bench.last_entry(), moved);
    assert_eq!(bench.item("a").unwrap().receivable(), Ok(euro(0)));
}

#[test]
fn a_capture_of_a_rejected_draft_stays_unallocated() {
    let mut bench = Bench::new();
    bench.draft(InvoiceDraft {
        tax: euro(1),
        ..invoice("a")
    });
    bench.fact(fact(Movement::Captured, 1, Some("a"), 1_190));
    bench.fact(fact(Movement::Captured, 2, None, 100));
    for entry in bench.entries() {
        assert_eq!(&*entry.postings[1].ledger, "unallocated");
    }
    bench.fact(fact(Movement::Refunded, 3, Some("a"), 1_190));
    assert_eq!(bench.last_entry()[1], "D unallocated 11.90 EUR");
}

#[test]
fn a_fact_in_another_currency_than_its_invoice_stays_unallocated() {
    let mut bench = Bench::new();
    bench.draft(invoice("a"));
    bench.fact(PaymentFact {
        amount: Money::new(500, Currency::parse("SEK").unwrap()),
        ..fact(Movement::Captured, 1, Some("a"), 1)
    });
    assert_eq!(bench.last_entry()[1], "C unallocated 5.00 SEK");
    assert_eq!(bench.item("a").unwrap().receivable(), Ok(euro(1_190)));
}

#[test]
fn a_refund_that_names_the_credit_note_is_about_its_invoice() {
    let mut bench = Bench::new();
    bench.draft(invoice("a"));
    bench.fact(fact(Movement::Captured, 1, Some("a"), 1_190));
    bench.draft(credit_note("b", "a"));
    assert_eq!(bench.item("a").unwrap().receivable(), Ok(euro(-1_190)));
    bench.fact(fact(Movement::Refunded, 2, Some("b"), 1_190));
    assert_eq!(bench.item("a").unwrap().receivable(), Ok(euro(0)));
}

#[test]
fn a_fact_that_comes_again_posts_nothing() {
    let mut bench = Bench::new();
    bench.draft(invoice("a"));
    bench.fact(fact(Movement::Captured, 1, Some("a"), 500));
    let (effects, state) = (bench.effects.len(), bench.state.entities.clone());
    bench.fact(fact(Movement::Captured, 1, Some("a"), 500));
    assert_eq!(bench.effects.len(), effects);
    assert_eq!(bench.state.entities, state);
}

#[test]
fn a_fact_that_moves_nothing_is_rejected_and_changes_nothing() {
    let mut bench = Bench::new();
    for minor in [0, -1] {
        let none = fact(Movement::Captured, 1, None, minor);
        let result = bench.fold(InvoiceRecord::PaymentFact(Box::new(none)));
        assert_eq!(result, Err(Rejection::NotPositive(minor)));
    }
    assert!(bench.state.entities.is_empty());
}

#[test]
fn a_balance_that_does_not_fit_is_rejected_and_changes_nothing() {
    let mut bench = Bench::new();
    bench.fact(fact(Movement::Captured, 1, None, i64::MAX));
    let (effects, state) = (bench.effects.len(), bench.state.entities.clone());
    let more = fact(Movement::Captured, 2, None, 1);
    let result = bench.fold(InvoiceRecord::PaymentFact(Box::new(more)));
    assert!(matches!(result, Err(Rejection::Money(_))));
    assert_eq!(bench.effects.len(), effects);
    assert_eq!(bench.state.entities, state);
}

#[test]
fn an_entry_says_why_and_for_which_session() {
    let mut bench = Bench::new();
    bench.draft(invoice("a"));
    bench.fact(fact(Movement::Captured, 1, Some("a"), 500));
    let entries = bench.entries();
    let session = Some(SessionId::new("session"));
    assert!(entries.iter().all(|entry| entry.session == session));
    let document = EntryCause::Document(bench.documents()[0].invoice.clone());
    assert_eq!(entries[0].cause, document);
    assert!(matches!(
        entries[1].cause,
        EntryCause::Payment { op: 1, .. }
    ));
    assert_eq!((entries[0].sequence, entries[1].sequence), (1, 2));
}
