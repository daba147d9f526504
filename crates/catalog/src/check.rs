//! Whether a document may be recorded: what it refers to is known, and what it says makes sense.

use crate::ControlState;
use crate::document::{account_record, versions};
use crate::state::{AccountRecord, Key, Value};
use std::collections::BTreeSet;
use wattledger_domain::device::{DeviceProfile, RegisterKind, compare_versions};
use wattledger_domain::hash::Digest;
use wattledger_domain::ids::BookId;
use wattledger_domain::market::MarketPrices;
use wattledger_domain::occupancy::SiteOccupancy;
use wattledger_domain::reference::{
    Content, Document, Kind, LegalEntity, Policy, Station, TariffAssignment, Token,
};
use wattledger_domain::tariff::Tariff;
use wattledger_domain::time::Timestamp;

/// The longest text of a document, so that a stage can keep one in a state value of 64 KiB.
const TEXT_BYTES_MAX: usize = 48 * 1024;
/// The longest id of a document.
const ID_BYTES_MAX: usize = 255;

/// An hour, the longest slot of a market.
const SLOT_MAX: i64 = 3_600_000;

/// Why a document is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A partition may have passed that instant.
    #[error("valid from {from}, but {earliest} is the earliest without back-dating")]
    TooSoon {
        /// What it asks for.
        from: Timestamp,
        /// What it may ask for.
        earliest: Timestamp,
    },
    /// Its validity is empty or ends past the year 2100.
    #[error("valid from {from} to {to}: no time before the year 2100 lies between")]
    NeverValid {
        /// From.
        from: Timestamp,
        /// To.
        to: Timestamp,
    },
    /// Its hash is not its text's.
    #[error("hash is not that of the text")]
    HashDiffers,
    /// Its text is too long.
    #[error("text is {bytes} bytes, more than {TEXT_BYTES_MAX}")]
    TooLong {
        /// How long.
        bytes: usize,
    },
    /// Its id is empty or too long.
    #[error("id is empty or longer than {ID_BYTES_MAX} bytes")]
    BadId,
    /// It refers to what nobody has submitted.
    #[error("{} `{id}` is not known", kind.word())]
    Unknown {
        /// Of which kind.
        kind: Kind,
        /// Which.
        id: Box<str>,
    },
    /// A book belongs to one seller.
    #[error("book `{book}` belongs to another legal entity")]
    BookTaken {
        /// Which.
        book: BookId,
    },
    /// Numbers would repeat in the next year.
    #[error("number format `{format}` lacks {{year}} or {{number}}")]
    NumberFormat {
        /// The format.
        format: Box<str>,
    },
    /// Numbers of the two kinds of document would be equal.
    #[error("invoices and credit notes have one number format")]
    SameNumberFormats,
    /// EVSEs are numbered from 1, each once, and have a rated power.
    #[error("evse {0} is numbered below 1 or twice, or has no rated power")]
    BadEvse(i32),
    /// An amount, factor or span of a policy is negative.
    #[error("policy has a negative amount, factor or span")]
    NegativePolicy,
    /// A tariff that prices nothing.
    #[error("tariff has no element, or an element without a component")]
    EmptyTariff,
    /// A tariff that pricing cannot compile.
    #[error("tariff cannot be priced: {0}")]
    UnpriceableTariff(String),
    /// Prices without a slot, or slots off the quarter hour.
    #[error("market prices have no slot, too many, or slots off the quarter hour")]
    BadMarketPrices,
    /// An occupancy without a slot, or with slots off the five minutes.
    #[error("occupancy has no slot, too many, or slots off the five minutes")]
    BadOccupancy,
    /// No firmware version lies in it.
    #[error("no firmware version is at least firmwareFrom and below firmwareBefore")]
    EmptyFirmwareRange,
    /// A modulus below 1 Wh, or of a register that is reset anyway.
    #[error("rolloverWh is below 1, or the register begins again with each session")]
    BadRollover,
    /// An account has as many tokens as it may.
    #[error("account has {} tokens already", AccountRecord::TOKENS_MAX)]
    TooManyTokens,
}

pub(crate) fn check(state: &mut ControlState<'_>, document: &Document) -> Result<(), Refusal> {
    let bytes = document.text.len();
    if bytes > TEXT_BYTES_MAX {
        return Err(Refusal::TooLong { bytes });
    }
    if document.hash != Digest::of(document.text.as_bytes()) {
        return Err(Refusal::HashDiffers);
    }
    if !(1..=ID_BYTES_MAX).contains(&document.content.id().len()) {
        return Err(Refusal::BadId);
    }
    match &document.content {
        Content::Policy(policy) => check_policy(policy),
        Content::LegalEntity(entity) => check_entity(state, entity),
        Content::Site(site) => known(state, Kind::LegalEntity, site.legal_entity.as_str()),
        Content::Station(station) => check_station(state, station),
        Content::Tariff(tariff) => check_tariff(tariff),
        Content::TariffAssignment(assignment) => check_assignment(state, assignment),
        Content::Account(_) => Ok(()),
        Content::Token(token) => check_token(state, token),
        Content::MarketPrices(prices) => check_market(prices),
        Content::DeviceProfile(profile) => check_profile(profile),
        Content::SiteOccupancy(occupancy) => check_occupancy(state, occupancy),
    }
}

fn known(state: &mut ControlState<'_>, kind: Kind, id: &str) -> Result<(), Refusal> {
    if versions(state, kind, id).last > 0 {
        Ok(())
    } else {
        Err(Refusal::Unknown {
            kind,
            id: id.into(),
        })
    }
}

