//! Stories, pages and what became of an event.

use super::fixtures::*;
use crate::{
    Coordinates, DeadLetter, EventFate, Recorded, SessionStory, StoryPart, ViewRecord, Views,
};
use wattledger_domain::accounts::{RunningCost, SessionHeld};
use wattledger_domain::document::Movement;
use wattledger_domain::ids::{
    AccountId, AuthorizationId, CommandId, EvseId, LegalEntityId, PaymentId, ProcessorId,
    SessionId, StationId,
};
use wattledger_domain::outcome::Outcome;
use wattledger_domain::payment::{
    Operation, OutcomeResult, OutcomeVia, PaymentCommand, PaymentOutcome,
};
use wattledger_domain::quantity::MilliwattHours;
use wattledger_domain::review::ReviewProposal;
use wattledger_domain::session::{Durations, EndEvidence, Evidence, HoldReason};
use wattledger_domain::time::Timestamp;

const START: i64 = 1_774_738_800_000;

/// Asked for before there was a session: only the guest's account says whose hold it is.
fn hold_asked() -> ViewRecord {
    ViewRecord::PaymentCommand(Box::new(PaymentCommand {
        command: CommandId::new("cmd-1"),
        payment: PaymentId::new("pay-1"),
        op: 1,
        attempt: 1,
        operation: Operation::Increment {
            total: euros(2_000),
        },
        processor: ProcessorId::new("simulated"),
        legal_entity: LegalEntityId::new("seller"),
        account: AccountId::new(GUEST),
        session: None,
        reference: None,
        first_asked_at: Timestamp(START),
        at: Timestamp(START),
    }))
}

fn hold_answered(payment: &str) -> ViewRecord {
    ViewRecord::PaymentOutcome(Box::new(PaymentOutcome {
        payment: PaymentId::new(payment),
        account: AccountId::new(payment),
        op: 1,
        attempt: 1,
        via: OutcomeVia::Call,
        reference: None,
        result: OutcomeResult::Incremented { held: euros(2_000) },
        at: Timestamp(START),
    }))
}

fn running_cost() -> ViewRecord {
    ViewRecord::RunningCost(Box::new(RunningCost {
        session: SessionId::new("ses_a"),
        account: AccountId::new(GUEST),
        authorization: AuthorizationId::new("auth-1"),
        at: Timestamp(START.saturating_add(60_000)),
        energy: MilliwattHours(1_000_000),
        gross: euros(54),
        forecast: euros(60),
    }))
}

fn words(story: &SessionStory) -> Vec<String> {
    let word = |part: &StoryPart| match part {
        StoryPart::Event(event) => format!("event {}", event.id),
        StoryPart::PaymentCommand(body) => format!("asks {}", body["operation"]),
        StoryPart::PaymentOutcome(body) => format!("answers {}", body["result"]["is"]),
        StoryPart::RunningCost(body) => format!("costs {}", body["gross"]["minor"]),
        StoryPart::Rated(rated) => format!("rated with {} step", rated.steps.len()),
        StoryPart::Document(document) => format!("document {}", document.head.number),
        StoryPart::Payment(paid) => paid.movement.clone(),
        StoryPart::Entry(entry) => format!("{} postings", entry.postings.len()),
        StoryPart::Authorization(_)
        | StoryPart::Opened(_)
        | StoryPart::Command(_)
        | StoryPart::Outcome(_)
        | StoryPart::Decided(_)
        | StoryPart::Held(_) => "not in this story".to_owned(),
    };
    story.items.iter().map(|item| word(&item.part)).collect()
}

fn told() -> (tempfile::TempDir, Views) {
    let (directory, views) = fresh();
    let session = Session::new("ses_a", START);
    let records = vec![
        session.booked(3, 450),
        session.paid(3, Movement::Captured, 450, 1),
        session.invoice(1, 378, 72),
        session.rated(),
        running_cost(),
        hold_answered("pay-1"),
        hold_answered("pay-of-another"),
        hold_asked(),
        ended("e-1", START.saturating_add(HOUR)),
        ended(
            "e-last-week",
            START.saturating_sub(HOUR.saturating_mul(168)),
        ),
    ];
    apply(&views, "t", records);
    (directory, views)
}

#[test]
fn a_story_tells_everything_in_order_and_nothing_of_others() {
    let (_directory, views) = told();
    let story = views.session_story("ses_a").unwrap().unwrap();
    let expect = [
        "asks \"increment\"",
        "answers \"incremented\"",
        "costs 54",
        "event e-1",
        "rated with 1 step",
        "document RE-1",
        "captured",
        "2 postings",
    ];
    assert_eq!(words(&story), expect);
    assert_eq!(views.session_story("ses_nobody").unwrap(), None);
}

#[test]
fn an_invoice_is_found_by_number_and_by_id_with_its_lines_payments_and_credit_notes() {
    let (_directory, views) = told();
    let session = Session::new("ses_a", START);
    views
        .apply(&records("t", 20, vec![session.credit(1, 378, 72, 1)]), &[])
        .unwrap();
    let stories = views.invoice_story("RE-1").unwrap();
    assert_eq!(stories, views.invoice_story("inv-RE-1").unwrap());
    let [story] = &stories[..] else {
        panic!("one invoice, not {}", stories.len())
    };
    assert_eq!(story.document.lines.len(), 1);
    assert_eq!(story.document.tax_groups[0].gross, 450);
    assert_eq!(story.credited_by[0].number, "GU-1");
    assert_eq!(story.payments[0].amount, 450);
    assert_eq!(story.entries[0].cause, "captured");
    assert!(story.session.is_some());
    assert_eq!(views.invoice_story("RE-2").unwrap(), []);
}

