//! A station with its reference data, told things by lines of text.
//!
//! `08:10 read tx=7 total=1005` is a reading at ten past eight, registers in Wh; `tick 09:00` moves
//! logical time and fires what is due. What comes of it is told in lines as well.

pub mod documents;
mod telling;

use crate::{Effect, Key, Timer, Value, fire, fold};
use wattledger_domain::accounts::AccountRecord;
use wattledger_domain::charging::{ChargingAction, ChargingRecord};
use wattledger_domain::session::SessionRated;
use wattledger_domain::state::InMemory;
use wattledger_domain::time::Timestamp;
use wattledger_pricing::settle;

/// 2026-03-02T00:00:00Z.
pub const DAY: i64 = 1_772_409_600_000;

pub struct World {
    pub state: InMemory<Key, Value, Timer>,
    pub effects: Vec<Effect>,
    pub told: i64,
}

/// Hours and minutes, perhaps seconds, perhaps days ahead as `+35d08:00`.
pub fn clock(text: &str) -> Timestamp {
    let (days, time) = match text.strip_prefix('+').and_then(|rest| rest.split_once('d')) {
        Some((days, time)) => (days.parse::<i64>().unwrap(), time),
        None => (0, text),
    };
    let mut seconds = 0;
    for (place, unit) in time.split(':').zip([3_600, 60, 1]) {
        seconds += place.parse::<i64>().unwrap() * unit;
    }
    Timestamp(DAY + days * 86_400_000 + seconds * 1_000)
}

pub fn face(at: Timestamp) -> String {
    let seconds = (at.0 - DAY) / 1_000;
    let (day, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let ahead = if day == 0 {
        String::new()
    } else {
        format!("+{day}d")
    };
    let rest = if second % 60 == 0 {
        String::new()
    } else {
        format!(":{:02}", second % 60)
    };
    format!("{ahead}{:02}:{:02}{rest}", second / 3_600, second / 60 % 60)
}

impl World {
    /// A station in service.
    pub fn new() -> Self {
        let mut world = Self::empty();
        for recorded in documents::all() {
            world.fold(&ChargingRecord::Reference(recorded));
        }
        world
    }

    /// A station that nobody has described.
    pub fn empty() -> Self {
        Self {
            state: InMemory::new(Timestamp(DAY)),
            effects: Vec::new(),
            told: 0,
        }
    }

    pub fn fold(&mut self, record: &ChargingRecord) {
        fold(&mut self.state, record, &mut self.effects).unwrap();
    }

    pub fn record(&mut self, line: &str) -> ChargingRecord {
        self.told += 1;
        telling::record(line, self.told, &self.effects)
    }

    pub fn tick(&mut self, at: Timestamp) {
        self.state.now = at;
        while let Some((due, timer)) = self.state.next_due() {
            fire(&mut self.state, &timer, due, &mut self.effects);
        }
    }

    /// Tells the lines of a script.
    pub fn tell(&mut self, script: &str) {
        for line in script
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
        {
            if let Some(at) = line.strip_prefix("tick ") {
                self.tick(clock(at));
            } else {
                let record = self.record(line);
                self.fold(&record);
            }
        }
    }

    /// What came of it, without facts, and without the account's copy of a rating.
    pub fn came(&self) -> Vec<String> {
        self.effects.iter().filter_map(told).collect()
    }

    pub fn rated(&self) -> Vec<&SessionRated> {
        let mut found = Vec::new();
        for effect in &self.effects {
            if let Effect::Rated(rated) = effect {
                found.push(&**rated);
            }
        }
        found
    }
}

/// Tells a script to a station in service and compares what comes of it.
#[track_caller]
pub fn check(script: &str, expect: &[&str]) {
    let mut world = World::new();
    world.tell(script);
    assert_eq!(world.came(), expect);
}

fn told(effect: &Effect) -> Option<String> {
    Some(match effect {
        Effect::ToAccount(record) => to_account(record)?,
        Effect::Rated(rated) => rating(rated),
        Effect::Fact(_) => return None,
        Effect::Outcome(became) => format!("{:?}", became.outcome),
        Effect::TokenUnknown(_) => "token unknown".to_owned(),
        Effect::Command(command) => match command.action {
            ChargingAction::Allow(Some(limit)) => format!("allow {limit}"),
            ChargingAction::Allow(None) => "allow".to_owned(),
            ChargingAction::Refuse(reason) => format!("refuse {reason:?}"),
            ChargingAction::Stop(reason) => format!("stop {reason:?}"),
            ChargingAction::ShowCost(cost) => format!("show {cost}"),
        },
    })
}

fn to_account(record: &AccountRecord) -> Option<String> {
    Some(match record {
        AccountRecord::AuthorizationPinned(pinned) => {
            let tariff = &pinned.terms.pins.tariff;
            format!(
                "pin {} v{} for {}",
                tariff.id, tariff.version, pinned.account
            )
        }
        AccountRecord::SessionOpened(opened) => format!("opened {}", opened.account),
        AccountRecord::RunningCost(cost) => format!("cost {} then {}", cost.gross, cost.forecast),
        AccountRecord::SessionHeld(held) => {
            format!("held {:?} {} Wh", held.reasons, held.energy.0 / 1_000)
        }
        AccountRecord::SessionWithdrawn(gone) => {
            format!("withdrawn v{} from {}", gone.version, gone.account)
        }
        AccountRecord::SessionDecided(decided) => format!(
            "decided: v{} round {} {}",
            decided.version,
            decided.waits,
            decided
                .gross
                .map_or("-".to_owned(), |gross| gross.to_string())
        ),
        _ => return None,
    })
}

fn rating(rated: &SessionRated) -> String {
    let gross = settle(&rated.priced, &documents::policy().rounding)
        .unwrap()
        .gross;
    let span = format!("{}-{}", face(rated.started_at), face(rated.ended_at));
    let flags = match &rated.evidence.flags[..] {
        [] => String::new(),
        flags => format!(" {flags:?}"),
    };
    let energy = rated.energy.0 / 1_000;
    format!("rated v{} {span} {energy} Wh {gross}{flags}", rated.version)
}
