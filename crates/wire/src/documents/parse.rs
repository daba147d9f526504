//! JSON to reference data, kind by kind.

use super::canonical_json;
use super::policy::policy;
use super::reader::{Fault, Reader};
use crate::unique_keys::{self, JsonFault};
use crate::{limits, ocpi, times};
use serde_json::Value;
use std::sync::Arc;
use wattledger_domain::hash::Digest;
use wattledger_domain::ids::{
    AccountId, BookId, CustomerGroup, EvseId, LegalEntityId, PolicyId, ProcessorId, SiteId,
    StationId, TariffId, TokenHash,
};
use wattledger_domain::money::Currency;
use wattledger_domain::payment::PaymentMethod;
use wattledger_domain::quantity::Milliwatts;
use wattledger_domain::reference::{
    Account, Content, Document, Evse, Kind, LegalEntity, Site, Standing, Station, TariffAssignment,
    Token,
};
use wattledger_domain::time::Timestamp;

/// A document with the validity that it asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// The document.
    pub document: Document,
    /// `validFrom`.
    pub valid_from: Option<Timestamp>,
    /// `validTo`.
    pub valid_to: Option<Timestamp>,
}

/// Reads a document as an operator wrote it. `hash_token` makes the keyed hash of a token in plain
/// text; the token itself goes no further.
///
/// # Errors
/// A [`Fault`] with the path and what is expected there.
pub fn submission(
    value: &Value,
    hash_token: &dyn Fn(&str) -> TokenHash,
) -> Result<Submission, Fault> {
    if let Some((path, masked)) = crate::card_numbers::find_in(value, "") {
        let reason = format!("holds a card number ({masked}): card data is refused");
        return Err(Fault {
            path: path.trim_start_matches('.').to_owned(),
            reason,
        });
    }
    limits::check(value).map_err(Fault::whole)?;
    let mut reader = Reader::new(value, "")?;
    let words: Vec<(&str, Kind)> = Kind::ALL.iter().map(|kind| (kind.word(), *kind)).collect();
    reader.required("kind")?;
    let kind = reader.word("kind", Kind::Policy, &words)?;
    let time = |reader: &mut Reader<'_>, name: &'static str| -> Result<Option<Timestamp>, Fault> {
        let Some(text) = reader.optional_text(name)? else {
            return Ok(None);
        };
        times::parse(text)
            .map(Some)
            .ok_or_else(|| reader.fault(name, "expected an RFC 3339 time"))
    };
    let valid_from = time(&mut reader, "validFrom")?;
    let valid_to = time(&mut reader, "validTo")?;
    let id = match kind {
        Kind::Token => reader.optional_text("id")?.unwrap_or("token"),
        Kind::Policy
        | Kind::LegalEntity
        | Kind::Site
        | Kind::Station
        | Kind::Tariff
        | Kind::TariffAssignment
        | Kind::Account
        | Kind::MarketPrices
        | Kind::DeviceProfile
        | Kind::SiteOccupancy => reader.text("id")?,
    };
    let mut spec = reader.required("spec")?.clone();
    reader.finish()?;
    if kind == Kind::Token {
        hash_plain_token(&mut spec, hash_token)?;
    }
    let body = serde_json::json!({ "id": id, "spec": spec });
    let text = canonical_json(&body);
    limits::check_document(&text).map_err(Fault::whole)?;
    let content = content(kind, &text)?;
    let hash = Digest::of(text.as_bytes());
    let document = Document {
        text: text.into(),
        hash,
        content,
    };
    Ok(Submission {
        document,
        valid_from,
        valid_to,
    })
}

/// Puts a token's hash in the place of the token.
fn hash_plain_token(spec: &mut Value, hash_token: &dyn Fn(&str) -> TokenHash) -> Result<(), Fault> {
    let hash = {
        let mut reader = Reader::new(spec, "spec")?;
        match (reader.optional_text("token")?, reader.optional("hash")) {
            (Some(token), _) => Some(hash_token(token).to_string()),
            (None, Some(_)) => None,
            (None, None) => return Err(reader.fault("token", "is required")),
        }
    };
    if let (Some(hash), Some(fields)) = (hash, spec.as_object_mut()) {
        fields.remove("token");
        fields.insert("hash".to_owned(), hash.into());
    }
    Ok(())
}

