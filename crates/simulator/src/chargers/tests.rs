//! What chargers do when they are told something, and when they are not.

use super::*;
use crate::day::Anomalies;
use wattledger_domain::charging::{ChargingAction, ChargingCommand, StopReason};
use wattledger_domain::ids::{AuthorizationId, StationId};
use wattledger_domain::quantity::Milliseconds;

const MORNING: Timestamp = Timestamp(1_700_006_400_000);
const MINUTE: Milliseconds = Milliseconds(60_000);

/// One station, one guest who may charge.
fn scenario() -> Scenario {
    Scenario {
        stations: 1,
        sessions: 1,
        guests_permille: 1_000,
        trouble_permille: 0,
        anomalies: Anomalies::default(),
        ..Scenario::demo(11, MORNING, MORNING.plus(Milliseconds(12 * 3_600_000)))
    }
}

/// A driver of time that answers requests with `action`, and ends each session with a stop after
/// `stop_after` updates.
fn day(action: Option<ChargingAction>, stop_after: usize) -> Vec<Value> {
    let mut chargers = Chargers::new(&scenario());
    let mut at = MORNING;
    let mut commands: Vec<ChargingCommand> = Vec::new();
    let mut all = Vec::new();
    let mut updates = 0;
    while !chargers.is_done() {
        at = at.plus(MINUTE);
        let events = stamped(chargers.step(at, &told(&commands)));
        commands.clear();
        for event in events {
            let asked = event["data"]["authorization"]
                .as_str()
                .map(AuthorizationId::new);
            if let (true, Some(action)) = (kind(&event) == "authorization_requested", action) {
                commands.push(command(&event, asked, action, at));
            }
            if kind(&event) == "session_updated" {
                updates += 1;
                if updates == stop_after {
                    let stop = ChargingAction::Stop(StopReason::HoldExhausted);
                    commands.push(command(&event, None, stop, at));
                }
            }
            all.push(event);
        }
    }
    all
}

fn command(
    event: &Value,
    authorization: Option<AuthorizationId>,
    action: ChargingAction,
    at: Timestamp,
) -> ChargingCommand {
    let transaction = event["data"]["transaction"].as_str();
    ChargingCommand {
        station: StationId::new(event["subject"].as_str().unwrap()),
        evse: None,
        authorization,
        session: None,
        transaction: transaction.map(wattledger_domain::ids::TransactionId::new),
        action,
        at,
    }
}

fn stamped(events: Vec<Received>) -> Vec<Value> {
    events.into_iter().map(Received::stamped).collect()
}

fn told(commands: &[ChargingCommand]) -> Vec<Told> {
    commands.iter().map(Told::from).collect()
}

fn kind(event: &Value) -> &str {
    let text = event["type"].as_str().unwrap();
    text.trim_start_matches("wattledger.charging.")
        .trim_end_matches(".v1")
}

fn find<'a>(events: &'a [Value], wanted: &str) -> Option<&'a Value> {
    events.iter().find(|event| kind(event) == wanted)
}

#[test]
fn a_charger_starts_when_it_is_allowed_and_not_before() {
    let events = day(Some(ChargingAction::Allow(None)), usize::MAX);
    let asked = find(&events, "authorization_requested").unwrap();
    let started = find(&events, "session_started").unwrap();
    assert!(asked["received_at"].as_str() < started["time"].as_str());
    assert_eq!(
        asked["data"]["authorization"],
        started["data"]["authorization"]
    );
    assert!(find(&events, "session_ended").is_some());
}

#[test]
fn a_refused_or_forgotten_driver_leaves_without_charging() {
    let refuse = ChargingAction::Refuse(wattledger_domain::charging::RefusalReason::Declined);
    for answer in [Some(refuse), None] {
        let events = day(answer, usize::MAX);
        assert!(find(&events, "session_started").is_none());
        let last = events.last().unwrap();
        assert_eq!(last["data"]["status"], "Available");
    }
}

#[test]
fn a_stop_ends_the_transaction_within_ten_seconds() {
    let events = day(Some(ChargingAction::Allow(None)), 3);
    let ended = find(&events, "session_ended").unwrap();
    assert_eq!(ended["data"]["reason"], "Remote");
    let updates = events
        .iter()
        .filter(|event| kind(event) == "session_updated")
        .count();
    assert!((3..=4).contains(&updates), "{updates}");
}

#[test]
fn the_same_calls_give_the_same_events() {
    let allow = Some(ChargingAction::Allow(None));
    assert_eq!(day(allow, 5), day(allow, 5));
}

#[test]
fn a_command_for_another_authorization_changes_nothing() {
    let mut chargers = Chargers::new(&scenario());
    let end = MORNING.plus(Milliseconds(12 * 3_600_000));
    let mut at = MORNING;
    while at < end && chargers.present() == 0 {
        at = at.plus(MINUTE);
        chargers.step(at, &[]);
    }
    let other = ChargingCommand {
        station: StationId::new("station-001"),
        evse: None,
        authorization: Some(AuthorizationId::new("auth-of-another")),
        session: None,
        transaction: None,
        action: ChargingAction::Allow(None),
        at,
    };
    let later = at.plus(Milliseconds(20 * 60_000));
    let events = stamped(chargers.step(later, &told(&[other])));
    assert!(find(&events, "session_started").is_none());
}
