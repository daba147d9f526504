//! Taxes by name on records: what a place levies on prices that state no rate.

use super::book::{Book, TERMS};
use crate::tests::scene::*;
use crate::{
    AbsentTax, CompiledTariff, Credit, Meter, Record, RecordNote, RecordPrice, RecordTariff,
    RecordTerms, TaxLiability, price_record, settle,
};
use wattledger_domain::cost::{Rounding, UsageRules};
use wattledger_domain::price::TaxRate;
use wattledger_domain::record::ReservationEnd;
use wattledger_domain::tariff::{Tariff, TaxIncluded};
use wattledger_domain::tax::NamedTax;

pub fn quebec() -> Vec<NamedTax> {
    let tax = |name: &str, percent, number: Option<&str>| NamedTax {
        name: name.into(),
        rate: TaxRate(scaled(percent, 4)),
        stack: 0,
        account_number: number.map(Into::into),
    };
    vec![
        tax("GST", "5", Some("123456789 RT0001")),
        tax("QST", "9.975", None),
    ]
}

fn record_of(tariff: &Tariff, kilowatt_hours: &str, terms: &RecordTerms<'_>) -> RecordPrice {
    let book = Book(Vec::new()).charge(60, kilowatt_hours);
    book.price(std::slice::from_ref(tariff), ReservationEnd::Used, terms)
}

/// Net, each tax on its base, gross.
fn told(found: &RecordPrice) -> String {
    let taxes = found.taxes.iter().map(|tax| {
        let name = tax.name.as_deref().unwrap_or("-");
        format!(" {name} {}/{}", tax.amount, tax.base)
    });
    let total = |amount: Option<i64>| amount.map_or("?".to_owned(), |amount| amount.to_string());
    let (net, gross) = (total(found.total.before_tax), total(found.total.after_tax));
    format!("{net}{} = {gross}", taxes.collect::<String>())
}

#[test]
fn what_the_place_levies_is_known_by_name() {
    let taxes = quebec();
    let terms = RecordTerms {
        absent_tax: AbsentTax::Unknown,
        taxes: &taxes,
        ..TERMS
    };
    let mut tariff = tariff(vec![always(&[energy("10")])]);
    let found = record_of(&tariff, "10", &terms);
    assert_eq!(told(&found), "10000 GST 500/10000 QST 998/10000 = 11498");
    assert_eq!(exact(found.exact.after_tax.unwrap()), "114.975");
    assert_eq!(
        found.taxes[0].account_number.as_deref(),
        Some("123456789 RT0001")
    );
    // A price with tax contains them: 114.975 is 100 and both.
    tariff.tax_included = TaxIncluded::Yes;
    tariff.elements[0].components[0].price = price("11.4975");
    assert_eq!(
        told(&record_of(&tariff, "10", &terms)),
        "10000 GST 500/10000 QST 998/10000 = 11498"
    );
    // Where no tax applies none is levied.
    tariff.tax_included = TaxIncluded::NotApplicable;
    assert_eq!(told(&record_of(&tariff, "1", &terms)), "1150 = 1150");
}

#[test]
fn a_rate_that_a_price_states_stands_and_has_no_name() {
    let taxes = quebec();
    let tariff = tariff(vec![always(&[taxed(flat("5"), "20"), energy("1")])]);
    let terms = RecordTerms {
        taxes: &taxes,
        ..TERMS
    };
    let found = record_of(&tariff, "10", &terms);
    assert_eq!(
        told(&found),
        "1500 GST 50/1000 QST 100/1000 - 100/500 = 1750"
    );
    let found = record_of(&tariff, "10", &TERMS);
    assert_eq!(told(&found), "1500 - 100/500 = 1600");
}

#[test]
fn a_credit_record_takes_its_taxes_back_and_a_buyer_owes_them() {
    let taxes = quebec();
    let tariff = tariff(vec![always(&[energy("10")])]);
    let terms = RecordTerms {
        taxes: &taxes,
        ..TERMS
    };
    let book = Book(Vec::new()).charge(60, "10");
    let rules = UsageRules::default();
    let ready = RecordTariff::compile(&tariff, "UTC", ReservationEnd::Used, rules).unwrap();
    let record = Record {
        start: book.0[0].from,
        periods: &book.0,
        reservation: ReservationEnd::Used,
        credit: Credit::Credits,
    };
    let credit = price_record(&[ready], &record, &terms).unwrap();
    assert_eq!(
        told(&credit),
        "-10000 GST -500/-10000 QST -998/-10000 = -11498"
    );
    let buyer = RecordTerms {
        liability: TaxLiability::Buyer,
        ..terms
    };
    assert_eq!(told(&record_of(&tariff, "10", &buyer)), "10000 = 10000");
}

#[test]
fn a_lowest_price_where_nothing_was_priced_bears_the_taxes_of_the_place() {
    let taxes = quebec();
    let mut tariff = tariff(vec![always(&[parking("1")])]);
    tariff.min_price = limit("100", None);
    let terms = RecordTerms {
        absent_tax: AbsentTax::Unknown,
        taxes: &taxes,
        ..TERMS
    };
    let found = record_of(&tariff, "10", &terms);
    assert_eq!(told(&found), "10000 GST 500/10000 QST 998/10000 = 11498");
    assert_eq!(found.notes, []);
    // A session at the place comes to the same.
    let compiled = CompiledTariff::compile(&tariff, "UTC")
        .unwrap()
        .with_taxes(&taxes);
    let nothing = Meter::start(utc("2024-06-03 10:00:00")).priced(&compiled);
    let session = settle(&nothing, &Rounding::DEFAULT).unwrap();
    assert_eq!((session.net.minor, session.gross.minor), (10_000, 11_498));
    // Without them nobody knows what tax is due on it.
    let unknown = RecordTerms {
        taxes: &[],
        ..terms
    };
    let found = record_of(&tariff, "10", &unknown);
    assert_eq!(told(&found), "10000 = ?");
    assert_eq!(found.notes, [RecordNote::LimitWithoutTax]);
    tariff.tax_included = TaxIncluded::NotApplicable;
    assert_eq!(told(&record_of(&tariff, "10", &terms)), "10000 = 10000");
    let compiled = CompiledTariff::compile(&tariff, "UTC")
        .unwrap()
        .with_taxes(&taxes);
    let nothing = Meter::start(utc("2024-06-03 10:00:00")).priced(&compiled);
    let session = settle(&nothing, &Rounding::DEFAULT).unwrap();
    assert_eq!((session.net.minor, session.gross.minor), (10_000, 10_000));
}
