//! What each type of event says in its `data`.

use super::fields::Fields;
use super::{EventFault, Intake, samples};
use wattledger_domain::charging::{
    AuthorizationRequested, Connectivity, ConnectorStatus, ConnectorStatusChanged, FieldBody,
    PayerRequest, SessionEnded, SessionStarted, SessionUpdated, StationBooted, TokenRef,
};
use wattledger_domain::ids::{AccountId, AuthorizationId, EvseId, ProcessorId, TransactionId};
use wattledger_domain::money::{Currency, Money};
use wattledger_domain::payment::PaymentMethod;
use wattledger_domain::quantity::MilliwattHours;
use wattledger_domain::session::ChargingState;
use wattledger_domain::time::Timestamp;

const STATES: [(&str, ChargingState); 8] = [
    ("EVConnected", ChargingState::Connected),
    ("Charging", ChargingState::Charging),
    ("SuspendedEV", ChargingState::SuspendedByVehicle),
    ("SuspendedEVSE", ChargingState::SuspendedByStation),
    ("Idle", ChargingState::Idle),
    ("Preparing", ChargingState::Connected),
    ("Finishing", ChargingState::SuspendedByVehicle),
    ("Connected", ChargingState::Connected),
];

const STATUSES: [(&str, ConnectorStatus); 10] = [
    ("Available", ConnectorStatus::Available),
    ("Preparing", ConnectorStatus::Preparing),
    ("Charging", ConnectorStatus::Charging),
    ("SuspendedEVSE", ConnectorStatus::SuspendedByStation),
    ("SuspendedEV", ConnectorStatus::SuspendedByVehicle),
    ("Finishing", ConnectorStatus::Finishing),
    ("Reserved", ConnectorStatus::Reserved),
    ("Unavailable", ConnectorStatus::Unavailable),
    ("Faulted", ConnectorStatus::Faulted),
    ("Occupied", ConnectorStatus::Occupied),
];

/// Reads the `data` of a type.
pub fn read(
    name: &str,
    data: &Fields<'_>,
    occurred_at: Timestamp,
    intake: &Intake<'_>,
) -> Result<FieldBody, EventFault> {
    let at = Reading {
        data,
        occurred_at,
        intake,
    };
    match name {
        "authorization_requested" => at.authorization().map(FieldBody::AuthorizationRequested),
        "session_started" => at.started().map(FieldBody::SessionStarted),
        "session_updated" => at.updated().map(FieldBody::SessionUpdated),
        "session_ended" => at.ended().map(FieldBody::SessionEnded),
        "connector_status_changed" => at.status().map(FieldBody::ConnectorStatusChanged),
        _ => at.booted().map(FieldBody::StationBooted),
    }
}

struct Reading<'a> {
    data: &'a Fields<'a>,
    occurred_at: Timestamp,
    intake: &'a Intake<'a>,
}

