//! What follows from a change of a payment: commands, facts, alerts, and a look by those it is for.

use super::{Move, Notice, Payment, Purpose, Turn};
use crate::desk::Desk;
use crate::effect::{Alert, Effect, Rejection};
use crate::key::{Entity, TimerKind};
use crate::{authorization, bill};
use wattledger_domain::document::PaymentFact;
use wattledger_domain::ids::{AccountId, DraftId, PaymentId};
use wattledger_domain::payment::PaymentOutcome;
use wattledger_domain::time::Timestamp;

/// Asks for what is wanted now and keeps the payment.
pub(crate) fn advance(desk: &mut Desk<'_, '_>, payment: Payment) -> Result<(), Rejection> {
    go_on(desk, payment, Turn::default())
}

/// Folds an outcome, then lets the authorisation and the bill see what it changed.
pub(crate) fn outcome(desk: &mut Desk<'_, '_>, outcome: &PaymentOutcome) -> Result<(), Rejection> {
    let Some(mut payment) = desk.payment(&outcome.account, &outcome.payment) else {
        return Err(Rejection::UnknownPayment {
            account: outcome.account.clone(),
            payment: outcome.payment.clone(),
        });
    };
    let turn = payment.learn(outcome, desk.now())?;
    tell(desk, payment, turn)
}

/// Asks again about, or for, an operation.
pub(crate) fn retry_due(
    desk: &mut Desk<'_, '_>,
    account: &AccountId,
    payment: &PaymentId,
    due: Timestamp,
) -> Result<(), Rejection> {
    let Some(mut payment) = desk.payment(account, payment) else {
        return Ok(());
    };
    let now = desk.now();
    let Some(ask) = payment.flight.wake(due, now) else {
        return Ok(());
    };
    let command = ask.command(&payment, now);
    desk.emit(Effect::Pay(Box::new(command)));
    desk.keep_payment(payment);
    Ok(())
}

/// Keeps a changed payment, then lets its authorisation and its bill look at it.
fn tell(desk: &mut Desk<'_, '_>, payment: Payment, turn: Turn) -> Result<(), Rejection> {
    let (account, id) = (payment.account.clone(), payment.id.clone());
    let purpose = payment.purpose.clone();
    go_on(desk, payment, turn)?;
    match &purpose {
        Purpose::Hold {
            station,
            authorization,
            session,
        } => {
            let key = (&account, station, authorization);
            authorization::hold_changed(desk, key, &id)?;
            match session {
                Some(session) => bill::payment_changed(desk, &account, session, &id),
                None => Ok(()),
            }
        }
        Purpose::Charge { session } => bill::payment_changed(desk, &account, session, &id),
    }
}

fn go_on(desk: &mut Desk<'_, '_>, mut payment: Payment, turn: Turn) -> Result<(), Rejection> {
    let now = desk.now();
    let draft = match payment.session().cloned() {
        Some(session) => desk
            .bill(&payment.account, &session)
            .and_then(|bill| bill.draft_to_pay()),
        None => None,
    };
    for moved in turn.moves {
        let fact = fact(&payment, moved, draft.clone(), now);
        desk.emit(Effect::Fact(Box::new(fact)));
    }
    for notice in turn.notices {
        desk.emit(Effect::Alert(alert(&payment, notice)));
    }
    let again = turn.again.map(|ask| ask.command(&payment, now));
    if let Some(command) = again.or(payment.next(now)?) {
        desk.emit(Effect::Pay(Box::new(command)));
    }
    if let Some(due) = payment.flight.due() {
        let entity = Entity::Payment(payment.id.clone());
        desk.wake(due, TimerKind::Retry, &payment.account, entity);
    }
    desk.keep_payment(payment);
    Ok(())
}

fn fact(payment: &Payment, moved: Move, draft: Option<DraftId>, at: Timestamp) -> PaymentFact {
    let Move {
        op,
        movement,
        amount,
    } = moved;
    PaymentFact {
        payment: payment.id.clone(),
        op,
        account: payment.account.clone(),
        session: payment.session().cloned(),
        draft,
        legal_entity: payment.legal_entity.clone(),
        book: payment.book.clone(),
        processor: payment.method.processor.clone(),
        movement,
        amount,
        at,
    }
}

fn alert(payment: &Payment, notice: Notice) -> Alert {
    let (account, id) = (payment.account.clone(), payment.id.clone());
    match notice {
        Notice::OutcomeLost(op) => Alert::OutcomeLost {
            account,
            payment: id,
            op,
        },
        Notice::RefundStuck(amount) => Alert::RefundStuck {
            account,
            payment: id,
            amount,
        },
    }
}
