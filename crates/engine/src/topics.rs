//! The topics: names, partitions, what they keep (design §1), and keys.

use std::sync::Arc;
use wattledger_runtime::{Cleanup, TopicSettings};

const DAY: i64 = 86_400_000;
const YEAR: i64 = 365 * DAY;

/// The tenant in front of every key.
pub const TENANT: &str = "default/";

/// `<tenant>/<id>`.
#[must_use]
pub fn key(id: &str) -> Vec<u8> {
    [TENANT.as_bytes(), id.as_bytes()].concat()
}

/// The id in a key.
#[must_use]
pub fn id_of(key: &[u8]) -> &[u8] {
    key.strip_prefix(TENANT.as_bytes()).unwrap_or(key)
}

/// Whether a topic scales.
enum Scale {
    One,
    Many,
}

impl Scale {
    const fn partitions(&self, many: u32) -> u32 {
        match self {
            Self::One => 1,
            Self::Many => many,
        }
    }
}

macro_rules! topics {
    ($($(#[$doc:meta])* $field:ident = $name:literal, $partitions:ident, $cleanup:expr;)*) => {
        /// Every topic's name, shared.
        #[derive(Clone, Debug)]
        pub struct Topics {
            $($(#[$doc])* pub $field: Arc<str>,)*
        }

        impl Default for Topics {
            fn default() -> Self {
                Self { $($field: $name.into(),)* }
            }
        }

        /// Every topic with its settings, for `partitions` of those that scale.
        #[must_use]
        pub fn settings(partitions: u32) -> Vec<(&'static str, TopicSettings)> {
            vec![$(($name, TopicSettings {
                partitions: Scale::$partitions.partitions(partitions),
                cleanup: $cleanup,
            }),)*]
        }
    };
}

topics! {
    /// Documents, unknown tokens, ticks.
    control_events = "control.events", One, Cleanup::Retain(YEAR);
    /// What gateways tell, in their own forms.
    gateway_events = "gateway.events", Many, Cleanup::Retain(7 * DAY);
    /// Field events, holds, reference data, ticks.
    charging_events = "charging.events", Many, Cleanup::Retain(30 * DAY);
    /// What accounts fold.
    account_events = "account.events", Many, Cleanup::Retain(30 * DAY);
    /// What invoices fold.
    invoice_events = "invoice.events", Many, Cleanup::Retain(30 * DAY);
    /// What the payments worker does.
    payment_commands = "payment.commands", Many, Cleanup::Retain(30 * DAY);
    /// What chargers are told.
    charging_commands = "charging.commands", Many, Cleanup::Retain(7 * DAY);
    /// Rated sessions.
    charging_sessions = "charging.sessions", Many, Cleanup::Retain(10 * YEAR);
    /// Issued documents.
    billing_invoices = "billing.invoices", Many, Cleanup::Retain(10 * YEAR);
    /// The journal.
    billing_journal = "billing.journal", Many, Cleanup::Retain(10 * YEAR);
    /// Payment facts.
    billing_payments = "billing.payments", Many, Cleanup::Retain(10 * YEAR);
    /// Flat facts.
    analytics_events = "analytics.events", Many, Cleanup::Retain(YEAR);
    /// What became of inputs.
    event_outcomes = "event.outcomes", Many, Cleanup::Retain(90 * DAY);
    /// What could not be read.
    dead_letter = "dead-letter", Many, Cleanup::Retain(90 * DAY);
    /// Which account a token belongs to.
    directory_tokens = "directory.tokens", Many, Cleanup::Compact;
    /// How far a replay has come.
    replay_progress = "replay.progress", One, Cleanup::Retain(YEAR);
    /// The control stage's changes.
    control_changelog = "control-changelog", One, Cleanup::Compact;
    /// The sessions stage's changes.
    sessions_changelog = "sessions-changelog", Many, Cleanup::Compact;
    /// The accounts stage's changes.
    accounts_changelog = "accounts-changelog", Many, Cleanup::Compact;
    /// The invoices stage's changes.
    invoices_changelog = "invoices-changelog", Many, Cleanup::Compact;
}

/// Topics that others read: what a replay must give again byte for byte.
pub const PUBLIC: [&str; 8] = [
    "charging.sessions",
    "charging.commands",
    "billing.invoices",
    "billing.journal",
    "billing.payments",
    "analytics.events",
    "event.outcomes",
    "dead-letter",
];
