//! Reference data: what operators submit and what is broadcast as in force. A document is JSON of a
//! [`Content`] kind: numbered, valid for a time and hashed, it travels whole (design §1 rule 3).

mod policy;

use crate::hash::Digest;
use crate::ids::{
    AccountId, BookId, CustomerGroup, EvseId, LegalEntityId, PolicyId, ProcessorId, SiteId,
    StationId, TariffId, TokenHash,
};
use crate::market::MarketPrices;
use crate::money::Currency;
use crate::occupancy::SiteOccupancy;
use crate::payment::PaymentMethod;
use crate::quantity::Milliwatts;
use crate::time::Timestamp;
use crate::{tariff::Tariff, tax::NamedTax, tax::TaxLiability};
pub use policy::{CollectionPolicy, HoldPolicy, Plausibility, Policy, UntrustedClock};
use std::sync::Arc;

/// The kinds of document, in the order in which `apply` submits them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// How a seller rounds, holds, collects and judges.
    Policy,
    /// A seller.
    LegalEntity,
    /// Where stations stand.
    Site,
    /// A charging station and its EVSEs.
    Station,
    /// An OCPI tariff.
    Tariff,
    /// Which tariff applies where and to whom.
    TariffAssignment,
    /// A customer.
    Account,
    /// Which account a token belongs to.
    Token,
    /// Prices of a market, slot by slot.
    MarketPrices,
    /// How a model of charger is read.
    DeviceProfile,
    /// How busy a site is, slot by slot.
    SiteOccupancy,
}

impl Kind {
    /// All kinds, those that others name first.
    pub const ALL: [Self; 11] = [
        Self::Policy,
        Self::LegalEntity,
        Self::Site,
        Self::Station,
        Self::Tariff,
        Self::Account,
        Self::TariffAssignment,
        Self::Token,
        Self::MarketPrices,
        Self::DeviceProfile,
        Self::SiteOccupancy,
    ];

    /// The word in a document's `kind`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Policy => "Policy",
            Self::LegalEntity => "LegalEntity",
            Self::Site => "Site",
            Self::Station => "Station",
            Self::Tariff => "Tariff",
            Self::TariffAssignment => "TariffAssignment",
            Self::Account => "Account",
            Self::Token => "Token",
            Self::MarketPrices => "MarketPrices",
            Self::DeviceProfile => "DeviceProfile",
            Self::SiteOccupancy => "SiteOccupancy",
        }
    }
}

/// A document as `apply` hands it in (control.events).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferenceSubmitted {
    /// What it is and says, and its canonical JSON text.
    pub document: Document,
    /// First instant at which it holds; absent means as soon as it may.
    pub valid_from: Option<Timestamp>,
    /// First instant at which it no longer holds.
    pub valid_to: Option<Timestamp>,
    /// Whether it may hold for the past (replaces what was in force then).
    pub back_dating: BackDating,
    /// When it was submitted (edge's clock).
    pub submitted_at: Timestamp,
    /// Who submitted it, for people.
    pub submitted_by: Box<str>,
}

/// Whether a document may hold from an instant that is past.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BackDating {
    /// Only from the tick + 60 s on.
    Refused,
    /// From any instant (first set-up, imports of history, corrections).
    Allowed,
}

/// A version of a document that has been accepted, as every partition sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferenceRecorded {
    /// What it is and says.
    pub document: Document,
    /// From 1, per kind and id.
    pub version: i32,
    /// First instant at which it holds.
    pub valid_from: Timestamp,
    /// First instant at which it no longer holds.
    pub valid_to: Option<Timestamp>,
    /// The logical time at which control accepted it.
    pub recorded_at: Timestamp,
}

/// A document: canonical JSON text and the same, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Canonical JSON (sorted keys, no white space): what the hash covers.
    pub text: Box<str>,
    /// SHA-256 of the text.
    pub hash: Digest,
    /// The same, as values.
    pub content: Content,
}

/// What a document says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A policy.
    Policy(Arc<Policy>),
    /// A seller.
    LegalEntity(Arc<LegalEntity>),
    /// A site.
    Site(Arc<Site>),
    /// A station.
    Station(Arc<Station>),
    /// A tariff.
    Tariff(Box<Tariff>),
    /// An assignment.
    TariffAssignment(Box<TariffAssignment>),
    /// An account.
    Account(Box<Account>),
    /// A token.
    Token(Box<Token>),
    /// Prices of a market.
    MarketPrices(Box<MarketPrices>),
    /// A device profile.
    DeviceProfile(Box<crate::device::DeviceProfile>),
    /// How busy a site is.
    SiteOccupancy(Box<SiteOccupancy>),
}

