//! A draft becomes a document with its journal entries, or is refused.

mod sums;

use crate::book::{self, Amounts, Voucher};
use crate::series::{number, series_key, series_kind};
use crate::state::{Book, Credit, Document, Issued, Key, OpenItem, Value};
use crate::{AccountNotice, Effect, InvoiceState, Rejection};
use wattledger_domain::cost::LineKind;
use wattledger_domain::document::{
    Credited, DocumentKind, DraftFault, DraftRejected, EntryCause, InvoiceDraft, InvoiceNotice,
    IssuedDocument, JournalEntry,
};
use wattledger_domain::ids::{BookId, DraftId, EntryId};
use wattledger_domain::money::{Money, MoneyError};
use wattledger_domain::outcome::InvoiceLineFact;
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::tariff::Dimension;

/// A year stays open for drafts this long (UTC) after later numbers were given: drafts of several
/// accounts cross midnight in any order, and the seller's zone may lie up to 14 h from UTC.
const YEAR_GRACE: Milliseconds = Milliseconds::minutes(2_880);

pub(crate) fn fold(
    state: &mut InvoiceState<'_>,
    draft: &InvoiceDraft,
    effects: &mut Vec<Effect>,
) -> Result<(), Rejection> {
    if document(state, &draft.seller.book, &draft.draft).is_some() {
        return Ok(());
    }
    let mut book = book::open(state, &draft.seller.book);
    match check(state, draft, &book) {
        Ok(target) => issue(state, draft, target, &mut book, effects),
        Err(reason) => {
            reject(state, draft, reason, effects);
            Ok(())
        }
    }
}

/// What became of a draft, if it has come.
pub(crate) fn document(
    state: &mut InvoiceState<'_>,
    book: &BookId,
    draft: &DraftId,
) -> Option<Document> {
    let key = Key::Document {
        book: book.clone(),
        draft: draft.clone(),
    };
    match state.get(&key) {
        Some(Value::Document(document)) => Some(document.clone()),
        Some(Value::Series(_) | Value::OpenItem(_) | Value::Book(_) | Value::Fact(_)) | None => {
            None
        }
    }
}

/// The open item of a draft, if anything is known of it.
pub(crate) fn open_item(
    state: &mut InvoiceState<'_>,
    book: &BookId,
    draft: &DraftId,
) -> Option<OpenItem> {
    match state.get(&item_key(book, draft)) {
        Some(Value::OpenItem(item)) => Some(*item),
        Some(Value::Series(_) | Value::Document(_) | Value::Book(_) | Value::Fact(_)) | None => {
            None
        }
    }
}

/// Where the open item of a draft is kept.
pub(crate) fn item_key(book: &BookId, draft: &DraftId) -> Key {
    Key::OpenItem {
        book: book.clone(),
        draft: draft.clone(),
    }
}

/// The invoice that a credit note takes back.
struct Target {
    draft: DraftId,
    issued: Issued,
}

/// Whether the draft can be issued, and what it credits.
fn check(
    state: &mut InvoiceState<'_>,
    draft: &InvoiceDraft,
    book: &Book,
) -> Result<Option<Target>, DraftFault> {
    sums::check_currency(draft)?;
    sums::check(draft)?;
    let year = draft.issue_date.year;
    let latest = book.latest_year.get(&series_kind(draft)).copied();
    let open_since = state.now().minus(YEAR_GRACE).utc_year();
    if latest.is_some_and(|latest| year < latest) && i64::from(year) < open_since {
        return Err(DraftFault::DateOutOfOrder);
    }
    let DocumentKind::CreditNote { credits } = &draft.kind else {
        return Ok(None);
    };
    let Some(Document::Issued(issued)) = document(state, &draft.seller.book, credits) else {
        return Err(DraftFault::NothingToCredit);
    };
    match &issued.credit {
        Credit::Credits(_) => Err(DraftFault::NothingToCredit),
        Credit::CreditedBy(_) => Err(DraftFault::CreditedAlready),
        Credit::Standing if issued.gross.currency != draft.currency => {
            Err(DraftFault::MixedCurrencies)
        }
        Credit::Standing if issued.gross != draft.gross => Err(DraftFault::SumsDiffer),
        Credit::Standing => Ok(Some(Target {
            draft: credits.clone(),
            issued,
        })),
    }
}

