//! What a document refers to and says.

use super::*;
use std::sync::Arc;

#[track_caller]
fn check(bench: &mut Bench, content: Content, expect: &str) {
    let before = bench.state.entities.clone();
    bench.effects.clear();
    bench.submit(submitted(content));
    let [(Outcome::Refused, detail)] = bench.outcomes()[..] else {
        panic!("one refusal, not {:?}", bench.effects);
    };
    assert_eq!(detail, expect);
    assert_eq!(bench.effects.len(), 1);
    assert_eq!(bench.state.entities, before);
}

#[track_caller]
fn check_assignment(change: impl FnOnce(&mut TariffAssignment), expect: &str) {
    let mut content = assignment();
    change(&mut content);
    let content = Content::TariffAssignment(Box::new(content));
    check(&mut Bench::set_up(), content, expect);
}

#[track_caller]
fn check_entity(change: impl FnOnce(&mut LegalEntity), expect: &str) {
    let mut content = legal_entity("other", "other");
    change(&mut content);
    let content = Content::LegalEntity(Arc::new(content));
    check(&mut Bench::set_up(), content, expect);
}

#[test]
fn what_a_document_refers_to_must_be_known() {
    let empty = &mut Bench::new();
    check(empty, entity(), "Policy `policy` is not known");
    check(empty, site(), "LegalEntity `seller` is not known");
    check(empty, station(), "Site `site` is not known");
    check(empty, token(None), "Account `account` is not known");
    let unknown = |kind: &str| format!("{kind} `x` is not known");
    check_assignment(|one| one.tariff = TariffId::new("x"), &unknown("Tariff"));
    let entity = Some(LegalEntityId::new("x"));
    check_assignment(|one| one.legal_entity = entity, &unknown("LegalEntity"));
    check_assignment(|one| one.site = Some(SiteId::new("x")), &unknown("Site"));
    let station = Some(StationId::new("x"));
    check_assignment(|one| one.station = station, &unknown("Station"));
}

#[test]
fn a_book_belongs_to_one_seller() {
    let expect = "book `main` belongs to another legal entity";
    check_entity(|one| one.book = BookId::new("main"), expect);
}

#[test]
fn numbers_must_differ_by_year_number_and_kind() {
    let expect = "number format `RE-{number}` lacks {year} or {number}";
    check_entity(|one| one.invoice_number = "RE-{number}".into(), expect);
    let expect = "number format `{year}` lacks {year} or {number}";
    check_entity(|one| one.credit_note_number = "{year}".into(), expect);
    let expect = "invoices and credit notes have one number format";
    check_entity(
        |one| one.credit_note_number = one.invoice_number.clone(),
        expect,
    );
}

#[test]
fn evses_are_numbered_once_from_one_and_have_power() {
    let bench = &mut Bench::set_up();
    let bad = |id| format!("evse {id} is numbered below 1 or twice, or has no rated power");
    check(bench, station_with(&[(0, 1)]), &bad(0));
    check(bench, station_with(&[(1, 1), (1, 1)]), &bad(1));
    check(bench, station_with(&[(2, 0)]), &bad(2));
}

#[test]
fn a_tariff_must_price_something() {
    let bench = &mut Bench::set_up();
    let expect = "tariff has no element, or an element without a component";
    check(bench, tariff_with(vec![]), expect);
}

#[test]
fn a_policy_has_no_negative_numbers() {
    let Content::Policy(mut policy) = policy() else {
        panic!("a policy");
    };
    Arc::make_mut(&mut policy).correction_window = Milliseconds(-1);
    let expect = "policy has a negative amount, factor or span";
    check(&mut Bench::new(), Content::Policy(policy), expect);
}

#[test]
fn a_document_must_be_what_its_hash_says_and_not_too_long() {
    let mut bench = Bench::set_up();
    let mut forged = submitted(named_site("New"));
    forged.document.hash = Digest::ZERO;
    bench.submit(forged);
    bench.submit(submitted(named_site(&"long".repeat(20_000))));
    let details: Vec<&str> = bench.outcomes().iter().map(|(_, detail)| *detail).collect();
    assert_eq!(details[0], "hash is not that of the text");
    assert!(details[1].ends_with("more than 49152"), "{}", details[1]);
}
