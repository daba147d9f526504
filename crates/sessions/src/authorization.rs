//! Authorisations: what a charge will cost is pinned and asked for before power flows.

use crate::desk::Desk;
use crate::effect::Effect;
use crate::entries::Judged;
use crate::key::{Entity, Key, TimerKind, Value};
use crate::pinning::{self, Bound, Contract, Customer};
use crate::running;
use crate::session::{Pinned, Watch};
use crate::start;
use wattledger_domain::accounts::{AccountRecord, AuthorizationPinned};
use wattledger_domain::charging::{
    AuthorizationRefused, AuthorizationRequested, ChargingAction, ChargingCommand, FieldEvent,
    HoldGranted, PayerRequest, RefusalReason, SessionStarted, StopReason,
};
use wattledger_domain::ids::{
    AccountId, AuthorizationId, CustomerGroup, EvseId, SessionId, StationId, TokenHash,
};
use wattledger_domain::money::Money;
use wattledger_domain::outcome::Outcome;
use wattledger_domain::payment::PaymentMethod;
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::tax::TaxLiability;
use wattledger_domain::time::Timestamp;

/// An authorisation that has not been used by then is forgotten.
const LIFE: Milliseconds = Milliseconds::minutes(24 * 60);

/// A session that told nothing for so long no longer keeps others from its EVSE.
const SILENCE: Milliseconds = Milliseconds::minutes(15);

/// An authorisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// Who would pay.
    pub account: AccountId,
    /// The token presented.
    pub token: Option<TokenHash>,
    /// The customer group that chose the tariff.
    pub group: Option<CustomerGroup>,
    /// Who owes the tax, by the token.
    pub tax: TaxLiability,
    /// Where exactly, if chosen.
    pub evse: Option<EvseId>,
    /// The most that the driver wants to spend.
    pub limit: Option<Money>,
    /// What was pinned.
    pub pinned: Pinned,
    /// The newest answer.
    pub answer: Answer,
    /// The session that uses it.
    pub session: Option<SessionId>,
}

/// What the account answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing yet.
    Awaited,
    /// Charge.
    Granted(HoldGranted),
    /// No.
    Refused(RefusalReason),
}

struct Payer {
    account: AccountId,
    token: Option<TokenHash>,
    group: Option<CustomerGroup>,
    tax: TaxLiability,
    method: Option<PaymentMethod>,
}

fn payer(station: &StationId, request: &AuthorizationRequested) -> Option<Payer> {
    match &request.payer {
        PayerRequest::Token(token) => Some(Payer {
            account: token.account.clone()?,
            token: Some(token.hash),
            group: token.group.clone(),
            tax: token.tax.unwrap_or_default(),
            method: None,
        }),
        PayerRequest::Account(account) => Some(Payer {
            account: account.clone(),
            token: None,
            group: None,
            tax: TaxLiability::Seller,
            method: None,
        }),
        PayerRequest::Method(method) => Some(Payer {
            account: AccountId::guest(station, &request.authorization),
            token: None,
            group: None,
            tax: TaxLiability::Seller,
            method: Some(method.clone()),
        }),
    }
}

/// Pins what a charge will cost and asks the account, or refuses.
pub(crate) fn requested(
    desk: &mut Desk<'_, '_>,
    event: &FieldEvent,
    judged: &Judged,
    request: &AuthorizationRequested,
) {
    let station = &event.station;
    let key = Key::Authorization(station.clone(), request.authorization.clone());
    if desk.get(&key).is_some() {
        desk.became(
            event,
            Outcome::Duplicate,
            None,
            "the authorisation was requested before",
        );
        return;
    }
    match prepare(desk, station, judged.at, request) {
        Ok((payer, pinned, bound)) => {
            let Some(pins) = forward(station, judged.at, request, &payer, &bound) else {
                return;
            };
            desk.emit(Effect::ToAccount(AccountRecord::AuthorizationPinned(
                Box::new(pins),
            )));
            let mut kept = Authorization {
                account: payer.account,
                token: payer.token,
                group: payer.group,
                tax: payer.tax,
                evse: request.evse,
                limit: request.limit,
                pinned,
                answer: Answer::Awaited,
                session: None,
            };
            kept.session = start::authorized_late(desk, station, &request.authorization, &kept);
            desk.put(key, Value::Authorization(Box::new(kept)));
            let entity = Entity::Authorization(request.authorization.clone());
            desk.wake(desk.now.plus(LIFE), TimerKind::Forget, station, entity);
        }
        Err(reason) => {
            desk.became(
                event,
                Outcome::Refused,
                None,
                "the charger was told to give no power",
            );
            let mut command = command(desk, station, &request.authorization, None);
            command.evse = request.evse;
            command.action = ChargingAction::Refuse(reason);
            desk.emit(Effect::Command(command));
        }
    }
}

