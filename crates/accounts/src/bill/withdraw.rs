//! A session that is no longer this account's to pay: what stands is credited, what is held is let go,
//! what was taken is given back.

use super::collect::{collect, redraw};
use super::{Bill, Billed, Correction, Edition, Paper, Stage, Stood, Verdict, draft, with};
use crate::authorization;
use crate::desk::Desk;
use crate::effect::{Effect, Rejection};
use crate::payment::{self, Wish};
use std::collections::BTreeSet;
use wattledger_domain::money::Money;
use wattledger_domain::review::SessionWithdrawn;

/// Takes a session away from an account. Once taken away, the same again changes nothing.
pub(crate) fn withdrawn(
    desk: &mut Desk<'_, '_>,
    withdrawn: &SessionWithdrawn,
) -> Result<(), Rejection> {
    let Some(bill) = desk.bill(&withdrawn.account, &withdrawn.session) else {
        return Ok(());
    };
    let Stage::Billed(mut billed) = bill.stage.clone() else {
        return let_go(desk, bill);
    };
    if withdrawn.version <= billed.version {
        return Ok(());
    }
    billed.version = withdrawn.version;
    match &mut billed.paper {
        Paper::InFlight { correction, .. } => {
            *correction = Some(Correction::Withdraw);
            desk.keep_bill(with(bill, &billed));
            Ok(())
        }
        Paper::Issued | Paper::Rejected | Paper::Withdrawn(_) => take_back(desk, bill, *billed),
    }
}

/// Nothing was billed: only what is held is let go.
fn let_go(desk: &mut Desk<'_, '_>, bill: Bill) -> Result<(), Rejection> {
    if let Some((station, id)) = &bill.authorized_by {
        let card = authorization::hand_over(desk, (&bill.account, station, id))?;
        if let Some((_, Some(mut hold))) = card {
            hold.want(Wish::Release);
            payment::advance(desk, hold)?;
        }
    }
    desk.keep_bill(bill);
    Ok(())
}

/// A credit note over what stands, and no new invoice.
pub(super) fn take_back(
    desk: &mut Desk<'_, '_>,
    bill: Bill,
    mut billed: Billed,
) -> Result<(), Rejection> {
    match billed.paper {
        Paper::Issued => {
            let note = draft::credit_note(&billed.invoice, desk.now())?;
            billed.paper = Paper::InFlight {
                awaited: BTreeSet::from([note.draft.clone()]),
                verdict: Verdict::Withdrawn,
                correction: None,
            };
            desk.emit(Effect::Draft(Box::new(note)));
        }
        Paper::Rejected => billed.paper = Paper::Withdrawn(Stood::Never),
        Paper::InFlight { .. } | Paper::Withdrawn(_) => {}
    }
    let nothing = Money::zero(billed.balance.due.currency);
    billed.balance.due(nothing)?;
    billed.edition = Edition::Corrected;
    desk.keep_bill(with(bill.clone(), &billed));
    redraw(desk, &bill.account, &mut billed)?;
    collect(desk, &bill.account, &mut billed)?;
    desk.keep_bill(with(bill, &billed));
    Ok(())
}
