//! Payments, documents and the journal.

use super::control::seller;
use super::{KWH, MOST, NOON, SCRIPTS, Sample, digest, euro, long_text, sample, symbols, yen};
use crate::topics::{account, invoice, issued, journal, payment_command, payment_fact};
use wattledger_domain::accounts::AccountRecord;
use wattledger_domain::charging::ClockTick;
use wattledger_domain::cost::{LineKind, SettledLine, TaxGroup};
use wattledger_domain::document::{
    Credited, DocumentKind, DraftFault, DraftRejected, EntryCause, InvoiceDraft, InvoiceNotice,
    InvoiceRecord, IssuedDocument, JournalEntry, Movement, PaymentFact, Posting, Side, Supply,
};
use wattledger_domain::hash::Digest;
use wattledger_domain::ids::{
    AccountId, BookId, CommandId, DraftId, EntryId, EvseId, InvoiceId, LegalEntityId, PaymentId,
    ProcessorId, SessionId, SiteId, StationId, TariffId,
};
use wattledger_domain::money::Currency;
use wattledger_domain::payment::{
    IncrementSupport, Operation, OutcomeResult, OutcomeVia, PaymentCommand, PaymentMethod,
    PaymentOutcome, Retry,
};
use wattledger_domain::price::{ExactCost, PriceE8, TaxRate};
use wattledger_domain::session::Pin;
use wattledger_domain::tariff::{Dimension, LocalDate};
use wattledger_domain::tax::{NamedTax, TaxLine};

pub fn all() -> Vec<Sample> {
    let mut all: Vec<Sample> = operations()
        .into_iter()
        .map(|operation| {
            sample(
                command(operation),
                payment_command::encode,
                payment_command::decode,
            )
        })
        .collect();
    all.extend(results().into_iter().map(|result| {
        let outcome = AccountRecord::PaymentOutcome(Box::new(outcome(result)));
        sample(outcome, account::encode, account::decode)
    }));
    for movement in symbols::<Movement>() {
        let boxed = InvoiceRecord::PaymentFact(Box::new(fact(movement)));
        all.push(sample(boxed, invoice::encode, invoice::decode));
        all.push(sample(
            fact(movement),
            payment_fact::encode,
            payment_fact::decode,
        ));
    }
    for full in [true, false] {
        let boxed = InvoiceRecord::Draft(Box::new(draft(full)));
        all.push(sample(boxed, invoice::encode, invoice::decode));
        all.push(sample(
            issued_document(full),
            issued::encode,
            issued::decode,
        ));
        all.push(sample(entry(full), journal::encode, journal::decode));
    }
    all.extend(answers());
    all
}

/// What invoices answer, and a tick.
fn answers() -> Vec<Sample> {
    let mut all = Vec::new();
    all.extend(symbols::<DraftFault>().into_iter().map(|reason| {
        let (draft, account) = (DraftId::of(&["one"]), AccountId::new("acc-1"));
        let session = SessionId::of(&["one"]);
        let rejected = DraftRejected {
            draft,
            account,
            session,
            reason,
        };
        sample(
            AccountRecord::DraftRejected(Box::new(rejected)),
            account::encode,
            account::decode,
        )
    }));
    let notice = AccountRecord::InvoiceIssued(Box::new(InvoiceNotice {
        draft: DraftId::of(&["one"]),
        account: AccountId::new("acc-1"),
        invoice: InvoiceId::of(&["one"]),
        number: "DE-2026-000001".into(),
        gross: euro(1_998),
        session: SessionId::of(&["one"]),
    }));
    all.push(sample(notice, account::encode, account::decode));
    let tick = InvoiceRecord::Tick(ClockTick { at: NOON });
    all.push(sample(tick, invoice::encode, invoice::decode));
    all
}

fn method() -> PaymentMethod {
    PaymentMethod {
        processor: ProcessorId::new(""),
        token: "tok".into(),
        label: None,
    }
}

