//! Lines of text as records.

use super::clock;
use super::documents::{recorded, tariff};
use crate::Effect;
use std::collections::BTreeMap;
use wattledger_domain::accounts::AccountRecord;
use wattledger_domain::charging::{
    AuthorizationRefused, AuthorizationRequested, ChargingRecord, Connectivity, ConnectorStatus,
    ConnectorStatusChanged, FieldBody, FieldEvent, HoldGranted, HoldGrowth, Measurand, MeterSample,
    PayerRequest, PayerResolved, Phase, ReadingContext, RefusalReason, SessionEnded,
    SessionStarted, SessionUpdated, StationBooted, TokenRef,
};
use wattledger_domain::ids::{
    AccountId, AuthorizationId, CustomerGroup, EventId, EvseId, ProcessorId, SourceId, StationId,
    TariffId, TokenHash, TransactionId,
};
use wattledger_domain::money::{Currency, Money};
use wattledger_domain::payment::PaymentMethod;
use wattledger_domain::quantity::MilliwattHours;
use wattledger_domain::reference::Content;
use wattledger_domain::review::{CorrectedReading, ReviewDecided, ReviewVerdict, Seen};
use wattledger_domain::session::{ChargingState, Pin};
use wattledger_domain::tax::TaxLiability;
use wattledger_domain::time::Timestamp;

struct Line<'a> {
    at: Timestamp,
    words: BTreeMap<&'a str, &'a str>,
}

impl Line<'_> {
    fn text(&self, word: &str) -> Option<&str> {
        self.words.get(word).copied()
    }

    fn number(&self, word: &str) -> Option<i64> {
        self.text(word).map(|text| text.parse().unwrap())
    }

    fn evse(&self) -> Option<EvseId> {
        self.number("evse")
            .map(|evse| EvseId(evse.try_into().unwrap()))
    }

    fn transaction(&self) -> Option<TransactionId> {
        self.text("tx").map(TransactionId::new)
    }

    fn register(&self, word: &str) -> Option<MilliwattHours> {
        self.number(word).map(|wh| MilliwattHours(wh * 1_000))
    }

    fn money(&self, word: &str) -> Option<Money> {
        self.number(word)
            .map(|cents| Money::new(cents, Currency::EUR))
    }

    fn state(&self) -> Option<ChargingState> {
        self.text("state").map(|word| match word {
            "charging" => ChargingState::Charging,
            "parked" => ChargingState::SuspendedByVehicle,
            "starved" => ChargingState::SuspendedByStation,
            other => panic!("{other}"),
        })
    }

    /// `token=alice` is hers; `token=?x` is nobody's.
    fn token(&self) -> Option<TokenRef> {
        let name = self.text("token")?;
        let mut hash = [0; 16];
        for (place, byte) in hash.iter_mut().zip(name.bytes()) {
            *place = byte;
        }
        let account = (!name.starts_with('?')).then(|| AccountId::new(name));
        let group = self.text("group").map(CustomerGroup::new);
        Some(TokenRef {
            hash: TokenHash(hash),
            account,
            group,
            tax: self.tax(),
        })
    }

    /// `tax=buyer`: whoever pays owes the tax.
    fn tax(&self) -> Option<TaxLiability> {
        self.text("tax").map(|word| match word {
            "buyer" => TaxLiability::Buyer,
            "seller" => TaxLiability::Seller,
            other => panic!("{other}"),
        })
    }

    fn samples(&self) -> Vec<MeterSample> {
        let kinds = [
            ("total", Measurand::EnergyImportRegister, Phase::Total),
            ("l1", Measurand::EnergyImportRegister, Phase::L1),
            ("l2", Measurand::EnergyImportRegister, Phase::L2),
            ("l3", Measurand::EnergyImportRegister, Phase::L3),
            ("interval", Measurand::EnergyImportInterval, Phase::Total),
            ("net", Measurand::EnergyNet, Phase::Total),
            ("soc", Measurand::StateOfCharge, Phase::Total),
            ("watts", Measurand::PowerImport, Phase::Total),
        ];
        let sampled_at = self.text("sampled").map_or(self.at, clock);
        let sample = |(word, measurand, phase)| {
            self.number(word).map(|value| MeterSample {
                at: sampled_at,
                measurand,
                phase,
                context: match self.text("context") {
                    Some("clock") => ReadingContext::Clock,
                    _ => ReadingContext::Periodic,
                },
                value: value * 1_000,
            })
        };
        kinds.into_iter().filter_map(sample).collect()
    }
}

