//! What holds for any order of drafts and facts, repeated or not.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const MOVEMENTS: [Movement; 9] = [
    Movement::Held,
    Movement::Released,
    Movement::Captured,
    Movement::CaptureReversed,
    Movement::Refunded,
    Movement::DisputeOpened,
    Movement::DisputeWon,
    Movement::DisputeLost,
    Movement::WrittenOff,
];

#[derive(Clone, Debug)]
enum Input {
    Invoice(usize),
    CreditNote(usize),
    Faulty(usize),
    Fact(usize, i32, usize, i64),
}

fn input() -> impl Strategy<Value = Input> {
    prop_oneof![
        (0_usize..6).prop_map(Input::Invoice),
        (0_usize..6).prop_map(Input::CreditNote),
        (0_usize..6).prop_map(Input::Faulty),
        (0_usize..9, 0_i32..20, 0_usize..8, 1_i64..5_000)
            .prop_map(|(movement, op, draft, minor)| Input::Fact(movement, op, draft, minor)),
    ]
}

fn feed(bench: &mut Bench, input: &Input) {
    match *input {
        Input::Invoice(draft) => bench.draft(invoice(&format!("d{draft}"))),
        Input::CreditNote(draft) => {
            bench.draft(credit_note(&format!("c{draft}"), &format!("d{draft}")));
        }
        Input::Faulty(draft) => bench.draft(InvoiceDraft {
            tax: euro(1),
            ..invoice(&format!("d{draft}"))
        }),
        Input::Fact(movement, op, draft, minor) => {
            let id = match draft {
                0..6 => Some(format!("d{draft}")),
                6 => Some("c0".to_owned()),
                _ => None,
            };
            bench.fact(fact(MOVEMENTS[movement], op, id.as_deref(), minor));
        }
    }
}

fn balances(bench: &Bench) -> BTreeMap<Box<str>, i64> {
    let mut balances: BTreeMap<Box<str>, i64> = BTreeMap::new();
    for posting in bench.entries().iter().flat_map(|entry| &entry.postings) {
        assert!(posting.amount.is_positive());
        let signed = match posting.side {
            Side::Debit => posting.amount.minor,
            Side::Credit => posting.amount.negated().unwrap().minor,
        };
        let balance = balances.entry(posting.ledger.clone()).or_default();
        *balance = balance.checked_add(signed).unwrap();
    }
    balances
}

fn sum(amounts: impl Iterator<Item = i64>) -> i64 {
    amounts.fold(0, |sum, amount| sum.checked_add(amount).unwrap())
}

/// Open items of issued drafts make up `ar:driver`.
fn check_items(bench: &Bench, balances: &BTreeMap<Box<str>, i64>) {
    let issued: BTreeSet<DraftId> = bench
        .documents()
        .iter()
        .map(|document| document.draft.draft.clone())
        .collect();
    let receivables = bench
        .state
        .entities
        .iter()
        .map(|(key, value)| match (key, value) {
            (Key::OpenItem { draft, .. }, Value::OpenItem(item)) if issued.contains(draft) => {
                item.receivable().unwrap().minor
            }
            _ => 0,
        });
    let driver = balances.get("ar:driver").copied().unwrap_or(0);
    assert_eq!(sum(receivables), driver);
}

proptest! {
    #[test]
    fn books_balance_numbers_run_and_items_agree(
        inputs in prop::collection::vec(input(), 0..60),
    ) {
        let mut bench = Bench::new();
        for input in &inputs {
            feed(&mut bench, input);
        }
        let balances = balances(&bench);
        prop_assert_eq!(sum(balances.values().copied()), 0);
        check_items(&bench, &balances);
        let entries = bench.entries();
        for (place, entry) in (1_i64..).zip(&entries) {
            prop_assert_eq!(entry.sequence, place);
        }
        let ids: BTreeSet<_> = entries.iter().map(|entry| &entry.entry).collect();
        prop_assert_eq!(ids.len(), entries.len());
        let mut last: BTreeMap<&str, i64> = BTreeMap::new();
        for document in bench.documents() {
            let last = last.entry(&document.series).or_default();
            *last = last.checked_add(1).unwrap();
            prop_assert_eq!(document.sequence, *last);
        }
        if let Some(Value::Book(book)) =
            bench.state.entities.get(&Key::Book { book: BookId::new("main") })
        {
            let kept: BTreeMap<Box<str>, i64> = book
                .balances
                .iter()
                .map(|((ledger, _), minor)| (ledger.clone(), *minor))
                .collect();
            let moved = balances.into_iter().filter(|(_, minor)| *minor != 0);
            prop_assert_eq!(kept, moved.collect());
        }
    }

    #[test]
    fn a_record_that_comes_twice_counts_once(
        inputs in prop::collection::vec(input(), 0..40),
    ) {
        let (mut once, mut twice) = (Bench::new(), Bench::new());
        for input in &inputs {
            feed(&mut once, input);
            feed(&mut twice, input);
            feed(&mut twice, input);
        }
        prop_assert_eq!(once.effects, twice.effects);
        prop_assert_eq!(once.state.entities, twice.state.entities);
    }
}