fn operations() -> Vec<Operation> {
    vec![
        Operation::Authorize {
            amount: euro(5_000),
            method: method(),
        },
        Operation::Increment {
            total: euro(i64::MAX),
        },
        Operation::Capture { amount: yen(0) },
        Operation::Void,
        Operation::Refund { amount: euro(-1) },
        Operation::Charge {
            amount: euro(1),
            method: method(),
        },
        Operation::Retrieve { op: i32::MAX },
    ]
}

fn command(operation: Operation) -> PaymentCommand {
    let full = matches!(operation, Operation::Authorize { .. });
    PaymentCommand {
        command: CommandId::of(&["one"]),
        payment: PaymentId::of(&["one"]),
        op: 1,
        attempt: i32::MAX,
        operation,
        processor: ProcessorId::new("simulated"),
        legal_entity: LegalEntityId::new("demo"),
        account: AccountId::new("acc-1"),
        session: full.then(|| SessionId::of(&["one"])),
        reference: full.then(|| "pi_1".into()),
        first_asked_at: NOON,
        at: MOST,
    }
}

fn results() -> Vec<OutcomeResult> {
    let (code, dispute) = (|| "card_declined".into(), || "dp_1".into());
    let mut results = vec![
        OutcomeResult::Incremented { held: euro(7_000) },
        OutcomeResult::Captured {
            captured: euro(1_998),
            released: euro(3_002),
        },
        OutcomeResult::Voided,
        OutcomeResult::Refunded { refunded: euro(1) },
        OutcomeResult::Charged { charged: yen(1) },
        OutcomeResult::Pending,
        OutcomeResult::Unknown {
            detail: SCRIPTS.into(),
        },
        OutcomeResult::NotFound,
        OutcomeResult::CaptureFailedLate { code: code() },
        OutcomeResult::Expired,
        OutcomeResult::DisputeOpened {
            dispute: dispute(),
            amount: euro(1),
        },
        OutcomeResult::DisputeWon { dispute: dispute() },
        OutcomeResult::DisputeLost {
            dispute: dispute(),
            amount: euro(1),
        },
    ];
    results.extend(
        symbols::<Retry>()
            .into_iter()
            .map(|retry| OutcomeResult::Declined {
                code: code(),
                retry,
            }),
    );
    results.extend(symbols::<IncrementSupport>().into_iter().map(|increments| {
        OutcomeResult::Authorized {
            held: euro(5_000),
            capture_before: MOST,
            increments,
        }
    }));
    results
}

fn outcome(result: OutcomeResult) -> PaymentOutcome {
    let told = matches!(result, OutcomeResult::Incremented { .. });
    PaymentOutcome {
        payment: PaymentId::of(&["one"]),
        account: AccountId::new("acc-1"),
        op: 2,
        attempt: 0,
        via: if told {
            OutcomeVia::Webhook("evt_1".into())
        } else {
            OutcomeVia::Call
        },
        reference: told.then(|| "pi_1".into()),
        result,
        at: NOON,
    }
}

fn fact(movement: Movement) -> PaymentFact {
    let full = movement == Movement::Held;
    PaymentFact {
        payment: PaymentId::of(&["one"]),
        op: 3,
        account: AccountId::new("acc-1"),
        session: full.then(|| SessionId::of(&["one"])),
        draft: full.then(|| DraftId::of(&["one"])),
        legal_entity: LegalEntityId::new("demo"),
        book: BookId::new("demo"),
        processor: ProcessorId::new("simulated"),
        movement,
        amount: euro(1_998),
        at: NOON,
    }
}

pub fn lines() -> Vec<SettledLine> {
    let line = |kind: LineKind, exact: i128| SettledLine {
        kind,
        element: 1,
        quantity: -7,
        price: PriceE8(52_000_000),
        tax: matches!(kind, LineKind::Usage(_)).then_some(TaxRate(190_000)),
        exact_net: ExactCost(exact),
        net: euro(1_679),
        from: NOON,
        to: MOST,
    };
    let mut lines = vec![
        line(LineKind::MinPrice, i128::MAX),
        line(LineKind::MaxPrice, i128::MIN),
    ];
    lines.extend(
        symbols::<Dimension>()
            .into_iter()
            .map(|dimension| line(LineKind::Usage(dimension), -1)),
    );
    lines
}

