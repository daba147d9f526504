//! Clocks that are wrong (docs/field.md, row 10): judged, and never paid for at a dearer hour.

use super::world::{World, check, documents};
use std::sync::Arc;
use wattledger_domain::charging::ChargingRecord;
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
            "rated v1 12:30-13:00 1000 Wh 0.50 EUR [ClockSuspect]",
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
