//! What an account's fold wants done, and why it refuses a record.

use wattledger_domain::charging::{AuthorizationRefused, HoldGranted};
use wattledger_domain::document::{DraftFault, InvoiceDraft, PaymentFact};
use wattledger_domain::ids::{AccountId, DraftId, PaymentId, SessionId};
use wattledger_domain::money::{Money, MoneyError};
use wattledger_domain::payment::PaymentCommand;
use wattledger_domain::time::Timestamp;

/// What must happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// To charging.events: the charger may give power up to a limit.
    Granted(HoldGranted),
    /// To charging.events: it may not.
    Refused(AuthorizationRefused),
    /// To payment.commands.
    Pay(Box<PaymentCommand>),
    /// To invoice.events.
    Draft(Box<InvoiceDraft>),
    /// To invoice.events and to billing.payments.
    Fact(Box<PaymentFact>),
    /// For people: money that nothing here will move by itself.
    Alert(Alert),
}

/// Money that needs a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alert {
    /// A draft was refused: what was captured for it has no invoice.
    DraftRejected {
        /// Whose.
        account: AccountId,
        /// Which session.
        session: SessionId,
        /// Which draft.
        draft: DraftId,
        /// Why.
        reason: DraftFault,
    },
    /// A refund is owed that the processor will not make.
    RefundStuck {
        /// Whose.
        account: AccountId,
        /// Which payment.
        payment: PaymentId,
        /// What is still owed.
        amount: Money,
    },
    /// The processor never said what became of an operation.
    OutcomeLost {
        /// Whose.
        account: AccountId,
        /// Which payment.
        payment: PaymentId,
        /// Which operation.
        op: i32,
    },
}

/// Why a record is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Amounts do not add up.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// The session's price has no total.
    #[error("session {session} cannot be settled: {detail}")]
    Unsettled {
        /// Which session.
        session: SessionId,
        /// Why.
        detail: String,
    },
    /// An outcome names a payment that this account never made.
    #[error("account {account} has no payment {payment}")]
    UnknownPayment {
        /// Whose it would be.
        account: AccountId,
        /// Which.
        payment: PaymentId,
    },
    /// The seller's zone has no calendar date at an instant.
    #[error("zone `{zone}` has no date at {at}")]
    NoDate {
        /// The seller's zone.
        zone: Box<str>,
        /// When.
        at: Timestamp,
    },
}
