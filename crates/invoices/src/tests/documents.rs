//! Numbers, the chain, sums, credit notes.

use super::*;
use std::sync::Arc;
use wattledger_domain::chain::document_hash;

#[track_caller]
fn check_refused(draft: InvoiceDraft, fault: DraftFault) {
    let mut bench = Bench::new();
    bench.draft(draft);
    assert_eq!(bench.faults(), [fault]);
    assert_eq!(bench.effects.len(), 1);
    bench.draft(invoice("good"));
    assert_eq!(bench.numbers(), ["RE-2025-0001"]);
}

#[test]
fn numbers_run_from_one_without_a_gap_per_kind_and_year() {
    let mut bench = Bench::new();
    bench.draft(invoice("a"));
    bench.draft(InvoiceDraft {
        net: euro(999),
        ..invoice("faulty")
    });
    bench.draft(invoice("b"));
    bench.draft(credit_note("c", "a"));
    bench.draft(InvoiceDraft {
        issue_date: date(2026),
        ..invoice("d")
    });
    let numbers = [
        "RE-2025-0001",
        "RE-2025-0002",
        "GS-2025-0001",
        "RE-2026-0001",
    ];
    assert_eq!(bench.numbers(), numbers);
    let series: Vec<&str> = bench.documents().iter().map(|one| &*one.series).collect();
    let expect = [
        "main/invoice/2025",
        "main/invoice/2025",
        "main/credit-note/2025",
        "main/invoice/2026",
    ];
    assert_eq!(series, expect);
}

#[test]
fn each_document_carries_the_hash_of_the_one_before_and_its_own() {
    let mut bench = Bench::new();
    for id in ["a", "b", "c"] {
        bench.draft(invoice(id));
    }
    let mut previous = Digest::ZERO;
    for document in bench.documents() {
        assert_eq!(document.previous_hash, previous);
        assert_eq!(document.hash, document_hash(document));
        previous = document.hash;
    }
    let mut forged = bench.documents()[0].clone();
    forged.draft.lines[0].net = euro(1);
    assert_ne!(document_hash(&forged), forged.hash);
}

#[test]
fn a_draft_that_comes_again_changes_nothing() {
    let mut bench = Bench::new();
    let faulty = || InvoiceDraft {
        tax: euro(1),
        ..invoice("faulty")
    };
    bench.draft(invoice("a"));
    bench.draft(faulty());
    let (effects, state) = (bench.effects.len(), bench.state.entities.clone());
    bench.draft(invoice("a"));
    bench.draft(faulty());
    assert_eq!(bench.effects.len(), effects);
    assert_eq!(bench.state.entities, state);
}

#[test]
fn sums_that_differ_are_refused_and_take_no_number() {
    let wrong = DraftFault::SumsDiffer;
    let draft = || invoice("bad");
    check_refused(
        InvoiceDraft {
            net: euro(1),
            ..draft()
        },
        wrong,
    );
    check_refused(
        InvoiceDraft {
            tax: euro(1),
            ..draft()
        },
        wrong,
    );
    check_refused(
        InvoiceDraft {
            gross: euro(1),
            ..draft()
        },
        wrong,
    );
    let lines = vec![line(ENERGY, VAT, 999)];
    check_refused(InvoiceDraft { lines, ..draft() }, wrong);
    let lines = vec![line(ENERGY, VAT, 1_000), line(ENERGY, None, 0)];
    check_refused(InvoiceDraft { lines, ..draft() }, wrong);
    let groups = vec![group(VAT, 1_000, 190), group(VAT, 0, 0)];
    check_refused(InvoiceDraft { groups, ..draft() }, wrong);
    let lines = vec![line(ENERGY, VAT, i64::MAX), line(ENERGY, VAT, 1)];
    check_refused(InvoiceDraft { lines, ..draft() }, wrong);
}

#[test]
fn taxes_by_name_that_differ_from_their_group_are_refused() {
    let wrong = DraftFault::SumsDiffer;
    let named = |taxes: Vec<TaxLine>| InvoiceDraft {
        taxes: Some(taxes),
        ..invoice("bad")
    };
    check_refused(named(vec![tax("state", 60), tax("county", 129)]), wrong);
    let elsewhere = TaxLine {
        group: TaxRate(70_000),
        ..tax("state", 190)
    };
    check_refused(named(vec![elsewhere]), wrong);
    let owed_by_the_buyer = InvoiceDraft {
        reverse_charge: Some("ATU12345678".into()),
        ..invoice("bad")
    };
    check_refused(owed_by_the_buyer, wrong);
    let rounded = InvoiceDraft {
        rounding: Some(euro(1)),
        ..invoice("bad")
    };
    check_refused(rounded, wrong);
    let mut foreign = named(vec![tax("state", 190)]);
    foreign.rounding = Some(Money::new(0, Currency::parse("SEK").unwrap()));
    check_refused(foreign, DraftFault::MixedCurrencies);
}

