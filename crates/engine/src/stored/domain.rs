//! Domain values inside states.

use super::{stored, stored_as_sent, stored_enum};
use std::sync::Arc;
use wattledger_domain as domain;

stored_as_sent! {
    i32, i64, i128, u16, u8, u32,
    domain::money::Money, domain::money::Currency,
    domain::price::PriceE8, domain::price::TaxRate, domain::price::ExactCost,
    domain::quantity::MilliwattHours, domain::quantity::Milliwatts, domain::quantity::Milliamperes,
    domain::quantity::Milliseconds, domain::time::Timestamp, domain::hash::Digest,
    domain::ids::EvseId, domain::ids::TokenHash, domain::ids::StationId, domain::ids::SiteId,
    domain::ids::LegalEntityId, domain::ids::TariffId, domain::ids::PolicyId,
    domain::ids::CustomerGroup, domain::ids::AccountId, domain::ids::AuthorizationId,
    domain::ids::SessionId, domain::ids::TransactionId, domain::ids::PaymentId,
    domain::ids::DraftId, domain::ids::InvoiceId, domain::ids::EntryId, domain::ids::BookId,
    domain::ids::SourceId, domain::ids::EventId, domain::ids::ProcessorId,
    domain::cost::PricedStep, domain::cost::Priced,
    domain::tariff::LocalDate, domain::tariff::Dimension,
    domain::session::ChargingState, domain::session::ChargingPeriod, domain::session::Pins,
    domain::session::Durations, domain::session::EndEvidence, domain::session::SessionFlag,
    domain::session::HoldReason, domain::session::Evidence, domain::session::SessionRated,
    domain::charging::TokenRef, domain::charging::HoldGrowth, domain::charging::ConnectorStatus,
    domain::charging::RefusalReason, domain::charging::StopReason, domain::charging::MeterSample,
    domain::charging::PayerRequest, domain::charging::HoldGranted,
    domain::charging::Measurand, domain::charging::Phase, domain::charging::ReadingContext,
    domain::charging::SessionStarted, domain::charging::SessionUpdated,
    domain::charging::SessionEnded, domain::charging::ConnectorStatusChanged,
    domain::charging::StationBooted, domain::charging::AuthorizationRequested,
    domain::payment::PaymentMethod, domain::payment::IncrementSupport, domain::payment::Operation,
    domain::accounts::Terms, domain::accounts::SessionBill, domain::accounts::AuthorizationPinned,
    domain::document::InvoiceDraft, domain::document::DraftFault, domain::document::Movement,
    domain::ids::MarketId, domain::ids::MarketPricesId, domain::ids::DeviceProfileId,
    domain::ids::SiteOccupancyId, domain::session::Pin<domain::ids::SiteOccupancyId>,
    domain::reference::ReferenceRecorded, domain::reference::Document,
    Arc<domain::reference::LegalEntity>, Arc<domain::reference::Policy>,
    domain::outcome::Outcome, domain::review::CorrectedReading,
}

stored! {
    domain::reference::CollectionPolicy { charge_minimum_minor, correction_minimum_minor }
    domain::reference::Account { id, name, group, standing, method, vat_id, tax }
    domain::device::Device { vendor, model, firmware }
    domain::market::MarketPrices { id, market, currency, start, slot, prices }
    domain::market::Publication { prices, version, hash, known_from, known_to, recorded_at }
    domain::charging::FieldEvent { source, id, station, occurred_at, received_at, body }
}

stored_enum! {
    domain::reference::Kind {
        0 => Policy, 1 => LegalEntity, 2 => Site, 3 => Station, 4 => Tariff, 5 => TariffAssignment,
        6 => Account, 7 => Token, 8 => MarketPrices, 9 => DeviceProfile,
        10 => SiteOccupancy,
    }
    domain::reference::Standing { 0 => Active, 1 => Blocked }
    domain::tax::TaxLiability { 0 => Seller, 1 => Buyer }
    domain::charging::FieldBody {
        0 => AuthorizationRequested(body), 1 => SessionStarted(body), 2 => SessionUpdated(body),
        3 => SessionEnded(body), 4 => ConnectorStatusChanged(body), 5 => StationBooted(body),
    }
}
