//! The topics' records: one module each with `encode` and `decode`.

use super::{Reader, field, read_one_of};
use crate::avro::{Avro, DecodeError};
use crate::resolution::{NoRegistry, SchemaSource};
use crate::schema::{fingerprint_of, framed, schema_of};
use serde_json::Value;
use std::sync::OnceLock;

/// Topics with one schema.
macro_rules! single {
    ($($(#[$doc:meta])* $module:ident : $type:ty;)*) => {$(
        $(#[$doc])*
        pub mod $module {
            use super::{
                Avro, DecodeError, NoRegistry, OnceLock, SchemaSource, fingerprint_of, framed,
                read_one_of,
            };

            fn fingerprint() -> u64 {
                static FINGERPRINT: OnceLock<u64> = OnceLock::new();
                *FINGERPRINT.get_or_init(fingerprint_of::<$type>)
            }

            /// The record's bytes, framed.
            #[must_use]
            pub fn encode(value: &$type) -> Vec<u8> {
                framed(fingerprint(), value)
            }

            /// Reads a record.
            ///
            /// # Errors
            /// [`DecodeError`] for bytes that are no such record.
            pub fn decode(bytes: &[u8]) -> Result<$type, DecodeError> {
                decode_with(bytes, &NoRegistry)
            }

            /// Reads a record of either framing; a registry knows the schemas of Confluent's.
            ///
            /// # Errors
            /// As [`decode`].
            pub fn decode_with(
                bytes: &[u8],
                source: &dyn SchemaSource,
            ) -> Result<$type, DecodeError> {
                read_one_of(bytes, source, &[(fingerprint(), <$type as Avro>::read)])
            }
        }
    )*};
}

/// Topics with several schemas: an enum's variants.
macro_rules! several {
    ($(
        $(#[$doc:meta])*
        $module:ident : $record:ident { $($variant:ident($type:ty)),* $(,)? } $(+ $field:ident)?
    )*) => {$(
        $(#[$doc])*
        pub mod $module {
            use super::{
                Avro, DecodeError, NoRegistry, OnceLock, Reader, SchemaSource, fingerprint_of, framed,
                read_one_of,
            };
            use super::words::$record;

            #[allow(non_snake_case, reason = "a field for each variant")]
            struct Fingerprints { $($variant: u64),* }

            fn fingerprints() -> &'static Fingerprints {
                static KNOWN: OnceLock<Fingerprints> = OnceLock::new();
                KNOWN.get_or_init(|| Fingerprints { $($variant: fingerprint_of::<$type>()),* })
            }

            fn readers() -> &'static [(u64, Reader<$record>)] {
                static READERS: OnceLock<Vec<(u64, Reader<$record>)>> = OnceLock::new();
                READERS.get_or_init(|| {
                    #[allow(unused_mut, reason = "only one family has field events")]
                    let mut readers: Vec<(u64, Reader<$record>)> = vec![$((
                        fingerprint_of::<$type>(),
                        |input| Avro::read(input).map($record::$variant),
                    )),*];
                    $(super::$field(&mut readers);)?
                    readers
                })
            }

            /// The record's bytes, framed.
            #[must_use]
            pub fn encode(value: &$record) -> Vec<u8> {
                match value {
                    $($record::$variant(value) => framed(fingerprints().$variant, value),)*
                    $($record::Field(event) => super::encode_field(event, stringify!($field)),)?
                }
            }

            /// Reads a record.
            ///
            /// # Errors
            /// [`DecodeError`] for bytes that are no record of this topic.
            pub fn decode(bytes: &[u8]) -> Result<$record, DecodeError> {
                decode_with(bytes, &NoRegistry)
            }

            /// Reads a record of either framing; a registry knows the schemas of Confluent's.
            ///
            /// # Errors
            /// As [`decode`].
            pub fn decode_with(
                bytes: &[u8],
                source: &dyn SchemaSource,
            ) -> Result<$record, DecodeError> {
                read_one_of(bytes, source, readers())
            }
        }
    )*};
}

/// The words that topics carry.
mod words {
    pub use wattledger_domain::accounts::AccountRecord;
    pub use wattledger_domain::charging::ChargingRecord;
    pub use wattledger_domain::control::ControlRecord;
    pub use wattledger_domain::document::InvoiceRecord;

    /// A record of `analytics.events`.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum AnalyticsRecord {
        /// A session.
        Session(wattledger_domain::outcome::SessionFact),
        /// A tax group of a document.
        InvoiceLine(wattledger_domain::outcome::InvoiceLineFact),
    }
}
pub use words::AnalyticsRecord;

use wattledger_domain as domain;

single! {
    /// `charging.commands`.
    charging_command: wattledger_domain::charging::ChargingCommand;
    /// `charging.sessions`.
    rated: wattledger_domain::session::SessionRated;
    /// `payment.commands`.
    payment_command: wattledger_domain::payment::PaymentCommand;
    /// `billing.invoices`.
    issued: wattledger_domain::document::IssuedDocument;
    /// `billing.journal`.
    journal: wattledger_domain::document::JournalEntry;
    /// `billing.payments`.
    payment_fact: wattledger_domain::document::PaymentFact;
    /// `event.outcomes`.
    outcome: wattledger_domain::outcome::EventOutcome;
    /// On every stage's input: what people order about what is held back there.
    parking: wattledger_domain::parking::ParkingOrder;
    /// `directory.tokens`.
    directory: wattledger_domain::control::DirectoryEntry;
}

several! {
    /// `charging.events`.
    charging: ChargingRecord {
        HoldGranted(wattledger_domain::charging::HoldGranted),
        AuthorizationRefused(wattledger_domain::charging::AuthorizationRefused),
        PayerResolved(wattledger_domain::charging::PayerResolved),
        ReviewDecided(Box<wattledger_domain::review::ReviewDecided>),
        Reference(wattledger_domain::reference::ReferenceRecorded),
        Tick(wattledger_domain::charging::ClockTick),
    } + field_readers
    /// `account.events`.
    account: AccountRecord {
        AuthorizationPinned(Box<wattledger_domain::accounts::AuthorizationPinned>),
        SessionOpened(Box<wattledger_domain::accounts::SessionOpened>),
        RunningCost(Box<wattledger_domain::accounts::RunningCost>),
        SessionRated(Box<wattledger_domain::accounts::SessionBill>),
        SessionHeld(Box<wattledger_domain::accounts::SessionHeld>),
        SessionWithdrawn(Box<wattledger_domain::review::SessionWithdrawn>),
        SessionDecided(Box<wattledger_domain::review::SessionDecided>),
        PaymentOutcome(Box<wattledger_domain::payment::PaymentOutcome>),
        InvoiceIssued(Box<wattledger_domain::document::InvoiceNotice>),
        DraftRejected(Box<wattledger_domain::document::DraftRejected>),
        Reference(Box<wattledger_domain::reference::ReferenceRecorded>),
        Tick(wattledger_domain::charging::ClockTick),
    }
    /// `invoice.events`.
    invoice: InvoiceRecord {
        Draft(Box<wattledger_domain::document::InvoiceDraft>),
        PaymentFact(Box<wattledger_domain::document::PaymentFact>),
        Reference(Box<wattledger_domain::reference::ReferenceRecorded>),
        Tick(wattledger_domain::charging::ClockTick),
    }
    /// `control.events`.
    control: ControlRecord {
        Submitted(Box<wattledger_domain::reference::ReferenceSubmitted>),
        TokenUnknown(wattledger_domain::control::TokenUnknown),
        Tick(wattledger_domain::control::ControlTick),
    }
    /// `analytics.events`.
    analytics: AnalyticsRecord {
        Session(wattledger_domain::outcome::SessionFact),
        InvoiceLine(wattledger_domain::outcome::InvoiceLineFact),
    }
}

fn field_readers(readers: &mut Vec<(u64, Reader<domain::charging::ChargingRecord>)>) {
    // One reader for all: it looks the fingerprint's own reader up in a list of six.
    macro_rules! position {
        ($($index:literal),*) => {$(
            if let Some((fingerprint, _)) = field_table().get($index) {
                readers.push((*fingerprint, |input| {
                    let (_, read) = field_table()[$index];
                    read(input).map(domain::charging::ChargingRecord::Field)
                }));
            }
        )*};
    }
    position!(0, 1, 2, 3, 4, 5);
}

fn field_table() -> &'static [(u64, Reader<domain::charging::FieldEvent>)] {
    static TABLE: OnceLock<Vec<(u64, Reader<domain::charging::FieldEvent>)>> = OnceLock::new();
    TABLE.get_or_init(field::readers)
}

