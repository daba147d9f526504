//! What every connector must do against its processor, as one suite for tests.
//!
//! Invariant under test: the same key twice takes money once, and no answer is ever lost.

use crate::connector::Connector;
use wattledger_domain::ids::{AccountId, CommandId, LegalEntityId, PaymentId, ProcessorId};
use wattledger_domain::money::{Currency, Money};
use wattledger_domain::payment::{
    IncrementSupport, Operation, OutcomeResult, PaymentCommand, PaymentMethod,
};
use wattledger_domain::time::Timestamp;

/// A connector with what its processor offers for tests.
pub struct Subject<'a> {
    /// The connector.
    pub connector: &'a dyn Connector,
    /// Tokens of test cards.
    pub cards: Cards,
    /// Captured and charged less refunded of a payment, minor units of EUR, by the processor
    /// itself.
    pub kept: &'a dyn Fn(&PaymentId) -> i64,
    /// The time of the commands.
    pub at: Timestamp,
}

/// Tokens of test cards, each for one behaviour.
#[derive(Clone, Copy, Debug)]
pub struct Cards {
    /// Approves all.
    pub approves: &'static str,
    /// Declines for good.
    pub declines: &'static str,
    /// Its holds cannot grow.
    pub cannot_grow: &'static str,
    /// Each operation happens and its first answer is lost.
    pub loses_replies: &'static str,
    /// Answers with a status that nobody has heard of.
    pub odd_status: &'static str,
}

type Clause = fn(&mut Payment<'_>);

/// Runs every clause.
///
/// # Panics
/// With the clause that is broken.
pub fn run(subject: &Subject<'_>) {
    let clauses: [(&str, Clause); 9] = [
        ("same_key", the_same_key_twice_charges_once),
        ("hold", a_hold_grows_and_is_captured_in_part),
        ("over", more_than_is_held_is_never_captured),
        ("refund", refunds_never_exceed_what_was_captured),
        ("void", a_capture_and_a_void_exclude_each_other),
        ("declined", a_decline_is_an_outcome),
        ("unsupported", what_is_unsupported_is_declined),
        ("odd", an_unknown_status_is_pending),
        (
            "lost",
            a_lost_reply_is_unknown_and_a_retrieval_tells_the_effect,
        ),
    ];
    for (name, clause) in clauses {
        clause(&mut Payment::new(subject, name));
    }
}

/// One payment under test.
struct Payment<'a> {
    subject: &'a Subject<'a>,
    id: PaymentId,
    reference: Option<Box<str>>,
}

impl<'a> Payment<'a> {
    fn new(subject: &'a Subject<'a>, name: &str) -> Self {
        let id = PaymentId::of(&["contract", name]);
        Self {
            subject,
            id,
            reference: None,
        }
    }

    fn send(&mut self, op: i32, attempt: i32, operation: Operation) -> OutcomeResult {
        let command = PaymentCommand {
            command: CommandId::of(&[self.id.as_str(), &op.to_string()]),
            payment: self.id.clone(),
            op,
            attempt,
            operation,
            processor: ProcessorId::new("contract"),
            legal_entity: LegalEntityId::new("seller"),
            account: AccountId::new("account"),
            session: None,
            reference: self.reference.clone(),
            first_asked_at: self.subject.at,
            at: self.subject.at,
        };
        let answer = self.subject.connector.execute(&command);
        self.reference = answer.reference;
        answer.result
    }

    fn authorize(&mut self, minor: i64, token: &str) -> OutcomeResult {
        let (amount, method) = (euro(minor), card(token));
        self.send(1, 1, Operation::Authorize { amount, method })
    }

    fn kept(&self) -> i64 {
        (self.subject.kept)(&self.id)
    }
}

