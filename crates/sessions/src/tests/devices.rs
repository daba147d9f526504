//! Device profiles: which holds, how readings are read by it, and what happens where data contradict it.

use super::world::{World, check, documents};
use crate::Effect;
use wattledger_domain::accounts::AccountRecord;
use wattledger_domain::charging::ChargingRecord;
use wattledger_domain::device::{
    DeviceFacts, DeviceProfile, DeviceSuggestion, RegisterKind, Scale, TrustedStates,
};
use wattledger_domain::ids::DeviceProfileId;
use wattledger_domain::quantity::MilliwattHours;
use wattledger_domain::reference::Content;
use wattledger_domain::session::ChargingState;
use wattledger_domain::time::Timestamp;

fn profile(id: &str, facts: DeviceFacts) -> DeviceProfile {
    DeviceProfile {
        id: DeviceProfileId::new(id),
        vendor: "Acme".into(),
        model: None,
        firmware_from: None,
        firmware_before: None,
        facts,
    }
}

fn record(world: &mut World, profile: DeviceProfile, version: i32, from: i64) {
    let content = Content::DeviceProfile(Box::new(profile));
    let recorded = documents::recorded(content, version, Timestamp(from));
    world.fold(&ChargingRecord::Reference(recorded));
}

fn described(facts: DeviceFacts) -> World {
    let mut world = World::new();
    record(&mut world, profile("acme", facts), 1, 0);
    world
}

#[track_caller]
fn check_with(facts: DeviceFacts, script: &str, expect: &[&str]) {
    let mut world = described(facts);
    world.tell(script);
    assert_eq!(world.came(), expect);
}

fn suggested(world: &World) -> Option<DeviceSuggestion> {
    let held = world.effects.iter().rev().find_map(|effect| match effect {
        Effect::ToAccount(AccountRecord::SessionHeld(held)) => held.proposal.as_deref(),
        _ => None,
    });
    held?.device.as_ref()?.suggestion
}

const THOUSANDFOLD: DeviceFacts = DeviceFacts {
    energy: Scale::Thousandfold,
    ..DeviceFacts::ASSUMED
};
const LIFETIME: DeviceFacts = DeviceFacts {
    register: Some(RegisterKind::Lifetime),
    ..DeviceFacts::ASSUMED
};
const PER_SESSION: DeviceFacts = DeviceFacts {
    register: Some(RegisterKind::PerSession),
    ..DeviceFacts::ASSUMED
};

const IN_KWH: &str = "07:00 boot vendor=acme model=Wall firmware=1.2
     08:00 start tx=7 token=alice meter=1000
     08:30 read tx=7 total=1005 watts=10000
     09:00 end tx=7 meter=1010 watts=10000
     tick 00:01";

#[test]
fn kwh_called_wh_are_read_as_kwh_where_a_profile_says_so() {
    check_with(
        THOUSANDFOLD,
        IN_KWH,
        &["opened alice", "rated v1 08:00-09:00 10000 Wh 5.00 EUR"],
    );
}

#[test]
fn a_rated_session_names_the_profile_and_its_version() {
    let mut world = described(THOUSANDFOLD);
    record(&mut world, profile("acme", THOUSANDFOLD), 2, 1);
    world.tell(IN_KWH);
    let pin = world.rated()[0].device_profile.clone().unwrap();
    assert_eq!((pin.id.as_str(), pin.version), ("acme", 2));
}

#[test]
fn the_profile_at_the_start_holds_whatever_is_applied_later() {
    let mut world = described(THOUSANDFOLD);
    let noon = super::world::clock("12:00").0;
    record(&mut world, profile("acme", DeviceFacts::ASSUMED), 2, noon);
    world.tell(IN_KWH);
    assert_eq!(
        world.came(),
        ["opened alice", "rated v1 08:00-09:00 10000 Wh 5.00 EUR"]
    );
}

#[test]
fn a_boot_that_comes_after_the_start_reads_the_session_as_one_before_it() {
    let mut lines: Vec<&str> = IN_KWH.lines().map(str::trim).collect();
    let tick = lines.pop().unwrap();
    for place in 0..lines.len() {
        let mut lines = lines.clone();
        let boot = lines.remove(0);
        lines.insert(place, boot);
        let mut world = described(THOUSANDFOLD);
        lines.iter().for_each(|line| world.tell(line));
        world.tell(tick);
        assert_eq!(
            world.came().last().unwrap(),
            "rated v1 08:00-09:00 10000 Wh 5.00 EUR",
            "{place}"
        );
    }
}

#[test]
fn a_profile_of_a_range_of_firmware_is_about_that_range() {
    let mut world = World::new();
    let ranged = DeviceProfile {
        firmware_before: Some("1.10".into()),
        ..profile("acme", THOUSANDFOLD)
    };
    record(&mut world, ranged, 1, 0);
    world.tell(
        "07:00 boot vendor=Acme firmware=1.10
         08:00 start tx=7 token=alice meter=1000
         09:00 end tx=7 meter=6000
         tick 10:00
         10:00 boot vendor=Acme firmware=1.9
         11:00 start tx=8 token=alice meter=6
         12:00 end tx=8 meter=10
         tick 13:00",
    );
    assert_eq!(
        world.came(),
        [
            "opened alice",
            "rated v1 08:00-09:00 5000 Wh 2.50 EUR",
            "opened alice",
            "rated v1 11:00-12:00 4000 Wh 2.00 EUR"
        ]
    );
}