fn encode_field(event: &domain::charging::FieldEvent, _: &str) -> Vec<u8> {
    let fingerprint = field_table()
        .get(field::position(event))
        .map_or(0, |(known, _)| *known);
    let mut out = Vec::with_capacity(160);
    out.extend_from_slice(&[0xC3, 0x01]);
    out.extend_from_slice(&fingerprint.to_le_bytes());
    field::write(event, &mut out);
    out
}

/// Schema and fingerprint of everything that a topic carries.
pub(super) fn schemas() -> Vec<(Value, u64)> {
    macro_rules! all {
        ($($type:ty),* $(,)?) => { vec![$((schema_of::<$type>(), fingerprint_of::<$type>())),*] };
    }
    let mut all: Vec<(Value, u64)> = all![
        domain::charging::ChargingCommand,
        domain::charging::HoldGranted,
        domain::charging::AuthorizationRefused,
        domain::charging::PayerResolved,
        domain::review::ReviewDecided,
        domain::charging::ClockTick,
        domain::reference::ReferenceRecorded,
        domain::reference::ReferenceSubmitted,
        domain::control::TokenUnknown,
        domain::control::ControlTick,
        domain::parking::ParkingOrder,
        domain::control::DirectoryEntry,
        domain::session::SessionRated,
        domain::accounts::AuthorizationPinned,
        domain::accounts::SessionOpened,
        domain::accounts::RunningCost,
        domain::accounts::SessionBill,
        domain::accounts::SessionHeld,
        domain::review::SessionWithdrawn,
        domain::review::SessionDecided,
        domain::payment::PaymentCommand,
        domain::payment::PaymentOutcome,
        domain::document::InvoiceDraft,
        domain::document::PaymentFact,
        domain::document::IssuedDocument,
        domain::document::JournalEntry,
        domain::document::InvoiceNotice,
        domain::document::DraftRejected,
        domain::outcome::EventOutcome,
        domain::outcome::SessionFact,
        domain::outcome::InvoiceLineFact,
    ];
    all.extend(field::schemas());
    all
}
