//! Proposals, decisions, and what came of them.

use super::billing::{groups, lines, tax_line};
use super::sessions::{periods, pins};
use super::{LEAST, MOST, NOON, Sample, euro, sample, symbols};
use crate::topics::{account, charging, parking};
use wattledger_domain::accounts::AccountRecord;
use wattledger_domain::charging::ChargingRecord;
use wattledger_domain::device::{Device, DeviceSuggestion};
use wattledger_domain::ids::{AccountId, EventId, EvseId, SessionId, SourceId, StationId};
use wattledger_domain::parking::{ParkingAction, ParkingOrder};
use wattledger_domain::quantity::MilliwattHours;
use wattledger_domain::review::{
    CorrectedReading, DeviceSeen, ReadingKind, ReadingSeen, ReviewDecided, ReviewProposal,
    ReviewVerdict, Seen, SessionDecided, SessionWithdrawn,
};
use wattledger_domain::session::{Durations, EndEvidence, Evidence};

pub fn all() -> Vec<Sample> {
    let verdicts = [
        ReviewVerdict::BillCorrected(CorrectedReading {
            meter_start: Some(MilliwattHours(i64::MAX)),
            meter_stop: Some(MilliwattHours(0)),
            ended_at: Some(MOST),
        }),
        ReviewVerdict::BillCorrected(CorrectedReading {
            meter_start: None,
            meter_stop: None,
            ended_at: None,
        }),
        ReviewVerdict::SetPayer(AccountId::new("ada")),
        ReviewVerdict::BillAsProposed,
        ReviewVerdict::Waive,
        ReviewVerdict::Reprice(None),
        ReviewVerdict::Reprice(Some(pins().tariff)),
    ];
    let mut all = Vec::new();
    for verdict in verdicts {
        let decision = decided(verdict);
        all.push(sample(
            ChargingRecord::ReviewDecided(Box::new(decision.clone())),
            charging::encode,
            charging::decode,
        ));
        let gross = (decision.verdict != ReviewVerdict::Waive).then(|| euro(i64::MAX));
        let record = AccountRecord::SessionDecided(Box::new(SessionDecided {
            decision,
            account: AccountId::new("ada"),
            version: 2,
            waits: 0,
            gross,
            carried_out_at: NOON,
        }));
        all.push(sample(record, account::encode, account::decode));
    }
    let withdrawn = AccountRecord::SessionWithdrawn(Box::new(SessionWithdrawn {
        session: SessionId::of(&["one"]),
        account: AccountId::new("ada"),
        version: i32::MAX,
        at: LEAST,
    }));
    all.push(sample(withdrawn, account::encode, account::decode));
    all.extend(symbols::<ParkingAction>().into_iter().map(|action| {
        let order = ParkingOrder {
            unit: "S1".into(),
            action,
            reason: "mended in 1.4.1".into(),
            ordered_by: "ada".into(),
            ordered_at: NOON,
        };
        sample(order, parking::encode, parking::decode)
    }));
    all
}

fn decided(verdict: ReviewVerdict) -> ReviewDecided {
    let has_seen = verdict != ReviewVerdict::Reprice(None);
    ReviewDecided {
        source: SourceId::new("desk"),
        id: EventId::new("d-1"),
        station: StationId::new("S1"),
        session: SessionId::of(&["one"]),
        seen: has_seen.then_some(Seen {
            round: 1,
            version: i32::MAX,
        }),
        verdict,
        reason: "Zähler fotografiert 写真".into(),
        decided_by: "ada".into(),
        decided_at: NOON,
    }
}

pub fn proposal(full: bool) -> ReviewProposal {
    let seen = |kind: ReadingKind| ReadingSeen {
        at: NOON,
        kind,
        value: i64::MIN,
    };
    ReviewProposal {
        round: 1,
        version: 0,
        evse: EvseId(1),
        transaction: None,
        evidence: Evidence {
            register_start: full.then_some(MilliwattHours(1)),
            register_end: None,
            readings: 2,
            end: EndEvidence::Inferred,
            flags: symbols(),
        },
        durations: Durations::default(),
        periods: periods(),
        readings: symbols().into_iter().map(seen).collect(),
        readings_left_out: i32::MAX,
        tariff: full.then(|| pins().tariff),
        time_zone: full.then(|| "Europe/Berlin".into()),
        lines: lines(),
        groups: groups(),
        device: full.then(|| DeviceSeen {
            device: Device {
                vendor: Some("Acme".into()),
                model: Some("Wall 2".into()),
                firmware: None,
            },
            profile: None,
            suggestion: Some(DeviceSuggestion::EnergyThousandfold),
        }),
        taxes: full.then(|| vec![tax_line(true), tax_line(false)]),
        rounding: full.then(|| euro(-2)),
    }
}
