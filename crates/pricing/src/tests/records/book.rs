//! Records in few words.

use crate::tests::scene::*;
use crate::{
    AbsentTax, Credit, Record, RecordPrice, RecordTariff, RecordTerms, TaxLiability, price_record,
};
use wattledger_domain::cost::{Rounding, UsageRules};
use wattledger_domain::ids::TariffId;
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::record::{RecordPeriod, ReservationEnd};
use wattledger_domain::tariff::Tariff;

pub const TERMS: RecordTerms<'_> = RecordTerms {
    rounding: Rounding::DEFAULT,
    places: None,
    absent_tax: AbsentTax::NotApplicable,
    liability: TaxLiability::Seller,
    taxes: &[],
};

/// Stretches one after the other from 2024-06-03 10:00 UTC.
pub struct Book(pub Vec<RecordPeriod>);

impl Book {
    pub fn then(mut self, minutes: i64, fill: impl FnOnce(&mut RecordPeriod)) -> Self {
        let start = utc("2024-06-03 10:00:00");
        let from = self.0.last().map_or(start, |last| last.to);
        let span = Milliseconds::from_seconds(minutes.checked_mul(60).unwrap()).unwrap();
        let mut period = RecordPeriod {
            from,
            to: from.plus(span),
            energy: None,
            time: None,
            parking_time: None,
            reservation_time: None,
            power: None,
            current: None,
            tariff: None,
        };
        fill(&mut period);
        self.0.push(period);
        self
    }

    pub fn charge(self, minutes: i64, amount: &str) -> Self {
        self.then(minutes, |period| {
            period.energy = Some(kwh(amount));
            period.time = Some(period.to.since(period.from));
        })
    }

    pub fn reserve(self, minutes: i64) -> Self {
        self.then(minutes, |period| {
            period.reservation_time = Some(period.to.since(period.from));
        })
    }

    pub fn under(mut self, id: &str) -> Self {
        self.0.last_mut().unwrap().tariff = Some(TariffId::new(id));
        self
    }

    pub fn price(
        &self,
        tariffs: &[Tariff],
        end: ReservationEnd,
        terms: &RecordTerms,
    ) -> RecordPrice {
        self.price_by(tariffs, end, terms, UsageRules::default())
    }

    pub fn price_by(
        &self,
        tariffs: &[Tariff],
        end: ReservationEnd,
        terms: &RecordTerms,
        rules: UsageRules,
    ) -> RecordPrice {
        let tariffs: Vec<RecordTariff> = tariffs
            .iter()
            .map(|tariff| RecordTariff::compile(tariff, "UTC", end, rules).unwrap())
            .collect();
        let record = Record {
            start: utc("2024-06-03 10:00:00"),
            periods: &self.0,
            reservation: end,
            credit: Credit::No,
        };
        price_record(&tariffs, &record, terms).unwrap()
    }
}

pub fn net(price: &RecordPrice) -> String {
    exact(price.exact.before_tax.unwrap())
}

#[track_caller]
pub fn check(book: &Book, tariffs: &[Tariff], expect: &str) {
    assert_eq!(
        net(&book.price(tariffs, ReservationEnd::Used, &TERMS)),
        expect
    );
}
