//! The journal of a book: signed amounts per ledger account become a balanced entry.
//!
//! Invariant: an entry's debits equal its credits, and so do the book's balances per currency;
//! checked on every entry, and a breach posts nothing.

use crate::state::{Book, Key, Value};
use crate::{InvoiceState, Rejection};
use std::collections::BTreeMap;
use wattledger_domain::document::{EntryCause, JournalEntry, Posting, Side};
use wattledger_domain::ids::{BookId, EntryId, LegalEntityId, SessionId};
use wattledger_domain::money::{Currency, Money, MoneyError};
use wattledger_domain::time::Timestamp;

/// Keeps a book's value well below 64 KiB.
const LEDGERS_MAX: usize = 1_000;

/// Debits less credits per ledger account, in one currency.
pub(crate) struct Amounts {
    currency: Currency,
    by_ledger: BTreeMap<Box<str>, i64>,
}

impl Amounts {
    pub(crate) const fn new(currency: Currency) -> Self {
        Self {
            currency,
            by_ledger: BTreeMap::new(),
        }
    }

    /// `amount` from the `credit` account to the `debit` account.
    pub(crate) fn transfer(debit: &str, credit: &str, amount: Money) -> Result<Self, Rejection> {
        let mut amounts = Self::new(amount.currency);
        amounts.debit(debit, amount)?;
        amounts.credit(credit, amount)?;
        Ok(amounts)
    }

    pub(crate) fn debit(&mut self, ledger: &str, amount: Money) -> Result<(), Rejection> {
        if amount.currency != self.currency {
            return Err(MoneyError::Mixed(self.currency, amount.currency).into());
        }
        let balance = self.by_ledger.entry(ledger.into()).or_default();
        *balance = balance
            .checked_add(amount.minor)
            .ok_or(MoneyError::Overflow)?;
        Ok(())
    }

    pub(crate) fn credit(&mut self, ledger: &str, amount: Money) -> Result<(), Rejection> {
        self.debit(ledger, amount.negated()?)
    }

    /// The postings, without those of nothing, in order of the ledger account.
    fn postings(&self) -> Result<Vec<Posting>, Rejection> {
        let moved = self.by_ledger.iter().filter(|(_, minor)| **minor != 0);
        moved
            .map(|(ledger, minor)| {
                let amount = Money::new(*minor, self.currency);
                let debit = amount.is_positive();
                Ok(Posting {
                    ledger: ledger.clone(),
                    side: if debit { Side::Debit } else { Side::Credit },
                    amount: if debit { amount } else { amount.negated()? },
                })
            })
            .collect()
    }
}

/// What an entry says beside its postings.
pub(crate) struct Voucher<'a> {
    pub(crate) entry: EntryId,
    pub(crate) legal_entity: &'a LegalEntityId,
    pub(crate) book: &'a BookId,
    pub(crate) cause: EntryCause,
    pub(crate) session: Option<SessionId>,
    pub(crate) at: Timestamp,
}

/// The book as it stands.
pub(crate) fn open(state: &mut InvoiceState<'_>, book: &BookId) -> Book {
    match state.get(&Key::Book { book: book.clone() }) {
        Some(Value::Book(book)) => book.clone(),
        Some(Value::Series(_) | Value::Document(_) | Value::OpenItem(_) | Value::Fact(_))
        | None => Book::default(),
    }
}

impl Book {
    /// Posts to this book, or says `None` when nothing moves.
    pub(crate) fn post(
        &mut self,
        voucher: Voucher<'_>,
        amounts: &Amounts,
    ) -> Result<Option<JournalEntry>, Rejection> {
        check_balance(amounts.by_ledger.values(), amounts.currency)?;
        let postings = amounts.postings()?;
        if postings.is_empty() {
            return Ok(None);
        }
        self.apply(amounts)?;
        self.last_entry = self
            .last_entry
            .checked_add(1)
            .ok_or(Rejection::Exhausted(self.last_entry))?;
        Ok(Some(JournalEntry {
            entry: voucher.entry,
            legal_entity: voucher.legal_entity.clone(),
            book: voucher.book.clone(),
            sequence: self.last_entry,
            cause: voucher.cause,
            session: voucher.session,
            postings,
            at: voucher.at,
        }))
    }

    fn apply(&mut self, amounts: &Amounts) -> Result<(), Rejection> {
        for (ledger, minor) in &amounts.by_ledger {
            let account = (ledger.clone(), amounts.currency);
            let before = self.balances.remove(&account).unwrap_or(0);
            let after = before.checked_add(*minor).ok_or(MoneyError::Overflow)?;
            if after != 0 {
                self.balances.insert(account, after);
            }
        }
        if self.balances.len() > LEDGERS_MAX {
            return Err(Rejection::TooManyLedgers(LEDGERS_MAX));
        }
        let of_currency = self
            .balances
            .iter()
            .filter(|((_, currency), _)| *currency == amounts.currency)
            .map(|(_, minor)| minor);
        check_balance(of_currency, amounts.currency)
    }
}

fn check_balance<'a>(
    balances: impl Iterator<Item = &'a i64>,
    currency: Currency,
) -> Result<(), Rejection> {
    // At most 1,000 terms of 64 bits: 128 bits hold the sum.
    let by = balances.fold(0_i128, |sum, minor| sum.saturating_add(i128::from(*minor)));
    if by == 0 {
        Ok(())
    } else {
        Err(Rejection::Unbalanced { by, currency })
    }
}
