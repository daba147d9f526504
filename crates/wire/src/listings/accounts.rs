//! What sessions tell accounts.

use crate::record;
use wattledger_domain::accounts::{
    AuthorizationPinned, RunningCost, SessionBill, SessionHeld, SessionOpened, Terms,
};

record! { "wattledger.accounts.Terms", "The seller's documents that a bill depends on.", Terms {
    pins: "Versions and hashes.",
    legal_entity: "The pinned seller.",
    policy: "The pinned policy.",
} }
record! { "wattledger.accounts.AuthorizationPinned",
    "An authorisation with what it will cost pinned.", AuthorizationPinned {
    authorization: "Which.",
    account: "Who would pay.",
    station: "Where.",
    evse: "Where exactly, if chosen.",
    method: "A guest's method; null for an account.",
    currency: "The tariff's currency.",
    limit: "The most that the driver wants to spend.",
    terms: "What it depends on.",
    requested_at: "The charger's time of the request.",
} }
record! { "wattledger.accounts.SessionOpened", "Charging began.", SessionOpened {
    session: "The session.",
    account: "Who pays.",
    authorization: "What allowed it.",
    station: "Where.",
    started_at: "When it began.",
} }
record! { "wattledger.accounts.RunningCost", "What a session costs so far.", RunningCost {
    session: "The session.",
    account: "Who pays.",
    authorization: "What allowed it.",
    at: "As of this event time.",
    energy: "Delivered so far, milliwatt hours.",
    gross: "As a bill would be.",
    forecast: "The same at the next expected sample.",
} }
record! { "wattledger.accounts.SessionBill",
    "A rated session with the terms to bill it by.", SessionBill {
    rated: "What was metered and priced.",
    terms: "What it depends on.",
} }
record! { "wattledger.accounts.SessionHeld", "A session that waits for a person.", SessionHeld {
    session: "The session.",
    account: "Who would pay, where known.",
    authorization: "What allowed it.",
    station: "Where.",
    reasons: "Why.",
    started_at: "When it began.",
    ended_at: "When it ended.",
    energy: "What the registers say, milliwatt hours.",
    proposed: "What it would come to, where that can be said.",
    held_at: "Logical time.",
    proposal: "What it would be billed as, and what that rests on.",
} }
