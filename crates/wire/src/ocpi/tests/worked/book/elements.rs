//! The elements of the tariffs.

use super::Component;

pub const START: Component = ("FLAT", "0.50", Some("20.0"), 1);
pub const ENERGY: Component = ("ENERGY", "0.25", Some("10.0"), 1);
pub const HOUR: &[(&str, &str)] = &[("09:30", "ENERGY=20 TIME=1")];
pub const HOURS: &[(&str, &str)] = &[
    ("09:30", "ENERGY=20 TIME=2.5"),
    ("12:00", "PARKING_TIME=0.5"),
];
pub const WEEKDAYS: &str = r#"{"start_time": "09:00", "end_time": "18:00",
    "day_of_week": ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]}"#;
pub const FAST_WEEKDAYS: &str = r#"{"min_current": 32.00,
    "day_of_week": ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]}"#;
pub const FAST_WEEKEND: &str = r#"{"min_current": 32.00, "day_of_week": ["SATURDAY", "SUNDAY"]}"#;
pub const SATURDAY: &str =
    r#"{"start_time": "10:00", "end_time": "17:00", "day_of_week": ["SATURDAY"]}"#;
pub const COMPLEX: &[(&[Component], &str)] = &[
    (&[("FLAT", "2.50", Some("15.0"), 1)], "null"),
    (
        &[("TIME", "1.00", Some("20.0"), 900)],
        r#"{"max_current": 32.00}"#,
    ),
    (&[("TIME", "2.00", Some("20.0"), 600)], FAST_WEEKDAYS),
    (&[("TIME", "1.25", Some("20.0"), 600)], FAST_WEEKEND),
    (&[("PARKING_TIME", "5.00", Some("10.0"), 300)], WEEKDAYS),
    (&[("PARKING_TIME", "6.00", Some("10.0"), 300)], SATURDAY),
];
/// 2.1.1 says `max_power` of 32 and means amperes; read as it stands.
pub const COMPLEX_OLDEST: &[(&[Component], &str)] = &[
    (&[("FLAT", "2.50", None, 1)], "null"),
    (&[("TIME", "1.00", None, 900)], r#"{"max_power": 32.00}"#),
    (&[("TIME", "2.00", None, 600)], r#"{"min_power": 32.00}"#),
    (&[("PARKING_TIME", "5.00", None, 300)], WEEKDAYS),
    (&[("PARKING_TIME", "6.00", None, 300)], SATURDAY),
];
pub const STEPS: &[(&[Component], &str)] = &[
    (
        &[
            ("TIME", "1.20", None, 1800),
            ("PARKING_TIME", "1.00", None, 900),
        ],
        r#"{"start_time": "00:00", "end_time": "17:00"}"#,
    ),
    (
        &[
            ("TIME", "2.40", None, 900),
            ("PARKING_TIME", "1.00", None, 900),
        ],
        r#"{"start_time": "17:00", "end_time": "20:00"}"#,
    ),
    (
        &[("TIME", "2.40", None, 900)],
        r#"{"start_time": "20:00", "end_time": "00:00"}"#,
    ),
];
pub const RESERVED: &str = r#"{"reservation": "RESERVATION"}"#;
pub const EXPIRED: &str = r#"{"reservation": "RESERVATION_EXPIRES"}"#;
pub const FOR_TIME: &[(&[Component], &str)] = &[
    (&[("TIME", "5.00", Some("20.0"), 60)], RESERVED),
    (&[START, ENERGY], "null"),
];
pub const FOR_FEE_AND_TIME: &[(&[Component], &str)] = &[
    (
        &[
            ("FLAT", "2.00", Some("20.0"), 1),
            ("TIME", "5.00", Some("20.0"), 300),
        ],
        RESERVED,
    ),
    (&[START, ENERGY], "null"),
];
pub const EXPIRE_FEE: &[(&[Component], &str)] = &[
    (&[("FLAT", "4.00", Some("20.0"), 1)], EXPIRED),
    (&[("TIME", "2.00", Some("20.0"), 600)], RESERVED),
    (&[START, ENERGY], "null"),
];
pub const EXPIRE_TIME: &[(&[Component], &str)] = &[
    (&[("TIME", "6.00", Some("20.0"), 600)], EXPIRED),
    (&[("TIME", "3.00", Some("20.0"), 600)], RESERVED),
    (&[START, ENERGY], "null"),
];
pub const BY_POWER: &[(&[Component], &str)] = &[
    (
        &[("ENERGY", "0.20", Some("20.0"), 1)],
        r#"{"max_power": 16.00}"#,
    ),
    (
        &[("ENERGY", "0.35", Some("20.0"), 1)],
        r#"{"max_power": 32.00}"#,
    ),
    (&[("ENERGY", "0.50", Some("20.0"), 1)], "null"),
];
pub const BY_DURATION: &[(&[Component], &str)] = &[
    (
        &[("ENERGY", "0.00", Some("20.0"), 1)],
        r#"{"max_duration": 1800}"#,
    ),
    (
        &[("ENERGY", "0.25", Some("20.0"), 1)],
        r#"{"max_duration": 3600}"#,
    ),
    (&[("ENERGY", "0.40", Some("20.0"), 1)], "null"),
];
pub const BLOCKS_OF_ENERGY: &[(&[Component], &str)] = &[
    (&[("ENERGY", "0.20", None, 500)], r#"{"end_time": "17:00"}"#),
    (
        &[("ENERGY", "0.27", None, 500)],
        r#"{"start_time": "17:00"}"#,
    ),
];
pub const BLOCKS_OF_TIME: &[(&[Component], &str)] = &[
    (&[("TIME", "5.00", None, 600)], r#"{"end_time": "17:00"}"#),
    (&[("TIME", "7.00", None, 600)], r#"{"start_time": "17:00"}"#),
];
pub const BOTH_TIMES: &[(&[Component], &str)] = &[(
    &[
        ("TIME", "1.00", None, 600),
        ("PARKING_TIME", "2.00", None, 600),
    ],
    "null",
)];
/// The text names no prices: 3 and 6 an hour.
pub const FIVE_MINUTES: &[(&[Component], &str)] = &[(
    &[
        ("TIME", "3.00", None, 300),
        ("PARKING_TIME", "6.00", None, 300),
    ],
    "null",
)];
