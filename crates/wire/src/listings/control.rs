//! Reference documents, the token directory and ticks.

use crate::avro::{Avro, DecodeError, Input, Names};
use crate::documents;
use crate::{record, symbols};
use serde_json::Value;
use wattledger_domain::control::{ControlTick, DirectoryEntry, TickedStages, TokenUnknown};
use wattledger_domain::hash::Digest;
use wattledger_domain::reference::{
    BackDating, Document, Kind, LegalEntity, Policy, ReferenceRecorded, ReferenceSubmitted,
    TokenEntry,
};

symbols! { "wattledger.control.Kind", "The kind of a document.", Kind {
    0 => Policy "POLICY", 1 => LegalEntity "LEGAL_ENTITY", 2 => Site "SITE", 3 => Station "STATION",
    4 => Tariff "TARIFF", 5 => TariffAssignment "TARIFF_ASSIGNMENT", 6 => Account "ACCOUNT",
    7 => Token "TOKEN",
} }

/// A document travels as its kind and canonical JSON; the rest is read from that.
impl Avro for Document {
    fn schema(names: &mut Names) -> Value {
        const NAME: &str = "wattledger.control.Document";
        if !names.first(NAME) {
            return NAME.into();
        }
        let kind = crate::avro_field("kind", "What it is.", Kind::schema(names));
        let text = crate::avro_field(
            "text",
            "Canonical JSON: sorted keys, no white space.",
            "string".into(),
        );
        crate::avro_record(NAME, "A reference document.", vec![kind, text])
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.content.kind().write(out);
        self.text.write(out);
    }
    fn read(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        let kind = Kind::read(input)?;
        let text = <Box<str>>::read(input)?;
        let content = documents::content(kind, &text)
            .map_err(|fault| DecodeError::Document(fault.to_string()))?;
        let hash = Digest::of(text.as_bytes());
        Ok(Self {
            text,
            hash,
            content,
        })
    }
}

/// A seller or policy inside another record travels as its document.
macro_rules! as_document {
    ($($type:ident $name:literal $text:ident;)*) => {$(
        impl Avro for $type {
            fn schema(names: &mut Names) -> Value {
                if !names.first($name) {
                    return $name.into();
                }
                let doc = "Canonical JSON of the document.";
                let text = crate::avro_field("text", doc, "string".into());
                crate::avro_record($name, "A document in full.", vec![text])
            }
            fn write(&self, out: &mut Vec<u8>) {
                crate::avro::put_bytes(out, documents::$text(self).as_bytes());
            }
            fn read(input: &mut Input<'_>) -> Result<Self, DecodeError> {
                let text = input.text()?;
                match documents::content(Kind::$type, text) {
                    Ok(wattledger_domain::reference::Content::$type(value)) => Ok(*value),
                    Ok(_) => Err(DecodeError::Document("it is of another kind".to_owned())),
                    Err(fault) => Err(DecodeError::Document(fault.to_string())),
                }
            }
        }
    )*};
}
as_document! {
    LegalEntity "wattledger.control.LegalEntity" legal_entity_text;
    Policy "wattledger.control.Policy" policy_text;
}

symbols! { "wattledger.control.BackDating",
    "Whether a document may hold for the past.", BackDating {
    0 => Refused "REFUSED", 1 => Allowed "ALLOWED",
} }
record! { "wattledger.control.ReferenceSubmitted",
    "A document as it was handed in.", ReferenceSubmitted {
    document: "What it is and says.",
    valid_from: "First instant at which it holds; null means as soon as it may.",
    valid_to: "First instant at which it no longer holds.",
    back_dating: "Whether it may hold for the past.",
    submitted_at: "When it was submitted.",
    submitted_by: "Who submitted it.",
} }
record! { "wattledger.control.ReferenceRecorded",
    "A version that has been accepted, with full content.", ReferenceRecorded {
    document: "What it is and says.",
    version: "From 1, per kind and id.",
    valid_from: "First instant at which it holds.",
    valid_to: "First instant at which it no longer holds.",
    recorded_at: "Logical time at which control accepted it.",
} }
symbols! { "wattledger.control.TickedStages", "Whom a tick is for.", TickedStages {
    0 => All "ALL", 1 => Control "CONTROL", 2 => Sessions "SESSIONS", 3 => Accounts "ACCOUNTS",
    4 => Invoices "INVOICES",
} }
record! { "wattledger.control.ControlTick",
    "Logical time for control and the stages named.", ControlTick {
    at: "It is now this late.",
    stages: "Whom control passes it on to.",
} }
record! { "wattledger.control.TokenUnknown", "A token that nobody claims was used.", TokenUnknown {
    station: "Where.",
    session: "For which session.",
    token: "Which token.",
    used_at: "When.",
} }
record! { "wattledger.control.TokenEntry",
    "What a token resolves to in a span of time.", TokenEntry {
    account: "Who pays.",
    group: "The customer group.",
    from: "First instant at which it holds.",
    to: "First instant at which it no longer holds.",
} }
record! { "wattledger.control.DirectoryEntry", "What a token resolves to, whole.", DirectoryEntry {
    token: "The token.",
    entries: "In order of from.",
} }
