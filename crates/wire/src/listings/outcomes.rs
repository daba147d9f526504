//! What became of inputs, and flat facts.

use crate::{record, symbols};
use wattledger_domain::outcome::{EventOutcome, InvoiceLineFact, Outcome, SessionFact};

symbols! { "wattledger.outcomes.Outcome", "What became of an input event.", Outcome {
    0 => Duplicate "DUPLICATE", 1 => Late "LATE", 2 => TooLate "TOO_LATE",
    3 => Unresolved "UNRESOLVED",
    4 => Claimed "CLAIMED", 5 => Ignored "IGNORED", 6 => Conflicting "CONFLICTING",
    7 => Refused "REFUSED",
} }
record! { "wattledger.outcomes.EventOutcome",
    "What became of an input that was not simply folded.", EventOutcome {
    source: "Who said it.",
    id: "The source's id.",
    station: "The station; null for a document.",
    outcome: "What became of it.",
    session: "The session it concerned.",
    detail: "For people.",
    at: "Logical time.",
} }
record! { "wattledger.analytics.SessionFact",
    "A flat row about a session; the newest version counts.", SessionFact {
    session: "The session.",
    version: "Which rating of it; 0 while it is only held.",
    station: "Where.",
    site: "At which site.",
    evse: "Where exactly.",
    account: "Who pays.",
    started_at: "When it began.",
    ended_at: "When it ended.",
    energy: "Milliwatt hours.",
    durations: "Time by state.",
    flags: "What was odd.",
    held: "Why it waits; empty when billed.",
    end: "Who says it ended.",
} }
record! { "wattledger.analytics.InvoiceLineFact",
    "A flat row about a tax group of an issued document.", InvoiceLineFact {
    invoice: "The document.",
    session: "The session.",
    station: "Where.",
    site: "At which site.",
    tax_point: "When supplied.",
    rate: "Tax rate in 10^-4 percent.",
    net: "Signed: negative for a credit note.",
    tax: "Signed.",
} }
