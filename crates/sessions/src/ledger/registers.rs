//! What a session's total registers count from, where they do not count from one installation: seen
//! from all readings at once, before they are accounted (ev-domain §2, 12, 15).

use super::{Flags, LEAK, Rules};
use crate::samples::{Entry, What};
use wattledger_domain::quantity::MilliwattHours;
use wattledger_domain::session::SessionFlag;
use wattledger_domain::time::Timestamp;

/// What is known of a session's registers beside its readings.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// When the session began.
    pub at: Timestamp,
    /// The register that its start told.
    pub meter: Option<MilliwattHours>,
    /// The register that the session before it on the EVSE ended with.
    pub carried: Option<MilliwattHours>,
}

/// Makes all total registers count from one zero, and says what was odd about them.
pub fn align(entries: &mut Vec<Entry>, start: &Start, rules: &Rules) -> Flags {
    let mut flags = Flags::default();
    if carries_over(entries, start) {
        let carried = start.carried.map_or(0, |carried| carried.0);
        let mut before_reset = true;
        entries.retain(|entry| {
            let total = entry.what == What::Total;
            let carries = total && before_reset && entry.value == carried;
            before_reset &= !(total && entry.value > carried);
            !carries
        });
        flags.raise(SessionFlag::BaselineSuspect);
    }
    if let Some(meter) = start.meter
        && counts_from_start(entries, start.at, meter, rules)
    {
        let below = meter.0.saturating_sub(LEAK);
        let relative = |entry: &&mut Entry| entry.what == What::Total && entry.value < below;
        for entry in entries.iter_mut().filter(relative) {
            entry.value = entry.value.saturating_add(meter.0);
        }
        flags.raise(SessionFlag::RegisterRelative);
    }
    flags
}

fn totals(entries: &[Entry]) -> impl Iterator<Item = &Entry> + Clone {
    entries.iter().filter(|entry| entry.what == What::Total)
}

/// Whether the register showed the previous session's energy after a lower start, until it was reset
/// (15): only what it shows after the reset is this session's.
fn carries_over(entries: &[Entry], start: &Start) -> bool {
    let Some(MilliwattHours(carried)) = start.carried else {
        return false;
    };
    let mut totals = totals(entries).map(|entry| entry.value).peekable();
    let began_below = totals.next().is_some_and(|first| first < carried);
    let mut shown = false;
    while totals.next_if_eq(&carried).is_some() {
        shown = true;
    }
    let reset = totals
        .next()
        .is_some_and(|next| next < carried.saturating_sub(LEAK));
    began_below && shown && reset
}

/// Whether readings count from the session's start, though the start told a lifetime register (12):
/// two in a row lie below it and could have been reached from zero.
fn counts_from_start(
    entries: &[Entry],
    started_at: Timestamp,
    meter: MilliwattHours,
    rules: &Rules,
) -> bool {
    let mut readings =
        totals(entries).skip_while(|entry| entry.at == started_at && entry.value == meter.0);
    let (Some(one), Some(two)) = (readings.next(), readings.next()) else {
        return false;
    };
    let below = meter.0.saturating_sub(LEAK);
    let low = one.value < below && two.value < below;
    let rises = rules.allow(one.value, one.at.since(started_at))
        && one.value <= two.value
        && rules.allow(two.value.saturating_sub(one.value), two.at.since(one.at));
    low && rises
}
