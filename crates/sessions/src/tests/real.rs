//! Law over real sessions: the garages of Trondheim, in every order, some of it twice. The sessions may
//! not be redistributed: without them the test says so. Between start and end the readings are ours.

use super::world::World;
use std::path::Path;

/// So many of them are looked at; all with `FIELD_FULL` set.
const EVERY: usize = 12;

/// Minutes plugged in and Wh of each session that has both.
fn sessions() -> Option<Vec<(i64, i64)>> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/trondheim_sessions.csv");
    let text = std::fs::read_to_string(&path).ok()?;
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next()?.split(';').collect();
    let place = |name: &str| names.iter().position(|known| *known == name);
    let (energy, length) = (place("El_kWh")?, place("Duration_hours")?);
    let sessions = lines.filter_map(|line| {
        let fields: Vec<&str> = line.split(';').collect();
        let hours = thousandths(fields.get(length)?)?;
        Some((hours * 60 / 1_000, thousandths(fields.get(energy)?)?))
    });
    Some(sessions.collect())
}

/// A number with a decimal comma, in whole thousandths.
fn thousandths(text: &str) -> Option<i64> {
    let (whole, rest) = text.split_once(',').unwrap_or((text, ""));
    let rest: String = rest.chars().chain("000".chars()).take(3).collect();
    Some(whole.parse::<i64>().ok()? * 1_000 + rest.parse::<i64>().ok()?)
}

fn clock(minute: i64) -> String {
    let (day, minute) = (minute / 1_440, minute % 1_440);
    format!("+{day}d{:02}:{:02}", minute / 60, minute % 60)
}

/// What a charger would have told of a session: a start, five readings, an end.
fn told(minutes: i64, energy: i64) -> Vec<String> {
    let begin = 8 * 60;
    let mut lines = vec![format!(
        "{} start tx=7 token=alice meter=1000",
        clock(begin)
    )];
    for part in 1..=5 {
        let at = clock(begin + minutes * part / 6);
        let register = 1_000 + energy * part / 6;
        let state = ["charging", "parked", "charging"][usize::try_from(part % 3).unwrap()];
        lines.push(format!("{at} read tx=7 total={register} state={state}"));
    }
    let end = clock(begin + minutes);
    lines.push(format!("{end} end tx=7 meter={}", 1_000 + energy));
    lines
}

/// What is billed or held of it when told in this order.
fn comes_to<'a>(lines: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut world = World::new();
    for line in lines {
        world.tell(line);
    }
    world.tell("tick 00:02");
    let came = world.came().into_iter();
    came.filter(|line| line.starts_with("rated") || line.starts_with("held"))
        .collect()
}

#[test]
fn real_sessions_come_to_the_same_in_any_order_and_told_twice() {
    let Some(sessions) = sessions() else {
        eprintln!("skipped: ../shared/data/trondheim_sessions.csv is not there");
        return;
    };
    assert_eq!(sessions.len(), 6_844, "34 of 6,878 tell no length");
    let every = match std::env::var_os("FIELD_FULL") {
        Some(_) => 1,
        None => EVERY,
    };
    let (mut looked_at, mut rated) = (0, 0);
    let mut seed: u64 = 7;
    let mut draw = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(seed >> 33).unwrap() % below
    };
    for (minutes, energy) in sessions.into_iter().step_by(every) {
        let sorted = told(minutes, energy);
        let mut order: Vec<usize> = (0..sorted.len())
            .chain([draw(7), draw(7), draw(7)])
            .collect();
        for place in (1..order.len()).rev() {
            order.swap(place, draw(place + 1));
        }
        let expect = comes_to(sorted.iter());
        let found = comes_to(order.iter().map(|place| &sorted[*place]));
        assert_eq!(
            found, expect,
            "{minutes} minutes, {energy} Wh in the order {order:?}"
        );
        looked_at += 1;
        rated += usize::from(expect.iter().any(|line| line.starts_with("rated")));
    }
    assert!(
        rated * 10 > looked_at * 9,
        "{rated} of {looked_at} are billed"
    );
}
