//! Commands to processors and their outcomes.

use crate::{record, symbols, union};
use wattledger_domain::payment::{
    IncrementSupport, Operation, OutcomeResult, OutcomeVia, PaymentCommand, PaymentMethod,
    PaymentOutcome, Retry,
};

record! { "wattledger.PaymentMethod",
    "A card, wallet or mandate, as a processor's token.", PaymentMethod {
    processor: "Who holds it.",
    token: "The processor's token; never a card number.",
    label: "For people: brand and last four digits.",
} }
union! { Operation {
    0 => Authorize "wattledger.payments.Authorize" {
        amount: "How much to hold.", method: "On what." },
    1 => Increment "wattledger.payments.Increment" { total: "The new total of the hold." },
    2 => Capture "wattledger.payments.Capture" {
        amount: "How much to take; the rest is released." },
    3 => Void "wattledger.payments.Void",
    4 => Refund "wattledger.payments.Refund" { amount: "How much to give back." },
    5 => Charge "wattledger.payments.Charge" {
        amount: "How much to take without a hold.", method: "From what." },
    6 => Retrieve "wattledger.payments.Retrieve" { op: "The operation asked about." },
} }
record! { "wattledger.payments.PaymentCommand", "One attempt at one operation.", PaymentCommand {
    command: "Of payment and operation number: the idempotency key.",
    payment: "Which payment.",
    op: "Number of the operation within the payment, from 1.",
    attempt: "From 1; each retry is one more.",
    operation: "What to do.",
    processor: "Where.",
    legal_entity: "For which seller.",
    account: "Where the outcome goes.",
    session: "The session, for statements and disputes.",
    reference: "The processor's reference, once known.",
    first_asked_at: "Logical time at which the operation was first asked for.",
    at: "Logical time of this attempt.",
} }
union! { OutcomeVia {
    0 => Call "wattledger.payments.ViaCall",
    1 => Webhook "wattledger.payments.ViaWebhook" (event: "The processor's event id."),
} }
symbols! { "wattledger.payments.IncrementSupport", "Whether a hold can grow.", IncrementSupport {
    0 => Supported "SUPPORTED", 1 => Unsupported "UNSUPPORTED",
} }
symbols! { "wattledger.payments.Retry", "Whether another try is worth it.", Retry {
    0 => Later "LATER", 1 => Never "NEVER",
} }
union! { OutcomeResult {
    0 => Authorized "wattledger.payments.Authorized" {
        held: "Held in all; may be less than asked.", capture_before: "When the hold lapses.",
        increments: "Whether it can grow." },
    1 => Incremented "wattledger.payments.Incremented" { held: "Held in all." },
    2 => Captured "wattledger.payments.Captured" {
        captured: "Captured in all.", released: "Released." },
    3 => Voided "wattledger.payments.Voided",
    4 => Refunded "wattledger.payments.Refunded" { refunded: "Refunded in all." },
    5 => Charged "wattledger.payments.Charged" { charged: "How much." },
    6 => Declined "wattledger.payments.Declined" {
        code: "The processor's code.", retry: "Whether another try is worth it." },
    7 => Pending "wattledger.payments.Pending",
    8 => Unknown "wattledger.payments.Unknown" { detail: "For people." },
    9 => NotFound "wattledger.payments.NotFound",
    10 => CaptureFailedLate "wattledger.payments.CaptureFailedLate" {
        code: "The processor's code." },
    11 => Expired "wattledger.payments.Expired",
    12 => DisputeOpened "wattledger.payments.DisputeOpened" {
        dispute: "The processor's id of it.", amount: "How much." },
    13 => DisputeWon "wattledger.payments.DisputeWon" { dispute: "The processor's id of it." },
    14 => DisputeLost "wattledger.payments.DisputeLost" {
        dispute: "The processor's id of it.", amount: "How much." },
} }
record! { "wattledger.payments.PaymentOutcome", "What became of an attempt.", PaymentOutcome {
    payment: "Which payment.",
    account: "Whose.",
    op: "Which operation; of a retrieval the one asked about.",
    attempt: "The attempt that it answers; 0 from a webhook.",
    via: "How it was learnt.",
    reference: "The processor's reference of the payment.",
    result: "What happened.",
    at: "When, by the processor.",
} }
