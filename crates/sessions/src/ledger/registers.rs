//! What a session's total registers count from, where they do not count from one installation: seen
//! from all readings at once, before they are accounted (ev-domain §2, 12, 15).

use super::{Flags, LEAK, Rules};
use crate::samples::{Entry, What};
use crate::session::Session;
use wattledger_domain::device::{DeviceSuggestion, RegisterKind};
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

impl Start {
    /// What a session's start says, as it is meant.
    #[must_use]
    pub fn of(session: &Session, rules: &Rules) -> Self {
        let energy = rules.facts.energy;
        let meant = |told: MilliwattHours| MilliwattHours(energy.read(told.0));
        Self {
            at: session.started_at,
            meter: session.meter_start.map(meant),
            carried: session.carried.map(meant),
        }
    }
}

/// What was made of a session's registers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Aligned {
    /// What was odd about them.
    pub flags: Flags,
    /// What they say of the device that its profile does not: nothing is billed by them.
    pub contradiction: Option<DeviceSuggestion>,
    /// How often the register began again at its modulus.
    pub rollovers: i32,
}

/// Makes all total registers count from one zero, and says what was odd about them. All values are
/// as they are meant.
pub fn align(entries: &mut Vec<Entry>, start: &Start, rules: &Rules) -> Aligned {
    let mut aligned = Aligned::default();
    if rules.facts.register == Some(RegisterKind::PerSession) {
        per_session(entries, start, rules, &mut aligned);
        return aligned;
    }
    if let Some(MilliwattHours(modulus)) = rules.facts.rollover {
        aligned.rollovers = unroll(entries, modulus, rules);
    }
    let lifetime = rules.facts.register == Some(RegisterKind::Lifetime);
    let per_session = lifetime.then_some(DeviceSuggestion::RegisterPerSession);
    if carries_over(entries, start) {
        let carried = start.carried.map_or(0, |carried| carried.0);
        let mut before_reset = true;
        entries.retain(|entry| {
            let total = entry.what == What::Total;
            let carries = total && before_reset && entry.value == carried;
            before_reset &= !(total && entry.value > carried);
            !carries
        });
        aligned.flags.raise(SessionFlag::BaselineSuspect);
        aligned.contradiction = per_session;
    }
    if let Some(meter) = start.meter
        && counts_from_start(entries, start.at, meter, rules)
    {
        let below = meter.0.saturating_sub(LEAK);
        let relative = |entry: &&mut Entry| entry.what == What::Total && entry.value < below;
        for entry in entries.iter_mut().filter(relative) {
            entry.value = entry.value.saturating_add(meter.0);
        }
        aligned.flags.raise(SessionFlag::RegisterRelative);
        aligned.contradiction = per_session;
    }
    aligned
}

/// A register that begins again from 0 at its modulus counts on; how often it did.
fn unroll(entries: &mut [Entry], modulus: i64, rules: &Rules) -> i32 {
    let (mut last, mut turns): (Option<Entry>, i32) = (None, 0);
    for entry in entries.iter_mut().filter(|entry| entry.what == What::Total) {
        let told = *entry;
        if let Some(last) = last
            && told.value < last.value.saturating_sub(LEAK)
            && last.value <= modulus
        {
            let rise = told
                .value
                .saturating_add(modulus)
                .saturating_sub(last.value);
            turns = turns.saturating_add(i32::from(rules.allow(rise, told.at.since(last.at))));
        }
        let more = modulus.saturating_mul(i64::from(turns));
        entry.value = told.value.saturating_add(more);
        last = Some(told);
    }
    turns
}

/// Registers that count from each session's start: what one shows until it is reset is not this
/// session's, and one that goes on from there contradicts the profile. A start and an end by the
/// lifetime register are taken for what they are.
fn per_session(entries: &mut Vec<Entry>, start: &Start, rules: &Rules, aligned: &mut Aligned) {
    let shown = start.meter.map(|meter| meter.0).filter(|shown| *shown > 0);
    let told = totals(entries)
        .map(|entry| entry.value)
        .find(|value| Some(*value) != shown);
    let Some(first) = told else {
        return;
    };
    if shown.is_some_and(|shown| first > shown) {
        aligned.contradiction = Some(DeviceSuggestion::RegisterLifetime);
        return;
    }
    if let Some(shown) = shown {
        let mut before_reset = true;
        entries.retain(|entry| {
            let total = entry.what == What::Total;
            before_reset &= !(total && entry.value != shown);
            !(total && before_reset)
        });
        aligned.flags.raise(SessionFlag::RegisterRelative);
    }
    let zero = Entry {
        at: start.at,
        what: What::Total,
        value: 0,
    };
    if let Err(place) = entries.binary_search(&zero) {
        entries.insert(place, zero);
    }
    let mut last = zero;
    for entry in entries.iter_mut().filter(|entry| entry.what == What::Total) {
        let can_follow = |value: i64| {
            let rise = value.saturating_sub(last.value);
            rise >= 0 && rules.allow(rise, entry.at.since(last.at))
        };
        if let Some(shown) = shown
            && entry.value >= shown
        {
            let since = entry.value.saturating_sub(shown);
            match (can_follow(entry.value), can_follow(since)) {
                (false, true) => entry.value = since,
                // Either may be meant: nobody guesses.
                (true, true) => aligned.contradiction = Some(DeviceSuggestion::RegisterLifetime),
                (true | false, false) => {}
            }
        }
        last = *entry;
    }
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