#[test]
fn pages_hold_every_row_once() {
    let (_directory, views) = fresh();
    let names = ["ses_a", "ses_b", "ses_c", "ses_d", "ses_e"];
    let later = START.saturating_add(1);
    let starts = [later, START, START, START, later];
    let sessions = names.into_iter().zip(starts);
    apply(
        &views,
        "t",
        sessions
            .map(|(name, start)| Session::new(name, start).rated())
            .collect(),
    );
    let mut seen = Vec::new();
    let mut after: Option<(i64, String)> = None;
    loop {
        let cursor = after.as_ref().map(|(start, session)| (*start, &**session));
        let page = views.sessions(cursor, 2).unwrap();
        let Some(last) = page.last() else { break };
        after = Some((last.started_at, last.session.clone()));
        seen.extend(page.into_iter().map(|row| row.session));
    }
    assert_eq!(seen, ["ses_b", "ses_c", "ses_d", "ses_a", "ses_e"]);
}

/// What a session in a zone would be billed as: nothing prices it.
fn proposed(zone: &str) -> ReviewProposal {
    ReviewProposal {
        round: 1,
        version: 0,
        evse: EvseId(1),
        transaction: None,
        evidence: Evidence {
            register_start: None,
            register_end: None,
            readings: 0,
            end: EndEvidence::Reported,
            flags: Vec::new(),
        },
        durations: Durations::default(),
        periods: Vec::new(),
        readings: Vec::new(),
        readings_left_out: 0,
        tariff: None,
        time_zone: Some(zone.into()),
        lines: Vec::new(),
        groups: Vec::new(),
        device: None,
        taxes: None,
        rounding: None,
    }
}

#[test]
fn a_held_session_waits_until_it_is_rated() {
    let (_directory, views) = fresh();
    let held = ViewRecord::Held(Box::new(SessionHeld {
        session: SessionId::new("ses_a"),
        account: AccountId::new("unknown:0"),
        authorization: None,
        station: StationId::new("cp-1"),
        reasons: vec![HoldReason::NoPayer, HoldReason::TooLong],
        started_at: Timestamp(START),
        ended_at: Timestamp(START),
        energy: MilliwattHours(1),
        proposed: None,
        held_at: Timestamp(START),
        proposal: Some(Box::new(proposed("Europe/Oslo"))),
    }));
    apply(&views, "account.events", vec![held]);
    let waiting = views.held(None, 10).unwrap();
    assert_eq!(waiting[0].reasons, "no_payer too_long");
    let zone = || views.session_story("ses_a").unwrap().unwrap().time_zone;
    assert_eq!(zone().as_deref(), Some("Europe/Oslo"));
    let reasons = views.totals().unwrap().held_by_reason;
    assert_eq!((reasons.len(), views.totals().unwrap().held), (2, 1));
    apply(
        &views,
        "charging.sessions",
        vec![Session::new("ses_a", START).rated()],
    );
    assert_eq!(views.held(None, 10).unwrap(), []);
    assert_eq!(views.totals().unwrap().held, 0);
    assert_eq!(zone().as_deref(), Some("Europe/Berlin"));
}

fn set_aside(offset: i64) -> Recorded {
    let coordinates = Coordinates {
        topic: "charging.events".into(),
        partition: 0,
        offset,
    };
    let record = ViewRecord::DeadLetter(DeadLetter {
        reason: "fold_panicked".into(),
        message: "as the test says".into(),
        stage: "sessions".into(),
        key: "default/S1".into(),
        bytes: 7,
        lies_at: (0, offset),
        at: Timestamp(START),
    });
    Recorded {
        coordinates,
        record,
    }
}

#[track_caller]
fn check_fate(arrivals: i64, outcomes: &[Outcome], dead: bool, expect: EventFate) {
    let (_directory, views) = fresh();
    let events = (0..arrivals).map(|_| ended("e-1", START)).collect();
    apply(&views, "charging.events", events);
    let judged = (0_i64..)
        .zip(outcomes)
        .map(|(at, outcome)| judged("e-1", *outcome, at));
    apply(&views, "event.outcomes", judged.collect());
    if dead {
        views.apply(&[set_aside(0)], &[]).unwrap();
    }
    assert_eq!(views.event_outcome("gateway", "e-1").unwrap().fate, expect);
}

#[test]
fn an_event_has_one_fate() {
    let reported = |word: &str| EventFate::Reported(word.to_owned());
    check_fate(0, &[], false, EventFate::NotSeen);
    check_fate(1, &[], false, EventFate::Folded);
    check_fate(2, &[Outcome::Duplicate], false, EventFate::Folded);
    check_fate(1, &[Outcome::Duplicate], false, reported("duplicate"));
    check_fate(
        1,
        &[Outcome::Unresolved, Outcome::Claimed],
        false,
        reported("claimed"),
    );
    check_fate(1, &[], true, EventFate::DeadLettered);
}
