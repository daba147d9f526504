//! Tariffs and sessions in few words.

use crate::{CompiledTariff, rate, settle};
use chrono::NaiveDateTime;
use wattledger_domain::cost::{Priced, Rounding, Settlement};
use wattledger_domain::ids::TariffId;
use wattledger_domain::money::Currency;
use wattledger_domain::price::{ExactCost, PriceE8, TaxRate};
use wattledger_domain::quantity::{Milliamperes, Milliseconds, MilliwattHours, Milliwatts};
use wattledger_domain::session::{ChargingPeriod, ChargingState};
use wattledger_domain::tariff::{
    Component, Dimension, Element, LocalDate, LocalMinute, PriceLimit, Restrictions, Tariff,
    TaxIncluded,
};
use wattledger_domain::time::Timestamp;

/// A decimal number in units of 10^-places.
pub fn scaled(text: &str, places: usize) -> i64 {
    let (sign, digits) = text
        .strip_prefix('-')
        .map_or((1, text), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    assert!(fraction.len() <= places, "{text}");
    let number: i64 = format!("{whole}{fraction:0<places$}").parse().unwrap();
    number.checked_mul(sign).unwrap()
}

pub fn kwh(text: &str) -> MilliwattHours {
    MilliwattHours(scaled(text, 6))
}

pub fn price(text: &str) -> PriceE8 {
    PriceE8(scaled(text, 8))
}

/// 10⁻⁸ of the currency, rounded down, as text with the places that count.
pub fn exact(cost: ExactCost) -> String {
    let e8 = cost.0.checked_div_euclid(18_000_000).unwrap();
    let text = format!("{}{:09}", if e8 < 0 { "-" } else { "" }, e8.unsigned_abs());
    let (whole, fraction) = text.split_at(text.len().checked_sub(8).unwrap());
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}.{fraction}")
    }
}

/// A component without tax and blocks.
pub fn of(dimension: Dimension, amount: &str) -> Component {
    Component {
        dimension,
        price: price(amount),
        tax: None,
        step_size: 0,
    }
}

pub fn energy(amount: &str) -> Component {
    of(Dimension::Energy, amount)
}

pub fn time(amount: &str) -> Component {
    of(Dimension::Time, amount)
}

pub fn parking(amount: &str) -> Component {
    of(Dimension::ParkingTime, amount)
}

pub fn flat(amount: &str) -> Component {
    of(Dimension::Flat, amount)
}

pub fn taxed(component: Component, percent: &str) -> Component {
    Component {
        tax: Some(TaxRate(scaled(percent, 4))),
        ..component
    }
}

pub fn stepped(component: Component, step_size: i32) -> Component {
    Component {
        step_size,
        ..component
    }
}

pub fn always(components: &[Component]) -> Element {
    when(components, Restrictions::default())
}

pub fn when(components: &[Component], restrictions: Restrictions) -> Element {
    Element {
        components: components.to_vec(),
        restrictions,
    }
}

pub fn tariff(elements: Vec<Element>) -> Tariff {
    Tariff {
        id: TariffId::new("T"),
        currency: Currency::EUR,
        kind: None,
        valid_from: None,
        valid_to: None,
        tax_included: TaxIncluded::No,
        elements,
        markets: Vec::new(),
        idle_fees: wattledger_domain::tariff::IdleFees::default(),
        min_price: None,
        max_price: None,
    }
}

pub fn limit(before: &str, after: Option<&str>) -> Option<PriceLimit> {
    Some(PriceLimit {
        before_tax: price(before),
        after_tax: after.map(price),
    })
}

pub fn clock(text: &str) -> Option<LocalMinute> {
    let (hour, minute) = text.split_once(':').unwrap();
    let (hour, minute): (u16, u16) = (hour.parse().unwrap(), minute.parse().unwrap());
    Some(LocalMinute(
        hour.checked_mul(60).unwrap().checked_add(minute).unwrap(),
    ))
}

