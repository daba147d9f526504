//! The bill of one session: its documents, what is owed and what came of it.
//!
//! Invariant: captured + receivable + written off = due.
//! Invariant: while a document waits for its number no other is drafted; of the corrections that
//! come meanwhile only the newest counts.

mod answer;
mod balance;
mod collect;
mod draft;
mod withdraw;

pub use balance::Balance;

pub(crate) use answer::{issued, rejected};
pub(crate) use collect::payment_changed;
pub(crate) use withdraw::withdrawn;

use crate::account;
use crate::authorization;
use crate::desk::Desk;
use crate::effect::{Effect, Rejection};
use crate::payment;
use collect::{collect, redraw};
use std::collections::{BTreeMap, BTreeSet};
use wattledger_domain::accounts::{SessionBill, SessionHeld};
use wattledger_domain::document::InvoiceDraft;
use wattledger_domain::ids::{
    AccountId, AuthorizationId, DraftId, PaymentId, SessionId, StationId,
};
use wattledger_domain::money::Money;
use wattledger_domain::payment::PaymentMethod;
use wattledger_domain::reference::CollectionPolicy;
use wattledger_domain::time::Timestamp;

/// A session and its bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    /// Who pays.
    pub account: AccountId,
    /// The session.
    pub session: SessionId,
    /// What allowed it; `None` for a start by token alone.
    pub authorized_by: Option<(StationId, AuthorizationId)>,
    /// How far it is.
    pub stage: Stage,
    /// Logical time of the last change.
    pub touched_at: Timestamp,
}

/// How far a session is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It runs.
    Charging,
    /// It waits for a person.
    UnderReview,
    /// It was billed.
    Billed(Box<Billed>),
}

/// A billed session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Billed {
    /// The newest rating that was heard of.
    pub version: i32,
    /// The rating with which the session became this account's.
    pub since: i32,
    /// The newest invoice.
    pub invoice: InvoiceDraft,
    /// How the newest invoice stands.
    pub paper: Paper,
    /// Whether this is the first invoice of the session.
    pub edition: Edition,
    /// When small amounts are not collected.
    pub policy: CollectionPolicy,
    /// What can be charged.
    pub means: Means,
    /// How many charges were made.
    pub charges: i32,
    /// What each payment has brought and will bring.
    pub claims: BTreeMap<PaymentId, Claim>,
    /// What is owed and what came of it.
    pub balance: Balance,
    /// How often something was written off.
    pub write_offs: i32,
}

/// How the newest invoice stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Paper {
    /// Documents wait for their numbers.
    InFlight {
        /// These.
        awaited: BTreeSet<DraftId>,
        /// Whether the invoice itself was refused already.
        verdict: Verdict,
        /// The newest correction that came meanwhile.
        correction: Option<Correction>,
    },
    /// All have theirs.
    Issued,
    /// The invoice was refused: nothing stands.
    Rejected,
    /// The session was taken away: nothing stands.
    Withdrawn(Stood),
}

/// Whether the newest invoice of a session that was taken away ever stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stood {
    /// It did, and was credited.
    Credited,
    /// It was refused.
    Never,
}

/// What comes after the documents that wait for their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Correction {
    /// Bill it so.
    Bill(Box<SessionBill>),
    /// Take it away.
    Withdraw,
}

/// What invoices said of the newest invoice so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing, or that it is issued.
    Standing,
    /// That it is refused.
    Refused,
    /// It is credited, and no other follows.
    Withdrawn,
}

/// First or corrected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edition {
    /// The first invoice.
    First,
    /// A later one.
    Corrected,
}

/// What can be charged without the customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Means {
    /// A stored method.
    Method(PaymentMethod),
    /// Nothing: the invoice stays receivable.
    Nothing,
    /// A charge failed: no more is tried.
    Exhausted,
}

/// What a payment has brought and will bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Taken and not given back.
    pub kept: Money,
    /// Expected to come (above zero) or to go (below).
    pub expected: Money,
}

impl Bill {
    /// A session that runs.
    #[must_use]
    pub(crate) fn charging(
        account: &AccountId,
        session: &SessionId,
        authorized_by: Option<(StationId, AuthorizationId)>,
    ) -> Self {
        Self {
            account: account.clone(),
            session: session.clone(),
            authorized_by,
            stage: Stage::Charging,
            touched_at: Timestamp(0),
        }
    }

    /// The invoice that money for this session pays; none before it is billed or when the invoice
    /// was refused.
    #[must_use]
    pub fn draft_to_pay(&self) -> Option<DraftId> {
        match &self.stage {
            Stage::Charging | Stage::UnderReview => None,
            Stage::Billed(billed) => {
                let stood = !billed.is_refused() && billed.paper != Paper::Withdrawn(Stood::Never);
                stood.then(|| billed.invoice.draft.clone())
            }
        }
    }
}

impl Billed {
    /// Whether the newest invoice was refused.
    #[must_use]
    pub const fn is_refused(&self) -> bool {
        match self.paper {
            Paper::Issued | Paper::Withdrawn(_) => false,
            Paper::InFlight { verdict, .. } => matches!(verdict, Verdict::Refused),
            Paper::Rejected => true,
        }
    }
}