/// Reads a document's canonical text: `{"id": …, "spec": {…}}`.
///
/// # Errors
/// A [`Fault`] with the path and what is expected there.
pub fn content(kind: Kind, text: &str) -> Result<Content, Fault> {
    let value = unique_keys::read(text.as_bytes())
        .map_err(|JsonFault { path, reason }| Fault { path, reason })?;
    let mut outer = Reader::new(&value, "")?;
    let id = outer.text("id")?;
    let spec = outer.required("spec")?;
    if kind == Kind::Tariff {
        return tariff(id, spec);
    }
    let mut reader = Reader::new(spec, "spec")?;
    let content = match kind {
        Kind::Policy => Content::Policy(Arc::new(policy(id, &mut reader)?)),
        Kind::LegalEntity => Content::LegalEntity(Arc::new(legal_entity(id, &mut reader)?)),
        Kind::Site => Content::Site(Arc::new(site(id, &mut reader)?)),
        Kind::Station => Content::Station(Arc::new(station(id, &mut reader)?)),
        Kind::TariffAssignment => Content::TariffAssignment(Box::new(assignment(id, &mut reader)?)),
        Kind::Account => Content::Account(Box::new(account(id, &mut reader)?)),
        Kind::MarketPrices => {
            Content::MarketPrices(Box::new(super::market::prices(id, &mut reader)?))
        }
        Kind::DeviceProfile => {
            Content::DeviceProfile(Box::new(super::device::profile(id, &mut reader)?))
        }
        Kind::SiteOccupancy => {
            let read = super::occupancy::occupancy(id, &mut reader)?;
            Content::SiteOccupancy(Box::new(read))
        }
        Kind::Token | Kind::Tariff => Content::Token(Box::new(token(&mut reader)?)),
    };
    reader.finish()?;
    Ok(content)
}

fn tariff(id: &str, spec: &Value) -> Result<Content, Fault> {
    let fault = |path: String, reason: String| Fault {
        path: format!("spec{path}"),
        reason,
    };
    let (tariff, _) =
        ocpi::tariff_value(spec).map_err(|error| fault(String::new(), error.to_string()))?;
    if tariff.id.as_str() != id {
        return Err(fault(
            ".id".to_owned(),
            format!("is `{}`, the document's id `{id}`", tariff.id),
        ));
    }
    Ok(Content::Tariff(Box::new(tariff)))
}

fn zone(reader: &mut Reader<'_>) -> Result<Box<str>, Fault> {
    let text = reader.text("timeZone")?;
    match text.parse::<chrono_tz::Tz>() {
        Ok(_) => Ok(text.into()),
        Err(_) => Err(reader.fault("timeZone", format!("`{text}` is not an IANA zone"))),
    }
}

fn legal_entity(id: &str, reader: &mut Reader<'_>) -> Result<LegalEntity, Fault> {
    let address = reader
        .array("address")?
        .iter()
        .enumerate()
        .map(|(index, line)| {
            let text = line.as_str().map(Into::into);
            text.ok_or_else(|| reader.fault("address", format!("line {index} is not a text")))
        });
    let address = address.collect::<Result<Vec<Box<str>>, Fault>>()?;
    let country = reader.text("country")?;
    if country.len() != 2 || !country.bytes().all(|letter| letter.is_ascii_uppercase()) {
        return Err(reader.fault("country", "expected ISO 3166-1 alpha-2, such as DE"));
    }
    let currency = reader.text("currency")?;
    let currency =
        Currency::parse(currency).map_err(|error| reader.fault("currency", error.to_string()))?;
    let number =
        |reader: &mut Reader<'_>, name: &'static str, default: &str| -> Result<Box<str>, Fault> {
            let text = reader.optional_text(name)?.unwrap_or(default);
            if text.contains("{number") {
                Ok(text.into())
            } else {
                Err(reader.fault(
                    name,
                    "expected a text with {number} or {number:6}, and {year}",
                ))
            }
        };
    Ok(LegalEntity {
        id: LegalEntityId::new(id),
        name: reader.text("name")?.into(),
        address,
        country: country.into(),
        vat_id: reader.optional_text("vatId")?.map(Into::into),
        time_zone: zone(reader)?,
        currency,
        book: BookId::new(reader.optional_text("book")?.unwrap_or(id)),
        invoice_number: number(reader, "invoiceNumber", "INV-{year}-{number:6}")?,
        credit_note_number: number(reader, "creditNoteNumber", "CN-{year}-{number:6}")?,
        policy: PolicyId::new(reader.text("policy")?),
        processor: ProcessorId::new(reader.optional_text("processor")?.unwrap_or("simulated")),
    })
}

