//! What an authorisation does when time runs out: nobody plugs in, or the hold will lapse.

use super::hold::{give_up, let_go, rotate};
use super::{Authorization, CardStage, Credit, Usage};
use crate::bill::Stage;
use crate::desk::Desk;
use crate::effect::Rejection;
use crate::key::{Entity, Timer, TimerKind};
use crate::payment::Phase;
use wattledger_domain::charging::RefusalReason;
use wattledger_domain::ids::{AccountId, SessionId};
use wattledger_domain::time::Timestamp;

/// Nobody answered, or nobody has plugged in: what is held is let go.
pub(crate) fn plug_in_due(
    desk: &mut Desk<'_, '_>,
    timer: &Timer,
    due: Timestamp,
) -> Result<(), Rejection> {
    let Some(mut authorization) = waiting(desk, timer) else {
        return Ok(());
    };
    let timeout = authorization.terms.policy.hold.plug_in_timeout;
    let Credit::Card(card) = &authorization.credit else {
        return Ok(());
    };
    let reason = match &card.stage {
        CardStage::Asking { since } if since.plus(timeout) <= due => RefusalReason::NoAnswer,
        CardStage::Granted(grant) if grant.since.plus(timeout) <= due => {
            RefusalReason::PlugInTimeout
        }
        CardStage::Asking { .. }
        | CardStage::Granted(_)
        | CardStage::Rotating { .. }
        | CardStage::Limited
        | CardStage::Refused
        | CardStage::Billed => return Ok(()),
    };
    if let Some(payment) = desk.payment(&timer.account, &card.hold) {
        give_up(desk, &mut authorization, payment, reason)?;
        desk.keep_authorization(authorization);
    }
    Ok(())
}

/// Whether a session waits for a person: its hold is kept as long as it lasts, but not renewed.
pub(super) fn in_review(desk: &mut Desk<'_, '_>, account: &AccountId, session: &SessionId) -> bool {
    desk.bill(account, session)
        .is_some_and(|bill| bill.stage == Stage::UnderReview)
}

fn waiting(desk: &mut Desk<'_, '_>, timer: &Timer) -> Option<Authorization> {
    named(desk, timer).filter(|authorization| authorization.usage == Usage::Waiting)
}

fn named(desk: &mut Desk<'_, '_>, timer: &Timer) -> Option<Authorization> {
    match &timer.entity {
        Entity::Authorization {
            station,
            authorization,
        } => desk.authorization(&timer.account, station, authorization),
        Entity::Account | Entity::Session(_) | Entity::Payment(_) => None,
    }
}

/// The hold will lapse soon: it is replaced, or let go when its session waits for a person until
/// then.
pub(crate) fn rotation_due(
    desk: &mut Desk<'_, '_>,
    timer: &Timer,
    due: Timestamp,
) -> Result<(), Rejection> {
    let Some(mut authorization) = named(desk, timer) else {
        return Ok(());
    };
    let margin = authorization.terms.policy.hold.rotation_margin;
    let (Credit::Card(card), Usage::Charging(session)) =
        (&authorization.credit, &authorization.usage)
    else {
        return Ok(());
    };
    let CardStage::Granted(grant) = card.stage else {
        return Ok(());
    };
    let Some(payment) = desk.payment(&timer.account, &card.hold) else {
        return Ok(());
    };
    let Phase::Held(hold) = payment.phase else {
        return Ok(());
    };
    if hold.capture_before.minus(margin) > due {
        return Ok(());
    }
    let in_review = in_review(desk, &timer.account, session);
    match in_review {
        false => rotate(desk, &mut authorization, grant)?,
        true if due < hold.capture_before => {
            let entity = timer.entity.clone();
            desk.wake(
                hold.capture_before,
                TimerKind::Rotate,
                &timer.account,
                entity,
            );
        }
        true => {
            if let Credit::Card(card) = &mut authorization.credit {
                card.stage = CardStage::Refused;
            }
            let_go(desk, payment)?;
        }
    }
    desk.keep_authorization(authorization);
    Ok(())
}
