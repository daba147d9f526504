//! Bringing together what is due and what was taken: charges, refunds, write-offs.

use super::{Balance, Bill, Billed, Claim, Edition, Means, Stage};
use crate::desk::Desk;
use crate::effect::{Effect, Rejection};
use crate::payment::{self, Payment, Phase, Purpose, Refunding, Wish};
use wattledger_domain::document::{Movement, PaymentFact};
use wattledger_domain::ids::{AccountId, PaymentId, SessionId};
use wattledger_domain::money::{Money, MoneyError};
use wattledger_domain::payment::PaymentMethod;
use wattledger_domain::reference::CollectionPolicy;

/// Looks at a payment after an outcome and goes on collecting.
pub(crate) fn payment_changed(
    desk: &mut Desk<'_, '_>,
    account: &AccountId,
    session: &SessionId,
    payment: &PaymentId,
) -> Result<(), Rejection> {
    let Some(bill) = desk.bill(account, session) else {
        return Ok(());
    };
    let Stage::Billed(billed) = &bill.stage else {
        return Ok(());
    };
    let Some(payment) = desk.payment(account, payment) else {
        return Ok(());
    };
    let mut billed = (**billed).clone();
    billed.claim(&payment)?;
    let charge_failed =
        matches!(payment.purpose, Purpose::Charge { .. }) && payment.phase == Phase::Refused;
    if charge_failed {
        billed.means = Means::Exhausted;
    }
    collect(desk, account, &mut billed)?;
    desk.keep_bill(Bill {
        stage: Stage::Billed(Box::new(billed)),
        ..bill
    });
    Ok(())
}

/// Charges, refunds or writes off what is open and not on its way.
pub(super) fn collect(
    desk: &mut Desk<'_, '_>,
    account: &AccountId,
    billed: &mut Billed,
) -> Result<(), Rejection> {
    // For a refused invoice nothing is asked for or given back until a new one stands.
    if billed.is_refused() {
        return Ok(());
    }
    let open = billed.balance.receivable.minus(billed.expected()?)?;
    if open.is_positive() {
        match billed.means.clone() {
            Means::Method(_) if open.minor < billed.worth_charging() => {
                write_off(desk, account, billed, open)
            }
            Means::Method(method) => charge(desk, account, billed, (open, method)),
            Means::Nothing | Means::Exhausted => Ok(()),
        }
    } else {
        give_back(desk, account, billed, open)
    }
}

impl Billed {
    /// Takes over what a payment has brought and will bring.
    pub(super) fn claim(&mut self, payment: &Payment) -> Result<(), MoneyError> {
        let claim = Claim {
            kept: payment.kept()?,
            expected: payment.expected()?,
        };
        self.claims.insert(payment.id.clone(), claim);
        let nothing = Money::zero(self.balance.due.currency);
        let kept = self
            .claims
            .values()
            .try_fold(nothing, |sum, claim| sum.plus(claim.kept))?;
        self.balance.captured(kept)
    }

    /// Asks a hold for what is due, or lets it go when that is not worth a capture.
    pub(super) fn draw_on(&mut self, hold: &mut Payment) -> Result<(), MoneyError> {
        let due = self.balance.due;
        let worth = due.is_positive() && due.minor >= self.policy.charge_minimum_minor;
        hold.want(if worth {
            Wish::Capture(due)
        } else {
            Wish::Release
        });
        self.claim(hold)
    }

    fn expected(&self) -> Result<Money, MoneyError> {
        let nothing = Money::zero(self.balance.due.currency);
        self.claims
            .values()
            .try_fold(nothing, |sum, claim| sum.plus(claim.expected))
    }

    /// The id of what is done for a session: of another account's for the same session it differs.
    fn payment_id(&self, session: &SessionId, word: &str, number: Option<i32>) -> PaymentId {
        let number = number.map(|number| number.to_string());
        let since = (self.since > 1).then(|| format!("since {}", self.since));
        let causes = [
            Some(session.as_str()),
            Some(word),
            number.as_deref(),
            since.as_deref(),
        ];
        let causes: Vec<&str> = causes.into_iter().flatten().collect();
        PaymentId::of(&causes)
    }