type Prepared = (Payer, Pinned, std::sync::Arc<Bound>);

fn prepare(
    desk: &mut Desk<'_, '_>,
    station: &StationId,
    at: Timestamp,
    request: &AuthorizationRequested,
) -> Result<Prepared, RefusalReason> {
    let payer = payer(station, request);
    let account = payer.as_ref().map(|payer| &payer.account);
    let group = payer.as_ref().and_then(|payer| payer.group.as_ref());
    let contract = match request.payer {
        PayerRequest::Token(_) | PayerRequest::Account(_) => Contract::Known,
        PayerRequest::Method(_) => Contract::Guest,
    };
    let customer = Customer {
        account,
        group,
        contract,
        evse: request.evse,
    };
    let pinned = pinning::pin(desk, station, at, customer).ok_or(RefusalReason::UnknownStation)?;
    let bound = pinning::bind(desk, station, &pinned).ok_or(RefusalReason::UnknownStation)?;
    if bound.tariff.is_none() {
        return Err(RefusalReason::NoTariff);
    }
    let payer = payer.ok_or(RefusalReason::UnknownToken)?;
    if occupied(desk, station, at, request) {
        return Err(RefusalReason::Occupied);
    }
    Ok((payer, pinned, bound))
}

/// Whether another session is open on the EVSE and has told something lately. One that has been
/// silent is no reason to send a driver away: its end may have been lost (ev-domain §2, 16).
fn occupied(
    desk: &mut Desk<'_, '_>,
    station: &StationId,
    at: Timestamp,
    request: &AuthorizationRequested,
) -> bool {
    let Some(evse) = request.evse else {
        return false;
    };
    let open = desk.live(station).and_then(|live| {
        let mut here = live.sessions.iter().rev();
        let open = here.find(|known| known.evse == evse && known.to.is_none())?;
        (open.from < at).then(|| open.session.clone())
    });
    let Some(session) = open else { return false };
    match desk.get(&Key::Session(station.clone(), session)) {
        Some(Value::Session(session)) => {
            let other = session.authorization.as_ref() != Some(&request.authorization);
            let newest = session.newest().unwrap_or(session.started_at);
            other && at <= newest.plus(SILENCE)
        }
        Some(_) | None => false,
    }
}

fn forward(
    station: &StationId,
    at: Timestamp,
    request: &AuthorizationRequested,
    payer: &Payer,
    bound: &Bound,
) -> Option<AuthorizationPinned> {
    Some(AuthorizationPinned {
        authorization: request.authorization.clone(),
        account: payer.account.clone(),
        station: station.clone(),
        evse: request.evse,
        method: payer.method.clone(),
        currency: bound.compiled()?.currency(),
        limit: request.limit,
        terms: bound.terms()?,
        requested_at: at,
    })
}

/// An order to a charger that allows; the caller says what.
pub(crate) fn command(
    desk: &Desk<'_, '_>,
    station: &StationId,
    authorization: &AuthorizationId,
    session: Option<&SessionId>,
) -> ChargingCommand {
    ChargingCommand {
        station: station.clone(),
        evse: None,
        authorization: Some(authorization.clone()),
        session: session.cloned(),
        transaction: None,
        action: ChargingAction::Allow(None),
        at: desk.now,
    }
}

fn take(
    desk: &mut Desk<'_, '_>,
    station: &StationId,
    authorization: &AuthorizationId,
) -> Option<Box<Authorization>> {
    let key = Key::Authorization(station.clone(), authorization.clone());
    match desk.take(&key) {
        Some(Value::Authorization(known)) => Some(known),
        Some(_) | None => None,
    }
}