pub fn record(line: &str, number: i64, effects: &[Effect]) -> ChargingRecord {
    let mut words = line.split_whitespace();
    let (at, verb) = (words.next().unwrap(), words.next().unwrap());
    let words = words
        .map(|word| word.split_once('=').unwrap_or((word, "")))
        .collect();
    // `at!` comes with a charger's clock that stands at 1970.
    let (at, occurred_at) = match at.strip_suffix('!') {
        Some(at) => (clock(at), Timestamp(5_000)),
        None => (clock(at), clock(at)),
    };
    let line = Line { at, words };
    let body = match verb {
        "grant" => return ChargingRecord::HoldGranted(granted(&line)),
        "deny" => return ChargingRecord::AuthorizationRefused(denied(&line)),
        "decide" => return decided(&line, number, effects),
        "resolve" => return ChargingRecord::PayerResolved(resolved(&line, effects)),
        other => body(other, &line),
    };
    ChargingRecord::Field(FieldEvent {
        source: SourceId::new("gateway"),
        id: line
            .text("id")
            .map_or_else(|| EventId::new(number.to_string()), EventId::new),
        station: StationId::new(line.text("at").unwrap_or("S1")),
        occurred_at,
        received_at: line.text("received").map_or(line.at, clock),
        body,
    })
}

fn body(verb: &str, line: &Line<'_>) -> FieldBody {
    match verb {
        "start" => FieldBody::SessionStarted(SessionStarted {
            evse: line.evse().unwrap_or(EvseId(1)),
            transaction: line.transaction(),
            sequence: line.number("seq"),
            authorization: line.text("auth").map(AuthorizationId::new),
            token: line.token(),
            meter_start: line.register("meter"),
            state: line.state(),
            connectivity: match line.text("offline") {
                Some(_) => Connectivity::Offline,
                None => Connectivity::Online,
            },
            samples: line.samples(),
        }),
        "read" => FieldBody::SessionUpdated(SessionUpdated {
            evse: line.evse(),
            transaction: line.transaction(),
            sequence: line.number("seq"),
            state: line.state(),
            samples: line.samples(),
        }),
        "end" => FieldBody::SessionEnded(SessionEnded {
            evse: line.evse(),
            transaction: line.transaction(),
            sequence: line.number("seq"),
            meter_stop: line.register("meter"),
            reason: None,
            token: line.token(),
            samples: line.samples(),
        }),
        "status" => FieldBody::ConnectorStatusChanged(ConnectorStatusChanged {
            evse: line.evse().unwrap_or(EvseId(1)),
            status: match line.text("is").unwrap() {
                "available" => ConnectorStatus::Available,
                "finishing" => ConnectorStatus::Finishing,
                "parked" => ConnectorStatus::SuspendedByVehicle,
                "charging" => ConnectorStatus::Charging,
                other => panic!("{other}"),
            },
            error_code: None,
            vendor_error: None,
        }),
        "boot" => FieldBody::StationBooted(StationBooted {
            reason: None,
            vendor: line.text("vendor").map(Into::into),
            model: line.text("model").map(Into::into),
            firmware: line.text("firmware").map(Into::into),
        }),
        "ask" => FieldBody::AuthorizationRequested(AuthorizationRequested {
            authorization: AuthorizationId::new(line.text("auth").unwrap()),
            evse: line.evse(),
            payer: match (line.token(), line.text("account")) {
                (Some(token), _) => PayerRequest::Token(token),
                (None, Some(account)) => PayerRequest::Account(AccountId::new(account)),
                (None, None) => PayerRequest::Method(card()),
            },
            limit: line.money("limit"),
        }),
        other => panic!("{other}"),
    }
}

