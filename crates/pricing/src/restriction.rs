//! When an element holds: the edges of every restriction (OCPI 2.2.1 `TariffRestrictions`).
//!
//! Invariant: a lower edge is inclusive and an upper edge exclusive, whatever is restricted.

use crate::calendar::Local;
use wattledger_domain::quantity::{Milliseconds, MilliwattHours};
use wattledger_domain::record::Extent;
use wattledger_domain::tariff::{LocalDate, LocalMinute, Restrictions, Weekday};

const DAY: i64 = 86_400_000;

/// What a restriction can look at.
pub struct Moment<'a> {
    pub local: Option<&'a Local>,
    pub energy: MilliwattHours,
    pub duration: Milliseconds,
    /// Since charging ended; none while it goes on.
    pub idle: Option<Milliseconds>,
    pub power: Option<Extent<i64>>,
    pub current: Option<Extent<i64>>,
}

/// What an element's restrictions look at, so that nothing else needs to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looks {
    /// At energy, durations, power or current.
    session: bool,
    /// At dates or weekdays.
    calendar: bool,
    /// At the clock.
    clock: bool,
}

impl Looks {
    pub fn of(when: &Restrictions) -> Self {
        let calendar =
            when.start_date.is_some() || when.end_date.is_some() || !when.days.is_empty();
        let lows = [
            when.min_energy.is_some(),
            when.min_duration.is_some(),
            when.min_idle.is_some(),
            when.min_power.is_some(),
            when.min_current.is_some(),
        ];
        let highs = [
            when.max_energy.is_some(),
            when.max_duration.is_some(),
            when.max_idle.is_some(),
            when.max_power.is_some(),
            when.max_current.is_some(),
        ];
        Self {
            session: lows.into_iter().chain(highs).any(|bound| bound),
            calendar,
            clock: when.start_time.is_some() || when.end_time.is_some(),
        }
    }

    /// Whether an element is looked at by the clock.
    pub const fn at_clock(self) -> bool {
        self.clock
    }

    /// Whether there is no restriction: the element always holds.
    pub const fn at_nothing(self) -> bool {
        !self.session && !self.calendar && !self.clock
    }

    /// Whether all restrictions hold.
    pub fn hold(self, when: &Restrictions, moment: &Moment<'_>) -> bool {
        self.hold_in_window(when, moment)
            && (!self.clock
                || moment
                    .local
                    .is_some_and(|local| in_window(when, local.time_of_day)))
    }

    /// The same where the clock is known to be inside the window.
    pub fn hold_in_window(self, when: &Restrictions, moment: &Moment<'_>) -> bool {
        (!self.session || holds_for_session(when, moment))
            && (!self.calendar || moment.local.is_some_and(|local| holds_on(when, local)))
    }
}

/// Whether all of an element's restrictions hold.
#[cfg(test)]
pub fn holds(when: &Restrictions, moment: &Moment<'_>) -> bool {
    Looks::of(when).hold(when, moment)
}

/// Whether what an element says of the session holds.
fn holds_for_session(when: &Restrictions, moment: &Moment<'_>) -> bool {
    let (energy, duration) = (moment.energy.0, moment.duration.0);
    between(
        Some(Extent::steady(energy)),
        when.min_energy.map(|e| e.0),
        when.max_energy.map(|e| e.0),
    ) && between(
        Some(Extent::steady(duration)),
        when.min_duration.map(|d| d.0),
        when.max_duration.map(|d| d.0),
    ) && between(
        moment.idle.map(|idle| Extent::steady(idle.0)),
        when.min_idle.map(|d| d.0),
        when.max_idle.map(|d| d.0),
    ) && between(
        moment.power,
        when.min_power.map(|p| p.0),
        when.max_power.map(|p| p.0),
    ) && between(
        moment.current,
        when.min_current.map(|c| c.0),
        when.max_current.map(|c| c.0),
    )
}

/// An unknown value is inside no bounds, but where there are none it does not matter. Of one that
/// moved, the greatest is held against the lower bound and the least against the upper.
fn between(value: Option<Extent<i64>>, low: Option<i64>, high: Option<i64>) -> bool {
    (low.is_none() && high.is_none())
        || value.is_some_and(|value| {
            low.is_none_or(|low| value.greatest >= low)
                && high.is_none_or(|high| value.least < high)
        })
}

/// Whether an element looks at the wall clock or the calendar.
pub fn is_local(when: &Restrictions) -> bool {
    when.start_time.is_some()
        || when.end_time.is_some()
        || when.start_date.is_some()
        || when.end_date.is_some()
        || !when.days.is_empty()
}

/// Whether what an element says of wall clock and calendar holds.
pub fn holds_locally(when: &Restrictions, local: Option<&Local>) -> bool {
    let Some(local) = local else {
        return !is_local(when);
    };
    in_window(when, local.time_of_day) && holds_on(when, local)
}

/// Whether what an element says of dates and weekdays holds.
fn holds_on(when: &Restrictions, local: &Local) -> bool {
    let dated = when.start_date.is_some() || when.end_date.is_some();
    let in_dates = |date| in_dates(when.start_date, when.end_date, date);
    on_day(&when.days, local.day) && (!dated || local.date().is_some_and(in_dates))
}

/// An element's window as local times of day in milliseconds; one that ends before it begins is over midnight.
pub fn window(when: &Restrictions) -> (i64, i64) {
    let start = when.start_time.map_or(0, strike);
    // 00:00 as an end is the end of the day, also alone and also when the start is 00:00.
    let end = when
        .end_time
        .map_or(DAY, |end| if end.0 == 0 { DAY } else { strike(end) });
    (start, end)
}

/// Whether a local time of day, in milliseconds, is inside an element's window.
pub fn in_window(when: &Restrictions, time_of_day: i64) -> bool {
    let (start, end) = window(when);
    if start <= end {
        // start = end is an empty window.
        (start..end).contains(&time_of_day)
    } else {
        time_of_day >= start || time_of_day < end
    }
}

/// Milliseconds from local midnight to a minute of the clock's face.
pub fn strike(minute: LocalMinute) -> i64 {
    i64::from(minute.0).saturating_mul(60_000)
}

fn in_dates(start: Option<LocalDate>, end: Option<LocalDate>, date: LocalDate) -> bool {
    start.is_none_or(|start| date >= start) && end.is_none_or(|end| date < end)
}

/// The weekday is that of the instant itself, also inside a window that began the day before.
fn on_day(days: &[Weekday], day: Weekday) -> bool {
    days.is_empty() || days.contains(&day)
}
