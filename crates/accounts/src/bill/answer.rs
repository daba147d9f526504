//! What invoices answers to a draft: a number, or a refusal.

use super::withdraw::take_back;
use super::{Correction, Paper, Stage, Stood, Verdict, correct};
use crate::desk::Desk;
use crate::effect::{Alert, Effect, Rejection};
use wattledger_domain::document::{DraftRejected, InvoiceNotice};
use wattledger_domain::ids::{AccountId, DraftId, SessionId};

/// A document has its number.
pub(crate) fn issued(desk: &mut Desk<'_, '_>, notice: &InvoiceNotice) -> Result<(), Rejection> {
    answered(desk, (&notice.account, &notice.session), &notice.draft)
}

/// A document was refused: people are told, and money for it names no invoice.
pub(crate) fn rejected(desk: &mut Desk<'_, '_>, rejected: &DraftRejected) -> Result<(), Rejection> {
    let Some(mut bill) = desk.bill(&rejected.account, &rejected.session) else {
        return Ok(());
    };
    let Stage::Billed(billed) = &mut bill.stage else {
        return Ok(());
    };
    let is_invoice = billed.invoice.draft == rejected.draft;
    let Paper::InFlight {
        awaited, verdict, ..
    } = &mut billed.paper
    else {
        return Ok(());
    };
    if !awaited.contains(&rejected.draft) {
        return Ok(());
    }
    if is_invoice {
        *verdict = Verdict::Refused;
    }
    desk.keep_bill(bill);
    desk.emit(Effect::Alert(Alert::DraftRejected {
        account: rejected.account.clone(),
        session: rejected.session.clone(),
        draft: rejected.draft.clone(),
        reason: rejected.reason,
    }));
    answered(
        desk,
        (&rejected.account, &rejected.session),
        &rejected.draft,
    )
}

/// Ends the wait for one document; after the last, the correction that waited is made.
fn answered(
    desk: &mut Desk<'_, '_>,
    (account, session): (&AccountId, &SessionId),
    draft: &DraftId,
) -> Result<(), Rejection> {
    let Some(mut bill) = desk.bill(account, session) else {
        return Ok(());
    };
    let Stage::Billed(billed) = &mut bill.stage else {
        return Ok(());
    };
    let Paper::InFlight {
        awaited,
        verdict,
        correction,
    } = &mut billed.paper
    else {
        return Ok(());
    };
    if !awaited.remove(draft) {
        return Ok(());
    }
    if !awaited.is_empty() {
        desk.keep_bill(bill);
        return Ok(());
    }
    let waiting = correction.take();
    billed.paper = match verdict {
        Verdict::Standing => Paper::Issued,
        Verdict::Refused => Paper::Rejected,
        Verdict::Withdrawn => Paper::Withdrawn(Stood::Credited),
    };
    match waiting {
        Some(Correction::Bill(rated)) => {
            let billed = (**billed).clone();
            correct(desk, bill, billed, &rated)
        }
        Some(Correction::Withdraw) => {
            let billed = (**billed).clone();
            take_back(desk, bill, billed)
        }
        None => {
            desk.keep_bill(bill);
            Ok(())
        }
    }
}
