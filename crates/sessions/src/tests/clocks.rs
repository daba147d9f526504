//! Clocks that are wrong (docs/field.md, row 10): judged, and never paid for at a dearer hour.

use super::world::{World, check, clock, documents};
use crate::Effect;
use std::sync::Arc;
use wattledger_domain::accounts::AccountRecord;
use wattledger_domain::charging::{ChargingRecord, FieldBody};
use wattledger_domain::reference::{Content, UntrustedClock};
use wattledger_domain::time::Timestamp;

/// 50 cents a kWh, 80 from 13:00 to 15:00 in Berlin, which is 12:00 to 14:00 here.
fn by_time(fallback: UntrustedClock) -> World {
    let mut world = World::new();
    let mut policy = documents::policy();
    policy.plausibility.untrusted_clock = fallback;
    for content in [
        Content::Tariff(Box::new(documents::by_time("plain"))),
        Content::Policy(Arc::new(policy)),
    ] {
        let recorded = documents::recorded(content, 2, Timestamp(0));
        world.fold(&ChargingRecord::Reference(recorded));
    }
    world
}

#[track_caller]
fn check_by_time(fallback: UntrustedClock, script: &str, expect: &[&str]) {
    let mut world = by_time(fallback);
    world.tell(script);
    assert_eq!(world.came(), expect);
}

const AT_1970: &str = "12:30! start tx=7 token=alice meter=1000
     13:00 end tx=7 meter=2000
     tick 00:01";

#[test]
fn anomaly_10_without_a_clock_a_price_by_the_hour_waits_for_a_person() {
    check_by_time(
        UntrustedClock::Hold,
        AT_1970,
        &["opened alice", "held [TimesImplausible] 1000 Wh"],
    );
}

#[test]
fn anomaly_10_or_is_the_lowest_of_the_week_where_the_policy_says_so() {
    check_by_time(
        UntrustedClock::Cheapest,
        AT_1970,
        &[
            "opened alice",
            "rated v1 12:30-13:00 1000 Wh 0.50 EUR [ClockSuspect]",
        ],
    );
    let mut world = by_time(UntrustedClock::Cheapest);
    world.tell(AT_1970);
    let rated = world.rated();
    let step = &rated[0].priced.steps[0];
    assert_eq!(
        (step.from, step.to),
        (rated[0].started_at, rated[0].ended_at)
    );
}

#[test]
fn anomaly_10_a_believed_clock_pays_what_the_hour_costs_under_either_policy() {
    for fallback in [UntrustedClock::Hold, UntrustedClock::Cheapest] {
        check_by_time(
            fallback,
            "12:30 start tx=7 token=alice meter=1000
             13:00 end tx=7 meter=2000
             tick 00:01",
            &["opened alice", "rated v1 12:30-13:00 1000 Wh 0.80 EUR"],
        );
    }
}

#[test]
fn anomaly_10_a_session_too_long_for_the_cheap_hours_pays_the_least_it_can() {
    // 23 hours hold the two dear ones wherever they lie: 1 kWh an hour, all but one of 24 hours.
    let mut script = "00:00! start tx=7 token=alice meter=0 received=00:00\n".to_owned();
    for hour in 1..=23 {
        script += &format!("{hour:02}:00 read tx=7 total={}\n", hour * 1_000);
    }
    script += "23:00 end tx=7 meter=23000\ntick +1d00:01";
    check_by_time(
        UntrustedClock::Cheapest,
        &script,
        &[
            "opened alice",
            "rated v1 00:00-23:00 23000 Wh 11.80 EUR [ClockSuspect]",
        ],
    );
}

#[test]
fn anomaly_10_the_dear_hours_may_lie_where_the_session_used_nothing() {
    check_by_time(
        UntrustedClock::Cheapest,
        "12:00! start tx=7 token=alice meter=0 received=12:00
         13:00 read tx=7 total=1000
         +1d01:00 read tx=7 total=1000 received=+1d01:00
         +1d02:00 read tx=7 total=3000 received=+1d02:00
         +1d10:00 read tx=7 total=3000 received=+1d10:00
         +1d11:00 end tx=7 meter=11000 received=+1d11:00
         tick +1d11:02",
        &[
            "opened alice",
            "rated v1 12:00-+1d11:00 11000 Wh 5.50 EUR [ClockSuspect]",
        ],
    );
}

#[test]
fn anomaly_10_between_changes_at_odd_minutes_a_session_is_put_where_it_fits() {
    let mut world = by_time(UntrustedClock::Cheapest);
    let mut odd = documents::by_time("plain");
    let dear = &mut odd.elements[0].restrictions;
    dear.start_time = Some(wattledger_domain::tariff::LocalMinute(0));
    dear.end_time = Some(wattledger_domain::tariff::LocalMinute(23 * 60 + 37));
    let odd = Content::Tariff(Box::new(odd));
    world.fold(&ChargingRecord::Reference(documents::recorded(
        odd,
        3,
        Timestamp(0),
    )));
    world.tell(
        "12:00! start tx=7 token=alice meter=0 received=12:00
         12:23 end tx=7 meter=1000
         tick 12:30",
    );
    assert_eq!(
        world.came(),
        [
            "opened alice",
            "rated v1 12:00-12:23 1000 Wh 0.50 EUR [ClockSuspect]"
        ]
    );
}

