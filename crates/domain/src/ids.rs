//! The one registry of ids. Ours are derived from what causes them, so that a replay agrees; those
//! of others (stations, tokens, accounts) are text as they were given.

use crate::hash::Digest;
use crate::text::Text;
use std::fmt;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $inline:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Text<$inline>);

        impl $name {
            /// Takes the text as it is.
            #[must_use]
            pub fn new(text: impl AsRef<str>) -> Self {
                Self(Text::new(text.as_ref()))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }

            /// The text's bytes.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    )+};
}

macro_rules! derived_ids {
    ($($name:ident = $prefix:literal;)+) => {$(
        impl $name {
            /// The prefix of every id of this kind.
            pub const PREFIX: &'static str = $prefix;

            /// The id of what these causes determine. Equal causes, equal id, on every run.
            #[must_use]
            pub fn of(causes: &[&str]) -> Self {
                Self(Text::new(&derived($prefix, causes)))
            }
        }
    )+};
}

// The number is how many bytes are kept inline: ours take 30, most of others' less, a UUID 36.
ids! {
    /// A charging station, as its gateway names it.
    StationId 30;
    /// A site: where stations stand, with one time zone.
    SiteId 30;
    /// A seller: the legal entity whose name stands on the invoice.
    LegalEntityId 30;
    /// An OCPI tariff id.
    TariffId 30;
    /// A market whose prices tariffs follow, such as `DE-LU`.
    MarketId 30;
    /// A document with prices of a market.
    MarketPricesId 30;
    /// A document that says how busy a site is.
    SiteOccupancyId 30;
    /// A document that describes a model of charger.
    DeviceProfileId 30;
    /// A billing policy.
    PolicyId 30;
    /// A group of customers that tariff assignments name.
    CustomerGroup 30;
    /// An account of a customer, a guest (`guest:<station>:<authorization>`), or an unknown token
    /// (`unknown:<hash>`).
    AccountId 30;
    /// An authorisation to charge, as the gateway names it.
    AuthorizationId 30;
    /// A charging session: ours, never the charger's transaction id.
    SessionId 30;
    /// The charger's own transaction id: an attribute, scoped to its station and boot.
    TransactionId 30;
    /// One payment at a processor: a hold with its captures and refunds, or a charge.
    PaymentId 30;
    /// A command to a processor; also its idempotency key there.
    CommandId 30;
    /// A draft of an invoice or credit note.
    DraftId 30;
    /// An issued invoice or credit note.
    InvoiceId 30;
    /// A journal entry.
    EntryId 30;
    /// An accounting book of a legal entity: invoices of one book are numbered by one writer.
    BookId 30;
    /// The source of an event from outside (CloudEvents `source`).
    SourceId 30;
    /// The id that a source gave its event (CloudEvents `id`).
    EventId 38;
    /// A payment processor, as configured.
    ProcessorId 30;
}

derived_ids! {
    SessionId = "ses";
    PaymentId = "pay";
    CommandId = "cmd";
    DraftId = "drf";
    InvoiceId = "inv";
    EntryId = "ent";
}

/// `prefix_` and the first 128 bits of the hash of the causes, in base 32 (26 characters).
fn derived(prefix: &str, causes: &[&str]) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let mut parts: Vec<&[u8]> = vec![prefix.as_bytes()];
    parts.extend(causes.iter().map(|cause| cause.as_bytes()));
    let digest = Digest::of_parts(&parts).0;
    let mut bits = digest
        .iter()
        .take(16)
        .fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    let mut text = String::with_capacity(prefix.len().saturating_add(27));
    text.push_str(prefix);
    text.push('_');
    for _ in 0..26 {
        let index = usize::try_from(bits & 31).unwrap_or(0);
        text.push(char::from(ALPHABET.get(index).copied().unwrap_or(b'0')));
        bits >>= 5;
    }
    text
}

impl AccountId {
    /// The account of a guest: nobody's but this authorisation's.
    #[must_use]
    pub fn guest(station: &StationId, authorization: &AuthorizationId) -> Self {
        Self::new(format!("guest:{station}:{authorization}"))
    }

    /// Where sessions of a token that no account claims are kept.
    #[must_use]
    pub fn unknown(token: &TokenHash) -> Self {
        Self::new(format!("unknown:{token}"))
    }

    /// Whether this is a guest's account.
    #[must_use]
    pub fn is_guest(&self) -> bool {
        self.as_bytes().starts_with(b"guest:")
    }
}

/// A token (RFID uid, contract certificate id) after HMAC with the tenant's secret: the token itself
/// never passes intake.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenHash(pub [u8; 16]);

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An EVSE of a station, 1 for the first; 0 is the station itself (OCPP 2.x `evse.id`; in OCPP 1.6
/// the connector).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EvseId(pub i32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_causes_give_equal_ids_and_other_causes_others() {
        let one = SessionId::of(&["station", "1"]);
        assert_eq!(one, SessionId::of(&["station", "1"]));
        assert_ne!(one, SessionId::of(&["station1", ""]));
        assert_eq!(one.as_str().len(), 30);
        assert!(one.as_str().starts_with("ses_"));
    }
}