impl Reading<'_> {
    fn evse(&self) -> Result<Option<EvseId>, EventFault> {
        let evse = self.data.optional_whole("evse", 0..=1_000)?;
        Ok(evse.and_then(|evse| i32::try_from(evse).ok()).map(EvseId))
    }

    fn required_evse(&self) -> Result<EvseId, EventFault> {
        self.evse()?
            .ok_or_else(|| self.data.fault("evse", "field", "is required"))
    }

    fn transaction(&self) -> Result<Option<TransactionId>, EventFault> {
        Ok(self
            .data
            .optional_word("transaction")?
            .map(TransactionId::new))
    }

    fn sequence(&self) -> Result<Option<i64>, EventFault> {
        self.data.optional_whole("sequence", 0..=i64::MAX)
    }

    fn token(&self) -> Result<Option<TokenRef>, EventFault> {
        let token = self.data.optional_text("token")?;
        Ok(token.map(|token| (self.intake.token)(token, self.occurred_at)))
    }

    fn register(&self, name: &str) -> Result<Option<MilliwattHours>, EventFault> {
        Ok(samples::register(self.data, name)?.map(MilliwattHours))
    }

    fn text(&self, name: &str) -> Result<Option<Box<str>>, EventFault> {
        Ok(self.data.optional_text(name)?.map(Into::into))
    }

    fn authorization(&self) -> Result<AuthorizationRequested, EventFault> {
        let account = self.data.optional_text("account")?;
        let method = self.data.child("method")?;
        let payer = match (self.token()?, account, method) {
            (Some(token), None, None) => PayerRequest::Token(token),
            (None, Some(account), None) => PayerRequest::Account(AccountId::new(account)),
            (None, None, Some(method)) => PayerRequest::Method(PaymentMethod {
                processor: ProcessorId::new(
                    method.optional_text("processor")?.unwrap_or("simulated"),
                ),
                token: method.text("token")?.into(),
                label: method.optional_text("label")?.map(Into::into),
            }),
            _ => {
                let reason = "expected exactly one of token, account and method";
                return Err(self.data.fault("token", "payer", reason));
            }
        };
        let limit = match self.data.child("limit")? {
            None => None,
            Some(limit) => {
                let minor = limit.optional_whole("minor", 1..=1_000_000_000)?;
                let minor = minor.ok_or_else(|| limit.fault("minor", "field", "is required"))?;
                let currency = Currency::parse(limit.text("currency")?);
                let currency = currency
                    .map_err(|error| limit.fault("currency", "field", error.to_string()))?;
                Some(Money::new(minor, currency))
            }
        };
        let authorization = AuthorizationId::new(self.data.text("authorization")?);
        Ok(AuthorizationRequested {
            authorization,
            evse: self.evse()?,
            payer,
            limit,
        })
    }

    fn started(&self) -> Result<SessionStarted, EventFault> {
        let offline = self.data.optional_flag("offline")?.unwrap_or(false);
        Ok(SessionStarted {
            evse: self.required_evse()?,
            transaction: self.transaction()?,
            sequence: self.sequence()?,
            authorization: self
                .data
                .optional_text("authorization")?
                .map(AuthorizationId::new),
            token: self.token()?,
            meter_start: self.register("meterStart")?,
            state: self.data.word("state", &STATES)?,
            connectivity: if offline {
                Connectivity::Offline
            } else {
                Connectivity::Online
            },
            samples: samples::read(self.data, self.occurred_at)?,
        })
    }

    fn updated(&self) -> Result<SessionUpdated, EventFault> {
        Ok(SessionUpdated {
            evse: self.evse()?,
            transaction: self.transaction()?,
            sequence: self.sequence()?,
            state: self.data.word("state", &STATES)?,
            samples: samples::read(self.data, self.occurred_at)?,
        })
    }

    fn ended(&self) -> Result<SessionEnded, EventFault> {
        Ok(SessionEnded {
            evse: self.evse()?,
            transaction: self.transaction()?,
            sequence: self.sequence()?,
            meter_stop: self.register("meterStop")?,
            reason: self.text("reason")?,
            token: self.token()?,
            samples: samples::read(self.data, self.occurred_at)?,
        })
    }

    fn status(&self) -> Result<ConnectorStatusChanged, EventFault> {
        let status = self.data.word("status", &STATUSES)?;
        Ok(ConnectorStatusChanged {
            evse: self.required_evse()?,
            status: status.ok_or_else(|| self.data.fault("status", "field", "is required"))?,
            error_code: self.text("errorCode")?.filter(|code| &**code != "NoError"),
            vendor_error: self.text("vendorError")?,
        })
    }

    fn booted(&self) -> Result<StationBooted, EventFault> {
        Ok(StationBooted {
            reason: self.text("reason")?,
            vendor: self.text("vendor")?,
            model: self.text("model")?,
            firmware: self.text("firmware")?,
        })
    }
}
