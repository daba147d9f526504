//! An authorisation: what allows a charger to give power, and up to which cost.
//!
//! A guest's is a card hold that grows with the running cost and is renewed before it lapses; an
//! account's is its standing. The hold itself is a [`Payment`]; here is what follows from it.
//!
//! Invariant: what sessions are told last is what the processor last said is held.

mod deadline;
mod grant;
mod hold;

pub(crate) use deadline::{plug_in_due, rotation_due};
pub(crate) use hold::{hold_changed, running};

use crate::account;
use crate::bill::Bill;
use crate::desk::Desk;
use crate::effect::Rejection;
use crate::key::{Entity, TimerKind};
use crate::payment::{self, Payment, Phase, Purpose, Wish};
use wattledger_domain::accounts::{AuthorizationPinned, SessionOpened, Terms};
use wattledger_domain::charging::{HoldGrowth, RefusalReason};
use wattledger_domain::ids::{AccountId, AuthorizationId, PaymentId, SessionId, StationId};
use wattledger_domain::money::Money;
use wattledger_domain::payment::PaymentMethod;
use wattledger_domain::reference::Standing;
use wattledger_domain::time::Timestamp;

/// An authorisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// Whose.
    pub account: AccountId,
    /// Where.
    pub station: StationId,
    /// Which.
    pub authorization: AuthorizationId,
    /// What its cost depends on.
    pub terms: Terms,
    /// What stands behind it.
    pub credit: Credit,
    /// What became of it.
    pub usage: Usage,
    /// How often sessions were told a limit.
    pub grants: i32,
    /// Logical time of the last change.
    pub touched_at: Timestamp,
}

/// What stands behind an authorisation.
#[allow(
    clippy::large_enum_variant,
    reason = "it lives inside its authorisation, which is boxed as a whole where that matters"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credit {
    /// The account's standing: billed afterwards.
    Account,
    /// A hold on a guest's card.
    Card(Card),
}

/// A guest's card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// The card, as a token.
    pub method: PaymentMethod,
    /// What the driver wants to spend at most.
    pub driver_limit: Option<Money>,
    /// The hold that counts.
    pub hold: PaymentId,
    /// How many holds were asked for.
    pub holds: i32,
    /// What the session costs so far.
    pub cost: Money,
    /// What it will cost by the next expected sample.
    pub forecast: Money,
    /// How far it is.
    pub stage: CardStage,
}

/// How far a guest's authorisation is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CardStage {
    /// The processor has not said yet.
    Asking {
        /// Logical time of the request.
        since: Timestamp,
    },
    /// Held, and sessions know.
    Granted(Grant),
    /// Held, and a new hold was asked for that is to replace it.
    Rotating {
        /// What sessions know.
        grant: Grant,
        /// The new hold.
        next: PaymentId,
    },
    /// The hold lapses and no new one can be had: sessions were told to stop.
    Limited,
    /// Nothing is held.
    Refused,
    /// The bill has taken over.
    Billed,
}

/// What sessions were told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// What is held.
    pub limit: Money,
    /// Whether it may grow.
    pub growth: HoldGrowth,
    /// Logical time of the first grant.
    pub since: Timestamp,
}

/// What became of an authorisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Usage {
    /// Nobody has plugged in.
    Waiting,
    /// A session runs, or has run.
    Charging(SessionId),
}

impl Authorization {
    /// Its name within the account.
    #[must_use]
    pub fn entity(&self) -> Entity {
        Entity::Authorization {
            station: self.station.clone(),
            authorization: self.authorization.clone(),
        }
    }
}

/// Holds a guest's money, or judges an account.
pub(crate) fn pinned(
    desk: &mut Desk<'_, '_>,
    pinned: &AuthorizationPinned,
) -> Result<(), Rejection> {
    let known = desk.authorization(&pinned.account, &pinned.station, &pinned.authorization);
    if known.is_some() {
        return Ok(());
    }
    match &pinned.method {
        Some(method) => ask_hold(desk, pinned, method),
        None => {
            judge(desk, pinned);
            Ok(())
        }
    }
}

fn judge(desk: &mut Desk<'_, '_>, pinned: &AuthorizationPinned) {
    let mut authorization = unused(pinned, Credit::Account);
    match account::standing(desk, &pinned.account) {
        Some(Standing::Active) => authorization.grant(desk, None, HoldGrowth::Final),
        Some(Standing::Blocked) => authorization.refuse(desk, RefusalReason::AccountBlocked),
        None => authorization.refuse(desk, RefusalReason::UnknownAccount),
    }
    desk.keep_authorization(authorization);
}

