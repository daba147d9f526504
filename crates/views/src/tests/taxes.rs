//! The tax report: by name and rate, by month and quarter, less credit notes.

use super::fixtures::*;
use crate::{Period, TaxPeriod, TaxReportRow, ViewRecord, Views};
use wattledger_domain::document::IssuedDocument;
use wattledger_domain::price::TaxRate;
use wattledger_domain::tariff::LocalDate;
use wattledger_domain::tax::TaxLine;

const START: i64 = 1_774_738_800_000;

fn date(year: i32, month: u8, day: u8) -> LocalDate {
    LocalDate { year, month, day }
}

/// A document, dated and changed.
fn dated(record: ViewRecord, on: LocalDate, fill: impl FnOnce(&mut IssuedDocument)) -> ViewRecord {
    let ViewRecord::Issued(mut document) = record else {
        panic!("no document");
    };
    document.draft.issue_date = on;
    fill(&mut document);
    ViewRecord::Issued(document)
}

/// 5 % and, on top of it, 10 % of what is then due.
fn named(document: &mut IssuedDocument) {
    let line = |name: &str, rate, base, amount| TaxLine {
        group: VAT_19,
        name: name.into(),
        account_number: (name == "state").then(|| "S-1".into()),
        rate: TaxRate(rate),
        base: euros(base),
        amount: euros(amount),
    };
    document.draft.taxes = Some(vec![
        line("state", 50_000, 1_000, 50),
        line("county", 100_000, 1_050, 105),
    ]);
}

fn report(views: &Views, by: TaxPeriod, period: Period) -> Vec<String> {
    let rows = views.report_taxes(by, period).unwrap();
    rows.iter().map(told).collect()
}

fn told(row: &TaxReportRow) -> String {
    let name = row.name.as_deref().unwrap_or(&row.treatment);
    let ledger = row.ledger.as_deref().unwrap_or("-");
    let TaxReportRow {
        period,
        net,
        tax,
        gross,
        ..
    } = row;
    let counts = (row.invoices, row.credit_notes);
    format!("{period} {name} {ledger} {net}+{tax}={gross} {counts:?}")
}

#[test]
fn each_tax_has_a_row_and_credit_notes_subtract_in_their_own_month() {
    let (_directory, views) = fresh();
    let session = Session::new("ses_a", START);
    let march = date(2026, 3, 31);
    let untaxed = |document: &mut IssuedDocument| {
        for group in &mut document.draft.groups {
            group.rate = None;
        }
    };
    let reversed = |document: &mut IssuedDocument| {
        untaxed(document);
        document.draft.reverse_charge = Some("ATU12345678".into());
    };
    let documents = vec![
        dated(session.invoice(1, 378, 72), march, |_| ()),
        dated(session.invoice(2, 1_000, 155), march, named),
        dated(session.invoice(3, 1_000, 155), march, named),
        dated(session.invoice(4, 300, 0), march, untaxed),
        dated(session.invoice(5, 700, 0), march, reversed),
        dated(session.credit(1, 378, 72, 1), date(2026, 4, 1), |_| ()),
        dated(session.credit(2, 1_000, 155, 2), march, named),
    ];
    apply(&views, "billing.invoices", documents);
    assert_eq!(
        report(&views, TaxPeriod::Month, Period::default()),
        [
            "2026-03 reverse_charge - 700+0=700 (1, 0)",
            "2026-03 taxed vat:DE:190000 378+72=450 (1, 0)",
            "2026-03 county tax:DE:county 1050+105=1155 (2, 1)",
            "2026-03 state tax:DE:state 1000+50=1050 (2, 1)",
            "2026-03 untaxed - 300+0=300 (1, 0)",
            "2026-04 taxed vat:DE:190000 -378+-72=-450 (0, 1)",
        ]
    );
    let state = views
        .report_taxes(TaxPeriod::Month, Period::default())
        .unwrap();
    let state = state
        .iter()
        .find(|row| row.name.as_deref() == Some("state"))
        .unwrap();
    assert_eq!(
        (state.account_number.as_deref(), state.tax_rate),
        (Some("S-1"), Some(50_000))
    );
    assert_eq!(
        (&*state.legal_entity, &*state.country, &*state.currency),
        ("seller", "DE", "EUR")
    );
    let since = Period {
        from: Some(date(2026, 4, 1)),
        to: None,
    };
    assert_eq!(report(&views, TaxPeriod::Month, since).len(), 1);
}

#[test]
fn a_quarter_is_its_three_months() {
    let (_directory, views) = fresh();
    let session = Session::new("ses_a", START);
    let months = (1_u8..=12).map(|month| {
        let number = i64::from(month);
        dated(
            session.invoice(number, 100, 19),
            date(2026, month, 1),
            |_| (),
        )
    });
    apply(&views, "billing.invoices", months.collect());
    let expect = [1, 2, 3, 4]
        .map(|quarter| format!("2026-Q{quarter} taxed vat:DE:190000 300+57=357 (3, 0)"));
    assert_eq!(
        report(&views, TaxPeriod::Quarter, Period::default()),
        expect
    );
    assert_eq!(
        report(&views, TaxPeriod::Month, Period::default()).len(),
        12
    );
}