pub fn window(start: &str, end: &str) -> Restrictions {
    Restrictions {
        start_time: clock(start),
        end_time: clock(end),
        ..Restrictions::default()
    }
}

pub fn date(year: i32, month: u8, day: u8) -> Option<LocalDate> {
    Some(LocalDate { year, month, day })
}

/// An instant in UTC.
pub fn utc(text: &str) -> Timestamp {
    let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S");
    Timestamp(time.unwrap().and_utc().timestamp_millis())
}

/// A session under a tariff.
#[derive(Clone)]
pub struct Scene {
    pub tariff: Tariff,
    pub zone: &'static str,
    pub start: Timestamp,
    pub periods: Vec<ChargingPeriod>,
}

impl Scene {
    pub fn new(tariff: Tariff, start: &str) -> Self {
        Self {
            tariff,
            zone: "UTC",
            start: utc(start),
            periods: Vec::new(),
        }
    }

    pub fn in_zone(self, zone: &'static str) -> Self {
        Self { zone, ..self }
    }

    fn then(mut self, seconds: i64, energy: &str, state: ChargingState) -> Self {
        let from = self.periods.last().map_or(self.start, |last| last.to);
        self.periods.push(ChargingPeriod {
            from,
            to: from.plus(Milliseconds::from_seconds(seconds).unwrap()),
            energy: kwh(energy),
            state,
            power: None,
            current: None,
        });
        self
    }

    pub fn charge(self, minutes: i64, energy: &str) -> Self {
        self.charge_seconds(minutes.checked_mul(60).unwrap(), energy)
    }

    pub fn charge_seconds(self, seconds: i64, energy: &str) -> Self {
        self.then(seconds, energy, ChargingState::Charging)
    }

    pub fn park(self, minutes: i64) -> Self {
        self.then(
            minutes.checked_mul(60).unwrap(),
            "0",
            ChargingState::SuspendedByVehicle,
        )
    }

    pub fn pause(self, minutes: i64) -> Self {
        self.then(
            minutes.checked_mul(60).unwrap(),
            "0",
            ChargingState::SuspendedByStation,
        )
    }

    /// The power of the last period.
    pub fn kilowatts(mut self, power: &str) -> Self {
        self.periods.last_mut().unwrap().power = Some(Milliwatts(scaled(power, 6)));
        self
    }

    /// The current of the last period.
    pub fn amperes(mut self, current: &str) -> Self {
        self.periods.last_mut().unwrap().current = Some(Milliamperes(scaled(current, 3)));
        self
    }

    pub fn compiled(&self) -> CompiledTariff {
        CompiledTariff::compile(&self.tariff, self.zone).unwrap()
    }

    pub fn priced(&self) -> Priced {
        rate(&self.compiled(), self.start, &self.periods).unwrap()
    }

    pub fn settled(&self) -> Settlement {
        settle(&self.priced(), &Rounding::DEFAULT).unwrap()
    }

    /// Whole minutes of a dimension per element.
    pub fn minutes(&self, dimension: Dimension) -> Vec<(u16, i64)> {
        self.quantities(dimension, 60_000)
    }

    /// Whole Wh per element.
    pub fn watt_hours(&self) -> Vec<(u16, i64)> {
        self.quantities(Dimension::Energy, 1_000)
    }

    fn quantities(&self, dimension: Dimension, unit: i64) -> Vec<(u16, i64)> {
        let steps = self.priced().steps.into_iter();
        let steps = steps.filter(|step| step.dimension == dimension);
        steps
            .map(|step| (step.element, step.quantity.checked_div(unit).unwrap()))
            .collect()
    }

    /// Exact cost before tax, and what is owed.
    #[track_caller]
    pub fn costs(&self, exact_net: &str, gross: &str) {
        let settled = self.settled();
        assert_eq!(exact(settled.exact_net), exact_net);
        assert_eq!(settled.gross.to_string(), gross);
    }
}
