//! The accounts stage's entities.

use super::{stored, stored_enum};
use wattledger_accounts::account::CustomerAccount;
use wattledger_accounts::authorization::{Authorization, Card, CardStage, Credit, Grant, Usage};
use wattledger_accounts::bill::{
    Balance, Bill, Billed, Claim, Correction, Edition, Means, Paper, Stage, Stood, Verdict,
};
use wattledger_accounts::payment::{
    Ask, CheckReason, Dispute, DisputeStanding, Flight, Hold, Payment, Phase, Purpose, Refunding,
    Wish,
};
use wattledger_accounts::{Entity, Key, TimerKind, Value};

stored! {
    CustomerAccount { version, account }
    Authorization { account, station, authorization, terms, credit, usage, grants, touched_at }
    Card { method, driver_limit, hold, holds, cost, forecast, stage }
    Grant { limit, growth, since }
    Bill { account, session, authorized_by, stage, touched_at }
    Billed {
        version, since, invoice, paper, edition, policy, means, charges, claims, balance, write_offs,
    }
    Claim { kept, expected }
    Balance { due, captured, receivable, written_off }
    Payment {
        id, account, purpose, legal_entity, book, method, amount, reference, phase, flight, wish,
        captured, refunded, refund_wanted, refunding, last_op, failed_late, disputes, webhooks,
        touched_at,
    }
    Hold { held, capture_before, growth, increments }
    Ask { op, operation, attempt, declines, first_asked_at }
    Dispute { op, standing }
    Key { account, entity }
}

stored_enum! {
    Credit { 0 => Account, 1 => Card(card) }
    CardStage {
        0 => Asking { since }, 1 => Granted(grant), 2 => Rotating { grant, next }, 3 => Limited,
        4 => Refused, 5 => Billed,
    }
    Usage { 0 => Waiting, 1 => Charging(session) }
    Stage { 0 => Charging, 1 => UnderReview, 2 => Billed(billed) }
    Paper { 0 => InFlight { awaited, verdict, correction }, 1 => Issued, 2 => Rejected, 3 => Withdrawn(stood) }
    Stood { 0 => Credited, 1 => Never }
    Correction { 0 => Bill(bill), 1 => Withdraw }
    Verdict { 0 => Standing, 1 => Refused, 2 => Withdrawn }
    Edition { 0 => First, 1 => Corrected }
    Means { 0 => Method(method), 1 => Nothing, 2 => Exhausted }
    Purpose { 0 => Hold { station, authorization, session }, 1 => Charge { session } }
    Phase { 0 => Asked, 1 => Held(hold), 2 => Taken, 3 => Released, 4 => Refused }
    Wish { 0 => Keep, 1 => Total(total), 2 => Capture(amount), 3 => Release }
    Refunding { 0 => Possible, 1 => Stuck }
    Flight {
        0 => Quiet, 1 => Asked(ask), 2 => Doubtful { ask, checks, due },
        3 => Checking { ask, checks, reason }, 4 => Resting { ask, due },
    }
    CheckReason { 0 => Unknown, 1 => OldKey }
    DisputeStanding { 0 => Open(amount), 1 => WonUnseen, 2 => Won(amount), 3 => Lost(amount) }
    Entity {
        0 => Account, 1 => Authorization { station, authorization }, 2 => Session(session),
        3 => Payment(payment),
    }
    Value { 0 => Account(value), 1 => Authorization(value), 2 => Session(value), 3 => Payment(value) }
    TimerKind { 0 => Retry, 1 => PlugIn, 2 => Rotate, 3 => Forget }
}