/// Money is held, or more of it: the charger may give power.
pub(crate) fn granted(desk: &mut Desk<'_, '_>, granted: &HoldGranted) {
    let (station, id) = (&granted.station, &granted.authorization);
    let Some(mut known) = take(desk, station, id) else {
        return;
    };
    let older = matches!(&known.answer, Answer::Granted(before) if before.op >= granted.op);
    if !older {
        known.answer = Answer::Granted(granted.clone());
        let mut command = command(desk, station, id, known.session.as_ref());
        command.evse = known.evse;
        let limit = match (granted.limit, known.limit) {
            (Some(held), Some(wanted)) => held.at_most(wanted).ok(),
            (held, wanted) => held.or(wanted),
        };
        command.action = ChargingAction::Allow(limit);
        desk.emit(Effect::Command(command));
    }
    let session = known.session.clone();
    let key = Key::Authorization(station.clone(), id.clone());
    desk.put(key, Value::Authorization(known));
    if let (false, Some(session)) = (older, session) {
        running::raised(desk, station, &session, granted);
    }
}

/// The account says no: no power, or no more.
pub(crate) fn refused(desk: &mut Desk<'_, '_>, refused: &AuthorizationRefused) {
    let (station, id) = (&refused.station, &refused.authorization);
    let Some(mut known) = take(desk, station, id) else {
        return;
    };
    known.answer = Answer::Refused(refused.reason);
    let mut command = command(desk, station, id, known.session.as_ref());
    command.evse = known.evse;
    command.action = match known.session {
        Some(_) => ChargingAction::Stop(StopReason::NotAuthorized),
        None => ChargingAction::Refuse(refused.reason),
    };
    desk.emit(Effect::Command(command));
    let key = Key::Authorization(station.clone(), id.clone());
    desk.put(key, Value::Authorization(known));
}

/// Hands an authorisation to the session that uses it; one session only.
pub(crate) fn used(
    desk: &mut Desk<'_, '_>,
    station: &StationId,
    id: &AuthorizationId,
    session: &SessionId,
) -> Option<Authorization> {
    let mut known = take(desk, station, id)?;
    if known.session.is_none() {
        known.session = Some(session.clone());
    }
    let found = (known.session.as_ref() == Some(session)).then(|| (*known).clone());
    let key = Key::Authorization(station.clone(), id.clone());
    desk.put(key, Value::Authorization(known));
    found
}

/// A charger that began although it was told not to is told to stop.
pub(crate) fn enforce(
    desk: &mut Desk<'_, '_>,
    station: &StationId,
    started: &SessionStarted,
    known: &Authorization,
) {
    if let (Answer::Refused(_), Some(id)) = (&known.answer, &started.authorization) {
        let mut order = command(desk, station, id, known.session.as_ref());
        order.evse = Some(started.evse);
        order.transaction.clone_from(&started.transaction);
        order.action = ChargingAction::Stop(StopReason::NotAuthorized);
        desk.emit(Effect::Command(order));
    }
}

/// What a session may spend by its authorisation.
/// Who owes the tax on what it allows: by the account's answer, which knows best, else by the token.
pub(crate) fn liability(known: &Authorization) -> TaxLiability {
    match &known.answer {
        Answer::Granted(granted) => granted.tax.unwrap_or(known.tax),
        Answer::Awaited | Answer::Refused(_) => known.tax,
    }
}

pub(crate) fn watch(known: &Authorization) -> Watch {
    let mut watch = Watch::new(known.limit);
    if let Answer::Granted(granted) = &known.answer {
        watch.grant(granted);
    }
    watch
}

/// Forgets an authorisation, unless its session still runs.
pub(crate) fn forget(
    desk: &mut Desk<'_, '_>,
    station: &StationId,
    id: &AuthorizationId,
    due: Timestamp,
) {
    let key = Key::Authorization(station.clone(), id.clone());
    let session = match desk.get(&key) {
        Some(Value::Authorization(known)) => known.session.clone(),
        Some(_) | None => return,
    };
    let runs = session.is_some_and(|session| {
        desk.live(station).is_some_and(|live| {
            live.sessions
                .iter()
                .any(|known| known.session == session && known.to.is_none())
        })
    });
    if runs {
        let entity = Entity::Authorization(id.clone());
        desk.wake(due.plus(LIFE), TimerKind::Forget, station, entity);
    } else {
        desk.remove(&key);
    }
}
