//! What follows from a hold: grants, growth with the running cost, renewal before it lapses.
//!
//! Invariant: decided from what is so, never from what has just happened; so the order of outcomes
//! does not matter.

use super::deadline::in_review;
use super::{Authorization, Card, CardStage, Credit, Grant, Usage, hold_id, new_hold};
use crate::desk::Desk;
use crate::effect::Rejection;
use crate::key::TimerKind;
use crate::payment::{self, Hold, Payment, Phase, Wish};
use wattledger_domain::accounts::RunningCost;
use wattledger_domain::charging::{HoldGrowth, RefusalReason};
use wattledger_domain::ids::{AccountId, AuthorizationId, PaymentId, StationId};
use wattledger_domain::money::{Money, MoneyError};
use wattledger_domain::payment::IncrementSupport;
use wattledger_domain::reference::HoldPolicy;

/// More is asked for once the cost comes to this share of the hold, in percent (payments §8).
const GROW_AT_PERCENT: i128 = 80;

/// The cost nears what is held: asks for more.
pub(crate) fn running(desk: &mut Desk<'_, '_>, cost: &RunningCost) -> Result<(), Rejection> {
    let Some(bill) = desk.bill(&cost.account, &cost.session) else {
        return Ok(());
    };
    let Some((station, id)) = bill.authorized_by else {
        return Ok(());
    };
    let Some(mut authorization) = desk.authorization(&cost.account, &station, &id) else {
        return Ok(());
    };
    let Credit::Card(card) = &mut authorization.credit else {
        return Ok(());
    };
    // Checks the currency before anything else relies on it.
    card.cost.plus(cost.gross)?;
    card.forecast.plus(cost.forecast)?;
    card.cost = cost.gross;
    card.forecast = cost.forecast;
    let hold = desk.payment(&cost.account, &card.hold);
    if let Some(payment) = hold {
        grow(desk, &authorization, payment)?;
    }
    desk.keep_authorization(authorization);
    Ok(())
}

/// Asks for a higher total if the cost nears what is held and more can be had.
fn grow(
    desk: &mut Desk<'_, '_>,
    authorization: &Authorization,
    mut payment: Payment,
) -> Result<(), Rejection> {
    let policy = &authorization.terms.policy.hold;
    let (Credit::Card(card), Phase::Held(hold)) = (&authorization.credit, payment.phase) else {
        return Ok(());
    };
    let granted = matches!(card.stage, CardStage::Granted(_));
    let open = growth(card, policy, &payment, &hold) == HoldGrowth::MayGrow;
    if !granted || !open || !payment.flight.is_quiet() || !nears(card, &hold) {
        return Ok(());
    }
    payment.want(Wish::Total(next_total(card, policy, &hold)?));
    payment::advance(desk, payment)
}

fn nears(card: &Card, hold: &Hold) -> bool {
    let need = i128::from(card.cost.minor.max(card.forecast.minor));
    let mark = i128::from(hold.held.minor).saturating_mul(GROW_AT_PERCENT);
    need.saturating_mul(100) >= mark
}

/// At least one increment more, enough for the forecast and the reserve, no more than the driver
/// wants to spend.
fn next_total(card: &Card, policy: &HoldPolicy, hold: &Hold) -> Result<Money, MoneyError> {
    let currency = hold.held.currency;
    let stepped = hold
        .held
        .plus(Money::new(policy.increment_minor, currency))?;
    let need = Money::new(card.cost.minor.max(card.forecast.minor), currency)
        .plus(Money::new(policy.reserve_minor, currency))?;
    let total = if need.minor > stepped.minor {
        need
    } else {
        stepped
    };
    match card.driver_limit {
        Some(limit) => total.at_most(limit),
        None => Ok(total),
    }
}

/// Whether more can be had: the processor can, neither policy nor driver forbids, and nothing is in
/// doubt (an increment in doubt limits at once; it is taken back when its outcome is known).
fn growth(card: &Card, policy: &HoldPolicy, payment: &Payment, hold: &Hold) -> HoldGrowth {
    let spent = hold.increments >= policy.increments_max;
    let reached = card
        .driver_limit
        .is_some_and(|limit| hold.held.minor >= limit.minor);
    let unsupported = hold.growth == IncrementSupport::Unsupported;
    if spent || reached || unsupported || payment.flight.is_doubtful() {
        HoldGrowth::Final
    } else {
        HoldGrowth::MayGrow
    }
}

/// Looks at a hold after an outcome.
pub(crate) fn hold_changed(
    desk: &mut Desk<'_, '_>,
    (account, station, id): (&AccountId, &StationId, &AuthorizationId),
    hold: &PaymentId,
) -> Result<(), Rejection> {
    let Some(mut authorization) = desk.authorization(account, station, id) else {
        return Ok(());
    };
    let Some(payment) = desk.payment(account, hold) else {
        return Ok(());
    };
    let Credit::Card(card) = &authorization.credit else {
        return Ok(());
    };
    let is_current = card.hold == *hold;
    match card.stage.clone() {
        CardStage::Asking { .. } => answer(desk, &mut authorization, payment)?,
        CardStage::Granted(grant) if is_current => {
            follow(desk, &mut authorization, payment, grant)?;
        }
        CardStage::Rotating { grant, next } if next == *hold => {
            rotated(desk, &mut authorization, payment, grant)?;
        }
        CardStage::Granted(_) | CardStage::Refused => let_go(desk, payment)?,
        CardStage::Rotating { .. } | CardStage::Limited | CardStage::Billed => {}
    }
    desk.keep_authorization(authorization);
    Ok(())
}