fn reject(
    state: &mut InvoiceState<'_>,
    draft: &InvoiceDraft,
    reason: DraftFault,
    effects: &mut Vec<Effect>,
) {
    let key = Key::Document {
        book: draft.seller.book.clone(),
        draft: draft.draft.clone(),
    };
    state.put(key, Value::Document(Document::Rejected(reason)));
    let rejected = DraftRejected {
        draft: draft.draft.clone(),
        account: draft.account.clone(),
        session: draft.supply.session.clone(),
        reason,
    };
    effects.push(Effect::ToAccount(AccountNotice::Rejected(Box::new(
        rejected,
    ))));
}

/// Everything is computed before anything is stored: a rejection takes no number.
fn issue(
    state: &mut InvoiceState<'_>,
    draft: &InvoiceDraft,
    target: Option<Target>,
    book: &mut Book,
    effects: &mut Vec<Effect>,
) -> Result<(), Rejection> {
    let now = state.now();
    let book_id = &draft.seller.book;
    let credits = target.as_ref().map(|target| Credited {
        invoice: target.issued.invoice.clone(),
        number: target.issued.number.clone(),
        issue_date: target.issued.issue_date,
    });
    let (document, series) = number(state, draft, credits, now)?;
    let billed = book.post(voucher(&document, "document"), &billed(draft)?)?;
    let waiting = open_item(state, book_id, &draft.draft)
        .filter(|item| item.due.currency == draft.currency)
        .unwrap_or_else(|| OpenItem::empty(draft.currency));
    let allocation = Amounts::transfer("unallocated", "ar:driver", waiting.applied()?)?;
    let allocated = book.post(voucher(&document, "allocation"), &allocation)?;
    let item = match &target {
        None => OpenItem {
            due: draft.gross,
            ..waiting
        },
        Some(target) => credited_item(state, draft, target, waiting)?,
    };
    let facts = line_facts(&document)?;

    let item_draft = target.as_ref().map_or(&draft.draft, |target| &target.draft);
    state.remove(&item_key(book_id, &draft.draft));
    state.put(item_key(book_id, item_draft), Value::OpenItem(item));
    let latest = book.latest_year.entry(series_kind(draft)).or_default();
    *latest = draft.issue_date.year.max(*latest);
    state.put(series_key(draft), Value::Series(series));
    let key = Key::Book {
        book: book_id.clone(),
    };
    state.put(key, Value::Book(book.clone()));
    remember(state, &document, target);
    send(document, [billed, allocated], facts, effects);
    Ok(())
}

/// The credited invoice's item, less the credit note, with what came in for the credit note.
fn credited_item(
    state: &mut InvoiceState<'_>,
    draft: &InvoiceDraft,
    target: &Target,
    waiting: OpenItem,
) -> Result<OpenItem, Rejection> {
    let item = open_item(state, &draft.seller.book, &target.draft)
        .unwrap_or_else(|| OpenItem::empty(draft.currency));
    Ok(OpenItem {
        due: item.due.minus(draft.gross)?,
        paid: item.paid.plus(waiting.paid)?,
        written_off: item.written_off.plus(waiting.written_off)?,
    })
}

fn remember(state: &mut InvoiceState<'_>, document: &IssuedDocument, target: Option<Target>) {
    let draft = &document.draft;
    let key = |id: &DraftId| Key::Document {
        book: draft.seller.book.clone(),
        draft: id.clone(),
    };
    let credit = match target {
        None => Credit::Standing,
        Some(target) => {
            let credited = Issued {
                credit: Credit::CreditedBy(draft.draft.clone()),
                ..target.issued
            };
            let value = Value::Document(Document::Issued(credited));
            state.put(key(&target.draft), value);
            Credit::Credits(target.draft)
        }
    };
    let issued = Issued {
        invoice: document.invoice.clone(),
        number: document.number.clone(),
        issue_date: draft.issue_date,
        session: draft.supply.session.clone(),
        gross: draft.gross,
        credit,
    };
    state.put(key(&draft.draft), Value::Document(Document::Issued(issued)));
}