fn ask_hold(
    desk: &mut Desk<'_, '_>,
    pinned: &AuthorizationPinned,
    method: &PaymentMethod,
) -> Result<(), Rejection> {
    let policy = &pinned.terms.policy.hold;
    let initial = Money::new(policy.initial_minor, pinned.currency);
    let amount = match pinned.limit {
        Some(limit) => initial.at_most(limit)?,
        None => initial,
    };
    let nothing = Money::zero(pinned.currency);
    let now = desk.now();
    let card = Card {
        method: method.clone(),
        driver_limit: pinned.limit,
        hold: hold_id(&pinned.station, &pinned.authorization, 1),
        holds: 1,
        cost: nothing,
        forecast: nothing,
        stage: CardStage::Asking { since: now },
    };
    let hold = card.hold.clone();
    let authorization = unused(pinned, Credit::Card(card));
    let payment = new_hold(&authorization, hold, amount, method);
    desk.wake(
        now.plus(policy.plug_in_timeout),
        TimerKind::PlugIn,
        &pinned.account,
        authorization.entity(),
    );
    desk.keep_authorization(authorization);
    payment::advance(desk, payment)
}

fn unused(pinned: &AuthorizationPinned, credit: Credit) -> Authorization {
    Authorization {
        account: pinned.account.clone(),
        station: pinned.station.clone(),
        authorization: pinned.authorization.clone(),
        terms: pinned.terms.clone(),
        credit,
        usage: Usage::Waiting,
        grants: 0,
        touched_at: Timestamp(0),
    }
}

/// The id of the n-th hold of an authorisation.
fn hold_id(station: &StationId, authorization: &AuthorizationId, n: i32) -> PaymentId {
    PaymentId::of(&[
        station.as_str(),
        authorization.as_str(),
        "hold",
        &n.to_string(),
    ])
}

fn new_hold(
    authorization: &Authorization,
    id: PaymentId,
    amount: Money,
    method: &PaymentMethod,
) -> Payment {
    let seller = &authorization.terms.legal_entity;
    let purpose = Purpose::Hold {
        station: authorization.station.clone(),
        authorization: authorization.authorization.clone(),
        session: match &authorization.usage {
            Usage::Waiting => None,
            Usage::Charging(session) => Some(session.clone()),
        },
    };
    let account = &authorization.account;
    let asked = (amount, method.clone());
    payment::new(id, account, purpose, (&seller.id, &seller.book), asked)
}

/// Charging began: the authorisation is used, and its holds are for this session.
pub(crate) fn opened(desk: &mut Desk<'_, '_>, opened: &SessionOpened) {
    if desk.bill(&opened.account, &opened.session).is_some() {
        return;
    }
    let authorized_by = opened.authorization.as_ref();
    let bill = Bill::charging(
        &opened.account,
        &opened.session,
        authorized_by.map(|authorization| (opened.station.clone(), authorization.clone())),
    );
    desk.keep_bill(bill);
    if let Some(authorization) = authorized_by {
        let key = (&opened.account, &opened.station, authorization);
        begin(desk, key, &opened.session);
    }
}

/// Ties an authorisation and its holds to the session that uses it.
pub(crate) fn begin(
    desk: &mut Desk<'_, '_>,
    (account, station, authorization): (&AccountId, &StationId, &AuthorizationId),
    session: &SessionId,
) {
    let Some(mut authorization) = desk.authorization(account, station, authorization) else {
        return;
    };
    authorization.usage = Usage::Charging(session.clone());
    if let Credit::Card(card) = &authorization.credit {
        for n in 1..=card.holds {
            let id = hold_id(&authorization.station, &authorization.authorization, n);
            let Some(mut payment) = desk.payment(account, &id) else {
                continue;
            };
            if let Purpose::Hold { session: known, .. } = &mut payment.purpose {
                *known = Some(session.clone());
            }
            desk.keep_payment(payment);
        }
    }
    desk.keep_authorization(authorization);
}

/// Hands a guest's card over to the bill: the hold to capture from, if there is or may be one.
/// A hold that was to replace it is let go.
pub(crate) fn hand_over(
    desk: &mut Desk<'_, '_>,
    (account, station, authorization): (&AccountId, &StationId, &AuthorizationId),
) -> Result<Option<(PaymentMethod, Option<Payment>)>, Rejection> {
    let Some(mut authorization) = desk.authorization(account, station, authorization) else {
        return Ok(None);
    };
    let Credit::Card(card) = &mut authorization.credit else {
        return Ok(None);
    };
    let method = card.method.clone();
    let next = match &card.stage {
        CardStage::Rotating { next, .. } => Some(next.clone()),
        CardStage::Asking { .. }
        | CardStage::Granted(_)
        | CardStage::Limited
        | CardStage::Refused
        | CardStage::Billed => None,
    };
    card.stage = CardStage::Billed;
    let current = card.hold.clone();
    desk.keep_authorization(authorization);
    let mut usable = desk.payment(account, &current).filter(may_capture);
    if let Some(mut payment) = next.and_then(|next| desk.payment(account, &next)) {
        if usable.is_none() && may_capture(&payment) {
            usable = Some(payment);
        } else {
            payment.want(Wish::Release);
            payment::advance(desk, payment)?;
        }
    }
    Ok(Some((method, usable)))
}

fn may_capture(payment: &Payment) -> bool {
    matches!(payment.phase, Phase::Asked | Phase::Held(_)) && payment.wish != Wish::Release
}
