//! Drivers: who pays, and with what.

use super::{Oddity, Scenario, Visit};
use crate::draw::Draw;

/// How many contract accounts there are.
pub(crate) const ACCOUNTS: i64 = 100;

/// Cards that give the processor something to do.
const TROUBLE: [&str; 13] = [
    "tok_insufficient_40",
    "tok_insufficient_12",
    "tok_declined",
    "tok_declined_once",
    "tok_no_increment",
    "tok_increment_declined",
    "tok_capture_declined",
    "tok_capture_declined_once",
    "tok_capture_fails_late",
    "tok_lost_reply",
    "tok_lost_request",
    "tok_error_after",
    "tok_pending",
];

/// Who pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payer {
    /// A guest, with a card's token.
    Card(&'static str),
    /// An account, asked for through the app.
    Account(String),
    /// A token held to the reader, checked first.
    Token(String),
    /// A token of the charger's own list: it starts without asking.
    LocalToken(String),
}

/// A driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Driver {
    /// Who pays.
    pub payer: Payer,
    /// The most that the driver wants to spend, minor units.
    pub limit_minor: Option<i64>,
    /// What the car takes at most, W.
    pub power: i64,
    /// What the battery needs, mWh.
    pub need: i64,
    /// Whether the account, if there is one, is blocked.
    blocked: bool,
}

impl Driver {
    /// The driver of a visit.
    #[must_use]
    pub fn of(scenario: &Scenario, visit: &Visit) -> Self {
        let mut draw = Draw::of(scenario.seed, &["driver", &visit.number.to_string()]);
        let guest = draw.permille(scenario.guests_permille);
        let trouble = draw.permille(scenario.trouble_permille);
        let account = draw.between(0..=ACCOUNTS - 1);
        let way = draw.between(0..=9);
        let oddity = scenario.oddity(visit.number);
        let payer = if oddity == Oddity::UnknownToken {
            Payer::LocalToken(format!("{}TAG-LOST-{}", scenario.network, visit.number))
        } else if oddity == Oddity::OfflineStart {
            Payer::LocalToken(token(scenario, account))
        } else if guest {
            Payer::Card(if trouble {
                draw.pick("tok_declined", &TROUBLE)
            } else {
                draw.pick("tok_visa_ok", &["tok_mastercard_ok", "tok_amex_ok"])
            })
        } else {
            match way {
                0..=2 => Payer::Account(account_id(scenario, account)),
                3..=7 => Payer::Token(token(scenario, account)),
                _ => Payer::LocalToken(token(scenario, account)),
            }
        };
        let limit_minor = draw.permille(50).then(|| draw.between(3..=20) * 100);
        let (power, need) = if visit.station.is_fast() {
            (
                draw.pick(150_000, &[50_000, 100_000, 120_000]),
                draw.between(10_000..=60_000),
            )
        } else {
            (
                draw.pick(11_000, &[3_700, 7_400, 11_000, 22_000]),
                draw.between(4_000..=40_000),
            )
        };
        Self {
            payer,
            limit_minor,
            power: power.min(visit.station.power),
            need: scenario.pace.of(need * 1_000),
            blocked: is_blocked(account),
        }
    }

    /// Whether this driver is refused by design, so that a file knows it too.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        match &self.payer {
            Payer::Card(card) => *card == "tok_declined",
            Payer::Account(_) | Payer::Token(_) => self.blocked,
            Payer::LocalToken(_) => false,
        }
    }
}

/// One account in fifty is blocked.
pub(crate) const fn is_blocked(account: i64) -> bool {
    account % 50 == 49
}

pub(crate) fn account_id(scenario: &Scenario, account: i64) -> String {
    format!("{}account-{:03}", scenario.network, account + 1)
}

pub(crate) fn token(scenario: &Scenario, account: i64) -> String {
    format!("{}TAG-{:03}", scenario.network, account + 1)
}