/// A session waits for a person: what is held for it stays held.
pub(crate) fn held(desk: &mut Desk<'_, '_>, held: &SessionHeld) {
    let bill = find_or_begin(
        desk,
        (&held.account, &held.session),
        (&held.station, held.authorization.as_ref()),
    );
    match bill.stage {
        Stage::Charging | Stage::UnderReview => desk.keep_bill(Bill {
            stage: Stage::UnderReview,
            ..bill
        }),
        // A later look at what is billed already changes nothing until it is rated again.
        Stage::Billed(_) => {}
    }
}

/// Bills a session, or bills it again.
pub(crate) fn rated(desk: &mut Desk<'_, '_>, rated: &SessionBill) -> Result<(), Rejection> {
    let source = &rated.rated;
    let bill = find_or_begin(
        desk,
        (&source.account, &source.session),
        (&source.pins.station.id, source.authorization.as_ref()),
    );
    let Stage::Billed(mut billed) = bill.stage.clone() else {
        return first(desk, bill, rated);
    };
    if source.version <= billed.version {
        return Ok(());
    }
    billed.version = source.version;
    match &mut billed.paper {
        Paper::InFlight { correction, .. } => {
            *correction = Some(Correction::Bill(Box::new(rated.clone())));
            desk.keep_bill(Bill {
                stage: Stage::Billed(billed),
                ..bill
            });
            Ok(())
        }
        Paper::Issued | Paper::Rejected | Paper::Withdrawn(_) => {
            correct(desk, bill, *billed, rated)
        }
    }
}

fn find_or_begin(
    desk: &mut Desk<'_, '_>,
    (account, session): (&AccountId, &SessionId),
    (station, authorization): (&StationId, Option<&AuthorizationId>),
) -> Bill {
    if let Some(bill) = desk.bill(account, session) {
        return bill;
    }
    let authorized_by = authorization.map(|id| (station.clone(), id.clone()));
    if let Some((station, id)) = &authorized_by {
        authorization::begin(desk, (account, station, id), session);
    }
    Bill::charging(account, session, authorized_by)
}

/// The first invoice, and the capture with it.
fn first(desk: &mut Desk<'_, '_>, bill: Bill, rated: &SessionBill) -> Result<(), Rejection> {
    let customer = account::customer(desk, &bill.account);
    let buyer = customer.map(|customer| draft::Buyer::of(customer.account));
    let invoice = draft::invoice(rated, buyer.unwrap_or_default(), desk.now())?;
    let due = invoice.gross;
    desk.emit(Effect::Draft(Box::new(invoice.clone())));
    let card = match &bill.authorized_by {
        Some((station, id)) => authorization::hand_over(desk, (&bill.account, station, id))?,
        None => None,
    };
    let (means, hold) = match card {
        Some((method, hold)) => (Means::Method(method), hold),
        None => (stored(desk, &bill.account), None),
    };
    let mut billed = Billed {
        version: rated.rated.version,
        since: rated.rated.version,
        paper: in_flight([invoice.draft.clone()]),
        invoice,
        edition: Edition::First,
        policy: rated.terms.policy.collection,
        means,
        charges: 0,
        claims: BTreeMap::new(),
        balance: Balance::open(due),
        write_offs: 0,
    };
    if let Some(mut hold) = hold {
        billed.draw_on(&mut hold)?;
        let bill = with(bill.clone(), &billed);
        desk.keep_bill(bill);
        payment::advance(desk, hold)?;
    }
    collect(desk, &bill.account, &mut billed)?;
    desk.keep_bill(with(bill, &billed));
    Ok(())
}

fn with(bill: Bill, billed: &Billed) -> Bill {
    Bill {
        stage: Stage::Billed(Box::new(billed.clone())),
        ..bill
    }
}

fn stored(desk: &mut Desk<'_, '_>, account: &AccountId) -> Means {
    account::method(desk, account).map_or(Means::Nothing, Means::Method)
}

fn in_flight(awaited: impl IntoIterator<Item = DraftId>) -> Paper {
    Paper::InFlight {
        awaited: awaited.into_iter().collect(),
        verdict: Verdict::Standing,
        correction: None,
    }
}

/// A credit note over what stands and a new invoice, when anything differs.
fn correct(
    desk: &mut Desk<'_, '_>,
    bill: Bill,
    mut billed: Billed,
    rated: &SessionBill,
) -> Result<(), Rejection> {
    let now = desk.now();
    let buyer = draft::Buyer::on(&billed.invoice);
    let invoice = draft::invoice(rated, buyer, now)?;
    let stands = billed.paper == Paper::Issued;
    if !(stands && draft::bills_the_same(&billed.invoice, &invoice)) {
        let mut awaited = vec![invoice.draft.clone()];
        if stands {
            let note = draft::credit_note(&billed.invoice, now)?;
            awaited.push(note.draft.clone());
            desk.emit(Effect::Draft(Box::new(note)));
        }
        desk.emit(Effect::Draft(Box::new(invoice.clone())));
        billed.balance.due(invoice.gross)?;
        billed.invoice = invoice;
        billed.edition = Edition::Corrected;
        billed.paper = in_flight(awaited);
        // Payment facts of this turn name the new invoice.
        desk.keep_bill(with(bill.clone(), &billed));
        redraw(desk, &bill.account, &mut billed)?;
        collect(desk, &bill.account, &mut billed)?;
    }
    desk.keep_bill(with(bill, &billed));
    Ok(())
}
