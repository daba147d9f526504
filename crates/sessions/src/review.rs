//! The review desk: what a person decides about a session that waits or that was billed.
//!
//! A decision is folded like an event: known again by its source and id, refused when the session is
//! no longer what the person looked at, on record with what came of it. What is decided stands for
//! the data it was made on (see [`crate::rating`]).

mod repricing;

use crate::desk::Desk;
use crate::effect::Effect;
use crate::pinning::{self, Contract, Customer};
use crate::rating;
use crate::session::{Decided, Phase, Standing};
use crate::start;
use crate::work::Work;
use wattledger_domain::accounts::AccountRecord;
use wattledger_domain::ids::AccountId;
use wattledger_domain::outcome::{EventOutcome, Outcome};
use wattledger_domain::review::{
    CorrectedReading, ReviewDecided, ReviewVerdict, SessionDecided, SessionWithdrawn,
};
use wattledger_domain::session::HoldReason;

/// Why a decision is not carried out.
type Refused = (Outcome, String);

/// Folds a decision.
pub(crate) fn decided(desk: &mut Desk<'_, '_>, decision: &ReviewDecided) {
    let Some(mut work) = Work::take(desk, &decision.station, decision.session.clone()) else {
        let reason = "no such session is kept here: it never was, or its correction window is over";
        became(desk, decision, Outcome::Unresolved, reason);
        return;
    };
    let done = may_be_decided(&work, decision).and_then(|()| carry_out(desk, &mut work, decision));
    match done {
        Ok(()) => on_record(desk, &mut work, decision),
        Err((outcome, reason)) => became(desk, decision, outcome, &reason),
    }
    work.put(desk);
}

/// Whether the session is what the person looked at, and over.
fn may_be_decided(work: &Work<'_>, decision: &ReviewDecided) -> Result<(), Refused> {
    let session = &work.session;
    let known = session.decided.as_deref();
    if known.is_some_and(|known| known.source == decision.source && known.id == decision.id) {
        let reason = "the same decision was carried out before".to_owned();
        return Err((Outcome::Duplicate, reason));
    }
    repricing::is_new(session, &decision.verdict)?;
    match session.phase {
        Phase::Open => return conflict("the session goes on: decide once it is over".to_owned()),
        Phase::Settling(_) => {
            return conflict(
                "the session is being settled: decide once it is billed or held".into(),
            );
        }
        Phase::Held(_) | Phase::Rated => {}
    }
    let version = session.billed.map_or(0, |billed| billed.version);
    if let Some(seen) = decision.seen
        && (seen.round, seen.version) != (session.rounds, version)
    {
        return conflict(format!(
            "it has changed since it was looked at: it is at round {} and version {version}, not \
             at round {} and version {}: look again",
            session.rounds, seen.round, seen.version
        ));
    }
    Ok(())
}

fn conflict(reason: String) -> Result<(), Refused> {
    Err((Outcome::Conflicting, reason))
}

fn refuse(reason: impl Into<String>) -> Result<(), Refused> {
    Err((Outcome::Refused, reason.into()))
}

fn carry_out(
    desk: &mut Desk<'_, '_>,
    work: &mut Work<'_>,
    decision: &ReviewDecided,
) -> Result<(), Refused> {
    match &decision.verdict {
        ReviewVerdict::BillAsProposed => {
            if work.session.phase == Phase::Rated {
                return refuse("it does not wait: it is billed as it is");
            }
            bill(desk, work, decision, None)
        }
        ReviewVerdict::BillCorrected(correction) => bill(desk, work, decision, Some(*correction)),
        ReviewVerdict::SetPayer(account) => set_payer(desk, work, account),
        ReviewVerdict::Waive => {
            stand(work, decision, Standing::Waived);
            rating::rate(desk, work);
            Ok(())
        }
        ReviewVerdict::Reprice(None) => reprice(desk, work),
        ReviewVerdict::Reprice(Some(tariff)) => repricing::by_tariff(desk, work, tariff),
    }
}

