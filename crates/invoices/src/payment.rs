//! A payment fact becomes a journal entry and changes the open item of its invoice.
//!
//! Invariant: a fact (payment, operation, movement) posts once.

use crate::book::{self, Amounts, Voucher};
use crate::draft::{document, item_key, open_item};
use crate::state::{Credit, Document, Issued, Key, OpenItem, Value};
use crate::{Effect, InvoiceState, Rejection};
use wattledger_domain::document::{EntryCause, Movement, PaymentFact};
use wattledger_domain::ids::{DraftId, EntryId};
use wattledger_domain::money::MoneyError;

pub(crate) fn fold(
    state: &mut InvoiceState<'_>,
    fact: &PaymentFact,
    effects: &mut Vec<Effect>,
) -> Result<(), Rejection> {
    let seen = Key::Fact {
        book: fact.book.clone(),
        payment: fact.payment.clone(),
        op: fact.op,
        movement: fact.movement,
    };
    if state.get(&seen).is_some() {
        return Ok(());
    }
    if !fact.amount.is_positive() {
        return Err(Rejection::NotPositive(fact.amount.minor));
    }
    let claim = claim(state, fact);
    let item = match &claim.item {
        Some((draft, item)) => Some((draft, applied(*item, fact)?)),
        None => None,
    };
    let mut book = book::open(state, &fact.book);
    let voucher = voucher(fact, claim.issued.as_ref());
    let entry_id = voucher.entry.clone();
    let entry = book.post(voucher, &amounts(fact, claim.ledger())?)?;

    if let Some((draft, item)) = item {
        state.put(item_key(&fact.book, draft), Value::OpenItem(item));
    }
    let key = Key::Book {
        book: fact.book.clone(),
    };
    state.put(key, Value::Book(book));
    state.put(seen, Value::Fact(entry_id));
    effects.extend(entry.map(|entry| Effect::Entry(Box::new(entry))));
    Ok(())
}

/// Which receivable a fact is about.
struct Claim {
    /// The document, once issued and in the fact's currency.
    issued: Option<Issued>,
    /// What is known of the receivable, and the draft that names it.
    item: Option<(DraftId, OpenItem)>,
}

impl Claim {
    const NONE: Self = Self {
        issued: None,
        item: None,
    };

    const fn ledger(&self) -> &'static str {
        if self.issued.is_some() {
            "ar:driver"
        } else {
            "unallocated"
        }
    }
}

/// A fact about a credit note is about the invoice that it credits. One in another currency than
/// its invoice stays unallocated for good.
fn claim(state: &mut InvoiceState<'_>, fact: &PaymentFact) -> Claim {
    let Some(draft) = &fact.draft else {
        return Claim::NONE;
    };
    let issued = match document(state, &fact.book, draft) {
        Some(Document::Issued(issued)) => Some(issued),
        Some(Document::Rejected(_)) | None => None,
    };
    let draft = match issued.as_ref().map(|issued| &issued.credit) {
        Some(Credit::Credits(credited)) => credited,
        Some(Credit::Standing | Credit::CreditedBy(_)) | None => draft,
    };
    let item = open_item(state, &fact.book, draft)
        .unwrap_or_else(|| OpenItem::empty(fact.amount.currency));
    if item.due.currency == fact.amount.currency {
        let item = Some((draft.clone(), item));
        Claim { issued, item }
    } else {
        Claim::NONE
    }
}

fn applied(item: OpenItem, fact: &PaymentFact) -> Result<OpenItem, MoneyError> {
    let OpenItem {
        due,
        mut paid,
        mut written_off,
    } = item;
    match fact.movement {
        Movement::Captured => paid = paid.plus(fact.amount)?,
        Movement::CaptureReversed | Movement::Refunded => paid = paid.minus(fact.amount)?,
        Movement::WrittenOff => written_off = written_off.plus(fact.amount)?,
        Movement::Held
        | Movement::Released
        | Movement::DisputeOpened
        | Movement::DisputeWon
        | Movement::DisputeLost => {}
    }
    Ok(OpenItem {
        due,
        paid,
        written_off,
    })
}

/// The templates of payments §10; `claim` is the account of the receivable.
fn amounts(fact: &PaymentFact, claim: &str) -> Result<Amounts, Rejection> {
    let processor = format!("psp:{}:receivable", fact.processor);
    let (debit, credit) = match fact.movement {
        Movement::Held => ("memo:held", "memo:held_contra"),
        Movement::Released => ("memo:held_contra", "memo:held"),
        Movement::Captured => (processor.as_str(), claim),
        Movement::CaptureReversed | Movement::Refunded => (claim, processor.as_str()),
        Movement::DisputeOpened => ("dispute:held", processor.as_str()),
        Movement::DisputeWon => (processor.as_str(), "dispute:held"),
        Movement::DisputeLost => ("loss:chargeback", "dispute:held"),
        Movement::WrittenOff => ("loss:bad_debt", claim),
    };
    Amounts::transfer(debit, credit, fact.amount)
}

fn voucher<'a>(fact: &'a PaymentFact, issued: Option<&Issued>) -> Voucher<'a> {
    let session = fact.session.as_ref();
    Voucher {
        entry: EntryId::of(&[
            fact.book.as_str(),
            fact.payment.as_str(),
            &fact.op.to_string(),
            movement_word(fact.movement),
        ]),
        legal_entity: &fact.legal_entity,
        book: &fact.book,
        cause: EntryCause::Payment {
            payment: fact.payment.clone(),
            op: fact.op,
            movement: fact.movement,
        },
        session: session.or(issued.map(|issued| &issued.session)).cloned(),
        at: fact.at,
    }
}

/// Part of entry ids: never to be changed.
const fn movement_word(movement: Movement) -> &'static str {
    match movement {
        Movement::Held => "held",
        Movement::Released => "released",
        Movement::Captured => "captured",
        Movement::CaptureReversed => "capture-reversed",
        Movement::Refunded => "refunded",
        Movement::DisputeOpened => "dispute-opened",
        Movement::DisputeWon => "dispute-won",
        Movement::DisputeLost => "dispute-lost",
        Movement::WrittenOff => "written-off",
    }
}