#[test]
fn a_factor_of_1000_without_a_profile_is_held_and_says_what_a_profile_should_say() {
    let mut world = World::new();
    world.tell(IN_KWH);
    assert_eq!(
        suggested(&world),
        Some(DeviceSuggestion::EnergyThousandfold)
    );
    // Whoever knows the model applies the profile and has the session read again.
    record(&mut world, profile("acme", THOUSANDFOLD), 1, 0);
    world.tell("10:00 decide do=reprice");
    let came = world.came();
    assert!(
        came.contains(&"rated v1 08:00-09:00 10000 Wh 5.00 EUR".to_owned()),
        "{came:?}"
    );
}

#[test]
fn a_power_beyond_the_evse_says_that_the_power_is_called_wrongly() {
    let mut world = World::new();
    world.tell(
        "08:00 start tx=7 token=alice meter=1000
         08:30 read tx=7 total=6000 watts=10000000
         09:00 end tx=7 meter=11000
         tick 10:00",
    );
    assert_eq!(suggested(&world), Some(DeviceSuggestion::PowerThousandth));
}

#[test]
fn a_firmware_that_says_wh_again_is_held_and_says_so() {
    let mut world = described(THOUSANDFOLD);
    world.tell(
        "07:00 boot vendor=Acme
         08:00 start tx=7 token=alice meter=1000
         09:00 end tx=7 meter=11000
         tick 10:00",
    );
    assert_eq!(
        world.came(),
        ["opened alice", "held [EnergyImplausible] 0 Wh"]
    );
    assert_eq!(suggested(&world), Some(DeviceSuggestion::EnergyAsLabelled));
}

#[test]
fn a_register_that_is_reset_though_its_profile_says_lifetime_is_held_and_says_so() {
    let script = "07:00 boot vendor=Acme
         08:00 start tx=7 token=alice meter=909948
         08:20 read tx=7 total=2000
         08:40 read tx=7 total=4000
         09:00 end tx=7 meter=5000
         tick 10:00";
    let mut world = described(LIFETIME);
    world.tell(script);
    assert_eq!(
        world.came(),
        ["opened alice", "held [RegisterBackwards] 5000 Wh"]
    );
    assert_eq!(
        suggested(&world),
        Some(DeviceSuggestion::RegisterPerSession)
    );
}

#[test]
fn a_register_of_the_session_counts_from_zero_whatever_its_start_shows() {
    // The energy of the session before is shown until the counter is reset; one reading is enough.
    check_with(
        PER_SESSION,
        "07:00 boot vendor=Acme
         08:00 start tx=7 token=alice meter=8000
         08:05 read tx=7 total=8000
         08:30 read tx=7 total=3000
         09:00 end tx=7 meter=8500
         tick 10:00",
        &[
            "opened alice",
            "rated v1 08:00-09:00 8500 Wh 4.25 EUR [RegisterRelative]",
        ],
    );
    // An end by the meter's installation beside readings by the session.
    check_with(
        PER_SESSION,
        "07:00 boot vendor=Acme
         08:00 start tx=7 token=alice meter=909948
         08:30 read tx=7 total=3000
         09:00 end tx=7 meter=914948
         tick 10:00",
        &[
            "opened alice",
            "rated v1 08:00-09:00 5000 Wh 2.50 EUR [RegisterRelative]",
        ],
    );
}

#[test]
fn a_register_that_goes_on_though_its_profile_says_per_session_is_held_and_says_so() {
    let mut world = described(PER_SESSION);
    world.tell(
        "07:00 boot vendor=Acme
         08:00 start tx=7 token=alice meter=8000
         08:30 read tx=7 total=9000
         09:00 end tx=7 meter=10000
         tick 10:00",
    );
    assert_eq!(
        world.came(),
        ["opened alice", "held [EnergyImplausible] 2000 Wh"]
    );
    assert_eq!(suggested(&world), Some(DeviceSuggestion::RegisterLifetime));
}

#[test]
fn a_register_goes_on_past_its_modulus_only_where_a_profile_knows_it() {
    let script = "07:00 boot vendor=Acme
         08:00 start tx=7 token=alice meter=999000
         08:20 read tx=7 total=999900
         08:40 read tx=7 total=1500
         09:00 end tx=7 meter=4000
         tick 10:00";
    let facts = DeviceFacts {
        rollover: Some(MilliwattHours(1_000_000_000)),
        ..LIFETIME
    };
    let mut world = described(facts);
    world.tell(script);
    assert_eq!(
        world.came(),
        ["opened alice", "rated v1 08:00-09:00 5000 Wh 2.50 EUR"]
    );
    let evidence = &world.rated()[0].evidence;
    assert_eq!(evidence.register_end, Some(MilliwattHours(4_000_000)));
    check(
        script,
        &[
            "opened alice",
            "rated v1 08:00-09:00 3400 Wh 1.70 EUR [RegisterReset]",
        ],
    );
}

#[test]
fn a_state_that_a_model_tells_wrongly_is_not_believed() {
    let script = "07:00 boot vendor=Acme
         08:00 start tx=7 token=alice meter=1000 state=parked
         08:30 read tx=7 total=6000 state=parked
         09:00 end tx=7 meter=11000
         tick 10:00";
    let facts = DeviceFacts {
        states: TrustedStates::NONE.with(ChargingState::Charging),
        ..DeviceFacts::ASSUMED
    };
    check_with(
        facts,
        script,
        &["opened alice", "rated v1 08:00-09:00 10000 Wh 5.00 EUR"],
    );
    check(
        script,
        &["opened alice", "rated v1 08:00-09:00 10000 Wh 11.00 EUR"],
    );
}