/// Bills what the data come to, or what a person knows better, whatever speaks against it.
fn bill(
    desk: &mut Desk<'_, '_>,
    work: &mut Work<'_>,
    decision: &ReviewDecided,
    correction: Option<CorrectedReading>,
) -> Result<(), Refused> {
    if let Some(reading) = &correction {
        rating::check_correction(desk, work, reading).map_err(|why| (Outcome::Refused, why))?;
    }
    let before = work.session.decided.take();
    let standing = rating::standing(desk, work, correction);
    stand(work, decision, standing);
    let missing = rating::missing(desk, work);
    if let Some(first) = missing.first() {
        work.session.decided = before;
        return refuse(match first {
            HoldReason::NoPayer => "nobody pays: set a payer first",
            HoldReason::NoStation | HoldReason::NoTariff => {
                "nothing prices it: describe the station, give it a tariff, and reprice it first"
            }
            HoldReason::EnergyImplausible
            | HoldReason::RegisterBackwards
            | HoldReason::ConflictingEnd
            | HoldReason::TooLong
            | HoldReason::TooDear
            | HoldReason::AfterCorrectionWindow
            | HoldReason::TimesImplausible => "what it comes to does not fit an invoice",
        });
    }
    rating::rate(desk, work);
    Ok(())
}

fn stand(work: &mut Work<'_>, decision: &ReviewDecided, standing: Standing) {
    work.session.decided = Some(Box::new(Decided {
        source: decision.source.clone(),
        id: decision.id.clone(),
        standing,
    }));
}

/// Another account pays: it is billed, and the one before gets everything back.
fn set_payer(
    desk: &mut Desk<'_, '_>,
    work: &mut Work<'_>,
    account: &AccountId,
) -> Result<(), Refused> {
    let session = &mut work.session;
    if session.account.as_ref() == Some(account) {
        return refuse("this account pays already");
    }
    session.unanswered = None;
    if let Some(before) = session.account.replace(account.clone()) {
        // What is taken back is a version of its own: the same account may be billed again later.
        if let Some(billed) = &mut session.billed {
            billed.version = billed.version.saturating_add(1);
        }
        session.billed_to = None;
        let version = session.billed.map_or(0, |billed| billed.version);
        desk.emit(Effect::ToAccount(AccountRecord::SessionWithdrawn(
            Box::new(SessionWithdrawn {
                session: work.id.clone(),
                account: before,
                version,
                at: desk.now,
            }),
        )));
    }
    if let Some(opened) = start::opened(work) {
        desk.emit(Effect::ToAccount(AccountRecord::SessionOpened(Box::new(
            opened,
        ))));
    }
    rating::rate(desk, work);
    Ok(())
}

/// Pins what a bill depends on again, as it was in force when the session began.
fn reprice(desk: &mut Desk<'_, '_>, work: &mut Work<'_>) -> Result<(), Refused> {
    let session = &work.session;
    let guest = session.account.as_ref().is_some_and(AccountId::is_guest);
    let contract = if guest {
        Contract::Guest
    } else {
        Contract::Known
    };
    let customer = Customer {
        account: session.account.as_ref(),
        group: session.group.as_ref(),
        contract,
        evse: Some(session.evse),
    };
    let pinned = pinning::pin(desk, work.station, session.started_at, customer);
    if pinned.is_none() {
        return refuse("no station, site, seller or policy was in force when it began");
    }
    let before = rating::settled(desk, work);
    work.pin_again(desk, pinned);
    rating::rate_anew(desk, work, before.as_ref());
    Ok(())
}

/// What was carried out, and what came of it.
fn on_record(desk: &mut Desk<'_, '_>, work: &mut Work<'_>, decision: &ReviewDecided) {
    let gross = rating::comes_to(desk, work);
    let session = &work.session;
    let waits = match session.phase {
        Phase::Held(_) => session.rounds,
        Phase::Open | Phase::Settling(_) | Phase::Rated => 0,
    };
    let decided = SessionDecided {
        decision: decision.clone(),
        account: rating::would_pay(work),
        version: session.billed.map_or(0, |billed| billed.version),
        waits,
        gross,
        carried_out_at: desk.now,
    };
    desk.emit(Effect::ToAccount(AccountRecord::SessionDecided(Box::new(
        decided,
    ))));
}

fn became(desk: &mut Desk<'_, '_>, decision: &ReviewDecided, outcome: Outcome, detail: &str) {
    desk.emit(Effect::Outcome(EventOutcome {
        source: decision.source.clone(),
        id: decision.id.clone(),
        station: Some(decision.station.clone()),
        outcome,
        session: Some(decision.session.clone()),
        detail: detail.into(),
        at: desk.now,
    }));
}