#[test]
fn anomaly_10_a_clock_hours_behind_all_along_is_suspect() {
    check_by_time(
        UntrustedClock::Cheapest,
        "12:30 start tx=7 token=alice meter=1000 received=15:30
         12:45 read tx=7 total=1500 received=15:45
         13:00 end tx=7 meter=2000 received=16:01
         tick 16:05",
        &[
            "opened alice",
            "rated v1 15:30-16:00 1000 Wh 0.50 EUR [ClockSuspect]",
        ],
    );
}

#[test]
fn anomaly_10_times_of_a_clock_that_is_behind_are_estimated_from_those_of_receipt() {
    let mut world = by_time(UntrustedClock::Cheapest);
    world.tell(
        "12:30 start tx=7 token=alice meter=1000 received=15:31
         12:45 read tx=7 total=1500 received=15:45
         13:00 end tx=7 meter=2000 received=16:00
         tick 16:05",
    );
    let rated = world.rated()[0];
    let spans: Vec<(Timestamp, Timestamp)> = (rated.periods.iter())
        .map(|period| (period.from, period.to))
        .collect();
    let [half, quarter, hour] = ["15:30", "15:45", "16:00"].map(clock);
    assert_eq!(spans, [(half, quarter), (quarter, hour)]);
    let step = &rated.priced.steps[0];
    assert_eq!((step.from, step.to), (half, hour));
    assert_eq!((rated.started_at, rated.ended_at), (half, hour));
}

#[test]
fn anomaly_10_a_person_corrects_an_end_in_the_times_that_they_are_shown() {
    check_by_time(
        UntrustedClock::Hold,
        "12:30 start tx=7 token=alice meter=1000 received=15:30
         12:45 read tx=7 total=1500 received=15:45
         13:00 end tx=7 meter=2000 received=16:00
         tick 16:05
         16:10 decide do=correct end=15:20
         16:11 decide do=correct end=15:45",
        &[
            "opened alice",
            "held [TimesImplausible] 1000 Wh",
            "Refused",
            "rated v1 15:30-15:45 500 Wh 0.40 EUR [ClockSuspect]",
            "decided: v1 round 0 0.40 EUR",
        ],
    );
}

#[test]
fn anomaly_10_a_clock_that_drifts_behind_is_suspect() {
    // 10 minutes an hour: 20 behind at the start, 40 at the end of two hours.
    check_by_time(
        UntrustedClock::Hold,
        "12:00 start tx=7 token=alice meter=1000 received=12:20
         13:00 read tx=7 total=1500 received=13:30
         14:00 end tx=7 meter=2000 received=14:40
         tick 14:45",
        &["opened alice", "held [TimesImplausible] 1000 Wh"],
    );
}

/// A stay of five minutes, three hours late: nothing of its own tells a wrong clock from an outage.
const BRIEF: &str = "12:30 start tx=7 token=alice meter=1000 received=15:30
     12:35 end tx=7 meter=1500 received=15:35
     tick 15:40";

#[test]
fn anomaly_10_a_brief_session_is_judged_by_what_its_station_told_around_it() {
    let around = "10:00 boot received=13:00
         11:00 status is=available received=14:00";
    check_by_time(
        UntrustedClock::Hold,
        &format!("{around}\n{BRIEF}"),
        &["opened alice", "held [TimesImplausible] 500 Wh"],
    );
    // The station was offline before: what it had to tell came in a burst.
    let burst = "11:00 boot received=15:29
         12:00 status is=available received=15:29";
    for believed in [burst, "12:25 status is=available received=12:25", ""] {
        check_by_time(
            UntrustedClock::Hold,
            &format!("{believed}\n{BRIEF}"),
            &["opened alice", "rated v1 12:30-12:35 500 Wh 0.40 EUR"],
        );
    }
}

#[test]
fn anomaly_10_what_a_station_tells_is_judged_alike_in_any_order_within_the_grace() {
    let mut lines = vec![
        "10:00 boot received=13:00",
        "11:00 status is=available received=14:00",
        "12:30 start tx=7 token=alice meter=1000 received=15:30",
        "12:35 end tx=7 meter=1500 received=15:35",
    ];
    for _ in 0..lines.len() {
        lines.rotate_left(1);
        let mut world = by_time(UntrustedClock::Hold);
        world.tell(&lines.join("\n"));
        world.tell("tick 15:40");
        let came = world.came();
        assert_eq!(
            came.last().unwrap(),
            "held [TimesImplausible] 500 Wh",
            "{lines:?}"
        );
    }
}