/// The first hold is there, or is not.
fn answer(
    desk: &mut Desk<'_, '_>,
    authorization: &mut Authorization,
    payment: Payment,
) -> Result<(), Rejection> {
    match payment.phase {
        Phase::Held(hold) => {
            let floor = authorization.terms.policy.hold.floor_minor;
            if hold.held.minor < floor.min(payment.amount.minor) {
                return give_up(desk, authorization, payment, RefusalReason::HoldTooSmall);
            }
            accept(desk, authorization, &payment, &hold);
            Ok(())
        }
        Phase::Released | Phase::Refused => {
            give_up(desk, authorization, payment, RefusalReason::Declined)
        }
        Phase::Asked | Phase::Taken => Ok(()),
    }
}

/// Tells sessions of a hold that counts from now on, and sets its clocks.
fn accept(
    desk: &mut Desk<'_, '_>,
    authorization: &mut Authorization,
    payment: &Payment,
    hold: &Hold,
) {
    let now = desk.now();
    let policy = authorization.terms.policy.hold;
    let Credit::Card(card) = &mut authorization.credit else {
        return;
    };
    let grant = Grant {
        limit: hold.held,
        growth: growth(card, &policy, payment, hold),
        since: now,
    };
    card.hold = payment.id.clone();
    card.stage = CardStage::Granted(grant);
    let entity = authorization.entity();
    let rotate_at = hold.capture_before.minus(policy.rotation_margin);
    // A hold that is shorter than the margin cannot be helped by another like it.
    if rotate_at > now {
        desk.wake(
            rotate_at,
            TimerKind::Rotate,
            &authorization.account,
            entity.clone(),
        );
    }
    if authorization.usage == Usage::Waiting {
        let at = now.plus(policy.plug_in_timeout);
        desk.wake(at, TimerKind::PlugIn, &authorization.account, entity);
    }
    authorization.grant(desk, Some(grant.limit), grant.growth);
}

/// Nothing is held for this authorisation, or will not be.
pub(super) fn give_up(
    desk: &mut Desk<'_, '_>,
    authorization: &mut Authorization,
    payment: Payment,
    reason: RefusalReason,
) -> Result<(), Rejection> {
    if let Credit::Card(card) = &mut authorization.credit {
        card.stage = CardStage::Refused;
    }
    authorization.refuse(desk, reason);
    let_go(desk, payment)
}

pub(super) fn let_go(desk: &mut Desk<'_, '_>, mut payment: Payment) -> Result<(), Rejection> {
    if matches!(payment.phase, Phase::Asked | Phase::Held(_)) && payment.wish != Wish::Release {
        payment.want(Wish::Release);
        payment::advance(desk, payment)?;
    }
    Ok(())
}

/// The hold in use has changed: sessions are told, or a lapsed one is replaced.
fn follow(
    desk: &mut Desk<'_, '_>,
    authorization: &mut Authorization,
    payment: Payment,
    grant: Grant,
) -> Result<(), Rejection> {
    match payment.phase {
        Phase::Held(hold) => {
            let policy = authorization.terms.policy.hold;
            let Credit::Card(card) = &mut authorization.credit else {
                return Ok(());
            };
            let growth = growth(card, &policy, &payment, &hold);
            if (hold.held, growth) != (grant.limit, grant.growth) {
                let limit = hold.held;
                card.stage = CardStage::Granted(Grant {
                    limit,
                    growth,
                    ..grant
                });
                authorization.grant(desk, Some(limit), growth);
            }
            grow(desk, authorization, payment)
        }
        Phase::Released | Phase::Refused => match authorization.usage.clone() {
            Usage::Waiting => give_up(desk, authorization, payment, RefusalReason::PlugInTimeout),
            Usage::Charging(session) if in_review(desk, &payment.account, &session) => {
                if let Credit::Card(card) = &mut authorization.credit {
                    card.stage = CardStage::Refused;
                }
                Ok(())
            }
            Usage::Charging(_) => rotate(desk, authorization, grant),
        },
        Phase::Asked | Phase::Taken => Ok(()),
    }
}

/// Asks for a new hold of what is held now.
pub(super) fn rotate(
    desk: &mut Desk<'_, '_>,
    authorization: &mut Authorization,
    grant: Grant,
) -> Result<(), Rejection> {
    let Credit::Card(card) = &mut authorization.credit else {
        return Ok(());
    };
    card.holds = card.holds.saturating_add(1);
    let next = hold_id(
        &authorization.station,
        &authorization.authorization,
        card.holds,
    );
    card.stage = CardStage::Rotating {
        grant,
        next: next.clone(),
    };
    let method = card.method.clone();
    let payment = new_hold(authorization, next, grant.limit, &method);
    payment::advance(desk, payment)
}

/// The new hold is there: the old one goes. Or it is not, or is smaller: the session must end now
/// and is captured from the old one.
fn rotated(
    desk: &mut Desk<'_, '_>,
    authorization: &mut Authorization,
    payment: Payment,
    grant: Grant,
) -> Result<(), Rejection> {
    let Credit::Card(card) = &mut authorization.credit else {
        return Ok(());
    };
    match payment.phase {
        Phase::Held(hold) if hold.held.minor >= grant.limit.minor => {
            let old = card.hold.clone();
            accept(desk, authorization, &payment, &hold);
            match desk.payment(&authorization.account.clone(), &old) {
                Some(old) => let_go(desk, old),
                None => Ok(()),
            }
        }
        Phase::Held(_) | Phase::Released | Phase::Refused => {
            card.stage = CardStage::Limited;
            let limit = card.cost.at_most(grant.limit)?;
            authorization.grant(desk, Some(limit), HoldGrowth::Final);
            let_go(desk, payment)
        }
        Phase::Asked | Phase::Taken => Ok(()),
    }
}