fn granted(line: &Line<'_>) -> HoldGranted {
    HoldGranted {
        authorization: AuthorizationId::new(line.text("auth").unwrap()),
        station: StationId::new("S1"),
        account: AccountId::new("somebody"),
        limit: line.money("limit"),
        reserve: line.money("reserve"),
        growth: match line.text("final") {
            Some(_) => HoldGrowth::Final,
            None => HoldGrowth::MayGrow,
        },
        op: line.number("op").unwrap_or(1).try_into().unwrap(),
        tax: line.tax(),
    }
}

fn denied(line: &Line<'_>) -> AuthorizationRefused {
    AuthorizationRefused {
        authorization: AuthorizationId::new(line.text("auth").unwrap()),
        station: StationId::new("S1"),
        account: AccountId::new("somebody"),
        reason: RefusalReason::Declined,
    }
}

/// The last token that was unknown is this account's.
fn resolved(line: &Line<'_>, effects: &[Effect]) -> PayerResolved {
    let asked = effects.iter().rev().find_map(|effect| match effect {
        Effect::TokenUnknown(unknown) => Some(unknown),
        _ => None,
    });
    let asked = asked.unwrap();
    let mut token = asked.token.clone();
    token.account = line.text("account").map(AccountId::new);
    token.tax = line.tax();
    PayerResolved {
        station: asked.station.clone(),
        session: asked.session.clone(),
        token,
    }
}

fn card() -> PaymentMethod {
    PaymentMethod {
        processor: ProcessorId::new("simulated"),
        token: "card".into(),
        label: None,
    }
}

/// `decide do=bill round=1`: about the session that was opened, held or billed last.
fn decided(line: &Line<'_>, number: i64, effects: &[Effect]) -> ChargingRecord {
    let about = effects.iter().rev().find_map(|effect| match effect {
        Effect::ToAccount(AccountRecord::SessionHeld(held)) => Some(&held.session),
        Effect::ToAccount(AccountRecord::SessionOpened(opened)) => Some(&opened.session),
        Effect::Rated(rated) => Some(&rated.session),
        _ => None,
    });
    let counted = |word: &str| line.number(word).map(|count| count.try_into().unwrap());
    let seen = match (counted("round"), counted("version")) {
        (None, None) => None,
        (round, version) => Some(Seen {
            round: round.unwrap_or(0),
            version: version.unwrap_or(0),
        }),
    };
    ChargingRecord::ReviewDecided(Box::new(ReviewDecided {
        source: SourceId::new("desk"),
        id: EventId::new(line.text("id").unwrap_or(&number.to_string())),
        station: StationId::new("S1"),
        session: about.unwrap().clone(),
        seen,
        verdict: match line.text("do").unwrap() {
            "bill" => ReviewVerdict::BillAsProposed,
            "correct" => ReviewVerdict::BillCorrected(CorrectedReading {
                meter_start: line.register("start"),
                meter_stop: line.register("stop"),
                ended_at: line.text("end").map(clock),
            }),
            "payer" => ReviewVerdict::SetPayer(AccountId::new(line.text("account").unwrap())),
            "waive" => ReviewVerdict::Waive,
            "reprice" => ReviewVerdict::Reprice(line.text("tariff").map(tariff_pin)),
            other => panic!("{other}"),
        },
        reason: "looked at it".into(),
        decided_by: "ada".into(),
        decided_at: line.at,
    }))
}

/// `fair@2` is the second version of what [`recorded`] makes of it.
fn tariff_pin(text: &str) -> Pin<TariffId> {
    let (id, version) = text.split_once('@').unwrap();
    let version = version.parse().unwrap();
    let id = TariffId::new(id);
    let content = Content::Tariff(Box::new(tariff(id.as_str(), 0)));
    let hash = recorded(content, version, clock("00:00")).document.hash;
    Pin { id, version, hash }
}