#[test]
fn anomaly_10_readings_of_one_batch_keep_their_distance_on_a_clock_of_1970() {
    // 16 readings of 1970 come at once: the last is of the time of receipt, the first 15 minutes before.
    check(
        "08:00! start tx=7 token=alice meter=1000 received=08:00
         08:30! read tx=7 total=6000 sampled=08:30 received=08:30
         09:00! end tx=7 meter=11000 received=09:00
         tick 09:05",
        &[
            "opened alice",
            "rated v1 08:00-09:00 10000 Wh 5.00 EUR [ClockSuspect]",
        ],
    );
    let mut world = by_time(UntrustedClock::Hold);
    let mut record = world.record("08:30! read tx=7 total=4000 received=08:30");
    if let ChargingRecord::Field(event) = &mut record
        && let FieldBody::SessionUpdated(updated) = &mut event.body
    {
        let mut earlier = updated.samples[0];
        (earlier.at, earlier.value) = (Timestamp(5_000 - 900_000), 2_000_000);
        updated.samples[0].at = Timestamp(5_000);
        updated.samples.insert(0, earlier);
    }
    world.tell("08:00! start tx=7 token=alice meter=1000 received=08:00");
    world.fold(&record);
    world.tell("09:00! end tx=7 meter=5000 received=09:00\ntick 09:05");
    let held = world.effects.iter().find_map(|effect| match effect {
        Effect::ToAccount(AccountRecord::SessionHeld(held)) => held.proposal.as_deref(),
        _ => None,
    });
    let times: Vec<Timestamp> = (held.map(|held| &held.readings).into_iter().flatten())
        .map(|reading| reading.at)
        .collect();
    assert_eq!(times, ["08:00", "08:15", "08:30", "09:00"].map(clock));
}

#[test]
fn anomaly_10_the_autumn_hour_that_runs_twice_counts_twice_and_costs_what_it_shows() {
    // 25 October 2026, 01:00 UTC: the clocks of Berlin go from 03:00 to 02:00, 237 days ahead.
    check_by_time(
        UntrustedClock::Hold,
        "+237d00:30 start tx=7 token=alice meter=0 received=+237d00:30
         +237d02:30 end tx=7 meter=4000 received=+237d02:30
         tick +237d03:00",
        &[
            "opened alice",
            "rated v1 +237d00:30-+237d02:30 4000 Wh 2.00 EUR",
        ],
    );
    // 13:00 in Berlin is then 12:00 in UTC, an hour later than the day before.
    check_by_time(
        UntrustedClock::Hold,
        "+237d11:30 start tx=7 token=alice meter=0 received=+237d11:30
         +237d12:30 end tx=7 meter=2000 received=+237d12:30
         tick +237d13:00",
        &[
            "opened alice",
            "rated v1 +237d11:30-+237d12:30 2000 Wh 1.30 EUR",
        ],
    );
}

#[test]
fn anomaly_10_a_backlog_of_days_is_late_and_its_clock_is_believed() {
    check_by_time(
        UntrustedClock::Hold,
        "12:30 start tx=7 token=alice meter=1000 offline=yes received=+3d08:00
         12:45 read tx=7 total=1500 received=+3d08:00
         13:00 end tx=7 meter=2000 received=+3d08:01
         tick +3d08:05",
        &["opened alice", "rated v1 12:30-13:00 1000 Wh 0.80 EUR"],
    );
}

#[test]
fn anomaly_10_a_clock_that_jumps_ahead_in_between_gives_way_to_the_time_of_receipt() {
    check(
        "08:00 start tx=7 token=alice meter=1000
         14:30 read tx=7 total=6000 received=08:30
         09:00 end tx=7 meter=11000
         tick 00:01",
        &[
            "opened alice",
            "rated v1 08:00-09:00 10000 Wh 5.00 EUR [ClockSuspect]",
        ],
    );
}

#[test]
fn anomaly_10_a_clock_that_jumps_back_over_its_start_is_for_a_person() {
    check(
        "08:00 start tx=7 token=alice meter=1000
         08:30 read tx=7 total=6000
         02:00 end tx=7 meter=11000 received=09:00
         tick 09:05",
        &[
            "opened alice",
            "held [RegisterBackwards, TimesImplausible] 0 Wh",
        ],
    );
}

#[test]
fn anomaly_10_the_hour_that_runs_twice_and_the_one_that_is_skipped_are_real_time() {
    // 29 March 2026, 01:00 UTC: the clocks of Berlin go from 02:00 to 03:00, 27 days ahead.
    check_by_time(
        UntrustedClock::Hold,
        "+27d00:30 start tx=7 token=alice meter=0 received=+27d00:30
         +27d02:30 end tx=7 meter=4000 received=+27d02:30
         tick +27d03:00",
        &[
            "opened alice",
            "rated v1 +27d00:30-+27d02:30 4000 Wh 2.00 EUR",
        ],
    );
    // Noon in UTC is then 14:00 in Berlin: dear until 13:00 UTC only.
    check_by_time(
        UntrustedClock::Hold,
        "+27d12:30 start tx=7 token=alice meter=0 received=+27d12:30
         +27d13:30 end tx=7 meter=2000 received=+27d13:30
         tick +27d14:00",
        &[
            "opened alice",
            "rated v1 +27d12:30-+27d13:30 2000 Wh 1.30 EUR",
        ],
    );
}