fn check_policy(policy: &Policy) -> Result<(), Refusal> {
    let (hold, plausibility) = (&policy.hold, &policy.plausibility);
    let numbers = [
        hold.initial_minor,
        hold.floor_minor,
        hold.increment_minor,
        i64::from(hold.increments_max),
        hold.reserve_minor,
        hold.plug_in_timeout.0,
        hold.rotation_margin.0,
        policy.collection.charge_minimum_minor,
        policy.collection.correction_minimum_minor,
        plausibility.power_percent,
        plausibility.duration_max.0,
        plausibility.gross_max_minor,
        plausibility.waiver_energy.0,
        plausibility.waiver_duration.0,
        policy.settling_grace.0,
        policy.inferred_end_hold.0,
        policy.correction_window.0,
    ];
    if numbers.iter().any(|number| *number < 0) {
        return Err(Refusal::NegativePolicy);
    }
    Ok(())
}

fn check_entity(state: &mut ControlState<'_>, entity: &LegalEntity) -> Result<(), Refusal> {
    known(state, Kind::Policy, entity.policy.as_str())?;
    let owner = state.get(&Key::Book(entity.book.clone()));
    if owner.is_some_and(|owner| *owner != Value::Owner(entity.id.clone())) {
        return Err(Refusal::BookTaken {
            book: entity.book.clone(),
        });
    }
    for format in [&entity.invoice_number, &entity.credit_note_number] {
        let numbered = format.contains("{number}") || format.contains("{number:");
        if !numbered || !format.contains("{year}") {
            return Err(Refusal::NumberFormat {
                format: format.clone(),
            });
        }
    }
    if entity.invoice_number == entity.credit_note_number {
        return Err(Refusal::SameNumberFormats);
    }
    Ok(())
}

fn check_station(state: &mut ControlState<'_>, station: &Station) -> Result<(), Refusal> {
    known(state, Kind::Site, station.site.as_str())?;
    let mut seen = BTreeSet::new();
    let bad = station
        .evses
        .iter()
        .find(|evse| evse.id.0 < 1 || evse.max_power.0 <= 0 || !seen.insert(evse.id));
    bad.map_or(Ok(()), |evse| Err(Refusal::BadEvse(evse.id.0)))
}

fn check_tariff(tariff: &Tariff) -> Result<(), Refusal> {
    let elements = &tariff.elements;
    if elements.is_empty() || elements.iter().any(|element| element.components.is_empty()) {
        return Err(Refusal::EmptyTariff);
    }
    // Sites have zones of their own; what a tariff says is the same in each.
    let compiled = wattledger_pricing::CompiledTariff::compile(tariff, "UTC");
    compiled
        .map(|_| ())
        .map_err(|fault| Refusal::UnpriceableTariff(fault.to_string()))
}

fn check_assignment(
    state: &mut ControlState<'_>,
    assignment: &TariffAssignment,
) -> Result<(), Refusal> {
    known(state, Kind::Tariff, assignment.tariff.as_str())?;
    if let Some(entity) = &assignment.legal_entity {
        known(state, Kind::LegalEntity, entity.as_str())?;
    }
    if let Some(site) = &assignment.site {
        known(state, Kind::Site, site.as_str())?;
    }
    if let Some(station) = &assignment.station {
        known(state, Kind::Station, station.as_str())?;
    }
    if let Some(account) = &assignment.account {
        known(state, Kind::Account, account.as_str())?;
    }
    Ok(())
}

/// A stage finds a slot by dividing: slots lie on the quarters of an hour.
fn check_market(prices: &MarketPrices) -> Result<(), Refusal> {
    let grid = MarketPrices::GRID.0;
    let on_grid = |value: i64| value.rem_euclid(grid) == 0;
    let slots = (1..=MarketPrices::SLOTS_MAX).contains(&prices.prices.len());
    let slot = (grid..=SLOT_MAX).contains(&prices.slot.0) && on_grid(prices.slot.0);
    if slots && slot && on_grid(prices.start.0) {
        Ok(())
    } else {
        Err(Refusal::BadMarketPrices)
    }
}

/// A stage finds a share by dividing: slots lie on the five minutes of a day.
fn check_occupancy(state: &mut ControlState<'_>, occupancy: &SiteOccupancy) -> Result<(), Refusal> {
    known(state, Kind::Site, occupancy.site.as_str())?;
    let lengths = SiteOccupancy::SLOT_MINUTES;
    let slot = lengths.map(|minutes| minutes.saturating_mul(60_000));
    let slots = (1..=SiteOccupancy::SLOTS_MAX).contains(&occupancy.shares.len());
    let on_grid = occupancy.start.0.rem_euclid(SiteOccupancy::GRID.0) == 0;
    if slots && on_grid && slot.contains(&occupancy.slot.0) {
        Ok(())
    } else {
        Err(Refusal::BadOccupancy)
    }
}

/// Firmware is counted upwards, and a register begins again somewhere above 0.
fn check_profile(profile: &DeviceProfile) -> Result<(), Refusal> {
    let from = profile.firmware_from.as_deref();
    let range = from.zip(profile.firmware_before.as_deref());
    if range.is_some_and(|(from, before)| compare_versions(from, before).is_ge()) {
        return Err(Refusal::EmptyFirmwareRange);
    }
    let facts = &profile.facts;
    let per_session = facts.register == Some(RegisterKind::PerSession);
    match facts.rollover {
        Some(rollover) if rollover.0 <= 0 || per_session => Err(Refusal::BadRollover),
        Some(_) | None => Ok(()),
    }
}

fn check_token(state: &mut ControlState<'_>, token: &Token) -> Result<(), Refusal> {
    known(state, Kind::Account, token.account.as_str())?;
    let tokens = account_record(state, &token.account).tokens;
    if tokens.len() >= AccountRecord::TOKENS_MAX && !tokens.contains(&token.hash) {
        return Err(Refusal::TooManyTokens);
    }
    Ok(())
}
