//! The journal for a bookkeeper, and whose tokens are.

use super::fixtures::*;
use crate::{JournalFilter, Period, ViewRecord, Views};
use wattledger_domain::control::DirectoryEntry;
use wattledger_domain::document::Movement;
use wattledger_domain::ids::{AccountId, CustomerGroup, TokenHash};
use wattledger_domain::reference::TokenEntry;
use wattledger_domain::tariff::LocalDate;
use wattledger_domain::time::Timestamp;

/// A session whose invoice is paid in two captures; its day is 2026-05-04 in Berlin and in UTC.
fn paid() -> (tempfile::TempDir, Views) {
    let (directory, views) = fresh();
    let session = Session::new("ses_a", 1_777_888_800_000);
    let facts = [1, 2].map(|op| session.paid(op, Movement::Captured, 500, 7));
    apply(&views, "payments", facts.into());
    apply(&views, "invoices", vec![session.invoice(7, 840, 160)]);
    let entries = [1, 2].map(|op| session.booked(op, 500));
    apply(&views, "journal", entries.into());
    (directory, views)
}

fn day(day: u8) -> Option<LocalDate> {
    Some(LocalDate {
        year: 2026,
        month: 5,
        day,
    })
}

fn entries(views: &Views, filter: JournalFilter<'_>) -> Vec<String> {
    let page = views.journal(filter, None).unwrap();
    page.entries.into_iter().map(|row| row.head.entry).collect()
}

#[test]
fn an_entry_of_a_payment_names_the_invoice_that_it_pays() {
    let (_directory, views) = paid();
    let page = views.journal(JournalFilter::default(), None).unwrap();
    assert_eq!(page.next, None);
    assert_eq!(page.entries.len(), 2, "{page:?}");
    for row in page.entries {
        assert_eq!(row.date, "2026-05-04");
        assert_eq!(row.head.document.as_deref(), Some("RE-7"));
        assert_eq!(row.head.cause, "captured");
        let sides: Vec<_> = row
            .postings
            .iter()
            .map(|posting| (&*posting.ledger, &*posting.side, posting.amount))
            .collect();
        let expect = [("psp:clearing", "debit", 500), ("ar:driver", "credit", 500)];
        assert_eq!(sides, expect);
    }
}

#[test]
fn entries_are_chosen_by_day_and_seller() {
    let (_directory, views) = paid();
    let between = |from, to| JournalFilter {
        period: Period { from, to },
        legal_entity: None,
    };
    assert_eq!(entries(&views, between(day(4), day(5))).len(), 2);
    assert!(entries(&views, between(day(5), None)).is_empty());
    assert!(entries(&views, between(None, day(4))).is_empty());
    let of = |seller| JournalFilter {
        legal_entity: Some(seller),
        ..JournalFilter::default()
    };
    assert_eq!(entries(&views, of("seller")).len(), 2);
    assert!(entries(&views, of("another")).is_empty());
    let after = views.journal(JournalFilter::default(), Some((i64::MAX, "")));
    assert!(after.unwrap().entries.is_empty());
}

#[test]
fn more_entries_than_a_page_holds_come_in_pages_without_gap_or_repetition() {
    let (_directory, views) = fresh();
    let session = Session::new("ses_a", 0);
    let booked = (1..=1_500).map(|op| session.booked(op, 1));
    apply(&views, "journal", booked.collect());
    let first = views.journal(JournalFilter::default(), None).unwrap();
    let (at, entry) = first.next.clone().unwrap();
    let second = views.journal(JournalFilter::default(), Some((at, &entry)));
    let second = second.unwrap();
    assert_eq!((first.entries.len(), second.entries.len()), (1_000, 500));
    assert_eq!(second.next, None);
    let sequences: Vec<i64> = first
        .entries
        .iter()
        .chain(&second.entries)
        .map(|row| row.head.sequence)
        .collect();
    assert_eq!(sequences, (1..=1_500).collect::<Vec<i64>>());
}

fn token(spans: &[(&str, Option<&str>, i64)]) -> ViewRecord {
    let entries = spans.iter().map(|(account, group, from)| TokenEntry {
        tax: None,
        account: AccountId::new(*account),
        group: group.map(CustomerGroup::new),
        from: Timestamp(*from),
        to: None,
    });
    ViewRecord::Token(Box::new(DirectoryEntry {
        token: TokenHash([7; 16]),
        entries: entries.collect(),
    }))
}

#[test]
fn a_token_is_listed_by_its_hash_as_its_newest_record_says() {
    let (_directory, views) = fresh();
    let first = token(&[("alice", None, 0)]);
    let second = token(&[("alice", None, 0), ("bob", Some("staff"), 50)]);
    apply(
        &views,
        "directory.tokens",
        vec![second.clone(), first, second],
    );
    let hash = "07070707070707070707070707070707";
    let newest = views.references("Token", None).unwrap();
    assert_eq!(newest.len(), 1, "{newest:?}");
    assert_eq!(
        (&*newest[0].id, newest[0].version, newest[0].valid_from),
        (hash, 2, 50)
    );
    let document =
        format!(r#"{{"id":"{hash}","spec":{{"account":"bob","group":"staff","hash":"{hash}"}}}}"#);
    assert_eq!(newest[0].document, document);
    let all = views.references("Token", Some(hash)).unwrap();
    assert_eq!(all.len(), 2);
    assert!(views.references("Token", Some("08")).unwrap().is_empty());
}
