//! The examples of `step_size` and of restrictions, those of mod_cdrs, and those of 2.1.1.

use super::elements::*;
use super::{Component, Example, OLDEST, plain};

const BY_1: &[(&[Component], &str)] = &[(&[("ENERGY", "0.25", None, 1)], "null")];
const BY_25: &[(&[Component], &str)] = &[(&[("ENERGY", "0.25", None, 25)], "null")];
const BY_500: &[(&[Component], &str)] = &[(&[("ENERGY", "0.25", None, 500)], "null")];

pub const BLOCKS: &[Example] = &[
    plain(
        "mod_tariffs, step_size 1 Wh",
        BY_1,
        &[("09:30", "ENERGY=0.1152")],
        "10:30:00",
        ("0.029", None),
    ),
    // Printed as 0.031.
    plain(
        "mod_tariffs, step_size 25 Wh",
        BY_25,
        &[("09:30", "ENERGY=0.1152")],
        "10:30:00",
        ("0.03125", None),
    ),
    plain(
        "mod_tariffs, step_size 25 Wh, 101 Wh",
        BY_25,
        &[("09:30", "ENERGY=0.101")],
        "10:30:00",
        ("0.03125", None),
    ),
    plain(
        "mod_tariffs, step_size 25 Wh, 125 Wh",
        BY_25,
        &[("09:30", "ENERGY=0.125")],
        "10:30:00",
        ("0.03125", None),
    ),
    plain(
        "mod_tariffs, step_size 500 Wh, 1 Wh",
        BY_500,
        &[("09:30", "ENERGY=0.001")],
        "10:30:00",
        ("0.125", None),
    ),
    plain(
        "mod_tariffs, step_size 500 Wh, 500 Wh",
        BY_500,
        &[("09:30", "ENERGY=0.5")],
        "10:30:00",
        ("0.125", None),
    ),
    // Printed as 0.383 in the tag 2.2.1.
    plain(
        "tariff_14_step_size, switching #1",
        STEPS,
        &[
            ("16:55", "TIME=0.0833"),
            ("17:00", "TIME=0.0833"),
            ("17:05", "PARKING_TIME=0.0333"),
        ],
        "17:07:00",
        ("0.55", None),
    ),
    plain(
        "tariff_14_step_size, switching #2",
        STEPS,
        &[("16:35", "TIME=0.4167"), ("17:00", "TIME=0.1667")],
        "17:10:00",
        ("1.3", None),
    ),
    // Printed as 0.78 in the tag 2.2.1, and as 0.80 in the bookings branch.
    plain(
        "tariff_14_step_size, switching to free parking",
        STEPS,
        &[
            ("19:40", "TIME=0.2"),
            ("19:52", "PARKING_TIME=0.1333"),
            ("20:00", "PARKING_TIME=0.2"),
        ],
        "20:12:00",
        ("0.73", None),
    ),
    plain(
        "tariffrestriction_example_max_power",
        BY_POWER,
        &[
            ("09:30", "ENERGY=1 MAX_POWER=6"),
            ("09:40", "ENERGY=40 MAX_POWER=48"),
            ("10:30", "ENERGY=0.5 MAX_POWER=4"),
        ],
        "10:37:30",
        ("20.3", Some("24.36")),
    ),
    plain(
        "tariffrestriction_example_max_duration",
        BY_DURATION,
        &[("09:30", "ENERGY=5"), ("10:00", "ENERGY=1.2")],
        "10:10:00",
        ("0.3", Some("0.36")),
    ),
    plain(
        "mod_cdrs, step_size: charging, then parking",
        FIVE_MINUTES,
        &[("09:30", "TIME=0.35"), ("09:51", "PARKING_TIME=0.1167")],
        "09:58:00",
        ("2.05", None),
    ),
    plain(
        "mod_cdrs, step_size: energy at two prices",
        BLOCKS_OF_ENERGY,
        &[("16:00", "ENERGY=4.3"), ("17:00", "ENERGY=1.1")],
        "17:20:00",
        ("1.184", None),
    ),
    plain(
        "mod_cdrs, step_size: time at two prices",
        BLOCKS_OF_TIME,
        &[("16:54", "TIME=0.1"), ("17:00", "TIME=0.3667")],
        "17:22:00",
        ("3.3", None),
    ),
    plain(
        "mod_cdrs, step_size: time and parking",
        BOTH_TIMES,
        &[("09:30", "TIME=0.35"), ("09:51", "PARKING_TIME=0.2667")],
        "10:07:00",
        ("1.01666666", None),
    ),
    Example {
        versions: OLDEST,
        ..plain(
            "2.1.1 mod_tariffs, 2 euro per hour (PUT, simple, alternative text, alternative URL)",
            &[(&[("TIME", "2.00", None, 300)], "null")],
            HOURS,
            "12:30:00",
            ("5", None),
        )
    },
    Example {
        versions: OLDEST,
        ..plain(
            "2.1.1 mod_tariffs, PATCH to 2.50",
            &[(&[("TIME", "2.50", None, 300)], "null")],
            HOURS,
            "12:30:00",
            ("6.25", None),
        )
    },
    Example {
        versions: OLDEST,
        ..plain(
            "2.1.1 mod_tariffs, complex (no total stated)",
            COMPLEX_OLDEST,
            &[
                ("09:30", "TIME=2.75 MAX_POWER=11"),
                ("12:15", "PARKING_TIME=0.7"),
            ],
            "12:57:00",
            ("9", None),
        )
    },
    Example {
        versions: OLDEST,
        ..plain(
            "2.1.1 mod_tariffs, free of charge",
            &[(&[("FLAT", "0.00", None, 0)], "null")],
            HOUR,
            "10:30:00",
            ("0", None),
        )
    },
];