fn send(
    document: IssuedDocument,
    entries: [Option<JournalEntry>; 2],
    facts: Vec<InvoiceLineFact>,
    effects: &mut Vec<Effect>,
) {
    let draft = &document.draft;
    let notice = InvoiceNotice {
        draft: draft.draft.clone(),
        account: draft.account.clone(),
        invoice: document.invoice.clone(),
        number: document.number.clone(),
        gross: draft.gross,
        session: draft.supply.session.clone(),
    };
    effects.push(Effect::Issued(Box::new(document)));
    let entries = entries.into_iter().flatten();
    effects.extend(entries.map(|entry| Effect::Entry(Box::new(entry))));
    let facts = facts.into_iter();
    effects.extend(facts.map(|fact| Effect::LineFact(Box::new(fact))));
    effects.push(Effect::ToAccount(AccountNotice::Issued(Box::new(notice))));
}

fn voucher<'a>(document: &'a IssuedDocument, template: &str) -> Voucher<'a> {
    let seller = &document.draft.seller;
    Voucher {
        entry: EntryId::of(&[seller.book.as_str(), document.invoice.as_str(), template]),
        legal_entity: &seller.id,
        book: &seller.book,
        cause: EntryCause::Document(document.invoice.clone()),
        session: Some(document.draft.supply.session.clone()),
        at: document.issued_at,
    }
}

/// D `ar:driver` / C revenue and VAT; a credit note the other way round (payments §10).
fn billed(draft: &InvoiceDraft) -> Result<Amounts, Rejection> {
    let mut amounts = Amounts::new(draft.currency);
    amounts.debit("ar:driver", signed(draft, draft.gross)?)?;
    for line in &draft.lines {
        amounts.credit(revenue_ledger(line.kind), signed(draft, line.net)?)?;
    }
    for group in &draft.groups {
        let Some(rate) = group.rate else { continue };
        let country = &draft.seller.country;
        let mut named = sums::taxes(draft)
            .iter()
            .filter(|tax| tax.group == rate)
            .peekable();
        if named.peek().is_none() {
            let ledger = format!("vat:{country}:{}", rate.0);
            amounts.credit(&ledger, signed(draft, group.tax)?)?;
        }
        for tax in named {
            let ledger = format!("tax:{country}:{}", tax.name);
            amounts.credit(&ledger, signed(draft, tax.amount)?)?;
        }
    }
    if let Some(rounding) = draft.rounding {
        amounts.credit("rounding", signed(draft, rounding)?)?;
    }
    Ok(amounts)
}

const fn revenue_ledger(kind: LineKind) -> &'static str {
    match kind {
        LineKind::Usage(Dimension::Energy) => "rev:energy",
        LineKind::Usage(Dimension::Time) => "rev:time",
        LineKind::Usage(Dimension::ParkingTime) => "rev:idle",
        LineKind::Usage(Dimension::Flat) => "rev:fee",
        LineKind::MinPrice | LineKind::MaxPrice => "rev:adjustment",
    }
}

fn line_facts(document: &IssuedDocument) -> Result<Vec<InvoiceLineFact>, Rejection> {
    let draft = &document.draft;
    let facts = draft.groups.iter().map(|group| {
        Ok(InvoiceLineFact {
            invoice: document.invoice.clone(),
            session: draft.supply.session.clone(),
            station: draft.supply.station.clone(),
            site: draft.supply.site.clone(),
            tax_point: draft.tax_point,
            rate: group.rate,
            net: signed(draft, group.net)?,
            tax: signed(draft, group.tax)?,
        })
    });
    facts.collect()
}

fn signed(draft: &InvoiceDraft, amount: Money) -> Result<Money, MoneyError> {
    match draft.kind {
        DocumentKind::Invoice => Ok(amount),
        DocumentKind::CreditNote { .. } => amount.negated(),
    }
}
