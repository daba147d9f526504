//! A second, simple model: what docs/field.md says of a session with many oddities at once, beside what
//! the fold makes of it. It knows what was meant and which rules apply, and no reading is judged by it.
//!
//! All rows but 24: a date that is none never becomes an event (`wattledger_wire::imports`).

mod docs;
mod story;
mod telling;

use super::world::{World, documents, face};
use crate::Effect;
use story::{Draw, Register, Story};
use telling::MODULUS;
use wattledger_domain::accounts::AccountRecord;
use wattledger_domain::charging::ChargingRecord;
use wattledger_domain::device::{DeviceFacts, DeviceProfile, RegisterKind, Scale};
use wattledger_domain::ids::DeviceProfileId;
use wattledger_domain::quantity::MilliwattHours;
use wattledger_domain::reference::Content;
use wattledger_domain::time::Timestamp;
use wattledger_pricing::settle;

/// So many sessions are compared; 100,000 with `FIELD_FULL` set.
const SESSIONS: u64 = 2_000;

/// The station that a story is told to.
fn world(story: &Story) -> World {
    let mut world = World::new();
    let mut apply = |content: Content| {
        let recorded = documents::recorded(content, 2, Timestamp(0));
        world.fold(&ChargingRecord::Reference(recorded));
    };
    if story.by_time {
        apply(Content::Tariff(Box::new(documents::by_time("plain"))));
    }
    let assumed = DeviceFacts::ASSUMED;
    let facts = match story.register {
        Register::WrongUnitKnown => DeviceFacts {
            energy: Scale::Thousandfold,
            ..assumed
        },
        Register::PerSession => DeviceFacts {
            register: Some(RegisterKind::PerSession),
            ..assumed
        },
        Register::Rollover(_) => DeviceFacts {
            register: Some(RegisterKind::Lifetime),
            rollover: Some(MilliwattHours(MODULUS * 1_000)),
            ..assumed
        },
        _ => return world,
    };
    apply(Content::DeviceProfile(Box::new(DeviceProfile {
        id: DeviceProfileId::new("acme"),
        vendor: "Acme".into(),
        model: None,
        firmware_from: None,
        firmware_before: None,
        facts,
    })));
    world
}

/// What the fold decided of an account's sessions.
fn decided(world: &World, account: &str) -> Vec<String> {
    let mut decided = Vec::new();
    for effect in &world.effects {
        match effect {
            Effect::Rated(rated) if rated.account.as_str() == account => {
                let span = format!("{}-{}", face(rated.started_at), face(rated.ended_at));
                let priced = settle(&rated.priced, &documents::policy().rounding).unwrap();
                let (gross, flags) = (priced.gross.minor, &rated.evidence.flags);
                let flags: Vec<String> = flags.iter().map(|flag| format!("{flag:?}")).collect();
                let energy = rated.energy.0 / 1_000;
                decided.push(format!(
                    "rated {span} {energy} Wh {}.{:02} {flags:?}",
                    gross / 100,
                    gross % 100
                ));
            }
            Effect::ToAccount(AccountRecord::SessionHeld(held))
                if held.account.as_str() == account =>
            {
                let words = |words: Vec<String>| format!("{words:?}");
                let span = format!("{}-{}", face(held.started_at), face(held.ended_at));
                let reasons = held.reasons.iter().map(|reason| format!("{reason:?}"));
                let flags = &held.proposal.as_ref().unwrap().evidence.flags;
                let flags = flags.iter().map(|flag| format!("{flag:?}"));
                decided.push(format!(
                    "held {} {span} {} Wh {}",
                    words(reasons.collect()),
                    held.energy.0 / 1_000,
                    words(flags.collect())
                ));
            }
            _ => {}
        }
    }
    decided
}

/// The register of the story's end that comes first, where it tells two.
fn first_end(story: &Story, lines: &[String]) -> Option<i64> {
    if story.end != story::End::Conflicting {
        return None;
    }
    let end = lines
        .iter()
        .find(|line| line.contains(" end tx=") && !line.contains("tx=999"))?;
    let register = end.split("meter=").nth(1)?.split(' ').next()?;
    register.parse().ok()
}

#[test]
fn sessions_with_every_oddity_come_to_what_the_docs_say() {
    let count = match std::env::var_os("FIELD_FULL") {
        Some(_) => 100_000,
        None => SESSIONS,
    };
    for seed in 0..count {
        let mut draw = Draw::of(seed);
        let story = Story::draw(&mut draw);
        let lines = story.mixed(&mut draw);
        let mut world = world(&story);
        let all = [story.before(), lines.clone(), story.after()].concat();
        all.iter().for_each(|line| world.tell(line));
        world.tell("tick 23:00\ntick +4d00:00");
        let expected = story.expected(first_end(&story, &lines));
        let context = || format!("seed {seed}: {story:#?}\n{all:#?}");
        assert_eq!(decided(&world, "alice"), [expected], "{}", context());
        if story.leak {
            // 14: its own start to its own end, whatever it leaks in between.
            let next = decided(&world, "eve");
            assert!(
                next.len() == 1 && next[0].contains(" 3996 Wh "),
                "{next:?} {}",
                context()
            );
        }
        if story.id == story::Id::Colliding {
            let other = decided(&world, "bob");
            assert!(
                other.len() == 1 && other[0].contains(" 1000 Wh "),
                "{other:?} {}",
                context()
            );
        }
    }
}
