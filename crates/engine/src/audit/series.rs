//! The promises about documents: numbers, chains, sums.

use super::{Check, Finding};
use std::collections::{BTreeMap, BTreeSet};
use wattledger_domain::chain::document_hash;
use wattledger_domain::document::IssuedDocument;
use wattledger_domain::hash::Digest;

/// Numbers 1..n per series, each document chained to the one before, each sum right.
pub fn checks(documents: &[IssuedDocument]) -> Vec<Check> {
    let mut numbers = Finding::of("document numbers of a series run 1..n without gap or repeat");
    let mut chain = Finding::of("each document's hash covers it and the one before");
    let mut sums = Finding::of("lines, tax groups and totals of each document add up");
    let mut unique = Finding::of("no number and no draft is issued twice");
    let mut series: BTreeMap<&str, (i64, Digest)> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for document in documents {
        let (last, hash) = series
            .get(&*document.series)
            .copied()
            .unwrap_or((0, Digest::ZERO));
        numbers.look(document.sequence == last.saturating_add(1), || {
            format!(
                "{} is number {} of {} after {last}",
                document.invoice, document.sequence, document.series
            )
        });
        chain.look(
            document.previous_hash == hash && document.hash == document_hash(document),
            || {
                format!(
                    "{} breaks the chain of {}",
                    document.number, document.series
                )
            },
        );
        sums.look(adds_up(document), || {
            format!("{} does not add up", document.number)
        });
        let seller = &document.draft.seller.id;
        let first = seen.insert((seller, &*document.number, "number"))
            && seen.insert((seller, document.draft.draft.as_str(), "draft"));
        unique.look(first, || format!("{} is issued twice", document.number));
        series.insert(&document.series, (document.sequence, document.hash));
    }
    vec![numbers.done(), chain.done(), sums.done(), unique.done()]
}

fn adds_up(document: &IssuedDocument) -> bool {
    let draft = &document.draft;
    let groups = draft.groups.iter().all(|group| {
        let lines = draft
            .lines
            .iter()
            .filter(|line| line.tax == group.rate)
            .map(|line| line.net.minor);
        sum(lines) == Some(group.net.minor)
            && group.net.minor.checked_add(group.tax.minor) == Some(group.gross.minor)
    });
    let named = draft.taxes.as_deref().unwrap_or_default();
    let taxes = draft.groups.iter().all(|group| {
        let mut of_group = named
            .iter()
            .filter(|tax| Some(tax.group) == group.rate)
            .peekable();
        of_group.peek().is_none()
            || sum(of_group.map(|tax| tax.amount.minor)) == Some(group.tax.minor)
    });
    let rounding = draft.rounding.map_or(0, |rounding| rounding.minor);
    let all = [draft.net.minor, draft.tax.minor, rounding];
    groups
        && taxes
        && sum(draft.groups.iter().map(|group| group.net.minor)) == Some(draft.net.minor)
        && sum(draft.groups.iter().map(|group| group.tax.minor)) == Some(draft.tax.minor)
        && sum(all.into_iter()) == Some(draft.gross.minor)
}

fn sum(mut amounts: impl Iterator<Item = i64>) -> Option<i64> {
    amounts.try_fold(0_i64, i64::checked_add)
}
