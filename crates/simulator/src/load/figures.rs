//! What a load came to.

use crate::chargers::Tally;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What became of the events so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Events whose time came.
    pub sent: u64,
    /// Answered with 202: durable.
    pub accepted: u64,
    /// Not taken, by the code of the refusal.
    pub refused: BTreeMap<String, u64>,
    /// Sent again because the engine said later (429, 503).
    pub again_busy: u64,
    /// Sent again because no answer came.
    pub again_lost: u64,
    /// Sent more than 100 ms after their time.
    pub late: u64,
    /// Neither taken nor refused when it ended.
    pub given_up: u64,
    /// Answers by ms from the intended time; from 100 ms on to two digits.
    waits: BTreeMap<i64, u64>,
}

impl Figures {
    pub(super) fn accept(&mut self, wait: i64) {
        self.accepted += 1;
        *self.waits.entry(two_digits(wait.max(0))).or_default() += 1;
    }

    pub(super) fn refuse(&mut self, code: &str, count: u64) {
        *self.refused.entry(code.to_owned()).or_default() += count;
    }

    /// The wait that so many in a thousand answers did not exceed, ms; 0 without answers.
    #[must_use]
    pub fn wait_at(&self, permille: u64) -> i64 {
        let wanted = (u128::from(self.accepted) * u128::from(permille)).div_ceil(1_000);
        let mut seen: u128 = 0;
        for (wait, count) in &self.waits {
            seen += u128::from(*count);
            if seen >= wanted {
                return *wait;
            }
        }
        self.waits.last_key_value().map_or(0, |(wait, _)| *wait)
    }
}

/// Rounded up to two significant digits, so that there are few different ones.
fn two_digits(number: i64) -> i64 {
    let mut unit = 1;
    while number / unit >= 100 {
        unit *= 10;
    }
    (number + unit - 1) / unit * unit
}

/// What a load came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Events a second that were asked for.
    pub asked: Option<u32>,
    /// From the first event's time to the last answer, ms.
    pub elapsed: i64,
    /// What became of the events.
    pub figures: Figures,
    /// What the chargers did.
    pub tally: Tally,
}

impl Report {
    /// Events accepted a second, in tenths.
    #[must_use]
    pub fn rate_tenths(&self) -> u64 {
        let elapsed = u64::try_from(self.elapsed).unwrap_or(0).max(1);
        self.figures.accepted * 10_000 / elapsed
    }

    /// All of it, for programs.
    #[must_use]
    pub fn json(&self) -> Value {
        let Self {
            asked,
            elapsed,
            figures,
            tally,
        } = self;
        let rate = self.rate_tenths();
        json!({
            "asked_per_second": asked,
            "accepted_per_second": format!("{}.{}", rate / 10, rate % 10),
            "elapsed_ms": elapsed,
            "sent": figures.sent,
            "accepted": figures.accepted,
            "refused": figures.refused,
            "sent_again_busy": figures.again_busy,
            "sent_again_lost": figures.again_lost,
            "late": figures.late,
            "given_up": figures.given_up,
            "answered_ms": {
                "p50": figures.wait_at(500), "p90": figures.wait_at(900),
                "p99": figures.wait_at(990), "max": figures.wait_at(1_000),
            },
            "sessions": {
                "started": tally.started, "ended": tally.ended,
                "ended_by_command": tally.ended_by_command,
            },
            "commands": {
                "allow": tally.commands.allow, "refuse": tally.commands.refuse,
                "stop": tally.commands.stop, "show_cost": tally.commands.show_cost,
            },
        })
    }
}