#[test]
fn what_a_document_says_of_taxes_is_in_its_hash() {
    let mut bench = Bench::new();
    bench.draft(InvoiceDraft {
        taxes: Some(vec![tax("state", 190)]),
        ..invoice("a")
    });
    let document = bench.documents()[0].clone();
    assert_eq!(document_hash(&document), document.hash);
    let mut forged = document.clone();
    forged.draft.taxes = Some(vec![tax("county", 190)]);
    assert_ne!(document_hash(&forged), document.hash);
    forged.draft.taxes = None;
    assert_ne!(document_hash(&forged), document.hash);
}

#[test]
fn tax_without_a_rate_is_refused() {
    let draft = InvoiceDraft {
        lines: vec![line(ENERGY, None, 1_000)],
        groups: vec![group(None, 1_000, 190)],
        ..invoice("bad")
    };
    check_refused(draft, DraftFault::SumsDiffer);
}

#[test]
fn two_currencies_in_one_document_are_refused() {
    let mut draft = invoice("bad");
    draft.lines[0].net = Money::new(1_000, Currency::parse("SEK").unwrap());
    check_refused(draft, DraftFault::MixedCurrencies);
}

#[test]
fn a_credit_note_names_number_and_date_of_what_it_credits() {
    let mut bench = Bench::new();
    bench.draft(invoice("a"));
    bench.draft(credit_note("b", "a"));
    let documents = bench.documents();
    let credited = documents[1].credits.as_ref().unwrap();
    assert_eq!(&*credited.number, "RE-2025-0001");
    assert_eq!(credited.issue_date, date(2025));
    assert_eq!(credited.invoice, documents[0].invoice);
    assert_eq!(bench.item("a").unwrap().receivable(), Ok(euro(0)));
    assert_eq!(bench.item("b"), None);
}

#[test]
fn a_credit_note_over_nothing_or_over_a_credit_note_is_refused() {
    check_refused(credit_note("b", "never"), DraftFault::NothingToCredit);
    let mut bench = Bench::new();
    bench.draft(invoice("a"));
    bench.draft(credit_note("b", "a"));
    bench.draft(credit_note("c", "b"));
    bench.draft(credit_note("d", "a"));
    let faults = [DraftFault::NothingToCredit, DraftFault::CreditedAlready];
    assert_eq!(bench.faults(), faults);
}

#[test]
fn a_credit_note_over_another_amount_is_refused() {
    let mut bench = Bench::new();
    bench.draft(invoice("a"));
    bench.draft(InvoiceDraft {
        lines: vec![line(ENERGY, VAT, 500)],
        groups: vec![group(VAT, 500, 190)],
        net: euro(500),
        gross: euro(690),
        ..credit_note("b", "a")
    });
    assert_eq!(bench.faults(), [DraftFault::SumsDiffer]);
}

#[test]
fn a_year_closes_two_days_after_later_numbers_were_given() {
    let mut bench = Bench::new();
    bench.state.now = Timestamp(1_735_776_000_000); // 2025-01-02T00:00:00Z
    let dated = |id, year| InvoiceDraft {
        issue_date: date(year),
        ..invoice(id)
    };
    bench.draft(dated("a", 2025));
    bench.draft(dated("b", 2024));
    assert_eq!(bench.numbers(), ["RE-2025-0001", "RE-2024-0001"]);
    bench.state.now = Timestamp(1_735_862_400_000); // 2025-01-03T00:00:00Z
    bench.draft(dated("c", 2024));
    assert_eq!(bench.faults(), [DraftFault::DateOutOfOrder]);
}

#[test]
fn the_account_is_told_and_each_rate_is_a_fact() {
    let mut bench = Bench::new();
    bench.draft(invoice("a"));
    bench.draft(credit_note("b", "a"));
    let nets: Vec<i64> = bench
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::LineFact(fact) => Some(fact.net.minor),
            Effect::Issued(_) | Effect::Entry(_) | Effect::ToAccount(_) => None,
        })
        .collect();
    assert_eq!(nets, [1_000, -1_000]);
    let Effect::ToAccount(AccountNotice::Issued(notice)) = bench.effects.last().unwrap() else {
        panic!("the notice comes last");
    };
    assert_eq!(notice.number, bench.documents()[1].number);
}

#[test]
fn what_is_absent_and_what_is_empty_hash_differently() {
    let mut bench = Bench::new();
    bench.draft(invoice("a"));
    let document = bench.documents()[0].clone();
    let mut other = document.clone();
    other.draft.buyer_name = Some("".into());
    assert_ne!(document_hash(&other), document.hash);
    let mut other = document.clone();
    Arc::make_mut(&mut other.draft.seller).address = vec!["Street".into(), "1".into()];
    assert_ne!(document_hash(&other), document.hash);
}

#[test]
fn the_canonical_form_of_a_document_never_changes() {
    let mut bench = Bench::new();
    bench.draft(invoice("a"));
    let expect = "e6d7ea4cfd82422f2c606e1cd6c6e9b6fc7851ed337387e2fc1a5d9e0e522e1b";
    assert_eq!(bench.documents()[0].hash.to_string(), expect);
}
