//! The examples of mod_tariffs, in the order of its text.

use super::elements::*;
use super::{Example, NEWEST, plain};
use wattledger_domain::record::ReservationEnd;

pub const PRICES: &[Example] = &[
    plain(
        "tariff_8_simple_025kwh",
        &[(&[ENERGY], "null")],
        HOUR,
        "10:30:00",
        ("5", Some("5.5")),
    ),
    plain(
        "tariff_9_025kwh_start",
        &[(&[START, ENERGY], "null")],
        HOUR,
        "10:30:00",
        ("5.5", Some("6.1")),
    ),
    Example {
        limits: r#"{"min_price": [0.50, 0.55]}"#,
        ..plain(
            "tariff_12_025kwh_min_price, 20 kWh",
            &[(&[ENERGY], "null")],
            HOUR,
            "10:30:00",
            ("5", Some("5.5")),
        )
    },
    Example {
        limits: r#"{"min_price": [0.50, 0.55]}"#,
        ..plain(
            "tariff_12_025kwh_min_price, less than 2 kWh",
            &[(&[ENERGY], "null")],
            &[("09:30", "ENERGY=1.999 TIME=1")],
            "10:30:00",
            ("0.5", Some("0.55")),
        )
    },
    plain(
        "tariff_10_025kwh_parking_start",
        &[(
            &[START, ENERGY, ("PARKING_TIME", "2.00", Some("20.0"), 900)],
            "null",
        )],
        &[
            ("09:30", "ENERGY=20 TIME=1"),
            ("10:30", "PARKING_TIME=0.6667"),
        ],
        "11:10:00",
        ("7", Some("7.9")),
    ),
    Example {
        limits: r#"{"max_price": [10.00, 11.00]}"#,
        ..plain(
            "tariff_6_025kwh_start_max_price, 50 kWh",
            &[(&[START, ENERGY], "null")],
            &[("09:30", "ENERGY=50 TIME=1")],
            "10:30:00",
            ("10", Some("11")),
        )
    },
    Example {
        limits: r#"{"max_price": [10.00, 11.00]}"#,
        ..plain(
            "tariff_6_025kwh_start_max_price, 30 kWh",
            &[(&[START, ENERGY], "null")],
            &[("09:30", "ENERGY=30 TIME=1")],
            "10:30:00",
            ("8", Some("8.85")),
        )
    },
    plain(
        "tariff_1_simple_2hour",
        &[(&[("TIME", "2.00", Some("10.0"), 60)], "null")],
        HOURS,
        "12:30:00",
        ("5", Some("5.5")),
    ),
    plain(
        "tariff_put_example (no total stated)",
        &[(&[("TIME", "2.00", Some("10.0"), 300)], "null")],
        HOURS,
        "12:30:00",
        ("5", Some("5.5")),
    ),
    Example {
        versions: NEWEST,
        ..plain(
            "tariff_19_simple_north_american_exclusive",
            &[(&[("TIME", "2.00", None, 1)], "null")],
            HOURS,
            "12:30:00",
            ("5", None),
        )
    },
    Example {
        versions: NEWEST,
        included: "YES",
        ..plain(
            "tariff_20_simple_north_american_inclusive",
            &[(&[("TIME", "2.10", None, 1)], "null")],
            HOURS,
            "12:30:00",
            ("5.25", Some("5.25")),
        )
    },
    plain(
        "tariff_13_simple_3hour_5parking",
        &[(
            &[
                ("TIME", "3.00", Some("10.0"), 60),
                ("PARKING_TIME", "5.00", Some("20.0"), 300),
            ],
            "null",
        )],
        &[("09:30", "TIME=2.5"), ("12:00", "PARKING_TIME=0.7")],
        "12:42:00",
        ("11.25", Some("12.75")),
    ),
    // The text rounds it to 5.00.
    plain(
        "tariff_2_alt_text",
        &[(&[("TIME", "1.90", Some("5.2"), 300)], "null")],
        HOURS,
        "12:30:00",
        ("4.75", Some("4.997")),
    ),
    // 0.50 to start and 2.00 an hour with tax, as its text says to the driver.
    plain(
        "tariff_11_not_possible_alt_text (no total stated), 1 h",
        &[(
            &[
                ("FLAT", "0.40", Some("25.0"), 1),
                ("TIME", "1.90", Some("5.2"), 300),
            ],
            "null",
        )],
        HOUR,
        "10:30:00",
        ("2.3", Some("2.4988")),
    ),
    // Printed as 5.61 and 6.22 in the table of 2.3.0, which bills 20.45 kWh instead of 20.5.
    plain(
        "tariff_3_alt_url",
        &[(&[START, ("ENERGY", "0.25", Some("10.0"), 100)], "null")],
        &[("09:30", "ENERGY=20.45 TIME=1")],
        "10:30:00",
        ("5.625", Some("6.2375")),
    ),
    plain(
        "tariff_3_alt_url, the price of the day",
        &[(&[START, ("ENERGY", "0.22", Some("10.0"), 100)], "null")],
        &[("09:30", "ENERGY=20.45 TIME=1")],
        "10:30:00",
        ("5.01", Some("5.561")),
    ),
    plain(
        "tariff_4_complex, Monday",
        COMPLEX,
        &[
            ("09:30", "TIME=2.75 MAX_CURRENT=16"),
            ("12:15", "PARKING_TIME=0.7"),
        ],
        "12:57:00",
        ("9", Some("10.3")),
    ),
    // Printed as 12.28 and 13.861: 114 min × 1.25 / h is 2.375.
    Example {
        day: "2024-06-08",
        ..plain(
            "tariff_4_complex, Saturday",
            COMPLEX,
            &[
                ("13:30", "TIME=1.9 MIN_CURRENT=43"),
                ("15:24", "PARKING_TIME=1.1833"),
            ],
            "16:35:00",
            ("12.375", Some("13.975")),
        )
    },
    plain(
        "tariff_5_free_of_charge",
        &[(&[("FLAT", "0.00", None, 0)], "null")],
        HOUR,
        "10:30:00",
        ("0", None),
    ),
    plain(
        "tariff_15_reservation_5_euro_per_hour",
        FOR_TIME,
        &[
            ("09:30", "RESERVATION_TIME=0.25"),
            ("09:45", "ENERGY=20 TIME=1"),
        ],
        "10:45:00",
        ("6.75", Some("7.6")),
    ),
    plain(
        "tariff_16_reservation_2_euro_fee_5_euro_per_hour",
        FOR_FEE_AND_TIME,
        &[
            ("09:30", "RESERVATION_TIME=0.2167"),
            ("09:43", "ENERGY=20 TIME=1"),
        ],
        "10:43:00",
        ("8.75", Some("10")),
    ),
    plain(
        "tariff_17_reservation_with_expire_fee, used",
        EXPIRE_FEE,
        &[
            ("09:30", "RESERVATION_TIME=0.3667"),
            ("09:52", "ENERGY=20 TIME=1"),
        ],
        "10:52:00",
        ("6.5", Some("7.3")),
    ),
    Example {
        reservation: ReservationEnd::Expired,
        ..plain(
            "tariff_17_reservation_with_expire_fee, expired",
            EXPIRE_FEE,
            &[("09:30", "RESERVATION_TIME=1")],
            "10:30:00",
            ("6", Some("7.2")),
        )
    },
    plain(
        "tariff_18_reservation_with_expire_time, used",
        EXPIRE_TIME,
        &[
            ("09:30", "RESERVATION_TIME=0.3667"),
            ("09:52", "ENERGY=20 TIME=1"),
        ],
        "10:52:00",
        ("7", Some("7.9")),
    ),
    Example {
        reservation: ReservationEnd::Expired,
        ..plain(
            "tariff_18_reservation_with_expire_time, expired",
            EXPIRE_TIME,
            &[("09:30", "RESERVATION_TIME=1.5")],
            "11:00:00",
            ("9", Some("10.8")),
        )
    },
];