impl Content {
    /// The kind of document.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Policy(_) => Kind::Policy,
            Self::LegalEntity(_) => Kind::LegalEntity,
            Self::Site(_) => Kind::Site,
            Self::Station(_) => Kind::Station,
            Self::Tariff(_) => Kind::Tariff,
            Self::TariffAssignment(_) => Kind::TariffAssignment,
            Self::Account(_) => Kind::Account,
            Self::Token(_) => Kind::Token,
            Self::MarketPrices(_) => Kind::MarketPrices,
            Self::DeviceProfile(_) => Kind::DeviceProfile,
            Self::SiteOccupancy(_) => Kind::SiteOccupancy,
        }
    }

    /// The document's id within its kind.
    #[must_use]
    pub fn id(&self) -> Box<str> {
        match self {
            Self::Policy(policy) => policy.id.as_str().into(),
            Self::LegalEntity(entity) => entity.id.as_str().into(),
            Self::Site(site) => site.id.as_str().into(),
            Self::Station(station) => station.id.as_str().into(),
            Self::Tariff(tariff) => tariff.id.as_str().into(),
            Self::TariffAssignment(assignment) => assignment.id.clone(),
            Self::Account(account) => account.id.as_str().into(),
            Self::Token(token) => token.hash.to_string().into(),
            Self::MarketPrices(prices) => prices.id.as_str().into(),
            Self::DeviceProfile(profile) => profile.id.as_str().into(),
            Self::SiteOccupancy(occupancy) => occupancy.id.as_str().into(),
        }
    }
}

/// A seller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegalEntity {
    /// Its id.
    pub id: LegalEntityId,
    /// The name on its documents.
    pub name: Box<str>,
    /// Its postal address, a line each.
    pub address: Vec<Box<str>>,
    /// ISO 3166-1 alpha-2.
    pub country: Box<str>,
    /// VAT id, if registered.
    pub vat_id: Option<Box<str>>,
    /// IANA zone whose calendar dates its documents.
    pub time_zone: Box<str>,
    /// The currency of its books.
    pub currency: Currency,
    /// The book that numbers its documents.
    pub book: BookId,
    /// How an invoice number reads, `{year}` and `{number}` replaced; `{number:6}` pads to 6.
    pub invoice_number: Box<str>,
    /// How a credit note number reads.
    pub credit_note_number: Box<str>,
    /// Its policy.
    pub policy: PolicyId,
    /// The processor that its cards go to.
    pub processor: ProcessorId,
}

/// Where stations stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Its id.
    pub id: SiteId,
    /// Its name.
    pub name: Box<str>,
    /// IANA zone of its wall clock.
    pub time_zone: Box<str>,
    /// Who sells there.
    pub legal_entity: LegalEntityId,
    /// What the place levies on prices that state no rate of their own.
    pub taxes: Vec<NamedTax>,
}

/// A charging station.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Station {
    /// Its id, as gateways name it.
    pub id: StationId,
    /// Its site.
    pub site: SiteId,
    /// Maker, if known.
    pub vendor: Option<Box<str>>,
    /// Model, if known.
    pub model: Option<Box<str>>,
    /// Its EVSEs.
    pub evses: Vec<Evse>,
}

/// One place to charge one car.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evse {
    /// Number within the station, from 1.
    pub id: EvseId,
    /// Rated power: the bound of plausibility.
    pub max_power: Milliwatts,
}

/// Which tariff applies where and to whom: the highest priority, then the narrowest scope, then the id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TariffAssignment {
    /// Its id.
    pub id: Box<str>,
    /// The tariff.
    pub tariff: TariffId,
    /// Only for stations of this seller.
    pub legal_entity: Option<LegalEntityId>,
    /// Only at this site.
    pub site: Option<SiteId>,
    /// Only at this station.
    pub station: Option<StationId>,
    /// Only at this EVSE, of `station` or of every station that the rest names.
    pub evse: Option<EvseId>,
    /// Only for customers of this group.
    pub group: Option<CustomerGroup>,
    /// Only for this customer: the prices of a contract.
    pub account: Option<AccountId>,
    /// Higher wins.
    pub priority: i32,
}

/// A customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// The name on its documents.
    pub name: Box<str>,
    /// The group that tariff assignments name.
    pub group: Option<CustomerGroup>,
    /// Whether it may charge.
    pub standing: Standing,
    /// Charged for each session; absent means that the invoice stays receivable.
    pub method: Option<PaymentMethod>,
    /// The customer's VAT id, if registered.
    pub vat_id: Option<Box<str>>,
    /// Who owes the tax; the buyer only with a VAT id.
    pub tax: TaxLiability,
}

impl Account {
    /// Who owes the tax on what it is billed: the buyer only with a VAT id, which the invoice has to name.
    #[must_use]
    pub fn liability(&self) -> TaxLiability {
        match self.vat_id {
            Some(_) => self.tax,
            None => TaxLiability::Seller,
        }
    }
}

/// Whether an account may charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Yes.
    Active,
    /// No: authorisations are refused; what was supplied is billed all the same.
    Blocked,
}

/// Which account a token belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The token's keyed hash; the token itself stays outside.
    pub hash: TokenHash,
    /// The account that pays.
    pub account: AccountId,
    /// The group, where it differs from the account's.
    pub group: Option<CustomerGroup>,
}

/// What a token resolves to (directory.tokens), by the instant it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenEntry {
    /// Who pays.
    pub account: AccountId,
    /// The customer group.
    pub group: Option<CustomerGroup>,
    /// Who owes the tax; absent where nobody said: then the seller.
    pub tax: Option<TaxLiability>,
    /// First instant at which it holds.
    pub from: Timestamp,
    /// First instant at which it no longer holds.
    pub to: Option<Timestamp>,
}
