//! Running sessions as displays ask about them.

use super::world::World;
use crate::Key;
use crate::live::{Looked, look};
use wattledger_domain::ids::{SessionId, StationId};
use wattledger_domain::quantity::Milliwatts;
use wattledger_domain::session::ChargingState;

/// Looks at the one session that there is; nothing may change by that.
pub fn looked(world: &World) -> Looked {
    let id = world.state.entities.keys().find_map(|key| match key {
        Key::Session(_, id) => Some(id.clone()),
        _ => None,
    });
    let mut scratch = world.state.clone();
    look(&mut scratch, &StationId::new("S1"), &id.unwrap())
}

#[test]
fn a_running_session_is_looked_at_as_it_is_metered() {
    let mut world = World::new();
    world.tell(
        "08:00 start tx=7 token=alice meter=1000
         08:30 read tx=7 total=6000
         09:00 read tx=7 total=12000",
    );
    let Looked::Running(running) = looked(&world) else {
        panic!("it runs");
    };
    assert_eq!(running.energy.0, 11_000_000);
    assert_eq!(running.tariff_pin.id.as_str(), "plain");
    assert_eq!(running.outlook.state, ChargingState::Charging);
    assert_eq!(running.outlook.power, Milliwatts(11_000_000));
    let total = running.meter.total(&running.tariff, &running.rounding);
    // 11 kWh at 0.50.
    assert_eq!(total.unwrap().gross.to_string(), "5.50 EUR");
    // What was told last counts, though no reading has closed it yet.
    world.tell("09:10 read tx=7 state=parked");
    let Looked::Running(running) = looked(&world) else {
        panic!("it runs");
    };
    assert_eq!(running.outlook.power, Milliwatts::ZERO);
    world.tell(
        "09:30 end tx=7 meter=12000
         tick 23:00",
    );
    assert!(matches!(looked(&world), Looked::Ended));
    let nobody = SessionId::new("ses_nobody");
    let mut scratch = world.state.clone();
    let found = look(&mut scratch, &StationId::new("S1"), &nobody);
    assert!(matches!(found, Looked::Unknown));
}
