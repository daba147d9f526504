//! Numbers and the hash chain of one series: book, kind of document, year.
//!
//! Invariant: a number is given only together with its document; sequences run 1..n.

use crate::state::{Key, Series, SeriesKind, Value};
use crate::{InvoiceState, Rejection};
use wattledger_domain::chain::document_hash;
use wattledger_domain::document::{Credited, DocumentKind, InvoiceDraft, IssuedDocument};
use wattledger_domain::hash::Digest;
use wattledger_domain::ids::InvoiceId;
use wattledger_domain::time::Timestamp;

/// The next document of the draft's series, and the series after it. Changes no state.
pub(crate) fn number(
    state: &mut InvoiceState<'_>,
    draft: &InvoiceDraft,
    credits: Option<Credited>,
    at: Timestamp,
) -> Result<(IssuedDocument, Series), Rejection> {
    let before = match state.get(&series_key(draft)) {
        Some(Value::Series(series)) => *series,
        Some(Value::Document(_) | Value::OpenItem(_) | Value::Book(_) | Value::Fact(_)) | None => {
            Series {
                last_sequence: 0,
                last_hash: Digest::ZERO,
            }
        }
    };
    let sequence = before
        .last_sequence
        .checked_add(1)
        .ok_or(Rejection::Exhausted(before.last_sequence))?;
    let kind = series_kind(draft);
    let (book, year) = (&draft.seller.book, draft.issue_date.year);
    let pattern = match kind {
        SeriesKind::Invoice => &draft.seller.invoice_number,
        SeriesKind::CreditNote => &draft.seller.credit_note_number,
    };
    let mut document = IssuedDocument {
        invoice: InvoiceId::of(&[book.as_str(), draft.draft.as_str()]),
        number: formatted(pattern, year, sequence).into(),
        series: format!("{book}/{}/{year}", kind.word()).into(),
        sequence,
        issued_at: at,
        credits,
        draft: draft.clone(),
        previous_hash: before.last_hash,
        hash: Digest::ZERO,
    };
    document.hash = document_hash(&document);
    let after = Series {
        last_sequence: sequence,
        last_hash: document.hash,
    };
    Ok((document, after))
}

/// Where a draft's series is kept.
pub(crate) fn series_key(draft: &InvoiceDraft) -> Key {
    Key::Series {
        book: draft.seller.book.clone(),
        kind: series_kind(draft),
        year: draft.issue_date.year,
    }
}

/// Which series of its year a draft belongs to.
pub(crate) const fn series_kind(draft: &InvoiceDraft) -> SeriesKind {
    match draft.kind {
        DocumentKind::Invoice => SeriesKind::Invoice,
        DocumentKind::CreditNote { .. } => SeriesKind::CreditNote,
    }
}

/// The pattern with `{year}`, `{number}` and `{number:6}` (padded with zeros, at most 18) filled
/// in; braces that say anything else stay as they are.
fn formatted(pattern: &str, year: i32, sequence: i64) -> String {
    let mut text = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some((before, from_brace)) = rest.split_once('{') {
        text.push_str(before);
        let filled = from_brace
            .split_once('}')
            .and_then(|(field, after)| Some((fill(field, year, sequence)?, after)));
        match filled {
            Some((value, after)) => {
                text.push_str(&value);
                rest = after;
            }
            None => {
                text.push('{');
                rest = from_brace;
            }
        }
    }
    text.push_str(rest);
    text
}

fn fill(field: &str, year: i32, sequence: i64) -> Option<String> {
    match field {
        "year" => Some(format!("{year:04}")),
        "number" => Some(sequence.to_string()),
        padded => {
            let width: usize = padded.strip_prefix("number:")?.parse().ok()?;
            (width <= 18).then(|| format!("{sequence:0width$}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::formatted;

    #[track_caller]
    fn check(pattern: &str, expect: &str) {
        assert_eq!(formatted(pattern, 2025, 42), expect);
    }

    #[test]
    fn a_number_reads_as_the_seller_writes_it() {
        check("RE-{year}-{number}", "RE-2025-42");
        check("{number:6}/{year}", "000042/2025");
        check("{number:1}", "42");
    }

    #[test]
    fn braces_that_mean_nothing_stay() {
        check("{book}-{number}", "{book}-42");
        check("{number:x}{number:99}{", "{number:x}{number:99}{");
    }
}