pub fn groups() -> Vec<TaxGroup> {
    [None, Some(TaxRate(0)), Some(TaxRate(i64::MAX))]
        .map(|rate| TaxGroup {
            rate,
            net: euro(1),
            tax: euro(0),
            gross: euro(1),
        })
        .into()
}

const LEAP_DAY: LocalDate = LocalDate {
    year: 2024,
    month: 2,
    day: 29,
};

fn draft(full: bool) -> InvoiceDraft {
    let credit = DocumentKind::CreditNote {
        credits: DraftId::of(&["two"]),
    };
    InvoiceDraft {
        draft: DraftId::of(&["one"]),
        kind: if full { credit } else { DocumentKind::Invoice },
        seller: seller(full.then_some("DE123456789")),
        seller_pin: Pin {
            id: LegalEntityId::new("demo"),
            version: 1,
            hash: digest("seller"),
        },
        account: AccountId::new("acc-1"),
        buyer_name: full.then(|| long_text().into()),
        supply: Supply {
            session: SessionId::of(&["one"]),
            version: 1,
            station: StationId::new("S1"),
            evse: EvseId(1),
            site: SiteId::new("site"),
            time_zone: "Europe/Berlin".into(),
            started_at: NOON,
            ended_at: MOST,
            energy: KWH,
            tariff: Pin {
                id: TariffId::new("day"),
                version: 2,
                hash: digest("tariff"),
            },
        },
        issue_date: LEAP_DAY,
        tax_point: NOON,
        currency: Currency::EUR,
        lines: if full { lines() } else { Vec::new() },
        groups: if full { groups() } else { Vec::new() },
        net: euro(1_679),
        tax: euro(319),
        gross: euro(1_998),
        taxes: full.then(|| vec![tax_line(true), tax_line(false)]),
        rounding: full.then(|| euro(-2)),
        reverse_charge: full.then(|| "ATU12345678".into()),
    }
}

pub fn named_tax(full: bool) -> NamedTax {
    NamedTax {
        name: "QST".into(),
        rate: TaxRate(99_750),
        stack: i32::from(full),
        account_number: full.then(|| "1234567890 TQ0001".into()),
    }
}

pub fn tax_line(full: bool) -> TaxLine {
    let NamedTax {
        name,
        rate,
        stack: _,
        account_number,
    } = named_tax(full);
    TaxLine {
        group: TaxRate(149_750),
        name,
        account_number,
        rate,
        base: euro(1_000),
        amount: euro(100),
    }
}

fn issued_document(full: bool) -> IssuedDocument {
    let credited = Credited {
        invoice: InvoiceId::of(&["two"]),
        number: "DE-2026-000001".into(),
        issue_date: LEAP_DAY,
    };
    IssuedDocument {
        invoice: InvoiceId::of(&["one"]),
        number: "DC-2026-000001".into(),
        series: "demo/credit-note/2026".into(),
        sequence: i64::MAX,
        issued_at: NOON,
        credits: full.then_some(credited),
        draft: draft(full),
        previous_hash: Digest::ZERO,
        hash: Digest([0xff; 32]),
    }
}

fn entry(full: bool) -> JournalEntry {
    let (payment, op, movement) = (PaymentId::of(&["one"]), 1, Movement::WrittenOff);
    let posting = |side: Side| Posting {
        ledger: "vat:DE:190000".into(),
        side,
        amount: euro(319),
    };
    JournalEntry {
        entry: EntryId::of(&["one"]),
        legal_entity: LegalEntityId::new("demo"),
        book: BookId::new("demo"),
        sequence: 1,
        cause: if full {
            EntryCause::Payment {
                payment,
                op,
                movement,
            }
        } else {
            EntryCause::Document(InvoiceId::of(&["one"]))
        },
        session: full.then(|| SessionId::of(&["one"])),
        postings: if full {
            symbols().into_iter().map(posting).collect()
        } else {
            Vec::new()
        },
        at: NOON,
    }
}