    /// Less than this is written off rather than charged.
    fn worth_charging(&self) -> i64 {
        let CollectionPolicy {
            charge_minimum_minor: first,
            correction_minimum_minor: corrected,
        } = self.policy;
        match self.edition {
            Edition::First => first,
            Edition::Corrected => first.max(corrected),
        }
    }
}

/// Asks for the new amount where a hold has not been captured yet.
pub(super) fn redraw(
    desk: &mut Desk<'_, '_>,
    account: &AccountId,
    billed: &mut Billed,
) -> Result<(), Rejection> {
    let ids: Vec<PaymentId> = billed.claims.keys().cloned().collect();
    for id in ids {
        let hold = desk.payment(account, &id);
        if let Some(mut hold) = hold.filter(Payment::awaits_capture) {
            billed.draw_on(&mut hold)?;
            payment::advance(desk, hold)?;
        }
    }
    Ok(())
}

fn write_off(
    desk: &mut Desk<'_, '_>,
    account: &AccountId,
    billed: &mut Billed,
    amount: Money,
) -> Result<(), Rejection> {
    billed.write_offs = billed.write_offs.saturating_add(1);
    billed.balance.write_off(amount)?;
    let invoice = &billed.invoice;
    let session = &invoice.supply.session;
    let fact = PaymentFact {
        payment: billed.payment_id(session, "write-off", None),
        op: billed.write_offs,
        account: account.clone(),
        session: Some(session.clone()),
        draft: Some(invoice.draft.clone()),
        legal_entity: invoice.seller.id.clone(),
        book: invoice.seller.book.clone(),
        processor: invoice.seller.processor.clone(),
        movement: Movement::WrittenOff,
        amount,
        at: desk.now(),
    };
    desk.emit(Effect::Fact(Box::new(fact)));
    Ok(())
}

fn charge(
    desk: &mut Desk<'_, '_>,
    account: &AccountId,
    billed: &mut Billed,
    asked: (Money, PaymentMethod),
) -> Result<(), Rejection> {
    billed.charges = billed.charges.saturating_add(1);
    let invoice = &billed.invoice;
    let session = invoice.supply.session.clone();
    let id = billed.payment_id(&session, "charge", Some(billed.charges));
    let seller = (&invoice.seller.id, &invoice.seller.book);
    let payment = payment::new(id, account, Purpose::Charge { session }, seller, asked);
    billed.claim(&payment)?;
    payment::advance(desk, payment)
}

/// Gives back what was taken beyond what is due, payment by payment; waits while more is still
/// to come in, since that decides how much it is.
fn give_back(
    desk: &mut Desk<'_, '_>,
    account: &AccountId,
    billed: &mut Billed,
    open: Money,
) -> Result<(), Rejection> {
    let Balance { due, captured, .. } = billed.balance;
    let mut left = captured.minus(due)?.at_most(open.negated()?)?;
    let incoming = billed
        .claims
        .values()
        .any(|claim| claim.expected.is_positive());
    if incoming || !left.is_positive() {
        return Ok(());
    }
    let ids: Vec<PaymentId> = billed.claims.keys().cloned().collect();
    for id in ids {
        let Some(mut payment) = desk.payment(account, &id) else {
            continue;
        };
        if payment.phase != Phase::Taken || payment.refunding != Refunding::Possible {
            continue;
        }
        let remaining = payment
            .captured
            .minus(payment.refund_wanted)?
            .minus(payment.lost()?)?;
        let part = left.at_most(remaining)?;
        if !part.is_positive() {
            continue;
        }
        payment.refund_wanted = payment.refund_wanted.plus(part)?;
        left = left.minus(part)?;
        billed.claim(&payment)?;
        payment::advance(desk, payment)?;
    }
    Ok(())
}
