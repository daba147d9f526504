//! A knob for each anomaly of the field (docs/field.md), by its row.

use super::{Anomalies, Scenario};
use crate::draw::Draw;

/// What goes wrong with what a charger says, beside what [`Anomalies`] has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// 2: updates without energy come in between.
    NoEnergy,
    /// 3: updates name no transaction.
    NoTransaction,
    /// 4: a second end says another register.
    ConflictingEnd,
    /// 6: the transaction is -1, and the end names no EVSE.
    UnknownTransaction,
    /// 7: an end of a transaction that nobody knows.
    UnknownEnd,
    /// 8: the start is sent again, with another id.
    StartRepeated,
    /// 9: the transaction is 1, as on every EVSE.
    CollidingTransaction,
    /// 10: the clock is three hours behind.
    ClockBehind,
    /// 10: the clock is two hours ahead.
    ClockAhead,
    /// 11: kWh called Wh.
    WrongUnit,
    /// 12: readings count from the start.
    RegisterRelative,
    /// 14: the register runs on by 4 Wh before the end is told.
    RegisterLeak,
    /// 15: the register shows the session before, then counts from 0.
    EnergyCarried,
    /// 17: a reading comes after the end.
    ClosingReading,
    /// 18: registers of phases only.
    PhasesOnly,
    /// 19: the end is told five minutes after the EVSE was free.
    EndAfterFree,
    /// 20: readings are of two seconds before their event.
    Misaligned,
    /// 21: it began 60 days before.
    Endless,
    /// 22: another card ends it.
    OtherCard,
    /// 23: a status carries the time of its report, two minutes late.
    StatusLate,
    /// 24: the end's date is none.
    BadDate,
    /// 25: nothing flows.
    NoEnergyAtAll,
}

enum Sets {
    Rate(fn(&mut Anomalies) -> &mut u16),
    Wrong(Wrong),
}

/// Names of all knobs, with the row of docs/field.md, in order of the rows; 0 for what has none.
const KNOBS: [(&str, u8, Sets); 31] = [
    (
        "offline-start",
        1,
        Sets::Rate(|rates| &mut rates.offline_start),
    ),
    ("no-energy", 2, Sets::Wrong(Wrong::NoEnergy)),
    ("no-transaction", 3, Sets::Wrong(Wrong::NoTransaction)),
    ("conflicting-end", 4, Sets::Wrong(Wrong::ConflictingEnd)),
    (
        "end-repeated",
        5,
        Sets::Rate(|rates| &mut rates.end_repeated),
    ),
    (
        "unknown-transaction",
        6,
        Sets::Wrong(Wrong::UnknownTransaction),
    ),
    ("unknown-end", 7, Sets::Wrong(Wrong::UnknownEnd)),
    ("start-repeated", 8, Sets::Wrong(Wrong::StartRepeated)),
    (
        "colliding-transaction",
        9,
        Sets::Wrong(Wrong::CollidingTransaction),
    ),
    ("clock-1970", 10, Sets::Rate(|rates| &mut rates.clock_1970)),
    ("clock-behind", 10, Sets::Wrong(Wrong::ClockBehind)),
    ("clock-ahead", 10, Sets::Wrong(Wrong::ClockAhead)),
    ("wrong-unit", 11, Sets::Wrong(Wrong::WrongUnit)),
    (
        "register-relative",
        12,
        Sets::Wrong(Wrong::RegisterRelative),
    ),
    (
        "register-reset",
        13,
        Sets::Rate(|rates| &mut rates.register_reset),
    ),
    ("register-leak", 14, Sets::Wrong(Wrong::RegisterLeak)),
    ("energy-carried", 15, Sets::Wrong(Wrong::EnergyCarried)),
    (
        "missing-end",
        16,
        Sets::Rate(|rates| &mut rates.missing_end),
    ),
    ("closing-reading", 17, Sets::Wrong(Wrong::ClosingReading)),
    ("phases-only", 18, Sets::Wrong(Wrong::PhasesOnly)),
    ("end-after-free", 19, Sets::Wrong(Wrong::EndAfterFree)),
    ("misaligned", 20, Sets::Wrong(Wrong::Misaligned)),
    ("endless", 21, Sets::Wrong(Wrong::Endless)),
    ("other-card", 22, Sets::Wrong(Wrong::OtherCard)),
    ("status-late", 23, Sets::Wrong(Wrong::StatusLate)),
    ("bad-date", 24, Sets::Wrong(Wrong::BadDate)),
    ("no-energy-at-all", 25, Sets::Wrong(Wrong::NoEnergyAtAll)),
    ("duplicates", 0, Sets::Rate(|rates| &mut rates.duplicates)),
    ("reordered", 0, Sets::Rate(|rates| &mut rates.reordered)),
    ("late-end", 0, Sets::Rate(|rates| &mut rates.late_end)),
    (
        "unknown-token",
        0,
        Sets::Rate(|rates| &mut rates.unknown_token),
    ),
];

/// The names of all knobs, in order of the rows of docs/field.md.
pub fn knobs() -> impl Iterator<Item = (&'static str, u8)> {
    KNOBS.iter().map(|(name, row, _)| (*name, *row))
}

impl Scenario {
    /// The same with these anomalies and no others, in thousandths of the visits; a name that is none
    /// counts for nothing. None at all leaves it as it is.
    #[must_use]
    pub fn turned(mut self, turned: Vec<(String, u16)>) -> Self {
        if turned.is_empty() {
            return self;
        }
        self.anomalies = Anomalies::default();
        self.wrong.clear();
        for (name, permille) in &turned {
            match KNOBS.iter().find(|(known, ..)| known == name) {
                Some((_, _, Sets::Rate(rate))) => *rate(&mut self.anomalies) = *permille,
                Some((_, _, Sets::Wrong(wrong))) => self.wrong.push((*wrong, *permille)),
                None => {}
            }
        }
        self.knobs = turned;
        self
    }

    /// What goes wrong in a visit; a visit has one thing at most, and none beside an oddity.
    pub(crate) fn wrong(&self, number: i64) -> Option<Wrong> {
        if self.wrong.is_empty() || self.oddity(number) != super::Oddity::None {
            return None;
        }
        let mut left = Draw::of(self.seed, &["wrong", &number.to_string()]).between(0..=999);
        let found = self.wrong.iter().find(|(_, rate)| {
            left -= i64::from(*rate);
            left < 0
        });
        found.map(|(wrong, _)| *wrong)
    }
}