const fn euro(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn card(token: &str) -> PaymentMethod {
    PaymentMethod {
        processor: ProcessorId::new("contract"),
        token: token.into(),
        label: None,
    }
}

#[track_caller]
fn check_declined(result: &OutcomeResult) {
    assert!(
        matches!(result, OutcomeResult::Declined { .. }),
        "{result:?}"
    );
}

#[track_caller]
fn check_held(result: &OutcomeResult, minor: i64) {
    assert!(
        matches!(result, OutcomeResult::Authorized { held, .. } if *held == euro(minor)),
        "{result:?}"
    );
}

fn the_same_key_twice_charges_once(payment: &mut Payment<'_>) {
    let method = card(payment.subject.cards.approves);
    let charge = Operation::Charge {
        amount: euro(1_000),
        method,
    };
    let charged = OutcomeResult::Charged {
        charged: euro(1_000),
    };
    assert_eq!(payment.send(1, 1, charge.clone()), charged);
    assert_eq!(
        payment.send(1, 1, charge.clone()),
        charged,
        "the same attempt"
    );
    assert_eq!(
        payment.send(1, 2, charge),
        charged,
        "another attempt of the operation"
    );
    assert_eq!(payment.kept(), 1_000);
    let other = Operation::Charge {
        amount: euro(2_000),
        method: card("other"),
    };
    let clash = payment.send(1, 3, other);
    assert!(
        matches!(clash, OutcomeResult::Unknown { .. }),
        "key reused: {clash:?}"
    );
    assert_eq!(payment.kept(), 1_000);
}

fn a_hold_grows_and_is_captured_in_part(payment: &mut Payment<'_>) {
    let held = payment.authorize(5_000, payment.subject.cards.approves);
    check_held(&held, 5_000);
    let grown = payment.send(2, 1, Operation::Increment { total: euro(7_000) });
    assert_eq!(grown, OutcomeResult::Incremented { held: euro(7_000) });
    let taken = payment.send(
        3,
        1,
        Operation::Capture {
            amount: euro(1_998),
        },
    );
    let expect = OutcomeResult::Captured {
        captured: euro(1_998),
        released: euro(5_002),
    };
    assert_eq!(taken, expect);
    assert_eq!(payment.kept(), 1_998);
}

fn more_than_is_held_is_never_captured(payment: &mut Payment<'_>) {
    payment.authorize(5_000, payment.subject.cards.approves);
    check_declined(&payment.send(
        2,
        1,
        Operation::Capture {
            amount: euro(5_001),
        },
    ));
    assert_eq!(payment.kept(), 0);
}

fn refunds_never_exceed_what_was_captured(payment: &mut Payment<'_>) {
    payment.authorize(5_000, payment.subject.cards.approves);
    payment.send(
        2,
        1,
        Operation::Capture {
            amount: euro(3_000),
        },
    );
    let refund = |minor| Operation::Refund {
        amount: euro(minor),
    };
    let first = payment.send(3, 1, refund(1_000));
    assert_eq!(
        first,
        OutcomeResult::Refunded {
            refunded: euro(1_000)
        }
    );
    check_declined(&payment.send(4, 1, refund(2_001)));
    let rest = payment.send(5, 1, refund(2_000));
    assert_eq!(
        rest,
        OutcomeResult::Refunded {
            refunded: euro(3_000)
        }
    );
    assert_eq!(payment.kept(), 0);
}

fn a_capture_and_a_void_exclude_each_other(payment: &mut Payment<'_>) {
    payment.authorize(5_000, payment.subject.cards.approves);
    payment.send(
        2,
        1,
        Operation::Capture {
            amount: euro(5_000),
        },
    );
    check_declined(&payment.send(3, 1, Operation::Void));
    let mut voided = Payment::new(payment.subject, "voided");
    voided.authorize(5_000, payment.subject.cards.approves);
    assert_eq!(voided.send(2, 1, Operation::Void), OutcomeResult::Voided);
    check_declined(&voided.send(3, 1, Operation::Capture { amount: euro(1) }));
    assert_eq!((payment.kept(), voided.kept()), (5_000, 0));
}

fn a_decline_is_an_outcome(payment: &mut Payment<'_>) {
    let declined = payment.authorize(5_000, payment.subject.cards.declines);
    check_declined(&declined);
    let method = card(payment.subject.cards.declines);
    check_declined(&payment.send(
        2,
        1,
        Operation::Charge {
            amount: euro(100),
            method,
        },
    ));
    assert_eq!(payment.kept(), 0);
}

fn what_is_unsupported_is_declined(payment: &mut Payment<'_>) {
    let held = payment.authorize(5_000, payment.subject.cards.cannot_grow);
    let fixed = IncrementSupport::Unsupported;
    assert!(
        matches!(held, OutcomeResult::Authorized { increments, .. } if increments == fixed),
        "{held:?}"
    );
    check_declined(&payment.send(2, 1, Operation::Increment { total: euro(7_000) }));
    check_declined(&payment.send(
        3,
        1,
        Operation::Capture {
            amount: euro(7_000),
        },
    ));
}

fn an_unknown_status_is_pending(payment: &mut Payment<'_>) {
    let odd = payment.authorize(5_000, payment.subject.cards.odd_status);
    assert_eq!(odd, OutcomeResult::Pending);
}

fn a_lost_reply_is_unknown_and_a_retrieval_tells_the_effect(payment: &mut Payment<'_>) {
    let never = payment.send(9, 1, Operation::Retrieve { op: 9 });
    assert_eq!(never, OutcomeResult::NotFound);
    let lost = payment.authorize(5_000, payment.subject.cards.loses_replies);
    assert!(matches!(lost, OutcomeResult::Unknown { .. }), "{lost:?}");
    let held = payment.send(1, 2, Operation::Retrieve { op: 1 });
    check_held(&held, 5_000);
    assert!(
        payment.reference.is_some(),
        "a retrieval tells the reference"
    );
    let capture = Operation::Capture {
        amount: euro(2_500),
    };
    let lost = payment.send(2, 1, capture.clone());
    assert!(matches!(lost, OutcomeResult::Unknown { .. }), "{lost:?}");
    let expect = OutcomeResult::Captured {
        captured: euro(2_500),
        released: euro(2_500),
    };
    assert_eq!(payment.send(2, 2, Operation::Retrieve { op: 2 }), expect);
    assert_eq!(
        payment.send(2, 3, capture),
        expect,
        "again under the same key"
    );
    assert_eq!(payment.kept(), 2_500);
}
