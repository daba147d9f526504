//! One element, and two against each other.

use super::{Finding, LintCode, odd_tax, push};
use wattledger_domain::tariff::{
    Dimension, Element, LocalMinute, Reservation, Restrictions, TaxIncluded,
};

/// The minutes of a day.
const DAY: u16 = 1_440;

/// More than this many seconds or watt hours in a block are more likely a unit mistaken.
const STEP_LARGE: i32 = 3_600;

pub fn check(element: &Element, index: usize, tax: TaxIncluded, findings: &mut Vec<Finding>) {
    let path = format!("elements[{index}]");
    let when = &element.restrictions;
    for (place, component) in element.components.iter().enumerate() {
        let path = format!("{path}.price_components[{place}]");
        let before = element.components.iter().take(place);
        if before
            .into_iter()
            .any(|one| one.dimension == component.dimension)
        {
            let message = "does not count: the element prices this dimension already";
            push(findings, LintCode::DuplicateDimension, &path, message);
        }
        if component.price.0 != 0
            && let Some(message) = odd_tax(tax, component.tax.is_some())
        {
            push(findings, LintCode::Tax, format!("{path}.vat"), message);
        }
        if component.step_size > STEP_LARGE {
            let message =
                "bills blocks of more than an hour or 3.6 kWh: step_size is in seconds or Wh";
            push(
                findings,
                LintCode::LargeStep,
                format!("{path}.step_size"),
                message,
            );
        }
        let allowed = matches!(component.dimension, Dimension::Time | Dimension::Flat);
        if when.reservation.is_some() && !allowed {
            let message = "is not priced: of a reservation only TIME and FLAT are";
            push(findings, LintCode::ReservationDimension, &path, message);
        }
    }
    restrictions(when, &format!("{path}.restrictions"), findings);
}

fn restrictions(when: &Restrictions, path: &str, findings: &mut Vec<Finding>) {
    let window = Window::of(when);
    if window.wraps() && !when.days.is_empty() {
        let message =
            "names weekdays with a window over midnight: after midnight it is the next day's";
        push(findings, LintCode::OvernightWeekday, path, message);
    }
    if window.from == window.to && window.to < DAY {
        let message = "begins when it ends: it never holds";
        push(
            findings,
            LintCode::EmptyRestriction,
            format!("{path}.start_time"),
            message,
        );
    }
    for (name, (low, high)) in bounds(when) {
        if low.zip(high).is_some_and(|(low, high)| low >= high) {
            let message = "is not below its maximum: the element never holds";
            push(
                findings,
                LintCode::EmptyRestriction,
                format!("{path}.min_{name}"),
                message,
            );
        }
    }
    let dates = when.start_date.zip(when.end_date);
    if dates.is_some_and(|(start, end)| start >= end) {
        let message = "is not before end_date, which is exclusive: the element never holds";
        push(
            findings,
            LintCode::EmptyRestriction,
            format!("{path}.start_date"),
            message,
        );
    }
    match when.reservation {
        None | Some(Reservation::Reservation | Reservation::Expires) => {}
        Some(
            Reservation::Booking
            | Reservation::BookingExpires
            | Reservation::BookingCancellationFees
            | Reservation::BookingOvertime,
        ) => {
            let message = "prices a booking, which is read and not priced";
            push(
                findings,
                LintCode::NotPriced,
                format!("{path}.booking"),
                message,
            );
        }
    }
}

type Bounds = (Option<i64>, Option<i64>);

fn bounds(when: &Restrictions) -> [(&'static str, Bounds); 5] {
    [
        (
            "idle_time",
            (when.min_idle.map(|d| d.0), when.max_idle.map(|d| d.0)),
        ),
        (
            "kwh",
            (when.min_energy.map(|e| e.0), when.max_energy.map(|e| e.0)),
        ),
        (
            "duration",
            (
                when.min_duration.map(|d| d.0),
                when.max_duration.map(|d| d.0),
            ),
        ),
        (
            "power",
            (when.min_power.map(|p| p.0), when.max_power.map(|p| p.0)),
        ),
        (
            "current",
            (when.min_current.map(|c| c.0), when.max_current.map(|c| c.0)),
        ),
    ]
}

/// Minutes of a day, the end exclusive; it wraps where it ends before it starts.
#[derive(Clone, Copy)]
struct Window {
    from: u16,
    to: u16,
}

impl Window {
    fn of(when: &Restrictions) -> Self {
        let end = when
            .end_time
            .map_or(DAY, |LocalMinute(end)| if end == 0 { DAY } else { end });
        Self {
            from: when.start_time.map_or(0, |start| start.0),
            to: end,
        }
    }

    const fn wraps(self) -> bool {
        self.to < self.from
    }

    const fn holds(self, minute: u16) -> bool {
        if self.wraps() {
            minute >= self.from || minute < self.to
        } else {
            minute >= self.from && minute < self.to
        }
    }

    /// Whether it holds in every minute in which another does.
    fn covers(self, other: Self) -> bool {
        (0..DAY).all(|minute| !other.holds(minute) || self.holds(minute))
    }

    fn meets(self, other: Self) -> bool {
        (0..DAY).any(|minute| other.holds(minute) && self.holds(minute))
    }
}

/// Whether the one holds whenever the other does, as far as each restriction tells by itself.
pub fn covers(one: &Restrictions, other: &Restrictions) -> bool {
    let pairs = bounds(one).into_iter().zip(bounds(other));
    let within = |((_, wide), (_, narrow)): ((_, Bounds), (_, Bounds))| {
        wide.0
            .is_none_or(|low| narrow.0.is_some_and(|other| other >= low))
            && wide
                .1
                .is_none_or(|high| narrow.1.is_some_and(|other| other <= high))
    };
    let dates = one
        .start_date
        .is_none_or(|start| other.start_date.is_some_and(|at| at >= start))
        && one
            .end_date
            .is_none_or(|end| other.end_date.is_some_and(|at| at <= end));
    let mut days = other.days.iter();
    let days =
        one.days.is_empty() || (!other.days.is_empty() && days.all(|day| one.days.contains(day)));
    let mut pairs = pairs;
    pairs.all(within) && dates && days && Window::of(one).covers(Window::of(other))
}

/// Whether two may hold at the same moment.
pub fn meet(one: &Restrictions, other: &Restrictions) -> bool {
    let mut pairs = bounds(one).into_iter().zip(bounds(other));
    let crosses = |((_, one), (_, other)): ((_, Bounds), (_, Bounds))| {
        let below = |low: Option<i64>, high: Option<i64>| {
            low.zip(high).is_none_or(|(low, high)| low < high)
        };
        below(one.0, other.1) && below(other.0, one.1)
    };
    let before = |start: Option<_>, end: Option<_>| start.zip(end).is_none_or(|(s, e)| s < e);
    let dates = before(one.start_date, other.end_date) && before(other.start_date, one.end_date);
    let mut days = one.days.iter();
    let days =
        one.days.is_empty() || other.days.is_empty() || days.any(|day| other.days.contains(day));
    pairs.all(crosses) && dates && days && Window::of(one).meets(Window::of(other))
}

/// OCPI's word for a dimension.
pub const fn name(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Energy => "ENERGY",
        Dimension::Time => "TIME",
        Dimension::ParkingTime => "PARKING_TIME",
        Dimension::Flat => "FLAT",
    }
}