fn site(id: &str, reader: &mut Reader<'_>) -> Result<Site, Fault> {
    Ok(Site {
        id: SiteId::new(id),
        name: reader.optional_text("name")?.unwrap_or(id).into(),
        time_zone: zone(reader)?,
        legal_entity: LegalEntityId::new(reader.text("legalEntity")?),
        taxes: super::taxes::named(reader)?,
    })
}

fn station(id: &str, reader: &mut Reader<'_>) -> Result<Station, Fault> {
    let site = SiteId::new(reader.text("site")?);
    let vendor = reader.optional_text("vendor")?.map(Into::into);
    let model = reader.optional_text("model")?.map(Into::into);
    let mut evses = Vec::new();
    for (index, value) in reader.array("evses")?.iter().enumerate() {
        let mut inner = Reader::new(value, &format!("spec.evses[{index}]"))?;
        let number = inner.number("id", 0, 1..=1_000)?;
        let watts = inner.number("maxPowerW", 0, 1..=10_000_000)?;
        inner.finish()?;
        evses.push(Evse {
            id: EvseId(i32::try_from(number).unwrap_or_default()),
            max_power: Milliwatts(watts.saturating_mul(1_000)),
        });
    }
    if evses.is_empty()
        || evses
            .iter()
            .any(|evse| evse.id.0 == 0 || evse.max_power.0 == 0)
    {
        return Err(reader.fault("evses", "expected at least one, each with id and maxPowerW"));
    }
    Ok(Station {
        id: StationId::new(id),
        site,
        vendor,
        model,
        evses,
    })
}

fn assignment(id: &str, reader: &mut Reader<'_>) -> Result<TariffAssignment, Fault> {
    let priority = reader.number("priority", 0, -1_000..=1_000)?;
    let evse = reader.number("evse", 0, 1..=1_000)?;
    Ok(TariffAssignment {
        id: id.into(),
        tariff: TariffId::new(reader.text("tariff")?),
        legal_entity: reader.optional_text("legalEntity")?.map(LegalEntityId::new),
        site: reader.optional_text("site")?.map(SiteId::new),
        station: reader.optional_text("station")?.map(StationId::new),
        evse: i32::try_from(evse)
            .ok()
            .filter(|evse| *evse > 0)
            .map(EvseId),
        group: reader.optional_text("group")?.map(CustomerGroup::new),
        account: reader.optional_text("account")?.map(AccountId::new),
        priority: i32::try_from(priority).unwrap_or_default(),
    })
}

fn account(id: &str, reader: &mut Reader<'_>) -> Result<Account, Fault> {
    let standings = [("active", Standing::Active), ("blocked", Standing::Blocked)];
    let method = match reader.object("method")? {
        None => None,
        Some(mut inner) => {
            let method = PaymentMethod {
                processor: ProcessorId::new(
                    inner.optional_text("processor")?.unwrap_or("simulated"),
                ),
                token: inner.text("token")?.into(),
                label: inner.optional_text("label")?.map(Into::into),
            };
            inner.finish()?;
            Some(method)
        }
    };
    let (vat_id, tax) = super::taxes::liability(reader)?;
    if id.contains(':') {
        return Err(Fault {
            path: "id".to_owned(),
            reason: "may not hold `:`".to_owned(),
        });
    }
    Ok(Account {
        id: AccountId::new(id),
        name: reader.optional_text("name")?.unwrap_or(id).into(),
        group: reader.optional_text("group")?.map(CustomerGroup::new),
        standing: reader.word("standing", Standing::Active, &standings)?,
        method,
        vat_id,
        tax,
    })
}

fn token(reader: &mut Reader<'_>) -> Result<Token, Fault> {
    let hash = reader.text("hash")?;
    let digits: Option<Vec<u8>> = (0..32_usize)
        .step_by(2)
        .map(|at| u8::from_str_radix(hash.get(at..at.saturating_add(2))?, 16).ok())
        .collect();
    let bytes = digits
        .filter(|_| hash.len() == 32)
        .and_then(|bytes| bytes.try_into().ok());
    let bytes = bytes.ok_or_else(|| reader.fault("hash", "expected 32 hexadecimal digits"))?;
    Ok(Token {
        hash: TokenHash(bytes),
        account: AccountId::new(reader.text("account")?),
        group: reader.optional_text("group")?.map(CustomerGroup::new),
    })
}
