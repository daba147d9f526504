//! A tariff: the superset of OCPI 2.1.1, 2.2.1 and 2.3.0 that pricing can compile.
//!
//! Read permissively at the edge (`wire`), validated when compiled (`pricing`). Edges of every
//! restriction: OCPI 2.2.1 mod_tariffs, with the corrections that docs/pricing.md names.

use crate::ids::TariffId;
use crate::market::MarketFormula;
use crate::money::Currency;
use crate::occupancy::BusyShare;
use crate::price::{PriceE8, TaxRate};
use crate::quantity::{Milliamperes, Milliseconds, MilliwattHours, Milliwatts};
use crate::time::Timestamp;

/// A tariff as an operator wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tariff {
    /// OCPI id.
    pub id: TariffId,
    /// The currency of every price in it.
    pub currency: Currency,
    /// Which sessions it is for; absent means all.
    pub kind: Option<TariffKind>,
    /// First instant at which a session that starts may use it.
    pub valid_from: Option<Timestamp>,
    /// First instant at which it may no longer be chosen.
    pub valid_to: Option<Timestamp>,
    /// Whether prices contain tax.
    pub tax_included: TaxIncluded,
    /// Ordered: per dimension and instant the first that matches is in force.
    pub elements: Vec<Element>,
    /// Which elements' ENERGY price follows a market (ours: no version of OCPI has it). In order of
    /// element, one each, all of one market.
    pub markets: Vec<MarketFormula>,
    /// What bounds the fees for parking (ours: no version of OCPI has it).
    pub idle_fees: IdleFees,
    /// A session costs at least this.
    pub min_price: Option<PriceLimit>,
    /// A session costs at most this.
    pub max_price: Option<PriceLimit>,
}

/// What bounds a session's PARKING_TIME fees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IdleFees {
    /// The fees of a stay are withdrawn if the vehicle charges again no later than this after charging had
    /// ended; absent means never.
    pub withdrawn_within: Option<Milliseconds>,
    /// The most for parking in a session, as the tariff states prices; absent means no bound.
    pub max_per_session: Option<PriceE8>,
    /// The most for parking in a day of the site's calendar; absent means no bound.
    pub max_per_day: Option<PriceE8>,
    /// Parking costs only while at least this share of the site's places is taken, as published
    /// ([`SiteOccupancy`](crate::occupancy::SiteOccupancy)); while less is, or nothing is published, it
    /// costs nothing and counts towards no block. Absent means that it does not matter how busy the site is.
    pub only_when_busy: Option<BusyShare>,
}

/// OCPI `TariffType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TariffKind {
    /// Paid at the station, without a contract.
    AdHocPayment,
    /// Smart charging, cheapest.
    ProfileCheap,
    /// Smart charging, fastest.
    ProfileFast,
    /// Smart charging, greenest.
    ProfileGreen,
    /// With a contract, without a profile.
    Regular,
}

/// Whether a tariff's prices contain tax (OCPI 2.3.0 `tax_included`; 2.2.1 is always `No`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TaxIncluded {
    /// Prices are gross.
    Yes,
    /// Prices are net.
    No,
    /// No tax applies.
    NotApplicable,
}

/// Prices that hold together while the restrictions do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// At least one; two of one dimension: the first counts.
    pub components: Vec<Component>,
    /// All must hold at the instant; empty means always.
    pub restrictions: Restrictions,
}

/// One price of one dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Component {
    /// What is priced.
    pub dimension: Dimension,
    /// Per kWh, per hour, or once.
    pub price: PriceE8,
    /// The tax rate; absent means that none applies, which is not 0 %.
    pub tax: Option<TaxRate>,
    /// Billing block in whole Wh or seconds, once per session; 0 means none, 1 rounds up to a
    /// whole Wh or second.
    pub step_size: i32,
}

/// What a price counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// Energy delivered, per kWh.
    Energy,
    /// Time in which the vehicle takes or asks for power, per hour (OCPI TIME).
    Time,
    /// Time in which the vehicle, plugged in, asks for no power, per hour (OCPI PARKING_TIME).
    ParkingTime,
    /// Once.
    Flat,
}

/// When an element holds (OCPI `TariffRestrictions`); all given conditions are AND-ed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restrictions {
    /// Local minute of day, inclusive.
    pub start_time: Option<LocalMinute>,
    /// Local minute of day, exclusive; below the start wraps past midnight; 00:00 is end of day.
    pub end_time: Option<LocalMinute>,
    /// Local date, inclusive.
    pub start_date: Option<LocalDate>,
    /// Local date, exclusive.
    pub end_date: Option<LocalDate>,
    /// Energy so far in the session, inclusive.
    pub min_energy: Option<MilliwattHours>,
    /// Energy so far in the session, exclusive.
    pub max_energy: Option<MilliwattHours>,
    /// Current over all phases, inclusive.
    pub min_current: Option<Milliamperes>,
    /// Current over all phases, exclusive.
    pub max_current: Option<Milliamperes>,
    /// Power, inclusive.
    pub min_power: Option<Milliwatts>,
    /// Power, exclusive.
    pub max_power: Option<Milliwatts>,
    /// Time since session start, inclusive.
    pub min_duration: Option<Milliseconds>,
    /// Time since session start, exclusive.
    pub max_duration: Option<Milliseconds>,
    /// Time since charging ended, inclusive: holds only while the vehicle is parked. Not of OCPI but of
    /// OCPP 2.1 (`minIdleTime`); what is asked for in ocpi/ocpi#368.
    pub min_idle: Option<Milliseconds>,
    /// Time since charging ended, exclusive: holds only while the vehicle is parked (`maxIdleTime`).
    pub max_idle: Option<Milliseconds>,
    /// Local weekdays; empty means all.
    pub days: Vec<Weekday>,
    /// The element prices a reservation, not charging.
    pub reservation: Option<Reservation>,
}

/// Minutes since local midnight, 0 to 1,439.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LocalMinute(pub u16);

/// A calendar date without a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LocalDate {
    /// Gregorian year.
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weekday {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

/// Which reservation an element prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reservation {
    /// A reservation that was used or cancelled.
    Reservation,
    /// A reservation that expired.
    Expires,
    /// A booking (bookings branch of OCPI 2.3.0): read, not priced.
    Booking,
    /// A booking that did not begin in its time.
    BookingExpires,
    /// A booking that was cancelled.
    BookingCancellationFees,
    /// Charging after a booking's end.
    BookingOvertime,
}

/// A bound on a session's total, before and after tax independently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceLimit {
    /// In 10⁻⁸ of the currency, before tax.
    pub before_tax: PriceE8,
    /// In 10⁻⁸ of the currency, after tax; absent means unbounded.
    pub after_tax: Option<PriceE8>,
}
