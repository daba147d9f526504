//! The invoices stage's entities.

use super::{stored, stored_enum};
use wattledger_invoices as invoices;

stored! {
    invoices::Series { last_sequence, last_hash }
    invoices::Issued { invoice, number, issue_date, session, gross, credit }
    invoices::OpenItem { due, paid, written_off }
    invoices::Book { last_entry, balances, latest_year }
}

stored_enum! {
    invoices::SeriesKind { 0 => Invoice, 1 => CreditNote }
    invoices::Credit { 0 => Standing, 1 => CreditedBy(draft), 2 => Credits(draft) }
    invoices::Document { 0 => Issued(issued), 1 => Rejected(fault) }
    invoices::Value { 0 => Series(value), 1 => Document(value), 2 => OpenItem(value), 3 => Book(value), 4 => Fact(entry) }
    invoices::Key {
        0 => Series { book, kind, year }, 1 => Document { book, draft }, 2 => OpenItem { book, draft },
        3 => Book { book }, 4 => Fact { book, payment, op, movement },
    }
}
