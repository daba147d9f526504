//! Reference documents, the token directory and ticks.

use super::known::Known;
use crate::avro::{Avro, DecodeError, Input, Names};
use crate::documents;
use crate::{record, symbols};
use serde_json::Value;
use std::sync::Arc;
use wattledger_domain::control::{ControlTick, DirectoryEntry, TickedStages, TokenUnknown};
use wattledger_domain::hash::Digest;
use wattledger_domain::reference::{
    BackDating, Document, Kind, LegalEntity, Policy, ReferenceRecorded, ReferenceSubmitted,
    TokenEntry,
};

/// The kinds that version 1 of [`Document`]'s schema names. A symbol more would be unreadable for those
/// who know that version: later kinds travel under `TARIFF`, as which their text is refused by name, with
/// their own word beside it.
const FIRST_KINDS: [(Kind, &str); 8] = [
    (Kind::Policy, "POLICY"),
    (Kind::LegalEntity, "LEGAL_ENTITY"),
    (Kind::Site, "SITE"),
    (Kind::Station, "STATION"),
    (Kind::Tariff, "TARIFF"),
    (Kind::TariffAssignment, "TARIFF_ASSIGNMENT"),
    (Kind::Account, "ACCOUNT"),
    (Kind::Token, "TOKEN"),
];

/// Index of a kind among the first ones, or of `TARIFF`, and the word of a later one.
fn kind_parts(kind: Kind) -> (i64, Option<Box<str>>) {
    let place = |wanted: Kind| FIRST_KINDS.iter().position(|(known, _)| *known == wanted);
    let later = place(kind).is_none().then(|| kind.word().into());
    let place = place(kind)
        .or_else(|| place(Kind::Tariff))
        .unwrap_or_default();
    (i64::try_from(place).unwrap_or_default(), later)
}

fn kind_of(index: i64, later: Option<&str>) -> Result<Kind, DecodeError> {
    let named = |word: &str| Kind::ALL.into_iter().find(|kind| kind.word() == word);
    let first = || {
        let known = FIRST_KINDS.get(usize::try_from(index).ok()?)?;
        Some(known.0)
    };
    match later {
        Some(word) => {
            named(word).ok_or_else(|| DecodeError::Document(format!("`{word}` is not a kind")))
        }
        None => first().ok_or(DecodeError::Variant {
            name: "wattledger.control.Kind",
            index,
        }),
    }
}

/// A document travels as its kind and canonical JSON; the rest is read from that.
impl Avro for Document {
    fn schema(names: &mut Names) -> Value {
        const NAME: &str = "wattledger.control.Document";
        if !names.first(NAME) {
            return NAME.into();
        }
        let symbols = FIRST_KINDS.map(|(_, symbol)| symbol);
        names.first("wattledger.control.Kind");
        let kind = crate::avro_enum(
            "wattledger.control.Kind",
            "The kind of a document.",
            &symbols,
        );
        let kind = crate::avro_field("kind", "What it is.", kind);
        let text = crate::avro_field(
            "text",
            "Canonical JSON: sorted keys, no white space.",
            "string".into(),
        );
        let later = crate::avro_field(
            "later_kind",
            "What it is, for kinds that came after version 1; kind is TARIFF then.",
            <Option<Box<str>>>::schema(names),
        );
        crate::avro_record(NAME, "A reference document.", vec![kind, text, later])
    }
    fn write(&self, out: &mut Vec<u8>) {
        let (index, later) = kind_parts(self.content.kind());
        crate::avro::put_long(out, index);
        self.text.write(out);
        later.write(out);
    }
    fn read(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        let index = input.long()?;
        let text = <Box<str>>::read(input)?;
        let later = <Option<Box<str>>>::read(input)?;
        let kind = kind_of(index, later.as_deref())?;
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

trait Documented: Sized {
    fn known<R>(look: impl FnOnce(&Known<Arc<Self>>) -> R) -> R;
}

/// A seller or policy inside another record travels as its document.
macro_rules! as_document {
    ($($type:ident $name:literal $text:ident;)*) => {$(
        impl Avro for Arc<$type> {
            fn schema(names: &mut Names) -> Value {
                if !names.first($name) {
                    return $name.into();
                }
                let doc = "Canonical JSON of the document.";
                let text = crate::avro_field("text", doc, "string".into());
                crate::avro_record($name, "A document in full.", vec![text])
            }
            fn write(&self, out: &mut Vec<u8>) {
                let put = |text: &str| crate::avro::put_bytes(out, text.as_bytes());
                $type::known(|known| known.write(self, |value| documents::$text(value), put));
            }
            fn read(input: &mut Input<'_>) -> Result<Self, DecodeError> {
                let text = input.text()?;
                let read = |text: &str| match documents::content(Kind::$type, text) {
                    Ok(wattledger_domain::reference::Content::$type(value)) => Ok(value),
                    Ok(_) => Err(DecodeError::Document("it is of another kind".to_owned())),
                    Err(fault) => Err(DecodeError::Document(fault.to_string())),
                };
                $type::known(|known| known.read(text, read))
            }
        }
        impl Documented for $type {
            fn known<R>(look: impl FnOnce(&Known<Arc<Self>>) -> R) -> R {
                thread_local! {
                    static KNOWN: Known<Arc<$type>> = const { Known::new() };
                }
                KNOWN.with(look)
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
    tax: "Who owes the tax; null where nobody said: then the seller.",
    from: "First instant at which it holds.",
    to: "First instant at which it no longer holds.",
} }
record! { "wattledger.control.DirectoryEntry", "What a token resolves to, whole.", DirectoryEntry {
    token: "The token.",
    entries: "In order of from.",
} }
