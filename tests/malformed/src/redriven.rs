//! Re-drive after the fix: a gateway wrote by a schema registry that was not configured, so that whole
//! sessions of its are dead letters. It is configured, days later; the letters are driven in again as
//! people do it, and intake reads them.

use crate::classes::{Configured, FRAMED, class_of};
use crate::engine::{each, tick};
use crate::good::SECRET;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wattledger_domain::time::Timestamp;
use wattledger_engine::directory::{Directory, TenantSecret};
use wattledger_engine::intake::{self, Door};
use wattledger_engine::letters::Redrive;
use wattledger_engine::live;
use wattledger_engine::opening::{EngineConfig, Opened};
use wattledger_engine::pipeline::Pipeline;
use wattledger_engine::service::Service;
use wattledger_runtime::{Outgoing, Record};
use wattledger_views::{LetterFilter, LetterRow, Waiting};
use wattledger_wire::resolution::as_compiled;
use wattledger_wire::topics::issued;

/// Letters of a page, and of a re-drive: as many as the command line asks for at once.
const PAGE: i64 = 1_000;

/// What came of what was driven in again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Redriven {
    /// Letters driven in again.
    pub letters: u64,
    /// Letters that a second order would have driven in once more.
    pub again: u64,
    /// Invoices more than before.
    pub invoices: u64,
    /// What they come to, minor units.
    pub gross: i64,
    /// From the first order to the last invoice.
    pub took: Duration,
}

/// Drives in again what was framed by the registry, and bills it.
pub fn redriven(opened: Opened, config: &EngineConfig, at: Timestamp) -> Redriven {
    let mut pipeline = Pipeline::open(&opened.log, &opened.topics, &config.pipeline(0)).unwrap();
    let service = Arc::new(Service::new(opened, "malformed").unwrap());
    let views = live::views_thread(&service).unwrap();
    // A million letters are shown first.
    while !service.wait_for_views(Duration::from_secs(60)).unwrap() {
        assert_eq!(service.failure(), None);
    }
    let before = billed(&service);
    let letters = waiting(&service);
    let began = Instant::now();
    let mut found = Redriven::default();
    for page in letters.chunks(usize::try_from(PAGE).unwrap()) {
        found.letters += ordered(&service, page, at);
    }
    // Once more, by somebody who did not hear of it.
    found.again = ordered(&service, &letters[..letters.len().min(10)], at);
    append(&service, read(&service, at));
    append(&service, vec![tick(&service.topics, at)]);
    settle(&mut pipeline);
    let past = Timestamp(at.0 + 30 * 3_600_000);
    append(&service, vec![tick(&service.topics, past)]);
    settle(&mut pipeline);
    let after = billed(&service);
    found.took = began.elapsed();
    found.invoices = after.0 - before.0;
    found.gross = after.1 - before.1;
    service.stop();
    views.join().unwrap();
    found
}

fn waiting(service: &Service) -> Vec<LetterRow> {
    let filter = || LetterFilter {
        reason: Some("WIRE-010"),
        only_waiting: Some(Waiting),
        ..LetterFilter::default()
    };
    let mut found = Vec::new();
    for skip in (0..).step_by(usize::try_from(PAGE).unwrap()) {
        let page = service.views.letters(filter(), skip, PAGE).unwrap().items;
        if page.is_empty() {
            return found;
        }
        found.extend(page.into_iter().filter(|row| {
            u64::try_from(row.record_offset).is_ok_and(|number| class_of(number).name == FRAMED)
        }));
    }
    found
}

fn ordered(service: &Service, letters: &[LetterRow], at: Timestamp) -> u64 {
    let order = Redrive {
        letters: letters.to_vec(),
        mended: None,
        by: "ada".into(),
        reason: "the gateway's registry is configured".into(),
        at,
    };
    service.redrive(&order).unwrap().redriven
}

/// What intake makes of the records that were driven in again.
fn read(service: &Service, at: Timestamp) -> Vec<Outgoing> {
    let secret = TenantSecret::new(SECRET);
    let mut directory = Directory::open(&service.log, &service.topics, secret, None).unwrap();
    directory.refresh().unwrap();
    let door = Door {
        directory: &directory,
        received_at: at,
    };
    let mut out = Vec::new();
    each(&service.log, &service.topics.gateway_events, |record| {
        let value = as_compiled(record.value.as_deref().unwrap(), &Configured).unwrap();
        let record = Record {
            value: Some(value),
            ..record.clone()
        };
        let event = door.record(&record).unwrap();
        out.extend(event.map(|event| intake::record(&service.topics, event)));
    });
    out
}

fn append(service: &Service, records: Vec<Outgoing>) {
    let mut producer = service.log.producer("intake").unwrap();
    producer.begin().unwrap();
    for record in records {
        producer.send(record).unwrap();
    }
    producer.commit().unwrap();
}

fn settle(pipeline: &mut Pipeline) {
    while pipeline.step().unwrap() {}
    pipeline.settle().unwrap();
}

fn billed(service: &Service) -> (u64, i64) {
    let (mut invoices, mut gross) = (0, 0);
    each(&service.log, &service.topics.billing_invoices, |record| {
        let document = issued::decode(record.value.as_deref().unwrap()).unwrap();
        invoices += 1;
        gross += document.draft.gross.minor;
    });
    (invoices, gross)
}
