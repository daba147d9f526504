//! Records that contradict themselves, or leave out what others say.

use super::book::{Book, TERMS, net};
use super::reserved;
use crate::tests::scene::*;
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::record::ReservationEnd;
use wattledger_domain::tariff::Reservation;

#[test]
fn who_charged_all_the_same_owes_the_start_fee_of_a_reservation_that_is_said_to_have_expired() {
    let tariff = tariff(vec![
        reserved(&[time("2")], Reservation::Reservation),
        always(&[flat("0.50"), energy("0.25")]),
    ]);
    let book = Book(Vec::new()).reserve(60).charge(60, "10");
    let price = book.price(&[tariff], ReservationEnd::Expired, &TERMS);
    assert_eq!(exact(price.fixed.unwrap()), "0.5");
    assert_eq!(net(&price), "5");
}

#[test]
fn energy_without_a_time_resumes_charging() {
    let mut tariff = tariff(vec![always(&[parking("6"), energy("0.25")])]);
    tariff.idle_fees.withdrawn_within = Some(Milliseconds::minutes(10));
    let parked = |book: Book| {
        book.then(5, |period| {
            period.parking_time = Some(period.to.since(period.from));
        })
    };
    let book = parked(Book(Vec::new()).charge(60, "10"));
    let stayed = book.price(std::slice::from_ref(&tariff), ReservationEnd::Used, &TERMS);
    assert_eq!(exact(stayed.parking_time.unwrap()), "0.5");
    let resumed = book.then(30, |period| period.energy = Some(kwh("5")));
    let resumed = resumed.price(&[tariff], ReservationEnd::Used, &TERMS);
    assert_eq!(exact(resumed.parking_time.unwrap()), "0");
}
